"""What a place earns at most: the same as among all sets of its columns, whatever set it is told first."""

from dataclasses import replace

import numpy as np
import pytest

from matching.goals import Total
from matching.solver import Control, Problem
from matching.solver.bound import Relaxation
from matching.solver.pattern import best_patterns, places_of


def one_place(seed: int) -> Problem:
    """Twelve ways to place eight needs at one place, on some weekdays of a year's first months."""
    draw = np.random.default_rng(seed)
    need = np.sort(np.append(np.arange(8), draw.integers(0, 8, 4)))
    first = 7_000 + draw.integers(0, 120, 12)
    return Problem(
        need=need, place=np.zeros(12, dtype=np.int64), first=first, last=first + draw.integers(0, 120, 12),
        weekdays=draw.integers(1, 32, 8)[need], amount=draw.integers(2, 9, 8)[need], fixed=np.zeros(12, dtype=bool),
        limit=np.array([12]), goals=[Total(np.ones(12, dtype=np.int64))],
    )  # fmt: skip


def plans_of(problem: Problem) -> np.ndarray:
    """All sets of the twelve columns that the place can hold, one a row."""
    sets = (np.arange(2**12)[:, None] >> np.arange(12)) & 1
    return sets[(sets @ problem.packing.matrix.T <= problem.packing.limit).all(axis=1)]


@pytest.mark.parametrize("seed", range(40))
def test_a_place_earns_what_its_best_set_is_worth(seed):
    problem = one_place(seed)
    kept = plans_of(problem)
    worth = np.random.default_rng(seed).uniform(-2, 10, 12)
    (place,) = places_of(Relaxation(problem, Control()))
    for told in ((), tuple(np.flatnonzero(kept[len(kept) // 2]).tolist()), tuple(range(12))):
        earned = best_patterns(place, worth, told, 10.0, Control())
        assert earned.limit == pytest.approx((kept @ worth).max())
        assert worth[earned.patterns[0]].sum() == pytest.approx(earned.limit)
        held = np.isin(np.arange(12), earned.patterns[0]).astype(int)
        assert (problem.packing.matrix @ held <= problem.packing.limit).all()


@pytest.mark.parametrize("work", [0.0, 1e-9, 1e-6, 1e-5])
@pytest.mark.parametrize("seed", range(10))
def test_a_place_left_early_is_not_said_to_earn_less_than_it_can(seed, work):
    problem = one_place(seed)
    worth = np.random.default_rng(seed).uniform(-2, 10, 12)
    (place,) = places_of(Relaxation(problem, Control()))
    earned = best_patterns(place, worth, (), work, Control())
    assert earned.value - 1e-6 <= (plans_of(problem) @ worth).max() <= earned.limit + 1e-6


def test_what_hardly_pays_is_in_the_limit():
    """Eight needs, each worth next to nothing, for which there is room: together they are worth eight times that."""
    problem = replace(one_place(0), limit=np.array([100]))
    (place,) = places_of(Relaxation(problem, Control()))
    earned = best_patterns(place, np.full(12, 5e-7), (), 10.0, Control())
    assert earned.limit >= 8 * 5e-7
    assert earned.settled


@pytest.mark.parametrize("seed", range(40))
def test_what_hardly_pays_is_in_the_limit_beside_what_does(seed):
    """Half of the columns pay, and the place is full: no set is worth more than the limit, however little more."""
    problem = one_place(seed)
    worth = np.where(np.arange(12) % 2, 1.0, 9e-7)
    (place,) = places_of(Relaxation(problem, Control()))
    earned = best_patterns(place, worth, (), 10.0, Control())
    assert earned.limit >= (plans_of(problem) @ worth).max() - 1e-12
