"""What a saved search may ask for: what a request must have, and nothing of what it may wish."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from platsverket.errors import Fault
from platsverket.features import FEATURES
from platsverket.fields import Choices, Day, Decimal, Ref, Whole, Words
from platsverket.models import WEEKDAYS
from platsverket.schemas import Body


class SavedSearchSchema(Body):
    name = Words(80, required=True)
    agency = Ref(required=True)
    place = Words(200, required=True)
    max_km = Decimal(0.1, 2000, required=True)
    seats = Whole(1, 10_000, required=True)
    earliest_start = Day(required=True)
    latest_start = Day(required=True)
    days = Whole(1, 3650, required=True)
    weekdays = Choices(WEEKDAYS, filled=True, required=True)
    must = Choices(FEATURES, load_default=list)

    @validates_schema(skip_on_field_errors=False)
    def _window(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("earliest_start"), data.get("latest_start")
        if first and last and last < first:
            raise ValidationError({"latest_start": [Fault("latest_before_earliest")]})
