"""Who has saved a search is told of open premises that appear or change and fit, once for each, and of no others."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker

from platsverket import accounts, finding, offers, searches
from platsverket.database import writing
from platsverket.errors import Refused
from platsverket.finding import Wanted
from platsverket.models import Offer, OutboxMail, SavedSearch, User
from tests.factories import Factory


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _save(make: Factory, user: User, **values: Any) -> SavedSearch:
    wanted = make.search_values(user.memberships[0].agency, **values)
    return searches.save(make.session, make.identity(user), make.config, wanted)


def _look(make: Factory) -> int:
    make.session.rollback()
    seen = searches.look(make.session, make.config, _now())
    make.session.expire_all()
    return seen


def _told(make: Factory) -> list[tuple[int, str]]:
    query = select(OutboxMail).where(OutboxMail.kind == "search.found").order_by(OutboxMail.id)
    return [(mail.user_id, mail.data["offer"]) for mail in make.session.scalars(query).unique()]


def test_premises_that_appear_are_told_of_once(make: Factory) -> None:
    """Each version is looked at once, and a change that still fits is no news."""
    lead = make.lead(make.agency())
    _save(make, lead)
    host = make.agency()
    officer = make.officer(host)
    offer = make.offer(host, officer)
    assert (_look(make), _look(make)) == (1, 0)
    assert _told(make) == [(lead.id, offer.ref)]
    _change(make, officer, offer, seats=12)
    assert _look(make) == 1 and len(_told(make)) == 1


def _change(make: Factory, officer: User, offer: Offer, **values: Any) -> None:
    """Change premises, a second later than they were last changed: times are kept to the second."""
    agency = offer.agency
    offers.change(make.session, make.identity(officer), make.config, offer.ref, make.offer_values(agency, **values))

    @writing
    def later(session: Session) -> None:
        session.get_one(Offer, offer.id).changed_at += timedelta(seconds=1)

    later(make.session)


def test_what_stood_before_the_search_was_saved_is_no_news(make: Factory) -> None:
    """It is found by searching; when it changes it is told of."""
    lead, host = make.lead(make.agency()), make.agency()
    officer = make.officer(host)
    offer = make.offer(host, officer)
    ref = _save(make, lead).ref

    @writing
    def a_minute_later(session: Session) -> None:
        search = session.scalars(select(SavedSearch).where(SavedSearch.ref == ref)).unique().one()
        search.saved_at += timedelta(minutes=1)

    a_minute_later(make.session)
    assert _look(make) == 1 and not _told(make)

    @writing
    def changed_still_later(session: Session) -> None:
        session.get_one(Offer, offer.id).changed_at += timedelta(minutes=2)

    changed_still_later(make.session)
    assert _look(make) == 1 and _told(make) == [(lead.id, offer.ref)]


def test_premises_that_come_to_fit_when_they_are_changed_are_told_of(make: Factory) -> None:
    lead, host = make.lead(make.agency()), make.agency()
    officer = make.officer(host)
    _save(make, lead)
    offer = make.offer(host, officer, seats=2)
    _look(make)
    assert not _told(make)
    _change(make, officer, offer, seats=4)
    _look(make)
    assert _told(make) == [(lead.id, offer.ref)]


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ({"seats": 11}, {}),
        ({"max_km": 1.0}, {"place": "63.2000, 14.6357"}),
        ({"max_km": 300.0}, {"place": "59.33, 18.06"}),
        ({"weekdays": ["sat"]}, {}),
        ({"must": ["lift"]}, {}),
        ({"days": 300, "earliest_start": 100, "latest_start": 110}, {}),
        ({}, {"minimum_days": 60}),
        ({}, {"visibility": "restricted"}),
        ({}, {"visibility": "sealed"}),
        ({}, {"not_agencies": "theirs"}),
    ],
    ids=["seats", "near", "far", "weekdays", "features", "dates", "shortest", "restricted", "sealed", "admission"],
)
def test_what_does_not_fit_or_is_not_open_is_not_told_of(
    make: Factory, asked: dict[str, Any], offered: dict[str, Any]
) -> None:
    """The rules are those of a placement; the same search without the one demand hears of the same premises."""
    lead, host = make.lead(make.agency()), make.agency()
    dates = {n: make.today + timedelta(days=d) for n, d in asked.items() if n.endswith("start")}
    _save(make, lead, **{**asked, **dates})
    if offered.get("visibility") == "sealed":
        offered = {**offered, "coordinators": [make.coordinator().ref]}
    if offered.get("not_agencies"):
        offered = {"not_agencies": [lead.memberships[0].agency.ref]}
    special = make.offer(host, **offered)
    control = make.lead(make.agency())
    _save(make, control)
    plain = make.offer(host)
    _look(make)
    assert (lead.id, special.ref) not in _told(make)
    assert ((lead.id, plain.ref) in _told(make)) == bool(offered)  # else what is asked for is too much of all
    assert (control.id, plain.ref) in _told(make)


def test_a_stay_that_could_only_have_begun_before_today_is_not_told_of(make: Factory) -> None:
    """The window has opened, the premises are free from long ago, and from today on too few days are left."""
    lead, host = make.lead(make.agency()), make.agency()
    days = {name: make.today + timedelta(days=d) for name, d in (("earliest_start", -20), ("latest_start", 20))}
    _save(make, lead, days=28, **days)
    free = make.today - timedelta(days=30)
    make.offer(host, title="Snart slut", spans=[(free, make.today + timedelta(days=10))])
    longer = make.offer(host, title="Länge än", spans=[(free, make.today + timedelta(days=60))])
    _look(make)
    assert _told(make) == [(lead.id, longer.ref)]


def test_removed_and_outdated_searches_and_people_who_have_left_hear_nothing(make: Factory) -> None:
    agency = make.agency()
    removed, closed, moved, stays = (make.lead(agency) for _ in range(4))
    found = {user.id: _save(make, user) for user in (removed, closed, moved, stays)}
    searches.remove(make.session, make.identity(removed), found[removed.id].ref)
    administrator = make.identity(make.user(administrator=True))
    accounts.deactivate(make.session, administrator, closed.ref)
    elsewhere = [f"{make.agency().ref}:project_lead"]
    values = {"email": moved.email, "name": moved.name, "language": "sv", "is_administrator": False}
    accounts.change(make.session, administrator, moved.ref, {**values, "roles": elsewhere})
    make.offer(make.agency())
    _look(make)
    assert [user for user, _ in _told(make)] == [stays.id]


def test_two_clocks_look_at_the_same_premises_once(make: Factory) -> None:
    lead = make.lead(make.agency())
    _save(make, lead), _save(make, lead, name="En annan")
    refs = {make.offer(make.agency()).ref for _ in range(3)}
    make.session.rollback()
    together, own_session = threading.Barrier(2), sessionmaker(make.session.get_bind(), expire_on_commit=False)

    def look() -> None:
        with own_session() as session:
            together.wait()
            searches.look(session, make.config, _now())

    both = [threading.Thread(target=look) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(ref for _, ref in _told(make)) == sorted([*refs, *refs])


@pytest.mark.parametrize(
    ("changed", "told", "again"),
    [({"visibility": "restricted"}, 0, 0), ({"changed_at": timedelta(seconds=1)}, 0, 1), ({}, 1, 0)],
    ids=["closed", "changed", "as it was"],
)
def test_what_becomes_of_premises_while_they_are_looked_at_counts(
    make: Factory, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], told: int, again: int
) -> None:
    """Nobody is told of what they may no longer know, and what has changed meanwhile is looked at once more."""
    _save(make, make.lead(make.agency()))
    offer_id = make.offer(make.agency()).id
    fitting = searches._fitting

    @writing
    def change(session: Session) -> None:
        offer = session.get_one(Offer, offer_id)
        for name, value in changed.items():
            setattr(offer, name, offer.changed_at + value if name == "changed_at" else value)

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(searches, "_fitting", fitting)
        change(make.session)
        return fitting(*given)

    monkeypatch.setattr(searches, "_fitting", meanwhile)
    _look(make)
    assert len(_told(make)) == told and _look(make) == again


def test_telling_of_many_asks_no_more_of_the_database_than_telling_of_few(make: Factory) -> None:
    """Others who want to write wait while it is written down who is told of what."""
    lead, host = make.lead(make.agency()), make.agency()
    officer = make.officer(host)
    _save(make, lead)
    said: list[str] = []
    event.listen(
        make.session.get_bind(), "before_cursor_execute", lambda c, cur, statement, *rest: said.append(statement)
    )
    asked = []
    for many in (1, 8):
        for _ in range(many):
            make.offer(host, officer)
        make.session.commit()
        said.clear()
        assert searches.look(make.session, make.config, _now()) == many
        asked.append(len(said))
    assert len(_told(make)) == 9 and asked[0] == asked[1]


def test_one_offer_that_the_engine_cannot_read_hides_no_other(make: Factory) -> None:
    lead = make.lead(make.agency())
    _save(make, lead)
    broken, sound = make.offer(make.agency()), make.offer(make.agency())

    @writing
    def spoil(session: Session) -> None:
        session.get_one(Offer, broken.id).features = {"no_such_feature": "yes"}

    spoil(make.session)
    _look(make)
    assert (lead.id, sound.ref) in _told(make)
    assert _look(make) == 0


def test_a_search_is_ones_own_and_of_ones_own_organisation(make: Factory) -> None:
    lead, other = make.lead(make.agency()), make.lead(make.agency())
    with pytest.raises(Refused) as refused:
        searches.save(make.session, make.identity(lead), make.config, make.search_values(other.memberships[0].agency))
    assert refused.value.fields["agency"][0].code == "not_own_agency"
    ref = _save(make, lead).ref
    with pytest.raises(Refused) as refused:
        searches.remove(make.session, make.identity(other), ref)
    assert refused.value.code == "not_found" and [s.ref for s in searches.own(make.session, make.identity(lead))] == [
        ref
    ]
    for number in range(searches.MOST_SEARCHES - 1):
        _save(make, lead, name=str(number))
    with pytest.raises(Refused) as refused:
        _save(make, lead)
    assert refused.value.code == "too_many_searches"


def test_looking_when_nothing_is_new_writes_nothing(make: Factory) -> None:
    """The clock asks every few seconds: it must not take the writers' lock for nothing."""
    make.offer(make.agency())
    _look(make)
    said: list[str] = []
    event.listen(
        make.session.get_bind(), "before_cursor_execute", lambda c, cur, statement, *rest: said.append(statement)
    )
    assert _look(make) == 0
    assert said and all(statement.lstrip().startswith(("SELECT", "BEGIN")) for statement in said)


