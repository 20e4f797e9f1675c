"""The outbox reaches people over a real SMTP server: once, when they want it, in their language, and never lost."""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from platsverket import accounts, mail_words, mailing, outbox
from platsverket.config import Config
from platsverket.database import connect, sessions, writing
from platsverket.models import Event, OutboxMail, User
from tests.conftest import settings, with_mail
from tests.factories import Factory
from tests.mailserver import MailServer, plain

MORNING = datetime(2027, 3, 1, 5, tzinfo=UTC)  # six o'clock in Stockholm, an hour before the daily mail
SENT_TAGS = ("html", "head", "meta", "title", "body", "h1", "p", "a", "hr")
NAMES = {"name": "Våren", "round": "abcdefghjk", "offers": 1200, "needs": 7, "publishes_on": date(2027, 3, 8)}


@pytest.fixture
def sending(config: Config, mail_server: MailServer) -> Config:
    return with_mail(config, mail_server)


def _tell(session: Session, user: User, key: str = "frozen", at: datetime = MORNING, **values: Any) -> None:
    assert writing(outbox.tell)(session, user, "round.frozen", key, at=at, **{**NAMES, **values})


def test_what_is_told_arrives_once_in_the_readers_language(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    """Plain text and HTML say the same, the link leads to our own address, and a second look sends nothing."""
    swede, reader = make.user(name="Åsa Öberg"), make.user()
    accounts.set_language(session, make.identity(reader), "en")
    for user in (swede, reader):
        _tell(session, user)
    assert mailing.send_due(session, sending, MORNING) == 2
    assert mailing.send_due(session, sending, MORNING + timedelta(days=9)) == 0
    (swedish,), (english,) = mail_server.to(swede.email), mail_server.to(reader.email)
    assert swedish["Subject"] == "Våren är fryst" and english["Subject"] == "Våren is frozen"
    assert "Åsa Öberg" in swedish["To"] and "8 mars 2027" in plain(swedish) and "1\u202f200" in plain(swedish)
    link = f"{sending.site.address}/rounds/abcdefghjk"
    html = english.get_body(("html",))
    assert html is not None and f'<a href="{link}">' in html.get_content() and link in plain(english)
    assert 'lang="en"' in html.get_content() and "8 March 2027" in html.get_content()
    assert english["Auto-Submitted"] == "auto-generated"


HOSTILE = (
    '<script>alert("x")</script>',
    "<img src=x onerror=alert(1)>",
    '"><a href="https://x.example">',
    "</body></html>",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "Rum\r\nBcc: all@x.example",
    "Rum\nSubject: Another",
    "=?utf-8?q?=0ABcc:_all=40x.example?=",
    "=?utf-8?b?CkJjYzogYWxsQHguZXhhbXBsZQ==?=",
    "%(name)s %s %d {round} {{ 7 * 7 }} {% raw %}",
    ".\r\n.\r\nMAIL FROM:<x@x.example>",
    "\u202egnp.exe",
    "\x00\x1b[31m",
    "Å" * 200,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(sqlite_url: str, mail_server: MailServer, text: str) -> None:
    """What somebody typed neither becomes markup, nor adds a header or a recipient, nor is filled in once more."""
    config = with_mail(settings(sqlite_url), mail_server)
    engine = connect(sqlite_url)
    with sessions(engine)() as session:
        user = Factory(session, config).user()
        _tell(session, user, name=text)
        assert mailing.send_due(session, config, MORNING) == 1
    engine.dispose()
    [message] = mail_server.messages
    html = message.get_body(("html",))
    assert html is not None
    told = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html.get_content())))
    assert re.sub(r"\s+", " ", text).strip(" \x00\x1b")[:40] in told
    tags = re.findall(r"<(/?\w+)", html.get_content())
    assert set(tags) <= {f"{end}{tag}" for tag in SENT_TAGS for end in ("", "/")} and tags.count("a") == 2
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert message["To"] == f"{user.name} <{user.email}>" and mail_server.recipients == [user.email]


