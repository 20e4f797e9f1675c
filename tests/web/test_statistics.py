"""Statistics on pages: for anyone, in pictures that are tables and files too, telling of no single one."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest

from tests.conftest import Web
from tests.web.desk import Desk, Visitor, text

TABLES = ("counties", "months", "weekdays", "organisations", "demand")


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def _anybody(desk: Desk) -> Visitor:
    visitor = Visitor(desk.web.app, desk.make)
    visitor.get("/?lang=en")
    return visitor


def _csv(answer: Any) -> list[list[str]]:
    assert answer.mimetype == "text/csv", answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def _furnish(desk: Desk, premises: int) -> None:
    for _ in range(premises):
        desk.offer(seats=11, area_m2=150)
    for _ in range(premises):
        desk.need(seats=3)


def test_anyone_sees_the_year_and_coordinators_see_it_whole(desk: Desk) -> None:
    """From five premises on; the public's figures are rounded, and each says what it is."""
    _furnish(desk, 4)
    year = desk.make.today.year + 1  # in this one there may be too few days left
    few = text(_anybody(desk).get(f"/statistics?year={year}"))
    assert "Too little is offered" in few and "not shown" in few
    whole = text(desk.coordinator.get(f"/statistics?year={year}"))
    assert "You are a coordinator" in whole and "not shown" not in whole.split("m² for each guest")[0].split("rent")[0]
    _furnish(desk, 1)
    page = text(_anybody(desk).get(f"/statistics?year={year}"))
    assert "Jämtlands län" in page and "Too little" not in page
    exactly = _csv(desk.coordinator.get(f"/statistics/file.csv?table=counties&year={year}"))
    public = _csv(_anybody(desk).get(f"/statistics/file.csv?table=counties&year={year}"))
    assert int(exactly[1][1]) % 11 == 0 and int(public[1][1]) % 100 == 0
    assert abs(int(exactly[1][1]) - int(public[1][1])) <= 50


def test_each_picture_is_told_has_a_table_and_a_file(desk: Desk) -> None:
    """Title and text, a caption, and a link to the file; patterns and no style of their own."""
    _furnish(desk, 5)
    page = _anybody(desk).get("/statistics").text
    drawn = re.findall(r'<svg[^>]*role="img" aria-labelledby="([\w-]+) ([\w-]+)"', page)
    assert len(drawn) == 4 and all(f'id="{name}"' in page for pair in drawn for name in pair)
    assert page.count("<caption") >= 4 and "style=" not in page
    assert set(re.findall(r"file\.csv\?table=(\w+)", page)) == set(TABLES)
    for table in TABLES:
        assert len(_csv(_anybody(desk).get(f"/statistics/file.csv?table={table}"))) > 1


def test_the_map_tells_where_seats_are_wanted(desk: Desk) -> None:
    """Today's requests without place, in words, on the map and in the table."""
    _furnish(desk, 5)
    page = _anybody(desk).get("/statistics").text
    assert "15 seats are wanted today and have no place. Most are wanted in Jämtlands län (15)." in text(
        _anybody(desk).get("/statistics")
    )
    assert "<title>Jämtlands län: 15</title>" in page


def test_a_county_leads_to_its_municipalities(desk: Desk) -> None:
    """From the table to the county's own map, table and file; a county that is none is not there."""
    _furnish(desk, 5)
    anybody = _anybody(desk)
    assert 'href="/statistics/wanted?county=23"' in anybody.get("/statistics").text
    page = anybody.get("/statistics/wanted?county=23")
    assert "Where seats are wanted in Jämtlands län" in text(page) and "<title>Östersund: 15</title>" in page.text
    assert _csv(anybody.get("/statistics/file.csv?table=demand&county=23"))[1] == ["Östersund", "15"]
    assert anybody.get("/statistics/wanted").status_code == 200
    assert {anybody.get(f"/statistics/wanted?county={code}").status_code for code in ("01", "99", "%27")} == {200, 404}


@pytest.mark.parametrize("asked", ["1999", "9999", "x", "-1", "2027.5", "２０２７"])
def test_only_the_years_there_are_can_be_chosen(desk: Desk, asked: str) -> None:
    """Anything else, a month or a day too, shows this year."""
    desk.offer()
    for who in (_anybody(desk), desk.coordinator):
        assert f"Statistics for {desk.make.today.year}" in text(who.get(f"/statistics?year={asked}"))
    for extra in ("month=3", "from=2027-01-01&until=2027-01-02", "county=23"):
        anybody = _anybody(desk)
        assert anybody.get(f"/statistics/file.csv?{extra}").data == anybody.get("/statistics/file.csv").data


