"""What a request to the API holds is read strictly: one JSON object in UTF-8, or query parameters, nothing loose.

The schemas are those of the forms. Forms send every number as text and leave blanks; JSON has numbers and null for
that, so here a number is a number and a date is never blank: the API accepts what its document says, no more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

from flask import Request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from platsverket.errors import Refused
from platsverket.fields import Choice, Choices, Day, Decimal, Ref, Whole, Words
from platsverket.schemas import Body, flat

NO_TEXT, NO_BLANK = (Whole, Decimal), (Choice, Day, Ref)
# A list is refused by every field that stands for one value, with the fault that the value itself would deserve.
REFUSED: list[Any] = []


class Query(Body):
    """What may stand after the question mark of an address."""


class Reader(FlaskParser):
    """Loads a body or a query with a schema; every fault is a Refused in the form that pages use too."""

    DEFAULT_UNKNOWN_BY_LOCATION: ClassVar[dict[str, Any]] = {"json": None, "query": None}

    def load_json(self, req: Request, schema: Schema) -> Any:
        if req.mimetype != "application/json":
            raise Refused("media_type", status=415)
        return _as_documented(schema, parsed(req.get_data(cache=False)))

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        found: dict[str, Any] = {}
        for name, values in req.args.to_dict(flat=False).items():
            field = schema.fields.get(name)
            found[name] = values if isinstance(field, Choices) or len(values) > 1 else values[0]
            if found[name] == "" and not isinstance(field, Words):
                found[name] = REFUSED
        return found

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        messages: Any = error.messages
        (located,) = messages.values()  # webargs puts the faults under "json" or "query"
        raise Refused("invalid", fields=flat(located)) from None


def parsed(data: bytes) -> Any:
    """The value of a JSON text (RFC 8259); raises Refused("json") for anything that readers might take differently.

    Refused are bytes that are not UTF-8, NaN and infinities however spelled, a name twice in one object, and
    nesting deeper than Python's own limit.
    """
    try:
        return json.loads(
            data.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_each_name_once
        )
    except (ValueError, RecursionError):
        raise Refused("json", status=400) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _as_documented(schema: Schema, body: Any) -> Any:
    if not isinstance(body, Mapping):
        return body
    fields = {field.data_key or name: field for name, field in schema.fields.items()}
    return {name: REFUSED if _loose(fields.get(name), value) else value for name, value in body.items()}


def _loose(field: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return isinstance(field, NO_TEXT) or (isinstance(field, NO_BLANK) and not value.strip())
