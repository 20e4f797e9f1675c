"""Every change writes what happened in the transaction that makes it."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from platsverket.access import Identity, demand, rows
from platsverket.database import now
from platsverket.models import Event, Need, Offer

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


def search(
    session: Session, by: Identity, noun: str = "", ref: str = "", limit: int = 20, offset: int = 0
) -> tuple[list[Event], int]:
    """Events this reader may see, newest first, of one kind of thing or of one thing, and how many in all."""
    demand(by, "event.read")
    query = select(Event).where(rows(by, "event.read"))
    if noun:
        query = query.where(Event.noun == noun)
    if ref:
        query = query.where(Event.noun_ref == ref)
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Event.id).subquery())) or 0
    page = query.order_by(Event.id.desc()).limit(limit).offset(offset)
    return list(session.scalars(page).unique()), total


def titles(session: Session, found: list[Event]) -> dict[str, str]:
    """What premises and requests that these events concern are called, by their ref; who sees an event may see it."""
    refs = {event.noun_ref for event in found}
    named: dict[str, str] = {}
    for model in (Offer, Need):
        for ref, title in session.execute(select(model.ref, model.title).where(model.ref.in_(refs))):
            named[ref] = title
    return named
