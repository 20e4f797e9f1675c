"""A list of premises on a map: the same premises, where their place is not shown at their municipality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket import atlas, forms, listing, pins, search_pages, words
from platsverket.atlas import Look
from platsverket.config import Config
from platsverket.listing import Asked, Line
from platsverket.models import Offer
from platsverket.pins import Shown, Thing

AT_A_TIME = 500
CLOSED = "square"  # shown only at its municipality


def of(session: Session, lines: list[Line], asked: Asked, values: dict[str, Any], area: str, config: Config) -> Shown:
    """The map of a list, at the area looked at."""
    w = asked.wanted
    farthest = max((line.km for line in lines if line.km is not None), default=None)
    drawn = atlas.draw(lines, Look(area, asked.county, w.lat, w.lon, farthest, w.max_km))
    rank = {line.offer_id: i for i, line in enumerate(lines)}

    def things(numbers: Sequence[int]) -> dict[int, Thing]:
        found = listing.shown(session, [lines[i] for i in dict.fromkeys(numbers)])
        return {rank[line.offer_id]: thing(line, offer, config) for line, offer in found}

    def closer(area: str) -> str:
        return url_for("offers.index", view="map", area=area, **search_pages.query(values))

    shapes = [pins.CIRCLE if line.open else CLOSED for line in lines]
    return pins.shown(drawn, things, several, closer, shapes)


def points(session: Session, lines: list[Line], config: Config) -> list[pins.Point]:
    """The premises of a list for a map that script draws."""
    query = select(Offer.id, Offer.ref, Offer.title, Offer.seats, Offer.municipality_code)
    known: dict[int, Any] = {}
    for begin in range(0, len(lines), AT_A_TIME):
        keys = [line.offer_id for line in lines[begin : begin + AT_A_TIME]]
        known |= {row.id: row for row in session.execute(query.where(Offer.id.in_(keys)))}
    placed = [line for line in lines if line.offer_id in known and (line.lat, line.lon) != listing.NOWHERE]
    return [pins.point(line.lat, line.lon, thing(line, known[line.offer_id], config)) for line in placed]


def thing(line: Line, offer: Any, config: Config) -> Thing:
    """Premises on a map."""
    url = url_for("offers.show", ref=offer.ref)
    town = forms.municipality_name(offer.municipality_code)
    if not line.exact:
        band = words.seat_band(offer.seats, config.offers.restricted_seat_band)
        name = gettext("Restricted premises in %(municipality)s", municipality=town)
        return Thing(name, gettext("%(band)s seats", band=band), url, CLOSED)
    note = [str(words.ngettext("%(num)s seat", "%(num)s seats", offer.seats))]
    if line.km is not None:
        note.append(gettext("%(km)s km", km=words.number(line.km, 1)))
    return Thing(offer.title, ", ".join(note), url, pins.CIRCLE if line.open else CLOSED)


def several(count: int, town: str) -> str:
    if not town:
        return str(words.ngettext("%(num)s premises", "%(num)s premises", count))
    return str(words.ngettext("%(num)s premises around %(town)s", "%(num)s premises around %(town)s", count, town=town))
