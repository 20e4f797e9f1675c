"""How figures become a picture: round steps of a scale, and columns as wide as the page lets them be.

A picture stretches with its page while its texts and patterns keep their size: what goes across is given in per cent,
what goes up in pixels from the top. ``templates/macros/chart.html`` draws it, told apart by pattern (LOOKS), never by
colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEIGHT, ROOM = 200, 6  # of a picture with columns, and what stays empty above the highest of them
STEPS = (1, 2, 2.5, 5, 10)
BAR = 16  # pixels: how high a bar is
BEYOND = 62.0  # per cent: a text that begins further to the right is written to the left of its line


@dataclass(frozen=True)
class Tick:
    """A step of the scale: its value, and where it lies."""

    value: float
    at: float


@dataclass(frozen=True)
class Box:
    """One part of a column: its kind, and where it lies."""

    kind: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True)
class Edge:
    """The upper end of a column."""

    x: float
    to: float
    y: float


@dataclass(frozen=True)
class Mark:
    """A line down through the picture with its text; the row keeps texts from lying on each other."""

    kind: str
    text: str
    x: float
    row: int
    end: bool


@dataclass(frozen=True)
class Columns:
    """Columns beside each other with parts on top of each other, and the scale they are read against."""

    boxes: list[Box]
    edges: list[Edge]
    ticks: list[Tick]
    height: int = HEIGHT


@dataclass(frozen=True)
class Label:
    """A text under the picture; a minor one is left out where the page is narrow, one in the middle of its column."""

    text: str
    x: float
    minor: bool = False
    middle: bool = False


@dataclass(frozen=True)
class Picture:
    """Columns with their key, labels and lines; a text for each column, and what it all says in words.

    ``closed`` are columns in which there is nothing to show; ``levels`` are lines across single columns.
    """

    kinds: list[tuple[str, str]]
    columns: Columns
    closed: list[tuple[float, float]]
    labels: list[Label]
    marks: list[Mark]
    texts: list[str]
    told: str
    levels: list[Edge]


@dataclass(frozen=True)
class Bar:
    """A row of a picture with bars: its name, its figures in words, its parts, and a line across it where asked for."""

    name: str
    figures: str
    boxes: list[Box]
    line: float | None


def bars(rows: Sequence[tuple[str, str, Mapping[str, float], float | None]]) -> list[Bar]:
    """Bars that lie beside each other on one scale: name, figures, parts of each kind, and where the line stands."""
    most = max((max(sum(parts.values()), line or 0) for _, _, parts, line in rows), default=0) or 1
    found = []
    for name, figures, parts, line in rows:
        boxes, x = [], 0.0
        for kind, value in parts.items():
            if value > 0:
                boxes.append(Box(kind, round(x, 3), round(100 * value / most, 3), 0, BAR))
                x += 100 * value / most
        found.append(Bar(name, figures, boxes, None if line is None else round(100 * line / most, 3)))
    return found


def steps(most: float, count: int = 4) -> list[float]:
    """Round numbers from 0 up to at least ``most``, about ``count`` of them besides 0; whole ones where they can be."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / count
    power = 10.0 ** math.floor(math.log10(rough))
    fine = [power * one for one in STEPS if power * one >= rough * (1 - 1e-9)]
    step = next((one for one in fine if one == int(one)), 1.0) if most >= 1 else fine[0]
    return [round(step * i, 6) for i in range(math.ceil(most / step - 1e-9) + 1)]


def columns(values: Mapping[str, Sequence[float]], most: float | None = None, height: int = HEIGHT) -> Columns:
    """Columns of these kinds, the first at the bottom; ``most`` is what the scale reaches, or the highest column."""
    count = len(next(iter(values.values()), ()))
    totals = [sum(kind[i] for kind in values.values()) for i in range(count)]
    ticks = steps(max(totals, default=0) if most is None else most)
    scale = (height - ROOM) / ticks[-1]
    wide = 100 / count if count else 0
    boxes, edges = [], []
    for i in range(count):
        top = float(height)
        for kind, numbers in values.items():
            tall = float(numbers[i]) * scale
            if tall > 0:
                top -= tall
                boxes.append(Box(kind, round(i * wide, 3), round(wide, 3), round(top, 1), round(tall, 1)))
        if totals[i]:
            edges.append(Edge(round(i * wide, 3), round((i + 1) * wide, 3), round(top, 1)))
    return Columns(boxes, edges, [Tick(value, round(height - value * scale, 1)) for value in ticks], height)


def strips(values: Mapping[str, Sequence[float]], totals: Sequence[float], height: int) -> list[Box]:
    """A thin row of columns, each as tall as its share of that week's total; equal neighbours become one box."""
    count = len(totals)
    wide = 100 / count if count else 0
    found: list[Box] = []
    top = [float(height)] * count
    for kind, numbers in values.items():
        tall = [round(height * float(numbers[i]) / totals[i], 1) if totals[i] else 0.0 for i in range(count)]
        begin = 0
        for i in range(1, count + 1):
            if i < count and (tall[i], top[i]) == (tall[begin], top[begin]):
                continue
            if tall[begin]:
                y = round(top[begin] - tall[begin], 1)
                found.append(Box(kind, round(begin * wide, 3), round((i - begin) * wide, 3), y, tall[begin]))
            begin = i
        top = [above - one for above, one in zip(top, tall, strict=True)]
    return found


def marks(named: Sequence[tuple[str, str, float]]) -> list[Mark]:
    """Lines at these kinds, texts and places (0 … 1), each text in a row of its own."""
    return [Mark(kind, text, round(100 * at, 3), row, 100 * at > BEYOND) for row, (kind, text, at) in enumerate(named)]


def runs_of(empty: Sequence[bool]) -> list[tuple[int, int]]:
    """Where neighbours are all true: the first of each such run, and the one after its last."""
    found, begin = [], None
    for i, one in enumerate([*empty, False]):
        if one and begin is None:
            begin = i
        elif not one and begin is not None:
            found.append((begin, i))
            begin = None
    return found
