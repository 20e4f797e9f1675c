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
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.capacity import Ints, uses
from matching.goals import Goal, Total
from matching.solver.packing import Moments
from matching.solver.problem import Problem
from matching.table import Bools, grouped

Runs = npt.NDArray[np.int32]  # of every column, by weekdays in use: the largest arrays of all

_NONE = 2**31 - 1  # the first moment of a column that meets none
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
    begin = _beside_fixed(problem, np.arange(len(problem.need)) if start is None else start)
    alive = np.zeros(len(problem.need), dtype=bool)
    alive[begin] = True
    by = np.arange(len(problem.need))
    places = len(problem.limit)
    changed, compared = np.ones(places, dtype=bool), np.zeros(places, dtype=bool)  # since columns were compared
    while changed.any() or not compared.all():
        if changed.any():
            compared &= ~changed
            here = np.flatnonzero(alive & changed[problem.place])
            _, high = _runs(problem.part(here))
            gone = _replaced_by_free(problem, goals, np.flatnonzero(alive), here[(high < 0).all(axis=0)], by)
        else:  # comparing every two columns takes longest, so what is free goes first
            here = np.flatnonzero(alive & ~compared[problem.place])
            gone = _replaced_at_place(problem, goals, here, *_runs(problem.part(here)), by)
            compared[:] = True
        alive[gone] = False
        changed[:] = False
        changed[problem.place[gone]] = True
    while not np.array_equal(by, by[by]):
        by = by[by]
    instead = np.full(len(problem.need), -1, dtype=np.int64)
    instead[begin] = by[begin]
    return Reduction(np.flatnonzero(alive), instead)


def parts(problem: Problem, columns: Ints) -> tuple[Ints, list[Ints]]:
    """The only columns of their needs that no capacity can stop; the other columns, by what hangs together.

    The parts come largest first.
    """
    small = problem.part(columns)
    low, high = _runs(small)
    lone = (high < 0).all(axis=0) & (np.bincount(small.need)[small.need] == 1)
    ends, size = [(small.need[:0], small.need[:0])], small.needs
    for begin, end in zip(low, high, strict=True):
        meets = np.flatnonzero(end >= 0)
        moments = int(end.max(initial=-1)) + 1
        ends.append((small.need[meets], size + begin[meets]))
        # A run of moments hangs together: each is tied to the next where some column meets both.
        over = np.bincount(begin[meets], minlength=moments + 1) - np.bincount(end[meets], minlength=moments + 1)
        tied = size + np.flatnonzero(np.cumsum(over)[:moments] > 0)
        ends.append((tied, tied + 1))
        size += moments
    one, other = (np.concatenate(side) for side in zip(*ends, strict=True))
    _, label = connected_components(sp.coo_array((np.ones(len(one)), (one, other)), shape=(size, size)), directed=False)
    label = label[small.need]
    rest = np.flatnonzero(~lone)
    groups = [rest[at] for at in grouped(label[rest])]
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


def _replaced_at_place(problem: Problem, goals: Sequence[Goal], here: Ints, low: Runs, high: Runs, by: Ints) -> Ints:
    """Columns ``here`` that another of their need at their place replaces; ``by`` is told which one."""
    gone = np.zeros(len(here), dtype=bool)
    for worse, better in _pairs(problem, here):
        holds, same = _no_goal_prefers(problem, goals, here[worse], here[better])
        worse, better, same = worse[holds], better[holds], same[holds]
        holds = np.ones(len(worse), dtype=bool)
        for begin, end in zip(low, high, strict=True):
            holds &= (end[better] < 0) | ((begin[worse] <= begin[better]) & (end[better] <= end[worse]))
            same &= (begin[worse] == begin[better]) & (end[better] == end[worse])
        holds &= ~same | (problem.rank[here[better]] < problem.rank[here[worse]])
        gone[worse[holds]] = True
        by[here[worse[holds]]] = here[better[holds]]
    found: Ints = here[gone]
    return found


