"""What a form or an API body may hold; one schema serves both, and every fault is a code with numbers.

Texts are trimmed; blanks count as missing; control characters are refused. Whole numbers accept what people type
("12", "1 200"), decimals a comma. A schema loads to plain values and never touches the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validates_schema

from platsverket.database import this_day
from platsverket.errors import Fault, Refused
from platsverket.features import FEATURES
from platsverket.fields import (
    MESSAGES,
    REF,
    Choice,
    Choices,
    Day,
    Decimal,
    Email,
    FeatureStates,
    Length,
    Phone,
    Ref,
    Refs,
    Whole,
    Words,
)
from platsverket.models import DECLINE_REASONS, ROLES, STEPS, WEEKDAYS, WITHDRAW_REASONS

END_REASONS = ("need_ended", "premises_needed", "moved", "other")


class Body(Schema):
    """Unknown names are refused; a blank optional value counts as not given."""

    class Meta:
        unknown = RAISE

    error_messages: ClassVar[dict[str, Any]] = {"unknown": [Fault("unknown_field")], "type": [Fault("object")]}

    @pre_load
    def _blank_is_missing(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {
            name: value
            for name, value in data.items()
            if not (value is None or (isinstance(value, str) and not value.strip()))
        }


class SpanSchema(Body):
    """One availability: its first and last day, both included."""

    from_ = Day(required=True, data_key="from")
    until = Day(required=True)

    @validates_schema(skip_on_field_errors=True)
    def _ordered(self, data: dict[str, Any], **_: Any) -> None:
        if data["until"] < data["from_"]:
            raise ValidationError({"until": [Fault("until_before_from")]})

    @post_load
    def _pair(self, data: dict[str, Any], **_: Any) -> tuple[date, date]:
        return data["from_"], data["until"]


class PlacedSchema(Body):
    """What offers and needs have in common: whose, what, where, how many, which weekdays, whom to ask."""

    agency = Ref(required=True)
    title = Words(120, required=True)
    description = Words(2000, lines=True, load_default="")
    place = Words(200, required=True)
    seats = Whole(1, 10_000, load_default=None)
    area_m2 = Whole(1, 1_000_000, load_default=None)
    weekdays = Choices(WEEKDAYS, filled=True, required=True)
    contact_name = Words(120, load_default="")
    contact_email = Email(load_default="")
    contact_phone = Phone(load_default="")

    @validates_schema(skip_on_field_errors=False)
    def _some_size(self, data: dict[str, Any], **_: Any) -> None:
        if {"seats", "area_m2"} <= set(data) and data["seats"] is None and data["area_m2"] is None:
            raise ValidationError({"seats": [Fault("seats_or_area")]})


MOST_SPANS = 100


class OfferSchema(PlacedSchema):
    """Spare premises as they are posted or changed."""

    address = Words(200, load_default="")
    visibility = Choice(("open", "restricted", "sealed"), load_default="open")
    spans = fields.List(
        fields.Nested(SpanSchema),
        required=True,
        error_messages={**MESSAGES, "invalid": [Fault("list")]},
        metadata={"minItems": 1, "maxItems": MOST_SPANS},
    )
    features = FeatureStates(load_default=dict)
    sharing = Choice(("shared", "exclusive"), load_default="shared")
    minimum_days = Length(1, 3650, load_default=1)
    cost_per_seat_day = Whole(
        0, 100_000, load_default=None, metadata={"description": "The host's own cost in kronor for one seat and day."}
    )
    holding = Choice(
        ("owned", "leased"), load_default=None, metadata={"description": "How the host holds the premises."}
    )
    only_agencies = Refs(load_default=list)
    not_agencies = Refs(load_default=list)
    coordinators = Refs(20, load_default=list)

    @validates_schema(skip_on_field_errors=False)
    def _spans_apart(self, data: dict[str, Any], **_: Any) -> None:
        spans = data.get("spans")
        if spans is None or not all(isinstance(span, tuple) for span in spans):
            return
        if not spans:
            raise ValidationError({"spans": [Fault("required")]})
        if len(spans) > MOST_SPANS:
            raise ValidationError({"spans": [Fault("too_many", most=MOST_SPANS)]})
        ordered = sorted(spans)
        for (_, last), (first, _until) in pairwise(ordered):
            if first <= last:
                raise ValidationError({"spans": [Fault("spans_overlap", day=first)]})
        data["spans"] = ordered

    @validates_schema(skip_on_field_errors=False)
    def _stay_fits(self, data: dict[str, Any], **_: Any) -> None:
        spans = [span for span in data.get("spans") or () if isinstance(span, tuple)]
        longest = max(((last - first).days + 1 for first, last in spans), default=None)
        if longest and data.get("minimum_days", 1) > longest:
            raise ValidationError({"minimum_days": [Fault("longer_than_periods", longest=longest)]})

    @validates_schema(skip_on_field_errors=False)
    def _weekdays_fall_inside(self, data: dict[str, Any], **_: Any) -> None:
        spans = [span for span in data.get("spans") or () if isinstance(span, tuple)]
        # A week holds every weekday, so seven days of a period tell what a longer one has.
        days = [first + timedelta(days=day) for first, last in spans for day in range(min((last - first).days + 1, 7))]
        if days and "weekdays" in data and {WEEKDAYS[day.weekday()] for day in days}.isdisjoint(data["weekdays"]):
            raise ValidationError({"weekdays": [Fault("outside_periods")]})

    @validates_schema(skip_on_field_errors=False)
    def _seats_fit(self, data: dict[str, Any], **_: Any) -> None:
        seats, area = data.get("seats"), data.get("area_m2")
        if seats and area and area < seats:
            raise ValidationError({"area_m2": [Fault("too_little_area", seats=seats)]})

    @validates_schema(skip_on_field_errors=False)
    def _sealed_to_somebody(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("visibility") == "sealed" and data.get("coordinators") == []:
            raise ValidationError({"coordinators": [Fault("sealed_to_all")]})

    @validates_schema(skip_on_field_errors=False)
    def _admission(self, data: dict[str, Any], **_: Any) -> None:
        if set(data.get("only_agencies") or ()) & set(data.get("not_agencies") or ()):
            raise ValidationError({"not_agencies": [Fault("both_admitted_and_not")]})


class NeedSchema(PlacedSchema):
    """A space request as it is posted or changed."""

    max_km = Decimal(0.1, 2000, required=True)
    earliest_start = Day(required=True)
    latest_start = Day(required=True)
    days = Length(1, 3650, required=True)
    must = Choices(FEATURES, load_default=list)
    wish = Choices(FEATURES, load_default=list)

    @validates_schema(skip_on_field_errors=False)
    def _window(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("earliest_start"), data.get("latest_start")
        if first and last and last < first:
            raise ValidationError({"latest_start": [Fault("latest_before_earliest")]})

    @post_load
    def _wish_beyond_must(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data["wish"] = [code for code in data["wish"] if code not in data["must"]]
        return data


class PrioritySchema(Body):
    priority = Whole(1, 1000, required=True)
    reason = Words(1000, lines=True, required=True)


class RoundSchema(Body):
    """A match round as it is opened: its name and dates."""

    name = Words(120, required=True)
    opens_on = Day(required=True)
    freezes_on = Day(required=True)
    publishes_on = Day(required=True)
    answer_by = Day(required=True)

    @validates_schema(skip_on_field_errors=False)
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        names = ("opens_on", "freezes_on", "publishes_on", "answer_by")
        for before, after in pairwise(names):
            if before in data and after in data and data[after] < data[before]:
                raise ValidationError({after: [Fault("dates_in_order", before=before)]})


class RunSchema(Body):
    effort = Choice(("quick", "normal", "thorough"), load_default=None)
    seed = Whole(0, 2**31 - 1, load_default=None)


class AnswerSchema(Body):
    """A side's answer to a proposal; declining asks for a reason. ``side`` only where one person stands on both."""

    answer = Choice(("accepted", "declined"), required=True)
    reason = Choice(
        tuple(dict.fromkeys(code for codes in DECLINE_REASONS.values() for code in codes)),
        load_default=None,
        metadata={
            "description": "Why declined. Only the host may say place_no_longer_free, only the guest too_far or "
            "need_solved."
        },
    )
    side = Choice(("poster", "lead"), load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def _reason(self, data: dict[str, Any], **_: Any) -> None:
        if data["answer"] == "declined" and data["reason"] is None:
            raise ValidationError({"reason": [Fault("required")]})


class WithdrawSchema(Body):
    """A side takes itself out of a proposal; ``side`` only where one person stands on both."""

    reason = Choice(tuple(dict.fromkeys(code for codes in WITHDRAW_REASONS.values() for code in codes)), required=True)
    side = Choice(("poster", "lead"), load_default=None)


class SubstituteSchema(Body):
    substitute = Ref(required=True)
    first_day = Day(required=True)
    last_day = Day(required=True)

    @validates_schema(skip_on_field_errors=True)
    def _days(self, data: dict[str, Any], **_: Any) -> None:
        if data["last_day"] < data["first_day"]:
            raise ValidationError({"last_day": [Fault("until_before_from")]})
        if data["last_day"] < this_day():
            raise ValidationError({"last_day": [Fault("in_the_past")]})


class ConsentSchema(Body):
    """What the host records before an agreement is signed."""

    consent_from = Words(200, load_default="")
    consent_on = Day(load_default=None)
    environment_coordinator = Words(120, load_default="")

    @validates_schema(skip_on_field_errors=True)
    def _both(self, data: dict[str, Any], **_: Any) -> None:
        if data["consent_from"] and data["consent_on"] is None:
            raise ValidationError({"consent_on": [Fault("required")]})
        if data["consent_on"] and not data["consent_from"]:
            raise ValidationError({"consent_from": [Fault("required")]})
        if data["consent_on"] and data["consent_on"] > this_day():
            raise ValidationError({"consent_on": [Fault("in_the_future")]})


class SignSchema(Body):
    """A side has signed; ``side`` only where one person stands on both."""

    side = Choice(("poster", "lead"), load_default=None)


class StepSchema(Body):
    """A step to move-in: the day it is planned for, and whether it is done."""

    step = Choice(STEPS, required=True)
    day = Day(load_default=None)
    done = fields.Boolean(load_default=False, error_messages={"invalid": [Fault("choice")]})


class MessageSchema(Body):
    """A message to the other side of a proposal; ``side`` only where one person stands on both."""

    text = Words(2000, lines=True, required=True)
    side = Choice(("poster", "lead"), load_default=None)


class EndSchema(Body):
    last_day = Day(required=True)
    reason = Choice(END_REASONS, required=True)


class SignInSchema(Body):
    email = Email(required=True)
    password = fields.String(required=True, error_messages={**MESSAGES, "invalid": [Fault("text")]})


class AccountSchema(Body):
    """A person and their roles, as an administrator writes them down; ``roles`` holds "agency ref:role"."""

    email = Email(required=True)
    name = Words(120, required=True)
    language = Choice(("sv", "en"), load_default="sv")
    is_administrator = fields.Boolean(load_default=False, error_messages={"invalid": [Fault("choice")]})
    roles = fields.List(
        fields.String(error_messages={"invalid": [Fault("choice")]}),
        load_default=list,
        error_messages={"invalid": [Fault("list")]},
    )

    @validates_schema(skip_on_field_errors=True)
    def _known_roles(self, data: dict[str, Any], **_: Any) -> None:
        for entry in data["roles"]:
            agency, _colon, role = entry.partition(":")
            if role not in ROLES or not REF.fullmatch(agency):
                raise ValidationError({"roles": [Fault("choice")]})


SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200


class PasswordSchema(Body):
    current = fields.String(required=True, error_messages={**MESSAGES, "invalid": [Fault("text")]})
    new = fields.String(required=True, error_messages={**MESSAGES, "invalid": [Fault("text")]})

    @validates_schema(skip_on_field_errors=True)
    def _long_enough(self, data: dict[str, Any], **_: Any) -> None:
        if not SHORTEST_PASSWORD <= len(data["new"]) <= LONGEST_PASSWORD:
            raise ValidationError({"new": [Fault("password_length", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)]})


class TokenSchema(Body):
    name = Words(80, required=True)
    days = Whole(1, 3650, load_default=90)


def load(schema: Schema, data: Any) -> dict[str, Any]:
    """The values of ``data``; raises Refused("invalid") with a list of faults per field, nested ones joined by '-'."""
    try:
        values: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        raise Refused("invalid", fields=flat(error.messages)) from None
    return values


def flat(messages: Any, name: str = "") -> dict[str, list[Fault]]:
    """Nested faults as one level: {"spans": {0: {"from": […]}}} becomes {"spans-0-from": […]}."""
    if isinstance(messages, dict):
        found: dict[str, list[Fault]] = {}
        for key, inner in messages.items():
            inner_name = "" if key == "_schema" else str(key)
            found.update(flat(inner, "-".join(part for part in (name, inner_name) if part)))
        return found
    return {name or "_schema": list(_faults(messages))}


def _faults(messages: Any) -> Iterator[Fault]:
    if isinstance(messages, list):
        for message in messages:
            yield from _faults(message)
    else:
        yield messages if isinstance(messages, Fault) else Fault("value", says=str(messages))
