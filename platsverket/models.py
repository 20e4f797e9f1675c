"""What is stored: facts and their times. A status is always computed from them, never stored.

Every public thing has a ``ref`` (random, short, lower case) that stands in addresses and files; the integer keys
never leave the database. Dates are calendar dates, times are UTC.
"""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REF_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # no 0/o, 1/i/l: refs are read aloud on the telephone
REF_LENGTH = 10

CASE_OFFICER, PROJECT_LEAD, COORDINATOR = "case_officer", "project_lead", "coordinator"
ROLES = (CASE_OFFICER, PROJECT_LEAD, COORDINATOR)


def _strict(sqlite_name: str) -> Any:
    def compile_type(_type: Any, _compiler: Any, **_: Any) -> str:
        return sqlite_name

    return compile_type


# STRICT tables know only SQLite's own five type names; the values are converted by SQLAlchemy as before.
for _generic, _name in ((String, "TEXT"), (Date, "TEXT"), (DateTime, "TEXT"), (JSON, "TEXT")):
    compiles(_generic, "sqlite")(_strict(_name))
compiles(Boolean, "sqlite")(_strict("INTEGER"))
for _double in (Float, Double):
    compiles(_double, "sqlite")(_strict("REAL"))


class Utc(TypeDecorator[datetime]):
    """A moment: aware in Python, stored in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Weekdays(TypeDecorator[tuple[str, ...]]):
    """A set of weekdays: a tuple of codes in Python, seven bits in the database (Monday is 1)."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Any) -> int | None:
        return None if value is None else sum(1 << WEEKDAYS.index(day) for day in set(value))

    def process_result_value(self, value: int | None, dialect: Any) -> tuple[str, ...] | None:
        return None if value is None else tuple(day for i, day in enumerate(WEEKDAYS) if value >> i & 1)


def new_ref() -> str:
    return "".join(secrets.choice(REF_ALPHABET) for _ in range(REF_LENGTH))


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Utc, dict[str, Any]: JSON, list[str]: JSON}
    __table_args__: Any = {"sqlite_strict": True}  # noqa: RUF012 - SQLAlchemy reads it as it stands


def _table(*rules: Any) -> tuple[Any, ...]:
    return (*rules, {"sqlite_strict": True})


def _ref() -> Mapped[str]:
    return mapped_column(String(REF_LENGTH), unique=True, default=new_ref)


class Agency(Model):
    """An organisation: state agency, region or municipality. ``org_nr`` is a fact, not a key (81 courts share one)."""

    __tablename__ = "agency"
    __table_args__ = _table(CheckConstraint("kind IN ('state', 'region', 'municipality')", name="kind"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200), index=True)
    org_nr: Mapped[str | None] = mapped_column(String(11))
    municipality_code: Mapped[str | None] = mapped_column(String(4))
    county_code: Mapped[str | None] = mapped_column(String(2))
    lat: Mapped[float | None]
    lon: Mapped[float | None]


class User(Model):
    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2), default="sv")
    is_administrator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="Membership.id"
    )


