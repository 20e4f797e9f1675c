"""People, their roles, and how they prove who they are: passwords (argon2), server-side sessions, API tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from platsverket.access import ANONYMOUS, Identity, demand
from platsverket.agencies import by_refs
from platsverket.config import SignInSettings
from platsverket.database import now, this_day, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record
from platsverket.models import COORDINATOR, ApiToken, Membership, SignIn, SignInAttempt, User
from platsverket.schemas import LONGEST_PASSWORD

HASHER = PasswordHasher()
PEOPLE_BEHIND_AN_ADDRESS = 20
# Checked when there is no such account, so that a stranger cannot tell the two apart by the clock.
NOBODY = HASHER.hash(secrets.token_urlsafe(16))
# What ``identity`` reads of a person.
WITH_ROLES = (selectinload(User.memberships), selectinload(User.stands_in))


def identity(user: User | None) -> Identity:
    """Who this person is right now; nobody when there is none or the account is closed."""
    if user is None or user.deactivated_at is not None:
        return ANONYMOUS
    roles = frozenset((m.agency_id, m.role) for m in user.memberships)
    today = this_day()
    stands_in = frozenset(
        (m.agency_id, m.role, one.person.name)
        for one in user.stands_in
        if one.holds_on(today)
        for m in one.person.memberships
        if m.role != COORDINATOR  # parties may be stood in for; who steers rounds is named by an administrator
    )
    return Identity(user.id, user.name, roles, user.is_administrator, stands_in)


def eyes_of(session: Session, user_id: int) -> Identity:
    """What the service sees in a coordinator's place: what they may see, while they steer.

    One who steers no more lends no eyes: then nobody's sealed premises are seen.
    """
    person = identity(session.get_one(User, user_id))
    return person if person.has(COORDINATOR) else Identity(None, roles=frozenset({(0, COORDINATOR)}))


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(session: Session, settings: SignInSettings, email: str, password: str, address: str) -> tuple[User, str]:
    """The person with this e-mail and password, and a fresh session token for their cookie.

    Raises Refused("wrong_password") without saying which of the two was wrong, and Refused("too_many_attempts")
    when the account or the address has failed too often of late.
    """
    whom = [digest(f"account {email}"), digest(f"address {address}")]
    since = now() - timedelta(minutes=settings.attempt_window_minutes)
    # Many people may share an address behind a proxy: it takes more to hold up all of them than one account.
    for one, most in zip(whom, (settings.attempts, settings.attempts * PEOPLE_BEHIND_AN_ADDRESS), strict=True):
        failed = select(func.count()).where(SignInAttempt.whom == one, SignInAttempt.at > since)
        if (session.scalar(failed) or 0) >= most:
            raise Refused("too_many_attempts", minutes=settings.attempt_window_minutes)
    user = session.scalar(select(User).where(User.email == email, User.deactivated_at.is_(None)))
    if not _matches(user.password_hash if user else NOBODY, password) or user is None:
        _count_attempt(session, whom)
        raise Refused("wrong_password", status=422)
    return user, _start(session, user.id, settings.session_hours)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password[: LONGEST_PASSWORD + 1])
    except (VerifyMismatchError, InvalidHashError):
        return False


@writing
def _count_attempt(session: Session, whom: list[str]) -> None:
    session.add_all(SignInAttempt(whom=one, at=now()) for one in whom)


@writing
def _start(session: Session, user_id: int, hours: int) -> str:
    token = secrets.token_urlsafe(32)
    started = now()
    session.add(
        SignIn(token_hash=digest(token), user_id=user_id, started_at=started, ends_at=started + timedelta(hours=hours))
    )
    user = session.get_one(User, user_id)
    record(session, Identity(user_id), "account.signed_in", "account", user.ref)
    return token


def signed_in(session: Session, token: str) -> User | None:
    """The person whose session this token opens, with their roles; None when it has ended."""
    found = select(User).join(SignIn, SignIn.user_id == User.id).options(*WITH_ROLES)
    return session.scalar(
        found.where(SignIn.token_hash == digest(token), SignIn.ended_at.is_(None), SignIn.ends_at > now())
    )


@writing
def sign_out(session: Session, token: str) -> None:
    session.execute(update(SignIn).where(SignIn.token_hash == digest(token)).values(ended_at=now()))


def bearer(session: Session, token: str) -> User | None:
    """The person whose API token this is; None when it is unknown, revoked or too old."""
    found = select(User).join(ApiToken, ApiToken.user_id == User.id).options(*WITH_ROLES)
    return session.scalar(
        found.where(ApiToken.token_hash == digest(token), ApiToken.revoked_at.is_(None), ApiToken.ends_at > now())
    )


@writing
def make_token(
    session: Session, by: Identity, settings: SignInSettings, values: dict[str, Any]
) -> tuple[ApiToken, str]:
    """A new API token of one's own, and its secret, which is shown once and stored only as a hash."""
    demand(by, "self")
    secret = secrets.token_urlsafe(32)
    made = now()
    token = ApiToken(
        user_id=by.user_id,
        name=values["name"],
        token_hash=digest(secret),
        created_at=made,
        ends_at=made + timedelta(days=min(values["days"], settings.token_days)),
    )
    session.add(token)
    session.flush()
    record(session, by, "token.made", "token", token.ref, name=token.name)
    return token, secret


