"""From a market to a plan: possible placements, the lottery, the solver, the explanations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from importlib.metadata import version

import numpy as np

import matching
from matching.candidates import placeable
from matching.explain import explain
from matching.goals import fit, goals_of
from matching.market import Market
from matching.plan import EFFORTS, GoalResult, Placement, Plan
from matching.progress import Progress
from matching.rules import Rows
from matching.solver import Control, Problem
from matching.solver import solve as search
from matching.table import Bools, Ints, numbered


def solve(
    market: Market,
    *,
    effort: str,
    seed: int,
    time_limit: float | None,
    progress: Callable[[Progress], None] | None,
    stop: Callable[[], bool] | None,
) -> Plan:
    """See :func:`matching.solve`."""
    if effort not in EFFORTS:
        raise ValueError(f"The effort {effort!r} is not one of {', '.join(EFFORTS)}.")
    control = Control(time_limit, progress, stop)
    control.tell("building")
    rows, locked = drawn(*placeable(market), market, seed)
    names = list(market.policy.goals)
    problem = problem_of(market, rows, locked)
    answer = search(problem, names, effort, seed, control)
    control.tell("explaining")
    chosen = rows.where(answer.chosen)
    results = [GoalResult(*entry) for entry in zip(names, answer.values, answer.bounds, strict=True)]
    optimal = all(g.value == g.bound for g in results)
    plan = Plan(
        market_sha256=market.sha256,
        status="optimal" if optimal else "cut_short" if answer.cut_short else "feasible",
        placements=placements_of(market, chosen),
        unplaced=explain(market, rows, chosen, lottery(seed, "offer", [o.id for o in market.offers])),
        goals=tuple(results),
        effort=effort,
        seed=seed,
        versions={"matching": matching.__version__, "ortools": version("ortools")},
        seconds=round(control.seconds, 2),
    )
    control.tell("done")
    return plan


def lottery(seed: int, kind: str, names: list[str]) -> Ints:
    """The rank of each name in a lottery that the seed draws: by SHA-256 of seed, kind and name."""
    tickets = [hashlib.sha256(f"{seed}\n{kind}\n{name}".encode()).digest() for name in names]
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=tickets.__getitem__)] = np.arange(len(names))
    return rank


def drawn(rows: Rows, locked: Bools, market: Market, seed: int) -> tuple[Rows, Bools]:
    """The rows in the order of the lottery: by need, then offer, then start; how ids are spelt or listed is gone."""
    need = lottery(seed, "need", [n.id for n in market.needs])
    offer = lottery(seed, "offer", [o.id for o in market.offers])
    order = np.lexsort((np.asarray(rows.start), offer[rows.offer], need[rows.need]))
    return rows.where(order), locked[order]


def problem_of(market: Market, rows: Rows, locked: Bools) -> Problem:
    """The rows as columns of a packing: an exclusive offer holds 1 and each need takes 1 of it.

    Needs and places are numbered in the order of the lottery as well, only those that occur.
    """
    n, o = rows.table.needs, rows.table.offers
    start = np.asarray(rows.start)
    places, place = numbered(rows.offer)
    alone = o.exclusive[rows.offer]
    return Problem(
        need=numbered(rows.need)[1],
        place=place,
        first=start,
        last=start + n.days[rows.need] - 1,
        weekdays=n.weekdays[rows.need],
        amount=np.where(alone, 1, n.seats[rows.need]),
        fixed=locked,
        limit=np.where(o.exclusive[places], 1, o.seats[places]),
        goals=goals_of(market, rows),
    )


def placements_of(market: Market, chosen: Rows) -> tuple[Placement, ...]:
    """Placements sorted by the id of their need."""
    points = fit(chosen).tolist()
    start = np.asarray(chosen.start)
    until = start + chosen.table.needs.days[chosen.need] - 1
    placed = [
        Placement(
            need=market.needs[chosen.need[i]].id,
            offer=market.offers[chosen.offer[i]].id,
            start=date.fromordinal(int(start[i])),
            until=date.fromordinal(int(until[i])),
            km=round(float(chosen.km[i]), 2),
            fit=points[i],
        )
        for i in range(len(chosen))
    ]
    return tuple(sorted(placed, key=lambda p: p.need))
