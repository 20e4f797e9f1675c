"""Many points on one map of Sweden, drawn on the server: what lies too near together is one mark with its number.

The picture is WIDE units wide, about as many as it has pixels on a computer; a mark is never nearer to another than
a finger needs. Everything that a map shows is shown as a list too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import numpy as np

import data
from platsverket import outlines
from platsverket.outlines import Floats, Frame

WIDE, TALL, SQUARE = 480, 1080, 560
APART = 42  # units between the middles of two marks
SMALLEST, LARGEST = 15, 26  # radius of a mark
MOST_TOWNS, LETTER_WIDE, LINE_HIGH = 10, 9, 20
NEAREST_KM, NEIGHBOURHOOD_KM, FARTHEST_KM = 4.0, 30.0, 900.0
EVERYWHERE = "all"
AREA = re.compile(r"(-?[0-9]{1,2}\.[0-9]{1,4}),(-?[0-9]{1,3}\.[0-9]{1,4}),([0-9]{1,4}(?:\.[0-9]{1,2})?)")


Box = tuple[float, float, float, float]  # left, top, right, bottom


class Placed(Protocol):
    """What can stand on a map."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def municipality_code(self) -> str | None: ...


@dataclass(frozen=True)
class Mark:
    """One mark: which of the things stand there, around which town, and the area to look at to tell them apart."""

    x: float
    y: float
    radius: float
    members: list[int]
    town: str
    area: str | None  # None for one thing alone, and where they cannot be told apart


@dataclass(frozen=True)
class Town:
    """A town and its name beside it, or beside the mark that lies on it."""

    name: str
    x: float
    y: float
    end: bool  # the name stands to the left
    under: Mark | None

    @property
    def name_x(self) -> float:
        x, away = (self.under.x, self.under.radius + 3) if self.under else (self.x, 6)
        return round(x - away if self.end else x + away, 1)

    @property
    def name_y(self) -> float:
        return round((self.under.y if self.under else self.y) + 5, 1)

    def box(self, size: float) -> Box:
        """What the name covers, where letters are ``size`` times as large as on a map of many things."""
        wide, high = len(self.name) * LETTER_WIDE * size, LINE_HIGH * size
        left = self.name_x - wide if self.end else self.name_x
        return left, self.name_y - high * 0.8, left + wide, self.name_y + high * 0.2


@dataclass(frozen=True)
class Atlas:
    """A picture ``width`` × ``height``: paths of land and of the counties, towns, and the marks from north to south."""

    width: int
    height: int
    land: str
    counties: str
    towns: list[Town]
    marks: list[Mark]
    inside: int  # how many of the things lie in the picture
    km_wide: float
    frame: Frame
    circle: tuple[float, float, float] | None = None  # what was asked for: the place and how far from it
    wider: str | None = None  # the area to look at to see more

    @property
    def bounds(self) -> str:
        """The south, west, north and east of the picture in degrees."""
        west, south, east, north = self.frame.box
        (low, left), (high, right) = outlines.position(west, south), outlines.position(east, north)
        return f"{low:.4f},{left:.4f},{high:.4f},{right:.4f}"


@dataclass(frozen=True)
class Look:
    """Which part of the country to look at: an area, else a county, else around a place, else all of it."""

    area: str = ""
    county: str = ""
    lat: float | None = None
    lon: float | None = None
    km: float | None = None  # how far from the place everything lies
    reach: float | None = None  # how far from the place was asked for


@dataclass
class _Group:
    x: float
    y: float
    members: list[int] = field(default_factory=list)


def draw(things: Sequence[Placed], look: Look) -> Atlas:
    """The things on the part of the map that is looked at."""
    frame = framed(look)
    metres = outlines.many_metres(np.array([t.lat for t in things]), np.array([t.lon for t in things]))
    at = frame.points(metres) if len(things) else np.zeros((0, 2))
    inside = np.flatnonzero(((at >= 0) & (at <= (frame.width, frame.height))).all(axis=1))
    marks = [_mark(things, metres, group, frame) for group in _groups(at, inside)]
    marks.sort(key=lambda mark: (round(mark.y / APART), mark.x))
    near = frame.km_wide < outlines.whole(WIDE, TALL).km_wide / 2
    return Atlas(
        frame.width,
        frame.height,
        "".join(outlines.paths("kommun" if near else "lan", frame).values()),
        "".join(outlines.paths("lan", frame).values()) if near else "",
        towns(frame, marks),
        marks,
        len(inside),
        frame.km_wide,
        frame,
        _circle(frame, look),
        _wider(frame),
    )


def framed(look: Look) -> Frame:
    """The part of the country that is looked at."""
    if match := AREA.fullmatch(look.area):
        lat, lon, km = (float(number) for number in match.groups())
        return _around(lat, lon, min(max(km, NEAREST_KM), FARTHEST_KM))
    if look.area == EVERYWHERE:
        return outlines.whole(WIDE, TALL)
    if look.county:
        return outlines.county(look.county, WIDE, SQUARE)
    if look.lat is not None and look.lon is not None and look.km is not None and look.km * 2.3 < FARTHEST_KM / 2:
        return _around(look.lat, look.lon, max(look.km * 2.3, NEIGHBOURHOOD_KM))
    return outlines.whole(WIDE, TALL)


