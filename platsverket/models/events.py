"""Whatever happens is written down once and for good."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import REF_LENGTH, Model, table_args
from platsverket.models.people import User


class Event(Model):
    """What happened, to what, by whom: written in the same transaction as the change, never edited or deleted."""

    __tablename__ = "event"
    __table_args__ = table_args(Index("ix_event_thing", "noun", "noun_ref"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the service itself
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    noun: Mapped[str] = mapped_column(String(20))
    noun_ref: Mapped[str] = mapped_column(String(REF_LENGTH))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actor: Mapped[User | None] = relationship(lazy="joined")
