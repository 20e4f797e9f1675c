"""Spare premises in the browser: what a case officer types is kept, what others may see is all they see."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from platsverket.database import this_day
from platsverket.models import Agency, Offer
from tests.conftest import Web
from tests.web.desk import Desk


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def form(agency: Agency, **values: Any) -> dict[str, Any]:
    """A form as a browser sends it: eight seats in Östersund, one period."""
    return {
        "agency": agency.ref, "title": "Rum vid stationen", "place": "63.1792, 14.6357", "address": "Storgatan 1",
        "description": "", "seats": "8", "area_m2": "", "spans-0-from": "2027-01-11", "spans-0-until": "2027-06-30",
        "weekdays": ["mon", "tue"], "minimum_days": "", "features-step_free": "yes", "features-lift": "unknown",
        "sharing": "shared", "only_agencies": "", "not_agencies": "", "visibility": "open", "contact_name": "",
        "contact_email": "", "contact_phone": "", "do": "post", **values,
    }  # fmt: skip


def stored(desk: Desk) -> list[Offer]:
    desk.make.session.expire_all()
    return desk.make.session.query(Offer).order_by(Offer.id).all()


def text_of(answer: Any) -> str:
    return unescape(answer.text)


def test_posting_stores_the_premises_and_shows_them(desk: Desk) -> None:
    """A case officer posts premises and lands on their page, with seats and area shown in each other."""
    answer = desk.officer.post("/offers/new", form(desk.host))
    [offer] = stored(desk)
    assert (answer.status_code, answer.location) == (303, f"/offers/{offer.ref}")
    assert (offer.seats, offer.weekdays, offer.features) == (8, ("mon", "tue"), {"step_free": "yes"})
    page = text_of(desk.officer.get(answer.location))
    assert "8 seats, about 120 m²" in page and "the point that was given" in page and "Storgatan 1" in page
    assert "counted with 15 m² for each seat" in page.lower()


def test_seats_follow_from_the_area_when_only_that_is_given(desk: Desk) -> None:
    desk.officer.post("/offers/new", form(desk.host, seats="", area_m2="185"))
    [offer] = stored(desk)
    assert offer.seats == 12
    assert "185 m², enough for about 12 seats" in text_of(desk.officer.get(f"/offers/{offer.ref}"))


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"title": ""}, "title", "Name of the premises: This must be filled in."),
        ({"seats": "många"}, "seats", "Write a whole number, such as 12."),
        ({"seats": "", "area_m2": ""}, "seats", "Give the number of seats or the area, or both."),
        ({"spans-0-until": "2026-01-01"}, "spans-0-until", "Last day of period 1: The last day must not be before"),
        ({"spans-0-until": "2027-02-30"}, "spans-0-until", "There is no such date."),
        ({"spans-1-from": "2027-06-01", "spans-1-until": "2027-07-01"}, "spans", "The periods overlap on 1 June 2027."),
        ({"weekdays": []}, "weekdays", "Weekdays: "),
        ({"place": "Ingenstans alls"}, "place", "We do not find this place."),
        ({"contact_email": "kim"}, "contact_email", "Write an e-mail address"),
        ({"only_agencies": "Skojverket"}, "only_agencies", "There is no organisation with the name Skojverket here."),
        ({"only_agencies": "myndigheten"}, "only_agencies", "Several organisations match myndigheten."),
        ({"visibility": "secret"}, "visibility", "Choose one of the alternatives."),
        ({"features-lift": "perhaps"}, "features", "Answer yes, no or unknown"),
        ({"title": "a\x00b"}, "title", "invisible control characters"),
        ({"title": "Rum \u202egnp.exe"}, "title", "invisible control characters"),
        ({"description": "a\u2066b"}, "description", "invisible control characters"),
        ({"title": "a\ufffeb"}, "title", "invisible control characters"),
        ({"title": "x" * 121}, "title", "Write at most 120 characters. Now there are 121."),
        ({"contact_phone": "<script>"}, "contact_phone", "Write a telephone number such as"),
        ({"spans-0-from": "2026-01-01", "spans-0-until": "2026-02-01"}, "spans", "All periods are already over."),
        ({"minimum_days": "400"}, "minimum_days", "No period is that long: the longest has 171 days."),
        ({"seats": "500", "area_m2": "10"}, "area_m2", "500 seats have no room on so few square metres."),
        ({"visibility": "sealed"}, "coordinators", "Name at least one coordinator."),
        (
            {"spans-0-from": "2027-01-09", "spans-0-until": "2027-01-10"},
            "weekdays",
            "None of these weekdays falls within the periods.",
        ),
    ],
)
def test_each_fault_stands_at_its_field_and_nothing_is_stored(
    desk: Desk, values: dict[str, Any], field: str, sentence: str
) -> None:
    """The page comes back with 422, the sentence linked to its field, and what was typed."""
    answer = desk.officer.post("/offers/new", form(desk.host, address="Kvar i fältet", **values))
    page = text_of(answer)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in page and f'id="f-{field}"' in page
    assert sentence in page and "Kvar i fältet" in page and "<title>Error:" in page
    assert stored(desk) == []


def test_a_number_that_cannot_be_read_is_the_only_fault(desk: Desk) -> None:
    """Who writes the area wrong is not told to give seats or area as well."""
    page = text_of(desk.officer.post("/offers/new", form(desk.host, seats="", area_m2="inf")))
    assert 'href="#f-area_m2"' in page and 'href="#f-seats"' not in page


def test_without_a_coordinator_the_form_says_that_nothing_can_be_sealed(web: Web) -> None:
    """The fault has a place to stand also where there is nobody to name."""
    host = web.make.agency()
    officer = web.sign_in(web.make.officer(host).email)
    page = text_of(officer.post("/offers/new?lang=en", form(host, visibility="sealed")))
    assert 'href="#f-coordinators"' in page and 'id="f-coordinators"' in page
    assert "There is no coordinator to name yet" in page


def test_a_small_area_is_enough_for_one(desk: Desk) -> None:
    desk.officer.post("/offers/new", form(desk.host, seats="", area_m2="10"))
    assert "10 m², enough for about 1 seat" in text_of(desk.officer.get(f"/offers/{stored(desk)[0].ref}"))


@pytest.mark.parametrize("phone", ["010-123 45 67", "+46 10 123 45 67", "(010) 1234567", "112", "010.123.45.67"])
def test_telephone_numbers_are_taken_as_people_write_them(desk: Desk, phone: str) -> None:
    desk.officer.post("/offers/new", form(desk.host, contact_phone=phone))
    assert stored(desk)[0].contact_phone == phone


def test_all_faults_come_at_once(desk: Desk) -> None:
    page = text_of(desk.officer.post("/offers/new", form(desk.host, title="", only_agencies="Skojverket", seats="0",
                                                            visibility="sealed", minimum_days="999")))  # fmt: skip
    for field in ("title", "only_agencies", "seats", "coordinators", "minimum_days"):
        assert f'href="#f-{field}"' in page


def test_an_ambiguous_place_is_told_with_the_other_faults(desk: Desk) -> None:
    """Who forgets the seats and names a place that there are several of learns both at once."""
    page = text_of(desk.officer.post("/offers/new", form(desk.host, seats="tolv", place="Ekeby")))
    assert 'href="#f-seats"' in page and 'href="#f-place"' in page
    assert 'name="place_choice" value="Ekeby (Bjuv)"' in page


def test_an_ambiguous_place_is_chosen_without_script(desk: Desk) -> None:
    """A name that several places have asks back with their municipalities; the choice is then posted."""
    asked = desk.officer.post("/offers/new", form(desk.host, place="Ekeby"))
    assert asked.status_code == 422
    assert 'name="place_choice" value="Ekeby (Bjuv)"' in text_of(asked)
    chosen = {"place": "Ekeby", "place_asked": "Ekeby", "place_choice": "Ekeby (Bjuv)"}
    assert desk.officer.post("/offers/new", form(desk.host, **chosen)).status_code == 303
    assert stored(desk)[0].municipality_code == "1260"


def test_a_new_name_counts_more_than_an_old_choice(desk: Desk) -> None:
    typed = {"place": "Umeå", "place_asked": "Ekeby", "place_choice": "Ekeby (Bjuv)"}
    desk.officer.post("/offers/new", form(desk.host, **typed))
    assert stored(desk)[0].municipality_code == "2480"


def test_periods_are_added_and_removed_without_script_and_without_loss(desk: Desk) -> None:
    """The buttons show the form again with one row more or less, keep the rest, and store nothing."""
    more = desk.officer.post("/offers/new", form(desk.host, **{"spans-add": "1"}))
    assert more.status_code == 200 and 'name="spans-1-from"' in more.text
    assert "Rum vid stationen" in more.text and 'value="2027-06-30"' in more.text
    two = {"spans-1-from": "2027-08-16", "spans-1-until": "2027-12-31"}
    less = desk.officer.post("/offers/new", form(desk.host, **two, **{"spans-remove": "0"}))
    assert 'name="spans-0-from" type="date" value="2027-08-16"' in less.text
    assert "2027-06-30" not in less.text
    assert stored(desk) == []
    assert desk.officer.post("/offers/new", form(desk.host, **two)).status_code == 303
    assert len(stored(desk)[0].spans) == 2


@pytest.mark.parametrize(
    "strange",
    [
        {"spans-add": "1", "spans": "x"},
        {"spans-remove": "²"},
        {"spans-remove": "99999999999999999999"},
        {"spans": "x", "spans-0": "y"},
        {"spans-²-from": "2027-01-01"},
        {"features": "x"},
        {"place": ["a", "b"], "place_choice": ["a", "b"]},
        {"only_agencies": ["a", "b"]},
        {"whatever": "x"},
    ],
)
def test_strange_forms_are_answered_calmly(desk: Desk, strange: dict[str, Any]) -> None:
    answer = desk.officer.post("/offers/new", {**form(desk.host), **strange})
    assert answer.status_code in (200, 303, 422)


def test_names_that_the_form_does_not_have_are_told_and_counted(desk: Desk) -> None:
    """Each by its name, the first twenty of them, after the faults that somebody can mend."""
    strange = {f"field{number}": "x" for number in range(5000)}
    answer = desk.officer.post("/offers/new", {**form(desk.host, title=""), **strange})
    page = text_of(answer)
    assert answer.status_code == 422 and len(page) < 100_000
    assert "field0: This name is not known here. Remove it." in page and "And 4,980 more." in page
    assert page.index("Name of the premises: This must be filled in.") < page.index("field0: ")
    assert 'href="#f-field0"' not in page and "field20: " not in page


def test_more_organisations_than_anybody_would_name_are_refused_in_one_sentence(desk: Desk) -> None:
    """A pasted book costs neither a search for each of its lines nor a sentence about each."""
    answer = desk.officer.post("/offers/new", form(desk.host, only_agencies="abc\n" * 5000))
    assert answer.status_code == 422
    assert answer.text.count("at most 100") == 2 and len(answer.text) < 100_000


def test_organisations_are_found_by_part_of_their_name(desk: Desk) -> None:
    desk.officer.post("/offers/new", form(desk.host, only_agencies="gästmynd\nVARDMYNDIGHETEN"))
    assert {agency.name for agency in stored(desk)[0].only_agencies} == {"Gästmyndigheten", "Värdmyndigheten"}


def test_organisations_are_found_as_people_call_and_spell_them(desk: Desk) -> None:
    """A region by its own name where the register has its county's, and å, ä, ö written out."""
    desk.make.agency("Regionen i Skåne län"), desk.make.agency("Regionen i Stockholms län")
    desk.make.agency("Regionen i Södermanlands län"), desk.make.agency("Gotlands kommun")
    names = "Region Skåne\nregion stockholm\nVaerdmyndigheten\nRegion Sörmland\nRegion Gotland"
    desk.officer.post("/offers/new", form(desk.host, only_agencies=names))
    assert {agency.name for agency in stored(desk)[0].only_agencies} == {
        "Regionen i Skåne län", "Regionen i Stockholms län", "Värdmyndigheten", "Regionen i Södermanlands län",
        "Gotlands kommun",
    }  # fmt: skip


