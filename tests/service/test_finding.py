"""Finding premises: what is wanted is asked of the engine's own rules, of what stands now and may be seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from platsverket import finding, offers
from platsverket.database import sessions
from platsverket.errors import Refused
from platsverket.finding import Cost, Wanted
from platsverket.models import Offer
from tests.factories import Factory

OSTERSUND, SUNDSVALL = "63.1792, 14.6357", "62.3908, 17.3069"


def near_ostersund(make: Factory, **changes: object) -> Wanted:
    wanted = Wanted(
        lat=63.1792, lon=14.6357, max_km=20, seats=6, earliest_start=make.today + timedelta(days=30),
        latest_start=make.today + timedelta(days=60), days=28, weekdays=("tue", "wed"),
    )  # fmt: skip
    return replace(wanted, **changes)


def titles(make: Factory, answer: finding.Answer) -> list[str]:
    return [make.session.get_one(Offer, hit.offer_id).title for hit in answer.hits]


def test_what_fits_is_found_with_distance_and_first_day(make: Factory) -> None:
    """A project lead sees at once where there is room, how far away and from when."""
    host = make.agency()
    lead = make.identity(make.lead(make.agency()))
    make.offer(host, title="Mitt i stan", seats=6)
    make.offer(host, title="För litet", seats=5)
    make.offer(host, title="Vid kusten", place=SUNDSVALL)
    answer = finding.seek(make.session, lead, near_ostersund(make))
    assert titles(make, answer) == ["Mitt i stan"]
    hit = answer.hits[0]
    first = next(
        day for day in (make.today + timedelta(days=30 + more) for more in range(7)) if day.weekday() in (1, 2)
    )
    assert hit.km is not None and hit.km < 0.1 and hit.first == first
    # Nearly all points: no distance, no delay but to the first Tuesday or Wednesday, nothing wished, every seat used.
    assert 950 <= hit.fit <= 1000


def test_each_criterion_tells_what_it_costs(make: Factory) -> None:
    """How many more there would be without it, the costliest first; each feature by itself."""
    host, guest = make.agency(), make.agency()
    lead = make.identity(make.lead(guest))
    make.offer(host, features={"step_free": "yes", "screen": "yes"})
    for _ in range(3):
        make.offer(host, place=SUNDSVALL, features={"step_free": "yes", "screen": "yes"})
    for _ in range(2):
        make.offer(host, features={"step_free": "yes"})
    make.offer(host, seats=2, features={"step_free": "yes", "screen": "yes"})
    make.offer(host, weekdays=["tue"], features={"step_free": "yes", "screen": "yes"})
    make.offer(host, not_agencies=[guest.ref], features={"step_free": "yes", "screen": "yes"})
    make.offer(host, seats=2, weekdays=["fri"], features={"screen": "yes"})  # lacks three things: told for none
    wanted = near_ostersund(make, must=("step_free", "screen"), agency=guest.ref)
    answer = finding.seek(make.session, lead, wanted)
    assert len(answer.hits) == 1
    told = {(cost.criterion, cost.feature): cost.more for cost in answer.costs}
    assert told == {
        ("max_km", ""): 3, ("must", "screen"): 2, ("seats", ""): 1, ("weekdays", ""): 1, ("agency", ""): 1,
        ("must", "step_free"): 0, ("dates", ""): 0,
    }  # fmt: skip
    assert answer.costliest == Cost("max_km", 3)


def test_nothing_wanted_finds_all_open_premises_and_no_criterion_costs(make: Factory) -> None:
    make.offer(make.agency())
    answer = finding.seek(make.session, make.identity(make.lead(make.agency())), Wanted())
    assert len(answer.hits) == 1 and answer.hits[0].km is None
    assert answer.costs == [] and answer.costliest is None


def test_closed_premises_are_neither_found_nor_counted(make: Factory) -> None:
    """Whatever is asked, and whoever asks: no answer and no figure changes with what is restricted or sealed."""
    host = make.agency()
    coordinator = make.coordinator()
    readers = [make.lead(make.agency()), make.officer(make.agency()), coordinator, make.officer(host)]
    make.offer(host, seats=2)
    wanted = [Wanted(), near_ostersund(make), near_ostersund(make, must=("screen",)), Wanted(seats=100)]

    def asked() -> list[finding.Answer]:
        who = [make.identity(reader) for reader in readers]
        return [finding.seek(make.session, by, one) for by in who for one in wanted]

    before = asked()
    make.offer(host, visibility="restricted")
    make.offer(host, visibility="sealed", coordinators=[coordinator.ref])
    assert asked() == before


def test_what_has_been_changed_elsewhere_is_found_at_once(make: Factory) -> None:
    """Also a second change within the same second, and a withdrawal: nothing is answered from memory."""
    host = make.agency()
    officer = make.officer(host)
    offer = make.offer(host, officer, seats=10)
    lead = make.identity(make.lead(make.agency()))

    def hits(**changes: object) -> int:
        with sessions(make.session.get_bind())() as session:
            return len(finding.seek(session, lead, near_ostersund(make, **changes)).hits)

    def change(**values: object) -> None:
        given = make.offer_values(host, **values)
        offers.change(make.session, make.identity(officer), make.config, offer.ref, given)

    assert hits() == 1
    change(seats=5)
    assert (hits(), hits(seats=5)) == (0, 1)
    change(seats=8)
    assert (hits(), hits(seats=8)) == (1, 1)
    offers.withdraw(make.session, make.identity(officer), offer.ref)
    assert hits() == 0


def test_versions_that_are_settled_stay_read_until_they_change(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Premises left alone are read once; one that changes is read anew, and the others are not."""
    monkeypatch.setattr(finding, "SETTLED", timedelta(seconds=-1))
    host = make.agency()
    officer = make.officer(host)
    kept, changed = make.offer(host, officer), make.offer(host, officer)
    lead = make.identity(make.lead(make.agency()))
    read: list[int] = []
    reading = finding._from_database

    def noted(session: Session, keys: list[int]) -> Any:
        read.extend(keys)
        return reading(session, keys)

    monkeypatch.setattr(finding, "_from_database", noted)
    for _ in range(2):
        finding.seek(make.session, lead, Wanted())
    assert read == [kept.id, changed.id]
    later = changed.changed_at + timedelta(seconds=5)
    monkeypatch.setattr(offers, "now", lambda: later)
    offers.change(make.session, make.identity(officer), make.config, changed.ref, make.offer_values(host, seats=3))
    assert len(finding.seek(make.session, lead, Wanted(seats=6)).hits) == 1
    assert read == [kept.id, changed.id, changed.id]


