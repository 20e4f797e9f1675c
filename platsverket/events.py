"""Every change writes what happened in the transaction that makes it."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from platsverket.access import Identity, demand, rows
from platsverket.database import now
from platsverket.models import Agreement, ApiToken, Event, MatchRound, Need, Offer, Proposal, User

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


def record_own(session: Session, by: Identity, kind: str, **data: Value) -> Event:
    """Add an event on the account of whoever does it, such as "account.calendar_made"."""
    return record(session, by, kind, "account", session.get_one(User, by.user_id).ref, agency_id=None, **data)


def search(
    session: Session,
    by: Identity,
    noun: str = "",
    ref: str = "",
    limit: int = 20,
    offset: int = 0,
    *,
    brief: bool = False,
) -> tuple[list[Event], int]:
    """Events this reader may see, newest first, of one kind of thing or of one thing, and how many in all.

    ``brief`` leaves out that each single proposal was published: one event of the round tells it of them all.
    """
    demand(by, "event.read")
    query = select(Event).where(rows(by, "event.read"))
    if noun:
        query = query.where(Event.noun == noun)
    if ref:
        query = query.where(Event.noun_ref == ref)
    if brief:
        query = query.where(Event.kind != "proposal.published")
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Event.id).subquery())) or 0
    page = query.order_by(Event.id.desc()).limit(limit).offset(offset)
    return list(session.scalars(page).unique()), total


NAMES: dict[str, Any] = {
    "offer": select(Offer.ref, Offer.title),
    "need": select(Need.ref, Need.title),
    "proposal": select(Proposal.ref, Need.title).join(Need, Proposal.need_id == Need.id),
    "agreement": select(Agreement.ref, Agreement.number),
    "round": select(MatchRound.ref, MatchRound.name),
    "account": select(User.ref, User.name),
    "token": select(ApiToken.ref, User.name).join(User, ApiToken.user_id == User.id),
}


def names(session: Session, found: list[Event]) -> dict[str, str]:
    """What the things of these events are called, by their ref; whoever sees an event may know that.

    A proposal is called as its request, a token as its person. One query for each kind of thing, none for each event.
    """
    named: dict[str, str] = {}
    for noun in {event.noun for event in found} & NAMES.keys():
        ref = NAMES[noun].selected_columns[0]
        refs = {event.noun_ref for event in found if event.noun == noun}
        named |= {row[0]: row[1] for row in session.execute(NAMES[noun].where(ref.in_(refs)))}
    return named
