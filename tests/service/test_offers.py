"""Spare premises are posted, changed and withdrawn, never below what is agreed or held."""

from datetime import timedelta
from typing import Any

import pytest

from platsverket import listing, needs, offers
from platsverket.database import this_day
from platsverket.errors import Fault, Refused
from platsverket.finding import Wanted
from platsverket.listing import Asked
from platsverket.models import Event, Offer
from tests.factories import Factory


def _events(make: Factory, noun: str) -> list[str]:
    return [e.kind for e in make.session.query(Event).filter_by(noun=noun).order_by(Event.id)]


def test_a_posted_offer_is_stored_with_its_event_and_expiry(make: Factory) -> None:
    """Posting stores everything that was said, when it expires, and one event."""
    agency = make.agency("Region Test")
    offer = make.offer(agency, seats=None, area_m2=100, features={"step_free": "yes", "parking": "no"})
    assert (offer.seats, offer.area_m2) == (6, 100)  # 100 m² at 15 m² per seat
    assert offer.features == {"step_free": "yes", "parking": "no"}
    assert offer.valid_until == this_day() + timedelta(days=make.config.offers.valid_days)
    assert _events(make, "offer") == ["offer.posted"]


def test_an_offer_for_another_organisation_is_a_fault_at_its_field(make: Factory) -> None:
    """A case officer posts only for organisations where they have that role."""
    own, other = make.agency(), make.agency()
    with pytest.raises(Refused) as caught:
        make.offer(other, by=make.officer(own))
    assert caught.value.fields == {"agency": [Fault("not_own_agency")]}
    assert make.session.query(Offer).count() == 0
    assert _events(make, "offer") == []


@pytest.mark.parametrize(
    ("place", "code"),
    [("Hittepåstad", "place_unknown"), ("Viken", "place_ambiguous"), ("55.0, 0.0", "place_outside_sweden")],
)
def test_a_place_that_cannot_be_found_is_a_fault_at_place(make: Factory, place: str, code: str) -> None:
    """An unknown place says so, an ambiguous one names the choices, and nothing is stored."""
    with pytest.raises(Refused) as caught:
        make.offer(make.agency(), place=place)
    fault = caught.value.fields["place"][0]
    assert fault.code == code
    assert make.session.query(Offer).count() == 0
    if code == "place_ambiguous":
        assert len(fault.numbers["choices"]) > 1


def test_an_unknown_organisation_in_a_list_is_a_fault_and_nothing_changes(make: Factory) -> None:
    """A change that is refused leaves the offer as it was."""
    agency = make.agency()
    officer = make.officer(agency)
    offer = make.offer(agency, by=officer)
    values = make.offer_values(agency, seats=3, not_agencies=["2222222222"])
    with pytest.raises(Refused) as caught:
        offers.change(make.session, make.identity(officer), make.config, offer.ref, values)
    assert "not_agencies" in caught.value.fields
    make.session.expire_all()
    assert make.session.query(Offer).one().seats == 10


def test_another_agencys_offer_may_be_read_but_not_changed(make: Factory) -> None:
    """Open premises are readable to all officers; changing others' is forbidden, not hidden."""
    offer = make.offer(make.agency())
    stranger = make.identity(make.officer(make.agency()))
    assert offers.read(make.session, stranger, offer.ref)[1] is True
    with pytest.raises(Refused) as caught:
        offers.withdraw(make.session, stranger, offer.ref)
    assert caught.value.code == "forbidden"


def test_sealed_premises_exist_only_for_their_owner_and_named_coordinators(make: Factory) -> None:
    """For everybody else sealed premises are not found and not counted."""
    agency = make.agency()
    named, unnamed = make.coordinator(), make.coordinator()
    offer = make.offer(agency, visibility="sealed", coordinators=[named.ref])
    offers.read(make.session, make.identity(named), offer.ref)
    for user in (unnamed, make.officer(make.agency()), make.lead(make.agency())):
        with pytest.raises(Refused) as caught:
            offers.read(make.session, make.identity(user), offer.ref)
        assert caught.value.code == "not_found"
        assert listing.of(make.session, make.identity(user), make.config, Asked()).lines == []