def test_copying_fills_a_new_form_and_changes_nothing(desk: Desk) -> None:
    offer = desk.offer(title="Det första rummet")
    page = desk.officer.get(f"/offers/{offer.ref}/copy")
    assert 'action="/offers/new"' in page.text and "Det första rummet" in page.text
    assert len(stored(desk)) == 1


def test_changing_keeps_what_was_not_touched(desk: Desk) -> None:
    offer = desk.offer(description="Två rum", only_agencies=[desk.guest.ref], features={"lift": "no"})
    page = desk.officer.get(f"/offers/{offer.ref}/edit").text
    assert "Två rum" in page and "Gästmyndigheten" in page
    assert 'id="f-features-lift-no" name="features-lift" value="no" checked' in page
    answer = desk.officer.post(f"/offers/{offer.ref}/edit", form(desk.host, place=offer.place, title="Nytt namn"))
    assert answer.status_code == 303
    [changed] = stored(desk)
    assert (changed.title, changed.place, changed.only_agencies) == ("Nytt namn", offer.place, [])


def test_below_what_is_held_the_page_names_what_would_have_to_be_given_up(desk: Desk) -> None:
    """Fewer seats than a proposal holds: 409, a list that leads to it and names the guest; what was typed stays."""
    offer, _need = desk.offer(seats=4), desk.need(seats=4)
    [proposal] = desk.published()
    link = f'<li><a href="/proposals/{proposal.ref}">Proposal awaiting answers</a>: Gästmyndigheten, 4 seats, '
    days = {"spans-0-from": offer.spans[0].first_day.isoformat(), "spans-0-until": offer.spans[0].last_day.isoformat()}
    values = {"weekdays": list(offer.weekdays), "place": offer.place, "title": "Mindre", "seats": "2", **days}
    answer = desk.officer.post(f"/offers/{offer.ref}/edit", form(desk.host, **values))
    page = text_of(answer)
    assert answer.status_code == 409
    assert "What is listed here would have to be given up first." in page and link in page
    assert 'value="Mindre"' in page
    assert stored(desk)[0].seats == 4
    assert link in text_of(desk.officer.get(f"/offers/{offer.ref}/withdraw"))
    answer = desk.officer.post(f"/offers/{offer.ref}/withdraw")
    assert answer.status_code == 409 and link in text_of(answer)
    shown = text_of(desk.officer.get(f"/offers/{offer.ref}"))
    assert "Proposal awaiting answers" in shown and "Gästmyndigheten" in shown


