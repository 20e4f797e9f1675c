"""The statistics of a year count what is offered, asked for, agreed and used, for whom they may be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from platsverket import needs, proposals, savings, timelines, wanted, yearly
from platsverket.access import ANONYMOUS, Identity
from platsverket.database import STOCKHOLM
from platsverket.errors import Refused
from platsverket.events import record
from platsverket.models import Agreement, Need, Offer, Proposal, SeatDay, User
from platsverket.yearly import Period, Year
from tests.conftest import DATABASES
from tests.factories import Factory

JAMTLAND, STOCKHOLM_COUNTY = "23", "01"
IN_STOCKHOLM = "59.3293, 18.0686"
YEAR = 2031
MONDAY = date(YEAR, 3, 3)
# SQLite's writers wait for each other and its readers see one moment: what is tried so cannot happen there.
WRITERS_TOGETHER = pytest.mark.parametrize(
    "database_url", [kind for kind in DATABASES if kind != "sqlite"], indirect=True
)


@pytest.fixture
def by(make: Factory) -> Identity:
    """A coordinator, who sees figures whole."""
    return make.identity(make.coordinator())


def _of(session: Session, make: Factory, by: Identity, today: date = MONDAY, year: int = YEAR) -> Year:
    session.rollback()
    session.expire_all()
    return yearly.of_period(session, by, make.config, Period.year(year), today)


def _row(found: Year, code: str) -> dict[str, Any]:
    return next((row for row in found.counties.rows() if row["code"] == code), {})


def _span(first: date = MONDAY, days: int = 28) -> list[tuple[date, date]]:
    return [(first, first + timedelta(days=days - 1))]


def _long_lived(session: Session) -> None:
    """Premises stand as long as the test's own days need."""
    session.execute(update(Offer).values(valid_until=date(2039, 12, 31)))
    session.commit()


def test_offered_and_asked_for_are_counted_in_their_counties(session: Session, make: Factory, by: Identity) -> None:
    """Ten seats on twenty workdays; four seats on two weekdays in four weeks, from the earliest day on."""
    make.offer(make.agency(), spans=_span())
    make.need(make.agency(), place=IN_STOCKHOLM, earliest_start=MONDAY, latest_start=MONDAY + timedelta(days=40))
    _long_lived(session)
    found = _of(session, make, by)
    assert _row(found, JAMTLAND)["offered"] == 200 and _row(found, JAMTLAND)["asked"] == 0
    assert _row(found, STOCKHOLM_COUNTY) | {"code": "", "name": ""} == {
        "code": "", "name": "", "offered": 0, "asked": 32, "without": 32, "proposed": 0, "agreed": 0, "used": 0,
    }  # fmt: skip
    assert (
        found.months.told["offered"].cells[2] == 200 and sum(n or 0 for n in found.months.told["offered"].cells) == 200
    )
    assert found.weekdays.told["asked"].cells == [0, 16, 16, 0, 0, 0, 0]
    assert found.organisations.total() == {"offered": 200, "agreed": 0, "asked": 32, "got": 0}


def test_premises_count_from_their_posting_until_they_are_taken_back(
    session: Session, make: Factory, by: Identity
) -> None:
    """Nothing was offered before it was posted, after it was withdrawn, or after nobody reconfirmed it."""
    offer = make.offer(make.agency(), spans=_span())
    posted = datetime.combine(MONDAY + timedelta(days=7), datetime.min.time(), STOCKHOLM)
    session.execute(update(Offer).values(posted_at=posted, valid_until=date(2039, 1, 1)))
    session.commit()
    assert _row(_of(session, make, by), JAMTLAND)["offered"] == 150
    session.execute(update(Offer).values(withdrawn_at=posted + timedelta(days=7)))
    session.commit()
    assert _row(_of(session, make, by), JAMTLAND)["offered"] == 50
    session.execute(update(Offer).values(withdrawn_at=None, valid_until=MONDAY + timedelta(days=20)))
    session.commit()
    late = MONDAY + timedelta(days=100)
    assert _row(_of(session, make, by, late), JAMTLAND)["offered"] == 100
    assert offer.ref


