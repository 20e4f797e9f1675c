"""How many premises would fit a request that is still being written, and what of it shuts out most of them.

What cannot be read yet is not asked for, and told as not counted. Places are looked up in the local registers alone:
nobody on the network is asked while somebody types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields
from sqlalchemy.orm import Session

from matching import Wanted
from platsverket import finding, listing, places
from platsverket.access import Identity
from platsverket.config import Config
from platsverket.errors import Refused
from platsverket.features import FEATURES
from platsverket.finding import Cost
from platsverket.models import WEEKDAYS
from platsverket.schemas import NeedSchema

# What a count goes by, in the order of the form; beside each the parts of what is wanted that it gives.
PARTS = ("seats", "place", "max_km", "earliest_start", "latest_start", "days", "weekdays")
READ: dict[str, fields.Field[Any]] = NeedSchema().fields


@dataclass(frozen=True)
class Count:
    """How many premises fit what is written so far, what of it costs most of them, and which fields do not count yet.

    ``number`` is None while there is nothing to count by.
    """

    number: int | None
    costliest: Cost | None
    missing: list[str]


def of_typed(session: Session, by: Identity, config: Config, typed: dict[str, Any]) -> Count:
    """The count for a form as it stands, whole or not."""
    known = {name: value for name in PARTS if (value := _read(name, typed.get(name))) is not None}
    known |= _area(typed, config, known)
    if place := _place(known.pop("place", None)):
        known |= {"lat": place.lat, "lon": place.lon}
    missing = [name for name in PARTS if name not in known and not (name == "place" and place)]
    if not place:
        known.pop("max_km", None)
        missing = [name for name in missing if name != "max_km"]
    if known.keys() <= {"weekdays"}:
        return Count(None, None, missing)
    must = tuple(code for code in FEATURES if typed.get(f"features-{code}") == "must")
    known["weekdays"] = tuple(day for day in WEEKDAYS if day in known.get("weekdays", ()))
    found = finding.seek(session, by, Wanted(**known, must=must, agency=_asking(session, by, typed)))
    return Count(len(found.hits), found.costliest, missing)


def _read(name: str, typed: Any) -> Any:
    """A field's value as the schema reads it; None where nothing is written or it cannot be read."""
    if name == "weekdays" and isinstance(typed, str):
        typed = [typed]
    if not typed or (isinstance(typed, str) and not typed.strip()):
        return None
    try:
        return READ[name].deserialize(typed)
    except ValidationError:
        return None


def _asking(session: Session, by: Identity, typed: dict[str, Any]) -> str | None:
    """The organisation that must be admitted, one's own: whom premises admit is told to nobody else."""
    try:
        return listing.asking(session, by, _read("agency", typed.get("agency")) or "")
    except Refused:
        return None


def _area(typed: dict[str, Any], config: Config, known: dict[str, Any]) -> dict[str, Any]:
    """An area is asked for itself, and counted as seats where none are given, as when a request is posted."""
    area = _read("area_m2", typed.get("area_m2"))
    if area is None:
        return {}
    return {"area_m2": area, "seats": known.get("seats") or -(-area // config.offers.m2_per_seat)}


def _place(text: str | None) -> places.Place | None:
    if not text:
        return None
    try:
        return places.resolve(text)
    except Refused:
        return None