def test_reconfirming_moves_the_day(desk: Desk) -> None:
    offer = desk.offer()
    offer.valid_until = this_day() - timedelta(days=1)
    desk.make.session.commit()
    assert "Are they still free?" in desk.officer.get(f"/offers/{offer.ref}").text
    assert desk.officer.post(f"/offers/{offer.ref}/reconfirm").status_code == 303
    assert stored(desk)[0].valid_until > this_day()


def test_withdrawing_asks_first(desk: Desk) -> None:
    offer = desk.offer()
    assert "This cannot be undone" in desk.officer.get(f"/offers/{offer.ref}/withdraw").text
    assert stored(desk)[0].withdrawn_at is None
    assert desk.officer.post(f"/offers/{offer.ref}/withdraw").status_code == 303
    assert stored(desk)[0].withdrawn_at
    assert "Copy to post again" in desk.officer.get(f"/offers/{offer.ref}").text
    refused = desk.officer.get(f"/offers/{offer.ref}/edit")
    assert refused.status_code == 409 and "can no longer be changed" in refused.text


def test_restricted_premises_show_municipality_and_seat_band_alone(desk: Desk) -> None:
    """Neither name, address, organisation, contact, weekdays nor features reach others; the band is rounded."""
    offer = desk.offer(
        visibility="restricted", title="Kanariefågel", address="Kanariegatan 7", seats=24, place="Umeå",
        description="Kanariebur", contact_name="Kim Kanarie", contact_email="kanarie@myndighet.example",
    )  # fmt: skip
    for path in ("/offers", f"/offers/{offer.ref}", "/offers?seats=20&county=24"):
        page = desk.lead.get(path).text
        assert "Restricted premises in Umeå" in page and "20–29" in page
        assert "anarie" not in page and "Värdmyndigheten" not in page
    for asked in ("text=Kanarie", "seats=25", "must=step_free", "weekdays=mon", "county=01", "place=Umeå"):
        assert "No premises found" in desk.lead.get(f"/offers?{asked}").text
    assert "Kanariegatan 7" in desk.officer.get(f"/offers/{offer.ref}").text


