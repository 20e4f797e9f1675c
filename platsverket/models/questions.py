"""A change that would give a request a place is put to its project leads as a question, answered once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import Model, ref_column, table_args
from platsverket.models.needs import Need
from platsverket.models.offers import Offer
from platsverket.models.people import User
from platsverket.models.rounds import MatchRound


class Question(Model):
    """Whether a request may be changed in one respect, because a run found a place for it then."""

    __tablename__ = "question"
    __table_args__ = table_args(
        UniqueConstraint("run_id", "need_id", "change", "offer_id"),
        CheckConstraint("answer IN ('yes', 'no')", name="answer"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("match_round.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    change: Mapped[str] = mapped_column(String(20))  # the field of the request
    before: Mapped[Any] = mapped_column(JSON)
    after: Mapped[Any] = mapped_column(JSON)
    start: Mapped[date]  # when there would be room
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    answer: Mapped[str | None] = mapped_column(String(3))
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    need: Mapped[Need] = relationship(lazy="joined")
    offer: Mapped[Offer] = relationship(lazy="joined")
    match_round: Mapped[MatchRound] = relationship()
    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id], lazy="joined")
