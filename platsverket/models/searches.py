"""A saved search tells a person when premises like this appear."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import Model, Weekdays, ref_column, table_args
from platsverket.models.people import Agency, User


class SavedSearch(Model):
    """What premises must be for a person to hear of them; it asks as a request does, for one of their organisations."""

    __tablename__ = "saved_search"
    __table_args__ = table_args(
        CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("latest_start >= earliest_start", name="window"),
        CheckConstraint("days BETWEEN 1 AND 3650", name="days"),
        CheckConstraint("max_km > 0", name="max_km"),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    name: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(200))
    lat: Mapped[float]
    lon: Mapped[float]
    max_km: Mapped[float]
    seats: Mapped[int]
    area_m2: Mapped[int | None]
    earliest_start: Mapped[date]
    latest_start: Mapped[date]
    days: Mapped[int]
    weekdays: Mapped[tuple[str, ...]] = mapped_column(Weekdays)
    must: Mapped[list[str]] = mapped_column(JSON, default=list)
    saved_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined")
    agency: Mapped[Agency] = relationship(lazy="joined")
