"""A market is what goes into a match: offers, needs, decisions, the previous plan and the policy (format version 1).

Reading is strict: every fault is found and named with its JSON path, and a market with a fault is not a market.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from matching import capacity, reading
from matching.reading import REQUIRED, Fault, Faults, UnusableError

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
        faults = Faults()
        market = _market(faults, value, "$")
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


# ---- reading -------------------------------------------------------------------------------------------------------

_weekday = reading.one_of(*WEEKDAYS)
_lat, _lon = reading.number(-90, 90), reading.number(-180, 180)
_seats, _days = reading.whole(1, MOST_SEATS), reading.whole(1, MOST_DAYS)
_area = reading.or_null(reading.number(0))
_words = reading.words()

_START = {"need": (reading.text, REQUIRED), "offer": (reading.text, REQUIRED), "start": (reading.day, REQUIRED)}
_BAR = {"offer": (reading.text, REQUIRED), "need": (reading.text, None), "agency": (reading.text, None)}
_SPAN = {"from": (reading.day, REQUIRED), "until": (reading.day, REQUIRED)}
_POLICY = {
    "goals": (reading.words(reading.one_of(*GOALS), least=1), DEFAULT_GOALS),
    "start_step_days": (_days, DEFAULT_STEP_DAYS),
}


def _span(faults: Faults, value: Any, path: str) -> Span | None:
    read = faults.record(value, path, _SPAN)
    if read is None:
        return None
    if read["until"] < read["from"]:
        faults.add(path, "until_before_from", until=read["until"].isoformat(), start=read["from"].isoformat())
        return None
    return Span(read["from"], read["until"])


def _spans(faults: Faults, value: Any, path: str) -> tuple[Span, ...] | None:
    spans: tuple[Span | None, ...] | None = reading.listing(_span)(faults, value, path)
    known = sorted((s.start, s.until, i) for i, s in enumerate(spans or ()) if s is not None)
    for (_, until, first), (start, _, second) in pairwise(known):
        if start <= until:
            faults.add(f"{path}[{second}]", "overlap", other=f"{path}[{first}]")
    return None if spans is None else tuple(Span(start, until) for start, until, _ in known)


_OFFER = {
    "id": (reading.text, REQUIRED),
    "agency": (reading.text, REQUIRED),
    "lat": (_lat, REQUIRED),
    "lon": (_lon, REQUIRED),
    "seats": (_seats, REQUIRED),
    "area_m2": (_area, None),
    "available": (_spans, REQUIRED),
    "weekdays": (reading.words(_weekday, least=1), REQUIRED),
    "features": (_words, REQUIRED),
    "features_unknown": (_words, ()),
    "sharing": (reading.one_of("shared", "exclusive"), REQUIRED),
    "minimum_days": (_days, 1),
    "only_agencies": (reading.or_null(_words), None),
    "not_agencies": (_words, ()),
}
_NEED = {
    "id": (reading.text, REQUIRED),
    "agency": (reading.text, REQUIRED),
    "lat": (_lat, REQUIRED),
    "lon": (_lon, REQUIRED),
    "max_km": (reading.number(0), REQUIRED),
    "seats": (_seats, REQUIRED),
    "area_m2": (_area, None),
    "earliest_start": (reading.day, REQUIRED),
    "latest_start": (reading.day, REQUIRED),
    "days": (_days, REQUIRED),
    "weekdays": (reading.words(_weekday, least=1), REQUIRED),
    "must": (_words, REQUIRED),
    "wish": (_words, ()),
    "priority": (reading.whole(1, MOST_PRIORITY), REQUIRED),
    "waiting_since": (reading.day, REQUIRED),
}


def _offer(faults: Faults, value: Any, path: str) -> Offer | None:
    read = faults.record(value, path, _OFFER)
    return None if read is None else Offer(**read)


def _need(faults: Faults, value: Any, path: str) -> Need | None:
    read = faults.record(value, path, _NEED)
    if read is None:
        return None
    earliest, latest = read["earliest_start"], read["latest_start"]
    if latest < earliest:
        numbers = {"latest": latest.isoformat(), "earliest": earliest.isoformat()}
        faults.add(path, "latest_before_earliest", **numbers)
    return Need(**read)


def _start(faults: Faults, value: Any, path: str) -> Start | None:
    read = faults.record(value, path, _START)
    return None if read is None else Start(**read)


def _bar(faults: Faults, value: Any, path: str) -> Bar | None:
    read = faults.record(value, path, _BAR)
    if read is None:
        return None
    if (read["need"] is None) == (read["agency"] is None):
        faults.add(path, "bar_shape")
        return None
    return Bar(**read)


def _decisions(faults: Faults, value: Any, path: str) -> Decisions | None:
    fields = {"locked": (reading.listing(_start), ()), "barred": (reading.listing(_bar), ())}
    read = faults.record(value, path, fields)
    return None if read is None else Decisions(**read)


def _policy(faults: Faults, value: Any, path: str) -> Policy | None:
    read = faults.record(value, path, _POLICY)
    return None if read is None else Policy(**read)


_MARKET = {
    "format": (reading.exactly(FORMAT), REQUIRED),
    "as_of": (reading.day, REQUIRED),
    "offers": (reading.listing(_offer), REQUIRED),
    "needs": (reading.listing(_need), REQUIRED),
    "decisions": (_decisions, Decisions()),
    "previous": (reading.listing(_start), ()),
    "policy": (_policy, Policy()),
}


def _market(faults: Faults, value: Any, path: str) -> Market | None:
    read = faults.record(value, path, _MARKET)
    if isinstance(value, dict):  # ids are compared even where another field is broken: report everything at once
        ids = {kind: _ids(faults, value.get(f"{kind}s"), f"{path}.{kind}s") for kind in ("offer", "need")}
        for entries, where in _references(value):
            _known(faults, entries, f"{path}.{where}", ids)
    if read is None or faults.found:
        return None
    del read["format"]
    market = Market(**read)
    faults.found.extend(_total(market) + _lock_faults(market))
    return market


def _references(value: dict[str, Any]) -> list[tuple[Any, str]]:
    decisions = value.get("decisions")
    inner = decisions if isinstance(decisions, dict) else {}
    return [
        (inner.get("locked"), "decisions.locked"),
        (inner.get("barred"), "decisions.barred"),
        (value.get("previous"), "previous"),
    ]


def _ids(faults: Faults, entries: Any, path: str) -> dict[str, str]:
    """Where each id stands first; a second use is a fault."""
    first: dict[str, str] = {}
    for i, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            faults.add(f"{path}[{i}].id", "duplicate_id", value=reading.shown(name), first=first[name])
        first.setdefault(name, f"{path}[{i}]")
    return first


def _known(faults: Faults, entries: Any, path: str, ids: dict[str, dict[str, str]]) -> None:
    """Locks, bars and previous placements name ids that exist, and a need at most once where it is placed."""
    placed: dict[str, str] = {}
    for i, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        here = f"{path}[{i}]"
        for kind in ("need", "offer"):
            name = entry.get(kind) if isinstance(entry, dict) else None
            if isinstance(name, str) and name and name not in ids[kind]:
                faults.add(f"{here}.{kind}", f"unknown_{kind}", value=reading.shown(name))
        need = entry.get("need") if isinstance(entry, dict) else None
        if not isinstance(need, str) or path.endswith("barred"):
            continue
        if need in placed:
            faults.add(here, "need_repeated", need=reading.shown(need), first=placed[need])
        placed.setdefault(need, here)


def _total(market: Market) -> list[Fault]:
    total = sum(need.priority * need.seats for need in market.needs)
    return [Fault("$.needs", "total_too_large", {"total": total, "most": MOST_TOTAL})] if total > MOST_TOTAL else []


def _lock_faults(market: Market) -> list[Fault]:
    """Locks that contradict a bar, an availability or each other's seats."""
    bars: dict[tuple[str, str | None, str | None], int] = {}
    for i, bar in enumerate(market.decisions.barred):
        bars.setdefault((bar.offer, bar.need, bar.agency), i)
    faults: list[Fault] = []
    for i, lock in enumerate(market.decisions.locked):
        faults += _one_lock(market, lock, f"$.decisions.locked[{i}]", bars)
    return faults or _lock_crowding(market)


