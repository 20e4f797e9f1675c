"""The place of a form: suggested while one types, searched for by a button, or pointed at on a map."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from platsverket import place_map
from platsverket.models import Offer
from tests.conftest import Web
from tests.web import test_needs, test_offers
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def press(desk: Desk, noun: str = "offers", **values: Any) -> Any:
    """What the form shows after one of the buttons at the place has been pressed."""
    visitor = desk.officer if noun == "offers" else desk.lead
    whole = test_offers.form(desk.host) if noun == "offers" else test_needs.form(desk.guest)
    answer = visitor.post(f"/{noun}/new", {**whole, "title": "Halvskrivet", **values})
    assert answer.status_code == 200 and 'value="Halvskrivet"' in answer.text
    return answer


def place(page: str) -> str:
    found = re.search(r'id="f-place" name="place" type="text"\s+value="([^"]*)"', page)
    assert found, page
    return found[1]


def view(page: str) -> str:
    found = re.search(r'name="map_view" value="(\w*)"', page)
    assert found
    return found[1]


def at(shown: str, lat: float, lon: float) -> dict[str, str]:
    """Pointing at this place in what the map shows."""
    x, y = place_map.frame(shown).at(lat, lon)
    return {"map_view": shown, "keep-map.x": str(round(x)), "keep-map.y": str(round(y))}


def test_half_a_name_is_suggested_with_its_kind(desk: Desk) -> None:
    found = desk.lead.get("/places/suggest?text=öster").json
    assert {"label": "Östersund", "kind": "locality"} in found["places"] or any(
        one["label"].startswith("Östersund") for one in found["places"]
    )
    assert found["said"] == f"{len(found['places'])} suggestions" and len(found["places"]) <= 8
    assert desk.lead.get("/places/suggest?text=qqqq").json == {"said": "No suggestion", "places": []}
    assert desk.lead.get("/places/suggest").json["places"] == []


def test_strangers_are_suggested_nothing(desk: Desk) -> None:
    for path in ("/places/suggest?text=ume", "/places/map.svg"):
        assert desk.web.get(path).status_code == 303


@pytest.mark.parametrize("noun", ["offers", "needs"])
def test_a_button_searches_without_script(desk: Desk, noun: str) -> None:
    """One place is taken, several are shown to choose among, none is told at the field; nothing else is lost."""
    page = press(desk, noun, place="Umeå", keep="place")
    assert place(page.text) == "Umeå" and "That is in Umeå, Umeå." in text(page)
    several = press(desk, noun, place="Ekeby", keep="place")
    assert 'name="place_choice" value="Ekeby (Bjuv)"' in several.text
    half = press(desk, noun, place="Krokom", keep="place")
    assert "Krokom" in place(half.text)
    nowhere = press(desk, noun, place="Ingenstans alls", keep="place")
    assert 'href="#f-place"' in nowhere.text and "We do not find this place." in text(nowhere)
    assert 'href="#f-place"' in press(desk, noun, place="", keep="place").text


@pytest.mark.parametrize("noun", ["offers", "needs"])
def test_pointing_leads_from_the_country_to_the_point(desk: Desk, noun: str) -> None:
    """County, municipality, pin: without script, with everything else typed kept, and said in words."""
    lund = (55.705, 13.19)
    first = press(desk, noun, place="", **at("", *lund))
    assert view(first.text) == "12" and place(first.text) == "" and "This is Skåne" in text(first)
    second = press(desk, noun, place="", **at("12", *lund))
    assert view(second.text) == "1281" and "the municipality of Lund" in text(second)
    third = press(desk, noun, place="", **at("1281", *lund))
    lat, lon = re.findall(r"(\d+\.\d+)", place(third.text))[:2]
    assert abs(float(lat) - lund[0]) < 0.01 and abs(float(lon) - lund[1]) < 0.01
    said = text(third)
    assert "The pin has been set." in said and "the point that was given" in said and "Lund, Lund." in said
    assert f"pin={float(lat):.5f}" in third.text


def test_the_pin_that_was_pointed_at_is_what_is_posted(desk: Desk) -> None:
    pinned = place(press(desk, place="", **at("2380", 63.18, 14.64)).text)
    assert desk.officer.post("/offers/new", test_offers.form(desk.host, place=pinned)).status_code == 303
    desk.fresh()
    [offer] = desk.make.session.query(Offer).all()
    assert (offer.precision, offer.municipality_code) == ("pin", "2380")
    assert abs(offer.lat - 63.18) < 0.01


def test_pointing_beside_the_land_changes_nothing(desk: Desk) -> None:
    page = press(desk, place="Umeå", map_view="", **{"keep-map.x": "2", "keep-map.y": "2"})
    assert place(page.text) == "Umeå" and "You clicked outside the land." in text(page)


def test_the_map_is_made_larger_again(desk: Desk) -> None:
    assert view(press(desk, place="", map_view="1281", keep="map-out").text) == "12"
    assert view(press(desk, place="", map_view="12", keep="map-out").text) == ""


@pytest.mark.parametrize(
    "strange",
    [
        {"map_view": "99", "keep-map.x": "10", "keep-map.y": "10"},
        {"map_view": "../x", "keep-map.x": "²", "keep-map.y": "10"},
        {"map_view": "2380", "keep-map.x": "99999999999", "keep-map.y": "-1"},
        {"map_view": "2380", "keep-map.x": "10"},
    ],
)
def test_a_strange_click_is_answered_calmly(desk: Desk, strange: dict[str, str]) -> None:
    assert place(press(desk, place="Umeå", **strange).text) == "Umeå"


@pytest.mark.parametrize("shown", ["", "23", "2380", "0180"])
def test_the_map_is_a_picture_with_its_pin(desk: Desk, shown: str) -> None:
    """It can be read as SVG, holds no script, and the pin stands only where its point is in the picture."""
    answer = desk.officer.get(f"/places/map.svg?view={shown}&pin=63.17920,14.63570")
    assert answer.mimetype == "image/svg+xml"
    drawn = ElementTree.fromstring(answer.text)
    pins = [one for one in drawn if one.get("fill") == "#b3261e"]
    assert len(pins) == (0 if shown == "0180" else 1) and "script" not in answer.text
    assert desk.officer.get("/places/map.svg?view=99").status_code == 404
    assert desk.officer.get("/places/map.svg?pin=<script>").status_code == 200


def test_a_form_begins_where_its_place_is(desk: Desk) -> None:
    offer = desk.offer(place="Umeå")
    assert view(desk.officer.get(f"/offers/{offer.ref}/edit").text) == "2480"
    assert view(desk.officer.get("/offers/new").text) == ""
