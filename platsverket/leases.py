"""A row that waits for work is its own queue: a worker takes it with a lease, and writes only while it holds it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from platsverket.config import Config
from platsverket.database import clock

Fail = Callable[[Session, Any, str, datetime], None]


def take(session: Session, model: Any, config: Config, fail: Fail, *first: Any) -> Any:
    """The oldest row that waits or whose worker has fallen silent, with a new lease; None when there is none.
    ``first`` says what comes before what is older.

    One that has been tried too often is parked by ``fail``, so that it cannot stop the others.
    """
    at = clock(session)
    free = (model.lease_until.is_(None)) | (model.lease_until < at)
    query = select(model).where(model.ended_at.is_(None), free).order_by(*first, model.id).limit(1)
    one = session.scalar(query.with_for_update(of=model, skip_locked=True))
    if one is None:
        return None
    if one.attempts >= config.jobs.tries:
        fail(session, one, "tried_too_often", at)
        return None
    one.attempts += 1
    one.started_at = one.started_at or at
    one.lease_token = secrets.token_hex(16)
    one.lease_until = at + timedelta(seconds=config.jobs.lease_seconds)
    return one


def held(model: Any, row_id: int, token: str) -> Any:
    """An update of this row that finds it only while the lease is still the caller's."""
    return update(model).where(model.id == row_id, model.lease_token == token, model.ended_at.is_(None))


def kept(session: Session, change: Any) -> bool:
    """Carry out a change of a ``held`` row; whether the lease was still the caller's."""
    result = session.execute(change)
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)


def longer(session: Session, config: Config) -> datetime:
    """Until when a lease that is renewed now holds."""
    return clock(session) + timedelta(seconds=config.jobs.lease_seconds)
