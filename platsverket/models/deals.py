"""Two yeses to a proposal make an agreement, and no day of an offer holds more than fits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import WEEKDAYS, Model, Weekdays, ref_column, table_args
from platsverket.models.needs import Need
from platsverket.models.offers import Offer
from platsverket.models.people import User
from platsverket.models.rounds import MatchRound

STOCKHOLM = ZoneInfo("Europe/Stockholm")

# What each side may give as its reason to decline.
DECLINE_REASONS = {
    "poster": ("place_no_longer_free", "not_suitable", "wrong_dates", "security", "cost", "other"),
    "lead": ("not_suitable", "too_far", "wrong_dates", "security", "cost", "need_solved", "other"),
}
# What each side may give as its reason to withdraw a proposal, whether it has accepted it or not yet.
WITHDRAW_REASONS = {
    "poster": ("place_no_longer_free", "premises_needed", "security", "other"),
    "lead": ("need_solved", "need_ended", "wrong_dates", "cost", "other"),
}


class Proposal(Model):
    """A published placement, offered to both sides; its seats are held until it is answered or its time is out."""

    __tablename__ = "proposal"
    __table_args__ = table_args(
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
    ref: Mapped[str] = ref_column()
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
    withdrawn_at: Mapped[datetime | None]
    withdrawn_side: Mapped[str | None] = mapped_column(String(10))
    withdrawn_reason: Mapped[str | None] = mapped_column(String(40))
    match_round: Mapped[MatchRound] = relationship()
    need: Mapped[Need] = relationship(lazy="joined")
    offer: Mapped[Offer] = relationship(lazy="joined")
    agreement: Mapped[Agreement | None] = relationship(back_populates="proposal", lazy="selectin")

    @property
    def last_day_to_answer(self) -> date:
        """A deadline is the midnight after it, in Stockholm."""
        return (self.answer_by - timedelta(seconds=1)).astimezone(STOCKHOLM).date()

    def status(self, at: datetime) -> str:
        answers = (self.poster_answer, self.lead_answer)
        if self.withdrawn_at:
            return "withdrawn"
        if "declined" in answers:
            return "declined"
        if answers == ("accepted", "accepted"):
            return "agreed"
        return "expired" if self.expired_at or self.answer_by <= at else "open"


class Agreement(Model):
    """An överenskommelse: both sides accepted, and the seat-days are theirs. Its terms are the proposal's."""

    __tablename__ = "agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    number: Mapped[str] = mapped_column(String(20), unique=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), unique=True)
    agreed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_day: Mapped[date]  # the proposal's `until`, or earlier when it was ended before its time
    ended_reason: Mapped[str | None] = mapped_column(String(40))
    consent_from: Mapped[str] = mapped_column(String(200), default="", server_default="")  # the landlord, by name
    consent_on: Mapped[date | None]
    environment_coordinator: Mapped[str] = mapped_column(String(120), default="", server_default="")
    poster_signed_at: Mapped[datetime | None]
    poster_signed_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    lead_signed_at: Mapped[datetime | None]
    lead_signed_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    proposal: Mapped[Proposal] = relationship(back_populates="agreement", lazy="joined")
    steps: Mapped[list[MoveInStep]] = relationship(order_by="MoveInStep.id")

    def status(self, today: date) -> str:
        if self.ended_at:
            return "ended_early"
        if today < self.proposal.start:
            return "coming"
        return "running" if today <= self.last_day else "ended"


STEPS = ("badge", "network", "contact", "key")


class MoveInStep(Model):
    """One thing to do before a guest moves in: planned for a day, and done."""

    __tablename__ = "move_in_step"
    __table_args__ = table_args(
        UniqueConstraint("agreement_id", "code"),
        CheckConstraint("code IN ('badge', 'network', 'contact', 'key')", name="code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    code: Mapped[str] = mapped_column(String(10))
    day: Mapped[date | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(120), default="")


class Message(Model):
    """What one side of a proposal wrote to the other: part of its record, never changed."""

    __tablename__ = "message"
    __table_args__ = table_args(
        CheckConstraint("side IN ('poster', 'lead')", name="side"), CheckConstraint("length(text) > 0", name="text")
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    side: Mapped[str] = mapped_column(String(10))
    written_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[User] = relationship(lazy="joined")


class SeatDay(Model):
    """What is agreed and held of an offer on one day, in units: seats when shared, the whole offer when exclusive.

    The CHECK is the last guard of "never overbooked": no program, ours or another's, can store more than fits.
    """

    __tablename__ = "seat_day"
    __table_args__ = table_args(
        CheckConstraint("agreed >= 0 AND held >= 0", name="not_negative"),
        CheckConstraint("agreed + held <= capacity", name="never_overbooked"),
    )

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    agreed: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)


FREED_BY = ("declined", "expired", "withdrawn", "ended", "offer")


class Freed(Model):
    """Capacity came free: written with what freed it, and taken up by a round's market or by a refill of a round."""

    __tablename__ = "freed"
    __table_args__ = table_args(
        CheckConstraint("cause IN ('declined', 'expired', 'withdrawn', 'ended', 'offer')", name="cause"),
        Index(
            "ix_freed_waiting",
            "at",
            sqlite_where=text("taken_up_at IS NULL"),
            postgresql_where=text("taken_up_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    cause: Mapped[str] = mapped_column(String(10))
    taken_up_at: Mapped[datetime | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"), index=True)  # the refill that took it up


def used_days(start: date, until: date, weekdays: tuple[str, ...]) -> list[date]:
    """The days a placement uses: those of start…until (both included) whose weekday is asked for."""
    wanted = {WEEKDAYS.index(day) for day in weekdays}
    span = (start + timedelta(days=i) for i in range((until - start).days + 1))
    return [day for day in span if day.weekday() in wanted]
