"""A calendar is read at a secret address, which is stored only as a hash."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import Model, ref_column
from platsverket.models.offers import Offer
from platsverket.models.people import User


class CalendarFeed(Model):
    """A person's own calendar, or that of premises of theirs; whoever has the address reads what the person may."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))  # None: all that concerns the person
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined")
    offer: Mapped[Offer | None] = relationship(lazy="joined")
