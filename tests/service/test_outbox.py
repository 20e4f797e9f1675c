"""What people are told is stored with the change that it tells of, once per key and person."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import platsverket
from platsverket import accounts, mail_words, outbox
from platsverket.database import sessions, writing
from platsverket.models import CASE_OFFICER, Event, OutboxMail, User
from tests.factories import Factory

AT = datetime(2027, 3, 1, 8, tzinfo=UTC)
TELLING = ("tell", "_tell", "tell_each", "_tell_each")


def _tell(session: Session, user: User, key: str = "frozen", **values: outbox.Value) -> bool:
    return writing(outbox.tell)(session, user, "round.frozen", key, at=AT, **values)


def test_a_key_is_told_each_person_once(session: Session, make: Factory) -> None:
    """Told again, or by another process, it is already told; to somebody else it is news."""
    one, other = make.user(), make.user()
    assert _tell(session, one) and not _tell(session, one)
    assert _tell(session, other) and _tell(session, one, "published")
    assert len(session.scalars(select(OutboxMail)).unique().all()) == 3


def test_many_are_told_at_once_as_each_would_be(session: Session, make: Factory) -> None:
    """A key once for each person, also twice in the same breath, and nothing for who has left."""
    one, other, left = make.user(), make.user(), make.user()
    accounts.deactivate(session, make.identity(make.user(administrator=True)), left.ref)
    assert _tell(session, one, "first", count=1)
    news = [(user, key, {"day": AT.date()}) for user in (one, other, left) for key in ("first", "second", "second")]
    writing(outbox.tell_each)(session, news, "round.frozen", at=AT)
    found = session.scalars(select(OutboxMail).order_by(OutboxMail.user_id, OutboxMail.key)).unique().all()
    assert [(mail.user_id, mail.key) for mail in found] == [
        (u.id, k) for u in (one, other) for k in ("first", "second")
    ]
    assert outbox.told(found[0].data) == {"count": 1} and outbox.told(found[1].data) == {"day": AT.date()}
    assert {(mail.kind, mail.told_at) for mail in found} == {("round.frozen", AT)}


def test_what_is_not_done_is_not_told(session: Session, make: Factory) -> None:
    """A change that fails takes its mail with it."""
    user = make.user()

    @writing
    def fail(session: Session) -> None:
        assert outbox.tell(session, user, "round.frozen", "frozen")
        raise ValueError

    with pytest.raises(ValueError):
        fail(session)
    assert _tell(session, user)


def test_days_moments_and_numbers_come_back_as_they_were(session: Session, make: Factory, engine: Engine) -> None:
    given = {"day": date(2027, 3, 28), "moment": AT, "seats": 1200, "km": 2.5, "name": "Våren", "left": None}
    user = make.user()
    writing(outbox.tell)(session, user, "round.frozen", "frozen", **given)
    with sessions(engine)() as fresh:
        assert outbox.told(fresh.scalars(select(OutboxMail)).one().data) == given


def test_closed_accounts_are_told_nothing(session: Session, make: Factory) -> None:
    """Nor are they among those who hold a role."""
    agency = make.agency()
    staying, leaving = make.officer(agency), make.officer(agency)
    accounts.deactivate(session, make.identity(make.user(administrator=True)), leaving.ref)
    assert outbox.staff(session, agency.id, CASE_OFFICER) == [staying]
    assert not _tell(session, session.get_one(User, leaving.id))


def test_when_mail_is_wanted_is_kept_with_the_account_and_on_record(session: Session, make: Factory) -> None:
    user = make.user()
    assert user.mail == "at_once"
    for _ in range(2):
        accounts.set_mail(session, make.identity(user), "daily")
    assert session.get_one(User, user.id).mail == "daily"
    assert session.scalars(select(Event.data).where(Event.kind == "account.mail_changed")).all() == [{"when": "daily"}]


def test_every_kind_that_is_told_has_its_words() -> None:
    """A mail without words could not be sent."""
    told = set()
    for path in Path(platsverket.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and getattr(called, "attr", getattr(called, "id", "")) in TELLING:
                # One that passes a kind on is called with it elsewhere.
                told |= {arg.value for arg in node.args[2:3] if isinstance(arg, ast.Constant)}
    assert len(told) > 12
    assert told <= set(mail_words.KINDS)
