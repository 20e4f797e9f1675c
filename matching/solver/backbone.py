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

_PLANS = 6  # that place other needs than the ones before


def backbone(problem: Problem, chosen: Ints, best: Callable[[Total, int], Found]) -> tuple[Bools, Bools] | None:
    """The needs that are always placed, and those that never are; ``None`` where that took too long.

    ``best`` finds, among the plans that are as good as ``chosen``, the one that is worth most by some points, which
    can be worth at most so much. It is asked for a plan that differs from all known ones in as many needs as can be,
    until there is none (backbones: Marques-Silva, Janota and Lynce 2010).
    """
    always = _placed(problem, chosen)
    never = ~always
    for _ in range(_PLANS):
        goal = Total(np.where(always, -1, np.where(never, 1, 0))[problem.need])
        found = best(goal, int(never.sum()))
        if found.chosen is None or found.bound != goal.value(found.chosen):
            return None
        if found.bound == -int(always.sum()):
            return always, never
        placed = _placed(problem, found.chosen)
        always &= placed
        never &= ~placed
    return None


def _placed(problem: Problem, plan: Ints) -> Bools:
    placed = np.zeros(problem.needs, dtype=bool)
    placed[problem.need[plan]] = True
    return placed
