"""What is searched anew together: places that the same needs could use, and the needs placed there or nowhere; of a
single place, stretches of time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.capacity import Ints
from matching.solver.bound import Bound
from matching.solver.problem import Problem
from matching.table import Bools, Floats

_STRETCH = 6  # a stretch has a sixth of the columns that several places may have: those of one conflict more


def regions(
    problem: Problem, bound: Bound, chosen: Ints, alive: Bools, draws: Sequence[np.random.Generator], most: int
) -> list[Ints]:
    """Sets of columns that share no need and neither a place nor a day: what may change, while the rest of the plan
    stands.

    Each holds places near each other, or what lies around a day where there is one place, with the needs placed there
    and those placed nowhere (Shaw 1998); columns that are ``alive`` or chosen, at most so many beside the chosen ones.
    """
    free = alive.copy()
    alone = len(problem.limit) == 1
    found = []
    for draw in draws:
        if not free.any():
            break
        if alone:
            here, apart = _around(problem, free, draw, most // _STRETCH)
        else:
            here = np.isin(problem.place, _near(problem, bound, draw, 2 * most)) & free
        away = np.zeros(problem.needs, dtype=bool)
        away[problem.need[chosen[~here[chosen]]]] = True
        columns = np.flatnonzero(here & ~away[problem.need])
        columns = columns[np.lexsort((columns, -bound.reduced[columns]))[:most]]
        region = np.union1d(columns, chosen[here[chosen]])
        found.append(region)
        free &= apart if alone else ~np.isin(problem.place, problem.place[region])
        free &= ~np.isin(problem.need, problem.need[region])
    return found


def _around(problem: Problem, free: Bools, draw: np.random.Generator, most: int) -> tuple[Bools, Bools]:
    """The free columns that lie nearest around a day, at most so many, and all columns that have no day within them."""
    first, last, columns = problem.first, problem.last, np.flatnonzero(free)
    centre = columns[draw.integers(len(columns))]
    day = (first[centre] + last[centre]) // 2
    reach = np.maximum(day - first[columns], last[columns] - day)
    order = np.argsort(reach, kind="stable")[:most]
    here = np.zeros(len(first), dtype=bool)
    here[columns[order]] = True
    width = reach[order[-1]]
    return here, (first > day + width) | (last < day - width)


def _near(problem: Problem, bound: Bound, draw: np.random.Generator, most: int) -> Ints:
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
