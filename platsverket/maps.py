"""A map drawn on the server: outlines of municipalities and counties around one or two points, in SWEREF 99 TM.

Everything is in the units of a picture WIDTH × HEIGHT, ready to be written as SVG; what it shows is also told in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from platsverket import atlas
from platsverket.atlas import Mark, Town
from platsverket.outlines import around as framed
from platsverket.outlines import metres, outlines, path, paths

WIDTH, HEIGHT = 640, 400
LEAST_KM = 60.0  # from side to side: nearer than this the generalised outlines say nothing
NAME_SIZE = 1.4  # of a name, against those on maps of many things
POINT = 9  # the radius of the premises and of the place asked for
DIRECTIONS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
Point = tuple[float, float]  # latitude, longitude


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
        atlas.towns(frame, [_mark(*point) for point in (here, there) if point], NAME_SIZE),
        there,
        here,
        frame.km_wide,
    )


def _mark(x: float, y: float) -> Mark:
    return Mark(x, y, POINT, [], "", None)


def direction(origin: Point, to: Point) -> str:
    """The point of the compass in which ``to`` lies, one of DIRECTIONS."""
    north, east = to[0] - origin[0], (to[1] - origin[1]) * math.cos(math.radians(origin[0]))
    return DIRECTIONS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
