"""Timelines on pages: a picture that is also told, as a table and as a file, for those whom it concerns."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def _csv(answer: Any) -> list[list[str]]:
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_an_owner_sees_what_is_proposed_week_by_week(desk: Desk) -> None:
    """The sentence, the table and the file say the same as the picture, whose kinds have patterns of their own."""
    offer = desk.offer(spans=[(desk.make.today, desk.make.today + timedelta(days=120))])
    desk.need()
    desk.published()
    for path in (f"/offers/{offer.ref}", f"/offers/{offer.ref}/timeline"):
        page = desk.officer.get(path)
        assert "Proposed, awaiting answers" in text(page) and "of the seat-days are taken" in text(page)
        assert 'fill="url(#pattern-stripes)"' in page.text and 'id="pattern-stripes"' in page.text
        assert "style=" not in page.text
        assert "Today" in text(page) and "Locked" not in text(page)
    head, *rows = _csv(desk.officer.get(f"/offers/{offer.ref}/timeline.csv"))
    assert head[:4] == ["Week", "First day", "Last day", "Offered, seat-days"]
    assert sum(int(row[5]) for row in rows) == 4 * 2 * 4  # four seats, two weekdays, four weeks
    assert rows[0][0] == "week {1} {0}".format(*desk.make.today.isocalendar())
    assert text(page).count(" to ") >= len(rows)


def test_nobody_else_sees_how_much_of_premises_is_used(desk: Desk) -> None:
    """Whoever may only read the premises gets neither picture nor file; a coordinator gets both."""
    offer = desk.offer()
    other = desk.reading(desk.make.officer(desk.make.agency()))
    for path in ("", "/timeline", "/timeline.csv"):
        page = f"/offers/{offer.ref}{path}"
        assert desk.coordinator.get(page).status_code == desk.officer.get(page).status_code == 200
        for reader, status in ((other, 404), (desk.lead, 403)):
            assert reader.get(page).status_code == (status if path else 200)
    assert "week by week" not in text(other.get(f"/offers/{offer.ref}"))


def test_a_round_and_its_run_are_shown_with_the_premises_most_used(desk: Desk) -> None:
    """Both lead to the premises' own timelines and give two files: the weeks, and the premises."""
    desk.offer(title="=Lokal", spans=[(desk.make.today, desk.make.today + timedelta(days=120))])
    desk.need()
    match_round, run = desk.matched()
    for path, kind in (
        (f"/rounds/{match_round.ref}", "Under agreement"),
        (f"/rounds/{match_round.ref}/runs/{run.ref}", "Placed by this run"),
    ):
        page = desk.coordinator.get(f"{path}/timeline")
        assert kind in text(page) and "Freeze" in text(page) and "Publication" in text(page)
        assert _csv(desk.coordinator.get(f"{path}/timeline.csv"))[0][0] == "Week"
        head, row = _csv(desk.coordinator.get(f"{path}/timeline.csv?show=premises"))
        assert row[:2] == ["'=Lokal", "Värdmyndigheten"] and len(head) == len(row)
    assert "week by week" in text(desk.coordinator.get(f"/rounds/{match_round.ref}")).lower()


def test_a_gathering_round_and_one_without_premises_have_their_pages(desk: Desk) -> None:
    """There is nothing to see yet, and the page says so."""
    match_round = desk.make.round(desk.users["coordinator"])
    assert "Nothing is offered" in text(desk.coordinator.get(f"/rounds/{match_round.ref}/timeline"))


@pytest.mark.parametrize("asked", ["nonsense", "2027-13-45", "0001-01-01", "9999-12-31", "2026-W60", "%00", "1e9"])
def test_a_strange_day_shows_weeks_that_there_are(desk: Desk, asked: str) -> None:
    """An address with a day that is none, or far away, is no fault."""
    offer = desk.offer()
    assert desk.coordinator.get(f"/offers/{offer.ref}/timeline?from={asked}").status_code in (200, 404)


def test_more_premises_ask_no_more_of_the_database(desk: Desk) -> None:
    """One premises or six: the same queries."""
    desk.offer()
    desk.need()
    match_round, _ = desk.matched()
    few = desk.queries(f"/rounds/{match_round.ref}/timeline")
    for number in range(5):
        desk.offer(title=f"Lokal {number}")
        desk.need()
    other, _ = desk.matched(name="Omgång 2")
    assert desk.queries(f"/rounds/{other.ref}/timeline") == few
