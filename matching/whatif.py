"""Why not that one? What stands between a need and an offer, and what the plan would lose if they were put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from matching.candidates import allowed
from matching.goals import fit
from matching.market import Market, Start
from matching.plan import Placement, Plan
from matching.room import amounts, free_at, ledger_of, spans
from matching.rules import rows_of, table_of, why_not
from matching.table import ints


@dataclass(frozen=True)
class Held:
    """A placement of the plan that uses the offer on a day the need would use, and the first such day."""

    placement: Placement
    day: date


@dataclass(frozen=True)
class WhatIf:
    """``rules`` forbid the pair, or the seats are held by ``held`` at the best ``start``; ``forced`` is the plan with
    the placement locked, and ``change`` how much each goal gains or loses by it (``None`` where rules forbid it)."""

    rules: list[str]
    start: date | None = None
    fits: bool = False
    held: tuple[Held, ...] = ()
    forced: Plan | None = None
    change: dict[str, int] | None = None


def what_if(
    market: Market,
    plan: Plan,
    need_id: str,
    offer_id: str,
    *,
    start: date | None = None,
    effort: str = "quick",
    stop: Callable[[], bool] | None = None,
) -> WhatIf:
    """What forbids a need an offer, who holds its seats, and the plan that a true re-solve finds with it locked.

    The start is the one given, else the allowed one with room beside the plan, else the one of the best fit. Raises
    ``KeyError`` for an id that the market does not hold, and ``ValueError`` for a start that is not allowed.
    """
    rules = why_not(market, need_id, offer_id)
    if rules:
        return WhatIf(rules)
    table = table_of(market)
    rows = allowed(table, ints([table.who[need_id]]))
    rows = rows.where(rows.offer == table.where[offer_id])
    if start is not None:
        rows = rows.where(np.asarray(rows.start) == start.toordinal())
        if not len(rows):
            raise ValueError(f"{start} is not an allowed start of {need_id} at {offer_id}.")
    others = [p for p in plan.placements if p.need != need_id]
    chosen = rows_of(table, others)
    room = free_at(ledger_of(chosen, rows), rows) >= amounts(rows)
    best = int(np.lexsort((np.asarray(rows.start), -fit(rows), ~room))[0])
    day = date.fromordinal(int(np.asarray(rows.start)[best]))
    return _forced(market, plan, Start(need_id, offer_id, day), bool(room[best]), others, effort, stop)


def _forced(
    market: Market,
    plan: Plan,
    wanted: Start,
    fits: bool,
    others: list[Placement],
    effort: str,
    stop: Callable[[], bool] | None,
) -> WhatIf:
    from matching import solve

    locked = (*(k for k in market.decisions.locked if k.need != wanted.need), wanted)
    held = () if fits else _held(market, wanted, others)
    decided = replace(market, decisions=replace(market.decisions, locked=locked))
    if any(h.placement.need == k.need for h in held for k in market.decisions.locked):
        return WhatIf([], wanted.start, fits, held)  # a lock cannot be pushed aside
    forced = solve(decided, effort=effort, seed=plan.seed, stop=stop)
    before = {g.goal: g.value for g in plan.goals}
    change = {g.goal: g.value - before.get(g.goal, 0) for g in forced.goals}
    return WhatIf([], wanted.start, fits, held, forced, change)


def _held(market: Market, wanted: Start, others: list[Placement]) -> tuple[Held, ...]:
    """Who uses the offer on the days the need would use it."""
    table = table_of(market)
    _, first, last, weekdays = spans(rows_of(table, (wanted,)))
    mine = [d for d in range(int(first[0]), int(last[0]) + 1) if int(weekdays[0]) >> (d - 1) % 7 & 1]
    found = []
    for placement in others:
        if placement.offer == wanted.offer:
            bits = int(table.needs.weekdays[table.who[placement.need]])
            span = range(placement.start.toordinal(), placement.until.toordinal() + 1)
            shared = [d for d in mine if d in span and bits >> (d - 1) % 7 & 1]
            if shared:
                found.append(Held(placement, date.fromordinal(shared[0])))
    return tuple(found)
