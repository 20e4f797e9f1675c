"""Capacity as rows of a 0/1 packing: per place and weekday one row for each largest set of spans that meet.

Spans on one weekday are runs of weeks, so a set of spans that meet pairwise meets in one week (intervals have the
Helly property), and the largest such sets are those at the last beginning before some span ends. A row that its place
can hold in full binds nothing and is dropped; equal rows are merged (Golumbic 1980, ch. 8: cliques of interval graphs).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matching.capacity import Ints, uses
from matching.table import Bools

_WEEKS = 1_000_000  # more than any week, so that place · _WEEKS + week sorts by place, then week
_CELLS = 4  # times as many as spans: more weeks than that are not all numbered


@dataclass(frozen=True)
class Packing:
    """Σ_j matrix[i, j]·x_j ≤ limit[i], x binary: ``matrix`` is CSR with a row per need and per binding clique."""

    matrix: sp.csr_array
    limit: Ints


def packing(need: Ints, place: Ints, first: Ints, last: Ints, weekdays: Ints, amount: Ints, limit: Ints) -> Packing:
    """The rows for columns (one per possible placement); ``limit`` per place."""
    many: list[Ints] = [np.bincount(need)]
    columns: list[Ints] = [np.argsort(need, kind="stable").astype(np.int32)]
    bound = [np.ones(len(many[0]), dtype=np.int64)]
    seen: set[int] = set()
    mark = np.random.default_rng(0).integers(1, 2**63, size=len(need), dtype=np.int64).view(np.uint64)
    for _, index, begin, end in uses(first, last, weekdays):
        row, column, owner = _cliques(index.astype(np.int32), place[index], begin, end)
        keep = _binding(row, need[column], amount[column], limit[owner])
        keep &= _fresh(row, mark[column], len(owner), seen)
        columns.append(column[keep[row]])
        many.append(np.bincount(row, minlength=len(owner))[keep])
        bound.append(limit[owner[keep]])
    indices = np.concatenate(columns)
    del columns
    data = amount.astype(np.int16 if amount.max(initial=0) < 2**15 else np.int32)[indices]
    data[: len(need)] = 1
    ptr = np.concatenate([[0], np.cumsum(np.concatenate(many))])
    if len(indices) < 2**31:
        ptr = ptr.astype(np.int32)  # else scipy takes twice the memory for the indices too
    rows = np.concatenate(bound)
    return Packing(sp.csr_array((data, indices, ptr), shape=(len(rows), len(need))), rows)


def _cliques(index: Ints, place: Ints, begin: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """The members of the largest meeting sets as (row, column) pairs sorted by row, and the place of each row."""
    moments = Moments.of(place, begin, end)
    low, high = moments.within(moments.tops)
    many = high - low
    member = np.repeat(np.arange(len(index), dtype=np.int32), many)
    row = (np.arange(len(member)) - np.repeat(np.cumsum(many) - many - low, many)).astype(np.int32)
    order = np.argsort(row, kind="stable")
    return row[order], index[member[order]], moments.place[moments.tops]


@dataclass(frozen=True)
class Moments:
    """Weeks of places, numbered by place and then by week: those in which spans begin and end, the place of each, and
    the ``tops`` at which the largest sets of spans meet: the last beginnings before some end."""

    begin: Ints
    end: Ints
    place: Ints
    tops: Bools

    @classmethod
    def of(cls, place: Ints, begin: Ints, end: Ints) -> Moments:
        """The moments of spans from week ``begin`` to week ``end`` of a place."""
        first = int(begin.min(initial=_WEEKS))
        weeks = int(end.max(initial=0)) + 1 - first
        count = (int(place.max(initial=-1)) + 1) * weeks
        if count <= _CELLS * len(place):  # every week is a moment: no sorting
            owner = np.repeat(np.arange(count // weeks) if count else place, weeks)
            from_, to = place * weeks + (begin - first), place * weeks + (end - first)
        else:
            keys = np.unique(np.concatenate([place * _WEEKS + begin, place * _WEEKS + end]))
            owner = keys // _WEEKS
            from_, to = np.searchsorted(keys, place * _WEEKS + begin), np.searchsorted(keys, place * _WEEKS + end)
        begun = np.zeros(len(owner), dtype=np.int64)
        begun[from_] = from_
        tops = np.zeros(len(owner), dtype=bool)
        tops[np.maximum.accumulate(begun)[to]] = True
        return cls(from_, to, owner, tops)

    def within(self, these: Bools) -> tuple[Ints, Ints]:
        """How many of ``these`` moments come before each span, and how many before it ends."""
        count = np.concatenate([[0], np.cumsum(these)])
        return count[self.begin], count[self.end + 1]

    def load(self, begin: Ints, end: Ints, amount: Ints) -> Ints:
        """What is in use at each moment when uses of ``amount`` last from moment ``begin`` to moment ``end``."""
        change = np.bincount(begin, weights=amount, minlength=len(self.place) + 1)
        change -= np.bincount(end + 1, weights=amount, minlength=len(self.place) + 1)
        return np.rint(np.cumsum(change)[:-1]).astype(np.int64)


def _binding(row: Ints, need: Ints, amount: Ints, limit: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows their place could not hold in full, each need counted once (its amount at a place is one number)."""
    order = np.lexsort((need, row)) if (np.diff(need)[row[1:] == row[:-1]] < 0).any() else np.arange(len(row))
    r, n = row[order], need[order]
    first = np.append(True, (r[1:] != r[:-1]) | (n[1:] != n[:-1]))[: len(r)]
    total = np.bincount(r[first], weights=amount[order][first], minlength=len(limit))
    return np.asarray(total > limit)


def _fresh(
    row: Ints, mark: np.ndarray[tuple[int], np.dtype[np.uint64]], count: int, seen: set[int]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows no earlier weekday had, told by a sum of random 64-bit marks of their members."""
    total = np.zeros(count, dtype=np.uint64)
    np.add.at(total, row, mark)
    fresh = np.array([int(t) not in seen for t in total], dtype=bool)
    seen.update(total.tolist())
    return fresh
