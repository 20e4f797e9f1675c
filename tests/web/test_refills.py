"""A coordinator sees on the round's page what each refill took up and gave, begins one at once, and releases it."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from platsverket.models import Need, Proposal, Run
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def _declined(desk: Desk) -> Proposal:
    """Seats for one, two who ask for them, and a no from the first."""
    day = desk.make.used_day()
    desk.offer(seats=4)
    for title in ("Ett", "Två"):
        desk.need(title=title, earliest_start=day, latest_start=day)
    (first,) = desk.published()
    desk.lead.post(f"/proposals/{first.ref}/answer", {"answer": "declined", "side": "lead", "reason": "too_far"})
    return first


def test_the_next_in_the_queue_finds_a_proposal_in_the_inbox(desk: Desk) -> None:
    """After a no the page counts what waits; after the refill it tells what it took up and gave."""
    first = _declined(desk)
    here = f"/rounds/{first.match_round.ref}"
    assert "1 change is waiting for the next refill" in text(desk.coordinator.get(here))
    desk.make.filled_up()
    page = text(desk.coordinator.get(here))
    assert "declined proposals: 1" in page and "waiting for the next refill" not in page
    assert "1 proposal awaits your answer" in text(desk.lead.get("/proposals"))
    assert "Refill 2 was published: 1 new proposals" in text(desk.coordinator.get("/events"))
    run = desk.make.session.scalars(select(Run).where(Run.is_refill)).one()
    assert desk.coordinator.get(f"{here}/runs/{run.ref}").status_code == 200


def test_a_round_with_many_refills_asks_the_database_as_often_as_with_few(desk: Desk) -> None:
    """However often it has been filled up, neither its page nor that of a later request reads a refill's market."""
    desk.need(title="För stort", seats=40)  # waits all the time, so that there is always something to fill up
    here = f"/rounds/{_declined(desk).match_round.ref}"
    later = f"/needs/{desk.need(title='Senare', seats=40).ref}"
    counts = []
    for title in ("Ett hus", "Ett till", "Ett tredje"):
        desk.offer(seats=4, title=title)
        desk.make.filled_up()
        counts.append((desk.queries(here), desk.queries(later)))
    assert len(desk.make.session.scalars(select(Run).where(Run.is_refill)).all()) == 3
    assert counts[0] == counts[1] == counts[2]


def test_a_request_left_out_of_a_refill_is_told_why(desk: Desk) -> None:
    """Whoever declined stays without a proposal, and reads that the premises that suit are ruled out or taken."""
    first = _declined(desk)
    desk.make.filled_up()
    page = text(desk.lead.get(f"/needs/{first.need.ref}"))
    assert "Declined" in page and "There are premises that suit" in page


def test_a_coordinator_begins_and_releases_a_refill(desk: Desk) -> None:
    """Where refills are released by hand nothing goes out before; a second release changes nothing."""
    service = desk.web.app.extensions["platsverket"]
    rounds = dataclasses.replace(service.config.rounds, refill="released")
    service = dataclasses.replace(service, config=dataclasses.replace(service.config, rounds=rounds))
    desk.web.app.extensions["platsverket"] = service
    desk.make.config = service.config
    first = _declined(desk)
    here = f"/rounds/{first.match_round.ref}"
    assert desk.coordinator.post(f"{here}/refill").location == f"{here}#refills"
    answer = desk.coordinator.post(f"{here}/refill")
    assert answer.status_code == 409 and "a refill is under way" in text(answer)
    desk.work()
    assert "awaits your answer" not in text(desk.lead.get("/proposals"))
    run = desk.make.session.scalars(select(Run).where(Run.is_refill)).one()
    release = f"{here}/runs/{run.ref}/release"
    assert f'action="{release}"' in desk.coordinator.get(here).text
    assert desk.officer.post(release).status_code == 403
    for _ in range(2):
        assert desk.coordinator.post(release).status_code == 303
    assert "1 proposal awaits your answer" in text(desk.lead.get("/proposals"))
    assert f'action="{release}"' not in desk.coordinator.get(here).text


def test_prices_are_worked_out_in_a_run_that_followed_decisions(desk: Desk) -> None:
    """A refill follows no decision by itself, so after it the ledger still offers the published run."""
    other = desk.offer(title="Utdömt hus")
    desk.offer(seats=4), desk.need(title="Ett"), desk.need(title="Två")
    match_round, _run = desk.matched()
    here = f"/rounds/{match_round.ref}"
    bar = {"kind": "bar", "offer": other.ref, "need": desk.make.session.scalars(select(Need.ref)).first()}
    assert desk.coordinator.post(f"{here}/decide", {**bar, "whom": "premises", "reason": "Rivs."}).status_code == 303
    desk.asked_run(match_round), desk.work(), desk.fresh()
    published = match_round.runs[-1]
    assert desk.coordinator.post(f"{here}/runs/{published.ref}/publish").status_code == 303
    (proposal,) = desk.make.session.scalars(select(Proposal)).unique()
    desk.lead.post(f"/proposals/{proposal.ref}/answer", {"answer": "declined", "side": "lead", "reason": "too_far"})
    desk.make.filled_up()
    assert desk.make.session.scalars(select(Run).where(Run.is_refill)).one().status == "done"
    page = desk.coordinator.get(f"{here}/decisions")
    assert "Work out the prices in run 2" in text(page)
    assert f'action="{here}/runs/{published.ref}/prices"' in page.text
