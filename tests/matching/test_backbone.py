"""Which needs every best plan places: as by looking at all plans, and of use to the goals after."""

from itertools import product

import numpy as np
import pytest

from matching.goals import Total
from matching.solver import Control, Problem, solve
from matching.solver import part as parts
from matching.solver.effort import EFFORTS
from matching.solver.part import Part

SEEDS = range(25)


def small(seed: int, fixed: int = 0) -> Problem:
    """Seven needs, each with two ways to one or two of three places that hold two or three of them."""
    draw = np.random.default_rng(seed)
    need = np.repeat(np.arange(7), 2)
    amount = draw.integers(1, 4, 7)
    first = 7_000 + 7 * draw.integers(0, 2, 14)
    return Problem(
        need=need, place=draw.integers(0, 3, 14), first=first, last=first + draw.integers(3, 12, 14),
        weekdays=np.full(14, 31), amount=amount[need], fixed=np.arange(14) < fixed, limit=np.full(3, 4),
        goals=[Total(amount[need]), Total(draw.integers(1, 4, 7)[need]), Total(draw.integers(0, 50, 14))],
    )  # fmt: skip


def every_plan(problem: Problem) -> list[np.ndarray]:
    matrix, limit = problem.packing.matrix.toarray(), problem.packing.limit
    choices = (np.array(bits) for bits in product((0, 1), repeat=len(problem.need)))
    return [np.flatnonzero(x) for x in choices if (x >= problem.fixed).all() and (matrix @ x <= limit).all()]


def best_of(problem: Problem, plans: list[np.ndarray], goals: int) -> list[np.ndarray]:
    for goal in problem.goals[:goals]:
        most = max(goal.value(plan) for plan in plans)
        plans = [plan for plan in plans if goal.value(plan) == most]
    return plans


@pytest.mark.parametrize("seed", SEEDS)
def test_the_needs_that_every_best_plan_places_are_those_of_all_plans(seed, monkeypatch):
    """Always, never and left open, after two goals, each as in the plans themselves."""
    problem = small(seed, fixed=seed % 2)
    best = best_of(problem, every_plan(problem), 2)
    placed = np.array([np.bincount(problem.need[plan], minlength=problem.needs) > 0 for plan in best])
    monkeypatch.setattr(parts, "_FEW", 0)
    part = Part(problem, best[-1], 0, Control())
    for goal in problem.goals[:2]:
        part.keep(goal, goal.value(best[0]))
    always, never = part.decided(EFFORTS["normal"])
    assert always.tolist() == placed.all(axis=0).tolist()
    assert never.tolist() == (~placed).all(axis=0).tolist()


def test_of_some_markets_a_need_is_left_open_and_another_is_not():
    """What the test above compares is of both kinds."""
    seen = []
    for seed in SEEDS:
        problem = small(seed)
        best = best_of(problem, every_plan(problem), 2)
        times = sum(np.bincount(problem.need[plan], minlength=problem.needs) for plan in best)
        seen += [(count == 0, count == len(best)) for count in times.tolist()]
    assert {(False, False), (True, False), (False, True)} == set(seen)


@pytest.mark.parametrize("seed", SEEDS)
def test_goals_after_them_are_as_good_as_in_the_best_of_all_plans(seed, monkeypatch):
    """Needs that are decided leave the problem or must be placed: all three goals reach what is best, proven."""
    monkeypatch.setattr(parts, "_FEW", 0)
    problem = small(seed, fixed=seed % 2)
    best = best_of(problem, every_plan(problem), 3)[0]
    answer = solve(problem, ["a", "b", "c"], "normal", 0, Control())
    assert answer.values == list(problem.value(best)) == answer.bounds


@pytest.mark.parametrize("ways", [1, 2])
def test_what_only_a_need_that_is_never_placed_held_together_is_still_as_good_as_can_be(ways, monkeypatch):
    """Need 1 could go to either place and goes to none. Then need 0, of one way or two, has place 0 for itself, and
    needs 3 and 4 are better at place 1 than need 2, which greed takes: what need 0 is worth is not asked of them."""
    monkeypatch.setattr(parts, "_FEW", 0)
    need = np.array([0, 0, 1, 1, 2, 3, 4])
    seats = np.array([10, 10, 8, 8, 10, 5, 5])
    first = np.array([7_001, 7_000, 7_000, 7_000, 7_000, 7_000, 7_000])
    there = np.arange(7) >= 2 - ways
    problem = Problem(
        need=need[there], place=np.array([0, 0, 0, 1, 1, 1, 1])[there], first=first[there], last=first[there] + 1,
        weekdays=np.full(7, 127)[there], amount=seats[there], fixed=np.zeros(7, dtype=bool)[there],
        limit=np.array([10, 10]),
        goals=[Total(seats[there]), Total(np.array([1, 3, 0, 0, 9, 5, 5])[there])],
    )  # fmt: skip
    answer = solve(problem, ["a", "b"], "normal", 0, Control())
    best = best_of(problem, every_plan(problem), 2)[0]
    assert answer.values == list(problem.value(best)) == answer.bounds
