"""Requests on a map: those of a list, and those of a run with lines to their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from flask import url_for
from flask_babel import gettext

from platsverket import atlas, outlines, pins, words
from platsverket.atlas import Look
from platsverket.models import Need
from platsverket.pins import Shown, Thing
from platsverket.ways import Way

WITHOUT = "diamond"


def of_needs(needs: list[Need], area: str, closer: Callable[[str], str]) -> Shown:
    """The requests of a list, at the area looked at; ``closer`` gives the address of another area."""

    def things(numbers: Sequence[int]) -> dict[int, Thing]:
        return {i: _need(needs[i]) for i in numbers}

    return pins.shown(atlas.draw(needs, Look(area)), things, several, closer)


def _need(need: Need) -> Thing:
    return Thing(need.title, f"{need.place}, {_seats(need.seats)}", url_for("needs.show", ref=need.ref))


def points(needs: list[Need]) -> list[pins.Point]:
    """The requests of a list for a map that script draws."""
    return [pins.point(need.lat, need.lon, _need(need)) for need in needs]


def points_of_ways(ways: list[Way]) -> dict[str, Any]:
    """The requests of a run and the lines to their places for a map that script draws."""
    lines = [[round(n, 5) for n in (way.lat, way.lon, *way.to)] for way in ways if way.to]
    return {"points": [pins.point(way.lat, way.lon, _way(way)) for way in ways], "lines": lines}


def _seats(seats: int) -> str:
    return str(words.ngettext("%(num)s seat", "%(num)s seats", seats))


def several(count: int, town: str) -> str:
    if not town:
        return str(words.ngettext("%(num)s request", "%(num)s requests", count))
    return str(words.ngettext("%(num)s request around %(town)s", "%(num)s requests around %(town)s", count, town=town))


def table(needs: list[Need]) -> tuple[list[str], Iterator[list[Any]]]:
    """The requests of a list as a table for a spreadsheet."""
    head = [
        gettext("Request"), gettext("Organisation"), gettext("Place"), gettext("Largest distance"), gettext("Seats"),
        gettext("Area, m²"), gettext("Earliest start"), gettext("Latest start"), gettext("Number of days"),
        gettext("Weekdays"), gettext("Required features"),
    ]  # fmt: skip
    rows = (
        [n.title, n.agency.name, n.place, n.max_km, n.seats, n.area_m2, n.earliest_start, n.latest_start, n.days,
         words.weekdays(n.weekdays), ", ".join(words.feature(code) for code in n.must)]
        for n in needs
    )  # fmt: skip
    return head, rows


def table_of_ways(ways: list[Way]) -> tuple[list[str], Iterator[list[Any]]]:
    """The requests of a run and where they go as a table for a spreadsheet."""
    head = [
        gettext("Request"), gettext("Organisation"), gettext("Place"), gettext("Seats"), gettext("Premises"),
        gettext("Kilometres"), gettext("First day"),
    ]  # fmt: skip
    rows = ([w.title, w.agency, w.place, w.seats, w.premises or None, w.km, w.start] for w in ways)
    return head, rows


def of_ways(ways: list[Way], county: str, area: str, closer: Callable[[str], str]) -> Shown:
    """The requests of a run, those without a place by their shape; where one county holds them all, that is shown."""
    counties = {(way.municipality_code or "")[:2] for way in ways}
    county = county or (counties.pop() if len(counties) == 1 else "")

    def things(numbers: Sequence[int]) -> dict[int, Thing]:
        return {i: _way(ways[i]) for i in numbers}

    shapes = [WITHOUT if way.offer is None else pins.CIRCLE for way in ways]
    return pins.shown(atlas.draw(ways, Look(area, county)), things, several, closer, shapes)


def _way(way: Way) -> Thing:
    url = url_for("needs.show", ref=way.need)
    if way.offer is None:
        return Thing(way.title, gettext("without proposal"), url, WITHOUT)
    note = gettext("to %(premises)s, %(km)s km", premises=way.premises, km=words.number(way.km or 0, 1))
    return Thing(way.title, note, url)


def drawn(ways: list[Way], frame: outlines.Frame) -> tuple[str, str]:
    """The lines from requests to their places as one path, and the places as dots on another."""
    placed = [way for way in ways if way.to]
    if not placed:
        return "", ""
    here = _units(frame, [(way.lat, way.lon) for way in placed])
    there = _units(frame, [way.to for way in placed if way.to])
    seen = [i for i in range(len(placed)) if _inside(frame, here[i]) or _inside(frame, there[i])]
    lines = dict.fromkeys(
        f"M{here[i][0]} {here[i][1]}L{there[i][0]} {there[i][1]}" for i in seen if here[i] != there[i]
    )
    dots = dict.fromkeys(f"M{there[i][0]} {there[i][1]}h0" for i in seen)
    return "".join(lines), "".join(dots)


def _units(frame: outlines.Frame, points: list[tuple[float, float]]) -> list[tuple[int, int]]:
    at = np.array(points)
    found = np.rint(frame.points(outlines.many_metres(at[:, 0], at[:, 1]))).astype(int)
    return [(x, y) for x, y in found.tolist()]


def _inside(frame: outlines.Frame, point: tuple[int, int]) -> bool:
    return 0 <= point[0] <= frame.width and 0 <= point[1] <= frame.height