def _agreed(session: Session, make: Factory) -> tuple[User, User, Proposal]:
    """One agreement and one open proposal in the same premises."""
    host, guest = make.agency(), make.agency()
    officer, lead = make.officer(host), make.lead(guest)
    make.offer(host, officer, seats=30)
    make.need(guest, lead, seats=4)
    make.need(guest, lead, seats=3)
    made = make.published(make.coordinator())
    for person in (officer, lead):
        values = {"answer": "accepted", "reason": None, "side": None}
        proposals.answer(session, make.identity(person), made[0].ref, values)
    session.rollback()
    session.expire_all()
    return officer, lead, session.scalars(select(Proposal).where(Proposal.ref == made[0].ref)).unique().one()


def test_agreed_and_proposed_are_what_the_ledger_holds(session: Session, make: Factory, by: Identity) -> None:
    """Over all years together, and what is used is what has passed of it."""
    _, _, proposal = _agreed(session, make)
    days = {year: _of(session, make, by, make.today, year) for year in (make.today.year, make.today.year + 1)}
    sums = {m: sum(one.counties.total()[m] or 0 for one in days.values()) for m in yearly.MEASURES}
    agreed, held = session.execute(select(func.sum(SeatDay.agreed), func.sum(SeatDay.held))).one()
    assert (sums["agreed"], sums["proposed"], sums["used"]) == (agreed, held, 0)
    assert sums["asked"] == agreed + held and sums["without"] == 0
    middle = proposal.start + timedelta(days=14)
    later = [_of(session, make, by, middle, year) for year in days]
    used = sum(one.counties.total()["used"] or 0 for one in later)
    assert used == proposal.seats * 2 * 2
    assert sum(one.organisations.total()["got"] or 0 for one in later) == agreed


def test_an_agreement_ended_early_counts_until_then(session: Session, make: Factory, by: Identity) -> None:
    """And one that was ended before it began leaves its request without place."""
    _, _, proposal = _agreed(session, make)
    session.execute(update(Agreement).values(last_day=proposal.start + timedelta(days=6)))
    session.execute(update(Proposal).where(Proposal.id != proposal.id).values(holds_seats=False))
    session.commit()
    whole = [
        _of(session, make, by, make.today, year).counties.total() for year in (make.today.year, make.today.year + 1)
    ]
    assert sum(one["agreed"] or 0 for one in whole) == proposal.seats * 2
    session.execute(update(Agreement).values(last_day=proposal.start - timedelta(days=1)))
    session.commit()
    none = [
        _of(session, make, by, make.today, year).counties.total() for year in (make.today.year, make.today.year + 1)
    ]
    assert sum(one["agreed"] or 0 for one in none) == 0
    assert sum(one["without"] or 0 for one in none) == sum(one["asked"] or 0 for one in none) == (4 + 3) * 8


def test_a_request_taken_back_without_a_place_is_not_counted(session: Session, make: Factory, by: Identity) -> None:
    """Nobody asks for it any more, this year or any other."""
    guest = make.agency()
    lead = make.lead(guest)
    need = make.need(guest, lead, earliest_start=MONDAY, latest_start=MONDAY)
    assert _of(session, make, by).counties.total()["asked"] == 32
    needs.withdraw(session, make.identity(lead), need.ref)
    assert _of(session, make, by).counties.total()["asked"] == 0
    assert wanted.demand_now(session, by, make.config, make.today).told.total == 0


def test_sealed_premises_are_counted_only_for_those_they_name(session: Session, make: Factory) -> None:
    """Neither what they offer, nor what is agreed there, nor the request that has its place there."""
    host, guest = make.agency(), make.agency()
    officer, lead = make.officer(host), make.lead(guest)
    named, other = make.coordinator(), make.coordinator()
    make.offer(host, officer, visibility="sealed", coordinators=[named.ref])
    make.need(guest, lead)
    made = make.published(named)
    assert made
    year = made[0].start.year
    knows, knows_not = (
        yearly.of_period(session, make.identity(who), make.config, Period.year(year), make.today).counties.total()
        for who in (named, other)
    )
    assert knows["offered"] and knows["proposed"] and knows["asked"]
    assert not any(knows_not.values())
    anyone = yearly.of_period(session, ANONYMOUS, _open(make), Period.year(year), make.today).counties.total()
    assert not any(anyone.values())
    for who in (named, other):
        assert wanted.demand_now(session, make.identity(who), make.config, make.today).told.total == 0


