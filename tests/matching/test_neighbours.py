"""Of a single place, stretches of time are searched anew: they do not meet, and make better plans."""

from dataclasses import replace

import numpy as np

from matching.goals import Total
from matching.solver import Control, Problem
from matching.solver.bound import Relaxation
from matching.solver.effort import EFFORTS
from matching.solver.greedy import first_plan
from matching.solver.neighbours import regions
from matching.solver.part import Part
from matching.solver.problem import quietly


def one_place(seed: int) -> Problem:
    """Six hundred needs of a place for a year, each at one of two moments, of which a tenth fit in at a time."""
    draw = np.random.default_rng(seed)
    need = np.repeat(np.arange(600), 2)
    first = 7_000 + draw.integers(0, 330, 1_200)
    return Problem(
        need=need, place=0 * need, first=first, last=first + draw.integers(5, 35, 600)[need],
        weekdays=np.full(1_200, 127), amount=draw.integers(5, 40, 600)[need], fixed=np.zeros(1_200, dtype=bool),
        limit=np.array([100]), goals=[Total(draw.integers(10, 90, 600)[need])],
    )  # fmt: skip


def test_stretches_that_are_searched_together_share_no_day_and_no_need():
    problem = one_place(0)
    plan, relaxation = first_plan(problem, Control()), Relaxation(problem, Control())
    bound = relaxation.bound(problem.goals[0].points, plan, 3, 0.0, lambda bound: True, lambda bound: False)
    for seed in range(20):
        draws = [np.random.default_rng((seed, nth)) for nth in range(4)]
        found = regions(problem, bound, plan, relaxation.alive, draws, 600)
        assert 0 < max(map(len, found)) <= 100
        for nth, one in enumerate(found):
            for other in found[:nth]:
                meet = problem.first[one][:, None] <= problem.last[other]
                assert not (meet & (problem.first[other] <= problem.last[one][:, None])).any()
                assert not np.isin(problem.need[one], problem.need[other]).any()


def test_stretches_leave_what_is_fixed_and_lose_nothing_of_a_goal_that_is_kept():
    problem = one_place(3)
    draw = np.random.default_rng(3)
    plan = first_plan(problem, Control())
    fixed = np.isin(np.arange(1_200), plan[::5])
    problem = replace(problem, fixed=fixed, goals=[*problem.goals, Total(draw.integers(0, 50, 600)[problem.need])])
    part = Part(problem, plan, 0, Control())
    effort = replace(EFFORTS["quick"], columns=0, rounds=2, work=0.01, neighbourhoods=8)
    part.settle(0, effort, quietly)
    first, second = part.value(0), part.value(1)
    part.keep(problem.goals[0], first, 10)
    part.settle(1, effort, quietly)
    assert fixed[part.chosen].sum() == fixed.sum()
    assert part.value(0) >= first and part.value(1) > second
    assert (problem.packing.matrix[:, part.chosen].sum(axis=1) <= problem.packing.limit).all()


def test_where_nothing_is_free_nothing_is_searched():
    problem = one_place(1)
    none = np.zeros(len(problem.need), dtype=bool)
    assert regions(problem, None, first_plan(problem, Control()), none, [np.random.default_rng(0)], 600) == []


def test_stretches_of_time_make_a_better_plan_where_nothing_else_is_tried():
    problem = one_place(2)
    plan, effort = first_plan(problem, Control()), replace(EFFORTS["quick"], columns=0, rounds=2, work=0.01)
    values = []
    for neighbourhoods in (0, 8):
        part = Part(problem, plan, 0, Control())
        limit = part.settle(0, replace(effort, neighbourhoods=neighbourhoods), quietly)
        assert (problem.packing.matrix[:, part.chosen].sum(axis=1) <= problem.packing.limit).all()
        assert part.value(0) <= limit
        values.append(part.value(0))
    assert values[1] > 1.01 * values[0]
