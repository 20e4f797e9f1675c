"""Why a need has no place, and which single change of it would give it one beside everything already placed.

Everything is computed for all unplaced needs at once, through the same rules and the same capacity as the plan.
A change is looked for within reach: seats and days down to half, the start up to eight weeks later or earlier (not
before ``as_of``), the distance up to twice, one or two weekdays fewer, any one ``must`` dropped. Its *size* is the
share of that reach; a dropped ``must`` counts half.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import numpy as np

from matching.candidates import allowed, cross
from matching.capacity import Ledger
from matching.goals import fit
from matching.market import WEEKDAYS, Market, Need
from matching.plan import Unplaced
from matching.room import amounts, free_at, ledger_of
from matching.rules import RULES, Rows, span_of
from matching.table import Bools, Floats, Ints, Table, empty, ints

WEEKS_OF_REACH = 8
HELPS = 3


def explain(market: Market, rows: Rows, chosen: Rows, rank: Ints) -> tuple[Unplaced, ...]:
    """Reasons and helpful changes for every need without a placement, sorted by id.

    ``rows`` is everything the plan could choose from, ``chosen`` what it chose; ``rank`` (per offer) breaks ties.
    """
    missing = np.setdiff1d(np.arange(len(market.needs)), chosen.need)
    why = reasons(rows, missing)
    helps = would_help(market, chosen, missing, rank)
    found = [Unplaced(market.needs[need].id, tuple(why[need]), tuple(helps.get(need, ()))) for need in missing.tolist()]
    return tuple(sorted(found, key=lambda u: u.need))


# ---- reasons -------------------------------------------------------------------------------------------------------


def reasons(rows: Rows, missing: Ints) -> dict[int, list[dict[str, Any]]]:
    """Per unplaced need: ``taken`` where something was allowed, else the rule that removed the last offers.

    The rules are applied one after another, in their order, to all offers; ``offers`` is how many were left before
    that rule. ``feature_unknown`` follows where offers keep every rule if their unknown features turn out to be yes.
    """
    table = rows.table
    found: dict[int, list[dict[str, Any]]] = {need: [] for need in missing.tolist()}
    pairs = np.unique(rows.need * len(table.where) + rows.offer)
    offers = np.bincount(pairs // max(1, len(table.where)), minlength=len(table.needs.seats))
    for need in missing[offers[missing] > 0].tolist():
        found[need].append({"code": "taken", "offers": int(offers[need])})
    for pairs_of_block in cross(table, missing[offers[missing] == 0]):
        _funnel(pairs_of_block, found)
    return found


def _funnel(block: tuple[Ints, Rows], found: dict[int, list[dict[str, Any]]]) -> None:
    """Apply the rules to a block of needs; ``near`` was already sieved, so all offers count as left before it."""
    needs, rows = block
    size = len(rows.table.needs.seats)
    left = np.zeros(size, dtype=np.int64)
    left[needs] = len(rows.table.where)
    settled = np.ones(size, dtype=bool)
    settled[needs] = False
    doubtful: Rows | None = None
    for rule in RULES:
        keeps = rule.keeps(rows)
        if rule.code == "features":
            doubtful = rows.where(~keeps & _could_have(rows))
        elif doubtful is not None:
            doubtful = doubtful.where(rule.keeps(doubtful))
        rows = rows.where(keeps)
        now = np.bincount(rows.need, minlength=size)
        for need in np.flatnonzero(~settled & (now == 0)).tolist():
            found[need].append({"code": rule.code, "offers": int(left[need])})
        settled |= now == 0
        left = now
    unknown = np.bincount(doubtful.need, minlength=size) if doubtful is not None else np.zeros(size, np.int64)
    for need in np.flatnonzero(unknown).tolist():
        found[need].append({"code": "feature_unknown", "offers": int(unknown[need])})


def _could_have(rows: Rows) -> Bools:
    """need.must ⊆ offer.features ∪ offer.features_unknown"""
    o = rows.table.offers
    return empty(rows.table.needs.must[rows.need] & ~(o.have | o.unknown)[rows.offer])


# ---- what would help -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Relaxed:
    """A need changed in one field as far as reach allows; ``exact`` says to what a placement found would need it."""

    need: int
    change: str
    changed: Need
    any_day: bool = False


def would_help(market: Market, chosen: Rows, missing: Ints, rank: Ints) -> dict[int, list[dict[str, Any]]]:
    """Per unplaced need up to three single changes, smallest first, each verified against rules and capacity."""
    relaxed = [r for need in missing.tolist() for r in _relaxations(market, need)]
    if not relaxed:
        return {}
    offers = copy(chosen.table.offers)
    offers.minimum_days = np.ones_like(offers.minimum_days)  # weighed once it is known how many days would be left
    table = Table(market, [r.changed for r in relaxed], offers)
    table.needs.step[np.array([r.any_day for r in relaxed])] = 1
    rows = allowed(table)
    if not len(rows):
        return {}
    ledger = ledger_of(chosen, rows)
    to, size = _exact(market, relaxed, rows, chosen.table.offers.minimum_days, ledger)
    best = _smallest(relaxed, rows, size, rank)
    return _verified(market, chosen, relaxed, rows.where(best), to[best])


def _relaxations(market: Market, at: int) -> Iterator[_Relaxed]:
    need = market.needs[at]
    if need.seats > 1:
        yield _Relaxed(at, "seats", replace(need, seats=-(-need.seats // 2)))
    yield _Relaxed(at, "max_km", replace(need, max_km=need.max_km * 2))
    reach = timedelta(weeks=WEEKS_OF_REACH)
    yield _Relaxed(at, "latest_start", replace(need, latest_start=_shifted(need.latest_start, reach)))
    earliest = max(_shifted(need.earliest_start, -reach), market.as_of)
    if earliest < need.earliest_start:
        last = need.earliest_start - timedelta(days=1)
        yield _Relaxed(at, "earliest_start", replace(need, earliest_start=earliest, latest_start=last), any_day=True)
    yield from (_Relaxed(at, "days", replace(need, days=days)) for days in _shorter(need, market))
    weekdays = sorted(need.weekdays, key=WEEKDAYS.index)
    for fewer in (1, 2):
        for kept in combinations(weekdays, max(0, len(weekdays) - fewer)):
            if kept:
                yield _Relaxed(at, "weekdays", replace(need, weekdays=kept))
    for feature in sorted(need.must):
        yield _Relaxed(at, "must", replace(need, must=tuple(f for f in sorted(need.must) if f != feature)))


def _shorter(need: Need, market: Market) -> Iterator[int]:
    """Lengths to try: the shortest with unchanged candidate starts (a longer one is then sought), and each below."""
    least, step = -(-need.days // 2), min(market.policy.start_step_days, need.days)
    if need.days > max(least, step):
        yield max(least, step)
    yield from range(max(least, step - 7), min(step, need.days))


def _shifted(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta(0) else date.min


def _exact(
    market: Market, relaxed: list[_Relaxed], rows: Rows, minimum_days: Ints, ledger: Ledger
) -> tuple[Ints, Floats]:
    """Per placement the exact value the changed field would need (as a number) and the size of the change.

    Size is infinite where the placement does not help. Days are ordinals, distances tenths of a kilometre, weekdays
    and must how many are given up.
    """
    kind = np.array([r.change for r in relaxed])[rows.need]
    original = [market.needs[r.need] for r in relaxed]
    start = np.asarray(rows.start)
    free = free_at(ledger, rows)
    lasting = rows.table.needs.days[rows.need] >= minimum_days[rows.offer]
    fits = (free >= amounts(rows)) & ((kind == "days") | lasting)
    to = np.zeros(len(rows), dtype=np.int64)
    size = np.full(len(rows), np.inf)

    def settle(change: str, value: Ints, was: list[int], reach: list[float], good: Bools) -> None:
        mine = kind == change
        old, far = np.array(was)[rows.need], np.array(reach, dtype=np.float64)[rows.need]
        to[mine] = value[mine]
        size[mine & good] = (np.abs(value - old) / np.maximum(far, 1e-9))[mine & good]

    asked = ints(n.seats for n in original)[rows.need]
    alone = rows.table.offers.exclusive[rows.offer]
    seats = np.minimum(asked - 1, np.where(alone, rows.table.offers.seats[rows.offer], free))
    settle("seats", seats, [n.seats for n in original], [n.seats / 2 for n in original], fits)
    far = np.ceil(np.round(rows.km * 10, 6)).astype(np.int64)
    tenths = [int(n.max_km * 10) for n in original]
    settle("max_km", far, tenths, [n.max_km * 10 for n in original], fits)
    weeks = [7.0 * WEEKS_OF_REACH] * len(original)
    settle("latest_start", start, [n.latest_start.toordinal() for n in original], weeks, fits)
    settle("earliest_start", start, [n.earliest_start.toordinal() for n in original], weeks, fits)
    days = _longest(rows, ints(n.days for n in original)[rows.need] - 1, kind == "days", ledger)
    long_enough = days >= minimum_days[rows.offer]
    settle("days", days, [n.days for n in original], [n.days / 2 for n in original], fits & long_enough)
    given_up = ints(len(n.weekdays) - len(r.changed.weekdays) for n, r in zip(original, relaxed, strict=True))
    settle("weekdays", given_up[rows.need], [0] * len(original), [2.0] * len(original), fits)
    settle("must", np.ones(len(rows), np.int64), [0] * len(original), [2.0] * len(original), fits)
    return to, size


def _longest(rows: Rows, most: Ints, asked: Bools, ledger: Ledger) -> Ints:
    """How many days each placement could last at most from its start, by halving (it fits as long as it is now)."""
    n, o = rows.table.needs, rows.table.offers
    low = n.days[rows.need].copy()
    at = np.flatnonzero(asked)
    high = np.minimum(np.maximum(most, low), o.span_until[span_of(rows)] - np.asarray(rows.start) + 1)
    high = np.where(low < n.step[rows.need], low, high)  # shorter than a step the candidate starts would move
    amount = amounts(rows)
    while len(at := at[low[at] < high[at]]):
        middle = (low[at] + high[at] + 1) // 2
        first = np.asarray(rows.start)[at]
        fits = ledger.fits(rows.offer[at], first, first + middle - 1, n.weekdays[rows.need[at]], amount[at])
        low[at] = np.where(fits, middle, low[at])
        high[at] = np.where(fits, high[at], middle - 1)
    return low


def _smallest(relaxed: list[_Relaxed], rows: Rows, size: Floats, rank: Ints) -> Ints:
    """For each need and kind of change its smallest placement: by size, then better fit, earlier, lottery."""
    kinds = {change: i for i, change in enumerate(dict.fromkeys(r.change for r in relaxed))}
    group = ints(r.need * len(kinds) + kinds[r.change] for r in relaxed)[rows.need]
    order = np.lexsort((rank[rows.offer], np.asarray(rows.start), -fit(rows), size, group))
    order = order[np.isfinite(size[order])]
    _, first = np.unique(group[order], return_index=True)
    best = order[first]
    need = ints(r.need for r in relaxed)[rows.need[best]]
    return best[np.lexsort((group[best], size[best], need))]


def _written(need: Need, relaxed: _Relaxed, to: int) -> Any:
    """The new value of the changed field as it stands in a need."""
    if relaxed.change == "max_km":
        return to / 10
    if relaxed.change.endswith("_start"):
        return date.fromordinal(to)
    if relaxed.change in ("weekdays", "must"):
        return getattr(relaxed.changed, relaxed.change)
    return to


def _verified(
    market: Market, chosen: Rows, relaxed: list[_Relaxed], rows: Rows, to: Ints
) -> dict[int, list[dict[str, Any]]]:
    """The changes as they are shown, each only after the changed need kept every rule and the capacity."""
    if not len(rows):
        return {}
    asked = [relaxed[i] for i in rows.need.tolist()]
    values = [_written(market.needs[r.need], r, t) for r, t in zip(asked, to.tolist(), strict=True)]
    changed = [replace(market.needs[r.need], **{r.change: v}) for r, v in zip(asked, values, strict=True)]
    table = Table(market, changed, chosen.table.offers)
    exact = Rows(table, np.arange(len(changed)), rows.offer, rows.start)
    good = np.logical_and.reduce([rule.keeps(exact) for rule in RULES])
    kept = exact.where(np.flatnonzero(good))
    good[good] = free_at(ledger_of(chosen, kept), kept) >= amounts(kept)
    helps: dict[int, list[dict[str, Any]]] = {}
    for i in np.flatnonzero(good).tolist():
        mine = helps.setdefault(asked[i].need, [])
        if len(mine) < HELPS:
            mine.append(
                {
                    "change": asked[i].change,
                    "from": _shown(getattr(market.needs[asked[i].need], asked[i].change)),
                    "to": _shown(values[i]),
                    "offer": market.offers[int(rows.offer[i])].id,
                    "start": date.fromordinal(int(np.asarray(rows.start)[i])).isoformat(),
                }
            )
    return helps


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return sorted(value, key=lambda word: (WEEKDAYS.index(word), "") if word in WEEKDAYS else (7, word))
    return value
