"""A drawn market: offers and needs as people would have posted them, and the same as a market file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class DrawnOffer:
    """Spare premises of ``organisation`` (a key); spans include both of their days."""

    id: str
    title: str
    kind: Literal["spare_seats", "vacated", "room"]
    organisation: str
    municipality_code: str
    postcode: str
    locality: str
    lat: float
    lon: float
    seats: int
    area_m2: int | None
    spans: tuple[tuple[date, date], ...]
    weekdays: tuple[str, ...]
    features: Mapping[str, Answer]
    sharing: Literal["shared", "exclusive"]
    minimum_days: int
    only_agencies: tuple[str, ...] | None
    not_agencies: tuple[str, ...]

    def market(self) -> dict[str, Any]:
        """This offer as it stands in a market file."""
        return {
            "id": self.id,
            "agency": self.organisation,
            "lat": self.lat,
            "lon": self.lon,
            "seats": self.seats,
            "area_m2": self.area_m2,
            "available": [{"from": str(first), "until": str(last)} for first, last in self.spans],
            "weekdays": list(self.weekdays),
            "features": [code for code, answer in self.features.items() if answer == "yes"],
            "features_unknown": [code for code, answer in self.features.items() if answer == "unknown"],
            "sharing": self.sharing,
            "minimum_days": self.minimum_days,
            "only_agencies": None if self.only_agencies is None else list(self.only_agencies),
            "not_agencies": list(self.not_agencies),
        }


@dataclass(frozen=True)
class DrawnNeed:
    """A space request of ``organisation`` (a key); distances in km, lengths in calendar days."""

    id: str
    title: str
    kind: Literal["few", "team", "office"]
    organisation: str
    municipality_code: str
    postcode: str
    locality: str
    lat: float
    lon: float
    max_km: int
    seats: int
    area_m2: int | None
    earliest_start: date
    latest_start: date
    days: int
    weekdays: tuple[str, ...]
    must: tuple[str, ...]
    wish: tuple[str, ...]
    priority: int
    waiting_since: date

    def market(self) -> dict[str, Any]:
        """This need as it stands in a market file."""
        return {
            "id": self.id,
            "agency": self.organisation,
            "lat": self.lat,
            "lon": self.lon,
            "max_km": self.max_km,
            "seats": self.seats,
            "area_m2": self.area_m2,
            "earliest_start": str(self.earliest_start),
            "latest_start": str(self.latest_start),
            "days": self.days,
            "weekdays": list(self.weekdays),
            "must": list(self.must),
            "wish": list(self.wish),
            "priority": self.priority,
            "waiting_since": str(self.waiting_since),
        }


@dataclass(frozen=True)
class DrawnMarket:
    """What was drawn for a day, and from which seed: the same seed draws the same market."""

    as_of: date
    seed: int
    offers: tuple[DrawnOffer, ...]
    needs: tuple[DrawnNeed, ...]

    def market(self) -> dict[str, Any]:
        """The market file (format platsverket-market/1) of this draw."""
        return {
            "format": "platsverket-market/1",
            "as_of": str(self.as_of),
            "offers": [offer.market() for offer in self.offers],
            "needs": [need.market() for need in self.needs],
        }
