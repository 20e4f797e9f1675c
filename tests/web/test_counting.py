"""While a request is being written one sees how many premises would fit, and what of it shuts out most."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Web
from tests.web.desk import Desk, text
from tests.web.test_needs import form


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def told(desk: Desk, **values: Any) -> str:
    page = desk.lead.post("/needs/new", {**form(desk.guest), **values, "keep": "count"})
    assert page.status_code == 200
    return text(page).split("Premises that fit just now")[1].split("Count now")[0]


def test_what_fits_is_counted_with_what_costs_most(desk: Desk) -> None:
    """Two fit; without the required feature three more would."""
    for lift in ("yes", "yes", "no", "no", "no"):
        desk.offer(place="63.1792, 14.6357", features={"step_free": "yes", "lift": lift})
    said = told(desk, **{"features-lift": "must"})
    assert "2 premises fit just now." in said
    assert "The largest difference: without the feature Lift, 3 more would fit." in said
    assert "Not counted with yet" not in said


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"place": "Umeå"}, "without the largest distance, 2 more would fit."),
        ({"seats": "500"}, "without the number of seats, 2 more would fit."),
        ({"area_m2": "9000"}, "without the area, 2 more would fit."),
        ({"weekdays": ["sun"]}, "without the weekdays, 2 more would fit."),
        ({"days": "3000"}, "without the dates, 2 more would fit."),
    ],
)
def test_each_criterion_is_told_in_words(desk: Desk, values: dict[str, Any], sentence: str) -> None:
    for _ in range(2):
        desk.offer(place="63.1792, 14.6357", area_m2=200)
    said = told(desk, **values)
    assert "No premises fit just now." in said and sentence in said


def test_half_a_request_is_counted_by_what_there_is(desk: Desk) -> None:
    """What is missing or cannot be read is named and not asked for; nothing at all counts nothing."""
    desk.offer(place="63.1792, 14.6357")
    said = told(desk, seats="tolv", earliest_start="", weekdays=[])
    assert "1 premises fit just now." in said
    assert "Not counted with yet: Seats, Earliest start, Weekdays." in said
    empty = dict.fromkeys(("seats", "place", "earliest_start", "latest_start", "days", "weekdays"), "")
    assert "Shown here once you have written" in told(desk, **empty)
    assert "Shown here once you have written" in text(desk.lead.get("/needs/new"))


def test_premises_that_one_may_not_see_are_not_counted(desk: Desk) -> None:
    named = [desk.users["coordinator"].ref]
    desk.offer(place="63.1792, 14.6357", visibility="restricted")
    desk.offer(place="63.1792, 14.6357", visibility="sealed", coordinators=named)
    said = told(desk)
    assert "No premises fit just now." in said and "more" not in said


def test_an_organisation_that_is_not_received_learns_so(desk: Desk) -> None:
    desk.offer(place="63.1792, 14.6357", not_agencies=[desk.guest.ref])
    assert "without premises having to admit your organisation, 1 more would fit." in told(desk)


def test_nobody_learns_whether_another_organisation_is_received(desk: Desk) -> None:
    """Asked in the name of others the count is the same, whether the premises admit them or not."""
    received, refused = desk.make.agency(), desk.make.agency()
    desk.offer(place="63.1792, 14.6357", not_agencies=[refused.ref])
    said = {told(desk, agency=agency.ref) for agency in (received, refused)}
    assert len(said) == 1 and "1 premises fit just now." in said.pop()


@pytest.mark.parametrize("place", ["Ekeby", "Ingenstans alls", "59.33", "x" * 5000])
def test_a_place_that_means_nothing_yet_is_not_counted_with(desk: Desk, place: str) -> None:
    desk.offer()
    assert "Not counted with yet: Place" in told(desk, place=place)


def test_strange_values_are_not_counted_with(desk: Desk) -> None:
    strange: dict[str, Any] = {"seats": ["1", "2"], "days": "1e9", "weekdays": ["mon", "x"]}
    assert "premises fit just now" in told(desk, **strange).lower()


def test_a_copy_is_counted_from_the_start(desk: Desk) -> None:
    desk.offer(place="63.1792, 14.6357")
    need = desk.need(place="63.1792, 14.6357")
    assert "1 premises fit just now." in text(desk.lead.get(f"/needs/{need.ref}/copy"))
