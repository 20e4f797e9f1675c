"""Inequalities that every plan keeps and a fractional one may break: cliques of conflicts and divided capacities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matching.capacity import Ints, weeks
from matching.solver.problem import Problem
from matching.table import Bools, Floats

_NEVER = 2**30
_CLEARLY = 0.01  # how far a row must be broken to be worth adding
_DIVISORS = 60


@dataclass(frozen=True)
class Cut:
    """Σ factor_j · x_j ≤ limit over these columns."""

    columns: Ints
    factors: Ints
    limit: int


class Conflicts:
    """Which pairs of columns no plan holds together: one need, or one day at one place with too little for both."""

    def __init__(self, problem: Problem):
        self._problem = problem
        begins, ends = [], []
        for weekday in range(7):
            begin, end = weeks(problem.first, problem.last, weekday)
            unused = (problem.weekdays >> weekday & 1) == 0
            begins.append(np.where(unused, _NEVER, begin).astype(np.int32))
            ends.append(np.where(unused, -1, end).astype(np.int32))
        self._begin, self._end = np.stack(begins), np.stack(ends)
        self._of_need = problem.columns_of
        order = np.argsort(problem.place, kind="stable")
        many = np.bincount(problem.place, minlength=len(problem.limit))
        self._of_place = order, np.concatenate([[0], np.cumsum(many)])

    def with_(self, column: int, others: Ints) -> Bools:
        """Which of the other columns are in conflict with this one."""
        p = self._problem
        place = p.place[column]
        rival = (p.place[others] == place) & (p.amount[others] + p.amount[column] > p.limit[place])
        at = np.flatnonzero(rival)
        meet = np.zeros(len(at), dtype=bool)
        for weekday in range(7):
            begin, end = self._begin[weekday, column], self._end[weekday, column]
            if begin <= end:
                some = others[at]
                meet |= (begin <= self._end[weekday, some]) & (self._begin[weekday, some] <= end)
        found: Bools = p.need[others] == p.need[column]
        found[at[meet]] = True
        return found

    def neighbours(self, column: int) -> Ints:
        """Every column that may be in conflict with this one."""
        p = self._problem
        of_need, need_ptr = self._of_need
        of_place, place_ptr = self._of_place
        need, place = int(p.need[column]), int(p.place[column])
        mine = of_need[need_ptr[need] : need_ptr[need + 1]]
        return np.union1d(mine, of_place[place_ptr[place] : place_ptr[place + 1]])


def cliques(conflicts: Conflicts, x: Floats, price: Floats, alive: Bools) -> Iterator[Cut]:
    """Sets of columns that are pairwise in conflict, of which x holds more than one; widened over all columns alive.

    Grown greedily from every fractional column by the largest x, then widened by the least ``price`` lost
    (Atamtürk, Nemhauser and Savelsbergh 2000).
    """
    held = np.flatnonzero(x > 1e-6)
    held = held[np.argsort(-x[held], kind="stable")]
    share = x[held]
    rows = np.array([conflicts.with_(int(column), held) for column in held.tolist()], dtype=bool)
    rows = rows.reshape(len(held), len(held))
    np.fill_diagonal(rows, False)
    seen: set[tuple[int, ...]] = set()
    for seed in np.flatnonzero(share < 1 - 1e-6).tolist():
        clique, near = [seed], np.flatnonzero(rows[seed])
        while len(near):
            best = int(near[np.argmax(share[near])])
            clique.append(best)
            near = near[rows[best][near]]
        members = tuple(sorted(held[clique].tolist()))
        if share[clique].sum() > 1 + _CLEARLY and members not in seen:
            seen.add(members)
            columns = _widened(conflicts, members, price, alive)
            yield Cut(columns, np.ones(len(columns), dtype=np.int64), 1)


def _widened(conflicts: Conflicts, members: tuple[int, ...], price: Floats, alive: Bools) -> Ints:
    more = conflicts.neighbours(members[0])
    more = more[alive[more]]
    for member in members:
        more = more[conflicts.with_(member, more)]
    more = more[~np.isin(more, members)]
    more = more[np.argsort(-price[more], kind="stable")]
    columns = list(members)
    while len(more):
        columns.append(int(more[0]))
        more = more[1:][conflicts.with_(columns[-1], more[1:])]
    return np.array(columns, dtype=np.int64)


def divided(capacity: sp.csr_array, limit: Ints, x: Floats) -> Iterator[tuple[int, int]]:
    """(row, q) where Σ ⌊a/q⌋·x ≤ ⌊limit/q⌋ is broken, the q that breaks it most (Chvátal and Gomory)."""
    held = np.flatnonzero(x > 1e-7)
    rows = capacity[:, held].tocsr()
    share = x[held]
    worst, by = np.zeros(rows.shape[0]), np.zeros(rows.shape[0], dtype=np.int64)
    for q in range(2, min(_DIVISORS, int(rows.data.max(initial=1))) + 1):
        part = sp.csr_array((rows.data // q, rows.indices, rows.indptr), shape=rows.shape)
        most = limit // q
        over = np.where(most > 0, (part @ share - most) / np.maximum(most, 1), 0)
        better = over > worst + 1e-6
        worst[better], by[better] = over[better], q
    for row in np.flatnonzero(worst > _CLEARLY).tolist():
        yield row, int(by[row])


def divided_row(capacity: sp.csr_array, limit: Ints, row: int, q: int) -> Cut:
    """The row with every amount and the limit divided by q and rounded down."""
    inside = slice(capacity.indptr[row], capacity.indptr[row + 1])
    factors = capacity.data[inside] // q
    kept = factors > 0
    return Cut(capacity.indices[inside][kept].astype(np.int64), factors[kept], int(limit[row]) // q)


def reachable(need: Ints, capacity: sp.csr_array, limit: Ints) -> Ints:
    """Each limit lowered to the largest sum of amounts at or below it that different needs can make."""
    lowered = limit.copy()
    for row, most in enumerate(limit.tolist()):
        inside = slice(capacity.indptr[row], capacity.indptr[row + 1])
        _, first = np.unique(need[capacity.indices[inside]], return_index=True)
        mask, sums = (1 << (most + 1)) - 1, 1
        for amount in capacity.data[inside][first].tolist():
            sums |= (sums << amount) & mask
            if sums >> most & 1:
                break
        lowered[row] = sums.bit_length() - 1
    return lowered