def test_a_coordinator_reading_a_restricted_address_leaves_a_trace(desk: Desk) -> None:
    offer = desk.offer(visibility="restricted", address="Kanariegatan 7")
    assert "Kanariegatan 7" in desk.coordinator.get(f"/offers/{offer.ref}").text
    assert "A coordinator read the address" in desk.officer.get("/events").text


def test_sealed_premises_do_not_exist_for_others(desk: Desk) -> None:
    """Nobody but the owner and named coordinators finds sealed premises, by list or by address."""
    offer = desk.offer(visibility="sealed", title="Kanariefågel", coordinators=[desk.users["coordinator"].ref])
    other = desk.reading(desk.make.coordinator())
    for visitor in (desk.lead, other):
        assert visitor.get(f"/offers/{offer.ref}").status_code == 404
        assert "Kanarie" not in visitor.get("/offers").text
    for visitor in (desk.officer, desk.coordinator):
        assert "Kanariefågel" in visitor.get(f"/offers/{offer.ref}").text


def test_the_search_keeps_to_what_is_asked_for(desk: Desk) -> None:
    desk.offer(title="Litet rum", seats=4)
    desk.offer(title="Stor sal", seats=40, features={"lift": "yes"}, place="Umeå")
    page = desk.lead.get("/offers?seats=20").text
    assert "Stor sal" in page and "Litet rum" not in page and "1 premises" in page
    assert "Stor sal" in desk.lead.get("/offers?must=lift&county=24&weekdays=mon&text=SAL").text
    assert "No premises found" in desk.lead.get("/offers?text=finns+inte").text


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("seats=x", "seats"),
        ("earliest_start=2027-13-01", "earliest_start"),
        ("earliest_start=2027-03-02&latest_start=2027-03-01", "latest_start"),
        ("latest_start=2026-01-01", "latest_start"),
        ("place=Ingenstans", "place"),
        ("max_km=20", "place"),
        ("place=Ekeby&seats=x", "place"),
        ("agency=2222222222", "agency"),
        ("county=99", "county"),
        ("must=pool", "must"),
    ],
)
def test_a_faulty_search_says_so(desk: Desk, asked: str, field: str) -> None:
    answer = desk.lead.get(f"/offers?{asked}")
    assert answer.status_code == 422 and f'href="#f-{field}"' in answer.text


