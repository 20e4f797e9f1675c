"""Messages between the two sides of a proposal: kept as part of its record, which is public."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket import news, proposals
from platsverket.access import Identity, find
from platsverket.database import now, writing
from platsverket.events import record
from platsverket.models import Message, Proposal


@writing
def write(session: Session, by: Identity, ref: str, values: dict[str, Any]) -> Message:
    """Write to the other side of a proposal, whatever has become of it."""
    proposal = find(session, by, "proposal.answer", Proposal, ref, seen="proposal.read", lock=True)
    side = proposals.side_of(by, proposal, values.get("side"))
    message = Message(proposal_id=proposal.id, author_id=by.user_id, side=side, written_at=now(), text=values["text"])
    session.add(message)
    session.flush()
    record(session, by, "proposal.message", "proposal", ref, side=side, message=message.ref)
    news.written(session, by, proposal, message)
    return message


def of(session: Session, by: Identity, ref: str) -> list[Message]:
    """The messages of a proposal, oldest first, for those who may read it."""
    proposal = find(session, by, "proposal.read", Proposal, ref)
    return list(session.scalars(select(Message).where(Message.proposal_id == proposal.id).order_by(Message.id)))
