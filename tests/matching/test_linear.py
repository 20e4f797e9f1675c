"""Linear programmes: prices near the best ones prove a limit too, and a simplex that goes round in circles is left."""

from fractions import Fraction

import numpy as np
import pytest
from ortools.math_opt import result_pb2

from matching.goals import Total
from matching.solver import Control, Problem
from matching.solver import bound as bounding
from matching.solver import linear as programmes
from matching.solver.bound import Relaxation, at_most
from matching.solver.greedy import first_plan
from matching.solver.linear import best_fractional, best_whole, near_fractional
from matching.solver.model import Model
from matching.solver.problem import quietly
from tests.matching.test_decomposition import best, crowded


def bounds(problem: Problem, k: int, kept: list[tuple[Total, int]]):
    """By the simplex, then near it with the same cuts: those that a method finds by itself differ."""
    relaxation = Relaxation(problem, Control())
    for goal, value in kept:
        relaxation.keep(goal, value, 0)
    every = np.arange(len(problem.need))
    points = problem.goals[k].points
    exact = relaxation.bound(points, every, 20, 0.0, lambda bound: True, lambda bound: False)
    plan = first_plan(problem, Control())
    for goal, value in kept:
        plan = Model(problem, 0).maximise(goal, plan, value, 60.0, Control(), quietly).chosen
    few = np.union1d(np.flatnonzero(problem.turn < 1), plan)
    return relaxation.bound(points, few, 20, 0.0, lambda bound: True, lambda bound: True), exact


@pytest.mark.parametrize(("seed", "at_once"), [(0, 100_000), (1, 100_000), (2, 100_000), (3, 0), (4, 0)])
def test_near_prices_prove_a_limit_hardly_worse_than_the_best(seed, at_once, monkeypatch):
    """Over all columns at once, and where they are too many, over those that may pay."""
    monkeypatch.setattr(bounding, "_ALL", at_once)
    problem = crowded(seed, fixed=seed % 2)
    first = best(problem, 0, [])
    for k, kept in ((0, []), (1, [(problem.goals[0], first)])):
        near, exact = bounds(problem, k, kept)
        assert best(problem, k, kept) <= near.whole
        assert near.limit < 1.02 * exact.limit


def test_prices_do_not_depend_on_when_they_are_asked_for():
    problem = crowded(1)
    rows, gain = Relaxation(problem, Control()).rows(), problem.goals[0].points.astype(float)
    asked = [near_fractional(rows, gain, np.arange(90), problem.fixed, Control()) for _ in range(3)]
    for one in asked[1:]:
        assert np.array_equal(one.x, asked[0].x) and np.array_equal(one.price, asked[0].price)


def test_a_need_pays_what_its_best_column_leaves():
    """Without other prices, that is what its best column is worth: the plainest limit, not each column's worth."""
    problem = crowded(2)
    relaxation = Relaxation(problem, Control())
    bound = relaxation.bound(problem.goals[0].points, first_plan(problem, Control()), 0, 0.0, bool, bool)
    assert bound.whole == problem.simple_bound(problem.goals[0])


def test_a_solution_that_breaks_a_row_is_none_and_proves_nothing(monkeypatch):
    """HiGHS has been seen to give one, from a plan to begin with that it took for another."""
    problem = crowded(3)
    rows, gain, every = Relaxation(problem, Control()).rows(), problem.goals[0].points.astype(float), np.arange(90)
    start = first_plan(problem, Control())
    sound = best_whole(rows, gain, every, problem.fixed, start, 5, Control())
    solved = programmes._solved

    def broken(*asked):
        result = solved(*asked)
        values = result.solutions[0].primal_solution.variable_values
        del values.ids[:], values.values[:]
        values.ids.extend(range(90))
        values.values.extend([1.0] * 90)
        return result

    monkeypatch.setattr(programmes, "_solved", broken)
    found = best_whole(rows, gain, every, problem.fixed, start, 5, Control())
    assert sound.chosen is not None and found.chosen is None and found.limit == np.inf


