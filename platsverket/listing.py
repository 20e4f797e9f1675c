"""Premises as a list, a map, a file and the API show them: the same hits in the same order.

Premises that are not shown in full are listed, coarsely, as long as nothing is asked that the reader may not know of
them: that leaves their county and a rounded number of seats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

import data
from platsverket import agencies, finding, places
from platsverket.access import Identity, demand, rows
from platsverket.config import Config
from platsverket.database import this_day
from platsverket.errors import Fault, invalid
from platsverket.finding import Cost, Wanted
from platsverket.models import CASE_OFFICER, PROJECT_LEAD, ROLES, Offer, standing_offers

DISTANCE, FIT, NEWEST = SORTS = ("distance", "fit", "newest")
ANYBODY = "all"  # in place of an organisation: also premises that admit none of one's own
NOWHERE = (0.0, 0.0)
SAME = ("max_km", "seats", "area_m2", "earliest_start", "latest_start", "days")


@dataclass(frozen=True)
class Asked:
    """What a list of premises is asked for; what is not stated is not asked for."""

    wanted: Wanted = field(default_factory=Wanted)
    text: str = ""
    county: str = ""
    mine: bool = False  # only those of one's own organisations, also what no longer stands
    sort: str = ""

    @property
    def sorts(self) -> list[str]:
        """The orders in which the list makes sense, the first unless another is asked for."""
        by_fit = [FIT] if self.wanted.seats and (self.wanted.max_km is not None or self.wanted.dated) else []
        return [*([DISTANCE] if self.wanted.placed else []), *by_fit, NEWEST]

    @property
    def sorted_by(self) -> str:
        return self.sort if self.sort in self.sorts else self.sorts[0]

    @property
    def coarse(self) -> bool:
        """Whether all that is asked for may be answered of premises of which only county and seat band are known."""
        w = self.wanted
        return not (self.text or w.placed or w.area_m2 or w.dated or w.weekdays or w.must)


def asked(session: Session, by: Identity, config: Config, values: dict[str, Any], *, mine: bool = False) -> Asked:
    """What SearchSchema has loaded, with its place found and the organisation that asks.

    Raises Refused("invalid") with faults at ``place`` (unknown or ambiguous, with choices), ``agency`` (not one's own)
    or a window that is over.
    """
    if values["latest_start"] and values["latest_start"] < this_day():
        raise invalid(latest_start=Fault("in_the_past"))
    place = places.located(values["place"], config.places) if values["place"] else None
    wanted = Wanted(
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        weekdays=tuple(values["weekdays"]),
        must=tuple(values["must"]),
        agency=None if mine else asking(session, by, values["agency"]),
        **{name: values[name] for name in SAME},
    )
    return Asked(wanted, values["text"], values["county"] or "", mine, values["sort"] or "")


def asking(session: Session, by: Identity, agency: str) -> str | None:
    """The organisation that must be admitted: the one named; else a project lead's own, where there is one alone."""
    if agency == ANYBODY:
        return None
    own = [one.ref for one in agencies.own(session, by.agencies(*ROLES))]
    if agency and agency not in own:
        raise invalid(agency=Fault("not_own_agency"))
    leading = [one.ref for one in agencies.own(session, by.agencies(PROJECT_LEAD))]
    return agency or (leading[0] if len(leading) == 1 else None)


@dataclass(frozen=True)
class Line:
    """Premises of a list: where they are shown on a map, and for those shown in full what was found of them."""

    offer_id: int
    exact: bool
    open: bool  # else a map shows only their municipality
    lat: float
    lon: float
    municipality_code: str | None
    km: float | None = None
    fit: int | None = None
    first: date | None = None


@dataclass(frozen=True)
class Listing:
    lines: list[Line]
    costs: list[Cost]

    @property
    def total(self) -> int:
        return len(self.lines)

    @property
    def costliest(self) -> Cost | None:
        return finding.costliest(self.costs)


def of(session: Session, by: Identity, config: Config, asked: Asked) -> Listing:
    """The premises that this reader may see and that keep all that is asked, and what each criterion costs."""
    demand(by, "offer.read")
    seen = list(session.execute(_seen(by, config, asked)))
    known = {row.id: row for row in seen}
    answer = finding.among(session, asked.wanted, {row.id: row.changed_at for row in seen if row.exact})
    lines = [_exact(hit, known[hit.offer_id]) for hit in answer.hits]
    if asked.coarse:
        lines += [_coarse(row) for row in seen if not row.exact]
    return Listing(_ordered(lines, asked.sorted_by, {key: i for i, key in enumerate(known)}), answer.costs)


def shown(session: Session, lines: Sequence[Line]) -> list[tuple[Line, Offer]]:
    """The lines, each with its premises."""
    found = session.scalars(select(Offer).where(Offer.id.in_([line.offer_id for line in lines]))).unique()
    offers = {offer.id: offer for offer in found}
    return [(line, offers[line.offer_id]) for line in lines if line.offer_id in offers]


def _seen(by: Identity, config: Config, asked: Asked) -> Any:
    """The premises to look among, newest first, and whether each is known in full."""
    address = rows(by, "offer.address")
    own = Offer.agency_id.in_(by.agencies(CASE_OFFICER))
    # Distances from a few places tell where closed premises lie: only their own people may ask for them.
    exact = and_(address, or_(Offer.visibility == "open", own)) if asked.wanted.placed else address
    query = select(Offer.id, Offer.changed_at, Offer.visibility, Offer.municipality_code, exact.label("exact"))
    query = query.where(rows(by, "offer.read"), *([own] if asked.mine else standing_offers(this_day())))
    query = query.where(or_(exact, _coarsely(config, asked)) if asked.coarse else exact)
    if asked.county:
        query = query.where(Offer.municipality_code.startswith(asked.county, autoescape=True))
    if asked.text:
        texts = func.lower(Offer.title + " " + Offer.place)
        query = query.where(texts.contains(asked.text.lower(), autoescape=True))
    return query.order_by(Offer.posted_at.desc(), Offer.id.desc())


def _coarsely(config: Config, asked: Asked) -> ColumnElement[bool]:
    """Of closed premises only the rounded number of seats is known, so only that may be tested."""
    band = config.offers.restricted_seat_band
    known = case((Offer.visibility == "open", Offer.seats), else_=Offer.seats // band * band)
    return known >= (asked.wanted.seats or 0)


def _exact(hit: finding.Hit, row: Any) -> Line:
    is_open = row.visibility == "open"
    lat, lon = (hit.lat, hit.lon) if is_open else _centre(row.municipality_code)
    return Line(hit.offer_id, True, is_open, lat, lon, row.municipality_code, hit.km, hit.fit, hit.first)


def _coarse(row: Any) -> Line:
    return Line(row.id, False, False, *_centre(row.municipality_code), row.municipality_code)


def _centre(code: str | None) -> tuple[float, float]:
    """Where a map shows premises of which it may only tell the municipality: at its main town."""
    town = data.municipality(code) if code else None
    return (town.lat, town.lon) if town else NOWHERE


def _ordered(lines: list[Line], sort: str, rank: dict[int, int]) -> list[Line]:
    """In the order asked for, what is not known in full last; among equals the newest first."""
    lines.sort(key=lambda line: rank[line.offer_id])
    if sort == DISTANCE:
        lines.sort(key=lambda line: (line.km is None, line.km))
    elif sort == FIT:
        lines.sort(key=lambda line: (line.fit is None, -(line.fit or 0)))
    return lines
