"""How much room a plan leaves: rows of placements put into a ledger of what is in use, day by day."""

from __future__ import annotations

import numpy as np

from matching.capacity import Ledger
from matching.rules import Rows, span_of
from matching.table import Ints


def amounts(rows: Rows) -> Ints:
    t = rows.table
    return np.where(t.offers.exclusive[rows.offer], 1, t.needs.seats[rows.need])


def spans(rows: Rows) -> tuple[Ints, Ints, Ints, Ints]:
    n = rows.table.needs
    start = np.asarray(rows.start)
    return rows.offer, start, start + n.days[rows.need] - 1, n.weekdays[rows.need]


def ledger_of(chosen: Rows, rows: Rows) -> Ledger:
    """The plan's use of every offer, wide enough for whatever may be asked about rows (their availability, in full)."""
    o = rows.table.offers
    limit = np.where(o.exclusive, 1, o.seats)
    offer, first, last, weekdays = spans(chosen)
    span = span_of(rows)
    ledger = Ledger.over(
        limit,
        np.concatenate([offer, rows.offer]),
        np.concatenate([first, np.asarray(rows.start)]),
        np.concatenate(
            [last, np.minimum(o.span_until[span], np.asarray(rows.start) + 2 * rows.table.needs.days[rows.need])]
        ),
    )
    for entry in zip(offer, first, last, weekdays, amounts(chosen), strict=True):
        ledger.add(*(int(value) for value in entry))
    return ledger


def free_at(ledger: Ledger, rows: Rows) -> Ints:
    """How much more each placement could take on its fullest used day."""
    offer, first, last, weekdays = spans(rows)
    return ledger.limit[offer] - ledger.peak(offer, first, last, weekdays)