def _around(lat: float, lon: float, km: float) -> Frame:
    return Frame(outlines.metres(lat, lon), WIDE / (km * 1000), WIDE, SQUARE)


def _groups(at: Floats, inside: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[_Group]:
    """What lies nearer together than APART: first what shares a cell of a grid, then groups that are still too near."""
    cells: dict[tuple[int, int], _Group] = {}
    for i in inside.tolist():
        x, y = float(at[i, 0]), float(at[i, 1])
        cell = cells.setdefault((int(x // APART), int(y // APART)), _Group(0.0, 0.0))
        _join(cell, _Group(x, y, [i]))
    kept: list[_Group] = []
    for group in sorted(cells.values(), key=lambda g: (-len(g.members), g.members[0])):
        near = next((k for k in kept if (k.x - group.x) ** 2 + (k.y - group.y) ** 2 < APART**2), None)
        if near:
            near.members += group.members  # it stays where it is, so that no two come nearer to each other
        else:
            kept.append(group)
    return kept


def _join(group: _Group, other: _Group) -> None:
    """Together they stand at their common middle."""
    mine, more = len(group.members), len(other.members)
    group.x = (group.x * mine + other.x * more) / (mine + more)
    group.y = (group.y * mine + other.y * more) / (mine + more)
    group.members += other.members


def _mark(things: Sequence[Placed], metres: Floats, group: _Group, frame: Frame) -> Mark:
    count = len(group.members)
    radius = min(LARGEST, SMALLEST + 2.2 * (len(str(count)) - 1) + (3 if count > 1 else 0))
    codes = Counter(code for i in group.members if (code := things[i].municipality_code))
    town = data.municipality(codes.most_common(1)[0][0]) if codes else None
    edge = radius + 1
    x = min(max(group.x, edge), frame.width - edge)
    y = min(max(group.y, edge), frame.height - edge)
    area = _area([things[i] for i in group.members], metres[group.members], frame) if count > 1 else None
    return Mark(round(x, 1), round(y, 1), round(radius, 1), sorted(group.members), town.seat if town else "", area)


def _area(members: Sequence[Placed], metres: Floats, frame: Frame) -> str | None:
    """The area that shows these alone, where looking closer tells them apart."""
    wide, high = np.ptp(metres, axis=0).tolist()
    across = max(wide, high * WIDE / SQUARE) / 1000 * 1.5
    if across < NEAREST_KM / 10 or frame.km_wide <= NEAREST_KM:
        return None
    lat = (min(m.lat for m in members) + max(m.lat for m in members)) / 2
    lon = (min(m.lon for m in members) + max(m.lon for m in members)) / 2
    return area(lat, lon, max(across, NEAREST_KM))


def area(lat: float, lon: float, km: float) -> str:
    """So much of the country, as it stands in an address."""
    return f"{lat:.4f},{lon:.4f},{km:.1f}"


def _wider(frame: Frame) -> str | None:
    if frame.height == TALL:
        return None
    lat, lon = outlines.position(*frame.middle)
    return area(lat, lon, frame.km_wide * 2) if frame.km_wide * 2 < FARTHEST_KM / 2 else EVERYWHERE


def _circle(frame: Frame, look: Look) -> tuple[float, float, float] | None:
    if look.lat is None or look.lon is None:
        return None
    x, y = frame.at(look.lat, look.lon)
    return x, y, round((look.reach or 0) * 1000 * frame.scale, 1)


def towns(frame: Frame, marks: Sequence[Mark], size: float = 1) -> list[Town]:
    """Names that cover neither each other nor a mark: first where most things are, then the largest towns."""
    found: list[Town] = []
    taken: list[Box] = [(m.x - m.radius, m.y - m.radius, m.x + m.radius, m.y + m.radius) for m in marks]
    fullest = sorted((m for m in marks if m.town), key=lambda mark: -len(mark.members))
    wanted = [(mark.town, mark.x, mark.y, mark) for mark in fullest[:MOST_TOWNS]]
    for name, x, y, under in [*wanted, *_seen_towns(frame, marks)]:
        sides = [
            Town(name, round(x, 1), round(y, 1), end, under) for end in (x > frame.width * 0.6, x <= frame.width * 0.6)
        ]
        free = [one for one in sides if _free(one.box(size), taken, frame) and name not in {t.name for t in found}]
        if free:
            found.append(free[0])
            taken.append(free[0].box(size))
        if len(found) == MOST_TOWNS:
            break
    return found


def _seen_towns(frame: Frame, marks: Sequence[Mark]) -> Iterator[tuple[str, float, float, Mark | None]]:
    for town, (x, y) in zip(_largest(), frame.points(_town_metres()).tolist(), strict=True):
        if 12 < x < frame.width - 12 and 16 < y < frame.height - 16:
            under = next((m for m in marks if (m.x - x) ** 2 + (m.y - y) ** 2 < (m.radius + 4) ** 2), None)
            yield town.seat, x, y, under


def _free(box: Box, taken: list[Box], frame: Frame) -> bool:
    return box[0] >= 0 and box[2] <= frame.width and not any(_overlap(box, other) for other in taken)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@lru_cache
def _largest() -> list[data.Municipality]:
    return sorted(data.municipalities(), key=lambda town: -town.population)


@lru_cache
def _town_metres() -> Floats:
    rows = _largest()
    return outlines.many_metres(np.array([t.lat for t in rows]), np.array([t.lon for t in rows]))
