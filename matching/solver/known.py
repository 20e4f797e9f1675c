"""What is known of every plan that is as good as the one at hand, and exact questions among those plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from matching.capacity import Ints
from matching.goals import Goal, SmallestShare, Total
from matching.solver.bound import Bound, Relaxation
from matching.solver.fixing import Fixing
from matching.solver.linear import Exact, best_whole
from matching.solver.model import Found, Model
from matching.solver.problem import Control, Problem, Tell
from matching.table import Bools

_UNDECIDED = 16  # needs of which all sets are counted up: 65,536, which takes a moment
_SETS = 8  # that are told: each takes a good part of the work on patterns


@dataclass(frozen=True)
class Kept:
    """A settled goal: what it is worth in every plan sought, by how much less in any, whether it cannot be more."""

    goal: Goal
    value: int
    slack: int
    proven: bool


class Known:
    """Settled goals, needs that must be placed, columns that are ruled out, and the bounds of the goal being settled.

    ``must``: needs that are known to be placed in every plan sought.
    """

    def __init__(self, problem: Problem, seed: int, control: Control, must: Bools | None = None):
        self._problem = problem
        self._seed = seed
        self._control = control
        self._must = must
        self.kept: list[Kept] = []
        self._told = 0  # of what is kept, how much the relaxation has been told
        self.bounds: list[Bound] = []  # what they rule out is told once the slack of their goal is known
        self.fixing: Fixing | None = None  # of the last of them

    @cached_property
    def _rows(self) -> Relaxation:
        relaxation = Relaxation(self._problem, self._control)
        if self._must is not None:
            relaxation.must |= self._must
        return relaxation

    @property
    def relaxation(self) -> Relaxation:
        for kept in self.kept[self._told :]:
            self._rows.keep(kept.goal, kept.value, kept.slack)
        self._told = len(self.kept)
        return self._rows

    @property
    def exact(self) -> bool:
        """Whether what is found at best, keeping what is kept, is a limit for every plan."""
        return not any(kept.slack for kept in self.kept)

    @property
    def unused(self) -> Bools:
        """The columns that are in no plan that keeps what is kept."""
        if "_rows" not in vars(self):  # nothing was asked of the relaxation: of a large market it takes much memory
            return np.zeros(len(self._problem.need), dtype=bool)
        return ~self.relaxation.alive & ~self._problem.fixed

    def keep(self, kept: Kept, chosen: Ints) -> None:
        """Keep a goal as it is worth in the plan ``chosen``; what its bounds rule out is now known."""
        self.kept.append(kept)
        least = kept.value - kept.slack
        for bound in self.bounds:
            self._rows.rule_out(bound, least, chosen)
        if self.fixing is not None:
            sharp = self.fixing.sharpened(self.bounds[-1], least, np.flatnonzero(self._rows.alive))
            self._rows.rule_out(sharp, least, chosen)
            self.fixing = None
        self.bounds.clear()

    @property
    def alike(self) -> Ints:
        """A number for each need, the same where they count the same in all that is kept, which asks for needs only."""
        columns, ptr = self._problem.columns_of
        first = columns[ptr[:-1]]
        counts = [self._problem.need[first] * 0]
        for kept in self.kept:
            counts.append(kept.goal.points[first])
            if isinstance(kept.goal, SmallestShare):
                counts.append(kept.goal.group[first])
        return np.unique(np.stack(counts), axis=1, return_inverse=True)[1].ravel()

    def sets(self) -> list[Bools]:
        """The sets of needs that any plan may place; none where no need is undecided, or many are, or many sets remain.

        What is proven is all that a plan may be worth; so undecided needs are worth what the others leave of it.
        """
        need, sure = self._problem.need, self.relaxation.must.copy()
        sure[need[self._problem.fixed]] = True
        alive = np.flatnonzero(self.relaxation.alive | self._problem.fixed)
        open_ = np.setdiff1d(need[alive], np.flatnonzero(sure))
        if not 0 < len(open_) <= _UNDECIDED:
            return []
        sets = (np.arange(2 ** len(open_))[:, None] >> np.arange(len(open_))) % 2 > 0
        for kept in self.kept:
            if isinstance(kept.goal, Total):
                points = kept.goal.points[alive]
                least, most = np.full(len(sure), np.iinfo(np.int64).max), np.zeros(len(sure), dtype=np.int64)
                np.minimum.at(least, need[alive], points)
                np.maximum.at(most, need[alive], points)
                reached = sets @ most[open_] + most[sure].sum() >= kept.value - kept.slack
                within = sets @ least[open_] + least[sure].sum() <= kept.value
                sets = sets[reached & within if kept.proven else reached]
        if len(sets) > _SETS:
            return []
        found = np.tile(sure, (len(sets), 1))
        found[:, open_] = sets
        return list(found)

    def kept_by(self, plan: Ints) -> bool:
        """Whether the plan loses nothing of what is kept: one that is worth more by a goal left open may do so by a
        goal settled after it, and limits proven since would not hold for it."""
        return all(kept.goal.value(plan) >= kept.value for kept in self.kept)

    def open(self, value: int) -> Ints:
        """The columns that a plan worth more than ``value`` could use, by all bounds of the goal being settled."""
        alive = self.relaxation.survivors(self.bounds[0], value)
        for bound in self.bounds[1:]:
            alive = np.intersect1d(alive, self.relaxation.survivors(bound, value))
        return alive

    def whole(self, goal: Total, columns: Ints, fixed: Bools, start: Ints, nodes: int) -> Exact:
        """HiGHS over some columns, some of them fixed, from the plan ``start``."""
        gain = goal.points.astype(np.float64)
        return best_whole(self.relaxation.rows(strict=True), gain, columns, fixed, start, nodes, self._control)

    def modelled(
        self,
        goal: Goal,
        columns: Ints,
        fixed: Bools,
        start: Ints,
        limit: int,
        work: float,
        tell: Tell,
        proving: bool = True,
        order: int = 0,
        control: Control | None = None,
    ) -> Found:
        """CP-SAT over some columns, some of them fixed, from the plan ``start``; told the limit, it ends as soon as
        that is reached. ``order`` of its search: any number."""
        part = self._problem.part(columns)
        needs = np.unique(self._problem.need[columns])
        model = Model(replace(part, fixed=fixed[columns]), self._seed + order, self.relaxation.must[needs], proving)
        for kept in self.kept:
            model.keep(kept.goal.over(columns), kept.value, kept.proven)
        for bound in self.bounds if proving else []:
            model.spare(bound.need_price[needs], bound.gap(goal.value(start)))
        begin = np.searchsorted(columns, start)
        found = model.maximise(goal.over(columns), begin, limit, work, control or self._control, tell)
        return found if found.chosen is None else replace(found, chosen=columns[found.chosen])
