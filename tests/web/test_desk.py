"""The coordinator's desk: an outcome at a glance, placements told apart, and nothing of premises that are sealed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from platsverket import decisions, glance, outcomes
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def test_an_outcome_is_told_by_county_and_organisation(desk: Desk) -> None:
    """Each county and each organisation has what it asked for and got; the sums are those of the whole outcome."""
    desk.offer(seats=6)
    desk.need(seats=4), desk.need(seats=4)
    desk.make.need(desk.make.agency("Umeåmyndigheten"), seats=3, place="Umeå", max_km=5)
    match_round, run = desk.matched()
    page = text(desk.coordinator.get(f"/rounds/{match_round.ref}/runs/{run.ref}/figures"))
    assert "1 of 3 requests have a place, with 4 of 11 seats." in page
    assert "Jämtlands län 1 of 2 4 of 8 50.0 %" in page and "Västerbottens län 0 of 1 0 of 3 0.0 % –" in page
    assert "Gästmyndigheten 1 of 2 4 of 8 50.0 %" in page and "Umeåmyndigheten 0 of 1 0 of 3 0.0 % –" in page


def test_an_outcome_says_what_changed_since_the_run_before(desk: Desk) -> None:
    """After a bar one request has lost its place: as a figure and as a sentence."""
    offer, need = desk.offer(), desk.need(seats=4)
    match_round, run = desk.matched()
    assert "since run" not in text(desk.coordinator.get(f"/rounds/{match_round.ref}/runs/{run.ref}"))
    by = desk.make.identity(desk.users["coordinator"])
    bar = {"kind": "bar", "need": need.ref, "agency": None, "offer": offer.ref, "start": None, "reason": "Behövs."}
    decisions.decide(desk.make.session, by, desk.make.config, match_round.ref, bar)
    desk.asked_run(match_round), desk.work(), desk.fresh()
    page = text(desk.coordinator.get(f"/rounds/{match_round.ref}/runs/{match_round.runs[-1].ref}"))
    assert "−1 since run 1" in page and "−4 since run 1" in page and "1 request lost its place." in page


def test_the_fit_is_told_apart_in_sentences(desk: Desk) -> None:
    """Distance, start, wishes and use of the seats each have their sentence; their points make up the fit."""
    desk.offer(seats=8, features={"lift": "yes"})
    desk.need(seats=4, wish=["lift", "parking"])
    match_round, run = desk.matched()
    page = text(desk.coordinator.get(f"/rounds/{match_round.ref}/runs/{run.ref}"))
    assert "km away, at most 20" in page and "the earliest day (" in page
    assert "Meets 1 of 2 wishes (100 of 200)" in page and "Uses 4 of 8 seats (100 of 200)" in page
    (one,), _ = outcomes.placed(desk.make.session, desk.make.identity(desk.users["coordinator"]), run)
    terms = one.terms
    total = terms.distance + terms.promptness + terms.comfort + terms.fullness
    assert abs(total - one.fit) <= 2  # each term is rounded by itself


def test_placements_are_filtered_and_sorted(desk: Desk) -> None:
    """By county, by whether they were locked, and by their number of seats."""
    desk.offer(seats=10), desk.offer(seats=10, place="Umeå", title="Kontor i Umeå")
    desk.need(seats=3, title="Litet"), desk.need(seats=5, title="Stort")
    north = desk.need(seats=4, title="Norrut", place="Umeå", max_km=5)
    match_round, run = desk.matched()
    here = f"/rounds/{match_round.ref}/runs/{run.ref}"

    def titles(query: str) -> list[str]:
        return re.findall(r'<th scope="row"[^>]*><a[^>]*>(\w+)</a>', desk.coordinator.get(f"{here}?{query}").text)

    assert titles("order=seats") == ["Litet", "Norrut", "Stort"]
    assert titles("order=-seats&county=23") == ["Stort", "Litet"]
    assert titles("county=24") == ["Norrut"] and titles("kind=locked") == []
    by = desk.make.identity(desk.users["coordinator"])
    offer_ref = outcomes.placed(desk.make.session, by, run, "Norrut")[0][0].offer.ref
    lock = {"kind": "lock", "need": north.ref, "agency": None, "offer": offer_ref}
    lock |= {"start": north.earliest_start + timedelta(days=7), "reason": "Behövs."}
    decisions.decide(desk.make.session, by, desk.make.config, match_round.ref, lock)
    desk.asked_run(match_round), desk.work(), desk.fresh()
    here = f"/rounds/{match_round.ref}/runs/{match_round.runs[-1].ref}"
    assert titles("kind=locked") == ["Norrut"] and len(titles("kind=new")) == 2
    assert titles("kind=nonsense&county=zz") == []


def test_figures_by_part_and_change_leave_out_what_is_sealed(desk: Desk) -> None:
    """A coordinator whom sealed premises do not name sees neither their seats nor that something moved there."""
    desk.offer(visibility="sealed", coordinators=[desk.users["coordinator"].ref], seats=10)
    hidden = desk.need(title="Dolt behov", seats=9)
    match_round, run = desk.matched()
    desk.asked_run(match_round), desk.work(), desk.fresh()
    first, second = match_round.runs
    session, named = desk.make.session, desk.make.identity(desk.users["coordinator"])
    other = desk.make.coordinator()
    by = desk.make.identity(other)
    assert [part.seats for part in glance.by_county(session, named, run)] == [9]
    for parts in (glance.by_county(session, by, run), glance.by_organisation(session, by, run)):
        assert [(part.placed, part.seats, part.mean_km) for part in parts] == [(0, 0, None)]
    second.plan = second.plan.replace(hidden.earliest_start.isoformat(), (hidden.latest_start).isoformat())
    session.commit()
    told = glance.since(session, by, second)
    assert told and told.before.ref == first.ref and not any(told.tally.values()) and told.seats == 0
    page = text(desk.reading(other).get(f"/rounds/{match_round.ref}/runs/{run.ref}/figures"))
    assert "0 of 1 requests have a place, with 0 of 9 seats." in page


def test_no_page_of_the_desk_asks_the_database_once_for_each_row(desk: Desk) -> None:
    """With many more requests, premises and organisations each page asks as many queries as with few."""
    counts = []
    placed, unplaced, _far = desk.need(seats=1), desk.need(seats=40), desk.offer(place="Umeå")
    for more in (2, 12):
        for _ in range(more):
            agency = desk.make.agency()
            desk.make.offer(agency), desk.make.need(agency), desk.make.need(agency, seats=40)
        match_round, run = desk.matched()
        here = f"/rounds/{match_round.ref}/runs/{run.ref}"
        parts = ["", "?show=without", "/figures"]
        parts += [f"/needs/{need.ref}{show}" for need in (placed, unplaced) for show in ("", "?show=forbidden")]
        counts.append([desk.queries(f"{here}{part}") for part in parts])
    assert counts[0] == counts[1]


def test_a_change_that_would_help_is_asked_and_answered_on_the_pages(desk: Desk) -> None:
    """One button at the outcome, a question among the lead's next steps and on the request's page, the answer back."""
    desk.offer(seats=10)
    need = desk.need(title="Större behov", seats=12)
    match_round, run = desk.matched()
    outcome = f"/rounds/{match_round.ref}/runs/{run.ref}"
    page = desk.coordinator.get(f"{outcome}?show=without").text
    form = re.search(r'<form method="post" action="([^"]+/questions)">(.*?)</form>', page, re.S)
    assert form
    fields = dict(re.findall(r'name="(need|change|offer)" value="(\w+)"', form[2]))
    assert desk.coordinator.post(form[1], fields).location.startswith(outcome)
    assert "The project lead has been asked" in text(desk.coordinator.get(f"{outcome}?show=without"))
    assert "Would 10 instead of 12 seats do?" in text(desk.lead.get("/"))
    page = desk.lead.get(f"/needs/{need.ref}")
    assert "Then there would be room in Kontor i Östersund" in text(page)
    answer = re.search(r'action="(/needs/\w+/questions/\w+)"', page.text)
    assert answer and desk.lead.post(answer[1], {"answer": "maybe"}).status_code == 422
    assert desk.lead.post(answer[1], {"answer": "yes"}).status_code == 303
    page = text(desk.lead.get(f"/needs/{need.ref}"))
    assert "You said yes" in page and "Seats 10" in page
    assert "The project lead said yes" in text(desk.coordinator.get(f"{outcome}?show=without"))
    assert "Questions from coordinators" not in text(desk.coordinator.get(f"/needs/{need.ref}"))


def test_a_placement_is_tried_before_it_is_decided(desk: Desk) -> None:
    """From the outcome to the alternatives, to what would follow, to the lock; the page waits for it."""
    desk.offer(seats=5), desk.offer(seats=2, title="Lilla rummet")
    desk.need(title="Stora", seats=5)
    small = desk.need(title="Lilla", seats=3)
    match_round, run = desk.matched()
    outcome = f"/rounds/{match_round.ref}/runs/{run.ref}"
    here = f"{outcome}/needs/{small.ref}"
    assert here in desk.coordinator.get(f"{outcome}?show=without").text
    page = desk.coordinator.get(here)
    assert "Taken Stora" in text(page) and "Uses 3 of 5 seats" in text(page)
    forbidden = text(desk.coordinator.get(f"{here}?show=forbidden&rule=size"))
    assert "Lilla rummet" in forbidden and "Too small." in forbidden
    assert "There are no such premises" in text(desk.coordinator.get(f"{here}?show=forbidden&rule=near"))
    form = re.search(r'<form method="post" action="([^"]+/trials)">(.*?)</form>', page.text, re.S)
    assert form
    fields = dict(re.findall(r'name="(need|offer)" value="(\w+)"', form[2]))
    there = desk.coordinator.post(form[1], fields).location
    page = desk.coordinator.get(there)
    assert "The round is being solved once more" in text(page) and 'hx-trigger="every 2s"' in page.text
    desk.work()
    page = desk.coordinator.get(there)
    assert "hx-trigger" not in page.text
    assert "As many seats as possible −2 worse" in text(page)
    assert "Stora , Gästmyndigheten loses its place Kontor i Östersund" in text(page)
    assert "Lilla , Gästmyndigheten gets a place no place Kontor i Östersund" in text(page)
    lock = re.search(r'href="([^"]+decide\?kind=lock[^"]+)"', page.text)
    assert lock and desk.coordinator.get(lock[1].replace("&amp;", "&")).status_code == 200
    assert desk.coordinator.post(form[1], {"need": small.ref}).status_code == 422
    assert desk.coordinator.get(f"{outcome}/needs/2222222222").status_code == 404


def test_the_ledger_tells_each_decision_with_its_author_last_day_and_price(desk: Desk) -> None:
    """Made for everybody on the page, priced beside the next run, kept in the ledger when it is removed."""
    offer, need = desk.offer(), desk.need(seats=4)
    match_round, _run = desk.matched()
    here = f"/rounds/{match_round.ref}"
    page = desk.coordinator.get(f"{here}/decide?kind=bar&need={need.ref}&offer={offer.ref}")
    assert f'value="{match_round.answer_by.isoformat()}"' in page.text
    form = {"kind": "bar", "need": need.ref, "agency": desk.guest.ref, "offer": offer.ref, "whom": "premises"}
    form |= {"reason": "Vattenskada.", "stands_until": "2020-01-01"}
    answer = desk.coordinator.post(f"{here}/decide", form)
    assert answer.status_code == 422 and 'href="#f-stands_until"' in answer.text
    form["stands_until"] = desk.make.today.isoformat()
    assert desk.coordinator.post(f"{here}/decide", form).status_code == 303
    page = text(desk.coordinator.get(here))
    assert "All requests: not in Kontor i Östersund" in page and "Worked out after the next run." in page
    desk.asked_run(match_round), desk.work()
    assert "Being worked out." in text(desk.coordinator.get(here))
    desk.work()
    told = "Without it in run 2: As many seats as possible +4"
    page = text(desk.coordinator.get(here))
    assert told in page and "1 request would get a place." in page
    page = desk.coordinator.get(f"{here}/decisions")
    assert told in text(page) and "Vattenskada." in text(page) and desk.users["coordinator"].name in text(page)
    assert desk.coordinator.post(re.search(r'action="([^"]+/prices)"', page.text)[1]).status_code == 303
    decision = re.search(r"/decisions/(\w+)/remove", desk.coordinator.get(here).text)
    assert decision and desk.coordinator.post(f"{here}/decisions/{decision[1]}/remove").status_code == 303
    assert "A bar. Removed," in text(desk.coordinator.get(f"{here}/decisions"))
    sealed = desk.reading(desk.make.coordinator())
    assert told in text(sealed.get(f"{here}/decisions"))


def test_all_that_is_placed_in_premises_is_locked_from_one_page(desk: Desk) -> None:
    """One choice on the page of a lock makes a lock of each placement; while a run is under way one is told so."""
    offer = desk.offer(seats=10)
    needs = [desk.need(seats=2) for _ in range(3)]
    match_round, run = desk.matched()
    here = f"/rounds/{match_round.ref}"
    desk.asked_run(match_round)
    form = {"kind": "lock", "need": needs[0].ref, "agency": desk.guest.ref, "offer": offer.ref, "run": run.ref}
    form |= {"whom": "premises", "start": desk.make.today.isoformat(), "reason": "Behövs.", "stands_until": ""}
    assert desk.coordinator.post(f"{here}/decide", form).status_code == 303
    page = text(desk.coordinator.get(here))
    assert page.count("A lock") == 3 and "A run is under way without it" in page


def test_a_decision_is_carried_through_a_change_of_language(desk: Desk) -> None:
    """The button of the other language shows what was typed again, and decides nothing."""
    offer, need = desk.offer(), desk.need()
    match_round, _run = desk.matched()
    form = {"kind": "bar", "need": need.ref, "agency": desk.guest.ref, "offer": offer.ref, "reason": "Byggbuller."}
    answer = desk.coordinator.post(f"/rounds/{match_round.ref}/decide?lang=sv", {**form, "whom": "agency", "keep": "1"})
    assert answer.status_code == 200 and "Byggbuller." in answer.text and '<html lang="sv"' in answer.text
    assert re.search(r'name="whom" value="agency" checked', answer.text)
    desk.fresh()
    assert not match_round.decisions


@pytest.mark.parametrize("whom", [["agency", "need"], "everybody", ""])
def test_a_decision_for_nobody_known_bars_nobody(desk: Desk, whom: Any) -> None:
    """A form that says something else than the choices on the page is refused, and never read as "everybody"."""
    offer, need = desk.offer(), desk.need()
    match_round, _run = desk.matched()
    form = {"kind": "bar", "need": need.ref, "agency": desk.guest.ref, "offer": offer.ref, "reason": "x", "whom": whom}
    answer = desk.coordinator.post(f"/rounds/{match_round.ref}/decide", form)
    assert answer.status_code == 422 and "Choose one of the alternatives." in text(answer)
    desk.fresh()
    assert not match_round.decisions
