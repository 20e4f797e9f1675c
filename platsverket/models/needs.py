"""A need is what a project asks for; it is open until it is withdrawn or its latest start has passed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import Model, Weekdays, ref_column, table_args
from platsverket.models.people import Agency


class Need(Model):
    """A space request: what a project needs, where and when."""

    __tablename__ = "need"
    __table_args__ = table_args(
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
    ref: Mapped[str] = ref_column()
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
