"""The outcome as shown is the outcome as checked; it explains itself, and decisions about it carry their reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from platsverket import decisions
from platsverket.models import Decision
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def test_the_outcome_shown_is_the_one_the_checker_finds(desk: Desk, tmp_path: Path) -> None:
    """The downloaded files pass the solver-free check, whose goal values stand on the page."""
    desk.offer(seats=10), desk.offer(title="Liten lokal", seats=3)
    for seats in (4, 5, 6, 3):
        desk.need(seats=seats, title=f"Behov av {seats}")
    match_round, run = desk.matched()
    here = f"/rounds/{match_round.ref}/runs/{run.ref}"
    for name in ("market.json", "plan.json"):
        answer = desk.coordinator.get(f"{here}/{name}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        (tmp_path / name).write_bytes(answer.data)
    command = [sys.executable, "-m", "matching", "check", str(tmp_path / "market.json"), str(tmp_path / "plan.json")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    page = desk.coordinator.get(here)
    plan = json.loads((tmp_path / "plan.json").read_text())
    shown = re.findall(r'data-label="Reached"><span>([\d,]+)</span>', page.text)
    assert [int(value.replace(",", "")) for value in shown] == [goal["value"] for goal in plan["goals"]]
    for goal in plan["goals"]:
        assert re.search(rf"{goal['goal']}\W+{goal['value']}\b", checked.stdout), checked.stdout
    assert f"Placed ({len(plan['placements'])})" in text(page)
    assert f"Without proposal ({len(plan['unplaced'])})" in text(page)


def test_why_and_what_would_help_are_told(desk: Desk) -> None:
    """A request without a place says what is in the way and which single change would give it one."""
    desk.offer(title="Lilla salen", seats=10)
    desk.need(title="Stort behov", seats=12)
    match_round, run = desk.matched()
    page = text(desk.coordinator.get(f"/rounds/{match_round.ref}/runs/{run.ref}?show=without"))
    assert "Stort behov" in page and "Premises near enough: 1, but none of them is large enough." in page
    assert "With 10 seats instead of 12 there is room in Lilla salen from" in page


def test_rows_are_found_by_words_and_reason_and_come_in_pages(desk: Desk) -> None:
    """Words match title, organisation and place in any case; a reason keeps its own; fifty rows make a page."""
    desk.offer(seats=500, title="Stora huset")
    for number in range(51):
        desk.need(seats=1, title=f"Åre nummer {number:02}")
    desk.need(seats=1, title="Längre bort", place="59.33, 18.06")
    match_round, run = desk.matched()
    here = f"/rounds/{match_round.ref}/runs/{run.ref}"
    assert "51 requests placed" in text(desk.coordinator.get(here))
    assert desk.coordinator.get(here).text.count('role="rowheader">') - 4 == 50  # beside the four goals
    assert desk.coordinator.get(f"{here}?page=2").text.count('role="rowheader">') - 4 == 1
    assert "1 request placed" in text(desk.coordinator.get(f"{here}?q=åre+NUMMER+07"))
    assert "Nothing found" in text(desk.coordinator.get(f"{here}?q=finns+inte%25"))
    assert "Längre bort" in text(desk.coordinator.get(f"{here}?show=without&reason=near"))
    assert "Längre bort" not in text(desk.coordinator.get(f"{here}?show=without&reason=size"))
    assert desk.coordinator.get(f"{here}?page=999&order=nonsense").location.endswith("?page=2&order=nonsense")


def test_rows_cost_no_query_each(desk: Desk) -> None:
    """Forty rows ask the database as often as two."""
    desk.offer(seats=500)
    desk.coordinator.get("/")  # signed in before anything is counted
    counts = []
    for wanted in (2, 40):
        for _ in range(wanted - 2 if counts else 2):
            desk.need(seats=1)
        match_round, run = desk.matched(name=f"Omgång {wanted}")
        path = f"/rounds/{match_round.ref}/runs/{run.ref}"
        counts.append(desk.queries(path))
        assert f"{wanted} requests placed" in text(desk.coordinator.get(path))
    assert counts[0] == counts[1]


def test_a_lock_needs_a_reason_and_is_kept_by_the_next_run(desk: Desk) -> None:
    """From a row to a page of consequences, to the ledger with author and reason, to the next outcome; then removed."""
    desk.offer()
    need = desk.need()
    match_round, run = desk.matched()
    here, outcome = f"/rounds/{match_round.ref}", f"/rounds/{match_round.ref}/runs/{run.ref}"
    link = re.search(r'href="([^"]+decide\?kind=lock[^"]+)"', desk.coordinator.get(outcome).text)
    assert link
    page = desk.coordinator.get(link[1].replace("&amp;", "&"))
    assert "also where distance, size, features, weekdays or admission would forbid it" in text(page)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page.text.split("<main")[1]))
    form = {"kind": hidden["kind"], "need": hidden["need"], "offer": hidden["offer"]}
    start = desk.make.today + timedelta(days=8)
    answer = desk.coordinator.post(f"{here}/decide", {**form, "start": start.isoformat(), "reason": " "})
    assert answer.status_code == 422 and 'href="#f-reason"' in answer.text and start.isoformat() in answer.text
    form |= {"start": start.isoformat(), "reason": "Flytten är redan beställd."}
    assert desk.coordinator.post(f"{here}/decide", form).location == here
    page = text(desk.coordinator.get(here))
    assert "Flytten är redan beställd." in page and desk.users["coordinator"].name in page
    assert "Decisions that stand, for the next run" in page and "A lock" in page
    desk.coordinator.post(f"{here}/runs", {"effort": "quick", "seed": "0"})
    desk.work()
    desk.fresh()
    second = match_round.runs[-1]
    page = desk.coordinator.get(f"{here}/runs/{second.ref}")
    assert "Locked" in text(page)
    plan = json.loads(desk.coordinator.get(f"{here}/runs/{second.ref}/plan.json").data)
    assert [(p["need"], p["start"]) for p in plan["placements"]] == [(need.ref, start.isoformat())]
    decision = desk.make.session.scalars(select(Decision)).one()
    assert desk.coordinator.post(f"{here}/decisions/{decision.ref}/remove").status_code == 303
    page = text(desk.coordinator.get(here))
    assert "No decisions stand" in page and "1 decision no longer stands" in page
    assert "1 decision was made or removed after this run" in text(
        desk.coordinator.get(f"{here}/runs/{second.ref}/publish")
    )


def test_an_organisation_is_ruled_out(desk: Desk) -> None:
    """Ruled out for its organisation, a request stays without a place in the next run, and is told so."""
    offer, need = desk.offer(), desk.need()
    match_round, _ = desk.matched()
    here = f"/rounds/{match_round.ref}"
    page = desk.coordinator.get(f"{here}/decide?kind=bar&need={need.ref}&offer={offer.ref}")
    assert "every request of Gästmyndigheten" in text(page)
    form = {"kind": "bar", "need": need.ref, "agency": desk.guest.ref, "offer": offer.ref, "whom": "agency"}
    desk.coordinator.post(f"{here}/decide", {**form, "reason": "Olämpligt grannskap."})
    page = text(desk.coordinator.get(here))
    assert "All requests of Gästmyndigheten: not in Kontor i Östersund A bar Olämpligt" in page
    desk.coordinator.post(f"{here}/runs", {"effort": "quick", "seed": "0"})
    desk.work()
    desk.fresh()
    page = text(desk.coordinator.get(f"{here}/runs/{match_round.runs[-1].ref}?show=without"))
    assert "coordinators have ruled them out" in page
    desk.coordinator.post(f"{here}/runs/{match_round.runs[-1].ref}/publish")
    page = text(desk.coordinator.get(here))
    assert "Decisions that stood when the round was published" in page and "for the next run" not in page


def test_decisions_that_cannot_stand_are_refused_in_a_sentence(desk: Desk) -> None:
    """A lock outside the time the premises are free, and one of what has been ruled out, are conflicts."""
    offer, need = desk.offer(), desk.need()
    match_round, _ = desk.matched()
    here = f"/rounds/{match_round.ref}/decide"
    lock = {"kind": "lock", "need": need.ref, "offer": offer.ref, "reason": "Behövs."}
    answer = desk.coordinator.post(here, {**lock, "start": (desk.make.today + timedelta(days=900)).isoformat()})
    assert answer.status_code == 409 and "not free for the whole time from that day" in text(answer)
    assert "Behövs." in answer.text
    desk.coordinator.post(here, {**lock, "kind": "bar", "whom": "need"})
    answer = desk.coordinator.post(here, {**lock, "start": (desk.make.today + timedelta(days=1)).isoformat()})
    assert answer.status_code == 409 and "rules the same premises out" in text(answer)
    late = desk.need(title="För sen")
    answer = desk.coordinator.post(here, {**lock, "need": late.ref, "start": desk.make.today.isoformat()})
    assert answer.status_code == 409 and "posted after the round was frozen" in text(answer)
    assert desk.make.session.scalars(select(Decision.kind)).all() == ["bar"]


@pytest.mark.parametrize("name", ["need", "offer"])
def test_a_decision_that_names_two_at_once_is_about_nothing(desk: Desk, name: str) -> None:
    """A form that sends a name twice is answered with "not found" and stores nothing."""
    offer, need = desk.offer(), desk.need()
    match_round, _ = desk.matched()
    form = {"kind": "bar", "whom": "need", "need": need.ref, "offer": offer.ref, "reason": "x"}
    answer = desk.coordinator.post(f"/rounds/{match_round.ref}/decide", {**form, name: [form[name], form[name]]})
    assert answer.status_code == 404
    assert not desk.make.session.scalars(select(Decision)).all()


@pytest.mark.parametrize("query", ["endpoint=x", "_scheme=x", "_anchor=x", "_method=POST", "ref=x", "_external=1"])
def test_no_name_in_an_address_reaches_the_maker_of_addresses(desk: Desk, query: str) -> None:
    """The links to other pages and orders carry along whatever a visitor wrote, and lead to the same page."""
    desk.offer()
    for _ in range(51):
        desk.need(seats=1)
    match_round, run = desk.matched()
    for here in ("/needs", f"/rounds/{match_round.ref}/runs/{run.ref}"):
        answer = desk.coordinator.get(f"{here}?{query}")
        assert answer.status_code == 200
        links = re.findall(r'href="([^"]*[?;]page=[^"]*)"', answer.text)
        assert links and all(link.startswith(f"{here}?{query}&amp;") for link in links)


def test_what_steers_sealed_premises_is_told_only_to_those_they_name(desk: Desk) -> None:
    """Neither the events of a round nor its figures tell another coordinator of them."""
    sealed = desk.offer(visibility="sealed", coordinators=[desk.users["coordinator"].ref], seats=77)
    desk.offer(seats=10)
    need = desk.need()
    match_round, _run = desk.matched()
    by = desk.make.identity(desk.users["coordinator"])
    bar = {"kind": "bar", "need": need.ref, "agency": None, "offer": sealed.ref, "start": None}
    decisions.decide(desk.make.session, by, desk.make.config, match_round.ref, {**bar, "reason": "Kanarieskäl"})
    other = desk.reading(desk.make.coordinator())
    assert "Kanarieskäl" in desk.coordinator.get("/events").text
    assert "Kanarieskäl" not in other.get("/events").text
    assert "2 with 87 seats" in text(desk.coordinator.get(f"/rounds/{match_round.ref}"))
    assert "1 with 10 seats" in text(other.get(f"/rounds/{match_round.ref}"))
    assert "frozen with 1 premises, sealed ones not counted, and 1 requests" in text(other.get("/events"))


def test_totals_count_only_placements_the_reader_may_know_of(desk: Desk) -> None:
    """Nor do goals, reasons, the run's progress or a decision's reason tell what lies in premises sealed from one."""
    by = desk.make.identity(desk.users["coordinator"])
    sealed = desk.offer(visibility="sealed", coordinators=[desk.users["coordinator"].ref], seats=10)
    hidden = desk.need(title="Dolt behov", seats=9)
    desk.offer(seats=5, place="Umeå"), desk.need(title="Synligt behov", seats=4, place="Umeå", max_km=5)
    desk.need(title="Stort behov", seats=99)
    match_round, run = desk.matched()
    bar = {"kind": "bar", "need": hidden.ref, "agency": None, "offer": sealed.ref, "start": None}
    decisions.decide(desk.make.session, by, desk.make.config, match_round.ref, {**bar, "reason": "Kanarieskäl"})
    here, outcome = f"/rounds/{match_round.ref}", f"/rounds/{match_round.ref}/runs/{run.ref}"
    other = desk.reading(desk.make.coordinator())
    counted = "Premises near enough: "
    assert "2 of 3" in text(desk.coordinator.get(here)) and "13 of 112" in text(desk.coordinator.get(here))
    assert "Kanarieskäl" in text(desk.coordinator.get(here))
    assert counted in text(desk.coordinator.get(f"{outcome}?show=without"))
    page = text(other.get(here))
    assert "1 of 3" in page and "4 of 112" in page and "not shown, for it counts sealed premises too" in page
    assert "Kanarieskäl" not in page and "in sealed premises" in page
    assert "Placed (1)" in text(other.get(outcome)) and 'data-label="Reached"><span>–<' in other.get(outcome).text
    page = text(other.get(f"{outcome}?show=without"))
    assert "There are premises near enough, but none of them is large enough." in page and counted not in page


def test_sealed_premises_are_unknown_to_coordinators_they_do_not_name(desk: Desk) -> None:
    """The named coordinator sees the placement; another sees neither it, its name nor the files."""
    other = desk.make.coordinator()
    sealed = desk.offer(title="Hemliga huset", visibility="sealed", coordinators=[desk.users["coordinator"].ref])
    need = desk.need()
    desk.need(title="Större behov", seats=12)  # ten seats would help, in the sealed premises
    match_round, run = desk.matched()
    here, outcome = f"/rounds/{match_round.ref}", f"/rounds/{match_round.ref}/runs/{run.ref}"
    assert "there is room in Hemliga huset" in text(desk.coordinator.get(f"{outcome}?show=without"))
    form = {"kind": "bar", "need": need.ref, "offer": sealed.ref, "whom": "need", "reason": "Prövas senare."}
    desk.coordinator.post(f"{here}/decide", form)
    stranger = desk.reading(other)
    assert "Hemliga huset" in text(desk.coordinator.get(outcome))
    assert "Hemliga huset" in text(desk.coordinator.get(here))
    for path in (here, outcome, f"{outcome}?q=Hemliga", f"{outcome}?show=without"):
        answer = stranger.get(path)
        assert answer.status_code == 200 and "Hemliga" not in text(answer), path
    assert "not in sealed premises" in text(stranger.get(here))
    assert stranger.get(f"{outcome}/market.json").status_code == 403
    assert stranger.get(f"{here}/decide?kind=bar&need={need.ref}&offer={sealed.ref}").status_code == 404
    assert desk.coordinator.get(f"{outcome}/market.json").status_code == 200
