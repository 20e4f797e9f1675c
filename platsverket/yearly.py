"""Seat-days of a year: offered, asked for, proposed, agreed and used, by county, host, weekday and month.

A seat-day is one seat on one day.

* *Offered*: the days of a premises' periods that are its weekdays, from the day it was posted until it was withdrawn
  or no longer reconfirmed.
* *Asked for*: the seats of a request on the weekdays it asks for: on the days of its place where it has one, else
  counted from its earliest start. Requests that were withdrawn without a place are not counted.
* *Proposed*: held by proposals that await answers.
* *Agreed*: the days of agreements, until their last day. *Used* are those whose day has passed.
* *Without place*: asked for by requests that have neither.

Nobody counts premises that they may not know of, nor a request that has its place there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

import data
from platsverket.access import Identity, demand, may, rows
from platsverket.config import Config
from platsverket.database import STOCKHOLM
from platsverket.disclosure import Matrix, Told, exact, protected
from platsverket.grids import Grid
from platsverket.models import WEEKDAYS, Agency, Agreement, Event, Need, Offer, OfferSpan, Proposal

MEASURES = ("offered", "asked", "without", "proposed", "agreed", "used")
WHOLE = {"without": "asked", "used": "agreed"}  # what a measure is a part of
OF_REQUESTS = ("asked", "without")


@dataclass(frozen=True)
class Table:
    """One row for each county, month and so on: its code, its name, and per measure what may be told."""

    codes: list[str]
    names: list[str]
    told: dict[str, Told]

    def rows(self) -> list[dict[str, Any]]:
        """Rows in which something is counted or left out."""
        found = []
        for i, (code, name) in enumerate(zip(self.codes, self.names, strict=True)):
            cells = {measure: told.cells[i] for measure, told in self.told.items()}
            if any(value != 0 for value in cells.values()):
                found.append({"code": code, "name": name, **cells})
        return found

    def largest_first(self) -> list[dict[str, Any]]:
        """Rows of which something is told, largest first by what is told."""
        told = [row for row in self.rows() if any(row[measure] for measure in self.told)]
        return sorted(told, key=lambda row: (-sum(row[measure] or 0 for measure in self.told), row["name"]))

    def rest(self) -> dict[str, int | None] | None:
        """Together, what is left out of the rows; None where nothing is."""
        if not any(None in told.cells for told in self.told.values()):
            return None
        return {measure: told.rest if None in told.cells else 0 for measure, told in self.told.items()}

    def total(self) -> dict[str, int | None]:
        return {measure: told.total for measure, told in self.told.items()}


@dataclass(frozen=True)
class Period:
    """Whole calendar months, from the first day of one to the last day of one."""

    first: date
    last: date

    @staticmethod
    def year(year: int) -> Period:
        return Period(date(year, 1, 1), date(year, 12, 31))

    @staticmethod
    def months(first: str, last: str) -> Period:
        """From one month to another, written 2027-03, in whichever order they come."""
        first, last = sorted((first, last))
        after = date.fromisoformat(f"{last}-01") + timedelta(days=31)
        return Period(date.fromisoformat(f"{first}-01"), after.replace(day=1) - timedelta(days=1))

    @property
    def is_year(self) -> bool:
        return self == Period.year(self.first.year)

    @property
    def codes(self) -> list[str]:
        """Its months, written 2027-03."""
        count = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1
        begin = 12 * self.first.year + self.first.month - 1
        return [f"{month // 12}-{month % 12 + 1:02}" for month in range(begin, begin + count)]


@dataclass(frozen=True)
class Year:
    """All tables of a year, or of other months; ``full`` when nothing is left out or rounded."""

    period: Period
    full: bool
    counties: Table
    months: Table
    weekdays: Table
    organisations: Table
    area_offered: float | None  # m² for each seat of the premises offered in the year; None where too few are
    area_used: float | None  # m² for each guest, where guests have sat


def viewer_is_full(by: Identity) -> bool:
    """Coordinators steer rounds by these figures: they see them whole, but for premises sealed from them."""
    return may(by, "round.steer")


def years(session: Session, today: date) -> list[int]:
    """The years to choose among: from the first in which anything was posted to the last in which anything is offered.

    Whole years only, which do not overlap: the difference between two choices never tells of a single premises.
    """
    first = session.scalar(select(func.min(Offer.posted_at)))
    last = session.scalar(select(func.max(OfferSpan.last_day)))
    begin = first.astimezone(STOCKHOLM).year if first else today.year
    return list(range(min(begin, today.year), min(max(last.year if last else 0, today.year), today.year + 2) + 1))


_KEPT: WeakKeyDictionary[Any, tuple[Any, dict[Period, Year]]] = WeakKeyDictionary()  # by database


def latest(session: Session, by: Identity, config: Config, period: Period, today: date) -> Year:
    """The same as ``of_period``; the public's, one for everybody, is counted again only after something has changed.

    Every change writes an event in its transaction and no event is ever deleted, so their number tells what has been
    stored. Their highest key would not: whoever stores first may have taken the later key.
    """
    if viewer_is_full(by):
        return of_period(session, by, config, period, today)
    state = (session.scalar(select(func.count(Event.id))), today, config.statistics, config.offers)
    of_state, kept = _KEPT.get(session.get_bind(), (None, {}))
    if of_state != state:
        kept = {}
        _KEPT[session.get_bind()] = state, kept
    if period not in kept:
        kept[period] = of_period(session, by, config, period, today)
    return kept[period]


def of_period(session: Session, by: Identity, config: Config, period: Period, today: date) -> Year:
    """The statistics of a period: whole for coordinators, and protected for others, who may choose years only."""
    if not period.is_year:
        demand(by, "round.steer")
    counted = _count(session, by, config, period, today)
    full = viewer_is_full(by)

    def told(behind: Mapping[str, Matrix]) -> dict[str, Told]:
        if full:
            return {measure: exact(matrix) for measure, matrix in behind.items()}
        least, step = config.statistics.smallest_cell, config.statistics.round_seat_days_to
        return {
            measure: protected(matrix, behind.get(WHOLE.get(measure, "")), least, step)
            for measure, matrix in behind.items()
        }

    return Year(
        period,
        full,
        Table(*counties(), told(counted.by_county())),
        Table(period.codes, [""] * len(period.codes), told(counted.of_days(Grid.monthly))),
        Table(list(WEEKDAYS), [""] * 7, told(counted.of_days(Grid.by_weekday))),
        _organisations(session, counted, told),
        *counted.areas(1 if full else config.statistics.smallest_cell),
    )


def counties() -> tuple[list[str], list[str]]:
    found = sorted(data.counties(), key=lambda county: county.code)
    return [*(county.code for county in found), ""], [*(county.name for county in found), ""]


@dataclass(frozen=True)
class _Row:
    """A premises or a request: where it is, whose it is, its seats and its m²."""

    county: str
    agency: int
    seats: int
    area: int | None


@dataclass(frozen=True)
class _Counted:
    grids: dict[str, Grid]
    offers: list[_Row]
    needs: list[_Row]
    got: Grid  # agreed seat-days, by the request that has them

    def things(self, measure: str) -> list[_Row]:
        return self.needs if measure in OF_REQUESTS else self.offers

    def by_county(self) -> dict[str, Matrix]:
        """Each thing's seat-days in the column of its county; the last is for those without one."""
        column = {code: i for i, code in enumerate(counties()[0])}
        return {
            measure: _spread(grid, [column.get(row.county, column[""]) for row in self.things(measure)], len(column))
            for measure, grid in self.grids.items()
        }

    def of_days(self, sums: Callable[[Grid], Matrix]) -> dict[str, Matrix]:
        return {measure: sums(grid) for measure, grid in self.grids.items()}

    def areas(self, least: int) -> tuple[float | None, float | None]:
        """m² for each seat that is offered, and for each that is used, of the premises that state their area."""
        return self._area("offered", least), self._area("used", least)

    def _area(self, measure: str, least: int) -> float | None:
        days = self.grids[measure].days.sum(axis=1)
        known = [(int(n), row) for n, row in zip(days, self.offers, strict=True) if n and row.area]
        if len(known) < least:
            return None
        return round(sum(n * (row.area or 0) / row.seats for n, row in known) / sum(n for n, _ in known), 1)


