"""The start page, signing in and out, and the pages about the service."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

from platsverket import rounds, words
from platsverket.app import create_app
from platsverket.config import Config
from platsverket.database import this_day
from tests.conftest import Web
from tests.factories import PASSWORD, Factory
from tests.web.desk import Desk, Visitor, text

TODAY = this_day()
BEARER = {"Authorization": "Bearer x"}


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def visitor(web: Web) -> Visitor:
    fresh = Visitor(web.app, web.make)
    fresh.get("/?lang=en")
    return fresh


def test_anyone_reads_what_this_is_and_when_the_next_round_is(desk: Desk) -> None:
    page = visitor(desk.web).get("/").text
    assert "How a round works" in page and "No round is planned just now." in page
    desk.make.round(desk.users["coordinator"], freezes_on=date(2031, 3, 1), publishes_on=date(2031, 3, 8),
                    answer_by=date(2031, 3, 22))  # fmt: skip
    page = visitor(desk.web).get("/").text
    assert "1 March 2031" in page and "8 March 2031" in page and "22 March 2031" in page


def test_open_figures_leave_out_small_cells_and_sealed_premises(desk: Desk) -> None:
    """A county is shown from five premises on; a sealed one is in no figure, withdrawn ones neither.

    A restricted one counts with the middle of 0 to 9 seats, whichever of them it has.
    """
    for _ in range(4):
        desk.offer(seats=10)
    desk.offer(seats=100, visibility="sealed")
    gone = desk.offer(seats=100)
    desk.officer.post(f"/offers/{gone.ref}/withdraw")
    assert "Jämtlands län" not in visitor(desk.web).get("/").text
    desk.offer(seats=2, visibility="restricted")
    page = visitor(desk.web).get("/").text
    assert "Jämtlands län" in page
    assert "<span>5</span>" in page and "<span>45</span>" in page


@pytest.mark.parametrize("path", ["/about", "/accessibility", "/privacy", "/for-systems", "/sign-in"])
def test_pages_about_the_service_are_for_anyone(web: Web, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 200 and answer.text.count("<h1") == 1
    assert "kontakt@platsverket.example" in answer.text


def test_signing_in_leads_to_the_page_that_was_asked_for(desk: Desk) -> None:
    asked = visitor(desk.web)
    sent = asked.get("/offers?mine=1")
    assert sent.status_code == 303 and sent.location == "/sign-in?next=/offers?mine%3D1"
    assert 'value="/offers?mine=1"' in asked.get(sent.location).text
    who = {"email": desk.users["officer"].email.upper(), "password": PASSWORD, "next": "/offers?mine=1"}
    answer = asked.post("/sign-in", who)
    assert (answer.status_code, answer.location) == (303, "/offers?mine=1")
    assert "Sign out" in asked.get("/").text


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(desk: Desk, target: str) -> None:
    who = {"email": desk.users["officer"].email, "password": PASSWORD, "next": target}
    assert visitor(desk.web).post("/sign-in", who).location == "/"


def test_a_wrong_password_does_not_say_which_was_wrong(desk: Desk) -> None:
    """The same sentence for an unknown address; the address stays typed, the password never does."""
    sentences = set()
    for email in (desk.users["officer"].email, "ingen@myndighet.example"):
        answer = visitor(desk.web).post("/sign-in", {"email": email, "password": "hemligt-fel"})
        assert answer.status_code == 422
        assert email in answer.text and "hemligt-fel" not in answer.text
        sentences.add("The e-mail address or the password is wrong." in answer.text)
    assert sentences == {True}


def test_missing_values_are_named_at_their_fields(web: Web) -> None:
    answer = visitor(web).post("/sign-in", {"email": "", "password": ""})
    assert answer.status_code == 422
    assert 'href="#f-email"' in answer.text and 'href="#f-password"' in answer.text


def test_too_many_attempts_are_slowed_down(desk: Desk) -> None:
    guesser, who = visitor(desk.web), {"email": desk.users["officer"].email, "password": "fel"}
    for _ in range(10):
        assert guesser.post("/sign-in", who).status_code == 422
    answer = guesser.post("/sign-in", {**who, "password": PASSWORD})
    assert answer.status_code == 429 and "Wait 15 minutes" in answer.text


def test_signing_out_ends_the_session_on_the_server(desk: Desk) -> None:
    """A copied cookie is worth nothing after signing out; the language chosen is kept."""
    kept = desk.officer.client.get_cookie("session")
    assert kept and desk.officer.get("/me").status_code == 200
    assert desk.officer.post("/sign-out").status_code == 303
    assert desk.officer.get("/me").status_code == 303
    assert '<html lang="en"' in desk.officer.get("/").text
    thief = Visitor(desk.web.app, desk.make)
    thief.client.set_cookie("session", kept.value)
    assert thief.get("/me").status_code == 303


def test_signing_in_leaves_nothing_of_the_session_before(desk: Desk) -> None:
    """Whoever planted a session in somebody's browser does not share the one that follows."""
    planted = visitor(desk.web)
    with planted.client.session_transaction() as before:
        before["planted"] = "yes"
    planted.post("/sign-in", {"email": desk.users["lead"].email, "password": PASSWORD})
    with planted.client.session_transaction() as after:
        assert "planted" not in after and after["lang"] == "en"


def test_signing_in_needs_the_form_s_token(desk: Desk) -> None:
    who = {"email": desk.users["lead"].email, "password": PASSWORD}
    assert visitor(desk.web).client.post("/sign-in", data=who).status_code == 400


