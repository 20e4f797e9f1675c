"""What the solver is given and what it answers: arrays only, neither needs nor offers with names.

A *column* is one possible placement. Columns come in the order of the lottery, so that the place of a column in these
arrays is the only thing that ever decides a tie.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matching.capacity import Ints, Ledger
from matching.goals import Goal, Total
from matching.progress import Progress
from matching.solver.packing import Packing, packing
from matching.table import Bools


@dataclass(frozen=True)
class Problem:
    """Possible placements as columns: need (0 … ), place (0 … ), first and last day (ordinals), weekdays (bits),
    amount taken; ``fixed`` columns are in every plan. ``limit`` is what each place holds; ``goals`` stand in order."""

    need: Ints
    place: Ints
    first: Ints
    last: Ints
    weekdays: Ints
    amount: Ints
    fixed: Bools
    limit: Ints
    goals: list[Goal]

    def part(self, columns: Ints) -> Problem:
        """The same problem over some columns alone, with the needs and places that occur numbered anew."""
        _, need = _numbered(self.need[columns], self.needs)
        places, place = _numbered(self.place[columns], len(self.limit))
        return Problem(
            need=need,
            place=place,
            first=self.first[columns],
            last=self.last[columns],
            weekdays=self.weekdays[columns],
            amount=self.amount[columns],
            fixed=self.fixed[columns],
            limit=self.limit[places],
            goals=[goal.over(columns) for goal in self.goals],
        )

    @cached_property
    def packing(self) -> Packing:
        """The rows that a choice of columns must keep."""
        return packing(self.need, self.place, self.first, self.last, self.weekdays, self.amount, self.limit)

    @cached_property
    def columns_of(self) -> tuple[Ints, Ints]:
        """Columns grouped by need, each group the most worthy first: (columns, ptr), those of need n at
        ``columns[ptr[n]:ptr[n + 1]]``."""
        order = np.lexsort((self.rank, self.need))
        many = np.bincount(self.need, minlength=self.needs)
        return order, np.concatenate([[0], np.cumsum(many)])

    @cached_property
    def turn(self) -> Ints:
        """When it is each column's turn if every need in turn takes its most worthy column, then its next: 0, 1, …"""
        columns, ptr = self.columns_of
        turn = np.empty(len(columns), dtype=np.int64)
        turn[columns] = np.arange(len(columns)) - ptr[self.need[columns]]
        return turn

    @cached_property
    def rank(self) -> Ints:
        """The place of each column in the order a greedy hand would take them: the goals in order, then the lottery."""
        count = len(self.need)
        keys = [-goal.points if isinstance(goal, Total) else np.zeros(count, np.int64) for goal in self.goals]
        rank = np.empty(count, dtype=np.int64)
        rank[np.lexsort((np.arange(count), *reversed(keys)))] = np.arange(count)
        return rank

    @property
    def needs(self) -> int:
        return int(self.need.max()) + 1 if len(self.need) else 0

    def ledger(self, chosen: Ints) -> Ledger:
        """The capacity with these columns put in."""
        ledger = Ledger.over(self.limit, self.place, self.first, self.last)
        for column in chosen.tolist():
            self.put(ledger, column)
        return ledger

    def put(self, ledger: Ledger, column: int, sign: int = 1) -> None:
        ledger.add(
            int(self.place[column]),
            int(self.first[column]),
            int(self.last[column]),
            int(self.weekdays[column]),
            sign * int(self.amount[column]),
        )

    def fits(self, ledger: Ledger, column: int) -> bool:
        return ledger.has_room(
            int(self.place[column]),
            int(self.first[column]),
            int(self.last[column]),
            int(self.weekdays[column]),
            int(self.amount[column]),
        )

    def value(self, chosen: Ints) -> tuple[int, ...]:
        """The value of every goal, in order: plans are compared by this tuple."""
        return tuple(goal.value(chosen) for goal in self.goals)

    def simple_bound(self, goal: Goal) -> int:
        """Every need at its best column, or 100 per cent: proven without any search."""
        if not isinstance(goal, Total):
            return 100
        best = np.full(self.needs, np.iinfo(np.int64).min)
        np.maximum.at(best, self.need, goal.points)
        locked = np.zeros(self.needs, dtype=bool)
        locked[self.need[self.fixed]] = True
        present = np.bincount(self.need, minlength=self.needs) > 0
        return int(np.where(locked, best, np.maximum(best, 0))[present].sum())


def _numbered(values: Ints, most: int) -> tuple[Ints, Ints]:
    """The distinct values, all of them below ``most``, and the number of each value among them."""
    there = np.zeros(most, dtype=bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]


@dataclass
class Answer:
    """The chosen columns, and for each goal its value and a proven upper limit (``None`` where none was proven)."""

    chosen: Ints
    values: list[int]
    bounds: list[int | None]
    cut_short: bool


Tell = Callable[[int, int], None]  # hears of a goal's value and limit


def quietly(value: int, limit: int) -> None:
    """Tell nobody."""


class Control:
    """When to end early, and whom to tell."""

    def __init__(
        self,
        time_limit: float | None = None,
        progress: Callable[[Progress], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ):
        self.began = time.monotonic()
        self._time_limit = time_limit
        self._progress = progress
        self._stop = stop
        self.cut_short = False
        self.late = False  # whether something ended for its share of the time, though not all of it is over

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def left(self) -> float | None:
        """The seconds left, ``None`` without a limit."""
        return None if self._time_limit is None else max(0.1, self._time_limit - self.seconds)

    def over(self) -> bool:
        """Whether to end now; once yes, always yes."""
        if not self.cut_short:
            late = self._time_limit is not None and self.seconds >= self._time_limit
            self.cut_short = late or (self._stop is not None and self._stop())
        return self.cut_short

    def tell(self, phase: str, goal: str | None = None, value: int | None = None, bound: int | None = None) -> None:
        if self._progress is not None:
            self._progress(Progress(phase, goal, value, bound, round(self.seconds, 2)))