def _spread(grid: Grid, columns: Sequence[int], count: int) -> Matrix:
    found: Matrix = np.zeros((len(columns), count), dtype=np.int64)
    found[np.arange(len(columns)), columns] = grid.days.sum(axis=1)
    return found


def _organisations(
    session: Session, counted: _Counted, told: Callable[[Mapping[str, Matrix]], dict[str, Told]]
) -> Table:
    """Hosts by what they offer and lend, guests by what they ask for and get, by name.

    The order tells nothing, and an organisation of which nothing may be told is not named at all.
    """
    ids = {row.agency for row in (*counted.offers, *counted.needs)}
    query = select(Agency.id, Agency.name).where(Agency.id.in_(ids)).order_by(Agency.name, Agency.id)
    names = {one.id: one.name for one in session.execute(query)}
    column = {agency: i for i, agency in enumerate(names)}
    hosts = [column[row.agency] for row in counted.offers]
    guests = [column[row.agency] for row in counted.needs]
    grids = counted.grids
    behind = {
        "offered": _spread(grids["offered"], hosts, len(column)),
        "agreed": _spread(grids["agreed"], hosts, len(column)),
        "asked": _spread(grids["asked"], guests, len(column)),
        "got": _spread(counted.got, guests, len(column)),
    }
    return Table([""] * len(column), list(names.values()), told(behind))


# Counting


