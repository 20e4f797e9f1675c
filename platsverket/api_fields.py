"""How the API shows values: fields, and the schemas of one thing and of one page of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields


class Moment(fields.DateTime):
    """A time in UTC, written with Z."""

    def _serialize(self, value: datetime | None, attr: Any, obj: Any, **_: Any) -> str | None:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


class Shown(Schema):
    """An answer always has all its fields."""

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        field_obj.required = True


def text(**kwargs: Any) -> fields.String:
    """A text that is always there."""
    return fields.String(**kwargs)


def maybe(*codes: str) -> fields.String:
    """A text, or one of these codes, or null."""
    return fields.String(allow_none=True, metadata={"enum": [*codes, None]} if codes else {})


def one_of(*codes: str) -> dict[str, Any]:
    """What the document says of a text that is one of these codes."""
    return {"enum": list(codes)}


def texts(*codes: str, maybe: bool = False) -> Any:
    """A list of texts, or of some of these codes."""
    return fields.List(fields.String(metadata=one_of(*codes) if codes else {}), allow_none=maybe)


def paged(shown: type[Shown], name: str) -> type[Schema]:
    """The schema of one page of a list of these."""
    members = {
        "total": fields.Integer(metadata={"description": "How many there are in all.", "minimum": 0}),
        "page": fields.Integer(metadata={"minimum": 1}),
        "limit": fields.Integer(metadata={"minimum": 1, "maximum": 100}),
        "items": fields.List(fields.Nested(shown)),
    }
    return type(f"{name}Page", (Shown,), members)
