"""What all forms and lists of the pages have in common."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.conftest import Web
from tests.web.desk import Desk, Visitor, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def somebody(desk: Desk, who: str) -> Visitor:
    if who == "admin":
        return desk.reading(desk.make.user(administrator=True))
    found: Visitor = getattr(desk, who)
    return found


WRONG: dict[str, Any] = {
    "place": "Ekeby", "visibility": "sealed", "seats": "x", "area_m2": "x", "days": "x", "minimum_days": "x",
    "contact_email": "x", "contact_phone": "x", "email": "x", "max_km": "x",
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("officer", "/offers/new"), ("lead", "/needs/new"), ("coordinator", "/rounds/new"), ("officer", "/me/tokens"),
        ("officer", "/me/password"), ("admin", "/accounts/new"), ("web", "/sign-in"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("values", [{}, WRONG])
def test_the_list_of_faults_calls_each_field_what_the_form_calls_it(
    desk: Desk, who: str, path: str, values: dict[str, Any]
) -> None:
    """Whoever reads "Name of the premises" above finds a field of that name below."""
    known = {name for name in values if f'name="{name}"' in somebody(desk, who).get(path).text}
    page = unescape(somebody(desk, who).post(path, {name: values[name] for name in known}).text)
    listed = re.findall(r'<li><a href="#f-([^"]+)">([^<]+)</a>', page)
    assert listed, page
    for name, fault in listed:
        if not name.startswith("spans-"):
            assert fault.startswith(f"{called(page, name)}: "), (fault, called(page, name))


def called(page: str, name: str) -> str:
    """What stands above a field: the legend of a group, else the label."""
    field = re.search(rf'<[^>]* id="f-{name}"[^>]*>', page)
    assert field, name
    if field[0].startswith("<div") or 'type="radio"' in field[0] or 'type="checkbox"' in field[0]:
        return re.findall(r"<legend>([^<]+)", page[: field.start()])[-1].strip()
    label = re.search(rf'<label[^>]* for="f-{name}"[^>]*>([^<]+)', page)
    return label[1].strip() if label else ""


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("officer", "/offers?mine=1"), ("lead", "/needs"), ("coordinator", "/rounds"), ("officer", "/proposals"),
        ("lead", "/agreements"), ("admin", "/accounts"), ("officer", "/events"),
    ],
)  # fmt: skip
def test_a_page_beyond_the_end_of_a_list_leads_to_the_last_one(desk: Desk, who: str, path: str) -> None:
    """A list of one page is not said to be empty because somebody asks for its 9999th."""
    desk.offer(), desk.need()
    desk.published()
    answer = somebody(desk, who).get(f"{path}{'&' if '?' in path else '?'}page=9999&lang=en")
    assert answer.status_code == 303
    last = somebody(desk, who).get(answer.location)
    assert last.status_code == 200 and "page=1" in answer.location
    assert answer.location.startswith(path.split("?")[0])


def test_a_paused_sign_in_is_not_told_to_correct_anything(desk: Desk) -> None:
    """No field is at fault, so the heading asks for no correction."""
    guesser, who = Visitor(desk.web.app, desk.make), {"email": desk.users["officer"].email, "password": "fel"}
    guesser.get("/?lang=en")
    for _ in range(11):
        page = text(guesser.post("/sign-in", who))
    assert "That did not work" in page and "There is a problem" not in page
    assert "There is a problem" in text(guesser.post("/sign-in", {"email": "", "password": ""}))


def test_what_one_may_not_do_is_said_once_and_says_whom_to_ask(desk: Desk) -> None:
    page = text(desk.lead.get("/rounds"))
    assert page.count("You may not do this") == 1
    assert "ask the administrator of the service for the role" in page


def test_the_goals_are_told_in_the_order_that_is_configured(desk: Desk) -> None:
    page = text(desk.lead.get("/about"))
    told = ["As many seats as possible", "Those who have waited longest", "The best fit", "a lottery decides"]
    assert [page.index(words) for words in told] == sorted(page.index(words) for words in told)
    assert "posts first or" not in page
