"""Sweden's counties and municipalities as outlines: in metres of SWEREF 99 TM, and as the paths of an SVG picture.

>>> frame = whole(400, 900)               # all of Sweden in a picture 400 wide and 900 high, north up
>>> paths("lan", frame)["23"]             # the outline of a county, for <path d="…">
>>> frame.at(63.18, 14.64)                # where a point lies in the picture
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

import data

Floats = NDArray[np.float64]
Level = Literal["lan", "kommun"]
AIR = 1.04  # between what is shown and the edges of its picture
LEAST_METRES = 4_000.0  # nearer than this the generalised outlines say nothing


@dataclass(frozen=True)
class Frame:
    """The part of the country that a picture shows, north up: ``scale`` of its units are one metre."""

    middle: tuple[float, float]  # metres east and north
    scale: float
    width: int
    height: int

    def points(self, metres: Floats) -> Floats:
        """Where points in metres lie in the picture, shape (n, 2)."""
        moved = (metres - np.array(self.middle)) * self.scale
        return np.column_stack([self.width / 2 + moved[:, 0], self.height / 2 - moved[:, 1]])

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        """Where a point lies in the picture."""
        ((x, y),) = self.points(np.array([metres(lat, lon)]))
        return round(float(x), 1), round(float(y), 1)

    @property
    def km_wide(self) -> float:
        return self.width / self.scale / 1000

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north in metres."""
        wide, high = self.width / self.scale / 2, self.height / self.scale / 2
        return self.middle[0] - wide, self.middle[1] - high, self.middle[0] + wide, self.middle[1] + high


def whole(width: int, height: int) -> Frame:
    """All of Sweden."""
    return around(np.vstack([ring for rings in outlines("lan").values() for ring in rings]), width, height)


def county(code: str, width: int, height: int) -> Frame:
    """One county; raises ``KeyError`` for a code that does not exist."""
    return around(np.vstack(outlines("lan")[code]), width, height)


def around(shown: Floats, width: int, height: int, *, air: float = AIR, least: float = LEAST_METRES) -> Frame:
    """All the points (metres, shape (n, 2)) in the middle of a picture at least ``least`` metres wide."""
    low, high = shown.min(axis=0), shown.max(axis=0)
    across = max(float(high[0] - low[0]) * air, float(high[1] - low[1]) * air * width / height, least)
    return Frame((float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2), width / across, width, height)


def metres(lat: float, lon: float) -> tuple[float, float]:
    """A point in metres east and north."""
    east, north = _sweref().transform(lon, lat)
    return float(east), float(north)


def position(east: float, north: float) -> tuple[float, float]:
    """The latitude and longitude of a point in metres."""
    lon, lat = _sweref().transform(east, north, direction="INVERSE")
    return float(lat), float(lon)


def many_metres(lat: Floats, lon: Floats) -> Floats:
    """Points in metres, shape (n, 2)."""
    return np.column_stack(_sweref().transform(lon, lat))


@lru_cache
def outlines(level: Level) -> dict[str, list[Floats]]:
    """The rings of every county ("lan") or municipality ("kommun") in metres, by its code."""
    found = {}
    for one in data.outlines(level):
        rings = [np.array(ring) for polygon in one.polygons for ring in polygon]
        found[one.code] = [many_metres(ring[:, 1], ring[:, 0]) for ring in rings]
    return found


@lru_cache(maxsize=64)
def paths(level: Level, frame: Frame) -> dict[str, str]:
    """The outline of each county or municipality that can be seen in a picture, in whole units.

    Neighbours share their points, and each point is rounded by itself: so no gap opens between them.
    """
    drawn = {code: path(rings, frame) for code, rings in outlines(level).items() if _seen(level, code, frame)}
    return {code: d for code, d in drawn.items() if d}


def path(rings: Iterable[Floats], frame: Frame) -> str:
    """The SVG path of rings in a picture, in whole units; rings too small to be seen are left out."""
    drawn = []
    for ring in rings:
        at = np.rint(frame.points(ring)).astype(np.int64)
        at = at[np.append(True, (np.diff(at, axis=0) != 0).any(axis=1))]
        if len(at) > 3:
            steps = " ".join(f"{x} {y}" for x, y in np.diff(at, axis=0).tolist()).replace(" -", "-")
            drawn.append(f"M{at[0, 0]} {at[0, 1]}l{steps}z")
    return "".join(drawn)


def _seen(level: Level, code: str, frame: Frame) -> bool:
    west, south, east, north = frame.box
    low, high = _boxes(level)[code]
    return bool(low[0] <= east and high[0] >= west and low[1] <= north and high[1] >= south)


@lru_cache
def _boxes(level: Level) -> dict[str, tuple[Floats, Floats]]:
    found = {}
    for code, rings in outlines(level).items():
        points = np.vstack(rings)
        found[code] = points.min(axis=0), points.max(axis=0)
    return found


@lru_cache
def _sweref() -> Transformer:
    return Transformer.from_crs("EPSG:4326", "EPSG:3006", always_xy=True)
