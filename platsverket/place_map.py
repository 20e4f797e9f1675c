"""A map to point at: all of Sweden, then a county, then a municipality, and there a point.

A view is the code of what the map shows: nothing, a county's or a municipality's. Pictures have one size, in which
browsers tell where they were pointed at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pyproj import Transformer
from scipy.spatial import cKDTree

import data
from data.land import km_outside
from platsverket import maps, places
from platsverket.outlines import Floats, Frame, around, county, many_metres, outlines, paths, whole

WIDTH, HEIGHT = 280, 480
AIR = 1.15
MOST_TOWNS = 5
APART = 40  # between the names of two towns, downwards
FARTHEST_KM = 3.0  # off the outlines of the land, which are coarse: farther out nobody points at a place


@dataclass(frozen=True)
class Town:
    name: str
    x: float
    y: float
    end: bool  # the name stands to the left of its dot


@dataclass(frozen=True)
class Picture:
    """Paths of the land around and of each part that can be pointed at; towns; where the pin is."""

    land: list[str]
    parts: list[str]
    towns: list[Town]
    pin: tuple[float, float] | None


@dataclass(frozen=True)
class Near:
    """The locality nearest to a point, how far the point lies from it and in which direction."""

    locality: str
    km: float
    direction: str


def known(view: str) -> bool:
    """Whether there is such a view."""
    return not view or view in outlines("lan") or view in outlines("kommun")


def frame(view: str) -> Frame:
    """The part of the country that a view shows."""
    if not view:
        return whole(WIDTH, HEIGHT)
    if len(view) == 2:
        return county(view, WIDTH, HEIGHT)
    return around(np.vstack(outlines("kommun")[view]), WIDTH, HEIGHT, air=AIR)


def picture(view: str, pin: tuple[float, float] | None = None) -> Picture:
    """What a view shows, with a pin where the point lies in it."""
    shown = frame(view)
    around_it = paths("lan", shown)
    parts = paths("kommun", shown) if len(view) == 2 else around_it
    parts = {code: d for code, d in parts.items() if code.startswith(view)} if len(view) != 4 else {}
    if len(view) == 4:
        parts = {view: paths("kommun", shown).get(view, "")}
    at = shown.at(*pin) if pin else None
    inside = at and 0 <= at[0] <= WIDTH and 0 <= at[1] <= HEIGHT
    return Picture(list(around_it.values()), list(parts.values()), _towns(view, shown), at if inside else None)


def point(view: str, x: int, y: int) -> tuple[float, float] | None:
    """Latitude and longitude where a view was pointed at; None beside the land."""
    shown = frame(view)
    east = shown.middle[0] + (x - WIDTH / 2) / shown.scale
    north = shown.middle[1] - (y - HEIGHT / 2) / shown.scale
    lon, lat = _from_sweref().transform(east, north)
    if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT) or km_outside(lat, lon) > max(FARTHEST_KM, 6 / shown.scale / 1000):
        return None
    return round(float(lat), 5), round(float(lon), 5)


def closer(view: str, at: tuple[float, float]) -> str:
    """The view that shows a point one step nearer; the nearest one stays."""
    code = _municipality(*at)
    if not view:
        return code[:2]
    return code if len(view) == 2 else view


def farther(view: str) -> str:
    return view[:2] if len(view) == 4 else ""


def nearest(lat: float, lon: float) -> Near:
    """What stands nearest to a point in the register of localities."""
    tree, rows = _localities()
    _, row = tree.query(many_metres(np.array([lat]), np.array([lon]))[0])
    found = rows[int(row)]
    (east, north), (other_east, other_north) = many_metres(np.array([lat, found.lat]), np.array([lon, found.lon]))
    km = math.hypot(east - other_east, north - other_north) / 1000
    return Near(found.name, km, maps.direction((found.lat, found.lon), (lat, lon)))


def _municipality(lat: float, lon: float) -> str:
    """The municipality that a point lies in by the outlines, else the one whose seat is nearest."""
    east_north = many_metres(np.array([lat]), np.array([lon]))[0]
    for code, rings in outlines("kommun").items():
        if sum(_inside(ring, east_north) for ring in rings) % 2:
            return code
    return places.nearest_municipality(lat, lon).code


def _inside(ring: Floats, at: Floats) -> bool:
    """Whether a ray from the point to the east crosses the ring an odd number of times."""
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    crossing = (y0 > at[1]) != (y1 > at[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        at_x = x0 + (at[1] - y0) * (x1 - x0) / (y1 - y0)
    return bool((crossing & (at[0] < at_x)).sum() % 2)


def _towns(view: str, shown: Frame) -> list[Town]:
    """The largest towns of what is shown whose names do not cover each other."""
    found: list[Town] = []
    rows = [one for one in data.municipalities() if one.code.startswith(view[:2])]
    places = [(one.seat, one.lat, one.lon, one.population) for one in rows]
    if len(view) == 4:
        places = [(o.name, o.lat, o.lon, o.population) for o in data.localities() if o.municipality_code == view]
    for name, lat, lon, _ in sorted(places, key=lambda one: -one[3]):
        x, y = shown.at(lat, lon)
        if len(found) < MOST_TOWNS and 12 < y < HEIGHT - 12 and all(abs(y - town.y) > APART for town in found):
            found.append(Town(name, x, y, x > WIDTH / 2))
    return found


@lru_cache
def _localities() -> tuple[cKDTree, list[data.Locality]]:
    rows = list(data.localities())
    return cKDTree(many_metres(np.array([o.lat for o in rows]), np.array([o.lon for o in rows]))), rows


@lru_cache
def _from_sweref() -> Transformer:
    return Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True)
