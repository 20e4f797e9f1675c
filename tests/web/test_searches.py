"""A search is saved from a page, listed with what it asks for, and removed."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from platsverket.models import SavedSearch
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def _form(desk: Desk, **values: Any) -> dict[str, Any]:
    first, last = (desk.make.today + timedelta(days=days) for days in (7, 30))
    return {
        "name": "Möten i Umeå", "agency": desk.guest.ref, "place": "Umeå", "max_km": "12,5", "seats": "6",
        "earliest_start": first.isoformat(), "latest_start": last.isoformat(), "days": "28",
        "weekdays": ["tue", "wed"], "must": ["lift"], **values,
    }  # fmt: skip


def test_a_search_is_saved_listed_and_removed(desk: Desk) -> None:
    page = desk.lead.get("/me/searches")
    assert "You have saved no search" in text(page)
    assert re.search(r'<a href="/me"[^>]*aria-current="\w+"[^>]*>\s*My account', page.text)
    answer = desk.lead.post("/me/searches/new", _form(desk))
    assert answer.status_code == 303
    page = desk.lead.get("/me/searches")
    said = text(page)
    for part in ("Möten i Umeå", "Umeå", "at most 12.5 km away", "28 days", "Tue, Wed", "Lift"):
        assert part in said
    [ref] = re.findall(r"/me/searches/([a-z0-9]+)/remove", page.text)
    assert desk.officer.post(f"/me/searches/{ref}/remove").status_code == 404
    assert desk.lead.post(f"/me/searches/{ref}/remove").status_code == 303
    assert "You have saved no search" in text(desk.lead.get("/me/searches"))
    assert "The search Möten i Umeå was saved." in desk.lead.get("/events").text


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"place": "Ingenstans i världen"}, "place"),
        ({"max_km": "långt"}, "max_km"),
        ({"seats": "0"}, "seats"),
        ({"weekdays": []}, "weekdays"),
        ({"latest_start": "2020-01-01"}, "latest_start"),
        ({"agency": "2222222222"}, "agency"),
        ({"must": ["no_such_feature"]}, "must"),
    ],
)
def test_a_fault_shows_the_form_again_with_what_was_typed(desk: Desk, values: dict[str, Any], field: str) -> None:
    answer = desk.lead.post("/me/searches/new", _form(desk, **values))
    assert answer.status_code == 422 and f'href="#f-{field}"' in answer.text
    assert field == "name" or 'value="Möten i Umeå"' in answer.text
    assert "You have saved no search" in text(desk.lead.get("/me/searches"))


def test_the_list_of_premises_leads_to_a_search_of_what_was_asked_for(desk: Desk) -> None:
    """When nothing is found, the same seats, weekdays, features and first day stand in the form."""
    page = desk.lead.get(
        "/offers?seats=40&weekdays=mon&must=lift&earliest_start=2027-03-01&place=Umeå&max_km=15&days=30"
    ).text
    [link] = re.findall(r'href="(/me/searches/new[^"]*)"', page)
    form = desk.lead.get(link.replace("&amp;", "&")).text
    for typed in ("40", "2027-03-01", "Umeå", "15", "30"):
        assert f'value="{typed}"' in form
    assert re.search(r'value="mon"\s+checked', form) and re.search(r'value="lift"\s+checked', form)


def test_a_saved_search_is_run_again_from_the_list(desk: Desk) -> None:
    """The link asks for all that was saved, and finds what is there now; one that is over has none."""
    desk.offer(title="I stan", place="Umeå", seats=6, area_m2=100, features={"lift": "yes"})
    desk.offer(title="Trång", place="Umeå", seats=6, features={"lift": "yes"})
    desk.offer(title="Utan hiss", place="Umeå", seats=6, area_m2=100)
    desk.lead.post("/me/searches/new", _form(desk, area_m2="90"))
    page = desk.lead.get("/me/searches").text
    [link] = [unescape(url) for url in re.findall(r'href="(/offers\?[^"]*)"', page)]
    found = desk.lead.get(link).text
    assert "I stan" in found and "Trång" not in found and "Utan hiss" not in found
    for typed in ("Umeå", "12.5", "6", "90", "28"):
        assert f'value="{typed}"' in found
    [saved] = desk.make.session.query(SavedSearch).all()
    saved.earliest_start = saved.latest_start = desk.make.today - timedelta(days=1)
    desk.make.session.commit()
    assert "/offers?" not in desk.lead.get("/me/searches").text
