"""Reading a market is strict: every fault is found and named with its JSON path, and one fault makes it no market."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from matching import capacity, reading
from matching.market import (
    DEFAULT_GOALS,
    DEFAULT_STEP_DAYS,
    FORMAT,
    GOALS,
    MOST_DAYS,
    MOST_PRIORITY,
    MOST_SEATS,
    MOST_TOTAL,
    WEEKDAYS,
    Bar,
    Decisions,
    Market,
    Need,
    Offer,
    Policy,
    Span,
    Start,
    last_day,
    weekday_bits,
)
from matching.reading import REQUIRED, Fault, Faults

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


def read_market(faults: Faults, value: Any, path: str) -> Market | None:
    """A market whose parts, references, total and locks all stand; whatever does not is added to ``faults``."""
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