def test_demo_sign_ins_are_shown_in_the_demo_alone(desk: Desk, web_config: Config) -> None:
    assert "handlaggare@<wbr>demo.<wbr>example" in visitor(desk.web).get("/sign-in").text
    app = create_app(replace(web_config, demo=False))
    assert "handlaggare@" not in Web(app, desk.make).get("/sign-in").text
    app.extensions["platsverket"].engine.dispose()


def test_nothing_to_do_says_what_will_come(desk: Desk) -> None:
    page = desk.officer.get("/").text
    assert "Nothing waits for you" in page and 'href="/offers/new"' in page
    assert 'href="/needs/new"' in desk.lead.get("/").text


def test_a_coordinator_is_told_how_many_answers_are_awaited_and_until_when(desk: Desk) -> None:
    """Also when no new round is open; and an empty list of proposals asks no answer of them."""
    assert "with what both sides have answered" in text(desk.coordinator.get("/proposals"))
    assert "and you answer it" in text(desk.lead.get("/proposals"))
    desk.offer(), desk.need(), desk.need()
    desk.published(name="Vårens omgång")
    page = text(desk.coordinator.get("/"))
    last = this_day() + timedelta(days=14)
    assert "Answers that are awaited" in page and f"Vårens omgång 2 {last:%-d %B %Y}" in page
    assert "No round is under way" not in page


def test_an_administrator_is_told_of_accounts(desk: Desk) -> None:
    page = text(desk.reading(desk.make.user(administrator=True)).get("/"))
    assert "You manage accounts and roles." in page and "proposals to answer" not in page


def test_numbers_are_written_alike_also_when_they_are_counted(desk: Desk) -> None:
    with desk.web.app.test_request_context("/?lang=en"):
        assert words.counted("%(num)s premises of %(who)s", "%(num)s premises of %(who)s", 1207, who="<b>") == (
            "1,207 premises of &lt;b&gt;"
        )
    shown = "{{ ngettext('%(num)s proposal', '%(num)s proposals', 1207) }}"
    with desk.web.app.test_request_context("/?lang=sv"):
        assert desk.web.app.jinja_env.from_string(shown).render() == "1\u202f207 förslag"


def test_next_steps_follow_the_roles(desk: Desk) -> None:
    """Each sees what waits for them alone: proposals for both sides, reconfirming for the host, rounds to steer."""
    offer = desk.offer(title="Utgående rum")
    offer.valid_until = TODAY + timedelta(days=3)
    desk.make.session.commit()
    need = desk.need(title="Väntande projekt")
    assert "1 request without a place" in desk.lead.get("/").text
    assert "1 premises to reconfirm" in desk.officer.get("/").text and "Utgående rum" in desk.officer.get("/").text
    match_round, run = desk.matched()
    assert "Read the outcome and publish it." in desk.coordinator.get("/").text
    by = desk.make.identity(desk.users["coordinator"])
    rounds.publish(desk.make.session, by, desk.make.config, match_round.ref, run.ref)
    for side in (desk.lead, desk.officer):
        page = unescape(side.get("/").text)
        assert "1 proposal awaits your answer" in page and need.title in page
    assert "without a place" not in desk.lead.get("/").text
    assert "awaits your answer" not in desk.coordinator.get("/").text


def test_a_stranger_s_things_wait_for_nobody_else(desk: Desk, web: Web) -> None:
    desk.offer().valid_until = TODAY
    desk.need()
    desk.make.session.commit()
    make: Factory = desk.make
    for user in (make.officer(make.agency()), make.lead(make.agency())):
        assert "Nothing waits for you" in desk.reading(user).get("/").text


def test_a_database_that_does_not_answer_is_told_in_a_sentence(web: Web) -> None:
    """Not even who is signed in can be read then: the page that says so must do without."""
    config = web.app.extensions["platsverket"].config
    hasty = create_app(replace(config, database=replace(config.database, lock_wait_seconds=0)))
    user = web.make.officer(web.make.agency())
    web.make.session.rollback()
    reader = Web(hasty, web.make).sign_in(user.email)
    holder = sqlite3.connect(config.database.url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    answers = [
        reader.get("/offers?lang=en"),
        reader.get("/"),
        Web(hasty, web.make).get("/api/v1/offers", headers=BEARER),
    ]
    holder.execute("ROLLBACK")
    holder.close()
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert "Try again in a moment" in answers[0].text and answers[2].json["status"] == 503
    assert "Many are working at the same time" in answers[0].text
    assert reader.get("/offers").status_code == 200
    hasty.extensions["platsverket"].engine.dispose()


def test_a_database_that_is_gone_is_told_as_such(web: Web) -> None:
    """Nobody reads that many are working when there is no database at all."""
    config = web.app.extensions["platsverket"].config
    lone = create_app(config)
    file = Path(config.database.url.removeprefix("sqlite:///"))
    lone.extensions["platsverket"].engine.dispose()
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    client = lone.test_client()
    page, problem = client.get("/?lang=en"), client.get("/api/v1/offers", headers=BEARER)
    file.rmdir()
    file.with_suffix(".away").rename(file)
    assert (page.status_code, problem.status_code) == (503, 503)
    assert "does not reach its database" in page.text and "Many are working" not in page.text
    assert problem.json["type"] == "/api/v1/problems/database-down"
    lone.extensions["platsverket"].engine.dispose()
