"""Where seats are wanted today without a place: by county, and by the municipalities of a county."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

import data
from platsverket import yearly
from platsverket.access import Identity
from platsverket.config import Config
from platsverket.disclosure import Matrix, Told, exact, protected
from platsverket.errors import Refused
from platsverket.models import Agreement, Need, Proposal


@dataclass(frozen=True)
class Demand:
    """Seats asked for today without a place: where premises posted now would be taken.

    By county or, with ``county``, by the municipalities of one county.
    """

    full: bool
    county: str
    codes: list[str]
    names: list[str]
    told: Told

    def rows(self) -> list[dict[str, Any]]:
        cells = zip(self.codes, self.names, self.told.cells, strict=True)
        found = [{"code": code, "name": name, "seats": seats} for code, name, seats in cells if seats != 0]
        return sorted(found, key=lambda row: (row["seats"] is None, -(row["seats"] or 0), row["code"]))


def demand_now(session: Session, by: Identity, config: Config, today: date, county: str = "") -> Demand:
    """What would be taken tomorrow: the seats of requests that stand today and have neither agreement nor proposal.

    Raises Refused("not_found") for a county that is none, or whose own figure is left out: its municipalities would
    tell it.
    """
    found = _waiting(session, today)
    whole = _demand(by, config, "", yearly.counties(), [(code[:2], seats) for code, seats in found])
    if not county:
        return whole
    if county not in whole.codes or whole.told.cells[whole.codes.index(county)] is None:
        raise Refused("not_found")
    towns = sorted((t for t in data.municipalities() if t.county_code == county), key=lambda t: t.code)
    names = [town.code for town in towns], [town.name for town in towns]
    return _demand(by, config, county, names, [(code, seats) for code, seats in found if code[:2] == county])


def _waiting(session: Session, today: date) -> list[tuple[str, int]]:
    """The municipality and the seats of each request that waits."""
    running = select(Proposal.need_id).outerjoin(Agreement, Agreement.proposal_id == Proposal.id)
    running = running.where(
        or_(Proposal.holds_seats, (Agreement.last_day >= today) & (Agreement.last_day >= Proposal.start))
    )
    query = select(Need.municipality_code, Need.seats).where(
        Need.withdrawn_at.is_(None), Need.latest_start >= today, Need.id.not_in(running)
    )
    return [(code or "", seats) for code, seats in session.execute(query)]


def _demand(
    by: Identity, config: Config, county: str, places: tuple[list[str], list[str]], found: list[tuple[str, int]]
) -> Demand:
    codes, names = places
    column = {code: i for i, code in enumerate(codes)}
    behind: Matrix = np.zeros((len(found), len(codes)), dtype=np.int64)
    for i, (code, seats) in enumerate(found):
        behind[i, column.get(code, len(codes) - 1)] = seats
    full, settings = yearly.viewer_is_full(by), config.statistics
    told = exact(behind) if full else protected(behind, None, settings.smallest_cell, settings.round_seats_to)
    return Demand(full, county, codes, names, told)
