"""Plans that are made of whole patterns.

A dive takes patterns that are nearly whole in the programme over them, strikes what they hold from the others, and
solves the rest exactly once it is small (Sadykov, Vanderbeck, Pessoa, Tahiri and Uchoa 2019). From a plan at hand, the
best of all patterns are chosen, or those of some places anew beside the rest of the plan, exactly and together, again
and again (large neighbourhoods: Shaw 1998; over the columns of such a programme: Danna and Le Pape 2005).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matching.capacity import Ints
from matching.solver.effort import CORES
from matching.solver.greedy import nth_of
from matching.solver.linear import Basis, Rows, best_fractional
from matching.solver.pattern import Pattern, held_by
from matching.solver.problem import Problem
from matching.solver.programme import Programme
from matching.table import Bools, Floats

_SHARES = 2  # of the places whose patterns are chosen anew at a time, whatever the cores
_NEAREST = 4_000  # patterns that plans are made of
_DIVED, _LEFT = 2_000, 700  # those that a dive begins with, and that it leaves to HiGHS
_WHOLE = 0.8  # of a pattern that is taken in a dive
_SHARE = 0.08  # of the places that are settled at a time


@dataclass(frozen=True)
class Plans:
    """The patterns known, what each column is worth at the best prices, the limit that those prove (infinite where none
    were proven), and the plan at hand, whose patterns are among them."""

    programme: Programme
    patterns: list[Pattern]
    worth: Floats
    limit: float
    plan: Ints

    @property
    def problem(self) -> Problem:
        return self.programme.problem

    def dive(self, nodes: int) -> Ints | None:
        """A plan from the patterns alone: nearly whole ones are taken, and what they hold is struck from the others,
        until the rest is small.

        ``None`` where goals are settled, or needs must be placed: a dive would lose something of them.
        """
        if self.programme.kept or self.programme.must.any():
            return None
        taken = np.flatnonzero(self.problem.fixed)
        placed = np.zeros(self.problem.needs, dtype=bool)
        placed[self.problem.need[taken]] = True
        closed = np.zeros(len(self.problem.limit), dtype=bool)
        basis = Basis()
        left = self._rest(dict(enumerate(self._nearest(_DIVED, of_each=True))), placed, closed)
        while len(left) > _LEFT and not self.programme.control.over():
            some = self._dived(left, basis)
            placed[self.problem.need[some]] = True
            closed[self.problem.place[some]] = True
            taken, left = np.concatenate([taken, some]), self._rest(left, placed, closed)
        found = self.programme.best(list(left.values()), taken, self.plan, nodes) if left else taken[:0]
        return None if found is None else np.sort(np.concatenate([taken, found]))

    def _dived(self, numbered_patterns: dict[int, Pattern], basis: Basis) -> Ints:
        """The columns of the patterns that are nearest to whole: at least a share of the places is settled.

        The programme begins where that of the dive before ended, whose patterns had the same numbers.
        """
        numbers, patterns = np.array(list(numbered_patterns)), list(numbered_patterns.values())
        columns, owner, rows = self.programme.rows(patterns)
        packing, many = rows.blocks[0], int(numbers.max()) + 1
        packing = sp.csr_array((packing.data, numbers[packing.indices], packing.indptr), shape=(packing.shape[0], many))
        free = Rows((packing,), np.ones(packing.shape[0]), np.zeros(packing.shape[0], dtype=bool))
        gain = np.bincount(numbers[owner], weights=self.programme.gain[columns], minlength=many).astype(float)
        solution = best_fractional(free, gain, numbers, np.zeros(many, dtype=bool), self.programme.control, basis)
        share = (gain if solution is None else solution.x)[numbers]
        least = max(3, int(_SHARE * len({int(self.problem.place[one[0]]) for one in patterns})))
        settled: set[int] = set()
        placed = np.zeros(self.problem.needs, dtype=bool)
        taken: list[Ints] = []
        for nth in np.argsort(-share, kind="stable").tolist():
            if len(taken) >= least and share[nth] < _WHOLE:
                break
            pattern = np.array(patterns[nth])
            place, needs = int(self.problem.place[pattern[0]]), self.problem.need[pattern]
            if place not in settled and not placed[needs].any():
                settled.add(place)
                placed[needs] = True
                taken.append(pattern)
        return np.concatenate(taken)

    def recombined(self, most: int, random: np.random.Generator, nodes: int) -> Ints:
        """The plan with the best patterns of some places, or of all, beside what it puts at the others.

        Places are drawn at random, until they have ``most`` patterns, then as many others: both are decided at the
        same time, with the needs that are placed nowhere shared out between them. It keeps the settled goals as the
        plan does.
        """
        problem, plan, count = self.problem, self.plan, len(self.problem.limit)
        patterns = dict(enumerate(self._nearest(_NEAREST)))
        size = np.bincount(problem.place[[one[0] for one in patterns.values()]], minlength=count)
        order = random.permutation(np.flatnonzero(size))
        share = np.full(count, _SHARES)
        share[order] = np.minimum((np.cumsum(size[order]) - size[order]) // most, _SHARES)
        shares = min(int(share[order].max()) + 1, _SHARES)
        of_need = random.integers(shares, size=problem.needs)
        of_need[problem.need[plan]] = share[problem.place[plan]]

        def anew(mine: int) -> Ints:
            here = share[problem.place[plan]] == mine
            taken = plan[~here | problem.fixed[plan]]
            elsewhere = of_need != mine
            elsewhere[problem.need[taken]] = True
            left = list(self._rest(patterns, elsewhere, share != mine).values())
            found = self.programme.best(left, taken, plan, nodes) if left else None
            return plan[here & ~problem.fixed[plan]] if found is None else found

        with ThreadPoolExecutor(CORES) as pool:
            found = list(pool.map(anew, range(shares)))
        stands = plan[(share[problem.place[plan]] >= shares) | problem.fixed[plan]]
        return np.sort(np.concatenate([stands, *found]))

    def _nearest(self, count: int, of_each: bool = False) -> list[Pattern]:
        """The patterns of the plan, and those that earn least less than the best of their place: in no better plan does
        one earn less by more than the gap.

        ``of_each``: as many of each place, so that a dive has a choice everywhere; else whatever their places.
        """
        columns, owner = held_by(self.patterns)
        earned = np.bincount(owner, weights=self.worth[columns], minlength=len(self.patterns))
        place = self.problem.place[[one[0] for one in self.patterns]]
        most = np.full(len(self.problem.limit), -np.inf)
        np.maximum.at(most, place, earned)
        behind = most[place] - earned
        behind[np.bincount(owner, weights=~np.isin(columns, self.plan), minlength=len(behind)) == 0] = -1
        turn = np.zeros(len(behind), dtype=np.int64)
        if of_each:
            order = np.lexsort((behind, place))
            turn[order] = nth_of(place[order])
        gap = self.limit - float(self.programme.gain[self.plan].sum())
        turns = np.lexsort((behind, turn))
        return [self.patterns[nth] for nth in turns[behind[turns] <= gap][:count].tolist()]

    def _rest(self, patterns: dict[int, Pattern], placed: Bools, closed: Bools) -> dict[int, Pattern]:
        """What patterns of places that are not closed still hold, when these needs are placed elsewhere."""
        alive = ~(placed[self.problem.need] | closed[self.problem.place])
        first: dict[Pattern, int] = {}
        for number, one in patterns.items():
            first.setdefault(tuple(column for column in one if alive[column]), number)
        return {number: one for one, number in first.items() if one}
