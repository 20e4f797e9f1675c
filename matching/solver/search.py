"""Goals in order, over a problem made small first: what is replaced is dropped, what hangs apart is decided apart.

Goals that care only for which needs are placed come in a stage of their own where they lead: there all ways to place a
need that use the same capacity are one, and most needs turn out to have a place that nobody else can want.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from matching.capacity import Ints
from matching.goals import Goal, Total
from matching.solver.effort import EFFORTS, HURRIED, Effort
from matching.solver.greedy import complete, first_plan
from matching.solver.part import Part
from matching.solver.problem import Answer, Control, Problem
from matching.solver.reduction import Reduction, cares_for_needs_only, parts, reduced, separable
from matching.table import Bools


def solve(problem: Problem, names: list[str], effort: str, seed: int, control: Control) -> Answer:
    """The best plan for the goals in order. ``names`` are only for telling progress."""
    control.tell("greedy")
    goals = problem.goals
    every = reduced(problem, goals)
    leading = next((k for k, goal in enumerate(goals) if not cares_for_needs_only(problem, goal)), len(goals))
    coarse = reduced(problem, goals[:leading], every.kept) if leading else every
    chosen = coarse.kept[first_plan(problem.part(coarse.kept), control)]
    search = _Search(problem, names, EFFORTS[effort], seed, control)
    bounds: list[int | None] = []
    settled, searched = Settled.nothing(problem), 0
    for reduction, wanted in ((coarse, range(leading)), (every, range(leading, len(goals)))):
        if wanted:
            stage = _Stage(search, reduction, chosen, settled, searched)
            bounds += [stage.settle(k) for k in wanted]
            if wanted.stop < len(goals):
                stage.decide()
            settled, chosen, searched = stage.settled, complete(problem, stage.chosen), stage.searched
    return Answer(chosen, list(problem.value(chosen)), bounds, control.cut_short or control.late)


_NEAR = 2e-2  # of its value: where a goal is farther from its limit, those after it get little in large parts
_SURE, _UNSURE = 1e-3, 1 / 3  # farther than that, goals after it get only this share of the work on patterns


@dataclass(frozen=True)
class _Search:
    """What does not change while a problem is solved."""

    problem: Problem
    names: list[str]
    effort: Effort
    seed: int
    control: Control


@dataclass
class Settled:
    """What the goals settled so far are worth, by groups of needs that were decided apart.

    ``group`` of each need, -1 where it has a place that costs nobody or is left out; for each goal and group the value
    reached, and by how much it may be more at most. The needs that every plan so good places, and the columns that none
    uses.
    """

    group: Ints
    always: Bools
    unused: Bools
    value: list[Ints] = field(default_factory=list)
    gap: list[Ints] = field(default_factory=list)

    @classmethod
    def nothing(cls, problem: Problem) -> Settled:
        needs, columns = problem.needs, len(problem.need)
        return cls(np.zeros(needs, dtype=np.int64), np.zeros(needs, dtype=bool), np.zeros(columns, dtype=bool))


class _Stage:
    """Some goals over the columns that can matter to them, part by part.

    A part that is not settled to the end may be worth more than it is in the plan at hand, and another part might
    then be worth less without any loss in all. So what a part is worth binds every plan only less the gaps of all
    others: the ``slack`` of what it keeps. Likewise where what no plan uses held a group of the stage before together,
    and it has come apart without being settled.
    """

    def __init__(self, search: _Search, reduction: Reduction, chosen: Ints, before: Settled, searched: int):
        self._search = search
        self._reduction = reduction
        self._problem = problem = search.problem
        self._searched_before = searched
        kept = reduction.kept[~before.unused[reduction.kept]]
        self._lone, self._groups = kept[:0], [kept]
        if separable(problem.goals):
            self._lone, self._groups = parts(problem, kept)
        plan = np.zeros(len(problem.need), dtype=bool)
        plan[reduction.instead[chosen]] = True
        self._parts = [
            Part(
                problem.part(group),
                np.flatnonzero(plan[group]),
                search.seed,
                search.control,
                before.always[np.unique(problem.need[group])],
            )
            for group in self._groups
        ]
        self._keep(before)
        self._before = before
        group = np.full(problem.needs, -1, dtype=np.int64)
        for number, columns in enumerate(self._groups):
            group[problem.need[columns]] = number
        self.settled = Settled(group, before.always.copy(), before.unused.copy())

    def _keep(self, before: Settled) -> None:
        """Bind the parts to what the stage before found."""
        need = self._problem.need
        # needs that could yet make a group worth more, which may lie in several parts by now
        unsure = np.zeros(self._problem.needs, dtype=bool)
        unsure[need[np.concatenate([self._lone, *self._groups])]] = True
        unsure[need[self.chosen]] = False
        for columns, part in zip(self._groups, self._parts, strict=True):
            group = before.group[need[columns]]
            elsewhere = unsure.copy()
            elsewhere[need[columns]] = False
            for k, gaps in enumerate(before.gap):
                goal = part.problem.goals[k]
                for number in np.unique(group).tolist():
                    among = _among(goal, group == number)
                    if number < 0:
                        part.keep(among, part.problem.simple_bound(among), int(gaps.sum()))
                        continue
                    others = (elsewhere & (before.group == number))[need]
                    # of a group that is settled so far each part is worth all that it can be, beside any others
                    shared = others.any() and any(gap[number] for gap in before.gap[: k + 1])
                    more = self._problem.simple_bound(_among(self._problem.goals[k], others)) if shared else 0
                    slack = int(gaps.sum() - gaps[number]) + more
                    part.keep(among, among.value(part.chosen), slack, proven=not gaps[number] and not shared)

    @property
    def searched(self) -> int:
        """Neighbourhoods of the part that was searched most, in the stages before too."""
        return self._searched_before + max((part.searched for part in self._parts), default=0)

    def _share(self, part: Part) -> Effort:
        """What a part may use for one goal: half of the neighbourhoods it has left, so that later ones have some, and
        once a goal was left open only a share of the work on patterns; next to nothing in a large part, where that
        takes long, once a goal stayed far from its limit."""
        far = self._furthest() > _NEAR and part.large
        effort = HURRIED if far else self._search.effort
        left = self._search.effort.neighbourhoods - self._searched_before - part.searched
        patterns = effort.patterns * (_UNSURE if self._furthest() > _SURE else 1.0)
        return replace(effort, neighbourhoods=min(effort.neighbourhoods, (left + 1) // 2), patterns=patterns)

    def decide(self) -> None:
        """Find which needs every plan that is as good places, and which columns none uses; nor what those replace.

        Where not all goals are proven, to ask which needs are placed would take long and tell little.
        """
        proven = not any(gap.any() for gap in self.settled.gap)
        unused = np.zeros(len(self._problem.need), dtype=bool)
        for columns, part in zip(self._groups, self._parts, strict=True):
            if proven:
                needs = np.unique(self._problem.need[columns])
                self.settled.always[needs] |= part.decided(self._search.effort)
            unused[columns] = part.unused
        instead = self._reduction.instead
        self.settled.unused |= (instead >= 0) & unused[instead]

    @property
    def chosen(self) -> Ints:
        """The plan so far, in columns of the whole problem."""
        found = [columns[part.chosen] for columns, part in zip(self._groups, self._parts, strict=True)]
        return np.sort(np.concatenate([self._lone, *found]))

    def _furthest(self) -> float:
        """How far the goals before this one are from their limits at most, as a share of their values: what is gained
        now may yet be lost to them."""
        values = [*self._before.value, *self.settled.value]
        gaps = [*self._before.gap, *self.settled.gap]
        return max((gap.sum() / max(1, value.sum()) for value, gap in zip(values, gaps, strict=True)), default=0.0)

    def settle(self, k: int) -> int:
        """Improve goal k in every part, and keep what it is worth; its proven limit over the whole problem."""
        goal = self._problem.goals[k]
        base = goal.value(self._lone) if isinstance(goal, Total) else 0
        values = np.array([part.value(k) for part in self._parts], dtype=np.int64)
        limits = np.array([part.problem.simple_bound(part.problem.goals[k]) for part in self._parts], dtype=np.int64)
        for number, part in enumerate(self._parts):
            value, limit = base + int(values.sum() - values[number]), base + int(limits.sum() - limits[number])

            def tell(mine: int, most: int, value: int = value, limit: int = limit) -> None:
                self._search.control.tell("goal", self._search.names[k], value + mine, limit + most)

            limits[number] = part.settle(k, self._share(part), tell)
            values[number] = part.value(k)
        gaps = limits - values
        for number, part in enumerate(self._parts):
            slack, proven = int(gaps.sum() - gaps[number]), not gaps[number]
            part.keep(part.problem.goals[k], int(values[number]), slack, proven)
        self.settled.value.append(values)
        self.settled.gap.append(gaps)
        total = base + int(limits.sum())
        self._search.control.tell("goal", self._search.names[k], base + int(values.sum()), total)
        return total


def _among(goal: Goal, these: Bools) -> Goal:
    """The goal counted over these columns alone; a goal that is no sum is never split."""
    return Total(np.where(these, goal.points, 0)) if isinstance(goal, Total) else goal
