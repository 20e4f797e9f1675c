"""When a placement is allowed: each rule is one function over rows of (need, offer, start), and one sentence.

Candidate building, the checker and the explanations all read ``RULES``; nothing else in the engine knows what makes a
placement allowed. A new rule is one function here, one entry in ``RULES`` and one test that keeps it and one that
breaks it. One row or a million cost the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyproj import Geod

from matching.market import Market, Start
from matching.plan import Placement
from matching.table import Bools, Floats, Ints, Table, empty, ints

_GEOD = Geod(ellps="WGS84")
_DAYS = 4_000_000  # more than any ordinal, so that offer · _DAYS + day sorts by offer, then day

# _NEXT[bits, weekday]: days from a day of that weekday to the next one (or itself) in the set of weekdays
_NEXT = np.array(
    [[next((k for k in range(7) if bits >> (w + k) % 7 & 1), _DAYS) for w in range(7)] for bits in range(128)],
    dtype=np.int64,
)


@dataclass(frozen=True)
class Rows:
    """Pairs of a need and an offer, as row numbers of a table; with ``start`` (ordinals) they are placements."""

    table: Table
    need: Ints
    offer: Ints
    start: Ints | None = None

    @cached_property
    def km(self) -> Floats:
        """WGS 84 geodesic distance in kilometres (Karney 2013, through PROJ)."""
        n, o = self.table.needs, self.table.offers
        need, offer = self.need, self.offer
        metres = _GEOD.inv(n.lon[need], n.lat[need], o.lon[offer], o.lat[offer])[2]
        return np.asarray(metres, dtype=np.float64) / 1000

    def where(self, mask: Bools | Ints) -> Rows:
        """The rows that a mask keeps or that an index names, with what is already known of them."""
        rows = Rows(self.table, self.need[mask], self.offer[mask], None if self.start is None else self.start[mask])
        if "km" in self.__dict__:
            rows.__dict__["km"] = self.km[mask]
        return rows

    def __len__(self) -> int:
        return len(self.need)


def near(rows: Rows) -> Bools:
    """distance(need, offer) ≤ need.max_km"""
    return rows.km <= rows.table.needs.max_km[rows.need]


def size(rows: Rows) -> Bools:
    """need.seats ≤ offer.seats, and where need.area_m2 is stated, offer.area_m2 is stated and ≥ it"""
    n, o = rows.table.needs, rows.table.offers
    area = n.area[rows.need]
    roomy: Bools = np.isnan(area) | (o.area[rows.offer] >= area)
    seated: Bools = n.seats[rows.need] <= o.seats[rows.offer]
    return seated & roomy


def features(rows: Rows) -> Bools:
    """need.must ⊆ offer.features (unknown is not yes)"""
    return empty(rows.table.needs.must[rows.need] & ~rows.table.offers.have[rows.offer])


def weekdays(rows: Rows) -> Bools:
    """need.weekdays ⊆ offer.weekdays"""
    outside: Ints = rows.table.needs.weekdays[rows.need] & ~rows.table.offers.weekdays[rows.offer]
    return np.asarray(outside == 0)


def dates(rows: Rows) -> Bools:
    """start … start + days − 1 inside one availability, days ≥ minimum_days, start a candidate start.

    Without starts: whether any start keeps the rule.
    """
    if rows.start is None:
        pair, _ = starts(rows)
        return np.asarray(np.bincount(pair, minlength=len(rows)) > 0)
    n, o = rows.table.needs, rows.table.offers
    span = span_of(rows)
    long_enough = n.days[rows.need] >= o.minimum_days[rows.offer]
    return np.asarray((span >= 0) & long_enough & _candidate_start(rows, rows.start, span))


def _candidate_start(rows: Rows, start: Ints, span: Ints) -> Bools:
    """In the window, on a weekday of the need, and k·step days after the first possible date or the first possible
    date on or after the ``from`` of the availability it lies in (no other availability's could be this date)."""
    n = rows.table.needs
    need = rows.need
    earliest = n.earliest[need]
    in_window = (earliest <= start) & (start <= n.latest[need])
    on_weekday = (n.weekdays[need] >> (start - 1) % 7 & 1).astype(bool)
    on_grid = (start - first_possible(rows, earliest)) % n.step[need] == 0
    opening = rows.table.offers.span_from[span] if len(rows.table.offers.span_from) else span
    at_opening = start == first_possible(rows, np.maximum(opening, earliest))
    return np.asarray(in_window & on_weekday & (on_grid | at_opening))


def first_possible(rows: Rows, day: Ints) -> Ints:
    """The first date on or after ``day`` on one of the need's weekdays."""
    return day + _NEXT[rows.table.needs.weekdays[rows.need], (day - 1) % 7]


def span_of(rows: Rows) -> Ints:
    """The number of the availability that holds start … until of each row, −1 where none does."""
    n, o = rows.table.needs, rows.table.offers
    if rows.start is None or not len(o.span_from):
        return np.full(len(rows), -1, dtype=np.int64)
    owner = np.repeat(np.arange(len(o.seats)), np.diff(o.span_ptr))
    key = owner * _DAYS + o.span_from
    span = np.searchsorted(key, rows.offer * _DAYS + rows.start, side="right") - 1
    held = (span >= o.span_ptr[rows.offer]) & (rows.start + n.days[rows.need] - 1 <= o.span_until[span])
    return np.where(held, span, -1).astype(np.int64)


def starts(rows: Rows) -> tuple[Ints, Rows]:
    """Every start that the rule ``dates`` allows for each pair: (index of the pair, the placements), pair by pair.

    What is proposed here is the grid and the openings inside each availability; what counts is decided by ``dates``.
    """
    n, o = rows.table.needs, rows.table.offers
    count = np.diff(o.span_ptr)[rows.offer]
    pair = np.repeat(np.arange(len(rows)), count)
    span = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count) + o.span_ptr[rows.offer][pair]
    wide = rows.where(pair)
    base = first_possible(wide, n.earliest[wide.need])
    step = n.step[wide.need]
    upper = np.minimum(n.latest[wide.need], o.span_until[span] - n.days[wide.need] + 1)
    opening = first_possible(wide, np.maximum(o.span_from[span], n.earliest[wide.need]))
    low = -((base - opening) // step)  # the first k with base + k·step ≥ opening
    many = np.maximum((upper - base) // step - low + 1, 0)
    extra = (opening <= upper) & ((opening - base) % step != 0)
    total = many + extra
    index = np.repeat(np.arange(len(pair)), total)
    nth = np.arange(len(index)) - np.repeat(np.cumsum(total) - total, total)
    first = extra[index] & (nth == 0)
    start = np.where(first, opening[index], base[index] + (low[index] + nth - extra[index]) * step[index])
    pairs = pair[index]
    base_rows = rows.where(pairs)
    placed = Rows(rows.table, base_rows.need, base_rows.offer, start)
    if "km" in rows.__dict__:
        placed.__dict__["km"] = rows.km[pairs]
    kept = np.flatnonzero(dates(placed))
    return pairs[kept], placed.where(kept)


def admission(rows: Rows) -> Bools:
    """need.agency ∈ offer.only_agencies where it is stated, and ∉ offer.not_agencies"""
    t = rows.table
    key = rows.offer * len(t.agencies) + t.needs.agency[rows.need]
    welcome = ~t.offers.picky[rows.offer] | _among(key, t.offers.only)
    return welcome & ~_among(key, t.offers.never)


def barred(rows: Rows) -> Bools:
    """neither the pair nor the agency and the offer are barred"""
    t = rows.table
    pair = rows.offer * len(t.who) + t.needs.who[rows.need]
    agency = rows.offer * len(t.agencies) + t.needs.agency[rows.need]
    return ~(_among(pair, t.barred_need) | _among(agency, t.barred_agency))


def _among(key: Ints, sorted_keys: Ints) -> Bools:
    if not len(sorted_keys):
        return np.zeros(len(key), dtype=bool)
    at = np.minimum(np.searchsorted(sorted_keys, key), len(sorted_keys) - 1)
    return np.asarray(sorted_keys[at] == key)


@dataclass(frozen=True)
class Rule:
    """A rule of a placement: its code, which rows keep it, and what it asks in words."""

    code: str
    keeps: Callable[[Rows], Bools]
    sentence: str


RULES = (
    Rule("near", near, "the distance is at most the need's max_km"),
    Rule("size", size, "the offer has the seats, and the area where one is asked for"),
    Rule("features", features, "the offer has every feature the need must have"),
    Rule("weekdays", weekdays, "the offer is open on every weekday the need uses"),
    Rule("dates", dates, "the stay begins on a candidate start and lies inside one availability"),
    Rule("admission", admission, "the offer admits the need's agency"),
    Rule("barred", barred, "nobody has ruled the offer out for the need or its agency"),
)
RULE_BY_CODE = {rule.code: rule for rule in RULES}


def table_of(market: Market) -> Table:
    """The market as arrays, made once per market."""
    table = market.__dict__.get("_table")
    if not isinstance(table, Table):
        table = Table(market)
        market.__dict__["_table"] = table
    return table


def rows_of(table: Table, placed: list[Placement] | tuple[Start, ...]) -> Rows:
    """Placements of known needs and offers as rows."""
    return Rows(
        table,
        ints(table.who[p.need] for p in placed),
        ints(table.where[p.offer] for p in placed),
        ints(p.start.toordinal() for p in placed),
    )


def broken_rows(market: Market, rows: Rows) -> list[list[str]]:
    """Per placement the codes of the rules it breaks; a placement as locked must only lie inside an availability."""
    table = rows.table
    locks = {(table.who[k.need], table.where[k.offer], k.start.toordinal()) for k in market.decisions.locked}
    keys = zip(rows.need.tolist(), rows.offer.tolist(), np.asarray(rows.start).tolist(), strict=True)
    locked = np.array([key in locks for key in keys], dtype=bool)
    verdicts = [(rule.code, rule.keeps(rows) | locked) for rule in RULES]
    verdicts = [
        (code, keeps & ~(locked & (span_of(rows) < 0)) if code == "dates" else keeps) for code, keeps in verdicts
    ]
    return [[code for code, keeps in verdicts if not keeps[i]] for i in range(len(rows))]


def broken(market: Market, placement: Placement) -> list[str]:
    """The codes of the rules that a placement breaks in this market, in the order of ``RULES``.

    A need or offer that the market does not hold answers ``unknown_need`` or ``unknown_offer``.
    """
    unknown = ["unknown_need"] * (placement.need not in market.need_by_id)
    unknown += ["unknown_offer"] * (placement.offer not in market.offer_by_id)
    return unknown or broken_rows(market, rows_of(table_of(market), [placement]))[0]


def why_not(market: Market, need_id: str, offer_id: str) -> list[str]:
    """The codes of the rules that forbid this pair whatever the start; none where some start is allowed.

    Raises ``KeyError`` for an id that the market does not hold.
    """
    table = table_of(market)
    rows = Rows(table, ints([table.who[need_id]]), ints([table.where[offer_id]]))
    return [rule.code for rule in RULES if not rule.keeps(rows)[0]]
