"""Telling people: what is told is written in the transaction that makes it true, and mailed later, once per key."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from platsverket.access import ANONYMOUS
from platsverket.database import insert, now, writing
from platsverket.events import record
from platsverket.models import DAILY, Membership, OutboxMail, User, new_ref

MOST_IN_ONE = 100
MOST_WAIT_MINUTES = 15

Value = str | int | float | bool | date | datetime | None
Values = dict[str, Value]


def tell(session: Session, user: User, kind: str, key: str, /, *, at: datetime | None = None, **values: Value) -> bool:
    """Put a mail to ``user`` into the outbox, in the caller's transaction; False where the key was told them before.

    ``kind``, such as "round.frozen", has its words in ``mail_words.KINDS``; ``values`` fill them
    and its link. Closed accounts are told nothing.
    """
    if user.deactivated_at is not None:
        return False
    once = _once(session).values(_row(user, kind, key, at, values))
    return session.scalar(once.returning(OutboxMail.id)) is not None


def tell_each(
    session: Session, news: Iterable[tuple[User, str, Values]], kind: str, /, *, at: datetime | None = None
) -> None:
    """Put many mails of one kind in at once, as ``tell`` does each: a person, the key and the values.

    They are written together, for whoever else wants to write waits meanwhile.
    """
    rows = [_row(user, kind, key, at, values) for user, key, values in news if user.deactivated_at is None]
    if rows:
        session.execute(_once(session), rows)


def _once(session: Session) -> Any:
    return insert(session, OutboxMail).on_conflict_do_nothing(index_elements=["user_id", "key"])


def _row(user: User, kind: str, key: str, at: datetime | None, values: Values) -> dict[str, Any]:
    return {
        "ref": new_ref(),
        "user_id": user.id,
        "kind": kind,
        "key": key,
        "data": {name: _stored(value) for name, value in values.items()},
        "told_at": at or now(),
        "tries": 0,
    }


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


def told(data: dict[str, Any]) -> Values:
    """The values of a mail as they were given to ``tell``."""
    return {name: _given(value) for name, value in data.items()}


def _given(value: Any) -> Value:
    if not isinstance(value, dict):
        return value
    return date.fromisoformat(value["day"]) if "day" in value else datetime.fromisoformat(value["moment"])


# Sending: whoever holds mails by a lease may say what became of them


@dataclass(frozen=True)
class Held:
    """Mails to one person that go out as one message; what is said of them counts while the lease is still ours."""

    token: str
    user: User
    mails: list[OutboxMail]


def _due(at: datetime, day_begins: datetime) -> list[ColumnElement[bool]]:
    """Mails that may go now: of those who want theirs once a day, what was told before the last such moment."""
    return [
        OutboxMail.sent_at.is_(None),
        OutboxMail.given_up_at.is_(None),
        OutboxMail.lease_until.is_(None) | (OutboxMail.lease_until < at),
        OutboxMail.next_try_at.is_(None) | (OutboxMail.next_try_at <= at),
        User.deactivated_at.is_(None),
        OutboxMail.told_at <= at,
        (OutboxMail.told_at < day_begins) | (User.mail != DAILY),
    ]


def any_due(session: Session, at: datetime, day_begins: datetime) -> bool:
    """Whether there is anything to send: only then is a writer's lock asked for."""
    query = select(OutboxMail.id).join(User, User.id == OutboxMail.user_id).where(*_due(at, day_begins))
    return session.scalar(query.limit(1)) is not None


@writing
def claim(session: Session, at: datetime, day_begins: datetime, lease: timedelta) -> Held | None:
    """Take what is to go out to one person next: one mail, or all of a day; None when nothing is due."""
    due = _due(at, day_begins)
    waiting = select(User).where(exists().where(OutboxMail.user_id == User.id, *due)).order_by(User.id).limit(1)
    # The person's row is held, so that two senders never share a day's mail; others may still refer to it.
    user = session.scalar(waiting.with_for_update(skip_locked=True, key_share=True))
    if user is None:
        return None
    mine = select(OutboxMail).join(User, User.id == OutboxMail.user_id).where(OutboxMail.user_id == user.id, *due)
    mails = list(session.scalars(mine.order_by(OutboxMail.id).limit(MOST_IN_ONE if user.mail == DAILY else 1)))
    if not mails:
        return None
    token = secrets.token_hex(16)
    for mail in mails:
        mail.lease_token, mail.lease_until = token, at + lease
    return Held(token, user, mails)


def _held(held: Held) -> Any:
    return update(OutboxMail).where(OutboxMail.lease_token == held.token, OutboxMail.sent_at.is_(None))


@writing
def sent(session: Session, held: Held, at: datetime) -> None:
    """The mail server has taken them."""
    session.execute(_held(held).values(sent_at=at, lease_token=None, lease_until=None))


@writing
def put_back(session: Session, held: Held, at: datetime) -> None:
    """They could not be sent: they are tried again, later each time."""
    tries = held.mails[0].tries + 1
    later = at + timedelta(minutes=min(2 ** min(tries, 10) / 2, MOST_WAIT_MINUTES))
    session.execute(_held(held).values(tries=tries, next_try_at=later, lease_token=None, lease_until=None))


@writing
def give_up(session: Session, held: Held, at: datetime, code: int) -> None:
    """The mail server says that the address takes no mail; who manages accounts reads it among the events."""
    session.execute(_held(held).values(given_up_at=at, lease_token=None, lease_until=None))
    record(session, ANONYMOUS, "account.mail_refused", "account", held.user.ref, code=code)
