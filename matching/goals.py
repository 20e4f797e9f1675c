"""The goals, by name: each turns the placements of a market into numbers that a plan adds up or compares.

A goal is either a :class:`Total` (a sum over chosen placements) or a :class:`SmallestShare`; the solver and the
checker read these two forms and no names. A new goal is one function and one entry in ``GOALS``; a new *sort* of
goal is one class here with a ``value``, and one branch where ``solver/model.py`` states it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.market import Market
from matching.rules import Rows
from matching.table import Ints, ints, numbered


@dataclass(frozen=True)
class Total:
    """Σ points over the chosen placements; ``points`` has one entry ≥ 0 per placement (locks may hold any)."""

    points: Ints

    def value(self, chosen: Ints) -> int:
        return int(self.points[chosen].sum())

    def over(self, placements: Ints) -> Total:
        """The same goal over some of the placements."""
        return Total(self.points[placements])


@dataclass(frozen=True)
class SmallestShare:
    """The smallest whole per cent, over groups, of Σ points chosen over what the group asked for; 100 without groups.

    ``points`` and ``group`` per placement, ``asked`` (> 0) per group.
    """

    points: Ints
    group: Ints
    asked: Ints

    def value(self, chosen: Ints) -> int:
        got = np.zeros(len(self.asked), dtype=np.int64)
        np.add.at(got, self.group[chosen], self.points[chosen])
        return min((100 * int(g) // int(a) for g, a in zip(got, self.asked, strict=True)), default=100)

    def over(self, placements: Ints) -> SmallestShare:
        """The same goal over some of the placements; every group is still asked for what it asked for."""
        return SmallestShare(self.points[placements], self.group[placements], self.asked)


Goal = Total | SmallestShare


def fit(rows: Rows) -> Ints:
    """Fit points of each placement, 0 … 1000 for an allowed one.

    The integer part of 400·(1 − km/max_km) + 200·(1 − delay/window) + 200·(wishes met/wishes)
    + 200·(need.seats/offer.seats); 200 for a window of no days, 200 where nothing is wished, 0 for the first term of a
    lock beyond max_km, 400 at a distance of 0. Rounding to 9 decimals first makes a sum that is whole come out whole.
    """
    n, o = rows.table.needs, rows.table.offers
    need, offer = rows.need, rows.offer
    reach = n.max_km[need]
    distance = np.where(reach > 0, 400 * (1 - rows.km / np.where(reach > 0, reach, 1)), 400)
    distance = np.where(rows.km > reach, 0, distance)
    window = n.latest[need] - n.earliest[need]
    delay = np.asarray(rows.start) - n.earliest[need]
    promptness = np.where(window > 0, 200 * (window - delay) / np.maximum(window, 1), 200)
    wishes = n.wishes[need]
    met = np.bitwise_count(n.wish[need] & o.have[offer]).sum(axis=1).astype(np.int64)
    comfort = np.where(wishes > 0, 200 * met / np.maximum(wishes, 1), 200)
    fullness = 200 * n.seats[need] / o.seats[offer]
    return np.trunc(np.round(distance + promptness + comfort + fullness, 9)).astype(np.int64)


def most_seats(market: Market, rows: Rows) -> Goal:
    """Σ over placed needs of priority · seats"""
    n = rows.table.needs
    return Total((n.priority * n.seats)[rows.need])


def most_needs(market: Market, rows: Rows) -> Goal:
    """Σ over placed needs of priority"""
    return Total(rows.table.needs.priority[rows.need])


def longest_waiting(market: Market, rows: Rows) -> Goal:
    """Σ over placed needs of whole weeks from waiting_since to as_of, 0 where it is later"""
    waited = ints(max(0, (market.as_of - need.waiting_since).days) // 7 for need in market.needs)
    return Total(waited[rows.need])


def best_fit(market: Market, rows: Rows) -> Goal:
    """Σ over placements of fit points"""
    return Total(fit(rows))


def least_change(market: Market, rows: Rows) -> Goal:
    """The number of placements that are in ``previous`` with the same offer and start"""
    t = rows.table
    before = {t.who[p.need]: (t.where[p.offer], p.start.toordinal()) for p in market.previous}
    offer, start = (ints(before.get(i, (-1, -1))[k] for i in range(len(market.needs))) for k in (0, 1))
    return Total(((offer[rows.need] == rows.offer) & (start[rows.need] == rows.start)).astype(np.int64))


def fair_share(market: Market, rows: Rows) -> Goal:
    """min over agencies of ⌊100 · Σ priority·seats placed / Σ priority·seats of its placeable needs⌋

    A need is placeable when it is locked or has an allowed placement, that is when it has a row here.
    """
    n = rows.table.needs
    placeable = numbered(rows.need)[0]  # in the order of the rows, so that list order decides nothing
    worth = n.priority * n.seats
    agencies, group = numbered(n.agency[placeable])
    asked = np.zeros(len(agencies), dtype=np.int64)
    np.add.at(asked, group, worth[placeable])
    group_of_need = np.zeros(len(n.seats), dtype=np.int64)
    group_of_need[placeable] = group
    return SmallestShare(worth[rows.need], group_of_need[rows.need], asked)


GOALS: dict[str, Callable[[Market, Rows], Goal]] = {
    "most_seats": most_seats,
    "most_needs": most_needs,
    "longest_waiting": longest_waiting,
    "best_fit": best_fit,
    "least_change": least_change,
    "fair_share": fair_share,
}


def goals_of(market: Market, rows: Rows) -> list[Goal]:
    """The goals of the market's policy, in order, over these rows; every placeable need must be among them."""
    return [GOALS[name](market, rows) for name in market.policy.goals]