@writing
def revoke_token(session: Session, by: Identity, ref: str) -> None:
    token = session.scalar(select(ApiToken).where(ApiToken.ref == ref, ApiToken.user_id == by.user_id))
    if token is None:
        raise Refused("not_found")
    token.revoked_at = token.revoked_at or now()
    record(session, by, "token.revoked", "token", token.ref)


def tokens(session: Session, by: Identity) -> list[ApiToken]:
    mine = select(ApiToken).where(ApiToken.user_id == by.user_id, ApiToken.revoked_at.is_(None))
    return list(session.scalars(mine.order_by(ApiToken.id)))


@writing
def change_password(session: Session, by: Identity, values: dict[str, Any], keep: str = "") -> None:
    """Set a new password, end every other session and all tokens; a fault at ``current`` when that one is wrong."""
    demand(by, "self")
    user = session.get_one(User, by.user_id)
    if not _matches(user.password_hash, values["current"]):
        raise invalid(current=Fault("wrong_current_password"))
    user.password_hash = HASHER.hash(values["new"])
    _end_sessions(session, user.id, now(), keep)
    _end_tokens(session, user.id, now())
    record(session, by, "account.password_changed", "account", user.ref)


@writing
def set_language(session: Session, by: Identity, language: str) -> None:
    demand(by, "self")
    user = session.get_one(User, by.user_id)
    if user.language != language:
        user.language = language
        record(session, by, "account.language_changed", "account", user.ref, language=language)


@writing
def set_mail(session: Session, by: Identity, when: str) -> None:
    """When one wants one's mail: each at once, or all of a day together."""
    demand(by, "self")
    user = session.get_one(User, by.user_id)
    if user.mail != when:
        user.mail = when
        record(session, by, "account.mail_changed", "account", user.ref, when=when)


@writing
def create(session: Session, by: Identity, values: dict[str, Any]) -> tuple[User, str]:
    """A new account and its first password, which the administrator hands over."""
    demand(by, "account.manage")
    return add(session, by, values)


def add(session: Session, by: Identity, values: dict[str, Any], password: str | None = None) -> tuple[User, str]:
    """The account, inside the caller's transaction."""
    if session.scalar(select(User.id).where(User.email == values["email"])):
        raise invalid(email=Fault("email_taken"))
    password = password or secrets.token_urlsafe(12)
    user = User(
        email=values["email"],
        name=values["name"],
        language=values["language"],
        is_administrator=values["is_administrator"],
        password_hash=HASHER.hash(password),
        created_at=now(),
    )
    session.add(user)
    _flush_email(session)
    _set_roles(session, user, values["roles"])
    record(session, by, "account.created", "account", user.ref, roles=values["roles"])
    return user, password


