"""A first plan and a last look: needs one after another, each at the first column that still fits."""

from __future__ import annotations

import numpy as np

from matching.capacity import Ints, Ledger
from matching.goals import SmallestShare, Total
from matching.solver.problem import Control, Problem
from matching.table import Floats

_PASSES = 10  # over all needs; the plan hardly changes after three
_ONE_BY_ONE = 8  # columns tried singly before the rest is tried together


def first_plan(problem: Problem, control: Control) -> Ints:
    """The best of three greedy plans: by the goals, by the goals per seat-day, and smallest first."""
    fixed = np.flatnonzero(problem.fixed)
    best, best_value = fixed, problem.value(fixed)
    for order in _orders(problem):
        if control.over():
            break
        chosen = complete(problem, fixed, order)
        value = problem.value(chosen)
        if value > best_value:
            best, best_value = chosen, value
    return best


def _orders(problem: Problem) -> list[Ints]:
    """Orders of the needs to try."""
    present = np.flatnonzero(np.bincount(problem.need, minlength=problem.needs))
    leading = problem.goals[0]
    gain = np.zeros(problem.needs)
    points = leading.points if isinstance(leading, Total | SmallestShare) else np.ones(len(problem.need))
    np.maximum.at(gain, problem.need, points)
    burden = np.zeros(problem.needs)
    used = problem.amount * (problem.last - problem.first + 1) * np.bitwise_count(problem.weekdays)
    np.maximum.at(burden, problem.need, used)
    ways = np.bincount(problem.need, minlength=problem.needs)
    ranked = [np.lexsort((ways, burden, -gain)), np.lexsort((ways, -gain / np.maximum(burden, 1)))]
    ranked.append(np.lexsort((ways, -gain, burden)))
    return [order[np.isin(order, present)] for order in ranked]


def complete(problem: Problem, chosen: Ints, order: Ints | None = None) -> Ints:
    """The plan with every need added that simply can be, in ``order`` (of needs), each at its most worthy column.

    Afterwards no column of an unplaced need fits beside the plan.
    """
    ledger = problem.ledger(chosen)
    placed = np.zeros(problem.needs, dtype=bool)
    placed[problem.need[chosen]] = True
    columns, ptr = problem.columns_of
    order = np.arange(problem.needs) if order is None else order
    added = []
    for need in order.tolist():
        if placed[need]:
            continue
        column = _best_fitting(problem, ledger, columns[ptr[need] : ptr[need + 1]])
        if column is not None:
            problem.put(ledger, column)
            added.append(column)
    return np.sort(np.concatenate([chosen, np.array(added, dtype=np.int64)]))


def _best_fitting(problem: Problem, ledger: Ledger, columns: Ints) -> int | None:
    """The first of these columns (all of one need) that fits."""
    for column in columns[:_ONE_BY_ONE].tolist():
        if problem.fits(ledger, column):
            return int(column)
    for begin in range(_ONE_BY_ONE, len(columns), 256):
        some = columns[begin : begin + 256]
        fits = ledger.fits(
            problem.place[some],
            problem.first[some],
            problem.last[some],
            problem.weekdays[some],
            problem.amount[some],
        )
        at = int(np.argmax(fits))
        if fits[at]:
            return int(some[at])
    return None


def polished(problem: Problem, chosen: Ints) -> Ints:
    """The plan with one placed need after another moved to its most worthy column that fits, until none moves.

    What did not fit when a need was looked at is looked at again only where something has been moved away since.
    """
    ledger = problem.ledger(chosen)
    columns, ptr = problem.columns_of
    at = np.full(problem.needs, -1, dtype=np.int64)
    at[problem.need[chosen]] = chosen
    needs = problem.need[chosen[~problem.fixed[chosen]]]
    freed, moved = np.zeros(len(problem.limit), dtype=np.int64), 0  # the turn of the last move away, and of any
    for turn in range(len(needs) * _PASSES):
        before = turn - len(needs)  # when this need was looked at last
        if before > moved:
            break
        need = int(needs[turn % len(needs)])
        better = columns[ptr[need] : ptr[need] + problem.turn[at[need]]]
        if before >= 0:
            better = better[freed[problem.place[better]] > before]
        if len(better):
            problem.put(ledger, int(at[need]), -1)
            column = _best_fitting(problem, ledger, better)
            if column is not None:
                freed[problem.place[at[need]]] = moved = turn
                at[need] = column
            problem.put(ledger, int(at[need]))
    return np.sort(at[at >= 0])


def rounded(problem: Problem, x: Floats) -> Ints:
    """A plan near a fractional one: columns by their share of x as far as they fit."""
    held = np.flatnonzero((x > 1e-6) & ~problem.fixed)
    held = held[np.argsort(-x[held], kind="stable")]
    fixed = np.flatnonzero(problem.fixed)
    ledger = problem.ledger(fixed)
    placed = np.zeros(problem.needs, dtype=bool)
    placed[problem.need[fixed]] = True
    chosen = []
    for column in held.tolist():
        if not placed[problem.need[column]] and problem.fits(ledger, column):
            problem.put(ledger, column)
            placed[problem.need[column]] = True
            chosen.append(column)
    return np.concatenate([fixed, np.array(chosen, dtype=np.int64)])


def nth_of(sorted_keys: Ints) -> Ints:
    """The place of each entry among those with the same key: 0, 1, … in a sorted list of keys."""
    begins = np.flatnonzero(np.append(True, sorted_keys[1:] != sorted_keys[:-1])[: len(sorted_keys)])
    return np.arange(len(sorted_keys)) - np.repeat(begins, np.diff(np.append(begins, len(sorted_keys))))
