"""Every change writes what happened in the transaction that makes it."""

from typing import Any

from sqlalchemy.orm import Session

from platsverket.access import Identity
from platsverket.database import now
from platsverket.models import Event

Value = str | int | float | bool | None | list[Any] | dict[str, Any]


def record(
    session: Session,
    by: Identity,
    kind: str,
    noun: str,
    ref: str,
    *,
    agency_id: int | None = None,
    **data: Value,
) -> Event:
    """Add the event ``kind`` (such as "offer.posted") on the thing ``noun`` with this ``ref``."""
    event = Event(at=now(), actor_id=by.user_id, agency_id=agency_id, kind=kind, noun=noun, noun_ref=ref, data=data)
    session.add(event)
    return event
