"""Once only: of two clocks that come to the same thing, the one whose claim is stored does it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import Session

from platsverket.database import insert
from platsverket.models import Claim


def first(session: Session, key: str, at: datetime) -> bool:
    """Claim ``key`` in the caller's transaction; False where it is claimed. What fails gives its claim back.

    On PostgreSQL another's claim is waited for until its transaction ends, on SQLite writers come one by one.
    """
    once = insert(session, Claim).values(key=key, at=at).on_conflict_do_nothing(index_elements=["key"])
    return session.scalar(once.returning(Claim.key)) is not None


def made(key: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition that a key has been claimed."""
    return exists().where(Claim.key == key)