class Membership(Model):
    """One role of one person in one organisation; a person may hold several."""

    __tablename__ = "membership"
    __table_args__ = _table(
        UniqueConstraint("user_id", "agency_id", "role"),
        CheckConstraint("role IN ('case_officer', 'project_lead', 'coordinator')", name="role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    user: Mapped[User] = relationship(back_populates="memberships")
    agency: Mapped[Agency] = relationship(lazy="joined")


class SignIn(Model):
    """A signed-in session, kept on the server; the cookie holds only a random token, here stands its hash."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInAttempt(Model):
    """A failed sign-in, counted per account and per address to slow down guessing."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = _table(Index("ix_sign_in_attempt_whom_at", "whom", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    whom: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class ApiToken(Model):
    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Offer(Model):
    """Spare premises that an organisation lets others use."""

    __tablename__ = "offer"
    __table_args__ = _table(
        CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        CheckConstraint("area_m2 IS NULL OR area_m2 BETWEEN 1 AND 1000000", name="area"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("sharing IN ('shared', 'exclusive')", name="sharing"),
        CheckConstraint("visibility IN ('open', 'restricted', 'sealed')", name="visibility"),
        CheckConstraint("minimum_days BETWEEN 1 AND 3650", name="minimum_days"),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(200), default="")
    municipality_code: Mapped[str | None] = mapped_column(String(4), index=True)
    lat: Mapped[float]
    lon: Mapped[float]
    precision: Mapped[str] = mapped_column(String(20))
    visibility: Mapped[str] = mapped_column(String(12), default="open")
    seats: Mapped[int]
    area_m2: Mapped[int | None]
    weekdays: Mapped[tuple[str, ...]] = mapped_column(Weekdays)
    features: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # code → "yes" | "no"; absent: unknown
    sharing: Mapped[str] = mapped_column(String(10), default="shared")
    minimum_days: Mapped[int] = mapped_column(default=1)
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    posted_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    valid_until: Mapped[date]
    withdrawn_at: Mapped[datetime | None]
    agency: Mapped[Agency] = relationship(lazy="joined")
    spans: Mapped[list[OfferSpan]] = relationship(
        cascade="all, delete-orphan", order_by="OfferSpan.first_day", lazy="selectin"
    )
    admissions: Mapped[list[OfferAdmission]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    coordinators: Mapped[list[OfferCoordinator]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def only_agencies(self) -> list[Agency]:
        return [a.agency for a in self.admissions if a.admitted]

    @property
    def not_agencies(self) -> list[Agency]:
        return [a.agency for a in self.admissions if not a.admitted]

    def status(self, today: date) -> str:
        if self.withdrawn_at:
            return "withdrawn"
        if self.spans and self.spans[-1].last_day < today:
            return "ended"
        return "expired" if self.valid_until < today else "open"


def standing_offers(today: date) -> list[ColumnElement[bool]]:
    """Conditions of an offer that takes part: not withdrawn, not expired, not over."""
    last = select(func.max(OfferSpan.last_day)).where(OfferSpan.offer_id == Offer.id).scalar_subquery()
    return [Offer.withdrawn_at.is_(None), Offer.valid_until >= today, last >= today]


class OfferSpan(Model):
    """One availability of an offer, both ends included; an offer's spans never overlap."""

    __tablename__ = "offer_span"
    __table_args__ = _table(
        UniqueConstraint("offer_id", "first_day"), CheckConstraint("last_day >= first_day", name="order")
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]


class OfferAdmission(Model):
    """An organisation that an offer admits (then only such are), or turns away."""

    __tablename__ = "offer_admission"
    __table_args__ = _table(UniqueConstraint("offer_id", "agency_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    admitted: Mapped[bool]
    agency: Mapped[Agency] = relationship(lazy="joined")


class OfferCoordinator(Model):
    """A coordinator who may know of sealed premises."""

    __tablename__ = "offer_coordinator"
    __table_args__ = _table(UniqueConstraint("offer_id", "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    user: Mapped[User] = relationship(lazy="joined")


class Need(Model):
    """A space request: what a project needs, where and when."""

    __tablename__ = "need"
    __table_args__ = _table(
        CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        CheckConstraint("area_m2 IS NULL OR area_m2 BETWEEN 1 AND 1000000", name="area"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("latest_start >= earliest_start", name="window"),
        CheckConstraint("days BETWEEN 1 AND 3650", name="days"),
        CheckConstraint("priority BETWEEN 1 AND 1000", name="priority"),
        CheckConstraint("max_km > 0", name="max_km"),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    posted_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(200))
    municipality_code: Mapped[str | None] = mapped_column(String(4), index=True)
    lat: Mapped[float]
    lon: Mapped[float]
    precision: Mapped[str] = mapped_column(String(20))
    max_km: Mapped[float]
    seats: Mapped[int]
    area_m2: Mapped[int | None]
    earliest_start: Mapped[date]
    latest_start: Mapped[date]
    days: Mapped[int]
    weekdays: Mapped[tuple[str, ...]] = mapped_column(Weekdays)
    must: Mapped[list[str]] = mapped_column(JSON, default=list)
    wish: Mapped[list[str]] = mapped_column(JSON, default=list)
    priority: Mapped[int] = mapped_column(default=1)
    waiting_since: Mapped[date]
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    posted_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    agency: Mapped[Agency] = relationship(lazy="joined")

    def status(self, today: date) -> str:
        if self.withdrawn_at:
            return "withdrawn"
        return "ended" if self.latest_start < today else "open"


class MatchRound(Model):
    """A match round: its dates, and from the freeze its market (input) exactly as the engine gets it."""

    __tablename__ = "match_round"
    __table_args__ = _table(
        CheckConstraint("opens_on <= freezes_on AND freezes_on <= publishes_on", name="dates"),
        CheckConstraint("publishes_on <= answer_by", name="answer"),
        CheckConstraint("(frozen_at IS NULL) = (market IS NULL)", name="frozen"),
        CheckConstraint("published_at IS NULL OR frozen_at IS NOT NULL", name="published"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    name: Mapped[str] = mapped_column(String(120))
    opens_on: Mapped[date]
    freezes_on: Mapped[date]
    publishes_on: Mapped[date]
    answer_by: Mapped[date]
    goals: Mapped[list[str]] = mapped_column(JSON)
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    frozen_at: Mapped[datetime | None]
    market: Mapped[str | None] = deferred(mapped_column(Text))
    market_sha256: Mapped[str | None] = mapped_column(String(64))
    published_at: Mapped[datetime | None]
    set_aside: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # {need, offer, start, code}
    cancelled_at: Mapped[datetime | None]
    runs: Mapped[list[Run]] = relationship(back_populates="match_round", order_by="Run.number")
    decisions: Mapped[list[Decision]] = relationship(back_populates="match_round", order_by="Decision.id")

    @property
    def status(self) -> str:
        if self.cancelled_at:
            return "cancelled"
        if self.published_at:
            return "published"
        if not self.frozen_at:
            return "gathering"
        if any(run.status in ("waiting", "running") for run in self.runs):
            return "running"
        return "matched" if any(run.status == "done" for run in self.runs) else "frozen"


class Run(Model):
    """One run of the engine on a frozen round: what it was given besides the market, how far it is, its plan.

    A worker holds a run by a lease that it renews; whoever takes over a silent run gets a new ``lease_token``, and
    the old worker's writes no longer find their row.
    """

    __tablename__ = "run"
    __table_args__ = _table(
        UniqueConstraint("round_id", "number"),
        CheckConstraint("effort IN ('quick', 'normal', 'thorough')", name="effort"),
        CheckConstraint("plan IS NULL OR ended_at IS NOT NULL", name="plan"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    round_id: Mapped[int] = mapped_column(ForeignKey("match_round.id"))
    number: Mapped[int]
    effort: Mapped[str] = mapped_column(String(10))
    seed: Mapped[int]
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    decisions: Mapped[dict[str, Any]] = mapped_column(JSON)  # {"locked": […], "barred": […]} as the engine got them
    market_sha256: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    stop_requested_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(40))
    plan: Mapped[str | None] = deferred(mapped_column(Text))
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    published_at: Mapped[datetime | None]  # this run's plan is the one that was published
    match_round: Mapped[MatchRound] = relationship(back_populates="runs")

    @property
    def status(self) -> str:
        if self.ended_at:
            return "failed" if self.failure else "done"
        return "running" if self.started_at else "waiting"


class Decision(Model):
    """A coordinator's lock or bar in a round, with its reason; removed, never deleted."""

    __tablename__ = "decision"
    __table_args__ = _table(
        CheckConstraint("kind IN ('lock', 'bar')", name="kind"),
        CheckConstraint("length(reason) > 0", name="reason"),
        CheckConstraint("(need_id IS NULL) <> (agency_id IS NULL)", name="whom"),
        CheckConstraint("kind = 'bar' OR (need_id IS NOT NULL AND start IS NOT NULL)", name="lock"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    round_id: Mapped[int] = mapped_column(ForeignKey("match_round.id"), index=True)
    kind: Mapped[str] = mapped_column(String(4))
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    start: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    removed_at: Mapped[datetime | None]
    match_round: Mapped[MatchRound] = relationship(back_populates="decisions")
    need: Mapped[Need | None] = relationship(lazy="joined")
    agency: Mapped[Agency | None] = relationship(lazy="joined")
    offer: Mapped[Offer] = relationship(lazy="joined")
    made_by: Mapped[User] = relationship(lazy="joined")


class Proposal(Model):
    """A published placement, offered to both sides; its seats are held until it is answered or its time is out."""

    __tablename__ = "proposal"
    __table_args__ = _table(
        CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        CheckConstraint("until >= start", name="dates"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("poster_answer IN ('accepted', 'declined')", name="poster_answer"),
        CheckConstraint("lead_answer IN ('accepted', 'declined')", name="lead_answer"),
        CheckConstraint("(poster_answer IS NULL) = (poster_answered_at IS NULL)", name="poster_answered"),
        CheckConstraint("(lead_answer IS NULL) = (lead_answered_at IS NULL)", name="lead_answered"),
        # One open proposal per need: the index below counts only those still holding seats.
        Index(
            "uq_proposal_need_held",
            "need_id",
            unique=True,
            sqlite_where=text("holds_seats"),
            postgresql_where=text("holds_seats"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    round_id: Mapped[int] = mapped_column(ForeignKey("match_round.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), index=True)
    start: Mapped[date]
    until: Mapped[date]
    weekdays: Mapped[tuple[str, ...]] = mapped_column(Weekdays)
    seats: Mapped[int]
    km: Mapped[float]
    fit: Mapped[int]
    published_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    holds_seats: Mapped[bool] = mapped_column(default=False)
    poster_answer: Mapped[str | None] = mapped_column(String(10))
    poster_answered_at: Mapped[datetime | None]
    poster_reason: Mapped[str | None] = mapped_column(String(40))
    lead_answer: Mapped[str | None] = mapped_column(String(10))
    lead_answered_at: Mapped[datetime | None]
    lead_reason: Mapped[str | None] = mapped_column(String(40))
    expired_at: Mapped[datetime | None]
    match_round: Mapped[MatchRound] = relationship()
    need: Mapped[Need] = relationship(lazy="joined")
    offer: Mapped[Offer] = relationship(lazy="joined")
    agreement: Mapped[Agreement | None] = relationship(back_populates="proposal", lazy="selectin")

    def status(self, at: datetime) -> str:
        answers = (self.poster_answer, self.lead_answer)
        if "declined" in answers:
            return "declined"
        if answers == ("accepted", "accepted"):
            return "agreed"
        return "expired" if self.expired_at or self.answer_by <= at else "open"


class Agreement(Model):
    """An överenskommelse: both sides accepted, and the seat-days are theirs. Its terms are the proposal's."""

    __tablename__ = "agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = _ref()
    number: Mapped[str] = mapped_column(String(20), unique=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), unique=True)
    agreed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_day: Mapped[date]  # the proposal's `until`, or earlier when it was ended before its time
    ended_reason: Mapped[str | None] = mapped_column(String(40))
    proposal: Mapped[Proposal] = relationship(back_populates="agreement", lazy="joined")

    def status(self, today: date) -> str:
        if self.ended_at:
            return "ended_early"
        if today < self.proposal.start:
            return "coming"
        return "running" if today <= self.last_day else "ended"


class SeatDay(Model):
    """What is agreed and held of an offer on one day, in units: seats when shared, the whole offer when exclusive.

    The CHECK is the last guard of "never overbooked": no program, ours or another's, can store more than fits.
    """

    __tablename__ = "seat_day"
    __table_args__ = _table(
        CheckConstraint("agreed >= 0 AND held >= 0", name="not_negative"),
        CheckConstraint("agreed + held <= capacity", name="never_overbooked"),
    )

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    agreed: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)


class Event(Model):
    """What happened, to what, by whom: written in the same transaction as the change, never edited or deleted."""

    __tablename__ = "event"
    __table_args__ = _table(Index("ix_event_thing", "noun", "noun_ref"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the service itself
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    noun: Mapped[str] = mapped_column(String(20))
    noun_ref: Mapped[str] = mapped_column(String(REF_LENGTH))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actor: Mapped[User | None] = relationship(lazy="joined")


def used_days(start: date, until: date, weekdays: tuple[str, ...]) -> list[date]:
    """The days a placement uses: those of start…until (both included) whose weekday is asked for."""
    wanted = {WEEKDAYS.index(day) for day in weekdays}
    span = (start + timedelta(days=i) for i in range((until - start).days + 1))
    return [day for day in span if day.weekday() in wanted]