def test_a_mail_server_that_is_down_loses_nothing(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    """Mails wait while it is away, are tried again later, and arrive once when it is back."""
    user = make.user()
    mail_server.stop()
    for key in ("one", "two"):
        _tell(session, user, key)
    at = MORNING
    for _ in range(8):
        assert mailing.send_due(session, sending, at) == 0
        at += timedelta(minutes=1)
    mail_server.start()
    assert mailing.send_due(session, sending, at + timedelta(minutes=15)) == 2
    assert len(mail_server.messages) == 2


def test_a_mail_server_that_is_down_is_logged_once(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    """Once when it goes away, again when it fails in another way, and once when it is back."""
    _tell(session, make.user())
    mail_server.stop()
    with capture_logs() as logged:
        for minutes in range(0, 240, 60):
            assert mailing.send_due(session, sending, MORNING + timedelta(minutes=minutes)) == 0
        mail_server.start()
        mail_server.hang_up = 1
        for days in (1, 2, 3):
            mailing.send_due(session, sending, MORNING + timedelta(days=days))
    assert len(mail_server.messages) == 1
    assert [entry["event"] for entry in logged] == ["mail_waits", "mail_waits", "mail_goes_out_again"]


def test_an_address_refused_for_good_is_given_up_and_one_refused_for_now_is_not(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    """The administrator reads of the one, and the others get their mail all the same."""
    gone, full, well = make.user(), make.user(), make.user()
    mail_server.refuse = {gone.email: "550 No such user", full.email: "452 Mailbox full"}
    for user in (gone, full, well):
        _tell(session, user)
    assert mailing.send_due(session, sending, MORNING) == 1
    mail_server.refuse = {}
    assert mailing.send_due(session, sending, MORNING + timedelta(minutes=15)) == 1
    assert [m["To"] for m in mail_server.messages] == [f"{u.name} <{u.email}>" for u in (well, full)]
    told = session.scalars(select(Event).where(Event.kind == "account.mail_refused")).unique().all()
    assert [event.noun_ref for event in told] == [gone.ref]


def test_a_server_that_hangs_up_in_the_middle_loses_nothing(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    """The mail that was cut off is tried again later; those behind it wait without being tried."""
    user = make.user()
    for key in ("one", "two"):
        _tell(session, user, key, name=key)
    mail_server.hang_up = 1
    assert mailing.send_due(session, sending, MORNING) == 0
    assert mailing.send_due(session, sending, MORNING + timedelta(seconds=5)) == 1
    assert mailing.send_due(session, sending, MORNING + timedelta(minutes=2)) == 1
    assert sorted(str(m["Subject"]) for m in mail_server.messages) == ["one är fryst", "two är fryst"]


def test_a_mail_that_the_server_dislikes_holds_up_no_other(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    user = make.user()
    for key in ("bad", "good"):
        _tell(session, user, key, round=key)
    mail_server.dislike = {"/rounds/bad": "554 Not this"}
    assert mailing.send_due(session, sending, MORNING) == 1
    assert "/rounds/good" in plain(mail_server.messages[0])


def test_a_mail_that_cannot_be_written_stops_no_other(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    user = make.user()
    writing(outbox.tell)(session, user, "no.such_kind", "broken", at=MORNING)
    _tell(session, user)
    assert mailing.send_due(session, sending, MORNING) == 1
    assert [m["Subject"] for m in mail_server.messages] == ["Våren är fryst"]


def test_a_days_news_come_in_one_mail_in_the_morning(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    """Nothing before the hour, everything at it, and what comes later the next morning, also after a stop."""
    user = make.user()
    accounts.set_mail(session, make.identity(user), "daily")
    for key in ("one", "two"):
        _tell(session, user, key, name=key)
    assert mailing.send_due(session, sending, MORNING + timedelta(minutes=59)) == 0
    seven = MORNING + timedelta(hours=1)
    _tell(session, user, "late", at=seven, name="late")
    assert mailing.send_due(session, sending, seven) == 1
    assert mailing.send_due(session, sending, seven + timedelta(hours=23, minutes=59)) == 0
    assert mailing.send_due(session, sending, seven + timedelta(days=3, hours=5)) == 1
    first, second = mail_server.messages
    assert first["Subject"] == "Nytt från Platsverket: 2" and second["Subject"] == "late är fryst"
    assert re.findall(r"(\w+) är fryst", plain(first)) == ["one", "two"]


@pytest.mark.parametrize(
    ("at", "hour", "last"),
    [
        ("2027-03-27T05:59", 7, "2027-03-26T06:00"),  # winter: seven is six in UTC
        ("2027-03-28T05:00", 7, "2027-03-28T05:00"),  # the day summer time begins: seven is five
        ("2027-03-28T01:30", 2, "2027-03-28T01:00"),  # the hour that does not exist comes when it would have
        ("2027-10-31T00:30", 2, "2027-10-31T00:00"),  # the hour that comes twice counts once, the first time
        ("2027-10-31T01:30", 2, "2027-10-31T00:00"),
        ("2027-10-31T06:00", 7, "2027-10-31T06:00"),
        ("2027-07-01T21:59", 0, "2027-06-30T22:00"),  # midnight in Stockholm
    ],
)
def test_the_daily_hour_is_stockholms_also_when_clocks_are_set(at: str, hour: int, last: str) -> None:
    moment, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (at, last))
    assert mailing.last_digest(moment, hour).astimezone(UTC) == expected


def test_two_senders_at_once_send_each_mail_once(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    """Both take from the same outbox at the same time; every mail arrives, none twice, no day's news in two."""
    people = [make.user() for _ in range(6)]
    for user in people[:2]:
        accounts.set_mail(session, make.identity(user), "daily")
    for key in ("one", "two", "three"):
        for user in people:
            _tell(session, user, key)
    session.rollback()
    open_session = sessionmaker(session.get_bind(), expire_on_commit=False)
    together, at = threading.Barrier(2), MORNING + timedelta(hours=1)
    taken: list[int] = []

    def send() -> None:
        with open_session() as own:
            together.wait()
            taken.append(mailing.send_due(own, sending, at))

    both = [threading.Thread(target=send) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(taken) == 2 + 4 * 3
    got = Counter(message["Message-ID"] for message in mail_server.messages)
    assert len(got) == 14 and set(got.values()) == {1}
    with open_session() as own:
        assert all(mail.sent_at for mail in own.scalars(select(OutboxMail)).unique())


def test_a_sender_that_died_is_taken_over_with_the_same_name(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    """A mail held by one that fell silent is sent by the next, under the same Message-ID; the first's word is void."""
    user = make.user()
    _tell(session, user)
    held = outbox.claim(session, MORNING, MORNING, mailing.LEASE)
    assert held is not None
    named = mailing.message(sending, held, MORNING)["Message-ID"]
    assert mailing.send_due(session, sending, MORNING + mailing.LEASE) == 0
    assert mailing.send_due(session, sending, MORNING + mailing.LEASE + timedelta(seconds=1)) == 1
    assert mail_server.messages[0]["Message-ID"] == named
    outbox.put_back(session, held, MORNING + timedelta(hours=1))
    assert mailing.send_due(session, sending, MORNING + timedelta(days=1)) == 0


def test_what_waits_for_an_account_that_is_closed_is_not_sent(
    session: Session, make: Factory, sending: Config, mail_server: MailServer
) -> None:
    leaving, staying = make.user(), make.user()
    for user in (leaving, staying):
        _tell(session, user)
    accounts.deactivate(session, make.identity(make.user(administrator=True)), leaving.ref)
    assert mailing.send_due(session, sending, MORNING) == 1
    assert mail_server.recipients == [staying.email]


def test_every_kind_can_be_read_in_both_languages(app: Any) -> None:
    """Each subject and text takes its values, and each link leads to a page that exists."""
    adapter = app.url_map.bind("localhost")
    for kind, one in mail_words.KINDS.items():
        names = set(re.findall(r"%\((\w+)\)s", f"{one.subject._args[0]} {one.text._args[0]}"))
        refs = dict.fromkeys(re.findall(r"{(\w+)}", one.path), "abcdefghjk")
        with app.test_request_context():
            told = mail_words.read(kind, {**dict.fromkeys(names, "2"), **refs}, "https://x.example")
        assert told.subject and all(told.paragraphs), kind
        assert adapter.match(told.url.removeprefix("https://x.example").partition("?")[0], method="GET"), kind
