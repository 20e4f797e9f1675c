"""Space requests in the browser: posted, changed, withdrawn, and given their priority with a reason."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from platsverket.database import this_day
from platsverket.features import GROUPS
from platsverket.models import Agency, Need
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def form(agency: Agency, **values: Any) -> dict[str, Any]:
    """A form as a browser sends it: four seats near Östersund, two days a week for four weeks."""
    return {
        "agency": agency.ref, "title": "Projektrum", "description": "", "place": "63.1767, 14.6361", "max_km": "12,5",
        "seats": "4", "area_m2": "", "earliest_start": (this_day() + timedelta(days=1)).isoformat(),
        "latest_start": (this_day() + timedelta(days=22)).isoformat(), "days": "28", "weekdays": ["tue", "wed"],
        "features-step_free": "must", "features-lift": "wish", "features-kitchen": "no", "contact_name": "",
        "contact_email": "", "contact_phone": "", "do": "post", **values,
    }  # fmt: skip


def stored(desk: Desk) -> list[Need]:
    desk.make.session.expire_all()
    return desk.make.session.query(Need).order_by(Need.id).all()


@pytest.mark.parametrize(
    ("typed", "days"),
    [("56", 56), ("8 veckor", 56), ("8veckor", 56), (" 1 week ", 7), ("8 v", 56), ("56 dagar", 56), ("1 dag", 1)],
)
def test_a_length_is_written_in_days_or_in_weeks(desk: Desk, typed: str, days: int) -> None:
    """As people say it; what is shown tells whole weeks too."""
    answer = desk.lead.post("/needs/new", form(desk.guest, days=typed))
    assert stored(desk)[0].days == days
    page = text(desk.lead.get(answer.location))
    assert {56: "56 days (8 weeks)", 7: "7 days (1 week)", 1: "1 day"}[days] in page


@pytest.mark.parametrize("typed", ["3 månader", "åtta veckor", "8,5 veckor", "-1 vecka", "1000 veckor"])
def test_a_length_that_cannot_be_read_is_told_at_its_field(desk: Desk, typed: str) -> None:
    answer = desk.lead.post("/needs/new", form(desk.guest, days=typed))
    assert answer.status_code == 422 and 'href="#f-days"' in answer.text and not stored(desk)
    assert ("3,650" if typed == "1000 veckor" else "in days or in weeks, such as 56") in text(answer)


def test_posting_stores_the_request_and_shows_it(desk: Desk) -> None:
    """What is required and what is wished for are kept apart, and decimals may have a comma."""
    answer = desk.lead.post("/needs/new", form(desk.guest))
    [need] = stored(desk)
    assert (answer.status_code, answer.location) == (303, f"/needs/{need.ref}")
    assert (need.must, need.wish, need.max_km) == (["step_free"], ["lift"], 12.5)
    page = desk.lead.get(answer.location).text
    assert "None yet." in page and "12.5 km" in page


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"title": ""}, "title", "Name of the request: This must be filled in."),
        ({"seats": "", "area_m2": ""}, "seats", "Give the number of seats or the area, or both."),
        ({"max_km": "nära"}, "max_km", "Write a number, such as 12 or 2.5."),
        ({"days": "0"}, "days", "Write a number from 1 to 3,650."),
        ({"earliest_start": "1999-12-01"}, "earliest_start", "Write a date between the years"),
        ({"latest_start": "2020-01-01", "earliest_start": "2020-01-01"}, "latest_start", "This day has already passed"),
        ({"earliest_start": "2030-01-01"}, "latest_start", "The latest start must not be before the earliest start."),
        ({"weekdays": []}, "weekdays", "Weekdays: Choose at least one."),
        ({"title": "Rum \u202egnp.exe"}, "title", "invisible control characters"),
        ({"contact_phone": "<script>"}, "contact_phone", "Write a telephone number such as"),
        ({"place": "Ekeby"}, "place", "There are several places with this name."),
    ],
)
def test_each_fault_stands_at_its_field_and_nothing_is_stored(
    desk: Desk, values: dict[str, Any], field: str, sentence: str
) -> None:
    answer = desk.lead.post("/needs/new", form(desk.guest, description="Kvar i fältet", **values))
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in page and f'id="f-{field}"' in page
    assert sentence in page and "Kvar i fältet" in page
    assert 'id="f-features-step_free" name="features-step_free" value="must" checked' in page
    assert stored(desk) == []


def test_features_are_folded_where_nothing_is_chosen(desk: Desk) -> None:
    """Twenty-five questions are no more than five lines to read, until one of a line has been answered."""
    fresh = desk.lead.get("/needs/new").text
    assert fresh.count('<details class="fold">') == len(GROUPS)
    shown = desk.lead.post("/needs/new", {**form(desk.guest), "features-lift": "no", "keep": "1"}).text
    opened = shown.split('<details class="fold" open>')[1:]
    assert [re.findall('name="features-(.*?)"', one)[0] for one in opened] == [GROUPS["access"][0]]


def test_an_ambiguous_place_is_chosen_without_script(desk: Desk) -> None:
    chosen = {"place": "Ekeby", "place_asked": "Ekeby", "place_choice": "Ekeby (Bjuv)"}
    assert desk.lead.post("/needs/new", form(desk.guest, **chosen)).status_code == 303
    assert stored(desk)[0].municipality_code == "1260"


@pytest.mark.parametrize("strange", [{"features": "x"}, {"must": "lift"}, {"features-pool": "must"}, {"what": "x"}])
def test_strange_forms_are_answered_calmly(desk: Desk, strange: dict[str, Any]) -> None:
    assert desk.lead.post("/needs/new", {**form(desk.guest), **strange}).status_code in (303, 422)


def test_copying_and_changing(desk: Desk) -> None:
    """A copy fills a new form; a change is stored; the place stays where it is unless another is typed."""
    need = desk.need(title="Första", wish=["lift"])
    copy = desk.lead.get(f"/needs/{need.ref}/copy").text
    assert 'action="/needs/new"' in copy and 'value="Första"' in copy
    assert 'id="f-features-lift-wish" name="features-lift" value="wish" checked' in copy
    answer = desk.lead.post(f"/needs/{need.ref}/edit", form(desk.guest, title="Andra", place=need.place))
    assert answer.status_code == 303
    [changed] = stored(desk)
    assert (changed.title, changed.place) == ("Andra", need.place)


def test_a_request_with_a_proposal_shows_it_and_cannot_be_changed(desk: Desk) -> None:
    """409 with what stands in the way; what was typed stays, nothing is stored."""
    desk.offer()
    need = desk.need()
    [proposal] = desk.published()
    assert f"/proposals/{proposal.ref}" in desk.lead.get(f"/needs/{need.ref}").text
    answer = desk.lead.post(f"/needs/{need.ref}/edit", form(desk.guest, title="Andra"))
    assert answer.status_code == 409 and 'value="Andra"' in answer.text
    assert 'href="/proposals/' in answer.text.split("<main")[1] and "Proposal awaiting answers" in answer.text
    assert "Decline the proposal or end the agreement first" in answer.text
    assert desk.lead.post(f"/needs/{need.ref}/withdraw").status_code == 409
    assert stored(desk)[0].title == "Projektrum"
    assert desk.officer.get(f"/needs/{need.ref}").status_code == 200  # the host may see whom a proposal brings


def test_withdrawing_asks_first(desk: Desk) -> None:
    need = desk.need()
    assert "This cannot be undone" in desk.lead.get(f"/needs/{need.ref}/withdraw").text
    assert stored(desk)[0].withdrawn_at is None
    assert desk.lead.post(f"/needs/{need.ref}/withdraw").status_code == 303
    assert "Copy to post again" in desk.lead.get(f"/needs/{need.ref}").text
    assert need.title not in desk.lead.get("/needs").text.split("<main")[1]
    assert need.title in desk.lead.get("/needs?over=yes").text
    assert desk.lead.get(f"/needs/{need.ref}/edit").status_code == 409


def test_a_coordinator_sets_the_priority_with_a_reason(desk: Desk) -> None:
    """Named levels; without a reason nothing is stored; those whom it concerns can read the reason."""
    need = desk.need()
    assert f"/needs/{need.ref}/priority" in desk.coordinator.get(f"/needs/{need.ref}").text
    refused = desk.coordinator.post(f"/needs/{need.ref}/priority", {"priority": "3", "reason": " "})
    assert refused.status_code == 422 and 'href="#f-reason"' in refused.text and 'value="3" checked' in refused.text
    assert stored(desk)[0].priority == 1
    said = {"priority": "3", "reason": "Översvämning"}
    assert desk.coordinator.post(f"/needs/{need.ref}/priority", said).status_code == 303
    assert stored(desk)[0].priority == 3
    assert "Urgent" in desk.lead.get(f"/needs/{need.ref}").text
    assert "set to Urgent. Reason: Översvämning" in desk.lead.get("/events").text
    assert desk.lead.get(f"/needs/{need.ref}/priority").status_code == 403
    assert desk.lead.post(f"/needs/{need.ref}/priority", said).status_code == 403


def test_requests_are_seen_by_their_own_and_by_coordinators(desk: Desk) -> None:
    """Others, also hosts without a proposal, meet 404 and an empty list; nobody else may change them."""
    need = desk.need(title="Kanariefågel")
    stranger = desk.reading(desk.make.lead(desk.make.agency()))
    for visitor in (stranger, desk.officer):
        assert visitor.get(f"/needs/{need.ref}").status_code == 404
        assert "Kanariefågel" not in visitor.get("/needs?text=Kanarie").text
    assert stranger.get(f"/needs/{need.ref}/edit").status_code == 404
    assert desk.coordinator.get(f"/needs/{need.ref}/edit").status_code == 403
    assert "Kanariefågel" in desk.coordinator.get("/needs?text=kanarie").text
    smuggled = stranger.post("/needs/new", form(desk.guest))
    assert smuggled.status_code == 422 and "Choose an organisation for which you have this role." in smuggled.text
    assert desk.officer.post("/needs/new", form(desk.guest)).status_code == 403
    assert len(stored(desk)) == 1


def test_a_form_without_its_token_changes_nothing(desk: Desk) -> None:
    desk.make.session.commit()
    assert desk.lead.client.post("/needs/new", data=form(desk.guest)).status_code == 400
    assert stored(desk) == []


def test_a_request_without_a_proposal_is_told_why_and_what_would_help(desk: Desk) -> None:
    """On its own page, after publication and not before; the premises that would do are named with their address."""
    offer = desk.offer(title="Lilla salen", seats=10)
    need = desk.need(title="Stort behov", seats=12)
    match_round, run = desk.matched(name="Vårens omgång")
    assert "Lilla salen" not in text(desk.lead.get(f"/needs/{need.ref}"))
    desk.coordinator.post(f"/rounds/{match_round.ref}/runs/{run.ref}/publish")
    answer = desk.lead.get(f"/needs/{need.ref}")
    page = text(answer)
    assert "Why the last round gave no proposal" in page and "The round “Vårens omgång” was published on" in page
    assert "There are premises near enough, but none of them is large enough." in page
    assert "With 10 seats instead of 12 there is room in Lilla salen from" in page
    assert f'href="/offers/{offer.ref}"' in answer.text
    assert "Premises near enough: 1," in text(desk.coordinator.get(f"/needs/{need.ref}"))


@pytest.mark.parametrize("visibility", ["restricted", "sealed"])
def test_help_never_tells_of_premises_what_the_reader_may_not_see(desk: Desk, visibility: str) -> None:
    """Of restricted premises only the kind of change is told, of sealed ones nothing; their names and figures never."""
    coordinator = desk.users["coordinator"]
    named = [coordinator.ref] if visibility == "sealed" else []
    offer = desk.offer(title="Hemliga huset", seats=10, visibility=visibility, coordinators=named)
    need = desk.need(seats=12)
    desk.published()
    answer = desk.lead.get(f"/needs/{need.ref}")
    page = text(answer).split("Why the last round gave no proposal")[1].split("What is needed")[0]
    assert "Hemliga" not in answer.text and offer.ref not in answer.text
    assert not set("0123456789") & set(page.split("was published on")[1].split(".", 1)[1])
    told = "With fewer seats there is room in premises that are shown only in part."
    assert (told in page) == (visibility == "restricted")
    assert "there is room in Hemliga huset" in text(desk.coordinator.get(f"/needs/{need.ref}"))


def test_a_place_set_aside_at_publication_is_told_with_its_reason(desk: Desk) -> None:
    offer, need = desk.offer(), desk.need()
    match_round, run = desk.matched()
    desk.officer.post(f"/offers/{offer.ref}/withdraw")
    desk.coordinator.post(f"/rounds/{match_round.ref}/runs/{run.ref}/publish")
    page = text(desk.lead.get(f"/needs/{need.ref}"))
    assert "A place was found, but it no longer held when the round was published." in page
    assert "The reason: the premises have been withdrawn." in page


def test_a_request_with_a_proposal_is_not_told_of_a_lack(desk: Desk) -> None:
    desk.offer(), desk.need()
    [proposal] = desk.published()
    assert "gave no proposal" not in text(desk.lead.get(f"/needs/{proposal.need.ref}"))