def test_my_organisation_sees_also_what_is_over(desk: Desk) -> None:
    offer = desk.offer(title="Gammalt rum")
    desk.officer.post(f"/offers/{offer.ref}/withdraw")
    assert "Gammalt rum" in desk.officer.get("/offers?mine=1").text
    assert "Gammalt rum" not in desk.officer.get("/offers").text


def test_only_ones_own_premises_can_be_changed(desk: Desk) -> None:
    """Another organisation's: 403 where they may be seen; a project lead may not post; strangers sign in first."""
    offer = desk.offer()
    stranger = desk.reading(desk.make.officer(desk.make.agency()))
    for path in ("edit", "withdraw", "copy"):
        assert stranger.get(f"/offers/{offer.ref}/{path}").status_code == 403
    for path in ("edit", "withdraw", "reconfirm"):
        assert stranger.post(f"/offers/{offer.ref}/{path}", form(desk.host)).status_code == 403
    assert desk.lead.post("/offers/new", form(desk.host)).status_code == 403
    smuggled = stranger.post("/offers/new", form(desk.host))
    assert smuggled.status_code == 422 and "Choose an organisation for which you have this role." in smuggled.text
    answer = desk.web.get(f"/offers/{offer.ref}/edit")
    assert answer.status_code == 303 and answer.location.startswith("/sign-in?next=")
    assert len(stored(desk)) == 1


def test_a_form_without_its_token_changes_nothing(desk: Desk) -> None:
    desk.make.session.commit()
    answer = desk.officer.client.post("/offers/new", data=form(desk.host))
    assert answer.status_code == 400 and "Nothing was saved" in answer.text
    assert stored(desk) == []


def test_hostile_text_stays_text(desk: Desk) -> None:
    """Markup typed into any field is shown as it was typed and is never live."""
    nasty = "<script>alert(1)</script>"
    fields = dict.fromkeys(("title", "address", "description", "contact_name"), nasty)
    answer = desk.officer.post("/offers/new", form(desk.host, **fields))
    for path in (answer.location, f"{answer.location}/edit", "/offers", "/offers?mine=1", "/events"):
        page = desk.officer.get(path).text
        assert nasty not in page
    assert "&lt;script&gt;" in page
