"""The place of a form: searched for by name or pointed at on a map; both also without script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import request

import data
from platsverket import place_map, places
from platsverket.deal_words import DIRECTIONS
from platsverket.errors import Fault, Refused
from platsverket.place_map import Near
from platsverket.places import Place
from platsverket.web import Typed
from platsverket.words import sentence

CHOICES = 8


@dataclass
class Picker:
    """What the form shows of its place: ``view`` and ``name`` of the map, the place typed where it is one, what stands
    nearest to it, and how the last press of a button ended: "" or "beside" (the map was pointed at beside the land),
    "closer", "farther", "pinned", "found" or "choose"."""

    view: str = ""
    place: Place | None = None
    near: Near | None = None
    says: str = ""
    choices: list[str] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        return str(DIRECTIONS[self.near.direction]) if self.near else ""

    @property
    def name(self) -> str:
        """What the map shows; nothing for all of Sweden."""
        if len(self.view) == 2:
            county = data.county(self.view)
            return county.name if county else ""
        town = data.municipality(self.view) if self.view else None
        return town.name if town else ""


def pick(values: dict[str, Any]) -> tuple[dict[str, Any], Picker]:
    """The values of a form with the place that was searched for or pointed at, and what is shown of it."""
    picker = Picker(view=_view())
    before = values.get("place")
    if clicked := _clicked():
        values = _pointed(values, picker, clicked)
    elif request.form.get("keep") == "map-out":
        picker.view, picker.says = place_map.farther(picker.view), "farther"
    elif request.form.get("keep") == "place":
        values = _searched(values, picker)
    elif request.form.get("keep") == "where":
        picker.says = "found"  # script asks while one types: the map follows, and the text stays as it is
    picker.place = _resolved(values.get("place"))
    if picker.place:
        picker.near = place_map.nearest(picker.place.lat, picker.place.lon)
    if picker.place and ("map_view" not in request.form or values.get("place") != before or picker.says == "found"):
        picker.view = picker.place.municipality_code or ""
    return values, picker


def _view() -> str:
    view = request.form.get("map_view", "")
    return view if place_map.known(view) else ""


def _clicked() -> tuple[int, int] | None:
    x, y = (request.form.get(f"keep-map.{axis}", "") for axis in ("x", "y"))
    return (int(x[:5]), int(y[:5])) if x.isdecimal() and y.isdecimal() else None


def _pointed(values: dict[str, Any], picker: Picker, clicked: tuple[int, int]) -> dict[str, Any]:
    """Nearer, until a municipality is shown: there the point itself is the place."""
    at = place_map.point(picker.view, *clicked)
    if at is None:
        picker.says = "beside"
        return values
    if len(picker.view) < 4:
        picker.view, picker.says = place_map.closer(picker.view, at), "closer"
        return values
    try:
        place = places.pin(*at)
    except Refused:
        picker.says = "beside"
        return values
    picker.says = "pinned"
    return Typed({**values, "place": place.label})


def _searched(values: dict[str, Any], picker: Picker) -> dict[str, Any]:
    """The one place that is meant, or those to choose among: of this name, else that begin so."""
    text = str(values.get("place", ""))
    try:
        places.resolve(text)
    except Refused as refused:
        found = refused.numbers.get("choices") or places.search(text, CHOICES)
        if not found:
            picker.errors = {"place": [sentence(refused if text.strip() else Fault("required"))]}
        elif len(found) > 1:
            picker.says, picker.choices = "choose", [place.label for place in found]
        else:
            picker.says, values = "found", Typed({**values, "place": found[0].label})
        return values
    picker.says = "found"
    return values


def _resolved(text: Any) -> Place | None:
    try:
        return places.resolve(text) if isinstance(text, str) and text.strip() else None
    except Refused:
        return None
