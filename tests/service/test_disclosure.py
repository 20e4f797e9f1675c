"""Figures for anyone tell of no single premises: nothing left out can be worked out from what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platsverket.disclosure import Matrix, exact, protected, rounded

LEAST = 5


def _matrix(*columns: list[int]) -> Matrix:
    """Each column is a cell with so many contributors of these sizes; nobody contributes to two cells."""
    rows = sum(len(column) for column in columns)
    found: Matrix = np.zeros((rows, len(columns)), dtype=np.int64)
    row = 0
    for i, column in enumerate(columns):
        for value in column:
            found[row, i], row = value, row + 1
    return found


def test_a_small_cell_takes_the_smallest_other_with_it() -> None:
    """With one cell left out alone, the total minus the others would be its value."""
    told = protected(_matrix([7] * 3, [20] * 6, [10] * 5), None, LEAST, 1)
    assert told.cells == [None, 120, None]
    assert told.rest == 3 * 7 + 5 * 10 and told.total == 21 + 120 + 50


def test_two_small_cells_are_not_enough_together() -> None:
    """One premises here and two there: their sum would tell of three, so a third cell hides with them."""
    told = protected(_matrix([7], [8] * 2, [9] * 5, [9] * 9), None, LEAST, 1)
    assert told.cells == [None, None, None, 81] and told.rest == 7 + 16 + 45


def test_nothing_at_all_is_told_of_too_few() -> None:
    """Neither cells nor a total, where fewer stand behind everything."""
    told = protected(_matrix([7], [8] * 2), None, LEAST, 1)
    assert told.cells == [None, None] and told.rest is None and told.total is None


def test_nothing_is_nothing() -> None:
    """A cell to which nobody contributes is zero, and hides nothing."""
    told = protected(_matrix([], [8] * 6), None, LEAST, 1)
    assert told.cells == [0, 48] and told.total == 48


def test_what_is_left_of_the_whole_counts_too() -> None:
    """Used by six of seven that have agreed: the difference would tell of the one that waits."""
    whole = _matrix([10] * 7, [10] * 9)
    part = whole.copy()
    part[0, 0] = 0
    assert protected(whole, None, LEAST, 1).cells == [70, 90]
    assert protected(part, whole, LEAST, 1).cells == [None, None]
    assert protected(part, None, LEAST, 1).cells == [60, 90]


def test_the_same_premises_in_two_months_are_one() -> None:
    """Three premises in each of two months are still three, so more is left out with them."""
    behind: Matrix = np.zeros((20, 3), dtype=np.int64)
    behind[:3, 0], behind[:3, 1], behind[3:, 2] = 1, 1, 1
    assert protected(behind, None, LEAST, 1).cells == [None, None, None]


@pytest.mark.parametrize(
    ("value", "step", "told"), [(0, 100, 0), (49, 100, 0), (50, 100, 100), (149, 100, 100), (7, 1, 7)]
)
def test_figures_are_rounded(value: int, step: int, told: int) -> None:
    assert rounded(value, step) == told


@given(st.lists(st.lists(st.integers(1, 50), max_size=8), min_size=1, max_size=7))
def test_no_sum_of_what_is_shown_tells_of_fewer_than_five(columns: list[list[int]]) -> None:
    """Each shown cell, what is left out together, and the total have nobody or enough behind them."""
    matrix = _matrix(*columns)
    told = protected(matrix, None, LEAST, 1)
    hidden = [len(column) for column, cell in zip(columns, told.cells, strict=True) if cell is None]
    for column, cell in zip(columns, told.cells, strict=True):
        assert cell is None or (cell == sum(column) and (not column or len(column) >= LEAST))
    if told.total is not None:
        assert told.total == sum(map(sum, columns)) and sum(map(len, columns)) in (0, *range(LEAST, 60))
        assert not hidden or sum(hidden) >= LEAST
        assert (told.rest or 0) == told.total - sum(cell or 0 for cell in told.cells)
    else:
        assert 0 < sum(map(len, columns)) < LEAST


def test_coordinators_are_told_all() -> None:
    told = exact(_matrix([7], [8] * 2))
    assert told.cells == [7, 16] and told.total == 23 and told.rest is None
