"""Goals are ordered for a round, each run keeps what it was given, and up to four runs stand side by side."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from platsverket import comparison, decisions, runs
from platsverket.jobs import Worker
from platsverket.models import Event, MatchRound, Need, Offer
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def _again(desk: Desk, match_round: MatchRound) -> None:
    desk.asked_run(match_round), desk.work(), desk.fresh()


def _bar(desk: Desk, match_round: MatchRound, need: Need, offer: Offer) -> None:
    bar: dict[str, Any] = {"kind": "bar", "need": need.ref, "agency": None, "offer": offer.ref, "start": None}
    by = desk.make.identity(desk.users["coordinator"])
    decisions.decide(desk.make.session, by, desk.make.config, match_round.ref, {**bar, "reason": "Behövs."})


def test_the_goals_are_ordered_for_the_next_run_and_each_run_keeps_its_own(desk: Desk) -> None:
    """The new order is the engine's, the earlier run stands as it was, and the event tells the change."""
    desk.offer(), desk.need()
    match_round, first = desk.matched()
    here = f"/rounds/{match_round.ref}"
    assert f'href="{here}/goals"' in desk.coordinator.get(here).text
    assert 'value="1" selected' in desk.coordinator.get(f"{here}/goals").text
    wanted = {"fair_share": "1", "most_needs": "2", "best_fit": "3", "most_seats": ""}
    assert desk.coordinator.post(f"{here}/goals", wanted).location == here
    assert "A fair share for every organisation · As many requests" in text(desk.coordinator.get(here))
    _again(desk, match_round)
    second = match_round.runs[-1]
    assert first.goals == ["most_seats", "longest_waiting", "best_fit", "least_change"]
    assert second.goals == ["fair_share", "most_needs", "best_fit"]
    plan = runs.plan_of(desk.make.session, second)
    assert [goal["goal"] for goal in plan["goals"]] == second.goals
    market = json.loads(desk.coordinator.get(f"{here}/runs/{second.ref}/market.json").data)
    assert market["policy"] == {"goals": second.goals, "start_step_days": 7}
    desk.fresh()
    told = desk.make.session.scalars(select(Event).where(Event.kind == "round.goals_ordered")).one()
    assert told.data == {"before": first.goals, "goals": second.goals}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"most_seats": "1", "best_fit": "1"}, "Another goal has place 1 already."),
        ({}, "At least one goal must count."),
        ({"most_seats": "7"}, "from 1 to 6"),
        ({"most_fun": "1"}, "most_fun"),
    ],
)
def test_an_order_that_is_none_is_refused(desk: Desk, wanted: dict[str, str], said: str) -> None:
    """Two goals at one place, none at all or a place that is not there: said at the goal, and nothing is changed."""
    match_round = desk.make.round(desk.users["coordinator"])
    answer = desk.coordinator.post(f"/rounds/{match_round.ref}/goals", wanted)
    assert answer.status_code == 422 and said in text(answer)
    desk.fresh()
    assert match_round.goals[0] == "most_seats"


def test_a_published_round_keeps_its_order(desk: Desk) -> None:
    """What has been published cannot be judged by other goals afterwards."""
    desk.offer(), desk.need()
    (proposal,) = desk.published()
    answer = desk.coordinator.post(f"/rounds/{proposal.match_round.ref}/goals", {"best_fit": "1"})
    assert answer.status_code == 409 and "has already published the round" in text(answer)


