"""One goal over one part of a problem: made as large as possible, proven or bounded, without loss for those before.

For a sum: the relaxation bounds it and prices every column; HiGHS finds the best plan over the few columns with the
best prices; what could still be better lies among the columns that the gap leaves alive, and where those are few they
are searched to the end. CP-SAT takes what is coarse or is no sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matching.capacity import Ints
from matching.goals import Goal, Total
from matching.solver.bound import Bound, Relaxation
from matching.solver.greedy import complete, nth_of, polished, rounded
from matching.solver.linear import best_whole
from matching.solver.model import Model
from matching.solver.neighbours import near_places
from matching.solver.problem import Control, Problem
from matching.table import Bools

_CORE = 6  # columns of each need that the relaxation begins with
_CLOSE = 0.01  # a gap that CP-SAT has been seen to close
_NARROW, _WIDE = 1_000, 4_000  # columns of a neighbourhood
_IDLE = 3  # neighbourhoods in a row without a gain before they are made wider


_FEW = 500  # columns of a part that CP-SAT proves at once

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Effort:
    """How much work, never in seconds: rounds of the relaxation and the least gain of three of them, columns and nodes
    of an exact search, neighbourhoods searched anew, work units of CP-SAT."""

    rounds: int
    gain: float
    columns: tuple[int, ...]
    nodes: int
    neighbourhoods: int
    work: float


EFFORTS = {
    "quick": Effort(12, 5e-4, (4_000, 12_000), 5, 20, 1.0),
    "normal": Effort(30, 1e-4, (10_000, 30_000), 50, 60, 10.0),
    "thorough": Effort(100, 2e-5, (10_000, 30_000, 120_000), 500, 400, 60.0),
}


class Part:
    """The plan at hand for one part of a problem, and what is known of all plans that are as good as it."""

    def __init__(self, problem: Problem, chosen: Ints, effort: Effort, seed: int, control: Control):
        self.problem = problem
        self.chosen = polished(problem, chosen)
        self.effort = effort
        self.seed = seed
        self.control = control
        self._tell: Tell = lambda value, limit: None
        self._kept: list[tuple[Goal, int, int]] = []
        self._known = 0  # of what is kept, how much the relaxation has been told
        self._support: Ints = np.zeros(0, dtype=np.int64)

    @cached_property
    def _rows(self) -> Relaxation:
        return Relaxation(self.problem)

    @property
    def _relaxation(self) -> Relaxation:
        for kept in self._kept[self._known :]:
            self._rows.keep(*kept)
        self._known = len(self._kept)
        return self._rows

    @property
    def _exact(self) -> bool:
        """Whether what is found at best, keeping what is kept, is a limit for every plan."""
        return not any(slack for _, _, slack in self._kept)

    def keep(self, goal: Goal, value: int, slack: int = 0) -> None:
        """From now on this goal is worth ``value`` in every plan sought, and at least that less ``slack`` in any."""
        self._kept.append((goal, value, slack))

    def settle(self, k: int, tell: Tell) -> int:
        """Improve goal k as far as effort allows, without loss for what is kept; its proven limit."""
        goal = self.problem.goals[k]
        limit = self.problem.simple_bound(goal)
        self._tell = tell
        if self._open(k, limit):
            if len(self.problem.need) <= _FEW or not isinstance(goal, Total):
                limit = self._exactly(k, limit)
            if isinstance(goal, Total) and self._open(k, limit):
                limit = self._sum(k, goal, limit)
        self._tell(self.value(k), limit)
        return limit

    def value(self, k: int) -> int:
        return self.problem.goals[k].value(self.chosen)

    def _accept(self, chosen: Ints | None) -> None:
        if chosen is not None:
            chosen = polished(self.problem, complete(self.problem, chosen))
            if self.problem.value(chosen) > self.problem.value(self.chosen):
                self.chosen = chosen

    def _sum(self, k: int, goal: Total, limit: int) -> int:
        relaxation = self._relaxation
        bound = relaxation.bound(
            goal.points,
            np.union1d(self._core(), self._support),
            self.effort.rounds,
            self.effort.gain,
            lambda found: self._seen(k, found),
        )
        limit = min(limit, bound.whole)
        self._support = np.flatnonzero(relaxation.alive & (bound.x > 1e-6))
        split = np.count_nonzero((bound.x > 1e-6) & (bound.x < 1 - 1e-6))
        if split > self.problem.needs // 2:  # else HiGHS spends minutes at its root, where neighbourhoods gain steadily
            self._roam(k, goal, bound, limit)
        limit = self._search(k, goal, bound, limit)
        self._roam(k, goal, bound, limit)
        relaxation.rule_out(bound, self.value(k), self.chosen)
        return limit

    def _roam(self, k: int, goal: Total, bound: Bound, limit: int) -> None:
        """Search one neighbourhood after another anew, wider ones when some in a row gain nothing."""
        most, idle = _NARROW, 0
        for nth in range(self.effort.neighbourhoods):
            if not self._open(k, limit) or idle > 2 * _IDLE:
                break
            before = self.value(k)
            self._again(k, goal, bound, nth, most)
            idle = 0 if self.value(k) > before else idle + 1
            if idle == _IDLE and most < _WIDE:
                most, idle = 2 * most, 0

    def _open(self, k: int, limit: int) -> bool:
        return self.value(k) < limit and not self.control.over()

    def _seen(self, k: int, bound: Bound) -> bool:
        """Round a fractional solution to a plan; whether it is of use to go on with the relaxation."""
        self._accept(rounded(self.problem, bound.x))
        self._tell(self.value(k), bound.whole)
        return self._open(k, bound.whole)

    def _search(self, k: int, goal: Total, bound: Bound, limit: int) -> int:
        """HiGHS over the best-priced columns; where those are all that could still be better, the limit is proven.

        More columns are tried only after fewer were searched to their end.
        """
        for most in self.effort.columns:
            if not self._open(k, limit):
                break
            alive = self._relaxation.survivors(bound, self.value(k))
            order = np.lexsort((self._turn[alive], -np.round(bound.reduced[alive], 6), bound.x[alive] < 1e-6))
            columns = np.union1d(alive[order[:most]], self.chosen)
            ended = self._whole(k, goal, columns, self.problem.fixed)
            if ended is not None and len(alive) <= most and self._exact:
                limit = min(limit, max(self.value(k), ended))
            self._tell(self.value(k), limit)
            if ended is None or ended > self.value(k) or len(alive) <= most:
                break
        return limit

    def _whole(self, k: int, goal: Total, columns: Ints, fixed: Bools) -> int | None:
        """Improve the plan over some columns, some of them fixed; the proven limit over them, ``None`` without one."""
        found = best_whole(
            self._relaxation.rows(strict=True),
            goal.points.astype(np.float64),
            columns,
            fixed,
            self.chosen,
            self.effort.nodes,
            self.control,
        )
        self._accept(found.chosen)
        return int(np.floor(found.limit + 1e-6)) if np.isfinite(found.limit) else None

    def _again(self, k: int, goal: Total, bound: Bound, nth: int, most: int) -> None:
        """Search one neighbourhood anew: the needs at some places near each other and the unplaced ones that fit there.

        Large neighbourhood search (Shaw 1998); where to look is drawn from the places the prices hold to be tight.
        """
        places = near_places(self.problem, bound, np.random.default_rng((self.seed, k, nth)), 2 * most)
        here = np.isin(self.problem.place, places)
        held = self.chosen[~here[self.chosen]]
        away = np.zeros(self.problem.needs, dtype=bool)
        away[self.problem.need[held]] = True
        columns = np.flatnonzero(here & self._relaxation.alive & ~away[self.problem.need])
        columns = columns[np.lexsort((columns, -bound.reduced[columns]))[:most]]
        fixed = self.problem.fixed.copy()
        fixed[held] = True
        self._whole(k, goal, np.union1d(columns, self.chosen), fixed)
        self._tell(self.value(k), bound.whole)

    @cached_property
    def _turn(self) -> Ints:
        """When it is each column's turn if every need in turn takes its most worthy column, then its next, …"""
        order = np.lexsort((self.problem.rank, self.problem.need))
        turn = np.empty(len(order), dtype=np.int64)
        turn[order] = nth_of(self.problem.need[order])
        return turn

    def _core(self) -> Ints:
        """The plan at hand and the most worthy columns of every need."""
        return np.union1d(np.flatnonzero(self._turn < _CORE), self.chosen)

    def _exactly(self, k: int, limit: int) -> int:
        """CP-SAT over every column that is still alive; told the limit, it ends as soon as that is reached."""
        model = Model(self.problem, self.seed, self._relaxation.alive)
        for goal, value, _ in self._kept:
            model.keep(goal, value)
        found = model.maximise(self.problem.goals[k], self.chosen, limit, self.effort.work, self.control, self._tell)
        self._accept(found.chosen)
        return limit if found.bound is None or not self._exact else max(min(limit, found.bound), self.value(k))