def _open(make: Factory) -> Any:
    """A configuration that leaves nothing out and rounds nothing: what is still not told is told to nobody."""
    settings = replace(make.config.statistics, smallest_cell=1, round_seat_days_to=1, round_seats_to=1)
    return replace(make.config, statistics=settings)


def test_restricted_premises_count_with_the_seats_that_others_see(session: Session, make: Factory) -> None:
    """14 or 17 seats are both 10 to 19: no sum for the public tells which."""
    agency = make.agency()
    make.offer(agency, seats=14, visibility="restricted", spans=_span())
    _long_lived(session)
    first = yearly.of_period(session, ANONYMOUS, _open(make), Period.year(YEAR), MONDAY).counties.total()
    session.execute(update(Offer).values(seats=17))
    session.commit()
    session.expire_all()
    assert yearly.of_period(session, ANONYMOUS, _open(make), Period.year(YEAR), MONDAY).counties.total() == first
    assert first["offered"] == 15 * 20


def test_the_public_sees_counties_from_five_premises_on(session: Session, make: Factory) -> None:
    """Four tell of none; the fifth shows the county, rounded; a small neighbour hides together with it."""
    agency = make.agency()
    for _ in range(4):
        make.offer(agency, spans=_span(), seats=11)
    _long_lived(session)
    assert _row(_of(session, make, ANONYMOUS), JAMTLAND)["offered"] is None
    make.offer(agency, spans=_span(), seats=11)
    _long_lived(session)
    found = _of(session, make, ANONYMOUS)
    assert _row(found, JAMTLAND)["offered"] == 1100 and found.counties.rest() is None
    make.offer(agency, spans=_span(), seats=11, place=IN_STOCKHOLM)
    _long_lived(session)
    found = _of(session, make, ANONYMOUS)
    assert _row(found, JAMTLAND)["offered"] is None and _row(found, STOCKHOLM_COUNTY)["offered"] is None
    assert (found.counties.rest() or {})["offered"] == found.counties.total()["offered"] == 1300


@WRITERS_TOGETHER
def test_what_the_public_sees_is_counted_again_after_every_change(session: Session, make: Factory) -> None:
    """Also after one that was stored last though its event had been written first: the others' keys tell nothing."""
    offer = make.offer(make.agency(), spans=_span())
    _long_lived(session)
    with Session(session.get_bind()) as slow:
        slow.execute(update(Offer).where(Offer.id == offer.id).values(seats=20))
        record(slow, ANONYMOUS, "offer.changed", "offer", offer.ref)
        slow.flush()
        make.need(make.agency())
        assert _told(session, make) == 200
        slow.commit()
    assert _told(session, make) == 400


@WRITERS_TOGETHER
def test_premises_posted_while_others_are_counted_wait_for_the_next_count(session: Session, make: Factory) -> None:
    """Nobody who reads is met by a fault because somebody posts at the same moment."""
    agency, coordinator = make.agency(), make.identity(make.coordinator())
    officer, match_round = make.officer(agency), make.round(make.coordinator())
    make.offer(agency, officer)
    year = make.today.year
    for count in (
        lambda reader: yearly.of_period(reader, ANONYMOUS, _open(make), Period.year(year), make.today),
        lambda reader: timelines.of_round(reader, coordinator, match_round.ref, make.today),
    ):
        with Session(session.get_bind()) as reader, _posted_amidst(reader, lambda: make.offer(agency, officer)):
            assert count(reader)


@contextmanager
def _posted_amidst(reader: Session, post: Callable[[], Any]) -> Iterator[None]:
    """After each of the reader's queries about premises somebody posts some."""

    def listener(state: Any) -> None:
        query = str(state.statement)
        result = state.invoke_statement()
        if "FROM offer" in query:
            post()
        return result

    event.listen(reader, "do_orm_execute", listener)
    yield


def _told(session: Session, make: Factory) -> int | None:
    session.rollback()
    return yearly.latest(session, ANONYMOUS, _open(make), Period.year(YEAR), MONDAY).counties.total()["offered"]


def test_organisations_that_may_not_be_told_of_are_not_named(session: Session, make: Factory) -> None:
    """Neither by name nor by their place in the list."""
    small, large = make.agency("Liten"), make.agency("Stor")
    for _ in range(6):
        make.offer(large, spans=_span(), seats=5)
    make.offer(small, spans=_span(), seats=500)
    _long_lived(session)
    assert [row["name"] for row in _of(session, make, ANONYMOUS).organisations.largest_first()] == []
    for _ in range(5):
        make.offer(make.agency(), spans=_span(), seats=5)
    other = make.agency("Annan")
    for _ in range(5):
        make.offer(other, spans=_span(), seats=2)
    _long_lived(session)
    assert [row["name"] for row in _of(session, make, ANONYMOUS).organisations.largest_first()] == ["Stor", "Annan"]


