"""What the map of a proposal shows, in words: the municipality, how far and in which direction."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext

import data
from platsverket.maps import direction
from platsverket.models import Need, Offer
from platsverket.words import number

_ = lazy_gettext

DIRECTIONS = {
    "n": _("north"), "ne": _("north-east"), "e": _("east"), "se": _("south-east"),
    "s": _("south"), "sw": _("south-west"), "w": _("west"), "nw": _("north-west"),
}  # fmt: skip


def on_map(offer: Offer, need: Need, km: float | None) -> str:
    """What the map shows, in words; without the distance only the municipality may be told."""
    town = data.municipality(offer.municipality_code or "")
    where = town.name if town else gettext("Place not shown")
    if km is None:
        return gettext("The premises lie in the municipality of %(municipality)s.", municipality=where)
    if km < 0.1:
        return gettext(
            "The premises lie in the municipality of %(municipality)s, at the place asked for.", municipality=where
        )
    return gettext(
        "The premises lie in the municipality of %(municipality)s, %(km)s km %(direction)s of the place asked for.",
        municipality=where, km=number(km, 1),
        direction=DIRECTIONS[direction((need.lat, need.lon), (offer.lat, offer.lon))],
    )  # fmt: skip