def test_runs_stand_side_by_side_with_who_gained_lost_and_moved(desk: Desk) -> None:
    """How each was run, what it reached, and each request that they treat differently; one of them is published."""
    offer, need = desk.offer(), desk.need(title="Flyttar", seats=4)
    desk.need(title="Stannar", seats=2)
    match_round, first = desk.matched()
    desk.offer(title="För sent")
    _bar(desk, match_round, need, offer)
    _again(desk, match_round)
    second = match_round.runs[-1]
    here = f"/rounds/{match_round.ref}"
    page = desk.coordinator.get(here)
    assert "Compare the chosen runs" in text(page) and f'name="run" value="{second.ref}"' in page.text
    page = desk.coordinator.get(f"{here}/compare?run={first.ref}&run={second.ref}")
    told = text(page)
    assert "Requests placed 2 of 2 1 of 2" in told and "1 request lost its place." in told
    assert "matching 1" in told and "Quick, lottery number 0" in told
    assert "Flyttar , Gästmyndigheten Kontor i Östersund" in told and "no place (loses its place)" in told
    assert "Stannar , " not in told
    assert f"/runs/{second.ref}/publish" in page.text
    outcome = desk.coordinator.get(f"{here}/runs/{second.ref}").text
    assert "/compare?run=" in outcome


def test_no_more_than_four_and_no_fewer_than_two_runs_are_compared(desk: Desk) -> None:
    """Anything else leads back to the round with a sentence."""
    desk.offer(), desk.need()
    match_round, run = desk.matched()
    for _ in range(4):
        _again(desk, match_round)
    every = [one.ref for one in match_round.runs]
    here = f"/rounds/{match_round.ref}"
    for chosen in ([run.ref], every, [], [run.ref, "2222222222"], [run.ref, run.ref]):
        answer = desk.coordinator.get(f"{here}/compare?" + "&".join(f"run={one}" for one in chosen))
        assert answer.location == here, chosen
    assert "Choose two to four finished runs" in text(desk.coordinator.get(here))
    four = "&".join(f"run={one}" for one in every[:4])
    assert "every request has the same place in all" in text(desk.coordinator.get(f"{here}/compare?{four}"))
    few = desk.queries(here)
    _again(desk, match_round), _again(desk, match_round)
    assert desk.queries(here) == few


def test_a_comparison_tells_nothing_of_sealed_premises(desk: Desk) -> None:
    """Who moved from or to premises sealed from the reader is in no row, in no count and in no goal."""
    sealed = desk.offer(visibility="sealed", coordinators=[desk.users["coordinator"].ref], title="Hemliga huset")
    need = desk.need(title="Dolt behov")
    match_round, first = desk.matched()
    desk.offer()
    _bar(desk, match_round, need, sealed)
    _again(desk, match_round)
    refs = [first.ref, match_round.runs[-1].ref]
    named, other = desk.users["coordinator"], desk.make.coordinator()
    session = desk.make.session
    assert len(comparison.of(session, desk.make.identity(named), match_round.ref, refs).rows) == 1
    found = comparison.of(session, desk.make.identity(other), match_round.ref, refs)
    assert found.rows == [] and found.columns[1].tally and not any(found.columns[1].tally.values())
    page = text(desk.reading(other).get(f"/rounds/{match_round.ref}/compare?run={refs[0]}&run={refs[1]}"))
    assert "Hemliga" not in page and "Dolt behov" not in page and "not shown, for it counts sealed" in page


def test_neither_comparison_nor_ledger_asks_the_database_once_for_each_row(desk: Desk) -> None:
    """Many requests that lose their place by many decisions cost as many queries as few."""
    counts = []
    offer = desk.offer(seats=100)
    for more in (2, 10):
        needs = [desk.make.need(desk.make.agency()) for _ in range(more)]
        match_round, first = desk.matched()
        for need in needs:
            _bar(desk, match_round, need, offer)
        _again(desk, match_round)
        while Worker(desk.web.app.extensions["platsverket"].sessions, desk.make.config).work_once():
            pass
        desk.fresh()
        here, second = f"/rounds/{match_round.ref}", match_round.runs[-1]
        compare = f"{here}/compare?run={first.ref}&run={second.ref}"
        assert f"{more} requests lost their place." in text(desk.coordinator.get(compare))
        counts.append([desk.queries(path) for path in (compare, f"{here}/decisions", here)])
    assert counts[0] == counts[1]
