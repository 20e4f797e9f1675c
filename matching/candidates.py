"""All allowed placements of a market as arrays: the rules decide, cheap ones first, the geodesic last."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from matching.market import Market
from matching.rules import Rows, admission, barred, features, near, rows_of, size, starts, table_of
from matching.table import Bools, Ints, Table

_BLOCK = 4_000_000  # pairs looked at together: bounds memory, changes nothing else
_SLACK_KM = 0.01


def allowed(table: Table, need: Ints | None = None) -> Rows:
    """Every allowed placement of the needs (all by default) as rows sorted by need, offer and start.

    Shape: one row per (need, offer, start). All seven rules hold on each row, and no other row would keep them.
    """
    wanted = np.arange(len(table.needs.seats)) if need is None else need
    parts = [starts(pairs)[1] for pairs in pairs_in_reach(table, wanted)]
    return joined(table, parts)


def pairs_in_reach(table: Table, wanted: Ints) -> Iterator[Rows]:
    """The pairs that keep every rule but ``dates``, in blocks of needs."""
    for _, rows in cross(table, wanted, (_big_enough, _open)):
        for keeps in (size, features, admission, barred, near):
            rows = rows.where(keeps(rows))
        yield rows


Grid = np.ndarray[tuple[int, int], np.dtype[np.bool_]]


def cross(
    table: Table, wanted: Ints, sieves: tuple[Callable[[Table, Ints], Grid], ...] = ()
) -> Iterator[tuple[Ints, Rows]]:
    """Blocks of needs, each with all its pairs that can be near enough and pass the sieves (which err to yes)."""
    offers = len(table.offers.seats)
    size_of_block = max(1, _BLOCK // max(1, offers))
    for begin in range(0, len(wanted), size_of_block):
        block = wanted[begin : begin + size_of_block]
        grid = _close(table, block)
        for sieve in sieves:
            grid &= sieve(table, block)
        need, offer = np.nonzero(grid)
        yield block, Rows(table, block[need], offer.astype(np.int64))


def _close(table: Table, block: Ints) -> Grid:
    """|a − b|² = |a|² + |b|² − 2ab in kilometres through the earth, which never exceeds the geodesic."""
    n, o = table.needs, table.offers
    point = n.point[block]
    reach = (n.max_km[block] + _SLACK_KM) ** 2 - (point**2).sum(axis=1)
    close: Grid = (o.point**2).sum(axis=1) - 2 * (point @ o.point.T) <= reach[:, None]
    return close


def _big_enough(table: Table, block: Ints) -> Grid:
    grid: Grid = table.needs.seats[block][:, None] <= table.offers.seats
    return grid


def _open(table: Table, block: Ints) -> Grid:
    grid: Grid = (table.needs.weekdays[block][:, None] & ~table.offers.weekdays) == 0
    return grid


def joined(table: Table, parts: list[Rows]) -> Rows:
    """Parts of rows with starts as one, in their order."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Rows(table, none, none, none)
    rows = Rows(
        table,
        np.concatenate([part.need for part in parts]),
        np.concatenate([part.offer for part in parts]),
        np.concatenate([np.asarray(part.start) for part in parts]),
    )
    rows.__dict__["km"] = np.concatenate([part.km for part in parts])
    return rows


def placeable(market: Market) -> tuple[Rows, Bools]:
    """What a plan may choose from: the allowed placements of needs that are not locked, and the locks (marked)."""
    table = table_of(market)
    locks = rows_of(table, market.decisions.locked)
    free = np.ones(len(market.needs), dtype=bool)
    free[locks.need] = False
    open_rows = allowed(table, np.flatnonzero(free))
    rows = joined(table, [open_rows, locks])
    return rows, np.arange(len(rows)) >= len(open_rows)
