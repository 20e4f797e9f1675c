"""A calendar program reads one's stays, deadlines and rounds at a secret address, and nothing that one may not see."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import icalendar
import pytest
from dateutil.rrule import rrulestr

from platsverket import accounts, calendars, proposals
from platsverket.database import now
from platsverket.models import Proposal, used_days
from tests.conftest import Web
from tests.web.desk import Desk

YES = {"answer": "accepted", "reason": None, "side": None}


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def _address(answer: Any) -> str:
    found = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert answer.status_code == 200 and found, answer.text
    return unescape(found[1]).removeprefix("http://127.0.0.1:8000")


def _read(desk: Desk, address: str) -> icalendar.Calendar:
    """As a stranger's calendar program reads it: parsed without a complaint."""
    desk.make.session.commit()
    answer = desk.web.app.test_client().get(address)
    assert answer.status_code == 200 and answer.content_type == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n")) and answer.data.endswith(b"\r\n")
    read = icalendar.Calendar.from_ical(answer.data)
    assert isinstance(read, icalendar.Calendar) and not read.errors
    assert all(not event.errors for event in read.walk("VEVENT"))
    return read


def _events(desk: Desk, address: str) -> dict[str, icalendar.Event]:
    read = _read(desk, address).walk("VEVENT")
    found = {str(event["UID"]): event for event in read}
    assert len(found) == len(read)
    return found


def _days(event: icalendar.Event) -> list[date]:
    """The days that a calendar shows an event on."""
    first, end = event["DTSTART"].dt, event["DTEND"].dt
    assert type(first) is date and type(end) is date
    length = [first + timedelta(days=i) for i in range((end - first).days)]
    if "RRULE" not in event:
        return length
    assert len(length) == 1
    rule = event["RRULE"].to_ical().decode()
    until = event["RRULE"]["UNTIL"][0]
    assert type(until) is date  # as the start is a date, so is the end of its repetition (RFC 5545, 3.3.10)
    return [moment.date() for moment in rrulestr(f"DTSTART:{first:%Y%m%d}\nRRULE:{rule}")]


def _agreed(desk: Desk) -> Any:
    [proposal] = desk.published()
    for who in ("officer", "lead"):
        proposals.answer(desk.make.session, desk.make.identity(desk.users[who]), proposal.ref, YES)
    desk.fresh()
    return proposals.read(desk.make.session, desk.make.identity(desk.users["lead"]), proposal.ref)


@pytest.mark.parametrize(
    "weekdays", [["tue", "wed"], ["mon"], ["mon", "tue", "wed", "thu", "fri"]], ids=["two", "one", "workdays"]
)
def test_a_stay_is_shown_on_exactly_the_days_it_uses(desk: Desk, weekdays: list[str]) -> None:
    """Whole days with an end that is not one of them, again each week, and none after the last."""
    desk.offer()
    desk.need(weekdays=weekdays)
    agreed = _agreed(desk)
    event = _events(desk, _address(desk.lead.post("/me/calendars")))[f"stay-{agreed.ref}@127.0.0.1"]
    assert _days(event) == used_days(agreed.start, agreed.until, agreed.weekdays)
    assert event["STATUS"] == "CONFIRMED" and "Kontor i Östersund" in event["SUMMARY"]
    assert "Storgatan 1" in event["LOCATION"] and agreed.agreement.number in event["DESCRIPTION"]


def test_a_stay_on_every_day_is_one_long_event(desk: Desk) -> None:
    desk.offer(weekdays=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
    desk.need(weekdays=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], days=10)
    agreed = _agreed(desk)
    event = _events(desk, _address(desk.lead.post("/me/calendars")))[f"stay-{agreed.ref}@127.0.0.1"]
    assert "RRULE" not in event and _days(event) == [agreed.start + timedelta(days=i) for i in range(10)]


def test_a_proposal_is_tentative_and_its_last_day_to_answer_stands_until_one_has_answered(desk: Desk) -> None:
    """The same thing keeps its UID from proposal to agreement, and two readings are the same."""
    desk.offer()
    desk.need()
    [proposal] = desk.published()
    address = _address(desk.lead.post("/me/calendars"))
    stay, answer = f"stay-{proposal.ref}@127.0.0.1", f"answer-{proposal.ref}@127.0.0.1"
    first = _events(desk, address)
    assert first[stay]["STATUS"] == "TENTATIVE" and _days(first[answer]) == [desk.make.today + timedelta(days=14)]
    assert first == _events(desk, address)
    proposals.answer(desk.make.session, desk.make.identity(desk.users["lead"]), proposal.ref, YES)
    assert answer not in _events(desk, address)
    proposals.answer(desk.make.session, desk.make.identity(desk.users["officer"]), proposal.ref, YES)
    assert _events(desk, address)[stay]["STATUS"] == "CONFIRMED"


