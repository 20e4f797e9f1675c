"""A draft is a form that somebody has not finished: what was typed, and nothing that the service counts with."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from platsverket.models.base import Model, ref_column, table_args


class Draft(Model):
    """What one person has typed of an offer or a need, whole or faulty; theirs alone until they post it."""

    __tablename__ = "draft"
    __table_args__ = table_args(CheckConstraint("noun IN ('offer', 'need')", name="noun"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    noun: Mapped[str] = mapped_column(String(10))
    typed: Mapped[str] = mapped_column(Text)  # JSON in ASCII: what people paste may hold what a database refuses
    saved_at: Mapped[datetime] = mapped_column(index=True)

    @property
    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.typed)
        return found

    @property
    def title(self) -> str:
        """The name typed, on one line; it may be missing."""
        title = self.values.get("title", "")
        return " ".join(title.split())[:120] if isinstance(title, str) else ""
