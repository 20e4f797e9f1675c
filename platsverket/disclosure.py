"""Figures that tell of no single premises and no single request: what is left out, and what stands in its place.

A cell is shown only where nobody or at least ``least`` stand behind it, and behind what is left of the whole that it is
a part of (what is agreed and not used yet, when both "agreed" and "used" are told). What is left out is told as one sum
together with the smallest cells besides it, so that the difference between the total and what is shown is always the
sum of at least two cells with at least ``least`` behind them. Each figure is rounded by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.int64]


@dataclass(frozen=True)
class Told:
    """What may be told of a row of cells: None for a cell left out; the sum of those; the total."""

    cells: list[int | None]
    rest: int | None
    total: int | None


def exact(behind: Matrix) -> Told:
    """Everything as it is, for those who may see all that is counted."""
    values = [int(n) for n in behind.sum(axis=0)]
    return Told(list(values), None, sum(values))


def protected(behind: Matrix, whole: Matrix | None, least: int, step: int) -> Told:
    """What may be told to anyone of cells (columns) to which so many premises or requests (rows) contribute.

    ``whole`` holds what ``behind`` is a part of, in the same rows and columns.
    """
    parts = [behind] if whole is None else [behind, whole - behind]
    values = behind.sum(axis=0)
    left_out = {i for i in range(len(values)) if not _safe(parts, [i], least)}
    order = [int(i) for i in np.argsort(values, kind="stable") if any(part[:, i].any() for part in parts)]
    while left_out and (len(left_out) < 2 or not _safe(parts, sorted(left_out), least)):
        more = next((i for i in order if i not in left_out), None)
        if more is None:
            break
        left_out.add(more)
    safe = _safe(parts, range(len(values)), least)
    rest = int(values[sorted(left_out)].sum()) if left_out and _safe(parts, sorted(left_out), least) else None
    return Told(
        [None if i in left_out else rounded(int(n), step) for i, n in enumerate(values)],
        None if rest is None else rounded(rest, step),
        rounded(int(values.sum()), step) if safe else None,
    )


def _safe(parts: Sequence[Matrix], columns: Sequence[int], least: int) -> bool:
    """Whether of each part nobody or enough stand behind these cells together."""
    counts = [int(part[:, list(columns)].any(axis=1).sum()) for part in parts]
    return all(count == 0 or count >= least for count in counts)


def rounded(value: int, step: int) -> int:
    """The nearest multiple of ``step``, halves upwards."""
    return (value + step // 2) // step * step
