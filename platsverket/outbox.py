"""Telling people: what is told is written in the transaction that makes it true, and mailed later, once per key."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from platsverket.database import now
from platsverket.models import Membership, OutboxMail, User, new_ref

Value = str | int | float | bool | date | datetime | None


def tell(session: Session, user: User, kind: str, key: str, /, *, at: datetime | None = None, **values: Value) -> bool:
    """Put a mail to ``user`` into the outbox, in the caller's transaction; False where the key was told them before.

    ``kind`` has its words in ``mail_words.KINDS``; ``values`` fill them and its link. Closed accounts are told nothing.
    """
    if user.deactivated_at is not None:
        return False
    row = {
        "ref": new_ref(),
        "user_id": user.id,
        "kind": kind,
        "key": key,
        "data": {name: _stored(value) for name, value in values.items()},
        "told_at": at or now(),
        "tries": 0,
    }
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    once = insert(OutboxMail).values(row).on_conflict_do_nothing(index_elements=["user_id", "key"])
    return session.scalar(once.returning(OutboxMail.id)) is not None


def staff(session: Session, agency_id: int, role: str) -> list[User]:
    """Those who hold a role in an organisation, and so are told what concerns it."""
    held = select(Membership.user_id).where(Membership.agency_id == agency_id, Membership.role == role)
    query = select(User).where(User.id.in_(held), User.deactivated_at.is_(None)).order_by(User.id)
    return list(session.scalars(query))


def _stored(value: Value) -> Any:
    """JSON has no days and no moments, so these say what they are."""
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    return {"day": value.isoformat()} if isinstance(value, date) else value


def told(data: dict[str, Any]) -> dict[str, Value]:
    """The values of a mail as they were given to ``tell``."""
    return {name: _given(value) for name, value in data.items()}


def _given(value: Any) -> Value:
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    return date.fromisoformat(value["day"]) if "day" in value else datetime.fromisoformat(value["moment"])
