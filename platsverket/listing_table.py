"""A list of premises as a table for a spreadsheet: the same premises in the same order as on the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext

from platsverket import forms, words
from platsverket.config import Config
from platsverket.listing import Line
from platsverket.models import Offer


def of(lines: list[tuple[Line, Offer]], config: Config) -> tuple[list[str], Iterator[list[Any]]]:
    """The columns' names and the rows; what the reader may not know of premises is an empty cell."""
    head = [
        gettext("Premises"), gettext("Organisation"), gettext("Place"), gettext("Address"), gettext("Municipality"),
        gettext("Kilometres"), gettext("Seats"), gettext("Area, m²"), gettext("First possible day"),
        gettext("Free until"), gettext("Weekdays"), gettext("Features"), gettext("Page"),
    ]  # fmt: skip
    return head, (_row(line, offer, config) for line, offer in lines)


def _row(line: Line, offer: Offer, config: Config) -> list[Any]:
    town = forms.municipality_name(offer.municipality_code)
    url = config.site.address.rstrip("/") + url_for("offers.show", ref=offer.ref)
    if not line.exact:
        band = words.seat_band(offer.seats, config.offers.restricted_seat_band)
        name = gettext("Restricted premises in %(municipality)s", municipality=town)
        return [name, None, None, None, town, None, band, None, None, None, None, None, url]
    km = None if line.km is None else round(line.km, 1)
    first, until = free(line, offer)
    return [
        offer.title, offer.agency.name, offer.place if line.open else town, offer.address if line.open else None, town,
        km, offer.seats, offer.area_m2, first, until, words.weekdays(offer.weekdays),
        words.features_of(offer.features, "yes"), url,
    ]  # fmt: skip


def free(line: Line, offer: Offer) -> tuple[date, date]:
    """The first possible day and the last of its period; of what is over, its first day and its last."""
    first = line.first
    if first is None:
        return offer.spans[0].first_day, offer.spans[-1].last_day
    return first, next(span.last_day for span in offer.spans if span.first_day <= first <= span.last_day)
