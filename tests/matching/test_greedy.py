"""A last look at a plan: as if every need were tried at every better column, again and again."""

import numpy as np
import pytest

from matching.goals import Total
from matching.solver import Problem
from matching.solver.greedy import polished

SEEDS = range(30)


def full(seed: int) -> tuple[Problem, np.ndarray]:
    """Forty needs with six ways each, and a plan that places most of them, at a way they like little."""
    draw = np.random.default_rng(seed)
    need, first = np.repeat(np.arange(40), 6), 7_000 + draw.integers(0, 30, 240)
    problem = Problem(
        need=need, place=draw.integers(0, 8, 240), first=first, last=first + draw.integers(0, 40, 240),
        weekdays=draw.integers(1, 32, 240), amount=draw.integers(1, 6, 40)[need], fixed=draw.random(240) < 0.02,
        limit=np.full(8, 7), goals=[Total(draw.integers(0, 50, 240))],
    )  # fmt: skip
    plan, ledger, placed = [], problem.ledger(np.zeros(0, dtype=int)), set()
    for column in sorted(range(240), key=lambda at: (not problem.fixed[at], problem.goals[0].points[at])):
        if need[column] not in placed and problem.fits(ledger, column):
            problem.put(ledger, column)
            plan.append(column)
            placed.add(need[column])
    problem.fixed[np.setdiff1d(np.arange(240), plan)] = False
    return problem, np.sort(plan)


def tried_again_and_again(problem: Problem, plan: np.ndarray) -> list[int]:
    at, moved = {int(problem.need[column]): int(column) for column in plan}, True
    columns, ptr = problem.columns_of
    while moved:
        moved = False
        for need in sorted(at):
            if problem.fixed[at[need]]:
                continue
            ledger = problem.ledger(np.array([column for other, column in at.items() if other != need], dtype=int))
            for column in columns[ptr[need] : ptr[need] + problem.turn[at[need]]].tolist():
                if problem.fits(ledger, column):
                    at[need], moved = column, True
                    break
    return sorted(at.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_every_need_comes_to_its_best_place_that_is_free(seed):
    problem, plan = full(seed)
    found = polished(problem, plan)
    assert found.tolist() == tried_again_and_again(problem, plan) != plan.tolist()
    assert np.isin(np.flatnonzero(problem.fixed), found).all()
