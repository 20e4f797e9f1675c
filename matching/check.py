"""Whether a plan keeps what it must, and what it is worth, computed from its placements alone; no solver in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from matching import capacity
from matching.candidates import allowed, placeable
from matching.goals import GOALS, fit
from matching.market import Market, last_day
from matching.plan import Placement, Plan
from matching.reading import shown
from matching.room import amounts, free_at, ledger_of
from matching.rules import RULE_BY_CODE, Rows, broken_rows, rows_of, span_of, table_of

_KM = 0.006  # a distance is written with two decimals

SENTENCES = {
    **{code: f"breaks the rule “{rule.sentence}”" for code, rule in RULE_BY_CODE.items()},
    "unknown_need": "no need has this id",
    "unknown_offer": "no offer has this id",
    "placed_twice": "the need has {times} placements",
    "until": "ends {until}, but its days end {expected}",
    "capacity": "{used} seats in use, the offer has {limit}",
    "exclusive": "{used} needs in an exclusive offer",
    "lock_missing": "the lock at {offer} from {start} is not in the plan",
    "goals": "the plan states the goals {stated}; the market asks for {asked}",
    "goal_value": "the goal {goal} is worth {value}, the plan states {stated}",
    "bound": "the goal {goal} reaches {value}, above the bound {bound} that is called proven",
    "market_sha256": "the plan was made for another market ({stated}, this is {expected})",
    "km": "the distance is {km} km, the plan states {stated}",
    "fit": "the fit is {fit}, the plan states {stated}",
    "status": "the status is optimal, but the goal {goal} is worth {value} with bound {bound}",
    "not_accounted": "the need is neither placed nor listed as unplaced",
    "accounted_twice": "the need is both placed and listed as unplaced",
    "could_be_added": "the need is unplaced, yet could simply be added",
}


@dataclass(frozen=True)
class PlanFault:
    """One thing wrong with a plan: a code, what it concerns, the numbers of its sentence, the sentence as ``str``."""

    code: str
    need: str | None = None
    offer: str | None = None
    day: date | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        what = [f"need {shown(self.need)}" if self.need is not None else ""]
        what += [f"offer {shown(self.offer)}" if self.offer is not None else ""]
        what += [self.day.isoformat() if self.day is not None else ""]
        concerns = ", ".join(filter(None, what)) or "plan"
        return f"{concerns}: {SENTENCES[self.code].format(**self.numbers)}"


@dataclass(frozen=True)
class Report:
    """What a check found: ``faults`` break the contract, ``notes`` do not, ``goals`` are the true values."""

    faults: list[PlanFault]
    notes: list[PlanFault]
    goals: dict[str, int]


def check(market: Market, plan: Plan) -> Report:
    """Every rule of sections 2 and 3 that the plan breaks, and the value of each goal."""
    known = [p for p in plan.placements if p.need in market.need_by_id and p.offer in market.offer_by_id]
    rows = rows_of(table_of(market), known)
    faults = [*_unknown(market, plan), *_repeated(plan), *_rules(market, known, rows), *_crowding(market, known, rows)]
    faults += _locks(market, plan)
    goals = values(market, known)
    faults += _stated_goals(market, plan, goals)
    notes = [*_about(market, plan), *_measures(known, rows), *_accounting(market, plan)]
    return Report(faults, notes, goals)


def values(market: Market, placements: list[Placement]) -> dict[str, int]:
    """The value of each goal of the policy, from placements of known needs and offers."""
    table = table_of(market)
    rows = rows_of(table, placements)
    chosen = np.arange(len(rows))
    found = {}
    for name in market.policy.goals:
        if name == "fair_share":  # what could be placed is asked for even where it was not
            every, _ = placeable(market)
            goal = GOALS[name](market, every)
            row_of_need = dict(zip(every.need.tolist(), range(len(every)), strict=True))
            placed = {row_of_need[n] for n in rows.need.tolist() if n in row_of_need}
            found[name] = goal.value(np.array(sorted(placed), dtype=np.int64))
        else:
            found[name] = GOALS[name](market, rows).value(chosen)
    return found


def _unknown(market: Market, plan: Plan) -> Iterator[PlanFault]:
    for p in plan.placements:
        if p.need not in market.need_by_id:
            yield PlanFault("unknown_need", p.need, p.offer)
        if p.offer not in market.offer_by_id:
            yield PlanFault("unknown_offer", p.need, p.offer)


def _repeated(plan: Plan) -> Iterator[PlanFault]:
    for need, times in Counter(p.need for p in plan.placements).items():
        if times > 1:
            yield PlanFault("placed_twice", need, numbers={"times": times})


def _rules(market: Market, known: list[Placement], rows: Rows) -> Iterator[PlanFault]:
    for p, codes in zip(known, broken_rows(market, rows), strict=True):
        for code in codes:
            yield PlanFault(code, p.need, p.offer, p.start)
        until = last_day(market.need_by_id[p.need], p.start)
        if p.until != until:
            numbers = {"until": p.until.isoformat(), "expected": until.isoformat()}
            yield PlanFault("until", p.need, p.offer, p.start, numbers)


def _crowding(market: Market, known: list[Placement], rows: Rows) -> Iterator[PlanFault]:
    n, o = rows.table.needs, rows.table.offers
    start = np.asarray(rows.start)
    for code, at, day, used, limit in capacity.crowded(
        rows.offer,
        start,
        start + n.days[rows.need] - 1,
        n.weekdays[rows.need],
        n.seats[rows.need],
        o.seats,
        o.exclusive,
    ):
        numbers = {"used": used, "limit": limit}
        yield PlanFault(code, offer=market.offers[at].id, day=date.fromordinal(day), numbers=numbers)


def _locks(market: Market, plan: Plan) -> Iterator[PlanFault]:
    placed = {(p.need, p.offer, p.start) for p in plan.placements}
    for lock in market.decisions.locked:
        if (lock.need, lock.offer, lock.start) not in placed:
            numbers = {"offer": shown(lock.offer), "start": lock.start.isoformat()}
            yield PlanFault("lock_missing", lock.need, lock.offer, lock.start, numbers)


def _stated_goals(market: Market, plan: Plan, goals: dict[str, int]) -> Iterator[PlanFault]:
    stated = [g.goal for g in plan.goals]
    if stated != list(market.policy.goals):
        yield PlanFault("goals", numbers={"stated": ", ".join(stated), "asked": ", ".join(market.policy.goals)})
    for g in plan.goals:
        value = goals.get(g.goal)
        if value is not None and value != g.value:
            yield PlanFault("goal_value", numbers={"goal": g.goal, "value": value, "stated": g.value})
        if g.bound is not None and g.bound < g.value:
            yield PlanFault("bound", numbers={"goal": g.goal, "value": g.value, "bound": g.bound})


def _about(market: Market, plan: Plan) -> Iterator[PlanFault]:
    if plan.market_sha256 != market.sha256:
        yield PlanFault("market_sha256", numbers={"stated": shown(plan.market_sha256), "expected": market.sha256})
    for g in plan.goals:
        if plan.status == "optimal" and g.bound != g.value:
            yield PlanFault("status", numbers={"goal": g.goal, "value": g.value, "bound": g.bound})


def _measures(known: list[Placement], rows: Rows) -> Iterator[PlanFault]:
    for p, km, points in zip(known, rows.km.tolist(), fit(rows).tolist(), strict=True):
        if abs(p.km - km) > _KM:
            yield PlanFault("km", p.need, p.offer, p.start, {"km": round(km, 2), "stated": p.km})
        if p.fit != points:
            yield PlanFault("fit", p.need, p.offer, p.start, {"fit": points, "stated": p.fit})


def _accounting(market: Market, plan: Plan) -> Iterator[PlanFault]:
    placed, unplaced = {p.need for p in plan.placements}, {u.need for u in plan.unplaced}
    for need in market.needs:
        if need.id not in placed and need.id not in unplaced:
            yield PlanFault("not_accounted", need.id)
        if need.id in placed and need.id in unplaced:
            yield PlanFault("accounted_twice", need.id)
    yield from _addable(market, plan)


def _addable(market: Market, plan: Plan) -> Iterator[PlanFault]:
    """Unplaced needs of which some allowed placement fits beside the plan."""
    table = table_of(market)
    chosen = rows_of(table, [p for p in plan.placements if p.need in table.who and p.offer in table.where])
    missing = np.setdiff1d(np.arange(len(market.needs)), chosen.need)
    rows = allowed(table, missing)
    inside = chosen.where(span_of(chosen) >= 0)
    fits = free_at(ledger_of(inside, rows), rows) >= amounts(rows)
    for need in np.unique(rows.need[fits]).tolist():
        yield PlanFault("could_be_added", market.needs[need].id)
