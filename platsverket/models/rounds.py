"""A round keeps its market as it was frozen, each run's plan, and every lock and bar with its reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from platsverket.models.base import Model, ref_column, table_args
from platsverket.models.needs import Need
from platsverket.models.offers import Offer
from platsverket.models.people import Agency, User


class MatchRound(Model):
    """A match round: its dates, and from the freeze its market (input) exactly as the engine gets it."""

    __tablename__ = "match_round"
    __table_args__ = table_args(
        CheckConstraint("opens_on <= freezes_on AND freezes_on <= publishes_on", name="dates"),
        CheckConstraint("publishes_on <= answer_by", name="answer"),
        CheckConstraint("(frozen_at IS NULL) = (market IS NULL)", name="frozen"),
        CheckConstraint("published_at IS NULL OR frozen_at IS NOT NULL", name="published"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
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
    closed_at: Mapped[datetime | None]  # published, and its last day to answer has passed
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

    @property
    def steerable(self) -> bool:
        """Whether it can still be run and decided on: frozen, and neither published nor called off."""
        return bool(self.frozen_at) and not (self.published_at or self.cancelled_at)


class Run(Model):
    """One run of the engine on a frozen round: what it was given besides the market, how far it is, its plan.

    A worker holds a run by a lease that it renews; whoever takes over a silent run gets a new ``lease_token``, and
    the old worker's writes no longer find their row.
    """

    __tablename__ = "run"
    __table_args__ = table_args(
        UniqueConstraint("round_id", "number"),
        CheckConstraint("effort IN ('quick', 'normal', 'thorough')", name="effort"),
        CheckConstraint("plan IS NULL OR ended_at IS NOT NULL", name="plan"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
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
    is_refill: Mapped[bool] = mapped_column(default=False, server_default=false())  # fills up a published round
    market: Mapped[str | None] = deferred(mapped_column(Text))  # a refill has a market of its own
    match_round: Mapped[MatchRound] = relationship(back_populates="runs")

    @property
    def goals(self) -> list[str]:
        """The goals this run was given, most important first; an older run keeps those of its round."""
        given: dict[str, Any] = self.decisions.get("policy") or {}
        found: list[str] = given.get("goals") or self.match_round.goals
        return found

    @property
    def status(self) -> str:
        if self.ended_at:
            return "failed" if self.failure else "done"
        return "running" if self.started_at else "waiting"


class Decision(Model):
    """A coordinator's lock or bar in a round, with its reason; removed, never deleted.

    A bar is for one need, for an organisation, or for everybody where it names neither.
    """

    __tablename__ = "decision"
    __table_args__ = table_args(
        CheckConstraint("kind IN ('lock', 'bar')", name="kind"),
        CheckConstraint("length(reason) > 0", name="reason"),
        CheckConstraint("need_id IS NULL OR agency_id IS NULL", name="whom"),
        CheckConstraint("kind = 'bar' OR (need_id IS NOT NULL AND start IS NOT NULL)", name="lock"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    round_id: Mapped[int] = mapped_column(ForeignKey("match_round.id"), index=True)
    kind: Mapped[str] = mapped_column(String(4))
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    start: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    stands_until: Mapped[date | None]  # its last day; without one it stands as long as the round
    removed_at: Mapped[datetime | None]
    match_round: Mapped[MatchRound] = relationship(back_populates="decisions")
    need: Mapped[Need | None] = relationship(lazy="joined")
    agency: Mapped[Agency | None] = relationship(lazy="joined")
    offer: Mapped[Offer] = relationship(lazy="joined")
    made_by: Mapped[User] = relationship(lazy="joined")

    def status(self, today: date) -> str:
        if self.removed_at:
            return "removed"
        return "over" if self.stands_until and self.stands_until < today else "standing"

    def stood(self, at: datetime, day: date) -> bool:
        """Whether it stood at a moment of that day, and so steered a run that was asked for then."""
        removed = self.removed_at is not None and self.removed_at <= at
        return self.made_at <= at and not removed and (self.stands_until is None or self.stands_until >= day)
