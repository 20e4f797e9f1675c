"""A trial solves a run's market once more with one thing changed, to tell what that change would cost or gain."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import Model, ref_column, table_args
from platsverket.models.needs import Need
from platsverket.models.offers import Offer
from platsverket.models.rounds import Decision, Run


class Trial(Model):
    """What if a need were forced into an offer, or what a decision costs; worked off like a run, but after all runs."""

    __tablename__ = "trial"
    __table_args__ = table_args(
        UniqueConstraint("run_id", "need_id", "offer_id"),
        UniqueConstraint("run_id", "decision_id"),
        CheckConstraint("(need_id IS NULL) = (offer_id IS NULL)", name="pair"),
        CheckConstraint("(need_id IS NULL) <> (decision_id IS NULL)", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the service itself
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(40))
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    run: Mapped[Run] = relationship()
    need: Mapped[Need | None] = relationship()
    offer: Mapped[Offer | None] = relationship()
    decision: Mapped[Decision | None] = relationship()

    @property
    def status(self) -> str:
        if self.ended_at:
            return "failed" if self.failure else "done"
        return "running" if self.started_at else "waiting"

    @property
    def start(self) -> date | None:
        """The first day that was tried."""
        said = self.result.get("start")
        return date.fromisoformat(said) if said else None
