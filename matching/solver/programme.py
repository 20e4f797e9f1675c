"""The programme over patterns: its rows, and its best whole choice, what it leaves in fractions decided exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matching.capacity import Ints
from matching.solver.bound import KeptRow
from matching.solver.linear import Rows, best_whole
from matching.solver.pattern import Pattern, held_by
from matching.solver.problem import Control, Problem
from matching.table import Bools, Floats, numbered


@dataclass(frozen=True)
class Programme:
    """What each column gains, the goals settled before as rows, the needs that must be placed."""

    problem: Problem
    gain: Floats
    kept: list[KeptRow]
    must: Bools
    control: Control

    def rows(self, patterns: list[Pattern]) -> tuple[Ints, Ints, Rows]:
        """Rows over patterns: needs, places, kept goals; and the columns with the pattern that holds each."""
        needs, places = self.problem.needs, len(self.problem.limit)
        columns, owner = held_by(patterns)
        at = self.problem.place[[one[0] for one in patterns]]
        entries = np.ones(len(columns) + len(patterns))
        row = np.concatenate([self.problem.need[columns], needs + at])
        column = np.concatenate([owner, np.arange(len(patterns))])
        blocks = [sp.csr_array((entries, (row, column)), shape=(needs + places, len(patterns)))]
        limit = [np.ones(needs + places)]
        for kept in self.kept:
            worth = np.bincount(owner, weights=kept.points[columns], minlength=len(patterns))
            blocks.append(sp.csr_array(-worth[None, :]))
            limit.append(np.array([kept.slack - float(kept.value)]))
        limits = np.concatenate(limit)
        equal = np.zeros(len(limits), dtype=bool)
        equal[:needs] = self.must
        return columns, owner, Rows(tuple(blocks), limits, equal)

    def best(self, patterns: list[Pattern], taken: Ints, start: Ints, nodes: int) -> Ints | None:
        """HiGHS over the patterns, beside what is taken.

        y is 1 for a way to place a need: at most one of a need, and none that no chosen pattern holds. So patterns may
        overlap, and what they both hold is placed at one of them.
        """
        columns, owner = held_by(patterns)
        need = numbered(self.problem.need[columns])[1]
        place = numbered(self.problem.place[[one[0] for one in patterns]])[1]
        worth = np.stack([need, self.gain[columns], *(kept.points[columns] for kept in self.kept)])
        _, first, way = np.unique(worth, axis=1, return_index=True, return_inverse=True)
        ways, count = len(first), len(patterns)
        y = count + np.arange(ways)
        needs, places = int(need.max()) + 1, int(place.max()) + 1
        none = np.zeros(count)
        parts = [
            (
                np.concatenate([way.ravel(), np.arange(ways)]),
                np.concatenate([owner, y]),
                np.repeat([-1.0, 1.0], [len(way.ravel()), ways]),
            ),
            (ways + need[first], y, np.ones(ways)),
            (ways + needs + place, np.arange(count), np.ones(count)),
        ]
        row, column, factor = (np.concatenate(side) for side in zip(*parts, strict=True))
        shape = (ways + needs + places, count + ways)
        blocks = [sp.csr_array((factor, (row, column)), shape=shape)]
        limit = [np.repeat([0.0, 1.0], [ways, needs + places])]
        for kept in self.kept:
            blocks.append(sp.csr_array(np.concatenate([none, -kept.points[columns[first]]])[None, :]))
            least = max(float(kept.value), kept.points[start].sum())  # what is more than must be is not shared out
            limit.append(np.array([kept.points[taken].sum() - least]))
        limits = np.concatenate(limit)
        equal = np.zeros(len(limits), dtype=bool)
        equal[ways + need[first]] = self.must[self.problem.need[columns[first]]]
        rows = Rows(tuple(blocks), limits, equal)
        worthy = np.concatenate([none, self.gain[columns[first]]])
        # begun from the plan, HiGHS looks less far: 376,102 where it comes to 378,145 from nothing
        nothing = np.zeros(0, dtype=np.int64)
        fixed = np.zeros(count + ways, dtype=bool)
        found = best_whole(rows, worthy, np.arange(count + ways), fixed, nothing, nodes, self.control).chosen
        if found is None:
            return None
        chosen = np.zeros(count + ways, dtype=bool)
        chosen[found] = True
        held = columns[chosen[owner] & chosen[count + way.ravel()]]
        return held[np.unique(self.problem.need[held], return_index=True)[1]]
