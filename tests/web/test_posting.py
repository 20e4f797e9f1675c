"""Posting in the browser, step by step: a summary before anything is stored, and nothing typed is ever lost."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select

from platsverket.models import Event, Need, Offer
from tests.conftest import Web
from tests.web import test_needs, test_offers
from tests.web.desk import Desk, Visitor, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


NOUNS = ("offers", "needs")


def poster(desk: Desk, noun: str) -> Visitor:
    return desk.officer if noun == "offers" else desk.lead


def form(desk: Desk, noun: str, **values: Any) -> dict[str, Any]:
    """What a browser sends when the first button is pressed: the one that checks."""
    whole = test_offers.form(desk.host) if noun == "offers" else test_needs.form(desk.guest)
    return {**whole, "do": "check", **values}


def count(desk: Desk, model: type[Any]) -> int:
    desk.make.session.rollback()
    return desk.make.session.scalar(select(func.count()).select_from(model)) or 0


def carried(page: str) -> dict[str, Any]:
    """The hidden fields of the page's last form, as its buttons would send them on."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.rpartition("<form")[2]):
        if name != "csrf_token":
            found.setdefault(unescape(name), []).append(unescape(value))
    return found


@pytest.mark.parametrize("noun", NOUNS)
def test_what_would_be_posted_is_shown_first_and_nothing_is_stored(desk: Desk, noun: str) -> None:
    """The first button leads to a summary; what it carries, sent by its button, is posted."""
    answer = poster(desk, noun).post(f"/{noun}/new", form(desk, noun, title="Rum med <b>fönster</b>"))
    said = text(answer)
    assert answer.status_code == 200 and "Nothing is saved yet." in said and "Rum med <b>fönster</b>" in said
    assert "Tue" in said
    assert count(desk, Offer) == count(desk, Need) == count(desk, Event) - _events_before(desk) == 0
    posted = poster(desk, noun).post(f"/{noun}/new", {**carried(answer.text), "do": "post"})
    assert posted.status_code == 303
    assert "Rum med <b>fönster</b>" in text(poster(desk, noun).get(posted.location))


@pytest.mark.parametrize("noun", NOUNS)
def test_what_is_posted_twice_by_a_double_press_is_posted_once(desk: Desk, noun: str) -> None:
    """The second answer leads to the list where it stands; looked at once more, the same may be posted again."""
    answer = poster(desk, noun).post(f"/{noun}/new", form(desk, noun))
    sent = {**carried(answer.text), "do": "post"}
    assert [poster(desk, noun).post(f"/{noun}/new", sent).status_code for _ in range(2)] == [303, 303]
    assert count(desk, Offer) + count(desk, Need) == 1
    assert "It has been posted already" in text(poster(desk, noun).get(f"/{noun}?mine=1&lang=en"))
    answer = poster(desk, noun).post(f"/{noun}/new", form(desk, noun))
    poster(desk, noun).post(f"/{noun}/new", {**carried(answer.text), "do": "post"})
    assert count(desk, Offer) + count(desk, Need) == 2


def _events_before(desk: Desk) -> int:
    """The events that are not about premises or requests: people signing in."""
    return desk.make.session.scalar(select(func.count(Event.id)).where(Event.noun.notin_(["offer", "need"]))) or 0


def test_the_summary_counts_an_area_as_seats_and_says_who_will_see_it(desk: Desk) -> None:
    page = text(
        desk.officer.post("/offers/new", form(desk, "offers", seats="", area_m2="185", visibility="restricted"))
    )
    assert "185 m², enough for about 12 seats" in page and "Others will see only the municipality" in page
    page = text(desk.lead.post("/needs/new", form(desk, "needs", seats="", area_m2="185")))
    assert "13 seats, about 195 m²" in page and "a host who gets it as a proposal" in page


@pytest.mark.parametrize("noun", NOUNS)
def test_a_feature_that_its_name_does_not_explain_has_a_help_text(desk: Desk, noun: str) -> None:
    person = desk.officer if noun == "offers" else desk.lead
    page = text(person.get(f"/{noun}/new"))
    assert "Hearing loop Makes speech clearer to those who use a hearing aid." in page
    assert "Lift Yes" in page or "Lift Required" in page


