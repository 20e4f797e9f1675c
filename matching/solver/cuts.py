"""Inequalities that every plan keeps and a fractional one may break: cliques, divided capacities, covers.

Of a *clique* of columns that are pairwise in conflict a plan holds one. A capacity may be divided and rounded down.
A *cover* is a set of needs that a place cannot hold together on some day, so that one of them is left out. Whoever
else could be there counts too, by how much of the cover it would push out (lifting; Gu, Nemhauser and Savelsbergh
2000). All ways to place a need at a place take the same of it and at most one is chosen, so they count as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matching.capacity import Ints, uses
from matching.solver.problem import Problem
from matching.table import Bools, Floats, grouped

_NEVER = 2**30
_CLEARLY = 0.01  # how far a row must be broken to be worth adding
_DIVISORS = 60
_OF_PLACE = 10  # covers of one place at a time: those of its other days are much the same


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
        self._begin = np.full((len(problem.need), 7), _NEVER, dtype=np.int32)
        self._end = np.full((len(problem.need), 7), -1, dtype=np.int32)
        for weekday, index, begin, end in uses(problem.first, problem.last, problem.weekdays):
            self._begin[index, weekday], self._end[index, weekday] = begin, end
        self._of_need = problem.columns_of
        order = np.argsort(problem.place, kind="stable")
        many = np.bincount(problem.place, minlength=len(problem.limit))
        self._of_place = order, np.concatenate([[0], np.cumsum(many)])

    def with_(self, column: int, others: Ints) -> Bools:
        """Which of the other columns are in conflict with this one."""
        p = self._problem
        place = p.place[column]
        rival = (p.place[others] == place) & (p.amount[others] + p.amount[column] > p.limit[place])
        some = others[rival]
        meet = (self._begin[column] <= self._end[some]) & (self._begin[some] <= self._end[column])
        found: Bools = p.need[others] == p.need[column]
        found[rival] |= meet.any(axis=1)
        return found

    def among(self, columns: Ints) -> sp.csr_array:
        """Which pairs of these columns are in conflict, none with itself: a matrix that is true there.

        Only columns of one need or at one place can be: of a huge market all pairs would be billions.
        """
        p = self._problem
        need, place, amount = p.need[columns], p.place[columns], p.amount[columns]
        begin, end = self._begin[columns].T, self._end[columns].T
        of_need, of_place = ([at for at in grouped(of) if len(at) > 1] for of in (need, place))
        pairs = [at[np.stack(np.nonzero(~np.eye(len(at), dtype=bool)))] for at in of_need]
        for at in of_place:
            meet = np.zeros((len(at), len(at)), dtype=bool)
            for weekday in range(7):
                starts_in_time = begin[weekday, at, None] <= end[weekday, at]
                meet |= starts_in_time & starts_in_time.T
            meet &= amount[at, None] + amount[at] > p.limit[place[at]]
            np.fill_diagonal(meet, False)
            pairs.append(at[np.stack(np.nonzero(meet))])
        one, other = np.concatenate([np.zeros((2, 0), dtype=np.int64), *pairs], axis=1)
        return sp.csr_array((np.ones(len(one), dtype=bool), (one, other)), shape=(len(columns), len(columns)))

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
    pairs = conflicts.among(held)
    pairs.sort_indices()
    seen: set[tuple[int, ...]] = set()

    def rivals(column: int) -> Ints:
        found: Ints = pairs.indices[pairs.indptr[column] : pairs.indptr[column + 1]]
        return found

    for seed in np.flatnonzero(share < 1 - 1e-6).tolist():
        clique, near = [seed], rivals(seed)
        while len(near):
            best = int(near[np.argmax(share[near])])
            clique.append(best)
            near = np.intersect1d(near, rivals(best), assume_unique=True)
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


class Lifting:
    """How much of a minimal cover of ``limit`` an amount counts for: whole numbers, ``unit`` of them for a member."""

    def __init__(self, amounts: Ints, limit: int):
        members = np.sort(amounts)[::-1].astype(np.int64)
        total = np.cumsum(members)
        over = int(total[-1]) - limit
        free = int(members[0]) - over  # the largest gives way to so much
        self._from = np.concatenate([[0], total - over])  # more than that counts for at least so many members
        self._ramp = np.maximum(np.append(members[1:], 0) - free, 0)
        self._ramp = np.concatenate([[0], self._ramp])
        self.unit = max(1, int(self._ramp[1])) if len(members) > 1 else 1
        self.limit = self.unit * (len(members) - 1)

    def of(self, amounts: Ints) -> Ints:
        """For each amount, of at most the limit."""
        many = np.searchsorted(self._from[1:], amounts, side="left")
        short = np.maximum(self._ramp[many] - (amounts - self._from[many]), 0)
        found: Ints = many * self.unit - np.where(many > 0, short, 0)
        return found


def covers(
    need: Ints, place: Ints, capacity: sp.csr_array, limit: Ints, x: Floats, known: set[tuple[int, ...]]
) -> Iterator[Cut]:
    """Lifted covers that x breaks, at most a few of each place; those ``known`` (row and needs) are left out, and new
    ones are added to them."""
    rows = _Rows(need, capacity, limit, x)
    found: list[tuple[float, int, Ints]] = []
    for row in rows.promising.tolist():
        broken, members = rows.cover(row)
        if broken > _CLEARLY:
            found.append((broken, row, members))
    of_place: dict[int, int] = {}
    for _, row, members in sorted(found, key=lambda one: -one[0]):
        inside = slice(capacity.indptr[row], capacity.indptr[row + 1])
        columns, amounts = capacity.indices[inside].astype(np.int64), capacity.data[inside].astype(np.int64)
        at, key = int(place[columns[0]]), (row, *members.tolist())
        if of_place.get(at, 0) < _OF_PLACE and key not in known:
            of_place[at] = of_place.get(at, 0) + 1
            known.add(key)
            ours = np.isin(need[columns], members)
            lifting = Lifting(amounts[ours][np.unique(need[columns[ours]], return_index=True)[1]], int(limit[row]))
            factors = np.where(ours, lifting.unit, lifting.of(np.minimum(amounts, limit[row])))
            kept = factors > 0
            yield Cut(columns[kept], factors[kept], lifting.limit)


class _Rows:
    """The rows of capacity over what a fractional x holds: of each row the needs, their amounts and shares."""

    def __init__(self, need: Ints, capacity: sp.csr_array, limit: Ints, x: Floats):
        held = np.flatnonzero(x > 1e-7)
        part = sp.csr_array(capacity[:, held])
        row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        who = need[held[part.indices]]
        order = np.lexsort((who, row))
        row, who = row[order], who[order]
        first = np.flatnonzero(np.append(True, (np.diff(row) != 0) | (np.diff(who) != 0))[: len(row)])
        self._limit = limit
        self._need, row = who[first], row[first]
        self._amount = part.data[order][first].astype(np.int64)
        share = np.add.reduceat(x[held[part.indices]][order], first) if len(first) else np.zeros(0)
        self._share = np.minimum(share, 1.0)
        self._ptr = np.searchsorted(row, np.arange(part.shape[0] + 1))
        self._covers: dict[tuple[int | bytes, ...], tuple[float, Ints]] = {}
        self.promising = self._promising(row)

    def _promising(self, row: Ints) -> Ints:
        """Rows in which a cover in fractions of needs leaves less than one out."""
        left_out = 1 - self._share
        order = np.lexsort((left_out / self._amount, row))
        amount, left_out, row = self._amount[order], left_out[order], row[order]
        before = np.cumsum(amount) - amount
        before -= before[self._ptr[row]]
        most = self._limit[row]
        part = np.clip((most + 1 - before) / amount, 0, 1)
        cost = np.bincount(row, weights=part * left_out, minlength=len(self._limit))
        total = np.bincount(row, weights=amount, minlength=len(self._limit))
        return np.flatnonzero((total > self._limit) & (cost < 1))

    def cover(self, row: int) -> tuple[float, Ints]:
        """How far the best cover found is broken (for its length), and the needs in it."""
        inside, most = slice(self._ptr[row], self._ptr[row + 1]), int(self._limit[row])
        # four in five rows hold what another day's row holds
        same = most, *(held[inside].tobytes() for held in (self._need, self._amount, self._share))
        if same not in self._covers:
            self._covers[same] = self._cover(inside, most)
        return self._covers[same]

    def _cover(self, inside: slice, most: int) -> tuple[float, Ints]:
        need, amount, share = self._need[inside], self._amount[inside], self._share[inside]
        best = 0.0, need[:0]
        for order in (np.argsort((1 - share) / amount, kind="stable"), np.argsort(-share, kind="stable")):
            total = np.cumsum(amount[order])
            count = int(np.searchsorted(total, most, side="right")) + 1
            members, weight = order[:count], int(total[count - 1])
            kept = np.ones(count, dtype=bool)
            for nth in np.lexsort((amount[members], share[members])).tolist():  # without whom it still is one
                if weight - amount[members[nth]] > most:
                    kept[nth], weight = False, weight - int(amount[members[nth]])
            members = members[kept]
            lifting = Lifting(amount[members], most)
            factor = lifting.of(np.minimum(amount, most))
            factor[members] = lifting.unit
            broken = float((factor @ share - lifting.limit) / np.sqrt(factor @ factor))
            best = max(best, (broken, need[members]), key=lambda one: one[0])
        return best


def reachable(need: Ints, capacity: sp.csr_array, limit: Ints) -> Ints:
    """Each limit lowered to the largest sum of amounts at or below it that different needs can make."""
    lowered = limit.copy()
    for row, most in enumerate(limit.tolist()):
        inside = slice(capacity.indptr[row], capacity.indptr[row + 1])
        mask, sums, seen = (1 << (most + 1)) - 1, 1, set[int]()
        for who, amount in zip(need[capacity.indices[inside]].tolist(), capacity.data[inside].tolist(), strict=True):
            if who not in seen:
                seen.add(who)
                sums |= (sums << amount) & mask
                if sums >> most & 1:
                    break
        lowered[row] = sums.bit_length() - 1
    return lowered
