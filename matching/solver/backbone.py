"""Which needs every plan as good as the one at hand places, and which none does.

Once the first goals are proven, this is settled for nearly every need: for all but none, four and eight of the 358, 390
and 327 needs that compete on three crowded markets (measured). The goals after them then only ask where a need is
placed, and not whether.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from matching.capacity import Ints
from matching.goals import Total
from matching.solver.model import Found
from matching.solver.problem import Control, Problem
from matching.table import Bools

_PLANS = 12  # that place other needs than the ones before

Ask = Callable[[Total, int, Control], Found]
Near = Callable[[Total], Ints]


def backbone(problem: Problem, chosen: Ints, ask: Ask, near: Near, control: Control) -> tuple[Bools, Bools] | None:
    """The needs that are always placed, and those that never are; ``None`` where that took too long.

    ``ask`` seeks, among the plans that are as good as ``chosen``, one that is worth more by some points, or proves that
    there is none, in one of two orders (0 and 1); ``near`` looks among few of them. They are asked for a plan that
    differs from all known ones, until there is none (backbones: Marques-Silva, Janota and Lynce 2010): to prove that
    none differs more took longer than to ask once more.
    """
    always = _placed(problem, chosen)
    never = ~always
    for _ in range(_PLANS):
        goal = Total(np.where(always, -1, np.where(never, 1, 0))[problem.need])
        none = goal.value(chosen)
        found = _either(goal, none, ask, near, control)
        if found.bound == none:
            return always, never
        if found.chosen is None or goal.value(found.chosen) == none:
            return None
        placed = _placed(problem, found.chosen)
        always &= placed
        never &= ~placed
    return None


def _either(goal: Total, none: int, ask: Ask, near: Near, control: Control) -> Found:
    """What is found for a goal that is worth ``none`` in the plan at hand.

    A proof takes 5 units of work in one order and 24 in another (measured), so both are tried, and either ends the
    other. Which of two plans is found first must not matter: what ``near`` finds counts most, then what the first order
    does, and only the proofs of the second.
    """
    ended = [False, False]

    def settles(found: Found) -> bool:
        return found.bound == none or (found.chosen is not None and goal.value(found.chosen) > none)

    def one() -> Found:
        found = ask(goal, 0, Control(stop=lambda: control.over() or ended[1]))
        ended[0] = settles(found)
        return found

    def other() -> Found:
        found = Found(near(goal), None)
        if not settles(found):
            found = replace(ask(goal, 1, Control(stop=lambda: control.over() or ended[0])), chosen=None)
        ended[1] = settles(found)
        return found

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(one), pool.submit(other)]
    found, more = (answer.result() for answer in answers)
    return more if settles(more) else found


def _placed(problem: Problem, plan: Ints) -> Bools:
    placed = np.zeros(problem.needs, dtype=bool)
    placed[problem.need[plan]] = True
    return placed
