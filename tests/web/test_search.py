"""Looking for premises: by what a request would ask, with what each part costs, and a way on from every answer."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def links(page: str, path: str) -> list[str]:
    found = [unescape(link) for link in re.findall(rf'href="({path}[^"]*)"', page)]
    return [link for link in found if "lang=" not in link]


def names(page: str) -> list[str]:
    """The premises of a list, in its order."""
    return [unescape(name) for name in re.findall(r'<th scope="row"[^>]*><a href="[^"]*">([^<]*)</a>', page)]


def test_room_is_found_near_a_place_from_a_day(desk: Desk) -> None:
    """A project lead in a hurry: where is there room near Östersund for six from the first of next month?"""
    desk.offer(title="Vid torget", seats=6)
    desk.offer(title="Vid sjön", seats=8, place="63.20, 14.60")
    desk.offer(title="Trångt", seats=5)
    desk.offer(title="Vid kusten", seats=20, place="Sundsvall")
    first = desk.make.today + timedelta(days=40)
    answer = desk.lead.get(f"/offers?place=Östersund&max_km=50&seats=6&earliest_start={first}").text
    assert names(answer) == ["Vid torget", "Vid sjön"]
    said = text(desk.lead.get(f"/offers?place=Östersund&max_km=50&seats=6&earliest_start={first}"))
    assert "2 premises" in said and "the nearest first" in said and "km" in said
    assert "1 more premises without the largest distance" in said
    assert "1 more premises without the number of seats" in said


def test_the_list_can_be_put_in_other_orders(desk: Desk) -> None:
    desk.offer(title="Långt bort", seats=6, place="63.30, 14.60")
    desk.offer(title="För stort", seats=60)
    asked = "/offers?place=63.1792, 14.6357&max_km=50&seats=6"
    assert names(desk.lead.get(asked).text) == ["För stort", "Långt bort"]
    assert names(desk.lead.get(f"{asked}&sort=fit").text) == ["Långt bort", "För stort"]
    assert names(desk.lead.get(f"{asked}&sort=newest").text) == ["För stort", "Långt bort"]
    assert names(desk.lead.get("/offers?sort=distance").text) == ["För stort", "Långt bort"]
    assert names(desk.lead.get(f"{asked}&sort=cheapest").text) == ["För stort", "Långt bort"]


def test_a_search_without_hits_leads_on(desk: Desk) -> None:
    """It says what each part shuts out, and following that link shows as many as was said."""
    for number in range(3):
        desk.offer(title=f"Rum {number}", seats=4)
    page = desk.lead.get("/offers?seats=40&must=step_free&days=28&place=Östersund&max_km=20").text
    assert "No premises found" in page and "3 more premises without the number of seats" in unescape(page)
    [without] = [link for link in links(page, r"/offers\?") if "seats" not in link and "view" not in link]
    assert len(names(desk.lead.get(without).text)) == 3
    page = desk.lead.get("/offers?seats=40&must=lift").text
    assert "giving up one part would not help" in unescape(page)


def test_each_part_can_be_left_out(desk: Desk) -> None:
    """Dates go together, a feature goes alone, and the organisation's admission is one part too."""
    other = desk.make.agency()
    desk.offer(title="Passar", features={"lift": "yes", "screen": "yes"})
    desk.offer(title="Utan hiss", features={"screen": "yes"})
    desk.offer(title="Snart slut", features={"lift": "yes", "screen": "yes"},
               spans=[(desk.make.today, desk.make.today + timedelta(days=10))])  # fmt: skip
    desk.offer(title="Inte för alla", features={"lift": "yes", "screen": "yes"}, only_agencies=[other.ref])
    asked = "/offers?must=lift&must=screen&days=28"
    page = desk.lead.get(asked).text
    assert names(page) == ["Passar"]
    fewer = [link for link in links(page, r"/offers\?") if "view=" not in link]
    found = {tuple(names(desk.lead.get(link).text)) for link in fewer} - {("Passar",)}
    assert found == {("Utan hiss", "Passar"), ("Snart slut", "Passar"), ("Inte för alla", "Passar")}


def test_a_place_of_several_is_chosen(desk: Desk) -> None:
    """A name that several places have asks back; what is chosen stands in the field and in every link."""
    page = desk.lead.get("/offers?place=Ekeby&max_km=20")
    assert page.status_code == 422 and 'value="Ekeby (Bjuv)"' in page.text
    chosen = desk.lead.get("/offers?place=Ekeby&place_asked=Ekeby&place_choice=Ekeby (Bjuv)&max_km=20")
    assert chosen.status_code == 200 and 'name="place" type="text"\n    value="Ekeby (Bjuv)"' in chosen.text


