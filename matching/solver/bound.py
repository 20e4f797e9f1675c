"""How good a plan can be at best: the linear relaxation by columns and cuts, and what its prices rule out.

Only columns that can pay are in the linear programme; the others are priced with its dual values and called in when
they would pay (Gilmore and Gomory 1961). Where prices near the best do, a first-order method takes all columns at
once, if they are not too many. Any prices y ≥ 0 prove Σ y·b + Σ max(0, c − yA) as an upper limit, so the bound is
computed from the prices here and does not rest on the LP solver's own tolerances (Neumaier and Shcherbina 2004). A
column whose reduced cost is lower than the gap is in no plan that is as good as the one at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from matching.capacity import Ints
from matching.goals import Goal, Total
from matching.solver.cuts import Conflicts, Cut, cliques, covers, divided, divided_row, reachable
from matching.solver.greedy import nth_of
from matching.solver.linear import Basis, Rows, Solution, best_fractional, near_fractional
from matching.solver.problem import Control, Problem
from matching.table import Bools, Floats

_SAFE, _LOST = 1e-6, 1e-4
_FLOATS = 1e-12  # of all that is added up: more than floats lose of it
_CALLS = 8  # columns of one need called in at a time
_ALL = 100_000  # columns that a first-order method takes all at once; of more, those that may pay


@dataclass(frozen=True)
class KeptRow:
    """A settled sum as a row: Σ points · x ≥ value − slack; the number of the row."""

    points: Ints
    value: int
    slack: int
    row: int


@dataclass
class Bound:
    """A proven upper limit, the reduced cost of every column, the price of every need's row and of every kept goal that
    is a sum, a fractional plan."""

    limit: float
    reduced: Floats
    need_price: Floats
    kept_price: Floats
    x: Floats

    @property
    def whole(self) -> int:
        return int(np.floor(self.limit + _SAFE))

    def gap(self, value: int) -> float:
        """What a plan worth so much may have to spare, and a little more for what floats lose."""
        return self.limit - value + _LOST


def at_most(*terms: Floats) -> float:
    """The sum of all terms, and a little more than floats lose of it."""
    return float(sum(each.sum() + _FLOATS * np.abs(each).sum() for each in terms))


class Relaxation:
    """The rows of a problem, tightened; it remembers cuts, settled goals and ruled-out columns from goal to goal."""

    def __init__(self, problem: Problem, control: Control):
        self.problem = problem
        self._control = control
        packed = problem.packing
        self.needs = problem.needs
        whole = packed.matrix
        at = int(whole.indptr[self.needs])
        self._packed = whole
        # This shares its entries with the packing: of a large market they are hundreds of megabytes.
        self._capacity = sp.csr_array(
            (whole.data[at:], whole.indices[at:], whole.indptr[self.needs :] - at),
            shape=(whole.shape[0] - self.needs, whole.shape[1]),
        )
        self._added = sp.csr_array((0, whole.shape[1]), dtype=np.float64)
        limit = packed.limit.copy()
        limit[self.needs :] = reachable(problem.need, self._capacity, limit[self.needs :])
        self._capacity_limit = limit[self.needs :]
        self._limit = limit.astype(np.float64)
        self._strict = self._limit
        self.alive: Bools = np.ones(len(problem.need), dtype=bool)
        self.must: Bools = np.zeros(self.needs, dtype=bool)
        self.kept: list[KeptRow] = []
        self._conflicts = Conflicts(problem)
        self._divided: set[tuple[int, int]] = set()
        self._covers: set[tuple[int, ...]] = set()

    def placing(self, needs: Bools) -> Relaxation:
        """The same for plans that place these needs and no others, for a programme over patterns to ask: it shares its
        cuts, and must not be given new ones."""
        other = copy(self)
        other.must, other.alive = needs, self.alive & needs[self.problem.need]
        return other

    @property
    def capacity(self) -> tuple[sp.csr_array, Ints]:
        """The rows of capacity over all columns, and the limit of each, lowered to what can be reached."""
        return self._capacity, self._capacity_limit

    def rows(self, strict: bool = False) -> Rows:
        """Everything a plan must keep, as rows over all columns; rows of needs that must be placed are equations.

        ``strict``: what a plan that loses nothing of the settled goals keeps, without slack.
        """
        equal = np.zeros(len(self._limit), dtype=bool)
        equal[: self.needs] = self.must
        return Rows((self._packed, self._added), self._strict if strict else self._limit, equal)

    def keep(self, goal: Goal, value: int, slack: int) -> None:
        """From now on the goal is worth at least ``value`` less ``slack``, and ``value`` in the strict rows."""
        if isinstance(goal, Total):
            best, counts = np.zeros(self.needs, dtype=np.int64), self.alive & (goal.points > 0)
            np.maximum.at(best, self.problem.need[counts], goal.points[counts])
            spare = int(best.sum()) - value + slack
            # without such a need, or with it at a place so much worse, the others could not make up for it
            self.must |= best > spare
            self.alive &= self.problem.fixed | (goal.points >= best[self.problem.need] - spare)
            if spare or slack:
                self.kept.append(KeptRow(goal.points, value, slack, len(self._limit)))
                points = sp.csr_array(-goal.points[None, :].astype(np.float64))
                self._append(points, np.array([slack - float(value)]), np.array([-float(value)]))
            return
        groups = len(goal.asked)
        each = (goal.group, np.arange(len(goal.group)))
        points = sp.csr_array((-goal.points.astype(np.float64), each), shape=(groups, len(goal.group)))
        least = -np.array([-(-value * asked // 100) for asked in goal.asked.tolist()], dtype=np.float64)
        lower = -np.array([-(-(value - slack) * asked // 100) for asked in goal.asked.tolist()], dtype=np.float64)
        self._append(points, lower, least)

    def _append(self, rows: sp.csr_array, limit: Floats, strict: Floats | None = None) -> None:
        self._added = sp.csr_array(sp.vstack([self._added, rows], format="csr"))
        self._limit = np.concatenate([self._limit, limit])
        self._strict = np.concatenate([self._strict, limit if strict is None else strict])

    def rule_out(self, bound: Bound, value: int, chosen: Ints) -> None:
        """Drop columns, and insist on needs, without which no plan worth ``value`` or more can do."""
        gap = bound.gap(value)
        self.alive &= bound.reduced >= -gap
        self.alive[chosen] = True
        self.must |= bound.need_price > gap

    def survivors(self, bound: Bound, value: int) -> Ints:
        """The columns that a plan worth more than ``value`` could use."""
        return np.flatnonzero(self.alive & (bound.reduced >= -bound.gap(value + 1)))

    def bound(
        self,
        points: Ints,
        core: Ints,
        rounds: int,
        least_gain: float,
        going: Callable[[Bound], bool],
        roughly: Callable[[Bound], bool],
    ) -> Bound:
        """Solve the relaxation for a sum of points, from the columns ``core`` on, in at most so many rounds.

        ``core`` must hold a plan that keeps the settled goals. After each round ``going`` is told the best bound,
        with the fractional plan of this round, and says whether to go on; it ends too when nothing is left to add
        and prices come no nearer, or three rounds gained less than the share ``least_gain`` of the bound. While
        ``roughly`` says so of the best bound, prices near the best ones do: a first-order method finds them sooner than
        the simplex, over all columns, or where those are too many over the few. Where it ends in the open, the simplex
        takes over.
        """
        gain = points.astype(np.float64)
        best = self._proven(gain, np.zeros(len(self._limit)), np.zeros(len(gain)))
        limits: list[float] = []
        basis = Basis()
        solution: Solution | None = None
        lost = False  # whether the first-order method ended in the open, with nothing to add that could help it
        for left in reversed(range(rounds)):
            near, few = roughly(best) and not lost, np.count_nonzero(self.alive) <= _ALL
            columns = np.flatnonzero(self.alive) if near and few else core
            if near:
                solution = near_fractional(self.rows(), gain, columns, self.problem.fixed, self._control, solution)
            else:
                solution = best_fractional(self.rows(), gain, columns, self.problem.fixed, self._control, basis)
            if solution is None:
                break
            x, price = solution.x, solution.price
            found = self._proven(gain, price, x)
            nearer = near and found.limit < best.limit  # begun there, the next prices may be nearer still
            reduced = found.reduced + (found.need_price - price[: self.needs])[self.problem.need]
            best = found if found.limit < best.limit else replace(best, x=x)
            calls = self._calls(reduced, columns)
            limits.append(best.limit)
            slow = len(limits) > 4 and limits[-4] - limits[-1] < least_gain * abs(limits[-1])
            if not going(best) or slow or not left:  # of a huge part cuts take as long as prices
                break
            ended = not (self._cut(x, reduced) or len(calls) or nearer)
            if ended and solution.settled:
                break
            lost |= ended
            core = np.union1d(core, np.flatnonzero(x > 1e-6) if near and few else calls)
        return best

    def _proven(self, gain: Floats, price: Floats, x: Floats) -> Bound:
        free = np.zeros(len(price), dtype=bool)
        free[: self.needs] = self.must
        price = np.where(free, price, np.maximum(price, 0))
        count = self._packed.shape[0]
        priced = np.flatnonzero(price[:count])  # few rows bind: only those are ever held as floats
        reduced = gain - self._packed[priced].T @ price[priced] - self._added.T @ price[count:]
        # With the other prices as they are, a need pays best what its best column leaves.
        fixed = self.problem.fixed
        inside = np.flatnonzero(self.alive & ~fixed)
        most = np.full(self.needs, -np.inf)
        np.maximum.at(most, self.problem.need[inside], reduced[inside])
        most[self.problem.need[fixed]] = -np.inf
        change = np.where(np.isfinite(most), np.where(self.must, most, np.maximum(most, -price[: self.needs])), 0.0)
        price[: self.needs] += change
        reduced -= change[self.problem.need]
        limit = at_most(price * self._limit, np.maximum(reduced[inside], 0), reduced[fixed])
        return Bound(limit, reduced, price[: self.needs], price[[k.row for k in self.kept]], x)

    def _calls(self, reduced: Floats, core: Ints) -> Ints:
        """Columns that would pay: for each need the best few, the best of all first."""
        paying = self.alive & (reduced > 1e-6)
        paying[core] = False
        columns = np.flatnonzero(paying)
        columns = columns[np.lexsort((columns, -reduced[columns]))]
        order = np.argsort(self.problem.need[columns], kind="stable")
        few = nth_of(self.problem.need[columns[order]]) < _CALLS
        return columns[order[few]]

    def _cut(self, x: Floats, reduced: Floats) -> int:
        """Add what x breaks; how many rows that was."""
        need, place = self.problem.need, self.problem.place
        cuts: list[Cut] = list(cliques(self._conflicts, x, reduced, self.alive))
        for row, q in divided(self._capacity, self._capacity_limit, x):
            if (row, q) not in self._divided:
                self._divided.add((row, q))
                cuts.append(divided_row(self._capacity, self._capacity_limit, row, q))
        cuts += list(covers(need, place, self._capacity, self._capacity_limit, x, self._covers))
        if cuts:
            rows = np.repeat(np.arange(len(cuts)), [len(cut.columns) for cut in cuts])
            columns = np.concatenate([cut.columns for cut in cuts])
            factors = np.concatenate([cut.factors for cut in cuts]).astype(np.float64)
            shape = (len(cuts), len(self.alive))
            self._append(
                sp.csr_array((factors, (rows, columns)), shape=shape), np.array([float(c.limit) for c in cuts])
            )
        return len(cuts)