def test_a_saved_search_tells_of_what_a_search_finds(make: Factory) -> None:
    """The same things asked for by both: what is told of is what is found, area and admission too."""
    guest = make.agency()
    lead = make.lead(guest)
    saved = _save(make, lead, area_m2=60, must=["step_free"])
    host = make.agency()
    officer = make.officer(host)
    for values in (
        {"area_m2": 80}, {"area_m2": 50}, {}, {"area_m2": 80, "features": {}}, {"area_m2": 80, "seats": 3},
        {"area_m2": 80, "place": "Sundsvall"}, {"area_m2": 80, "weekdays": ["mon"]},
        {"area_m2": 80, "minimum_days": 29}, {"area_m2": 80, "not_agencies": [guest.ref]},
        {"area_m2": 80, "visibility": "restricted"},
        {"area_m2": 80, "weekdays": ["tue", "wed"], "minimum_days": 28, "only_agencies": [guest.ref]},
    ):  # fmt: skip
        make.offer(host, officer, **values)
    _look(make)
    same = ("lat", "lon", "max_km", "seats", "area_m2", "earliest_start", "latest_start", "days", "weekdays")
    wanted = Wanted(agency=guest.ref, must=tuple(saved.must), **{name: getattr(saved, name) for name in same})
    found = finding.seek(make.session, make.identity(lead), wanted)
    refs = {make.session.get_one(Offer, hit.offer_id).ref for hit in found.hits}
    assert refs == {ref for _, ref in _told(make)} and len(refs) == 2
