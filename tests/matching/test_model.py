"""The exact model takes the largest numbers that a market may hold: what CP-SAT would refuse, it would not search."""

import numpy as np

from matching.goals import SmallestShare, Total
from matching.solver import Control, Problem
from matching.solver.model import Model
from matching.solver.problem import quietly

LARGEST = 2**53 // 4  # of four needs: together as much as a market may add up to


def many_ways(ways: int) -> Problem:
    """Four needs that can each go to any of so many places, of which two needs fill one; the last two want the same."""
    need, place = np.repeat(np.arange(4), ways), np.tile(np.arange(ways), 4)
    place[need == 3] = 0
    place[need == 2] = 0
    one = np.ones(4 * ways, dtype=np.int64)
    return Problem(
        need=need, place=place, first=7_000 * one, last=7_000 * one, weekdays=127 * one, amount=one,
        fixed=np.zeros(4 * ways, dtype=bool), limit=np.ones(ways, dtype=np.int64), goals=[Total(LARGEST * one)],
    )  # fmt: skip


def test_shares_of_the_largest_needs_are_searched():
    """Two agencies with two needs each: one has both placed, the other the one of them that there is room for."""
    problem = many_ways(20)
    share = SmallestShare(problem.goals[0].points, problem.need // 2, np.full(2, 2 * LARGEST))
    model = Model(problem, 0)
    found = model.maximise(share, np.array([0]), 100, 10.0, Control(), quietly)
    assert found.bound == 50 == share.value(found.chosen)
    model.keep(share, 50)
    found = model.maximise(problem.goals[0], np.array([0]), 4 * LARGEST, 10.0, Control(), quietly)
    assert found.bound == 3 * LARGEST == problem.goals[0].value(found.chosen)


def test_what_the_largest_prices_let_a_plan_spare_is_told():
    problem = many_ways(3)
    model = Model(problem, 0)
    model.spare(np.full(4, float(LARGEST)), float(4 * LARGEST))
    found = model.maximise(problem.goals[0], np.array([0]), 4 * LARGEST, 10.0, Control(), quietly)
    assert found.bound == 3 * LARGEST == problem.goals[0].value(found.chosen)