def test_years_are_whole_and_do_not_overlap(session: Session, make: Factory) -> None:
    """From the year of the first posting to the next but one at most, however far premises reach."""
    today = make.today
    assert yearly.years(session, today) == [today.year]
    make.offer(make.agency(), spans=[(today, date(today.year + 9, 1, 1))])
    assert yearly.years(session, today) == [today.year, today.year + 1, today.year + 2]


def test_demand_is_what_stands_today_without_place(session: Session, make: Factory, by: Identity) -> None:
    """By county, for coordinators exactly and for the public from five requests on, to the nearest five seats."""
    guest = make.agency()
    for _ in range(5):
        make.need(guest, seats=7)
    make.need(guest, seats=50, place=IN_STOCKHOLM)
    exactly = wanted.demand_now(session, by, make.config, make.today)
    assert [(row["code"], row["seats"]) for row in exactly.rows()] == [(STOCKHOLM_COUNTY, 50), (JAMTLAND, 35)]
    public = wanted.demand_now(session, ANONYMOUS, make.config, make.today)
    assert [row["seats"] for row in public.rows()] == [None, None] and public.told.rest == 85
    session.execute(
        update(Need)
        .where(Need.seats == 50)
        .values(latest_start=make.today - timedelta(days=1), earliest_start=make.today - timedelta(days=1))
    )
    session.commit()
    assert [row["seats"] for row in wanted.demand_now(session, ANONYMOUS, make.config, make.today).rows()] == [35]


def test_rent_avoided_follows_the_published_method(make: Factory) -> None:
    """250 used seat-days are one seat for a year, 15 m² and their rent; the figures are settings."""
    saved = savings.of(make.config, 250)
    assert (saved.seats, saved.m2, saved.kronor) == (1.0, 15, 15 * 2500)
    other = replace(make.config, statistics=replace(make.config.statistics, rent_per_m2_year=1000, working_days=100))
    assert savings.of(other, 250).kronor == 37_500


def test_area_is_weighted_by_use_and_told_of_enough_premises_only(
    session: Session, make: Factory, by: Identity
) -> None:
    """Offered: m² through seats; nothing is told of single premises to the public."""
    agency = make.agency()
    officer = make.officer(agency)
    for area in (100, 200):
        make.offer(agency, officer, seats=10, area_m2=area, spans=_span())
    make.offer(agency, officer, seats=10, spans=_span())
    _long_lived(session)
    found = _of(session, make, by)
    assert found.area_offered == 15.0 and found.area_used is None
    assert _of(session, make, ANONYMOUS).area_offered is None


def test_a_county_opens_into_its_municipalities_only_where_its_own_figure_is_told(
    session: Session, make: Factory, by: Identity
) -> None:
    """What is left out of the counties cannot be read from the municipalities, and these protect each other."""
    guest = make.agency()
    for _ in range(5):
        make.need(guest, seats=7)  # Östersund
    make.need(guest, seats=50, place=IN_STOCKHOLM)
    with pytest.raises(Refused, match="not_found"):
        wanted.demand_now(session, ANONYMOUS, make.config, make.today, JAMTLAND)
    for _ in range(4):
        make.need(guest, seats=50, place=IN_STOCKHOLM)
    for _ in range(2):
        make.need(guest, seats=3, place="63.3955, 13.0790")  # Åre
    found = wanted.demand_now(session, ANONYMOUS, make.config, make.today, JAMTLAND)
    assert [(row["name"], row["seats"]) for row in found.rows()] == [("Åre", None), ("Östersund", None)]
    assert found.told.rest == found.told.total == 40
    exactly = wanted.demand_now(session, by, make.config, make.today, JAMTLAND)
    assert [(row["name"], row["seats"]) for row in exactly.rows()] == [("Östersund", 35), ("Åre", 6)]
    for code in ("99", "x", "2380", "01'"):
        with pytest.raises(Refused, match="not_found"):
            wanted.demand_now(session, by, make.config, make.today, code)
