"""What people are to be told waits in an outbox, written with the change that it tells of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from platsverket.models.base import Model, ref_column, table_args
from platsverket.models.people import User

WAITS = text("sent_at IS NULL AND given_up_at IS NULL")


class OutboxMail(Model):
    """One thing to tell one person, once: ``key`` names it, ``kind`` has the words, ``data`` fills them.

    Whoever sends it holds it by a lease, as a worker holds a run.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = table_args(
        UniqueConstraint("user_id", "key"),
        Index("ix_outbox_mail_waiting", "user_id", sqlite_where=WAITS, postgresql_where=WAITS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = ref_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(120))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    told_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]  # the mail server said that the address takes no mail
    user: Mapped[User] = relationship(lazy="joined")
