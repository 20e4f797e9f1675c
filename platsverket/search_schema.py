"""What may be asked for of premises: by who looks, and by who wants to hear of them later.

It is what a request must have, and nothing of what it may wish; who looks may leave out any of it.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

import data
from platsverket.errors import Fault
from platsverket.features import FEATURES
from platsverket.fields import Choice, Choices, Day, Decimal, Length, Ref, Whole, Words
from platsverket.listing import SORTS
from platsverket.models import WEEKDAYS
from platsverket.schemas import Body

COUNTIES = tuple(county.code for county in data.counties())


def _said(description: str) -> dict[str, str]:
    return {"description": description}


class Window(Body):
    """The first and the last day on which to begin, in this order."""

    @validates_schema(skip_on_field_errors=False)
    def _window(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("earliest_start"), data.get("latest_start")
        if first and last and last < first:
            raise ValidationError({"latest_start": [Fault("latest_before_earliest")]})


class SearchSchema(Window):
    """What a search over premises may ask for: everything is optional, and what is not stated is not asked for."""

    text = Words(120, load_default="", metadata=_said("Words in the title or the place."))
    county = Choice(COUNTIES, load_default=None, metadata=_said("The code of a county."))
    place = Words(200, load_default="", metadata=_said("From where distances are counted, as in a request."))
    max_km = Decimal(0.1, 2000, load_default=None, metadata=_said("At most so far from the place, in kilometres."))
    seats = Whole(1, 10_000, load_default=None, metadata=_said("At least this many seats."))
    area_m2 = Whole(1, 1_000_000, load_default=None, metadata=_said("At least so large; a stated area counts alone."))
    earliest_start = Day(load_default=None, metadata=_said("The stay begins on this day or later."))
    latest_start = Day(load_default=None, metadata=_said("The stay begins on this day at the latest."))
    days = Length(1, 3650, load_default=None, metadata=_said("How many days the stay is, from the first to the last."))
    weekdays = Choices(WEEKDAYS, load_default=list, metadata=_said("Open on all of these weekdays."))
    must = Choices(FEATURES, load_default=list, metadata=_said("Known to have all of these features."))
    agency = Words(
        10, load_default="", metadata=_said("Only premises that admit this organisation of one's own; all: any.")
    )
    sort = Choice(SORTS, load_default=None, metadata=_said("By default distance where a place is given, else newest."))

    @validates_schema(skip_on_field_errors=False)
    def _measured_from_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("max_km") is not None and not data.get("place"):
            raise ValidationError({"place": [Fault("place_for_distance")]})


class SavedSearchSchema(Window):
    """What premises must be for somebody to hear of them."""

    name = Words(80, required=True)
    agency = Ref(required=True)
    place = Words(200, required=True)
    max_km = Decimal(0.1, 2000, required=True)
    seats = Whole(1, 10_000, required=True)
    area_m2 = Whole(1, 1_000_000, load_default=None)
    earliest_start = Day(required=True)
    latest_start = Day(required=True)
    days = Length(1, 3650, required=True)
    weekdays = Choices(WEEKDAYS, filled=True, required=True)
    must = Choices(FEATURES, load_default=list)