@writing
def change(session: Session, by: Identity, ref: str, values: dict[str, Any]) -> User:
    """An account's name, language and roles as the administrator now writes them."""
    demand(by, "account.manage")
    user = account(session, by, ref)
    taken = select(User.id).where(User.email == values["email"], User.id != user.id)
    if session.scalar(taken):
        raise invalid(email=Fault("email_taken"))
    if user.id == by.user_id and not values["is_administrator"]:
        raise invalid(is_administrator=Fault("own_administrator"))
    user.email, user.name, user.language = values["email"], values["name"], values["language"]
    user.is_administrator = values["is_administrator"]
    _flush_email(session)
    _set_roles(session, user, values["roles"])
    record(session, by, "account.changed", "account", user.ref, roles=values["roles"])
    return user


@writing
def deactivate(session: Session, by: Identity, ref: str) -> None:
    """Close an account: its sessions and tokens end at once, what it did stays on record."""
    demand(by, "account.manage")
    user = account(session, by, ref)
    if user.id == by.user_id:
        raise Refused("own_account")
    at = now()
    user.deactivated_at = user.deactivated_at or at
    _end_sessions(session, user.id, at)
    _end_tokens(session, user.id, at)
    record(session, by, "account.deactivated", "account", user.ref)


@writing
def reopen(session: Session, by: Identity, ref: str) -> None:
    """Open a closed account again: the same password signs in, ended sessions and tokens stay ended."""
    demand(by, "account.manage")
    user = account(session, by, ref)
    if user.deactivated_at is not None:
        user.deactivated_at = None
        record(session, by, "account.reopened", "account", user.ref)


@writing
def reset_password(session: Session, by: Identity, ref: str) -> str:
    """A new password for somebody who has lost theirs; their sessions and tokens end."""
    demand(by, "account.manage")
    user = account(session, by, ref)
    password = secrets.token_urlsafe(12)
    user.password_hash = HASHER.hash(password)
    _end_sessions(session, user.id, now())
    _end_tokens(session, user.id, now())
    record(session, by, "account.password_reset", "account", user.ref)
    return password


def account(session: Session, by: Identity, ref: str) -> User:
    demand(by, "account.manage")
    user = session.scalar(select(User).where(User.ref == ref).options(selectinload(User.memberships)))
    if user is None:
        raise Refused("not_found")
    return user


def own(session: Session, by: Identity) -> User:
    """One's own account."""
    demand(by, "self")
    return session.get_one(User, by.user_id)


def search(session: Session, by: Identity, text: str, limit: int, offset: int) -> tuple[list[User], int]:
    """Accounts whose name or e-mail contains ``text``, and how many there are in all."""
    demand(by, "account.manage")
    query = select(User).options(selectinload(User.memberships))
    if text:
        found = func.lower(User.name + " " + User.email)
        query = query.where(found.contains(text.lower(), autoescape=True))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return list(session.scalars(query.order_by(User.name, User.id).limit(limit).offset(offset))), total


def coordinators(session: Session) -> list[User]:
    """The people who coordinate, for naming them on sealed premises."""
    held = select(Membership.user_id).where(Membership.role == "coordinator")
    return list(
        session.scalars(select(User).where(User.id.in_(held), User.deactivated_at.is_(None)).order_by(User.name))
    )


def _set_roles(session: Session, user: User, roles: list[str]) -> None:
    wanted = [entry.partition(":")[::2] for entry in dict.fromkeys(roles)]
    agencies = by_refs(session, [agency for agency, _ in wanted], "roles")
    kept = {(m.agency_id, m.role): m for m in user.memberships}
    user.memberships[:] = [
        kept.get((agency.id, role)) or Membership(agency_id=agency.id, agency=agency, role=role)
        for agency, (_, role) in zip(agencies, wanted, strict=True)
    ]
    session.flush()


def _flush_email(session: Session) -> None:
    """Two administrators may give one e-mail at once: the database lets in the first alone."""
    try:
        session.flush()
    except IntegrityError:
        raise invalid(email=Fault("email_taken")) from None


def _end_tokens(session: Session, user_id: int, at: datetime) -> None:
    mine = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    session.execute(mine.values(revoked_at=at))


def _end_sessions(session: Session, user_id: int, at: datetime, keep: str = "") -> None:
    mine = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    session.execute(mine.where(SignIn.token_hash != digest(keep)).values(ended_at=at))