@pytest.mark.parametrize("noun", NOUNS)
def test_what_one_of_two_fields_must_say_is_not_called_optional(desk: Desk, noun: str) -> None:
    person = desk.officer if noun == "offers" else desk.lead
    page = text(person.get(f"/{noun}/new"))
    assert "Give the seats, the area, or both. Seats How many" in page and "m²" in page
    assert "Description (optional)" in page and "Area (optional)" not in page and "at least (optional)" not in page


@pytest.mark.parametrize("noun", NOUNS)
def test_the_summary_tells_in_which_round_it_would_take_part(desk: Desk, noun: str) -> None:
    desk.make.round(desk.users["coordinator"], name="Vårens omgång")
    page = text(poster(desk, noun).post(f"/{noun}/new", form(desk, noun)))
    assert "It takes part in the match round “Vårens omgång”." in page


@pytest.mark.parametrize("noun", NOUNS)
def test_what_the_summary_carries_is_tried_again_when_it_is_posted(desk: Desk, noun: str) -> None:
    """Hidden fields are the visitor's too: a value that was changed there meets the same faults."""
    page = poster(desk, noun).post(f"/{noun}/new", form(desk, noun)).text
    answer = poster(desk, noun).post(f"/{noun}/new", {**carried(page), "seats": "-1", "do": "post"})
    assert answer.status_code == 422 and 'href="#f-seats"' in answer.text
    assert count(desk, Offer) == count(desk, Need) == 0


@pytest.mark.parametrize("noun", NOUNS)
def test_each_part_of_the_summary_leads_back_to_its_section_with_everything_typed(desk: Desk, noun: str) -> None:
    page = poster(desk, noun).post(f"/{noun}/new", form(desk, noun, description="Kvar\ni fältet")).text
    sections = re.findall(rf'name="keep" value="1" formaction="/{noun}/new#([a-z]+)"', page)
    back = poster(desk, noun).post(f"/{noun}/new", {**carried(page), "keep": "1"})
    assert back.status_code == 200 and "Kvar\ni fältet</textarea>" in back.text
    assert len(sections) >= 3 and all(f'<section class="form-section" id="{one}">' in back.text for one in sections)


@pytest.mark.parametrize("noun", NOUNS)
def test_the_language_is_changed_in_the_middle_of_a_form_and_nothing_is_lost(desk: Desk, noun: str) -> None:
    """The language is a button of the form, also where what was typed is faulty; an unticked box stays unticked."""
    visitor = poster(desk, noun)
    page = visitor.get(f"/{noun}/new").text
    button = re.search(r'<button class="plain-button" form="(\w+)" formaction="([^"]+)"', page)
    assert button and f'<form method="post" action="/{noun}/new" novalidate id="{button[1]}"' in page
    first = re.search(rf'<button[^>]* form="{button[1]}"[^>]*>', page)
    assert first and "name=" not in first[0], "Enter in a field presses the first button of its form"
    half = {**form(desk, noun, title="Halvskrivet", seats="tolv"), "keep": "1", "weekdays": ["sun"]}
    answer = visitor.post(button[2], half)
    assert answer.status_code == 200 and '<html lang="sv"' in answer.text and "<title>Fel:" not in answer.text
    assert 'value="Halvskrivet"' in answer.text and 'value="tolv"' in answer.text
    assert re.findall(r'name="weekdays" value="(\w+)" checked', answer.text) == ["sun"]


def test_the_summary_keeps_to_itself_when_the_language_is_changed(desk: Desk) -> None:
    page = desk.officer.post("/offers/new", form(desk, "offers")).text
    assert 'form="offer" formaction="/offers/new?lang=sv" formnovalidate\n            name="do" value="check"' in page
    assert "Kontrollera och anmäl" in desk.officer.post("/offers/new?lang=sv", {**carried(page), "do": "check"}).text


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/rounds/new", "coordinator"), ("/me/tokens", "officer"), ("/me/searches/new", "lead"),
        ("/me/substitute", "officer"), ("/accounts/new", "admin"), ("/needs/{need}/priority", "coordinator"),
    ],
)  # fmt: skip
def test_a_language_changed_while_other_forms_are_filled_in_loses_nothing(desk: Desk, path: str, who: str) -> None:
    """The language is a button of their form too: it is shown again as it was typed, and nothing is done."""
    visitor = desk.reading(desk.make.user(administrator=True)) if who == "admin" else getattr(desk, who)
    path = path.format(need=desk.need().ref)
    desk.make.officer(desk.host)  # a colleague who could be a substitute
    page = visitor.get(path).text
    button = re.search(r'<button class="plain-button" form="(\w+)" formaction="([^"]+)"', page)
    assert button and f'id="{button[1]}"' in page
    name = re.findall(r'name="(name|reason|first_day)"', page)[0]
    typed = {name: "Halvskrivet", "keep": "1", "role_agency": "Skatt", "role": "coordinator"}
    again = visitor.post(button[2], typed)
    assert again.status_code == 200 and "Halvskrivet" in again.text and '<html lang="sv"' in again.text
    assert who != "admin" or 'value="Skatt"' in again.text


