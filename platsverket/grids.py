"""Seats on days, counted as an array: one row for each premises or request, one column for each day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from platsverket.models import WEEKDAYS

Days = NDArray[np.int64]


class Grid:
    """Seats of each of so many things on each of ``length`` days from ``first`` on."""

    def __init__(self, first: date, length: int, rows: int):
        self.first, self.length = first, length
        self.days: Days = np.zeros((rows, length), dtype=np.int64)
        self._open: dict[tuple[str, ...], Days] = {}

    def add(self, row: int, first: date, last: date, weekdays: tuple[str, ...], seats: int) -> None:
        """Count these seats on the given weekdays from the first day to the last, where the grid reaches."""
        begin = max(0, (first - self.first).days)
        end = min(self.length, (last - self.first).days + 1)
        if begin < end:
            self.days[row, begin:end] += self._on(weekdays)[begin:end] * seats

    def _on(self, weekdays: tuple[str, ...]) -> Days:
        if weekdays not in self._open:
            week = np.array([day in weekdays for day in WEEKDAYS], dtype=np.int64)
            self._open[weekdays] = np.resize(np.roll(week, -self.first.weekday()), self.length)
        return self._open[weekdays]

    def weekly(self) -> Days:
        """The sum of each seven days."""
        found: Days = self.days.reshape(len(self.days), self.length // 7, 7).sum(axis=2)
        return found

    def monthly(self) -> Days:
        """The sum of each calendar month; the grid begins with one and ends with one."""
        begins = [i for i in range(self.length) if (self.first + timedelta(days=i)).day == 1]
        found: Days = np.add.reduceat(self.days, begins, axis=1)
        return found

    def by_weekday(self) -> Days:
        """The sum of all Mondays, of all Tuesdays and so on."""
        begin = -self.first.weekday() % 7
        starts = [(begin + i) % 7 for i in range(7)]
        return np.stack([self.days[:, start::7].sum(axis=1) for start in starts], axis=1)
