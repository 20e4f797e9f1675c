"""The country in a picture: what lies where, nothing outside, and no gap between neighbours."""

from __future__ import annotations

import re

import pytest

import data
from platsverket import outlines

SIGHTS = {"Kiruna": (67.8558, 20.2253), "Malmö": (55.605, 13.0038), "Visby": (57.6348, 18.2948)}


def corners(path: str) -> set[tuple[int, int]]:
    found = set()
    for ring in path.split("z")[:-1]:
        start, steps = ring[1:].split("l")
        x, y = map(int, start.split())
        found.add((x, y))
        numbers = [int(number) for number in re.findall(r"-?[0-9]+", steps)]
        for right, down in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + right, y + down
            found.add((x, y))
    return found


def test_all_counties_lie_within_the_picture_of_the_country() -> None:
    """Every county has an outline, and none leaves the picture."""
    frame = outlines.whole(400, 960)
    drawn = outlines.paths("lan", frame)
    assert drawn.keys() == {county.code for county in data.counties()}
    for path in drawn.values():
        assert all(0 <= x <= 400 and 0 <= y <= 960 for x, y in corners(path))
    assert len("".join(drawn.values())) < 30_000


def test_places_lie_in_the_picture_as_on_any_map() -> None:
    """Kiruna at the top, Malmö at the bottom and to the left, Visby to the right of it."""
    frame = outlines.whole(400, 960)
    at = {name: frame.at(*point) for name, point in SIGHTS.items()}
    assert at["Kiruna"][1] < 200 and at["Malmö"][1] > 850
    assert at["Malmö"][0] < at["Visby"][0] < at["Kiruna"][0]


def test_a_county_fills_its_picture_and_what_is_far_away_is_not_drawn() -> None:
    frame = outlines.county("23", 640, 640)
    drawn = outlines.paths("kommun", frame)
    assert {"2380", "2321"} <= drawn.keys() and not {"0180", "1280"} & drawn.keys()
    x, y = frame.at(63.1792, 14.6357)
    assert 0 < x < 640 and 0 < y < 640
    with pytest.raises(KeyError):
        outlines.county("99", 640, 640)


def test_neighbours_share_their_border() -> None:
    """Rounded to whole units the corners of neighbours are still the same points."""
    drawn = outlines.paths("kommun", outlines.county("23", 640, 640))
    ostersund, krokom = corners(drawn["2380"]), corners(drawn["2309"])
    assert len(ostersund & krokom) > 3
