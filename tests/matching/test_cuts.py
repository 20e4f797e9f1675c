"""Cuts: no plan breaks one, and they break what is only a plan in fractions."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from matching.goals import Total
from matching.solver import Control, Problem, solve
from matching.solver.cuts import Conflicts, Lifting, cliques, covers

SEEDS = range(12)


def one_day(seed: int):
    """Needs that would all be at one place on one day, some with two ways to: need, capacity, limit, amounts."""
    rng = np.random.default_rng(seed)
    amounts = rng.integers(1, 20, size=8)
    limit = np.array([max(int(amounts.max()), int(amounts.sum() * rng.uniform(0.3, 0.8)))])
    need = np.concatenate([np.arange(8), rng.integers(8, size=4)])
    return need, sp.csr_array(amounts[need][None, :]), limit, amounts


def fractional(need, amounts, limit, rng):
    """As much of each need as fits in a random order, the last in part, over its ways."""
    left, x = int(limit[0]), np.zeros(len(need))
    for one in rng.permutation(8).tolist():
        share = min(1.0, left / amounts[one])
        left -= share * amounts[one]
        ways = np.flatnonzero(need == one)
        x[ways] = share / len(ways)
    return x


@pytest.mark.parametrize("seed", SEEDS)
def test_no_choice_of_needs_that_fits_breaks_a_cover(seed):
    """Against every one of the 256 choices; each cut breaks the fractions that it was made for."""
    need, capacity, limit, amounts = one_day(seed)
    rng, seen, found = np.random.default_rng(seed), set(), 0
    for _ in range(20):
        x = fractional(need, amounts, limit, rng)
        for cut in covers(need, np.zeros(len(need), dtype=np.int64), capacity, limit, x, seen):
            found += 1
            assert cut.factors @ x[cut.columns] > cut.limit
            weight = np.zeros(8, dtype=np.int64)
            weight[need[cut.columns]] = cut.factors
            for chosen in itertools.product((0, 1), repeat=8):
                if np.dot(chosen, amounts) <= limit[0]:
                    assert np.dot(chosen, weight) <= cut.limit
    assert found


def test_who_would_push_out_two_counts_for_two():
    """Of 4, 3 and 3 in 8, one is left out; who takes 7 pushes out two of them, who takes 5 one, who takes 1 none."""
    lifting = Lifting(np.array([3, 4, 3]), 8)
    assert lifting.limit == 2 * lifting.unit
    assert (lifting.of(np.array([7, 5, 1])) == np.array([2, 1, 0]) * lifting.unit).all()


def test_what_is_known_is_not_found_again():
    need, capacity, limit, amounts = one_day(0)
    x = fractional(need, amounts, limit, np.random.default_rng(0))
    seen: set[tuple[int, ...]] = set()
    at = np.zeros(len(need), dtype=np.int64)
    assert list(covers(need, at, capacity, limit, x, seen))
    assert not list(covers(need, at, capacity, limit, x, seen))


def some_days(seed: int) -> Problem:
    """Forty columns of a day to six weeks on some weekdays, at four places that hold one to four of them."""
    draw = np.random.default_rng(seed)
    need, first, place = np.arange(40) // 2, 7_000 + draw.integers(0, 20, 40), draw.integers(0, 4, 40)
    return Problem(
        need=need, place=place, first=first, last=first + draw.choice([0, 1, 3, 8, 40], 40),
        weekdays=draw.integers(1, 128, 40), amount=draw.integers(2, 7, 20)[need], fixed=np.zeros(40, dtype=bool),
        limit=np.full(4, 8), goals=[Total(np.ones(40, dtype=np.int64))],
    )  # fmt: skip


def days(problem: Problem, column: int) -> set[int]:
    every = range(int(problem.first[column]), int(problem.last[column]) + 1)
    return {day for day in every if problem.weekdays[column] >> (day - 1) % 7 & 1}


@pytest.mark.parametrize("seed", SEEDS)
def test_two_columns_are_in_conflict_when_they_share_a_need_or_a_day_that_is_too_full(seed):
    """Day by day; a span may be too short to hold each of its weekdays."""
    problem, every = some_days(seed), np.arange(40)
    rivals = np.zeros((40, 40), dtype=bool)
    for one, other in itertools.permutations(range(40), 2):
        full = problem.amount[one] + problem.amount[other] > problem.limit[0]
        meet = problem.place[one] == problem.place[other] and days(problem, one) & days(problem, other)
        rivals[one, other] = problem.need[one] == problem.need[other] or (full and bool(meet))
    conflicts = Conflicts(problem)
    assert (conflicts.among(every).toarray() == rivals).all()
    for column in range(40):
        assert (np.delete(conflicts.with_(column, every), column) == np.delete(rivals[column], column)).all()
    found = list(cliques(conflicts, np.full(40, 0.4), np.zeros(40), np.ones(40, dtype=bool)))
    assert found
    for cut in found:
        assert rivals[np.ix_(cut.columns, cut.columns)].sum() == len(cut.columns) * (len(cut.columns) - 1)


def test_who_uses_no_monday_does_not_stand_in_the_way_of_mondays():
    """Three Mondays in a row, and beside them a Wednesday of somebody who also could on Mondays: both are placed."""
    problem = Problem(
        need=np.arange(2), place=np.zeros(2, dtype=int), first=np.array([7_001, 7_003]), last=np.array([7_015, 7_003]),
        weekdays=np.array([1, 5]), amount=np.array([5, 5]), fixed=np.zeros(2, dtype=bool), limit=np.array([5]),
        goals=[Total(np.array([5, 5]))],
    )  # fmt: skip
    assert not Conflicts(problem).with_(0, np.array([1])).any()
    answer = solve(problem, ["a"], "normal", 0, Control())
    assert answer.values == answer.bounds == [10]
