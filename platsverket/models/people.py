"""A person acts for organisations through roles; what signs a person in is stored only as a hash."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import Model, ref_column, table_args

CASE_OFFICER, PROJECT_LEAD, COORDINATOR = "case_officer", "project_lead", "coordinator"
ROLES = (CASE_OFFICER, PROJECT_LEAD, COORDINATOR)
AT_ONCE, DAILY = "at_once", "daily"  # when a person wants their mail


class Agency(Model):
    """An organisation: state agency, region or municipality. ``org_nr`` is a fact, not a key (81 courts share one)."""

    __tablename__ = "agency"
    __table_args__ = table_args(CheckConstraint("kind IN ('state', 'region', 'municipality')", name="kind"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
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
    __table_args__ = table_args(CheckConstraint("mail IN ('at_once', 'daily')", name="mail"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2), default="sv")
    mail: Mapped[str] = mapped_column(String(10), default=AT_ONCE)
    is_administrator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="Membership.id"
    )
    stands_in: Mapped[list[Substitution]] = relationship(
        back_populates="substitute", foreign_keys="Substitution.substitute_id", order_by="Substitution.id"
    )


class Membership(Model):
    """One role of one person in one organisation; a person may hold several."""

    __tablename__ = "membership"
    __table_args__ = table_args(
        UniqueConstraint("user_id", "agency_id", "role"),
        CheckConstraint("role IN ('case_officer', 'project_lead', 'coordinator')", name="role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    user: Mapped[User] = relationship(back_populates="memberships")
    agency: Mapped[Agency] = relationship(lazy="joined")


class Substitution(Model):
    """Somebody answers proposals in a person's place, from one day to another; ended, never deleted."""

    __tablename__ = "substitution"
    __table_args__ = table_args(
        CheckConstraint("last_day >= first_day", name="dates"),
        CheckConstraint("substitute_id <> person_id", name="another"),
        # One substitute at a time: the index below counts only those that have not been ended.
        Index(
            "uq_substitution_person",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    substitute_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    named_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    person: Mapped[User] = relationship(foreign_keys=[person_id], lazy="joined")
    substitute: Mapped[User] = relationship(foreign_keys=[substitute_id], back_populates="stands_in", lazy="joined")

    def holds_on(self, today: date) -> bool:
        standing = self.ended_at is None and self.person.deactivated_at is None
        return standing and self.first_day <= today <= self.last_day


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
    __table_args__ = table_args(Index("ix_sign_in_attempt_whom_at", "whom", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    whom: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class ApiToken(Model):
    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
