"""Who answers proposals in whose place: a person names a colleague for a time, and may end it at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket.access import Identity, demand
from platsverket.database import now, this_day, writing
from platsverket.errors import Fault, invalid
from platsverket.events import record_own
from platsverket.models import CASE_OFFICER, PROJECT_LEAD, Membership, Substitution, User


def colleagues(session: Session, by: Identity) -> list[User]:
    """Whom a person may name: everybody with a role in an organisation for which they answer proposals."""
    there = select(Membership.user_id).where(Membership.agency_id.in_(by.agencies(CASE_OFFICER, PROJECT_LEAD)))
    found = select(User).where(User.id.in_(there), User.id != by.user_id, User.deactivated_at.is_(None))
    return list(session.scalars(found.order_by(User.name, User.id)))


def named(session: Session, by: Identity) -> Substitution | None:
    """One's own substitute, now or later; None when there is none or the time is over."""
    mine = select(Substitution).where(Substitution.person_id == by.user_id, Substitution.ended_at.is_(None))
    found = session.scalars(mine).one_or_none()
    return found if found and found.last_day >= this_day() else None


def for_others(session: Session, by: Identity) -> list[Substitution]:
    """For whom this person stands in today."""
    theirs = select(Substitution).where(Substitution.substitute_id == by.user_id, Substitution.ended_at.is_(None))
    return [one for one in session.scalars(theirs.order_by(Substitution.id)) if one.holds_on(this_day())]


@writing
def name(session: Session, by: Identity, values: dict[str, Any]) -> Substitution:
    """Name a colleague to answer in one's place; who was named before no longer does.

    Raises Refused("invalid") at ``substitute`` for anybody but a colleague.
    """
    demand(by, "self")
    chosen = next((user for user in colleagues(session, by) if user.ref == values["substitute"]), None)
    if chosen is None:
        raise invalid(substitute=Fault("choice"))
    _end(session, by)
    substitution = Substitution(
        person_id=by.user_id, substitute=chosen, first_day=values["first_day"], last_day=values["last_day"],
        named_at=now(),
    )  # fmt: skip
    session.add(substitution)
    record_own(
        session, by, "account.substitute_named",
        substitute=chosen.name, first_day=values["first_day"].isoformat(), last_day=values["last_day"].isoformat(),
    )  # fmt: skip
    return substitution


@writing
def end(session: Session, by: Identity) -> None:
    """Answer only oneself again."""
    demand(by, "self")
    _end(session, by)


def _end(session: Session, by: Identity) -> None:
    person = session.scalars(select(User).where(User.id == by.user_id).with_for_update()).one()
    standing = select(Substitution).where(Substitution.person_id == person.id, Substitution.ended_at.is_(None))
    for one in session.scalars(standing).all():
        one.ended_at = now()
        record_own(session, by, "account.substitute_ended", substitute=one.substitute.name)
    session.flush()
