"""Open figures: how much is offered in each county, for anyone to read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

import data
from platsverket.config import Config
from platsverket.database import this_day
from platsverket.models import Offer, standing_offers


@dataclass(frozen=True)
class CountyFigure:
    """What stands open in one county: premises, and their seats."""

    code: str
    name: str
    premises: int
    seats: int


def open_figures(session: Session, config: Config) -> list[CountyFigure]:
    """Premises and seats that are offered today in each county, most seats first.

    Sealed premises are never counted. A county with fewer premises than ``statistics.smallest_cell`` is left out, and
    no sum over all counties is given that would let its figure be worked out. Restricted premises count with the middle
    of the band that others see: whoever knows the open ones could work out their seats from an exact sum.
    """
    county, band = func.substr(Offer.municipality_code, 1, 2), config.offers.restricted_seat_band
    middle = Offer.seats // band * band + max(1, band // 2)
    premises, seats = func.count(Offer.id), func.sum(case((Offer.visibility == "open", Offer.seats), else_=middle))
    query = (
        select(county, premises, seats)
        .where(*standing_offers(this_day()), Offer.visibility != "sealed", Offer.municipality_code.is_not(None))
        .group_by(county)
        .having(premises >= config.statistics.smallest_cell)
    )
    found = [
        CountyFigure(code, known.name, count, int(total))
        for code, count, total in session.execute(query)
        if (known := data.county(code))
    ]
    return sorted(found, key=lambda figure: (-figure.seats, figure.code))
