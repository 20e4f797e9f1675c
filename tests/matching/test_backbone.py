"""Which needs every best plan places: as by looking at all plans, and of use to the goals after."""

from itertools import product

import numpy as np
import pytest

from matching.goals import Total
from matching.solver import Control, Problem, solve
from matching.solver import part as parts
from matching.solver.backbone import backbone
from matching.solver.bound import Relaxation
from matching.solver.effort import EFFORTS
from matching.solver.model import Found, Model
from matching.solver.part import Part
from matching.solver.problem import quietly
from tests.matching.test_decomposition import crowded

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
    """Always, never and left open, after two goals, each as in the plans themselves; no plan uses what is unused."""
    problem = small(seed, fixed=seed % 2)
    best = best_of(problem, every_plan(problem), 2)
    placed = np.array([np.bincount(problem.need[plan], minlength=problem.needs) > 0 for plan in best])
    monkeypatch.setattr(parts, "_FEW", 0)
    part = Part(problem, best[-1], 0, Control())
    for goal in problem.goals[:2]:
        part.keep(goal, goal.value(best[0]))
    assert part.decided(EFFORTS["normal"]).tolist() == placed.all(axis=0).tolist()
    left = np.bincount(problem.need[~part.unused], minlength=problem.needs)
    assert (left == 0).tolist() == (~placed).all(axis=0).tolist()
    assert not part.unused[np.concatenate(best)].any()


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


@pytest.mark.parametrize("seed", range(2, 8))
def test_what_prices_let_a_plan_spare_rules_out_no_plan_as_good_as_the_best(seed):
    """On crowded markets whose best plans leave out needs that have a price."""
    problem = crowded(seed)
    goal, every, none = problem.goals[0], np.arange(90), np.zeros(0, dtype=int)
    found = Model(problem, 0).maximise(goal, none, problem.simple_bound(goal), 60.0, Control(), quietly)
    value, left = goal.value(found.chosen), np.bincount(problem.need[found.chosen], minlength=30) == 0
    bound = Relaxation(problem, Control()).bound(goal.points, every, 1, 0.0, lambda _: True, lambda _: False)
    assert 0 < bound.need_price[left].sum() <= bound.gap(value)
    model = Model(problem, 0)
    model.spare(bound.need_price, bound.gap(value))
    told = model.maximise(goal, none, value + 1, 60.0, Control(), quietly)
    assert goal.value(told.chosen) == told.bound == value == found.bound


def test_what_is_dearer_than_can_be_spared_is_not_left_out():
    """Needs at prices 3, 2, 2 and 0, of which 2 and a half can be spared, where leaving out all would be best."""
    model = Model(plain(), 0)
    model.spare(np.array([3.0, 2.0, 2.0, 0.0]), 2.5)
    found = model.maximise(Total(np.array([-1, -2, -1, -1])), np.arange(4), 0, 1.0, Control(), quietly)
    assert found.chosen.tolist() == [0, 2]


AT_HAND = np.array([0, 1])
DIFFERENT = np.arange(4)


def plain() -> Problem:
    """Four needs of one column each, at places of their own."""
    four = np.arange(4)
    return Problem(
        need=four, place=four, first=four * 0 + 7_000, last=four * 0 + 7_000, weekdays=four * 0 + 127,
        amount=four * 0 + 1, fixed=four < 0, limit=four * 0 + 1, goals=[Total(four * 0 + 1)],
    )  # fmt: skip


def test_what_a_near_plan_shows_is_not_sought():
    """It places need 2 and not need 0: only then is it asked whether another differs."""
    asked = []

    def ask(goal: Total) -> Found:
        asked.append(goal.points.tolist())
        return Found(AT_HAND, goal.value(AT_HAND))

    always, never = backbone(plain(), AT_HAND, DIFFERENT, ask, lambda goal: np.array([1, 2]))
    assert asked == [[0, -1, 0, 1]]
    assert np.flatnonzero(always).tolist() == [1]
    assert np.flatnonzero(never).tolist() == [3]


def test_where_nothing_is_proven_nothing_is_said():
    def ask(goal: Total) -> Found:
        return Found(AT_HAND, goal.value(AT_HAND) + 1)

    assert backbone(plain(), AT_HAND, DIFFERENT, ask, lambda goal: AT_HAND) is None


def test_needs_that_are_the_same_are_not_sought_one_by_one():
    """Of a thousand needs two hundred fit in: any could be another. Nobody is asked."""
    many = np.arange(1_000)
    problem = Problem(
        need=many, place=many * 0, first=many * 0 + 7_000, last=many * 0 + 7_000, weekdays=many * 0 + 127,
        amount=many * 0 + 1, fixed=many < 0, limit=np.array([200]), goals=[Total(many * 0 + 1)],
    )  # fmt: skip

    def ask(goal: Total) -> Found:
        raise AssertionError

    always, never = backbone(problem, many[:200], many * 0, ask, ask)
    assert not always.any() and not never.any()


@pytest.mark.parametrize(("alike", "amount", "always"), [
    ([0, 0, 0], [2, 2, 2], []),  # need 2 in the place of either
    ([0, 1, 1], [2, 2, 2], [0]),  # of need 1 alone, which counts the same
    ([0, 0, 0], [2, 2, 3], [0, 1]),  # there is room for it in the place of none
])  # fmt: skip
def test_a_need_takes_the_place_of_one_that_counts_the_same_where_it_has_room(alike, amount, always):
    three = np.arange(3)
    problem = Problem(
        need=three, place=three * 0, first=three * 0 + 7_000, last=three * 0 + 7_000, weekdays=three * 0 + 127,
        amount=np.array(amount), fixed=three < 0, limit=np.array([4]), goals=[Total(three * 0 + 1)],
    )  # fmt: skip
    plan = three[:2]
    found, _ = backbone(problem, plan, np.array(alike), lambda goal: Found(plan, goal.value(plan)), lambda goal: plan)
    assert np.flatnonzero(found).tolist() == always
