"""A session that ends in the middle of a form: what was typed goes with its sender through signing in, no further."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from platsverket import carried
from platsverket.models import Need, Offer
from tests.conftest import Web
from tests.factories import PASSWORD
from tests.web import test_needs, test_offers
from tests.web.desk import Desk, Visitor, text

OURS = {"Origin": "http://localhost"}


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def send(visitor: Visitor, path: str, form: dict[str, Any], **headers: str) -> Any:
    """As a browser sends a form of this site whose token belongs to a session that is over."""
    visitor.make.session.commit()
    return visitor.client.post(path, data={**form, "csrf_token": "old"}, headers={**OURS, **headers})


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page.partition("<main")[2])
    assert found, page
    return unescape(found[1])


def sign_in(visitor: Visitor, desk: Desk, page: str, who: str, password: str = PASSWORD) -> Any:
    """Fill in the page for signing in and send it with what it carries."""
    values = {"next": hidden(page, "next"), "typed": hidden(page, "typed"), "password": password}
    return visitor.post("/sign-in", {"email": desk.users[who].email, **values})


NOUNS = {"offers": ("officer", test_offers.form), "needs": ("lead", test_needs.form)}


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("ended", ["signed out", "session over"])
def test_what_was_typed_is_in_the_form_after_signing_in_again(desk: Desk, noun: str, ended: str) -> None:
    """Signed out in another tab, or too late: the page for signing in carries it, and nothing is posted by itself."""
    who, make_form = NOUNS[noun]
    visitor, whole = getattr(desk, who), make_form(desk.host if noun == "offers" else desk.guest)
    whole |= {"title": "Halva <i>natten</i>", "description": 'Rad 1\nRad "2"', "weekdays": ["sun"], "seats": "tolv"}
    visitor.get("/sign-in")
    if ended == "signed out":
        visitor.post("/sign-out")
    asked = _posted(visitor, ended, f"/{noun}/new", whole)
    assert asked.status_code == 401 and "What you typed is still here" in text(asked)
    wrong = sign_in(visitor, desk, asked.text, who, "fel lösenord")
    assert wrong.status_code == 422
    shown = sign_in(visitor, desk, wrong.text, who)
    assert "Nothing has been saved yet" in text(shown) and f'action="/{noun}/new"' in shown.text
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown.text.rpartition("<form")[2])
    sent: dict[str, Any] = {}
    for name, value in fields:
        sent.setdefault(unescape(name), []).append(unescape(value))
    sent.pop("csrf_token")
    form = visitor.post(f"/{noun}/new", sent)
    assert form.status_code == 200 and "Nothing is saved yet." in text(form)
    assert 'value="Halva &lt;i&gt;natten&lt;/i&gt;"' in form.text and "Rad &#34;2&#34;</textarea>" in form.text
    assert 'value="tolv"' in form.text
    assert re.findall(r'name="weekdays" value="(\w+)" checked', form.text) == ["sun"]
    desk.fresh()
    assert desk.make.session.query(Offer).count() == desk.make.session.query(Need).count() == 0


def _posted(visitor: Visitor, ended: str, path: str, form: dict[str, Any]) -> Any:
    if ended == "signed out":
        return send(visitor, path, form)
    with visitor.client.session_transaction() as session:  # the token of the form still holds; who one was is gone
        session.pop("_user_id")
    token = visitor._token()
    visitor.make.session.commit()
    return visitor.client.post(path, data={**form, "csrf_token": token}, headers=OURS)


def test_signed_in_anew_in_another_tab_the_form_comes_back_with_a_new_token(desk: Desk) -> None:
    """Nothing is posted with the old one, whoever is signed in by now; what was typed can be sent at once."""
    form = test_offers.form(desk.host, title="Från i morse")
    answer = send(desk.officer, "/offers/new", form)
    assert answer.status_code == 400 and "The form was open too long" in text(answer)
    assert 'value="Från i morse"' in answer.text and 'name="csrf_token"' in answer.text
    desk.fresh()
    assert desk.make.session.query(Offer).count() == 0


def test_an_old_form_of_somebody_elses_is_refused_as_any_page_is(desk: Desk) -> None:
    """Signed in by now is a project lead: what they may not post they do not get to see either."""
    answer = send(desk.lead, "/offers/new", test_offers.form(desk.host, title="Från i morse"))
    assert answer.status_code == 403 and "Från i morse" not in answer.text
    assert send(desk.officer, "/offers/2222222222/edit", {"title": "x"}).status_code == 404


def test_another_person_who_signs_in_posts_nothing_in_the_first_ones_name(desk: Desk) -> None:
    """A project lead signs in where an officer was: the form is refused to them, and nothing is stored."""
    desk.officer.post("/sign-out")
    asked = send(desk.officer, "/offers/new", test_offers.form(desk.host))
    shown = sign_in(desk.officer, desk, asked.text, "lead")
    assert desk.users["lead"].name in text(shown) and desk.users["officer"].name not in text(shown)
    assert desk.officer.post("/offers/new", {"keep": "again", "title": "x"}).status_code == 403
    desk.fresh()
    assert desk.make.session.query(Offer).count() == 0


@pytest.mark.parametrize("path", ["/rounds/new", "/me/tokens", "/me/searches/new", "/me/substitute"])
def test_every_form_with_a_page_of_its_own_is_carried(desk: Desk, path: str) -> None:
    who = "coordinator"
    visitor = getattr(desk, who)
    visitor.post("/sign-out")
    asked = send(visitor, path, {"name": "Halvskrivet namn"})
    shown = sign_in(visitor, desk, asked.text, who)
    assert shown.status_code == 200 and f'action="{path}"' in shown.text and 'value="Halvskrivet namn"' in shown.text
    assert visitor.post(path, {"keep": "again", "name": "Halvskrivet namn"}).status_code == 200


def test_a_message_is_carried_to_the_page_that_it_was_written_on(desk: Desk) -> None:
    """A form that stands on another page than it is sent to is shown there."""
    desk.offer(), desk.need()
    [proposal] = desk.published()
    page = f"/proposals/{proposal.ref}"
    desk.officer.post("/sign-out")
    asked = send(desk.officer, f"{page}/messages", {"text": "Finns det en hiss?"}, Referer=f"http://localhost{page}")
    shown = sign_in(desk.officer, desk, asked.text, "officer")
    assert f'action="{page}"' in shown.text
    back = desk.officer.post(page, {"keep": "again", "text": "Finns det en hiss?"})
    assert back.status_code == 200 and "Finns det en hiss?</textarea>" in back.text
    assert "too late" not in back.text


def test_passwords_are_never_carried(desk: Desk) -> None:
    """Neither from the form that changes one nor from a page for signing in that has grown old."""
    desk.officer.post("/sign-out")
    secret = {"current": "hemligt-nu-123", "new": "hemligt-sen-123", "password": "hemligt-alltid"}
    assert "hemligt" not in send(desk.officer, "/me/password", secret).text
    assert "hemligt" not in send(desk.officer, "/me/tokens", {**secret, "name": "x"}).text
    page = send(desk.officer, "/sign-in", {"email": "x@y.se", "password": "hemligt-alltid"})
    assert page.status_code == 400 and "hemligt" not in page.text


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "http://localhost.evil.example"])
def test_what_another_site_sends_is_not_carried(desk: Desk, origin: str | None) -> None:
    stranger = Visitor(desk.web.app, desk.make)
    headers = {"Origin": origin} if origin else {}
    answer = stranger.client.post("/offers/new", data={"title": "Lockbete"}, headers=headers)
    assert "Lockbete" not in answer.text and answer.status_code in (303, 400)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example/offers/new", "/nowhere", "/sign-out", "/\\evil"]
)
def test_the_way_back_leads_to_a_page_of_this_site_alone(desk: Desk, path: str) -> None:
    visitor = Visitor(desk.web.app, desk.make)
    typed = json.dumps({"title": "x"})
    values = {"email": desk.users["officer"].email, "password": PASSWORD, "next": path, "typed": typed}
    answer = visitor.post("/sign-in", values)
    assert answer.status_code == 303 and answer.location.startswith("/") and "evil" not in answer.location


@pytest.mark.parametrize(
    "typed", ["{", "[]", '{"a": 1}', '{"a": {"b": "c"}}', '{"a": "' + "x" * carried.LONGEST + '"}']
)
def test_what_was_not_carried_by_us_is_left_aside(desk: Desk, typed: str) -> None:
    visitor = Visitor(desk.web.app, desk.make)
    who = {"email": desk.users["officer"].email, "password": PASSWORD}
    assert visitor.post("/sign-in", {**who, "next": "/offers/new", "typed": typed}).status_code == 303


def test_more_than_a_form_holds_is_not_carried(desk: Desk) -> None:
    desk.officer.post("/sign-out")
    answer = send(desk.officer, "/offers/new", {"description": "x" * carried.LONGEST})
    assert answer.status_code == 400 and "Nothing was saved" in answer.text


@pytest.mark.parametrize("token", ["old", "held"])
def test_what_a_page_asks_by_itself_begins_no_session_beside_the_one_for_signing_in(desk: Desk, token: str) -> None:
    """A count that is late would take away the token of the page on which its reader signs in."""
    form = {**test_needs.form(desk.guest), "keep": "count"}
    desk.lead.get("/sign-in")
    desk.lead.post("/sign-out")
    desk.make.session.commit()
    given = form if token == "held" else {**form, "csrf_token": "old"}
    if token == "held":
        given["csrf_token"] = desk.lead._token()
    asked = desk.lead.client.post("/needs/new", data=given, headers={**OURS, "HX-Request": "true"})
    assert asked.status_code == 401 and not asked.data and "Set-Cookie" not in asked.headers
