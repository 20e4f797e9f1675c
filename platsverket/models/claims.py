"""What is done once, whoever comes to do it, has its name written down in the transaction that does it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from platsverket.models.base import Model


class Claim(Model):
    """A thing that the clock has called out, by its name; never twice."""

    __tablename__ = "claim"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[datetime]