def test_what_came_to_nothing_leaves_the_calendar_and_takes_no_room_in_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Declined and expired proposals are not shown, however many; what stands is."""
    monkeypatch.setattr(calendars, "MOST_PROPOSALS", 1)
    desk.offer(seats=20)
    for _ in range(3):
        desk.need()
    declined, late, standing = sorted(desk.published(), key=lambda one: one.id)
    no = {"answer": "declined", "reason": "too_far", "side": None}
    proposals.answer(desk.make.session, desk.make.identity(desk.users["lead"]), declined.ref, no)
    stored = desk.make.session.get_one(Proposal, late.id, populate_existing=True)
    stored.answer_by = now() - timedelta(minutes=1)
    found = _events(desk, _address(desk.lead.post("/me/calendars")))
    assert [uid for uid in found if uid.startswith("stay-")] == [f"stay-{standing.ref}@127.0.0.1"]


def test_the_dates_of_rounds_are_in_ones_own_calendar(desk: Desk) -> None:
    match_round = desk.make.round(desk.users["coordinator"], name="Våren")
    found = _events(desk, _address(desk.lead.post("/me/calendars")))
    dates = {name: _days(found[f"round-{match_round.ref}-{name}@127.0.0.1"]) for name in ("freezes", "answers")}
    assert dates == {"freezes": [match_round.freezes_on], "answers": [match_round.answer_by]}


def test_premises_have_a_calendar_of_their_own(desk: Desk) -> None:
    """It shows who comes to these premises and to no others; only their own officers can make one."""
    here, elsewhere = desk.offer(title="Här"), desk.offer(title="Där")
    desk.need(seats=8), desk.need(seats=8)
    found = {one.offer.ref: one for one in desk.published()}
    address = _address(desk.officer.post("/me/calendars", {"offer": here.ref}))
    read = _events(desk, address)
    assert f"stay-{found[here.ref].ref}@127.0.0.1" in read
    assert f"stay-{found[elsewhere.ref].ref}@127.0.0.1" not in read
    assert "Gästmyndigheten" in read[f"stay-{found[here.ref].ref}@127.0.0.1"]["SUMMARY"]
    assert desk.lead.post("/me/calendars", {"offer": here.ref}).status_code in (403, 404)
    assert desk.officer.post("/me/calendars", {"offer": "2222222222"}).status_code == 404


def test_restricted_premises_are_named_only_when_both_have_accepted(desk: Desk) -> None:
    desk.offer(visibility="restricted", title="Hemliga huset", address="Dolda gatan 7")
    desk.need()
    [proposal] = desk.published()
    address = _address(desk.lead.post("/me/calendars"))
    stay = f"stay-{proposal.ref}@127.0.0.1"
    before = str(_events(desk, address)[stay].to_ical())
    assert "Hemliga" not in before and "Dolda" not in before and "LOCATION" not in before
    for who in ("officer", "lead"):
        proposals.answer(desk.make.session, desk.make.identity(desk.users[who]), proposal.ref, YES)
    after = _events(desk, address)[stay]
    assert "Hemliga huset" in after["SUMMARY"] and "Dolda gatan 7" in after["LOCATION"]


def test_a_revoked_or_unknown_address_leads_nowhere(desk: Desk) -> None:
    """So does one of premises that are no longer the person's, and one of a closed account."""
    offer = desk.offer()
    mine, theirs = (_address(desk.officer.post("/me/calendars", form)) for form in ({}, {"offer": offer.ref}))
    [ref, _] = re.findall(r"/me/calendars/([a-z0-9]+)/revoke", desk.officer.get("/me/calendars").text)
    assert desk.lead.post(f"/me/calendars/{ref}/revoke").status_code == 404
    assert _read(desk, mine)
    assert desk.officer.post(f"/me/calendars/{ref}/revoke").status_code == 303
    client, administrator = desk.web.app.test_client(), desk.make.identity(desk.make.user(administrator=True))
    desk.make.session.commit()
    assert client.get(mine).status_code == client.get("/calendar/nothing.ics").status_code == 404
    other = _address(desk.officer.post("/me/calendars"))
    officer = desk.users["officer"]
    values = {"email": officer.email, "name": officer.name, "language": "sv", "is_administrator": False, "roles": []}
    assert _read(desk, theirs)
    accounts.change(desk.make.session, administrator, officer.ref, values)
    assert client.get(theirs).status_code == 404 and client.get(other).status_code == 200
    accounts.deactivate(desk.make.session, administrator, officer.ref)
    assert client.get(other).status_code == 404


def test_a_coordinators_calendar_holds_nobody_elses_stays(desk: Desk) -> None:
    """Who steers rounds reads all proposals on their pages; their calendar shows the rounds."""
    desk.offer()
    desk.need()
    desk.published()
    found = _events(desk, _address(desk.coordinator.post("/me/calendars")))
    assert found and all(uid.startswith("round-") for uid in found)


def test_a_calendar_speaks_its_readers_language(desk: Desk) -> None:
    """Also where whoever fetches it says nothing of a language, as calendar programs do."""
    match_round = desk.make.round(desk.users["coordinator"], name="Våren")
    address, answers = _address(desk.lead.post("/me/calendars")), f"round-{match_round.ref}-answers@127.0.0.1"
    by = desk.make.identity(desk.users["lead"])
    for language, said in (("en", "Våren: last day to answer"), ("sv", "Våren: sista dagen att svara")):
        accounts.set_language(desk.make.session, by, language)
        assert _events(desk, address)[answers]["SUMMARY"] == said


def test_hostile_titles_add_nothing_to_a_calendar(desk: Desk) -> None:
    """Line breaks, commas and semicolons of a text stay in it."""
    desk.offer()
    title = "Rum; A,B\\n END:VEVENT"
    desk.need(title=title)
    [proposal] = desk.published()
    found = _events(desk, _address(desk.officer.post("/me/calendars")))
    assert title in found[f"answer-{proposal.ref}@127.0.0.1"]["SUMMARY"]


def test_the_secret_is_stored_only_as_a_hash_and_making_is_on_record(desk: Desk) -> None:
    secret = _address(desk.lead.post("/me/calendars")).removeprefix("/calendar/").removesuffix(".ics")
    [feed] = calendars.own(desk.make.session, desk.make.identity(desk.users["lead"]))
    assert feed.token_hash == accounts.digest(secret) and secret not in desk.lead.get("/me/calendars").text
    assert "The address of a calendar was made." in desk.lead.get("/events").text
