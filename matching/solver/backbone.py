"""Which needs every plan as good as the one at hand places, and which none does.

Once the first goals are proven, this is settled for nearly every need: for all but none, four and eight of the 358, 390
and 327 needs that compete on three crowded markets (measured). The goals after them then only ask where a need is
placed, and not whether.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from matching.capacity import Ints
from matching.goals import Total
from matching.solver.model import Found
from matching.solver.problem import Problem
from matching.table import Bools

_PLANS = 12  # that place other needs than the ones before
_SWAPS = 10_000  # tried: each takes some microseconds

Ask = Callable[[Total], Found]
Near = Callable[[Total], Ints]


def backbone(problem: Problem, chosen: Ints, alike: Ints, ask: Ask, near: Near) -> tuple[Bools, Bools] | None:
    """The needs that are always placed, and those that never are; ``None`` where that took too long.

    First, needs that are ``alike`` (have the same number), so that either is as good, are swapped one by one.
    ``ask`` seeks, among the plans that are as good as ``chosen``, one that is worth more by some points, or proves that
    there is none; ``near`` looks among few of them, before. They are asked for a plan that differs from all known ones,
    until there is none (backbones: Marques-Silva, Janota and Lynce 2010): to prove that none differs more took longer
    than to ask once more.
    """
    always = _placed(problem, chosen)
    never = ~always
    _swap(problem, chosen, alike, always, never)
    for _ in range(_PLANS):
        if not (always | never).any():
            break
        goal = Total(np.where(always, -1, np.where(never, 1, 0))[problem.need])
        none = goal.value(chosen)
        plan = near(goal)
        if goal.value(plan) <= none:
            found = ask(goal)
            if found.bound == none:
                return always, never
            if found.chosen is None or goal.value(found.chosen) <= none:
                return None
            plan = found.chosen
        placed = _placed(problem, plan)
        always &= placed
        never &= ~placed
    else:
        return None
    return always, never


def _swap(problem: Problem, chosen: Ints, alike: Ints, always: Bools, never: Bools) -> None:
    """Strike from ``always`` and ``never`` what one need in the place of another shows: of many requests that are the
    same, a search would find one such plan after the other."""
    ledger = problem.ledger(chosen)
    there: dict[tuple[int, int], list[int]] = {}
    for column in chosen[~problem.fixed[chosen]].tolist():
        there.setdefault((int(problem.place[column]), int(alike[problem.need[column]])), []).append(column)
    columns, ptr = problem.columns_of
    left = _SWAPS
    for need in np.flatnonzero(never).tolist():
        for column in columns[ptr[need] : ptr[need + 1]].tolist():
            for other in there.get((int(problem.place[column]), int(alike[need])), []):
                if never[need] or always[problem.need[other]]:
                    if not left:
                        return
                    left -= 1
                    problem.put(ledger, other, -1)
                    if problem.fits(ledger, column):
                        never[need] = always[problem.need[other]] = False
                    problem.put(ledger, other)


def _placed(problem: Problem, plan: Ints) -> Bools:
    placed = np.zeros(problem.needs, dtype=bool)
    placed[problem.need[plan]] = True
    return placed
