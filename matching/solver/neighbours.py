"""Which places lie near each other: those that the same needs could use."""

from __future__ import annotations

import numpy as np

from matching.capacity import Ints
from matching.solver.bound import Bound
from matching.solver.problem import Problem
from matching.table import Floats


def near_places(problem: Problem, bound: Bound, draw: np.random.Generator, most: int) -> Ints:
    """Places around one that is drawn, by how many needs they share with what is already in (ties by number).

    As many as have ``most`` columns together, at least one.

    Drawn is a place of a column that the fractional plan splits, where there is one: there whole plans lose most.
    """
    split = np.flatnonzero((bound.x > 1e-6) & (bound.x < 1 - 1e-6))
    source = problem.place[split] if len(split) else problem.place
    centre = int(source[draw.integers(len(source))])
    inside = np.zeros(len(problem.limit), dtype=bool)
    inside[centre] = True
    size = np.bincount(problem.place, minlength=len(inside))
    for _ in range(3):  # neighbours, then theirs
        shared = np.zeros(problem.needs, dtype=np.int64)
        np.add.at(shared, problem.need[inside[problem.place]], 1)
        common = np.bincount(problem.place, weights=np.minimum(shared, 3)[problem.need], minlength=len(inside))
        weight: Floats = common / np.maximum(size, 1)
        weight[inside] = np.inf
        order = np.lexsort((np.arange(len(weight)), -weight))
        order = order[weight[order] > 0]
        few = np.cumsum(size[order]) <= most
        inside[order[few]] = True
        if not few.all():
            break
    return np.flatnonzero(inside)