def test_a_search_becomes_a_request_and_a_saved_search(desk: Desk) -> None:
    """What was asked for stands in both forms, its organisation too; the request can be sent as it stands."""
    first, latest = (desk.make.today + timedelta(days=days) for days in (30, 60))
    asked = (
        f"place=Östersund&max_km=15&seats=6&area_m2=90&earliest_start={first}&latest_start={latest}&days=28"
        "&weekdays=tue&weekdays=wed&must=step_free"
    )
    page = desk.lead.get(f"/offers?{asked}").text
    for path in ("/needs/new", "/me/searches/new"):
        [link] = links(page, path)
        carried = parse_qs(urlsplit(link).query)
        assert carried["agency"] == [desk.guest.ref] and carried["weekdays"] == ["tue", "wed"]
        form = desk.lead.get(link).text
        for typed in ("Östersund", "15", "6", str(first), str(latest), "28"):
            assert f'value="{typed}"' in form, (path, typed)
        assert re.search(r'value="tue"\s+checked', form) and re.search(r'value="wed"\s+checked', form)
    request = desk.lead.get(links(page, "/needs/new")[0]).text
    assert 'value="90"' in request
    assert re.search(r'name="features-step_free" value="must"\s+checked', request)


def test_premises_lead_to_a_request_for_a_place_like_them(desk: Desk) -> None:
    """With what the search asked for, and never with the weekdays of the host, which nobody has asked for."""
    offer = desk.offer(place="Umeå", weekdays=["mon", "tue"])
    [link] = links(desk.lead.get(f"/offers/{offer.ref}").text, "/needs/new")
    form = desk.lead.get(link).text
    assert 'value="Umeå"' in form and not re.search(r'name="weekdays" value="\w+"\s+checked', form)
    [hit] = links(desk.lead.get("/offers?place=Umeå&max_km=15&seats=6&weekdays=tue").text, f"/offers/{offer.ref}")
    [link] = links(desk.lead.get(hit).text, "/needs/new")
    form = desk.lead.get(link).text
    assert 'value="Umeå"' in form and 'value="6"' in form
    assert re.search(r'value="tue"\s+checked', form) and not re.search(r'value="mon"\s+checked', form)
    assert not links(desk.officer.get(f"/offers/{offer.ref}").text, "/needs/new")


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def test_the_same_hits_come_as_a_file(desk: Desk) -> None:
    """The same premises in the same order, all of them; no text is a formula, and restricted ones stay coarse."""
    for number in range(25):
        desk.offer(title=f"Rum {number:02}")
    desk.offer(title="=HYPERLINK(1)", seats=12)
    desk.offer(title="Kanariefågel", address="Kanariegatan 7", visibility="restricted", seats=24, place="Umeå")
    answer = desk.lead.get("/offers?view=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    head, *rows = rows_of(answer)
    assert len(rows) == 27 and all(len(row) == len(head) for row in rows)
    assert rows[0][0] == "Restricted premises in Umeå" and rows[0][6] == "20–29"
    assert "anarie" not in answer.text
    assert rows[1][0] == "'=HYPERLINK(1)"
    page = desk.lead.get("/offers?seats=11&place=Östersund").text
    _, *rows = rows_of(desk.lead.get(links(page, r"/offers\?view=csv")[0]))
    assert [row[0] for row in rows] == ["'=HYPERLINK(1)"] and rows[0][5] == "0,0"


def test_a_faulty_search_gives_no_file(desk: Desk) -> None:
    answer = desk.lead.get("/offers?view=csv&seats=x")
    assert answer.status_code == 422 and answer.headers["Content-Type"].startswith("text/html")


def test_distance_never_tells_where_closed_premises_lie(desk: Desk) -> None:
    """Neither others' restricted premises nor, to a coordinator, any: only their own people may measure to them."""
    desk.offer(title="Kanariefågel", visibility="restricted")
    asked = "/offers?place=63.1792, 14.6357&max_km=1"
    for reader in (desk.lead, desk.coordinator):
        page = reader.get(asked).text
        assert "No premises found" in page and "more premises" not in page
    assert "Kanariefågel" in desk.officer.get(asked).text
    assert "Kanariefågel" in desk.coordinator.get("/offers").text


def test_odd_parameters_do_no_harm(desk: Desk) -> None:
    """Names of ours sent twice, or names of Flask's own, neither break the page nor its links."""
    desk.offer()
    for asked in ("seats=1&seats=2", "_scheme=javascript&_external=1", "endpoint=x&values=y", "mine=1", "view=nonsense",
                  "page=99", "place=%00", "weekdays=mon&weekdays=mon", "must="):  # fmt: skip
        answer = desk.lead.get(f"/offers?{asked}", follow_redirects=True)
        assert answer.status_code in (200, 404, 422), asked
        assert "javascript:" not in answer.text