def test_what_no_form_shows_is_not_done_when_it_is_sent_to_be_kept(desk: Desk) -> None:
    offer = desk.offer()
    day = offer.valid_until
    assert desk.officer.post(f"/offers/{offer.ref}/reconfirm", {"keep": "1"}).status_code == 405
    desk.make.session.refresh(offer)
    assert offer.valid_until == day


@pytest.mark.parametrize("noun", NOUNS)
def test_an_empty_form_offers_the_latest_ones_to_copy_from(desk: Desk, noun: str) -> None:
    """One's own organisation's three latest, never another's; a form that holds something offers none."""
    for number in range(4):
        desk.offer(title=f"Lokal {number}"), desk.need(title=f"Lokal {number}")
    page = poster(desk, noun).get(f"/{noun}/new").text
    assert re.findall(rf'<a href="/{noun}/\w+/copy">(.*?)</a>', page) == ["Lokal 3", "Lokal 2", "Lokal 1"]
    stranger = desk.make.officer if noun == "offers" else desk.make.lead
    assert "/copy" not in desk.reading(stranger(desk.make.agency())).get(f"/{noun}/new").text
    assert "/copy" not in poster(desk, noun).post(f"/{noun}/new", form(desk, noun, keep="1")).text


def test_a_copy_is_not_offered_in_place_of_what_a_search_filled_in(desk: Desk) -> None:
    """In whatever language the page is asked for."""
    desk.need()
    assert "/copy" in desk.lead.get("/needs/new?lang=en").text
    assert "/copy" not in desk.lead.get("/needs/new?place=Ume%C3%A5&seats=6").text


@pytest.mark.parametrize(
    ("noun", "seats", "area", "told"),
    [
        ("offers", "8", "", "8 seats are counted as about 120 m² (15 m² for each)."),
        ("offers", "", "185", "185 m² is counted as 12 seats (15 m² for each)."),
        ("needs", "", "185", "185 m² is counted as 13 seats (15 m² for each)."),
        ("offers", "", "7", "7 m² is counted as 1 seat (15 m² for each)."),
        ("needs", "10", "1 250", "1,250 m² for 10 seats is 125.0 m² for each."),
        ("needs", "många", "", "We count 15 m² for each seat."),
    ],
)
def test_seats_and_square_metres_are_told_in_each_other(
    desk: Desk, noun: str, seats: str, area: str, told: str
) -> None:
    """As they will be counted when posted; what cannot be read is not counted."""
    page = text(poster(desk, noun).post(f"/{noun}/new", form(desk, noun, seats=seats, area_m2=area, keep="1")))
    assert told in page


@pytest.mark.parametrize("noun", NOUNS)
def test_the_place_that_was_chosen_stays_chosen(desk: Desk, noun: str) -> None:
    """Back from the summary the field holds the place, not the name that several places have."""
    chosen = {"place": "Ekeby", "place_asked": "Ekeby", "place_choice": "Ekeby (Bjuv)"}
    page = poster(desk, noun).post(f"/{noun}/new", form(desk, noun, **chosen)).text
    assert carried(page)["place"] == ["Ekeby (Bjuv)"]


# Drafts

FAULTY = {"title": "Halvskrivet <b>rum</b>", "seats": "tolv", "spans-1-from": "2027-09-01", "weekdays": ["sun"]}


