"""Goals in order: each is made as large as possible, proven or bounded, and then kept while the next one is sought.

For a sum: the relaxation bounds it and prices every column; HiGHS finds the best plan over the few columns with the
best prices; what could still be better lies among the columns that the gap leaves alive, and where those are few they
are searched to the end. CP-SAT takes what is coarse or is no sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matching.capacity import Ints
from matching.goals import Total
from matching.solver.bound import Bound, Relaxation
from matching.solver.greedy import complete, first_plan, nth_of, rounded
from matching.solver.linear import best_whole
from matching.solver.model import Model
from matching.solver.neighbours import near_places
from matching.solver.problem import Answer, Control, Problem
from matching.table import Bools

_CORE = 6  # columns of each need that the relaxation begins with
_CLOSE = 0.01  # a gap that CP-SAT has been seen to close
_PLACES = 30  # in one neighbourhood
_NEIGHBOURS = 4_000  # columns of one neighbourhood at most


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
    "normal": Effort(30, 1e-4, (5_000, 12_000), 50, 10, 10.0),
    "thorough": Effort(100, 2e-5, (5_000, 16_000, 120_000), 500, 400, 60.0),
}


def solve(problem: Problem, names: list[str], effort: str, seed: int, control: Control) -> Answer:
    """The best plan for the goals in order. ``names`` are only for telling progress."""
    control.tell("greedy")
    run = _Run(problem, names, EFFORTS[effort], seed, control, first_plan(problem, control))
    bounds: list[int | None] = [run.settle(k) for k in range(len(problem.goals))]
    chosen = complete(problem, run.chosen)
    return Answer(chosen, list(problem.value(chosen)), bounds, control.cut_short)


class _Run:
    """The plan at hand, and what is known of all plans that are as good as it."""

    def __init__(self, problem: Problem, names: list[str], effort: Effort, seed: int, control: Control, chosen: Ints):
        self.problem = problem
        self.names = names
        self.effort = effort
        self.seed = seed
        self.control = control
        self.chosen = chosen
        self._relaxation: Relaxation | None = None
        self._settled = 0
        self._support: Ints = np.zeros(0, dtype=np.int64)

    @property
    def relaxation(self) -> Relaxation:
        if self._relaxation is None:
            self._relaxation = Relaxation(self.problem)
        while self._settled < self._at:
            goal = self.problem.goals[self._settled]
            self._relaxation.keep(goal, goal.value(self.chosen))
            self._settled += 1
        return self._relaxation

    def settle(self, k: int) -> int:
        """Improve goal k as far as effort allows, without loss for those before it; its proven limit."""
        self._at = k
        goal, name = self.problem.goals[k], self.names[k]
        limit = self.problem.simple_bound(goal)
        if self._value(k) < limit and not self.control.over():
            limit = min(limit, self._sum(k, goal, name, limit) if isinstance(goal, Total) else self._exactly(k, limit))
        self.control.tell("goal", name, self._value(k), limit)
        return limit

    def _value(self, k: int) -> int:
        return self.problem.goals[k].value(self.chosen)

    def _accept(self, chosen: Ints | None) -> None:
        if chosen is not None:
            chosen = complete(self.problem, chosen)
            if self.problem.value(chosen) > self.problem.value(self.chosen):
                self.chosen = chosen

    def _sum(self, k: int, goal: Total, name: str, limit: int) -> int:
        relaxation = self.relaxation
        bound = relaxation.bound(
            goal.points,
            np.union1d(self._core(), self._support),
            self.effort.rounds,
            self.effort.gain,
            lambda found: self._seen(k, found),
        )
        limit = min(limit, bound.whole)
        self._support = np.flatnonzero(relaxation.alive & (bound.x > 1e-6))
        limit = self._closed(k, goal, limit)
        split = np.count_nonzero((bound.x > 1e-6) & (bound.x < 1 - 1e-6))
        nearly_whole = split <= self.problem.needs // 2
        if nearly_whole:  # else HiGHS spends minutes at its root, where neighbourhoods gain steadily
            limit = self._search(k, goal, bound, limit)
        before = self._value(k)
        for nth in range(self.effort.neighbourhoods if nearly_whole else 5 * self.effort.neighbourhoods):
            if not self._open(k, limit):
                break
            self._again(k, goal, bound, nth)
        if self._value(k) > before:
            limit = self._closed(k, goal, limit)
        relaxation.rule_out(bound, self._value(k), self.chosen)
        return limit

    def _closed(self, k: int, goal: Total, limit: int) -> int:
        """The limit after CP-SAT tried to close a small gap of a coarse goal."""
        close = limit - self._value(k) <= _CLOSE * limit
        return self._exactly(k, limit) if self._by_need(goal) and close and self._open(k, limit) else limit

    def _open(self, k: int, limit: int) -> bool:
        return self._value(k) < limit and not self.control.over()

    def _seen(self, k: int, bound: Bound) -> bool:
        """Round a fractional solution to a plan; whether it is of use to go on with the relaxation."""
        self._accept(rounded(self.problem, bound.x))
        self.control.tell("goal", self.names[k], self._value(k), bound.whole)
        return self._open(k, bound.whole)

    def _by_need(self, goal: Total) -> bool:
        """Whether it matters only which needs are placed, not where: coarse goals, which CP-SAT proves best."""
        columns, _ = self.problem.columns_of
        points = goal.points[columns]
        return bool((points[1:] == points[:-1])[np.diff(self.problem.need[columns]) == 0].all())

    def _search(self, k: int, goal: Total, bound: Bound, limit: int) -> int:
        """HiGHS over the best-priced columns; where those are all that could still be better, the limit is proven.

        More columns are tried only after fewer were searched to their end.
        """
        for most in self.effort.columns:
            if not self._open(k, limit):
                break
            alive = self.relaxation.survivors(bound, self._value(k))
            order = np.lexsort((self._turn[alive], -np.round(bound.reduced[alive], 6), bound.x[alive] < 1e-6))
            columns = np.union1d(alive[order[:most]], self.chosen)
            ended = self._whole(k, goal, columns, self.problem.fixed)
            if ended is not None and len(alive) <= most:
                limit = min(limit, max(self._value(k), ended))
            self.control.tell("goal", self.names[k], self._value(k), limit)
            if ended is None or ended > self._value(k) or len(alive) <= most:
                break
        return limit

    def _whole(self, k: int, goal: Total, columns: Ints, fixed: Bools) -> int | None:
        """Improve the plan over some columns, some of them fixed; the proven limit over them, ``None`` without one."""
        found = best_whole(
            self.relaxation.rows(),
            goal.points.astype(np.float64),
            columns,
            fixed,
            self.chosen,
            self.effort.nodes,
            self.control,
        )
        self._accept(found.chosen)
        return int(np.floor(found.limit + 1e-6)) if np.isfinite(found.limit) else None

    def _again(self, k: int, goal: Total, bound: Bound, nth: int) -> None:
        """Search one neighbourhood anew: the needs at some places near each other and the unplaced ones that fit there.

        Large neighbourhood search (Shaw 1998); where to look is drawn from the places the prices hold to be tight.
        """
        places = near_places(self.problem, bound, np.random.default_rng((self.seed, k, nth)), _PLACES)
        here = np.isin(self.problem.place, places)
        held = self.chosen[~here[self.chosen]]
        away = np.zeros(self.problem.needs, dtype=bool)
        away[self.problem.need[held]] = True
        columns = np.flatnonzero(here & self.relaxation.alive & ~away[self.problem.need])
        if len(columns) > _NEIGHBOURS:
            order = np.lexsort((columns, -bound.reduced[columns]))
            columns = columns[order[:_NEIGHBOURS]]
        fixed = self.problem.fixed.copy()
        fixed[held] = True
        self._whole(k, goal, np.union1d(columns, self.chosen), fixed)
        self.control.tell("goal", self.names[k], self._value(k), bound.whole)

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
        model = Model(self.problem, self.seed, self.relaxation.alive)
        for goal in self.problem.goals[:k]:
            model.keep(goal, goal.value(self.chosen))
        found = model.maximise(self.problem.goals[k], self.chosen, limit, self.effort.work, self.control, self.names[k])
        self._accept(found.chosen)
        return limit if found.bound is None else max(min(limit, found.bound), self._value(k))
