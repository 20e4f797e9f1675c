"""Events in the browser: told in sentences, newest first, to those whom they concern."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

import platsverket
from platsverket import event_words, mail_words
from platsverket.access import POLICY
from tests.conftest import Web
from tests.web.desk import Desk

SOURCES = Path(platsverket.__file__).parent


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def test_every_kind_that_is_recorded_has_its_sentence(app: Flask) -> None:
    """No event is ever shown as its bare code, whichever values it was written with."""
    nouns = {kind.split(".")[0] for kind in event_words.EVENTS}
    literal = re.compile(rf'"((?:{"|".join(nouns)})\.[a-z_]+)"')
    services = [one for one in SOURCES.glob("*.py") if one.stem not in ("event_words", "deal_codes", "desk_codes")]
    kinds = {kind for one in services for kind in literal.findall(one.read_text(encoding="utf-8"))} - POLICY.keys()
    kinds -= mail_words.KINDS.keys() - event_words.EVENTS.keys()  # what is only told by mail
    kinds |= {"proposal.accepted", "proposal.declined"}  # put together of their answer
    assert len(kinds) > 30 and "round.run_done" in kinds
    with app.test_request_context("/?lang=en"):
        for kind in kinds:
            assert kind in event_words.EVENTS
            assert "%(" not in event_words.event(kind, {})
    assert event_words.EVENTS.keys() - kinds == set(), "sentences that nothing tells"


def test_events_are_told_newest_first_with_their_things(desk: Desk) -> None:
    offer = desk.offer(title="Rummet vid torget")
    desk.officer.post(f"/offers/{offer.ref}/reconfirm")
    page = unescape(desk.officer.get("/events").text)
    assert page.index("Spare premises were reconfirmed.") < page.index("Spare premises were posted.")
    assert f'<a href="/offers/{offer.ref}">Rummet vid torget</a>' in page


def test_they_are_kept_to_one_kind_or_one_thing(desk: Desk) -> None:
    one, other = desk.offer(title="Ena rummet"), desk.offer(title="Andra rummet")
    page = desk.officer.get("/events?noun=offer").text
    assert "Ena rummet" in page and "Signed in." not in page
    page = desk.officer.get(f"/events?ref={other.ref}").text
    assert "Andra rummet" in page and "Ena rummet" not in page
    assert "Signed in." in desk.officer.get("/events?noun=nonsense").text
    assert desk.officer.get(f"/events?ref={one.ref}&noun=need").text.count("No events") == 1


def test_a_long_list_has_pages(desk: Desk) -> None:
    offer = desk.offer()
    for _ in range(21):
        desk.officer.post(f"/offers/{offer.ref}/reconfirm")
    first = desk.officer.get("/events?noun=offer").text
    assert "22 events" in first and first.count("were reconfirmed") == 20
    last = desk.officer.get("/events?noun=offer&page=2").text
    assert "were posted" in last and last.count("were reconfirmed") == 1


def test_others_things_are_not_told(desk: Desk) -> None:
    """A stranger reads only of themselves; the administrator of accounts, never of premises."""
    desk.offer(title="Kanariefågel")
    desk.need(title="Kanariefågel")
    stranger = desk.reading(desk.make.officer(desk.make.agency()))
    admin = desk.reading(desk.make.user(administrator=True))
    for visitor in (stranger, admin):
        page = visitor.get("/events").text
        assert "Kanarie" not in page and "were posted" not in page
    assert "An account was created." in admin.get("/events").text
    assert "An account was created." not in stranger.get("/events").text
    assert desk.web.get("/events").status_code == 303


def test_a_proposal_is_followed_by_both_sides(desk: Desk) -> None:
    desk.offer(), desk.need()
    [proposal] = desk.published()
    desk.lead.post(f"/proposals/{proposal.ref}/answer", {"answer": "declined", "reason": "too_far"})
    for visitor in (desk.officer, desk.lead, desk.coordinator):
        page = visitor.get("/events?noun=proposal").text
        assert "A proposal was declined by the guest. Reason: It is too far away." in page
        assert f"/proposals/{proposal.ref}" in page


def test_each_thing_is_called_by_its_name(desk: Desk) -> None:
    """Proposals by their request, rounds by their name, accounts by their person, linked where one may go there."""
    desk.offer(), desk.need(title="Projektrum Norr")
    [proposal] = desk.published(name="Vårens omgång")
    page = desk.lead.get("/events").text
    assert f'<a href="/proposals/{proposal.ref}">Projektrum Norr</a>' in page
    page = desk.coordinator.get("/events").text
    match_round = proposal.match_round
    assert f'<a href="/rounds/{match_round.ref}">Vårens omgång</a>' in page and f">{match_round.ref}<" not in page
    assert "Run 1 of a match round was done." in page
    admin = desk.reading(desk.make.user(administrator=True))
    lead = desk.users["lead"]
    assert f'<a href="/accounts/{lead.ref}">{lead.name}</a>' in admin.get("/events").text


def test_a_coordinator_reads_of_a_round_once_and_not_of_each_proposal(desk: Desk) -> None:
    """What a whole round published is one event; the single ones are a filter away, and the parties read their own."""
    desk.offer(), desk.need(), desk.need()
    desk.published()
    page = desk.coordinator.get("/events").text
    assert "2 proposals, 0 set aside" in page and "A proposal was published." not in page
    assert desk.coordinator.get("/events?noun=proposal").text.count("A proposal was published.") == 2
    assert desk.lead.get("/events").text.count("A proposal was published.") == 2


def test_events_cost_no_query_each(desk: Desk) -> None:
    """Twenty events ask the database as often as three."""
    offer = desk.offer()
    desk.officer.get("/events?noun=offer")
    counts = []
    for more in (2, 17):
        for _ in range(more):
            desk.officer.post(f"/offers/{offer.ref}/reconfirm")
        counts.append(desk.queries("/events?noun=offer", desk.officer))
    assert counts[0] == counts[1]
