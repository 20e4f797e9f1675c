"""The same hits on a map as in the list, each mark a link with a name; closed premises only at their municipality."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

import data
from platsverket import outlines
from platsverket.app import create_app
from platsverket.config import MapSettings
from tests.conftest import Web
from tests.web.desk import Desk, text
from tests.web.test_search import links, names, rows_of


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def marks(page: str) -> list[tuple[str, str]]:
    """The name and the address of each mark, in the order of the keyboard."""
    found = re.findall(r'<a class="pin" href="([^"]*)" aria-label="([^"]*)"', page)
    return [(unescape(name), unescape(url)) for url, name in found]


def listed(page: str) -> set[str]:
    part = page.split('<ul class="map-list">')[1].split("</ul>")[0]
    return {unescape(name) for name in re.findall(r"<a href=[^>]*>([^<]*)</a>", part)}


def test_the_map_shows_what_the_list_shows(desk: Desk) -> None:
    """The same search finds the same premises; the switch keeps what was asked for, on the form too."""
    for name, place in (("Ett", "Östersund"), ("Två", "Sundsvall"), ("Tre", "Östersund"), ("Fyra", "Malmö")):
        desk.offer(title=name, place=place)
    desk.offer(title="För liten", place="Östersund", seats=2)
    asked = "/offers?place=Östersund&max_km=200&seats=6"
    page = desk.lead.get(asked).text
    assert set(names(page)) == {"Ett", "Två", "Tre"}
    [to_map] = [link for link in links(page, r"/offers\?") if "view=map" in link]
    on_map = desk.lead.get(to_map).text
    assert listed(on_map) == {"Ett", "Två", "Tre"} and "3 premises on the map" in on_map
    assert "2 premises around Östersund" in dict(marks(on_map))
    assert 'name="view" value="map"' in on_map and 'value="200' in on_map
    back = [link for link in links(on_map, r"/offers\?") if "view=" not in link and "max_km" in link]
    assert any(set(names(desk.lead.get(link).text)) == {"Ett", "Två", "Tre"} for link in back)


def test_marks_lead_closer_until_each_stands_alone(desk: Desk) -> None:
    """From all of Sweden to the two in one town; what shares one point leads to the list beside the map."""
    for name, place in (
        ("Norr", "63.19, 14.64"),
        ("Söder", "63.17, 14.64"),
        ("Malmö 1", "Malmö"),
        ("Malmö 2", "Malmö"),
    ):
        desk.offer(title=name, place=place)
    page = desk.lead.get("/offers?view=map").text
    assert [name for name, _ in marks(page)] == ["2 premises around Östersund", "2 premises around Malmö"]
    closer, same = (url for _, url in marks(page))
    assert same.startswith("#on-map-") and f'id="{same[1:]}"' in page
    near = desk.lead.get(closer).text
    assert [name.split(",")[0] for name, _ in marks(near)] == ["Norr", "Söder"]
    assert "2 more lie outside it." in near
    assert desk.lead.get(marks(near)[0][1]).status_code == 200
    [whole] = [link for link in links(near, r"/offers\?") if "area=all" in link and "view=map" in link][:1]
    assert marks(desk.lead.get(whole).text) == marks(page)


def test_a_county_is_shown_by_itself(desk: Desk) -> None:
    desk.offer(title="Här", place="Östersund")
    desk.offer(title="Där", place="Malmö")
    page = desk.lead.get("/offers?view=map&county=23").text
    assert listed(page) == {"Här"} and len(marks(page)) == 1


def test_closed_premises_stand_at_their_municipality(desk: Desk) -> None:
    """Wherever in the municipality they lie, and whoever looks: by shape too, and without what is hidden."""
    desk.offer(title="Kanariefågel", visibility="restricted", place="63.30, 14.30", seats=24)
    town = data.municipality("2309")
    assert town
    for reader in (desk.lead, desk.coordinator, desk.officer):
        page = reader.get("/offers?view=map&area=63.3,14.4,100").text
        frame = outlines.Frame(outlines.metres(63.3, 14.4), 480 / 100_000, 480, 560)
        x, y = frame.at(town.lat, town.lon)
        [rect] = re.findall(r'<rect x="([0-9.]+)" y="([0-9.]+)" width="30', page.split('class="map-key"')[0])
        assert abs(float(rect[0]) + 15 - x) < 1 and abs(float(rect[1]) + 15 - y) < 1
    assert "Restricted premises in Krokom, 20–29 seats" in dict(marks(desk.lead.get("/offers?view=map").text))
    assert "anarie" not in desk.lead.get("/offers?view=map").text


@pytest.mark.parametrize("area", ["x", "1,2", "0.0,0.0,0", "90.0,180.0,9999", "63.1,14.6,40'\"><script>", "all", ""])
def test_a_strange_area_does_no_harm(desk: Desk, area: str) -> None:
    desk.offer()
    page = desk.lead.get("/offers", query_string={"view": "map", "area": area})
    assert page.status_code == 200 and "<script>" not in page.text.split("<main")[1]


def test_a_national_map_stays_light(desk: Desk) -> None:
    """All the country's outlines and its marks take less than what is allowed for a picture."""
    for number, town in enumerate(data.municipalities()[::8]):
        desk.offer(title=f"Lokal {number}", place=f"{town.lat}, {town.lon}")
    answer = desk.lead.get("/offers?view=map")
    assert len(answer.data) < 100_000
    assert "premises on the map" in text(answer)


