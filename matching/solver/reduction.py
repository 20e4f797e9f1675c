"""What a search need not look at: columns that another column of the same need replaces at no loss, and parts of a
problem that have nothing to do with each other.

A column replaces another of its need when no goal prefers the other and it uses no row of capacity that the other does
not use. What is left binds fewer rows, so more is replaced, until nothing is (dominated columns: Brearley, Mitra and
Williams 1975). Needs that then share no row are decided apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.capacity import Ints
from matching.goals import Goal, Total
from matching.solver.packing import Packing
from matching.solver.problem import Problem
from matching.table import Bools

_NONE = 2**40  # the first row of a column that uses no row of a block
_PAIRS = 2_000_000  # compared together: bounds memory, changes nothing else


@dataclass(frozen=True)
class Reduction:
    """``kept`` columns (sorted) and, for every column, the kept one that replaces it: itself, or -1 for none."""

    kept: Ints
    instead: Ints


def reduced(problem: Problem, goals: Sequence[Goal], start: Ints | None = None) -> Reduction:
    """Drop columns that do not fit beside the fixed ones and columns that others replace for these goals.

    Only columns in ``start`` (all by default) are looked at.
    """
    instead = np.full(len(problem.need), -1, dtype=np.int64)
    kept = _beside_fixed(problem, np.arange(len(problem.need)) if start is None else start)
    instead[kept] = kept
    while True:
        by = _replaced(problem.part(kept), [goal.over(kept) for goal in goals])
        gone = by != np.arange(len(kept))
        if not gone.any():
            return Reduction(kept, instead)
        known = instead >= 0
        number = np.searchsorted(kept, instead[known])
        instead[known] = kept[by[number]]
        kept = kept[~gone]


def parts(problem: Problem, columns: Ints) -> tuple[Ints, list[Ints]]:
    """The only columns of their needs that no row of capacity binds; the other columns, by what hangs together.

    The parts come largest first.
    """
    small = problem.part(columns)
    capacity = sp.csc_array(small.packing.matrix[small.needs :])
    used = np.diff(capacity.indptr)
    lone = (used == 0) & (np.bincount(small.need)[small.need] == 1)
    rows, needs = capacity.shape[0], small.needs
    row = capacity.indices + needs
    of = np.repeat(small.need, used)
    graph = sp.coo_array((np.ones(len(row)), (row, of)), shape=(rows + needs, rows + needs))
    _, label = connected_components(graph, directed=False)
    label = label[small.need]
    rest = np.flatnonzero(~lone)
    order = rest[np.argsort(label[rest], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []
    return columns[lone], [columns[group] for group in sorted(groups, key=lambda g: (-len(g), g[0]))]


def _beside_fixed(problem: Problem, columns: Ints) -> Ints:
    fixed = np.flatnonzero(problem.fixed)
    if not len(fixed):
        return columns
    ledger = problem.ledger(fixed)
    taken = np.zeros(problem.needs, dtype=bool)
    taken[problem.need[fixed]] = True
    fits = ledger.fits(
        problem.place[columns],
        problem.first[columns],
        problem.last[columns],
        problem.weekdays[columns],
        problem.amount[columns],
    )
    return columns[problem.fixed[columns] | (fits & ~taken[problem.need[columns]])]


def _replaced(problem: Problem, goals: Sequence[Goal]) -> Ints:
    """For every column the one that replaces it (itself where none does), once more where that one is replaced too."""
    count = len(problem.need)
    points = [goal.points for goal in goals]
    low, high = _runs(problem.packing, problem.needs)
    by = np.arange(count)
    for worse, better in _pairs(problem, np.asarray((high < 0).all(axis=0))):
        holds = ~problem.fixed[worse]
        same = np.ones(len(worse), dtype=bool)
        for values in points:
            holds &= values[better] >= values[worse]
            same &= values[better] == values[worse]
        worse, better, same = worse[holds], better[holds], same[holds]
        holds = np.ones(len(worse), dtype=bool)
        for begin, end in zip(low, high, strict=True):
            holds &= (end[better] < 0) | ((begin[worse] <= begin[better]) & (end[better] <= end[worse]))
            same &= (begin[worse] == begin[better]) & (end[better] == end[worse])
        holds &= ~same | (problem.rank[better] < problem.rank[worse])
        by[worse[holds]] = better[holds]
    while not np.array_equal(by, by[by]):
        by = by[by]
    return by


def _runs(packing: Packing, needs: int) -> tuple[Ints, Ints]:
    """The first and last row of capacity that each column uses in each block: arrays (blocks, columns).

    In a block the rows that a column uses are an unbroken run of the rows of its place, because they stand in the
    order of time; so one column uses a part of another's rows when each of its runs lies inside the other's.
    """
    matrix = sp.csc_array(packing.matrix[needs:])
    matrix.sort_indices()
    column = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    block = np.searchsorted(packing.blocks, matrix.indices, side="right") - 1
    key = column * len(packing.blocks) + block
    begins = np.append(True, key[1:] != key[:-1])[: len(key)]
    ends = np.append(key[1:] != key[:-1], True)[-len(key) :] if len(key) else begins
    low = np.full((len(packing.blocks), matrix.shape[1]), _NONE, dtype=np.int64)
    high = np.full_like(low, -1)
    low[block[begins], column[begins]] = matrix.indices[begins]
    high[block[ends], column[ends]] = matrix.indices[ends]
    return low, high


def _pairs(problem: Problem, free: Bools) -> Iterator[tuple[Ints, Ints]]:
    """(worse, better) to compare: two columns of a need at one place, and any with its need's best free column."""
    order = np.lexsort((problem.rank, problem.place, problem.need))
    key = problem.need[order] * (int(problem.place.max(initial=0)) + 1) + problem.place[order]
    begin = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    size = np.diff(np.append(begin, len(key)))
    for many in np.unique(size[size > 1]).tolist():
        groups = begin[size == many]
        one, other = np.nonzero(~np.eye(many, dtype=bool))
        step = max(1, _PAIRS // len(one))
        for at in range(0, len(groups), step):
            some = groups[at : at + step, None]
            yield order[some + one].ravel(), order[some + other].ravel()
    best = np.full(problem.needs, -1, dtype=np.int64)
    unbound = np.flatnonzero(free)
    unbound = unbound[np.argsort(-problem.rank[unbound])]
    best[problem.need[unbound]] = unbound
    better = best[problem.need]
    worse = np.flatnonzero((better >= 0) & (better != np.arange(len(better))))
    yield worse, better[worse]


def cares_for_needs_only(problem: Problem, goal: Goal) -> bool:
    """Whether it matters to this goal only which needs are placed, not where or when."""
    columns, _ = problem.columns_of
    points = goal.points[columns]
    return bool((points[1:] == points[:-1])[np.diff(problem.need[columns]) == 0].all())


def separable(goals: Sequence[Goal]) -> bool:
    """Whether parts of a problem can be decided apart: every goal adds up."""
    return all(isinstance(goal, Total) for goal in goals)