def _replaced_by_free(problem: Problem, goals: Sequence[Goal], alive: Ints, free: Ints, by: Ints) -> Ints:
    """Columns that their need's best free one replaces: one that no capacity can ever stop."""
    best = np.full(problem.needs, -1, dtype=np.int64)
    order = free[np.argsort(-problem.rank[free])]
    best[problem.need[order]] = order
    better = best[problem.need[alive]]
    some = (better >= 0) & (better != alive)
    worse, better = alive[some], better[some]
    holds, _ = _no_goal_prefers(problem, goals, worse, better)
    by[worse[holds]] = better[holds]
    replaced: Ints = worse[holds]
    return replaced


def _no_goal_prefers(problem: Problem, goals: Sequence[Goal], worse: Ints, better: Ints) -> tuple[Bools, Bools]:
    """Which worse columns no goal prefers to the better ones, and which of them are worth the same; fixed ones stay."""
    holds = ~problem.fixed[worse]
    same = np.ones(len(worse), dtype=bool)
    for goal in goals:
        holds &= goal.points[better] >= goal.points[worse]
        same &= goal.points[better] == goal.points[worse]
    return holds, same


def _runs(problem: Problem) -> tuple[Runs, Runs]:
    """For each weekday in use the first and last moment of full use that each column meets: arrays (weekdays, columns).

    A moment is a week in which the largest sets of columns meet (see packing) and in which the place could not hold
    all its needs, each taken from its first to its last possible day. The moments of a place stand in the order of
    time, so one column uses a part of another's capacity when its run lies inside the other's on each weekday.
    """
    low, high = [], []
    key = problem.need * len(problem.limit) + problem.place
    for _, index, begin, end in uses(problem.first, problem.last, problem.weekdays):
        moments = Moments.of(problem.place[index], begin, end)
        order = np.argsort(key[index], kind="stable")
        group = np.flatnonzero(np.append(True, np.diff(key[index][order]) != 0))
        from_ = np.minimum.reduceat(moments.begin[order], group)
        to = np.maximum.reduceat(moments.end[order], group)
        load = moments.load(from_, to, problem.amount[index[order[group]]])
        start, stop = moments.within(moments.tops & (load > problem.limit[moments.place]))
        meets = start < stop
        low.append(np.full(len(key), _NONE, dtype=np.int32))
        high.append(np.full(len(key), -1, dtype=np.int32))
        low[-1][index[meets]], high[-1][index[meets]] = start[meets], stop[meets] - 1
    return np.array(low).reshape(len(low), len(key)), np.array(high).reshape(len(high), len(key))


def _pairs(problem: Problem, here: Ints) -> Iterator[tuple[Ints, Ints]]:
    """(worse, better) to compare, as positions in ``here``: every two columns of a need at one place."""
    key = problem.need[here] * len(problem.limit) + problem.place[here]
    order = np.argsort(key, kind="stable")
    key = key[order]
    begin = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    size = np.diff(np.append(begin, len(key)))
    for many in np.unique(size[size > 1]).tolist():
        groups = begin[size == many]
        one, other = np.nonzero(~np.eye(many, dtype=bool))
        step = max(1, _PAIRS // len(one))
        for at in range(0, len(groups), step):
            some = groups[at : at + step, None]
            yield order[some + one].ravel(), order[some + other].ravel()


def cares_for_needs_only(problem: Problem, goal: Goal) -> bool:
    """Whether it matters to this goal only which needs are placed, not where or when."""
    columns, _ = problem.columns_of
    points = goal.points[columns]
    return bool((points[1:] == points[:-1])[np.diff(problem.need[columns]) == 0].all())


def separable(goals: Sequence[Goal]) -> bool:
    """Whether parts of a problem can be decided apart: every goal adds up."""
    return all(isinstance(goal, Total) for goal in goals)
