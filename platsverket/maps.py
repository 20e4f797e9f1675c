"""A map drawn on the server: outlines of municipalities and counties around one or two points, in SWEREF 99 TM.

Everything is in the units of a picture WIDTH × HEIGHT, ready to be written as SVG; what it shows is also told in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

import data

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
    marked = _outlines("kommun").get(municipality_code or "") if premises is None else None
    shown = [_metres(asked)] + ([_metres(premises)] if premises else [])
    corners = np.array(shown) if marked is None else np.vstack([np.array(shown), *marked])
    view = _View(corners.min(axis=0), corners.max(axis=0))
    here = view.point(*_metres(asked))
    there = view.point(*_metres(premises)) if premises else None
    return Map(
        view.paths(_outlines("kommun").values()),
        view.paths(_outlines("lan").values()),
        view.paths([marked]) if marked else "",
        _towns(view, [here, *([there] if there else [])]),
        there,
        here,
        view.metres_wide / 1000,
    )


def direction(origin: Point, to: Point) -> str:
    """The point of the compass in which ``to`` lies, one of DIRECTIONS."""
    north, east = to[0] - origin[0], (to[1] - origin[1]) * math.cos(math.radians(origin[0]))
    return DIRECTIONS[round(math.degrees(math.atan2(east, north)) / 45) % 8]


class _View:
    """Metres to picture: the middle of what must be seen in the middle, with air around it."""

    def __init__(self, least: NDArray[np.float64], most: NDArray[np.float64]):
        self.middle = (least + most) / 2
        wide, high = most - least
        self.metres_wide = float(max(LEAST_KM * 1000, wide * 1.5, high * 1.5 * WIDTH / HEIGHT))
        self.scale = WIDTH / self.metres_wide

    def points(self, ring: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = (ring - self.middle) * self.scale
        return np.column_stack([WIDTH / 2 + moved[:, 0], HEIGHT / 2 - moved[:, 1]])

    def point(self, x: float, y: float) -> tuple[float, float]:
        ((left, top),) = self.points(np.array([[x, y]]))
        return round(float(left), 1), round(float(top), 1)

    def paths(self, outlines: Iterable[Iterable[NDArray[np.float64]]]) -> str:
        """One SVG path of all rings that can be seen."""
        found = []
        for rings in outlines:
            for ring in rings:
                at = self.points(ring)
                if (at.max(axis=0) < 0).any() or (at.min(axis=0) > (WIDTH, HEIGHT)).any():
                    continue
                found.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at) + "Z")
        return "".join(found)


def _towns(view: _View, points: list[tuple[float, float]]) -> list[Town]:
    """The largest towns in the picture whose names do not cover each other, nor the proposal's own points."""
    found: list[Town] = []
    names: list[tuple[float, float]] = []
    rows = sorted(data.municipalities(), key=lambda m: -m.population)
    for town, (x, y) in zip(rows, view.points(_town_metres()[[_index()[m.code] for m in rows]]), strict=True):
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
def _sweref() -> Transformer:
    return Transformer.from_crs("EPSG:4326", "EPSG:3006", always_xy=True)


def _metres(point: Point) -> tuple[float, float]:
    x, y = _sweref().transform(point[1], point[0])
    return float(x), float(y)


@lru_cache
def _outlines(level: str) -> dict[str, list[NDArray[np.float64]]]:
    """The rings of every municipality ("kommun") or county ("lan") in metres, by its code."""
    found = {}
    for one in data.outlines(level):
        rings = [np.array(ring) for polygon in one.polygons for ring in polygon]
        found[one.code] = [np.column_stack(_sweref().transform(ring[:, 0], ring[:, 1])) for ring in rings]
    return found


@lru_cache
def _index() -> dict[str, int]:
    return {town.code: i for i, town in enumerate(data.municipalities())}


@lru_cache
def _town_metres() -> NDArray[np.float64]:
    towns = data.municipalities()
    return np.column_stack(_sweref().transform([t.lon for t in towns], [t.lat for t in towns]))