def test_a_search_holds_one_connection_alone(make: Factory) -> None:
    """A second one would wait for a writer who waits for the first: neither would come further until one gives up."""
    make.offer(make.agency())
    lead = make.identity(make.lead(make.agency()))
    engine = make.session.get_bind()
    assert isinstance(engine, Engine)
    make.session.rollback()
    out, most = 0, 0

    def taken(*_: object) -> None:
        nonlocal out, most
        out, most = out + 1, max(most, out + 1)

    def given_back(*_: object) -> None:
        nonlocal out
        out -= 1

    heard = (("checkout", taken), ("checkin", given_back))
    for name, hear in heard:
        event.listen(engine, name, hear)
    found = finding.seek(make.session, lead, Wanted())
    for name, hear in heard:
        event.remove(engine, name, hear)
    assert len(found.hits) == 1 and (out, most) == (1, 1)


def test_many_new_premises_are_found_with_the_old(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those beside the arrays, and those in them once the arrays are made anew."""
    monkeypatch.setattr(finding, "SETTLED", timedelta(seconds=-1))
    monkeypatch.setattr(finding, "MOST_LOOSE", 2)
    host = make.agency()
    officer = make.officer(host)
    lead = make.identity(make.lead(make.agency()))
    posted = []
    for _ in range(6):
        posted.append(make.offer(host, officer).id)
        hits = finding.seek(make.session, lead, Wanted()).hits
        assert [hit.offer_id for hit in hits] == posted


def test_who_may_read_no_premises_finds_none(make: Factory) -> None:
    by = make.identity(make.user(administrator=True))
    with pytest.raises(Refused) as refused:
        finding.seek(make.session, by, Wanted())
    assert refused.value.code == "forbidden"
