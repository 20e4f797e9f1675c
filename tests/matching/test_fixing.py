"""What no plan so good can use: as by forcing each column, of one place and of a whole market."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp

from matching.goals import Total
from matching.solver import Control, Problem, solve
from matching.solver import part as parts
from matching.solver.bound import Bound, Relaxation
from matching.solver.decomposition import Decomposition
from matching.solver.fixing import Fixing
from matching.solver.greedy import first_plan
from matching.solver.pattern import Place, witnesses
from tests.matching.test_decomposition import best, crowded

SEEDS = range(12)


def place_of(seed: int) -> tuple[Place, np.ndarray]:
    """Ten columns of seven needs in four moments of one place that holds a few of them; what each is worth."""
    draw = np.random.default_rng(seed)
    need = np.sort(np.concatenate([np.arange(7), draw.integers(0, 7, 3)]))
    rows = draw.integers(1, 5, 10) * (draw.random((4, 10)) < 0.6)
    fixed = (np.arange(10) == 0) & (seed % 3 == 0)
    place = Place(np.arange(10) * 3, need, fixed, sp.csc_array(rows), np.full(4, 6))
    worth = np.zeros(30)
    worth[place.columns] = draw.normal(3.0, 3.0, 10)
    return place, worth


def every_set(place: Place) -> list[np.ndarray]:
    """All that the place can hold together, as positions of its columns."""
    found = []
    for bits in product((0, 1), repeat=len(place.columns)):
        x = np.array(bits)
        once = np.bincount(place.need, weights=x).max() <= 1
        if once and (x >= place.fixed).all() and (place.rows @ x <= place.limit).all():
            found.append(np.flatnonzero(x))
    return found


@pytest.mark.parametrize("gap", [0.0, 1.5, 4.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_says_of_each_column_whether_it_can_earn_so_much_with_it(seed, gap):
    """As by looking at all that it can hold; what it shows as proof can be held, and earns as much."""
    place, worth = place_of(seed)
    mine, sets = worth[place.columns], every_set(place)
    least = max(mine[held].sum() for held in sets) - gap
    good = {tuple(place.columns[held].tolist()) for held in sets if mine[held].sum() >= least - 1e-9}
    found, beyond = witnesses(place, worth, least - 1e-6, [], 10.0, Control())
    assert set(found) <= good
    held = np.isin(place.columns, [column for one in good for column in one])
    assert beyond.tolist() == place.columns[~held & ~place.fixed].tolist()
    some = list(good)[:1]
    assert witnesses(place, worth, least - 1e-6, some, 10.0, Control())[1].tolist() == beyond.tolist()


def test_a_place_that_is_not_asked_to_the_end_rules_out_nothing():
    place, worth = place_of(1)
    assert witnesses(place, worth, 0.0, [], 10.0, Control(stop=lambda: True)) == ([], pytest.approx(np.zeros(0)))


def fixing_of(problem: Problem) -> tuple[Bound, Fixing]:
    """The bound that patterns prove for the first goal, and what its prices rule out."""
    goal, relaxation = problem.goals[0], Relaxation(problem, Control())
    every = np.arange(len(problem.need))
    alone = relaxation.bound(goal.points, every, 9, 0.0, lambda bound: True, lambda bound: False)
    patterns = Decomposition(relaxation, goal, (), Control())
    patterns.add(first_plan(problem, Control()))
    bound = patterns.bound(patterns.proven(alone)[0], 50.0, lambda bound: True)
    fixing = patterns.fixing()
    assert fixing is not None
    return bound, fixing


def with_each(problem: Problem) -> np.ndarray:
    """The most that the first goal can be worth with each column in the plan; -1 where no plan has it."""
    values = []
    for column in range(len(problem.need)):
        fixed = problem.fixed | (np.arange(len(problem.need)) == column)
        try:
            values.append(best(replace(problem, fixed=fixed), 0, []))
        except AssertionError:  # it does not fit beside the fixed ones
            values.append(-1)
    return np.array(values)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_ruled_out_is_in_no_plan_that_is_worth_as_much(seed):
    """For plans as good as the best, and for plans up to four worse, whichever is asked first."""
    problem = crowded(seed, fixed=seed % 2)
    bound, fixing = fixing_of(problem)
    most, with_it = best(problem, 0, []), with_each(problem)
    for worse in (0, 4, 1):
        sharp = fixing.sharpened(bound, most - worse)
        out = (sharp.reduced < -sharp.gap(most - worse)) & ~problem.fixed
        assert (with_it[out] < most - worse).all()
        assert (sharp.reduced <= bound.reduced).all()


def test_more_is_ruled_out_than_by_reduced_costs_alone():
    """Over all seeds: at least half as much again."""
    ruled = []
    for seed in SEEDS:
        problem = crowded(seed)
        bound, fixing = fixing_of(problem)
        most = best(problem, 0, [])
        sharp = fixing.sharpened(bound, most)
        ruled.append([np.count_nonzero(each.reduced < -each.gap(most)) for each in (bound, sharp)])
    before, after = np.sum(ruled, axis=0)
    assert after >= 1.5 * before


@pytest.mark.parametrize("seed", SEEDS)
def test_all_goals_are_as_good_as_can_be_when_much_is_ruled_out_before_them(seed, monkeypatch):
    """Three goals, the first two of needs only, on a market whose columns come in two ways each; none of them is
    small enough to be proven at once. Each as good as CP-SAT proves it over the whole market."""
    monkeypatch.setattr(parts, "_FEW", 0)
    one = crowded(seed, fixed=seed % 2)
    draw = np.random.default_rng(seed)
    twice = np.repeat(np.arange(90), 2)
    shift = np.tile([0, 7], 90)
    problem = replace(
        one, need=one.need[twice], place=one.place[twice], first=one.first[twice] + shift,
        last=one.last[twice] + shift, weekdays=one.weekdays[twice], amount=one.amount[twice],
        fixed=one.fixed[twice] & (shift == 0), goals=[
            one.goals[0].over(twice), Total(draw.integers(1, 9, 30)[one.need][twice]),
            Total(draw.integers(0, 50, 180)),
        ],
    )  # fmt: skip
    answer = solve(problem, ["a", "b", "c"], "normal", 0, Control())
    kept: list[tuple[Total, int]] = []
    for k, goal in enumerate(problem.goals):
        kept.append((goal, best(problem, k, kept)))
    assert answer.values == [value for _, value in kept] == answer.bounds
