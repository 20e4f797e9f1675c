"""A map drawn on the server: outlines of municipalities and counties around one or two points, in SWEREF 99 TM.

Everything is in the units of a picture WIDTH × HEIGHT, ready to be written as SVG; what it shows is also told in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

import data
from platsverket.outlines import Frame, many_metres, metres, outlines, path, paths
from platsverket.outlines import around as framed

WIDTH, HEIGHT = 640, 400
LEAST_KM = 60.0  # from side to side: nearer than this the generalised outlines say nothing
MOST_TOWNS = 7
NAME_WIDTH, NAME_HEIGHT, NEAR = 170, 26, 24
DIRECTIONS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
Point = tuple[float, float]  # latitude, longitude


@dataclass(frozen=True)
class Town:
    name: str
    x: float
    y: float
    end: bool  # the name stands to the left of its dot
    above: bool  # the name stands above, where a point of the proposal lies on the dot


@dataclass(frozen=True)
class Map:
    """Paths of land, counties and the municipality marked; towns; where the premises and the place asked for lie.

    Without ``premises`` only their municipality may be known, and ``marked`` shows it.
    """

    municipalities: str
    counties: str
    marked: str
    towns: list[Town]
    premises: tuple[float, float] | None
    asked: tuple[float, float]
    km_wide: float


def around(asked: Point, premises: Point | None, municipality_code: str | None) -> Map:
    """The map of a proposal: both points, or the municipality of premises whose place may not be shown."""
    marked = outlines("kommun").get(municipality_code or "") if premises is None else None
    shown = np.array([metres(*point) for point in (asked, premises) if point])
    corners = shown if marked is None else np.vstack([shown, *marked])
    frame = framed(corners, WIDTH, HEIGHT, air=1.5, least=LEAST_KM * 1000)
    here = frame.at(*asked)
    there = frame.at(*premises) if premises else None
    return Map(
        "".join(paths("kommun", frame).values()),
        "".join(paths("lan", frame).values()),
        path(marked, frame) if marked else "",
        _towns(frame, [here, *([there] if there else [])]),
        there,
        here,
        frame.km_wide,
    )


def direction(origin: Point, to: Point) -> str:
    """The point of the compass in which ``to`` lies, one of DIRECTIONS."""
    north, east = to[0] - origin[0], (to[1] - origin[1]) * math.cos(math.radians(origin[0]))
    return DIRECTIONS[round(math.degrees(math.atan2(east, north)) / 45) % 8]


def _towns(frame: Frame, points: list[tuple[float, float]]) -> list[Town]:
    """The largest towns in the picture whose names do not cover each other, nor the proposal's own points."""
    found: list[Town] = []
    names: list[tuple[float, float]] = []
    rows = sorted(data.municipalities(), key=lambda m: -m.population)
    for town, (x, y) in zip(rows, frame.points(_town_metres()[[_index()[m.code] for m in rows]]), strict=True):
        inside = 20 < x < WIDTH - 20 and 50 < y < HEIGHT - 20
        free = all(abs(y - other) > NAME_HEIGHT or abs(x - beside) > NAME_WIDTH for beside, other in names)
        if inside and free:
            near = any(math.hypot(x - left, y - top) < NEAR for left, top in points)
            found.append(Town(town.seat, round(float(x), 1), round(float(y), 1), bool(x > WIDTH * 0.65), near))
            names.append((float(x), float(y)))
        if len(found) == MOST_TOWNS:
            break
    return found


@lru_cache
def _index() -> dict[str, int]:
    return {town.code: i for i, town in enumerate(data.municipalities())}


@lru_cache
def _town_metres() -> NDArray[np.float64]:
    towns = data.municipalities()
    return many_metres(np.array([t.lat for t in towns]), np.array([t.lon for t in towns]))