def test_restricted_premises_never_answer_filters_on_what_is_hidden(make: Factory) -> None:
    """Searching by text, weekday or feature never tells anything of restricted premises; seats only in bands."""
    make.offer(make.agency(), visibility="restricted", seats=17, title="Hemlig lokal")
    reader_agency = make.agency()
    reader = make.identity(make.lead(reader_agency))

    def count(text: str = "", **wanted: Any) -> int:
        return listing.of(make.session, reader, make.config, Asked(Wanted(**wanted), text)).total

    assert count() == count(agency=reader_agency.ref) == 1
    assert count(text="Hemlig") == count(weekdays=("mon",)) == count(must=("step_free",)) == 0
    assert count(days=1) == count(lat=63.18, lon=14.64, max_km=20) == count(lat=63.18, lon=14.64) == 0
    assert count(latest_start=make.today + timedelta(days=30)) == count(area_m2=1) == 0
    assert (count(seats=10), count(seats=11)) == (1, 0)


def test_seats_cannot_fall_below_what_is_held(make: Factory) -> None:
    """Lowering seats under a held proposal says what would have to be given up; lowering to it is fine."""
    host, guest, steerer = make.agency(), make.agency("Gästen"), make.coordinator()
    officer = make.officer(host)
    offer = make.offer(host, by=officer, seats=10)
    need = make.need(guest, seats=4)
    (proposal,) = make.published(steerer)
    by = make.identity(officer)
    with pytest.raises(Refused) as caught:
        offers.change(make.session, by, make.config, offer.ref, make.offer_values(host, seats=3))
    assert caught.value.code == "committed"
    (owed,) = caught.value.numbers["commitments"]
    assert (owed.kind, owed.ref, owed.agency, owed.seats) == ("proposal", proposal.ref, "Gästen", 4)
    assert offers.change(make.session, by, make.config, offer.ref, make.offer_values(host, seats=4)).seats == 4
    with pytest.raises(Refused, match="committed"):
        offers.withdraw(make.session, by, offer.ref)
    with pytest.raises(Refused, match="need_committed"):
        needs.withdraw(make.session, make.identity(make.lead(guest)), need.ref)


@pytest.mark.parametrize("change", ["weekdays", "spans", "place"])
def test_terms_that_a_proposal_rests_on_cannot_be_taken_away(make: Factory, change: str) -> None:
    """Weekdays, periods and the place that somebody relies on stay until they are given up."""
    host, guest, steerer = make.agency(), make.agency(), make.coordinator()
    officer = make.officer(host)
    offer = make.offer(host, by=officer)
    make.need(guest)
    assert len(make.published(steerer)) == 1
    new = {
        "weekdays": ["mon"],
        "spans": [(make.today + timedelta(days=100), make.today + timedelta(days=300))],
        "place": "59.33, 18.06",
    }
    with pytest.raises(Refused, match="committed"):
        offers.change(
            make.session,
            make.identity(officer),
            make.config,
            offer.ref,
            make.offer_values(host, **{change: new[change]}),
        )


def test_an_offer_expires_unless_it_is_reconfirmed(make: Factory) -> None:
    """After its time an offer says that it needs reconfirming and leaves the search; reconfirming brings it back."""
    agency = make.agency()
    officer = make.officer(agency)
    offer = make.offer(agency, by=officer)
    reader = make.identity(make.lead(make.agency()))
    offer.valid_until = make.today - timedelta(days=1)
    make.session.commit()
    assert offer.status(make.today) == "expired"
    assert listing.of(make.session, reader, make.config, Asked()).total == 0
    offers.reconfirm(make.session, make.identity(officer), make.config, offer.ref)
    assert listing.of(make.session, reader, make.config, Asked()).total == 1
