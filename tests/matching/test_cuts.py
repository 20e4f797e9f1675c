"""Cuts: no plan breaks one, and they break what is only a plan in fractions."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from matching.solver.cuts import Lifting, covers

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
