"""Patterns of what a place can hold: their bound is a limit for every plan, and their plans are plans."""

from dataclasses import replace

import numpy as np
import pytest
from ortools.math_opt import solution_pb2

from matching.goals import Total
from matching.solver import Control, Problem, decomposition
from matching.solver.bound import Relaxation
from matching.solver.decomposition import Decomposition
from matching.solver.greedy import first_plan
from matching.solver.linear import Basis, best_fractional
from matching.solver.model import Model
from matching.solver.pattern import best_patterns

SEEDS = range(12)


def crowded(seed: int, fixed: int = 0) -> Problem:
    """Thirty needs, each with three of six places to go to, of which one or two fill a place for a month or two."""
    draw = np.random.default_rng(seed)
    need = np.repeat(np.arange(30), 3)
    place = np.concatenate([draw.permutation(6)[:3] for _ in range(30)])
    first = 7_000 + 28 * draw.integers(0, 2, 30)
    amount = draw.integers(4, 10, 30)
    points = draw.integers(10, 30, 30)
    return Problem(
        need=need, place=place, first=first[need], last=(first + draw.integers(14, 56, 30))[need],
        weekdays=np.full(90, 31), amount=amount[need], fixed=np.arange(90) < fixed, limit=np.full(6, 13),
        goals=[Total(points[need]), Total(amount[need] + draw.integers(0, 9, 90))],
    )  # fmt: skip


def best(problem: Problem, k: int, kept: list[tuple[Total, int]]) -> int:
    """The most that goal k can be worth, by CP-SAT over the whole problem."""
    most = best_if_any(problem, k, kept)
    assert most is not None
    return most


def best_if_any(problem: Problem, k: int, kept: list[tuple[Total, int]]) -> int | None:
    """The same; ``None`` where no plan keeps the rest."""
    model = Model(problem, 0)
    for goal, value in kept:
        model.keep(goal, value)
    most = problem.simple_bound(problem.goals[k])
    start = np.flatnonzero(problem.fixed)
    found = model.maximise(problem.goals[k], start, most, 60.0, Control(), lambda value, limit: None)
    if found.chosen is None:
        return None
    assert found.bound == problem.goals[k].value(found.chosen)
    return int(found.bound)


def by_patterns(problem: Problem, k: int, relaxation: Relaxation, plan, most: int = 1_000):
    """(bound of the relaxation alone, bound of patterns, plan of patterns) for goal k, begun from a plan."""
    goal = problem.goals[k]
    alone = relaxation.bound(
        goal.points, np.arange(len(problem.need)), 1, 0.0, lambda bound: False, lambda bound: False
    )
    patterns = Decomposition(relaxation, goal, (), Control())
    patterns.add(plan)
    found, _ = patterns.proven(alone)
    found = patterns.bound(found, 50.0, lambda bound: True)
    for nth in range(5):
        plan = patterns.plans(plan).recombined(most, np.random.default_rng(nth), 100)
    return alone, found, plan


@pytest.mark.parametrize("seed", SEEDS)
def test_patterns_bound_better_than_any_programme_over_columns(seed):
    """Their limit is none that a plan could pass, and below what fractions of columns reach; their plan is a plan."""
    problem = crowded(seed)
    alone, found, plan = by_patterns(problem, 0, Relaxation(problem, Control()), first_plan(problem, Control()))
    most = best(problem, 0, [])
    assert most <= found.limit + 1e-6
    assert found.limit < alone.limit - 1e-6
    assert (problem.packing.matrix[:, plan].sum(axis=1) <= problem.packing.limit).all()
    assert most - problem.goals[0].value(plan) <= 10


