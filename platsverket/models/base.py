"""Every table is strict, names its constraints and keeps moments in UTC; what is public has a random ``ref``."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Boolean, Date, DateTime, Double, Float, Integer, MetaData, String, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REF_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # no 0/o, 1/i/l: refs are read aloud on the telephone
REF_LENGTH = 10


def _strict(sqlite_name: str) -> Any:
    def compile_type(_type: Any, _compiler: Any, **_: Any) -> str:
        return sqlite_name

    return compile_type


# STRICT tables know only SQLite's own five type names; the values are converted by SQLAlchemy as before.
for _generic, _name in ((String, "TEXT"), (Date, "TEXT"), (DateTime, "TEXT"), (JSON, "TEXT")):
    compiles(_generic, "sqlite")(_strict(_name))
compiles(Boolean, "sqlite")(_strict("INTEGER"))
for _double in (Float, Double):
    compiles(_double, "sqlite")(_strict("REAL"))


class Utc(TypeDecorator[datetime]):
    """A moment: aware in Python, stored in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Weekdays(TypeDecorator[tuple[str, ...]]):
    """A set of weekdays: a tuple of codes in Python, seven bits in the database (Monday is 1)."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Any) -> int | None:
        return None if value is None else sum(1 << WEEKDAYS.index(day) for day in set(value))

    def process_result_value(self, value: int | None, dialect: Any) -> tuple[str, ...] | None:
        return None if value is None else tuple(day for i, day in enumerate(WEEKDAYS) if value >> i & 1)


def new_ref() -> str:
    return "".join(secrets.choice(REF_ALPHABET) for _ in range(REF_LENGTH))


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Utc, dict[str, Any]: JSON, list[str]: JSON}
    __table_args__: Any = {"sqlite_strict": True}  # noqa: RUF012 - SQLAlchemy reads it as it stands


def table_args(*rules: Any) -> tuple[Any, ...]:
    """A table with rules of its own is as strict as one without."""
    return (*rules, {"sqlite_strict": True})


def ref_column() -> Mapped[str]:
    """A public ref, made when the row is and never used twice."""
    return mapped_column(String(REF_LENGTH), unique=True, default=new_ref)