def _count(session: Session, by: Identity, config: Config, period: Period, today: date) -> _Counted:
    first = period.first
    length = (period.last - first).days + 1
    seen = _visible(by)
    offers, offer_row, offered = _offered(session, config, seen, by, (first, length), today)
    placed = _placed(session)
    needs, need_row, waiting = _needs(session, {one.need_id for one in placed})
    grids = {measure: Grid(first, length, len(needs if measure in OF_REQUESTS else offers)) for measure in MEASURES}
    grids["offered"] = offered
    got = Grid(first, length, len(needs))
    for one in placed:
        if one.offer_id not in offer_row:
            continue  # and so the request that sits there asks for nothing that is counted
        until = one.last_day or one.until
        days = (one.start, until, one.weekdays, one.seats)
        grids["proposed" if one.last_day is None else "agreed"].add(offer_row[one.offer_id], *days)
        if one.need_id in need_row:
            grids["asked"].add(need_row[one.need_id], *days)
            if one.last_day is not None:
                got.add(need_row[one.need_id], *days)
    for row, start, until, weekdays, seats in waiting:
        for measure in OF_REQUESTS:
            grids[measure].add(row, start, until, weekdays, seats)
    passed = min(max((today - first).days, 0), length)
    grids["used"].days[:, :passed] = grids["agreed"].days[:, :passed]
    return _Counted(grids, offers, needs, got)


def _visible(by: Identity) -> ColumnElement[bool]:
    """The premises that this reader may have counted: for all but coordinators, what is not sealed."""
    return rows(by, "offer.read") if viewer_is_full(by) else Offer.visibility != "sealed"


def _offered(
    session: Session, config: Config, seen: ColumnElement[bool], by: Identity, days: tuple[date, int], today: date
) -> tuple[list[_Row], dict[int, int], Grid]:
    query = select(
        Offer.id, Offer.municipality_code, Offer.agency_id, Offer.seats, Offer.area_m2, Offer.weekdays,
        Offer.visibility, Offer.posted_at, Offer.withdrawn_at, Offer.valid_until,
    ).where(seen)  # fmt: skip
    found = session.execute(query).all()
    row = {one.id: i for i, one in enumerate(found)}
    band, full = config.offers.restricted_seat_band, viewer_is_full(by)
    seats = [one.seats if full or one.visibility == "open" else _banded(one.seats, band) for one in found]
    limits = [_standing(one, today) for one in found]
    grid = Grid(*days, len(found))
    spans = select(OfferSpan.offer_id, OfferSpan.first_day, OfferSpan.last_day)
    spans = spans.where(OfferSpan.offer_id.in_(select(Offer.id).where(seen)))
    for offer_id, first, last in session.execute(spans):
        i = row.get(offer_id)
        if i is None:
            continue  # posted since the premises were read
        begin, end = limits[i]
        grid.add(i, max(first, begin), min(last, end), found[i].weekdays, seats[i])
    things = [
        _Row((one.municipality_code or "")[:2], one.agency_id, number, one.area_m2)
        for one, number in zip(found, seats, strict=True)
    ]
    return things, row, grid


def _banded(seats: int, band: int) -> int:
    """Restricted premises count as the middle of the band that others see: no sum tells their number."""
    return seats // band * band + max(1, band // 2)


def _standing(one: Any, today: date) -> tuple[date, date]:
    """From when to when premises were offered: posted, neither withdrawn nor left without being reconfirmed."""
    end = date.max
    if one.valid_until < today:
        end = one.valid_until
    if one.withdrawn_at:
        end = min(end, one.withdrawn_at.astimezone(STOCKHOLM).date() - timedelta(days=1))
    return one.posted_at.astimezone(STOCKHOLM).date(), end


def _placed(session: Session) -> Sequence[Any]:
    """Every agreement that came to something, and every proposal that holds seats."""
    query = (
        select(
            Proposal.offer_id, Proposal.need_id, Proposal.start, Proposal.until, Proposal.weekdays, Proposal.seats,
            Agreement.last_day,
        )
        .select_from(Proposal)
        .outerjoin(Agreement, Agreement.proposal_id == Proposal.id)
        .where(or_(Proposal.holds_seats, Agreement.last_day >= Proposal.start))
    )  # fmt: skip
    return session.execute(query).all()


Waiting = tuple[int, date, date, tuple[str, ...], int]


def _needs(session: Session, placed: set[int]) -> tuple[list[_Row], dict[int, int], list[Waiting]]:
    """The requests that count, and of those without a place what they ask for, by their row."""
    query = select(
        Need.id, Need.municipality_code, Need.agency_id, Need.seats, Need.earliest_start, Need.days, Need.weekdays,
        Need.withdrawn_at,
    )  # fmt: skip
    found = [one for one in session.execute(query) if one.withdrawn_at is None or one.id in placed]
    things = [_Row((one.municipality_code or "")[:2], one.agency_id, one.seats, None) for one in found]
    row = {one.id: i for i, one in enumerate(found)}
    waiting = [
        (row[one.id], one.earliest_start, one.earliest_start + timedelta(days=one.days - 1), one.weekdays, one.seats)
        for one in found
        if one.id not in placed
    ]
    return things, row, waiting