@pytest.mark.parametrize(("worth", "lost"), [(1.0, 5e-5), (1e8, 0.1)])
def test_a_limit_does_not_rest_on_what_highs_tolerates(worth, lost, monkeypatch):
    """HiGHS may end with a bound that is too low by what its tolerances let pass."""
    problem = crowded(3)
    rows, gain, every = Relaxation(problem, Control()).rows(), problem.goals[0].points * worth, np.arange(90)
    start, solved = first_plan(problem, Control()), programmes._solved

    def lowered(*asked):
        result = solved(*asked)
        result.termination.objective_bounds.dual_bound = gain[best_of(result)].sum() - lost
        return result

    def best_of(result):
        values = result.solutions[0].primal_solution.variable_values
        return np.array(values.ids)[np.array(values.values) > 0.5]

    monkeypatch.setattr(programmes, "_solved", lowered)
    found = best_whole(rows, gain, every, problem.fixed, start, 500, Control())
    assert found.limit >= gain[found.chosen].sum()


def test_a_simplex_that_goes_round_in_circles_is_left(monkeypatch):
    problem = crowded(3)
    rows, gain, every = Relaxation(problem, Control()).rows(), problem.goals[0].points.astype(float), np.arange(90)
    exact = best_fractional(rows, gain, every, problem.fixed, Control())
    solved, methods = programmes._solved, []

    def circling(proto, solver, parameters, advice):
        methods.append(parameters.lp_algorithm)
        if len(methods) == 1:
            parameters.iteration_limit = 1  # as if it had used up all it may
        return solved(proto, solver, parameters, advice)

    monkeypatch.setattr(programmes, "_solved", circling)
    other = best_fractional(rows, gain, every, problem.fixed, Control())
    assert len(methods) == 2 and methods[0] != methods[1]
    assert gain @ other.x == pytest.approx(gain @ exact.x)


def test_a_limit_is_no_lower_than_what_it_adds_up():
    """Also where floats drop what is added: 2 to the power of 53 and twice a half are not told from the former."""
    terms = np.array([2.0**53, 0.5, 0.5, -3.0])
    assert Fraction(at_most(terms[:3], terms[3:])) >= sum(map(Fraction, terms.tolist()))


def test_a_relaxation_adds_up_no_less_than_its_columns_are_worth():
    three = np.arange(3)
    points = np.array([2**53, 1, 1])
    problem = Problem(
        need=three, place=three, first=three * 0 + 7_000, last=three * 0 + 7_000, weekdays=three * 0 + 127,
        amount=three * 0 + 1, fixed=three < 0, limit=three * 0 + 1, goals=[Total(points)],
    )  # fmt: skip
    relaxation = Relaxation(problem, Control())
    found = relaxation.bound(points, three, 3, 0.0, lambda bound: True, lambda bound: False)
    assert Fraction(found.limit) >= sum(points.tolist())


def test_a_goal_kept_at_its_most_leaves_only_the_best_ways():
    """One need, worth 10 and 1 in one way and 5 and 9 in another: once the first goal is kept, the second is worth 1;
    where others may make up for 5 of it, 9."""
    one = np.ones(2, dtype=np.int64)
    problem = Problem(
        need=0 * one, place=np.arange(2), first=7_000 * one, last=7_000 * one, weekdays=127 * one, amount=one,
        fixed=np.zeros(2, dtype=bool), limit=one, goals=[Total(np.array([10, 5])), Total(np.array([1, 9]))],
    )  # fmt: skip
    for slack, most in ((0, 1), (4, 1), (5, 9)):
        relaxation = Relaxation(problem, Control())
        relaxation.keep(problem.goals[0], 10, slack)
        points = problem.goals[1].points
        assert relaxation.bound(points, np.arange(2), 9, 0.0, lambda bound: True, lambda bound: False).whole == most


def test_what_ends_because_its_time_is_over_is_told(monkeypatch):
    """Also where the time for all is not over yet, and goes on: HiGHS is given less than that."""
    problem = crowded(3)
    rows, gain, every = Relaxation(problem, Control()).rows(), problem.goals[0].points.astype(float), np.arange(90)
    solved = programmes._solved

    def late(*asked):
        result = solved(*asked)
        result.termination.limit = result_pb2.LIMIT_TIME
        return result

    for given, control in ((solved, Control()), (late, Control(time_limit=600))):
        monkeypatch.setattr(programmes, "_solved", given)
        found = best_whole(rows, gain, every, problem.fixed, first_plan(problem, control), 5, control)
        assert found.chosen is not None
        assert control.late == (given is late) and not control.over()
