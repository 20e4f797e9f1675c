"""An offer stands as long as it is neither withdrawn, nor expired, nor over; whom it admits stands beside it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import Model, Weekdays, ref_column, table_args
from platsverket.models.people import Agency, User


class Offer(Model):
    """Spare premises that an organisation lets others use."""

    __tablename__ = "offer"
    __table_args__ = table_args(
        CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        CheckConstraint("area_m2 IS NULL OR area_m2 BETWEEN 1 AND 1000000", name="area"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("sharing IN ('shared', 'exclusive')", name="sharing"),
        CheckConstraint("visibility IN ('open', 'restricted', 'sealed')", name="visibility"),
        CheckConstraint("minimum_days BETWEEN 1 AND 3650", name="minimum_days"),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
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
    cost_per_seat_day: Mapped[int | None]  # the host's own cost in kronor for one seat and day
    holding: Mapped[str | None] = mapped_column(String(10))  # "owned" or "leased"; None: not stated
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    posted_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    valid_until: Mapped[date]
    withdrawn_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]  # the changed_at of the version that saved searches have been tried on
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
    __table_args__ = table_args(
        UniqueConstraint("offer_id", "first_day"), CheckConstraint("last_day >= first_day", name="order")
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]


class OfferAdmission(Model):
    """An organisation that an offer admits (then only such are), or turns away."""

    __tablename__ = "offer_admission"
    __table_args__ = table_args(UniqueConstraint("offer_id", "agency_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    admitted: Mapped[bool]
    agency: Mapped[Agency] = relationship(lazy="joined")


class OfferCoordinator(Model):
    """A coordinator who may know of sealed premises."""

    __tablename__ = "offer_coordinator"
    __table_args__ = table_args(UniqueConstraint("offer_id", "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    user: Mapped[User] = relationship(lazy="joined")