def test_the_outcome_of_a_run_has_lines_from_requests_to_their_places(desk: Desk) -> None:
    """Placed requests end in their premises, others are told by shape and word; the file says the same."""
    desk.offer(title="Målet", place="63.40, 14.60")
    desk.make.need(desk.guest, desk.users["lead"], title="Får plats", max_km=50.0)
    desk.make.need(desk.guest, desk.users["lead"], title="Får ingen", place="Malmö", max_km=5.0)
    match_round = desk.make.matched(desk.users["coordinator"])
    url = f"/rounds/{match_round.ref}/runs/{match_round.runs[-1].ref}/map"
    page = desk.coordinator.get(url).text
    assert listed(page) == {"Får plats", "Får ingen"} and "1 of all that are shown is without proposal." in page
    assert "Får ingen, without proposal" in dict(marks(page))
    picture = page.split('class="map-key"')[0]
    assert picture.count('class="map-lines"') == picture.count('class="map-ends"') == 1
    assert picture.split('aria-label="Får ingen')[1].split("</a>")[0].count("<path") == 1
    assert listed(desk.coordinator.get(f"{url}?show=without").text) == {"Får ingen"}
    assert listed(desk.coordinator.get(f"{url}?county=23").text) == {"Får plats"}
    assert "Nothing found" in desk.coordinator.get(f"{url}?county=10").text
    _head, *rows = rows_of(desk.coordinator.get(f"{url}?view=csv"))
    assert [(row[0], row[4]) for row in rows] == [("Får ingen", ""), ("Får plats", "Målet")]
    assert desk.lead.get(url).status_code == 403
    assert url in desk.coordinator.get(url.removesuffix("/map")).text


def test_the_map_of_an_outcome_tells_nothing_of_sealed_premises(desk: Desk) -> None:
    """What is placed in premises sealed from the reader is on no map and in no file; restricted ones stand in town."""
    desk.offer(title="Kanariefågel", visibility="sealed", coordinators=[desk.users["coordinator"].ref])
    desk.make.need(desk.guest, desk.users["lead"], title="Hos kanarien")
    match_round = desk.make.matched(desk.users["coordinator"])
    url = f"/rounds/{match_round.ref}/runs/{match_round.runs[-1].ref}/map"
    assert "Kanariefågel" in desk.coordinator.get(url).text
    other = desk.reading(desk.make.coordinator())
    for path in (url, f"{url}?show=without", f"{url}?view=csv"):
        assert "anarie" not in other.get(path).text


def test_requests_are_shown_on_a_map_as_their_list_lets_one_see(desk: Desk) -> None:
    """A coordinator sees all, a project lead those of their own; the same words, the same file."""
    other = desk.make.agency()
    desk.make.need(desk.guest, desk.users["lead"], title="Gästens rum")
    desk.make.need(other, title="De andras rum", place="Malmö")
    assert listed(desk.coordinator.get("/needs?view=map").text) == {"Gästens rum", "De andras rum"}
    assert listed(desk.lead.get("/needs?view=map").text) == {"Gästens rum"}
    assert listed(desk.coordinator.get("/needs?view=map&text=andras").text) == {"De andras rum"}
    [file] = [link for link in links(desk.coordinator.get("/needs?text=andras").text, r"/needs\?") if "csv" in link]
    assert [row[0] for row in rows_of(desk.coordinator.get(file))] == ["Request", "De andras rum"]


def test_script_gets_the_same_things_for_its_map(desk: Desk) -> None:
    """The same hits by the same names; closed premises at their municipality, without what is hidden."""
    desk.offer(title="Vid torget", seats=8)
    desk.offer(title="Trångt", seats=2)
    desk.offer(title="Kanariefågel", visibility="restricted", place="63.30, 14.30", seats=24)
    town = data.municipality("2309")
    assert town
    points = desk.lead.get("/offers?view=points&seats=6").json["points"]
    assert [(shape, name) for _, _, shape, name, _, _ in points] == [
        ("square", "Restricted premises in Krokom"), ("circle", "Vid torget"),
    ]  # fmt: skip
    assert points[0][:2] == [town.lat, town.lon] and points[1][:2] == [63.1792, 14.6357]
    assert [point[3] for point in desk.lead.get("/offers?view=points&place=Östersund").json["points"]] == [
        "Trångt", "Vid torget",
    ]  # fmt: skip


def test_a_page_without_a_map_loads_nothing_of_it(desk: Desk) -> None:
    desk.offer()
    assert "map.js" in desk.lead.get("/offers?view=map").text
    for path in ("/offers", "/needs", "/offers?view=map&seats=x"):
        page = desk.lead.get(path).text
        assert "map.js" not in page and "map.css" not in page


def test_tiles_come_from_the_one_host_that_is_configured(web: Web) -> None:
    """Without tiles no other host is allowed; with them that one is, for pictures alone, and is told on the map."""
    desk = Desk(web)
    desk.offer()
    plain = desk.lead.get("/offers?view=map")
    assert "img-src 'self' data:;" in plain.headers["Content-Security-Policy"] and "data-tiles" not in plain.text
    tiles = MapSettings("https://tiles.example:8443/{z}/{x}/{y}.png", "Kartmyndigheten")
    app = create_app(replace(web.make.config, map=tiles))
    answer = Web(app, web.make).sign_in(desk.users["lead"].email).get("/offers?view=map")
    app.extensions["platsverket"].engine.dispose()
    assert "img-src 'self' https://tiles.example:8443 data:;" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].count("tiles.example") == 1
    assert 'data-tiles="https://tiles.example:8443/{z}/{x}/{y}.png"' in answer.text
    assert 'data-attribution="Kartmyndigheten"' in answer.text
