"""The outbox is sent over SMTP: each thing told goes out once, in its reader's language, as plain text and HTML.

Mails are held by a lease while they are sent, so that two senders never send the same. A sender that dies between the
server's yes and our note sends once more, with the same Message-ID, by which mail programs know it is the same.
"""

from __future__ import annotations

import functools
import hashlib
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from datetime import time as hour_of_day
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import structlog
from flask import Flask, render_template
from flask_babel import Babel, force_locale
from jinja2 import StrictUndefined
from sqlalchemy.orm import Session

from platsverket import mail_words, outbox
from platsverket.config import Config
from platsverket.database import STOCKHOLM

log = structlog.get_logger()
MOST_AT_A_TIME, MOST_SECONDS = 200, 60  # then the clock sees to what else is due
LEASE = timedelta(minutes=5)  # longer than a slow server can take over the last mail that is begun in MOST_SECONDS
REFUSED_FOR_GOOD, BAD_ADDRESS = 500, 553
_waits: dict[tuple[str, int], str] = {}  # what was logged last of each mail server


def send_due(session: Session, config: Config, at: datetime) -> int:
    """Send what is due, as long as the mail server answers; returns how many messages it took.

    While no server is configured, or it is down, mails wait. An address that the server refuses for good is given up.
    """
    day_begins = last_digest(at, config.mail.digest_hour)
    if not config.mail.server or not outbox.any_due(session, at, day_begins):
        return 0
    try:
        with _server(config) as server:
            taken = _send_all(session, config, server, at, day_begins)
    except (OSError, smtplib.SMTPException) as error:
        _note(config, type(error).__name__)
        return 0
    _note(config, "")
    return taken


def _note(config: Config, error: str) -> None:
    """Log that mail waits, and that it no longer does, once each: the clock tries every few seconds."""
    server = (config.mail.server, config.mail.port)
    if error == _waits.get(server, ""):
        return
    _waits[server] = error
    if error:
        log.warning("mail_waits", error=error)
    else:
        log.info("mail_goes_out_again")


def last_digest(at: datetime, hour: int) -> datetime:
    """The latest moment, not after ``at``, at which it was this hour in Stockholm."""
    day = at.astimezone(STOCKHOLM).date()
    moment = datetime.combine(day, hour_of_day(hour), STOCKHOLM)
    # Compared as moments: on the days when clocks are set, an hour may be missing or come twice.
    if moment.timestamp() > at.timestamp():
        moment = datetime.combine(day - timedelta(days=1), hour_of_day(hour), STOCKHOLM)
    return moment


@contextmanager
def _server(config: Config) -> Iterator[smtplib.SMTP]:
    mail = config.mail
    context = ssl.create_default_context()
    opened = (
        smtplib.SMTP_SSL(mail.server, mail.port, timeout=mail.timeout_seconds, context=context)
        if mail.security == "tls"
        else smtplib.SMTP(mail.server, mail.port, timeout=mail.timeout_seconds)
    )
    with opened as server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, config.mail_password)
        yield server


def _send_all(session: Session, config: Config, server: smtplib.SMTP, at: datetime, day_begins: datetime) -> int:
    taken, ends = 0, time.monotonic() + MOST_SECONDS
    for _ in range(MOST_AT_A_TIME):
        held = outbox.claim(session, at, day_begins, LEASE) if time.monotonic() < ends else None
        if held is None:
            break
        taken += _send(session, config, server, held, at)
    return taken


def _send(session: Session, config: Config, server: smtplib.SMTP, held: outbox.Held, at: datetime) -> bool:
    try:
        server.send_message(message(config, held, at))
    except smtplib.SMTPRecipientsRefused as refused:
        code = max(int(answer[0]) for answer in refused.recipients.values())
        if code >= REFUSED_FOR_GOOD:
            outbox.give_up(session, held, at, code)
        else:
            outbox.put_back(session, held, at)
        return False
    except smtplib.SMTPNotSupportedError:  # the address has signs that the server cannot take
        outbox.give_up(session, held, at, BAD_ADDRESS)
        return False
    except Exception as error:
        outbox.put_back(session, held, at)
        if _gone(error):
            raise  # the rest waits without trying
        log.warning("mail_broke", mail=held.mails[0].ref, error=repr(error))
        return False
    outbox.sent(session, held, at)
    return True


def _gone(error: Exception) -> bool:
    """Whether the server is no longer there, rather than has something against this mail."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return True
    return isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)


def message(config: Config, held: outbox.Held, at: datetime) -> EmailMessage:
    """The e-mail of what is held, in its reader's language."""
    user, site = held.user, config.site.address
    with _speaker().app_context(), force_locale(user.language):
        told = [mail_words.read(mail.kind, mail.data, site) for mail in held.mails]
        subject = told[0].subject if len(told) == 1 else mail_words.many(len(told))
        words = {"told": told, "subject": subject, "site": config.site.name, "me": f"{site.rstrip('/')}/me"}
        text = render_template("mail/message.txt", **words)
        html = render_template("mail/message.html", lang=user.language, **words)
    mail = EmailMessage()
    name, sender = parseaddr(config.mail.sender)
    mail["From"] = Address(name, addr_spec=sender)
    mail["To"] = Address(_in_header(user.name), addr_spec=user.email)
    mail["Subject"] = _in_header(subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{_name(held)}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail


def _in_header(text: str) -> str:
    """A text as it may stand in a header: email decodes what looks encoded in it, line breaks and all."""
    return " ".join(text.replace("=?", "= ?").split())


def _name(held: outbox.Held) -> str:
    """The same mails have the same name, however often they are tried."""
    return hashlib.sha256(" ".join(mail.ref for mail in held.mails).encode()).hexdigest()[:32]


@functools.cache
def _speaker() -> Flask:
    """Templates and catalogue without a site around them: no request comes here."""
    app = Flask("platsverket")
    app.jinja_env.undefined = StrictUndefined
    Babel(app)
    return app