def test_statistics_open_on_the_first_year_in_which_there_is_something(desk: Desk) -> None:
    """Nobody has to guess that the figures are in the year after; this year stays to be chosen."""
    year = desk.make.today.year
    coming = [(date(year + 1, 1, 5), date(year + 1, 6, 30))]
    for _ in range(5):
        desk.offer(spans=coming)
    for who in (_anybody(desk), desk.coordinator):
        page = text(who.get("/statistics"))
        assert f"Statistics for {year + 1}" in page and "None of them is under agreement yet." in page
        assert page.count("under agreement can be shown") == 0 and "no guests yet" in page
        assert _csv(who.get("/statistics/file.csv")) == _csv(who.get(f"/statistics/file.csv?year={year + 1}"))
        assert f"Statistics for {year}" in text(who.get(f"/statistics?year={year}"))


def test_figures_follow_every_change(desk: Desk) -> None:
    """What is kept for the public is counted again when premises are posted, agreed on or taken back."""
    anybody, year = _anybody(desk), desk.make.today.year + 1
    path = f"/statistics/file.csv?table=counties&year={year}"
    seen = [anybody.get(path).data]
    offers = []
    for number in (5, 1):
        offers += [desk.offer(seats=11) for _ in range(number)]
        seen.append(anybody.get(path).data)
    assert anybody.get(path).data == seen[-1]
    desk.officer.post(f"/offers/{offers[0].ref}/withdraw")
    assert anybody.get(path).data == seen[1] and len(set(seen)) == 3


def test_an_unknown_table_is_not_there(desk: Desk) -> None:
    for name in ("x", "told", "area_used", "__class__", "full"):
        assert _anybody(desk).get(f"/statistics/file.csv?table={name}").status_code == 404


def test_an_empty_service_has_its_statistics(desk: Desk) -> None:
    """No premises, no requests: the page says so, for everybody."""
    for who in (_anybody(desk), desk.officer, desk.coordinator):
        page = who.get("/statistics")
        assert page.status_code == 200 and "Too little is offered" in text(page)
    assert _anybody(desk).get("/statistics/method").status_code == 200


def test_the_method_names_its_figures(desk: Desk) -> None:
    """The formulas stand there in words with the settings' figures, so that anyone can work them out again."""
    page = text(_anybody(desk).get("/statistics/method"))
    assert "250 working days" in page and "2,500 kronor" in page and "15 m²" in page and "RiR 2025:17" in page
    assert "1,000 seat-days are 4 seats for a year, 60 m² and 150,000 kronor" in page
    assert "no official figure" in page


def test_statistics_are_found_from_every_page(desk: Desk) -> None:
    for who in (_anybody(desk), desk.officer):
        assert who.get("/").text.count('href="/statistics"') == 2
        assert 'href="/statistics"' in who.get("/about").text


def test_more_premises_ask_no_more_of_the_database(desk: Desk) -> None:
    """The same queries for one premises and for many, for the public and for coordinators."""
    desk.offer()
    asked = [desk.queries("/statistics", who) for who in (_anybody(desk), desk.coordinator)]
    _furnish(desk, 6)
    desk.published(answer_by=desk.make.today + timedelta(days=14))
    assert [desk.queries("/statistics", who) for who in (_anybody(desk), desk.coordinator)] == asked


def test_coordinators_choose_months_and_nobody_else(desk: Desk) -> None:
    """Any months, in either order; the same address shows others the year, for periods that overlap tell too much."""
    _furnish(desk, 5)
    year = desk.make.today.year + 1
    asked = f"from={year}-03&until={year}-02"
    page = desk.coordinator.get(f"/statistics?{asked}")
    assert f"Statistics for February {year} to March {year}" in text(page) and 'name="until"' in page.text
    assert f"from={year}-03" in page.text.split("file.csv?table=months", 1)[1][:60]
    _head, *rows = _csv(desk.coordinator.get(f"/statistics/file.csv?table=months&{asked}"))
    assert [row[0] for row in rows] == [f"February {year}", f"March {year}", "All"]
    whole = _csv(desk.coordinator.get(f"/statistics/file.csv?table=months&year={year}"))
    assert [row for row in whole if row[0] in ("February " + str(year), "March " + str(year))] == rows[:2]
    for who in (_anybody(desk), desk.officer, desk.lead):
        page = who.get(f"/statistics?{asked}")
        assert f"Statistics for {desk.make.today.year}" in text(page) and 'name="until"' not in page.text
        told = [row[0] for row in _csv(who.get(f"/statistics/file.csv?table=months&{asked}"))]
        assert f"February {year}" not in told and f"December {year - 1}" in told
    for strange in ("from=2027-13&until=x", "from=&until=", f"from={year}-02", "from=0001-01&until=9999-12"):
        assert f"Statistics for {desk.make.today.year}" in text(desk.coordinator.get(f"/statistics?{strange}"))
