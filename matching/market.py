"""A market is what goes into a match: offers, needs, decisions, the previous plan and the policy (format version 1).

What faults a market may have, and how they are found, stands in ``market_file.py``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from matching import reading
from matching.reading import Fault, Faults, UnusableError

FORMAT = "platsverket-market/1"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GOALS = ("most_seats", "most_needs", "longest_waiting", "best_fit", "least_change", "fair_share")
DEFAULT_GOALS = ("most_seats", "longest_waiting", "best_fit", "least_change")
DEFAULT_STEP_DAYS = 7
MOST_SEATS = MOST_DAYS = 1_000_000
MOST_PRIORITY = 1_000_000_000
MOST_TOTAL = 2**53  # beyond it a sum is no longer exact in floating point

MarketFault = Fault


class MarketError(UnusableError):
    """The market has faults; ``faults`` names each with its path, code and numbers."""


@dataclass(frozen=True)
class Span:
    """The days from ``start`` to ``until``, both included."""

    start: date
    until: date


@dataclass(frozen=True)
class Offer:
    """Spare premises: where, how many seats, when, for whom."""

    id: str
    agency: str
    lat: float
    lon: float
    seats: int
    available: tuple[Span, ...]
    weekdays: tuple[str, ...]
    features: tuple[str, ...]
    sharing: str
    area_m2: float | None = None
    features_unknown: tuple[str, ...] = ()
    minimum_days: int = 1
    only_agencies: tuple[str, ...] | None = None
    not_agencies: tuple[str, ...] = ()

    @property
    def exclusive(self) -> bool:
        return self.sharing == "exclusive"


@dataclass(frozen=True)
class Need:
    """A space request: how many seats, near where, for how long, from when."""

    id: str
    agency: str
    lat: float
    lon: float
    max_km: float
    seats: int
    earliest_start: date
    latest_start: date
    days: int
    weekdays: tuple[str, ...]
    must: tuple[str, ...]
    priority: int
    waiting_since: date
    area_m2: float | None = None
    wish: tuple[str, ...] = ()


@dataclass(frozen=True)
class Start:
    """A need given an offer from a day on: a lock, or a placement of the previous plan."""

    need: str
    offer: str
    start: date


@dataclass(frozen=True)
class Bar:
    """An offer ruled out for a need, or for every need of an agency."""

    offer: str
    need: str | None = None
    agency: str | None = None


@dataclass(frozen=True)
class Decisions:
    """What people decided before: locks hold a placement fast, bars rule one out."""

    locked: tuple[Start, ...] = ()
    barred: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Policy:
    """The goals in their order, and how far apart candidate starts lie."""

    goals: tuple[str, ...] = DEFAULT_GOALS
    start_step_days: int = DEFAULT_STEP_DAYS


@dataclass(frozen=True)
class Market:
    """Everything a match is solved from; equal content has equal ``sha256``, in whatever order its lists stand."""

    as_of: date
    offers: tuple[Offer, ...]
    needs: tuple[Need, ...]
    decisions: Decisions = field(default_factory=Decisions)
    previous: tuple[Start, ...] = ()
    policy: Policy = field(default_factory=Policy)

    @staticmethod
    def from_json(value: object) -> Market:
        """The market in a parsed JSON value; raises :class:`MarketError` with every fault found."""
        from matching.market_file import read_market  # it builds what stands here, so it cannot be loaded first

        faults = Faults()
        market = read_market(faults, value, "$")
        if market is None or faults.found:
            raise MarketError(faults.found)
        return market

    @staticmethod
    def read(source: str | Path | bytes) -> Market:
        """The market in a file or in bytes; raises :class:`MarketError`, also for what is no JSON at all."""
        try:
            value = reading.load(source)
        except UnusableError as error:
            raise MarketError(error.faults) from None
        return Market.from_json(value)

    def to_json(self) -> dict[str, Any]:
        """The market as the JSON value that ``from_json`` reads back, every default written out."""
        return {
            "format": FORMAT,
            "as_of": self.as_of.isoformat(),
            "offers": [_plain(offer) for offer in self.offers],
            "needs": [_plain(need) for need in self.needs],
            "decisions": {
                "locked": [_plain(lock) for lock in self.decisions.locked],
                "barred": [
                    {key: value for key, value in _plain(bar).items() if value is not None}
                    for bar in self.decisions.barred
                ],
            },
            "previous": [_plain(start) for start in self.previous],
            "policy": _plain(self.policy),
        }

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the content as JSON with sorted keys and sorted lists (only ``goals`` keep their order)."""
        content = self.to_json()
        for key in ("offers", "needs"):
            content[key] = sorted((_sorted_lists(entry) for entry in content[key]), key=lambda entry: entry["id"])
        for entries in (content["decisions"]["locked"], content["decisions"]["barred"], content["previous"]):
            entries.sort(key=_compact)
        return hashlib.sha256(_compact(content).encode()).hexdigest()

    @cached_property
    def offer_by_id(self) -> dict[str, Offer]:
        return {offer.id: offer for offer in self.offers}

    @cached_property
    def need_by_id(self) -> dict[str, Need]:
        return {need.id: need for need in self.needs}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sorted_lists(entry: dict[str, Any]) -> dict[str, Any]:
    return {k: sorted(v, key=_compact) if isinstance(v, list) else v for k, v in entry.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Span):
        return {"from": value.start.isoformat(), "until": value.until.isoformat()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


def weekday_bits(weekdays: tuple[str, ...]) -> int:
    """A set of weekdays as bits, Monday the lowest."""
    return sum(1 << WEEKDAYS.index(weekday) for weekday in set(weekdays))


def last_day(need: Need, start: date) -> date:
    """``until = start + days - 1``, or the last day of the calendar where that lies beyond it."""
    return date.fromordinal(min(start.toordinal() + need.days - 1, date.max.toordinal()))