def _one_lock(
    market: Market, lock: Start, path: str, bars: dict[tuple[str, str | None, str | None], int]
) -> list[Fault]:
    need, offer = market.need_by_id[lock.need], market.offer_by_id[lock.offer]
    names = {"need": reading.shown(need.id), "offer": reading.shown(offer.id)}
    keys = ((offer.id, need.id, None), (offer.id, None, need.agency))
    faults = [
        Fault(path, "lock_barred", {**names, "bar": f"$.decisions.barred[{bars[key]}]"}) for key in keys if key in bars
    ]
    last = lock.start.toordinal() + need.days - 1
    if not any(s.start <= lock.start and last <= s.until.toordinal() for s in offer.available):
        dates = {"start": lock.start.isoformat(), "until": last_day(need, lock.start).isoformat()}
        faults.append(Fault(path, "lock_dates", {**names, **dates}))
    return faults


def _lock_crowding(market: Market) -> list[Fault]:
    index = {offer.id: i for i, offer in enumerate(market.offers)}
    locks = market.decisions.locked
    needs = [market.need_by_id[lock.need] for lock in locks]
    first = np.array([lock.start.toordinal() for lock in locks], dtype=np.int64)
    faults = []
    for kind, at, day, used, limit in capacity.crowded(
        offer=np.array([index[lock.offer] for lock in locks], dtype=np.int64),
        first=first,
        last=first + np.array([need.days for need in needs], dtype=np.int64) - 1,
        weekdays=np.array([weekday_bits(need.weekdays) for need in needs], dtype=np.int64),
        seats=np.array([need.seats for need in needs], dtype=np.int64),
        offer_seats=np.array([offer.seats for offer in market.offers], dtype=np.int64),
        exclusive=np.array([offer.exclusive for offer in market.offers], dtype=bool),
    ):
        numbers = {"offer": reading.shown(market.offers[at].id), "day": date.fromordinal(day).isoformat()}
        code = "lock_exclusive" if kind == "exclusive" else "lock_capacity"
        faults.append(Fault("$.decisions.locked", code, {**numbers, "used": used, "seats": limit}))
    return faults


def weekday_bits(weekdays: tuple[str, ...]) -> int:
    """A set of weekdays as bits, Monday the lowest."""
    return sum(1 << WEEKDAYS.index(weekday) for weekday in set(weekdays))


def last_day(need: Need, start: date) -> date:
    """``until = start + days - 1``, or the last day of the calendar where that lies beyond it."""
    return date.fromordinal(min(start.toordinal() + need.days - 1, date.max.toordinal()))