def saved(desk: Desk, noun: str, **values: Any) -> str:
    """The address of a draft that was saved."""
    answer = poster(desk, noun).post(f"/{noun}/new", form(desk, noun, do="draft", **{**FAULTY, **values}))
    assert answer.status_code == 303 and answer.location.startswith(f"/{noun}/drafts/")
    return str(answer.location)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_faulty_form_is_saved_as_a_draft_and_continued_as_it_was_typed(desk: Desk, noun: str) -> None:
    """With all that is wrong in it; a second saving changes the same draft; nothing has been posted."""
    address = saved(desk, noun)
    page = poster(desk, noun).get(address)
    assert 'value="Halvskrivet &lt;b&gt;rum&lt;/b&gt;"' in page.text and 'value="tolv"' in page.text
    assert re.findall(r'name="weekdays" value="(\w+)" checked', page.text) == ["sun"]
    assert "Only you see it." in text(page)
    if noun == "offers":
        assert 'name="spans-1-from" type="date" value="2027-09-01"' in page.text
    ref = carried(page.text)["draft"]
    assert saved(desk, noun, draft=ref, title="Bättre namn") == address
    assert "Bättre namn" in poster(desk, noun).get(address).text
    assert count(desk, Offer) == count(desk, Need) == 0


@pytest.mark.parametrize("noun", NOUNS)
def test_drafts_stand_in_the_list_and_among_the_next_steps_until_they_are_posted(desk: Desk, noun: str) -> None:
    address = saved(desk, noun)
    for path in (f"/{noun}", "/"):
        page = poster(desk, noun).get(path)
        assert f'href="{address}"' in page.text and "1 draft to finish" in text(page)
    whole = form(desk, noun, draft=address.rpartition("/")[2])
    checked = poster(desk, noun).post(f"/{noun}/new", whole)
    assert poster(desk, noun).post(f"/{noun}/new", {**carried(checked.text), "do": "post"}).status_code == 303
    assert poster(desk, noun).get(address).status_code == 404
    assert "draft to finish" not in poster(desk, noun).get("/").text


@pytest.mark.parametrize("noun", NOUNS)
def test_a_draft_is_seen_by_nobody_else(desk: Desk, noun: str) -> None:
    """Not even by a colleague with the same role, a coordinator, or in the events."""
    address = saved(desk, noun)
    desk.make.session.rollback()
    own, maker = (desk.host, desk.make.officer) if noun == "offers" else (desk.guest, desk.make.lead)
    colleague = desk.reading(maker(own))
    for path in (address, f"{address}/discard"):
        assert colleague.get(path).status_code == 404
    assert colleague.post(f"{address}/discard").status_code == 404
    assert "Halvskrivet" not in colleague.get(f"/{noun}").text + colleague.get("/").text
    assert desk.coordinator.get(address).status_code == 403
    assert "Halvskrivet" not in poster(desk, noun).get("/events").text
    assert poster(desk, noun).get(address).status_code == 200


@pytest.mark.parametrize("noun", NOUNS)
def test_a_draft_is_thrown_away_after_a_question(desk: Desk, noun: str) -> None:
    address = saved(desk, noun)
    asked = poster(desk, noun).get(f"{address}/discard")
    assert "Throw away the draft Halvskrivet <b>rum</b>?" in text(asked)
    assert poster(desk, noun).get(address).status_code == 200
    assert poster(desk, noun).post(f"{address}/discard").status_code == 303
    assert poster(desk, noun).get(address).status_code == 404


def test_what_cannot_be_saved_as_a_draft_is_still_in_the_form(desk: Desk) -> None:
    """Far too much text: the form says so above, and keeps it."""
    long = "abc" * 20_000
    answer = desk.officer.post("/offers/new", form(desk, "offers", do="draft", description=long))
    assert answer.status_code == 409 and long in answer.text and "Shorten the texts." in answer.text


def test_a_draft_remembers_itself_through_the_summary_and_a_change_of_language(desk: Desk) -> None:
    ref = saved(desk, "offers").rpartition("/")[2]
    for sent in ({"do": "check"}, {"keep": "1"}):
        page = desk.officer.post("/offers/new", form(desk, "offers", draft=ref, **sent)).text
        assert carried(page)["draft"] == [ref]


@pytest.mark.parametrize("noun", NOUNS)
def test_a_draft_of_next_to_nothing_can_be_opened(desk: Desk, noun: str) -> None:
    """Whatever a strange form sent, without as much as a name."""
    visitor = poster(desk, noun)
    answer = visitor.post(f"/{noun}/new", {"do": "draft", "whatever": "x", "title": ["a", "b"]})
    assert visitor.get(answer.location).status_code == 200
    nameless = visitor.post(f"/{noun}/new", {"do": "draft"})
    for path in (nameless.location, f"{nameless.location}/discard", f"/{noun}", "/"):
        assert visitor.get(path).status_code == 200
