"""Capacity: on every date the amounts that use a place add up to at most what it holds.

For one weekday the used dates of a placement are an unbroken run of weeks: date = 7·week + weekday + 1 in proleptic
ordinals (1 January of year 1 was a Monday). So capacity is seven problems of intervals, and the amount in use can
only rise where an interval begins. Everything here works on arrays and knows neither offers nor needs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_CELLS = 2_000_000  # looked at together: bounds memory, changes nothing else


def weeks(first: Ints, last: Ints, weekday: int) -> tuple[Ints, Ints]:
    """The first and last week in which ``first … last`` (ordinals) holds this weekday; none where first > last."""
    return (first + 5 - weekday) // 7, (last - 1 - weekday) // 7


def day_of(week: Ints, weekday: int) -> Ints:
    """The ordinal of a weekday in a week."""
    return 7 * week + weekday + 1


def uses(first: Ints, last: Ints, weekdays: Ints) -> Iterator[tuple[int, Ints, Ints, Ints]]:
    """Per weekday: it, the indices of the spans that use it, and their first and last weeks."""
    for weekday in range(7):
        begin, end = weeks(first, last, weekday)
        index = np.flatnonzero((weekdays >> weekday & 1).astype(bool) & (begin <= end))
        if len(index):
            yield weekday, index, begin[index], end[index]


def overfull(
    place: Ints, first: Ints, last: Ints, weekdays: Ints, amount: Ints, limit: Ints
) -> Iterator[tuple[int, int, int]]:
    """Every (place, ordinal day, amount in use) at which more than ``limit[place]`` comes into use.

    Arrays are per placement except ``limit``, per place. Only days on which use rises are named; the days of the
    same weekday after one of them may be overfull as well.
    """
    for weekday, index, begin, end in uses(first, last, weekdays):
        where = np.concatenate([place[index], place[index]])
        when = np.concatenate([begin, end + 1])
        change = np.concatenate([amount[index], -amount[index]])
        order = np.lexsort((change, when, where))  # what leaves, leaves before what comes
        where, when = where[order], when[order]
        level = np.cumsum(change[order])  # back at zero after each place, so places do not mix
        last_of_moment = np.append((where[1:] != where[:-1]) | (when[1:] != when[:-1]), True)
        for at in np.flatnonzero(last_of_moment & (level > limit[where])):
            yield int(where[at]), int(day_of(when[at], weekday)), int(level[at])


def crowded(
    offer: Ints,
    first: Ints,
    last: Ints,
    weekdays: Ints,
    seats: Ints,
    offer_seats: Ints,
    exclusive: Bools,
) -> list[tuple[str, int, int, int, int]]:
    """Where placements break capacity: (``capacity`` or ``exclusive``, offer, ordinal day, used, limit), sorted.

    Σ seats in use ≤ the offer's seats on every date; an exclusive offer has at most one need on any used day.
    """
    found = [
        ("capacity", at, day, used, int(offer_seats[at]))
        for at, day, used in overfull(offer, first, last, weekdays, seats, offer_seats)
    ]
    alone = exclusive[offer]
    ones = np.ones(len(offer_seats), dtype=np.int64)
    found += [
        ("exclusive", at, day, used, 1)
        for at, day, used in overfull(
            offer[alone], first[alone], last[alone], weekdays[alone], np.ones(int(alone.sum()), np.int64), ones
        )
    ]
    return sorted(found, key=lambda entry: (entry[1], entry[2], entry[0]))


class Ledger:
    """What is in use at each place, by weekday and week, for spans inside the range it was made for.

    ``limit`` per place; ``low`` and ``high`` (ordinals per place) bound the days that will ever be asked about. Each
    place has seven rows of weeks of its own, so that one place open for a thousand years costs only itself.
    """

    def __init__(self, limit: Ints, low: Ints, high: Ints):
        self.limit = limit
        self._week0 = (low - 8) // 7
        self._length = np.maximum((high + 5) // 7 - self._week0 + 2, 0)
        ends = np.cumsum(7 * self._length)
        self._base = ends - 7 * self._length
        self._use = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=np.int32)

    @staticmethod
    def over(limit: Ints, place: Ints, first: Ints, last: Ints) -> Ledger:
        """An empty ledger wide enough for these spans."""
        low = np.full(len(limit), 2**40, dtype=np.int64)
        high = np.full(len(limit), -(2**40), dtype=np.int64)
        np.minimum.at(low, place, first)
        np.maximum.at(high, place, last)
        unused = low > high
        low[unused], high[unused] = 8, 8
        return Ledger(limit, low, high)

    def peak(self, place: Ints, first: Ints, last: Ints, weekdays: Ints) -> Ints:
        """The most in use on any used day of each span."""
        most = np.zeros(len(place), dtype=np.int64)
        for weekday, index, begin, end in uses(first, last, weekdays):
            where = place[index]
            cell = self._base[where] + weekday * self._length[where] - self._week0[where] + begin
            length = end - begin + 1
            for some in _blocks(length):
                within = np.minimum(np.arange(int(length[some].max())), length[some][:, None] - 1)
                top = self._use[cell[some][:, None] + within].max(axis=1)
                most[index[some]] = np.maximum(most[index[some]], top)
        return most

    def fits(self, place: Ints, first: Ints, last: Ints, weekdays: Ints, amount: Ints) -> Bools:
        """Whether each span alone could be added."""
        held: Bools = self.peak(place, first, last, weekdays) + amount <= self.limit[place]
        return held

    def has_room(self, place: int, first: int, last: int, weekdays: int, amount: int) -> bool:
        """Whether one span could be added: ``fits`` without the cost of arrays."""
        room = int(self.limit[place]) - amount
        base, length = int(self._base[place]) - int(self._week0[place]), int(self._length[place])
        for weekday in range(7):
            if weekdays >> weekday & 1:
                at = base + weekday * length
                used = self._use[at + (first + 5 - weekday) // 7 : at + (last - 1 - weekday) // 7 + 1]
                if len(used) and used.max() > room:
                    return False
        return room >= 0

    def add(self, place: int, first: int, last: int, weekdays: int, amount: int) -> None:
        """Put a span in (or take it out with a negative amount)."""
        base, length = int(self._base[place]) - int(self._week0[place]), int(self._length[place])
        for weekday in range(7):
            if weekdays >> weekday & 1:
                at = base + weekday * length
                begin, end = at + (first + 5 - weekday) // 7, at + (last - 1 - weekday) // 7
                self._use[begin : max(end + 1, begin)] += amount


def _blocks(length: Ints) -> Iterator[Ints]:
    """Indices in blocks of similar length, so that a block's rectangle of cells stays small."""
    order = np.argsort(length, kind="stable")
    begin = 0
    while begin < len(order):
        end = min(len(order), begin + max(1, _CELLS // int(length[order[min(len(order), begin + 4096) - 1]])))
        end = min(end, begin + 4096)
        yield order[begin:end]
        begin = end