@pytest.mark.parametrize("most", [1_000, 20])
@pytest.mark.parametrize("seed", SEEDS)
def test_patterns_keep_what_is_settled_and_fixed(seed, most):
    """With the first goal settled at its best and a column fixed, the limit of the second holds, its plan
    too, however many places are chosen anew at a time."""
    problem = crowded(seed, fixed=1)
    first = best(problem, 0, [])
    model = Model(problem, 0)
    model.keep(problem.goals[0], first)
    start = model.maximise(problem.goals[0], np.array([0]), first, 60.0, Control(), lambda value, limit: None).chosen
    assert start is not None
    relaxation = Relaxation(problem, Control())
    relaxation.keep(problem.goals[0], first, 0)
    _, found, plan = by_patterns(problem, 1, relaxation, start, most)
    best_kept = best(problem, 1, [(problem.goals[0], first)])
    assert best_kept <= found.limit + 1e-6
    assert 0 in plan and problem.goals[0].value(plan) >= first
    assert problem.goals[1].value(start) <= problem.goals[1].value(plan) <= best_kept
    assert (problem.packing.matrix[:, plan].sum(axis=1) <= problem.packing.limit).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_place_earns_at_the_best_prices_is_sought_once(seed, monkeypatch):
    """A proof asks again only what little work left open."""
    settled: set[tuple[int, bytes]] = set()

    def ask(place, worth, known, work, control):
        earned = best_patterns(place, worth, known, work, control)
        question = id(place), worth.tobytes()
        assert question not in settled
        if earned.settled:
            settled.add(question)
        return earned

    monkeypatch.setattr(decomposition, "best_patterns", ask)
    problem = crowded(seed)
    by_patterns(problem, 0, Relaxation(problem, Control()), first_plan(problem, Control()))
    assert settled


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_kept_of_places_proves_what_asking_them_all_anew_proves(seed):
    """The limit of the best prices, asked of a programme that has seen nothing yet."""
    problem = crowded(seed)
    relaxation = Relaxation(problem, Control())
    _, found, _ = by_patterns(problem, 0, relaxation, first_plan(problem, Control()))
    anew = Decomposition(relaxation, problem.goals[0], (), Control())
    anew.add(first_plan(problem, Control()))
    loose = replace(found, limit=np.inf)
    assert anew.proven(loose)[0].limit == pytest.approx(found.limit, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_chosen_anew_at_the_same_time_does_not_lose_what_is_settled_twice(seed):
    """From a plan that is worth more than it must be, to one that still is: either half alone could lose it all."""
    problem = crowded(seed)
    start = first_plan(problem, Control())
    least = problem.goals[0].value(start) - 30
    relaxation = Relaxation(problem, Control())
    relaxation.keep(problem.goals[0], least, 0)
    points, every = problem.goals[1].points, np.arange(len(problem.need))
    alone = relaxation.bound(points, every, 1, 0.0, lambda bound: False, lambda bound: False)
    patterns = Decomposition(relaxation, problem.goals[1], (), Control())
    patterns.add(start)
    found, _ = patterns.proven(alone)
    patterns.bound(found, 5.0, lambda bound: True)
    for nth in range(6):
        plan = patterns.plans(start).recombined(20, np.random.default_rng(nth), 100)
        assert problem.goals[0].value(plan) >= least


@pytest.mark.parametrize("seed", SEEDS)
def test_what_prices_rule_out_is_in_no_plan_as_good(seed):
    """A column whose reduced cost lies below the gap is in no best plan."""
    problem = crowded(seed)
    _, found, _ = by_patterns(problem, 0, Relaxation(problem, Control()), first_plan(problem, Control()))
    most = best(problem, 0, [])
    for column in np.flatnonzero(found.reduced < -(found.limit - most) - 1e-4)[:10].tolist():
        with_it = Problem(**{**vars(problem), "fixed": np.arange(90) == column, "goals": problem.goals[:1]})
        assert best(with_it, 0, []) < most


@pytest.mark.parametrize("seed", SEEDS)
def test_patterns_of_some_places_are_chosen_anew_beside_the_rest(seed):
    """However few patterns are chosen anew at once, the plan stays one, loses nothing and leaves what is fixed."""
    problem = crowded(seed, fixed=1)
    start = first_plan(problem, Control())
    *_, plan = by_patterns(problem, 0, Relaxation(problem, Control()), start, most=20)
    assert problem.goals[0].value(plan) >= problem.goals[0].value(start)
    assert (problem.packing.matrix[:, plan].sum(axis=1) <= problem.packing.limit).all()
    assert len(np.unique(problem.need[plan])) == len(plan)
    assert 0 in plan


def test_a_dive_settles_places_until_the_rest_is_small(monkeypatch):
    """However few patterns are left to be solved at once, what a dive takes is a plan."""
    monkeypatch.setattr("matching.solver.plans._LEFT", 2)
    for seed in SEEDS:
        problem = crowded(seed, fixed=1)
        relaxation = Relaxation(problem, Control())
        goal, start = problem.goals[0], first_plan(problem, Control())
        patterns = Decomposition(relaxation, goal, (), Control())
        patterns.add(start)
        bound = relaxation.bound(
            goal.points, np.arange(len(problem.need)), 1, 0.0, lambda bound: False, lambda bound: False
        )
        patterns.bound(patterns.proven(bound)[0], 50.0, lambda bound: True)
        plan = patterns.plans(start).dive(100)
        assert plan is not None and len(plan) > 8 and 0 in plan
        assert (problem.packing.matrix[:, plan].sum(axis=1) <= problem.packing.limit).all()
        assert len(np.unique(problem.need[plan])) == len(plan)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_programme_may_begin_where_one_with_other_columns_ended(seed):
    problem = crowded(seed)
    rows, gain = Relaxation(problem, Control()).rows(), problem.goals[0].points.astype(float)
    none = np.zeros(len(gain), dtype=bool)
    fewer = np.random.default_rng(seed).permutation(len(gain))[:50]
    basis, told = Basis(), solution_pb2.BasisProto()
    best_fractional(rows, gain, np.arange(len(gain)), none, Control(), basis)
    basis.tell(told, np.sort(fewer), np.arange(len(rows.limit)))
    inside = [*told.variable_status.values, *told.constraint_status.values].count(solution_pb2.BASIS_STATUS_BASIC)
    assert inside == len(rows.limit)
    for columns in (np.arange(len(gain)), np.sort(fewer), np.arange(len(gain))):
        begun = best_fractional(rows, gain, columns, none, Control(), basis)
        alone = best_fractional(rows, gain, columns, none, Control())
        assert begun is not None and alone is not None
        assert gain @ begun.x == pytest.approx(gain @ alone.x)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_cuts_prove_is_not_given_up(seed):
    """From a relaxation with its cuts, whose prices alone prove less, patterns still come to a limit no worse."""
    problem = crowded(seed)
    goal, relaxation = problem.goals[0], Relaxation(problem, Control())
    every = np.arange(len(problem.need))
    start = relaxation.bound(goal.points, every, 20, 0.0, lambda bound: True, lambda bound: False)
    patterns = Decomposition(relaxation, goal, (), Control())
    patterns.add(first_plan(problem, Control()))
    first, _ = patterns.proven(start)
    found = patterns.bound(first, 5.0, lambda bound: True)
    assert best(problem, 0, []) - 1e-6 <= found.limit <= first.limit <= start.limit
