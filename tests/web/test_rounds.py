"""A coordinator takes a round from its dates to its proposals; nobody else gets in, and every refusal is a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from platsverket import needs
from platsverket.database import now
from platsverket.models import Decision, MatchRound, Proposal, Run
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def dates(desk: Desk, **changed: str) -> dict[str, str]:
    days = {"opens_on": 0, "freezes_on": 7, "publishes_on": 14, "answer_by": 28}
    given = {name: (desk.make.today + timedelta(days=day)).isoformat() for name, day in days.items()}
    return {"name": "Våren 2027", **given, **changed}


def test_opens_a_round_and_finds_it_in_the_list(desk: Desk) -> None:
    """An empty list says what to do; the form proposes dates in order; the round then stands in the list."""
    assert "No rounds yet" in text(desk.coordinator.get("/rounds"))
    assert f'value="{desk.make.today.isoformat()}"' in desk.coordinator.get("/rounds/new").text
    answer = desk.coordinator.post("/rounds/new", dates(desk))
    assert answer.status_code == 303
    page = desk.coordinator.get(answer.location)
    assert "Våren 2027" in text(page) and "Gathering" in text(page) and "Freeze the round" in text(page)
    assert "Våren 2027" in text(desk.coordinator.get("/rounds"))


def test_dates_out_of_order_are_told_at_their_field(desk: Desk) -> None:
    """A round that would answer before it publishes is refused at that date; what was typed stays."""
    early = desk.make.today.isoformat()
    answer = desk.coordinator.post("/rounds/new", dates(desk, name="Typed name", answer_by=early))
    assert answer.status_code == 422
    assert 'href="#f-answer_by"' in answer.text and "The dates must come in order" in answer.text
    assert 'value="Typed name"' in answer.text and "<title>Error:" in answer.text
    assert desk.make.session.scalar(select(func.count(MatchRound.id))) == 0


def test_takes_a_round_from_freeze_to_proposals(desk: Desk) -> None:
    """Freeze, run, look, publish: each page leads to the next, and both sides get their proposal."""
    desk.offer(), desk.need()
    match_round = desk.make.round(desk.users["coordinator"])
    here = f"/rounds/{match_round.ref}"
    assert desk.coordinator.post(f"{here}/freeze").status_code == 303
    page = text(desk.coordinator.get(here))
    assert "1 with 10 seats" in page and "1 for 4 seats" in page and "Run the match" in page
    answer = desk.coordinator.post(f"{here}/runs", {"effort": "quick", "seed": "7"})
    assert answer.status_code == 303 and answer.location == here
    assert "Run 1 is waiting for its turn" in text(desk.coordinator.get(here))
    desk.work()
    page = desk.coordinator.get(here)
    assert "1 of 1" in text(page) and "proven best possible" in text(page)
    run = desk.make.session.scalars(select(Run)).one()
    assert (run.seed, run.effort) == (7, "quick")
    outcome = f"{here}/runs/{run.ref}"
    assert f'href="{outcome}"' in page.text
    assert "Projektrum" in text(desk.coordinator.get(outcome))
    asked = text(desk.coordinator.get(f"{outcome}/publish"))
    assert "1 proposal goes out" in asked and "Publish before its day?" in asked
    assert desk.coordinator.post(f"{outcome}/publish").location == here
    page = text(desk.coordinator.get(here))
    assert "Both sides of each proposal can answer now" in page and "Awaiting answers 1" in page
    assert desk.make.session.scalar(select(func.count(Proposal.id))) == 1


def test_progress_is_told_in_plain_words_and_ends_by_itself(desk: Desk) -> None:
    """The polled section names the goal, what is reached and its limit, and stops asking when the run is done."""
    desk.offer(), desk.need()
    match_round = desk.make.round(desk.users["coordinator"])
    desk.coordinator.post(f"/rounds/{match_round.ref}/freeze")
    desk.fresh()
    run = desk.asked_run(match_round)
    here = f"/rounds/{match_round.ref}/runs/{run.ref}/progress"
    run.started_at = now()
    run.progress = {"phase": "goal", "goal": "most_seats", "value": 987, "bound": 1000}
    desk.make.session.commit()
    section = desk.coordinator.get(here, headers={"HX-Request": "true"})
    assert "<html" not in section.text and 'hx-trigger="every 2s"' in section.text
    said = text(section)
    assert "As many seats as possible" in said and "987 so far, proven limit 1,000" in said
    assert "98.7 % of what is provably possible" in said and "step 3 of 8" in said
    assert "Stop and keep the best plan so far" in said
    assert desk.coordinator.get(here).location == f"/rounds/{match_round.ref}"
    assert desk.coordinator.post(f"/rounds/{match_round.ref}/runs/{run.ref}/stop").status_code == 303
    assert "has been asked to stop" in text(desk.coordinator.get(f"/rounds/{match_round.ref}"))
    desk.work()
    ended = desk.coordinator.get(here, headers={"HX-Request": "true"})
    assert ended.headers["HX-Redirect"] == f"/rounds/{match_round.ref}"
    page = desk.coordinator.get(ended.headers["HX-Redirect"])
    assert "Run 1 is done. Requests placed: 1 of 1." in text(page) and "hx-trigger" not in page.text


def test_a_failed_run_is_told_and_can_be_run_again(desk: Desk) -> None:
    """What happened stands in a sentence on the round, beside the form to run again."""
    desk.offer(), desk.need()
    match_round = desk.make.round(desk.users["coordinator"])
    desk.coordinator.post(f"/rounds/{match_round.ref}/freeze")
    desk.fresh()
    run = desk.asked_run(match_round)
    run.started_at = run.ended_at = now()
    run.failure = "tried_too_often"
    desk.make.session.commit()
    page = text(desk.coordinator.get(f"/rounds/{match_round.ref}"))
    assert "Run 1 failed" in page and "broke off several times" in page and "Run again" in page
    assert desk.coordinator.get(f"/rounds/{match_round.ref}/runs/{run.ref}").status_code == 303


def test_a_run_refuses_a_wrong_seed_and_a_second_run_beside_it(desk: Desk) -> None:
    """A seed that is no number is told at its field, opened; a run under way is a conflict in a sentence."""
    match_round = desk.make.round(desk.users["coordinator"])
    here = f"/rounds/{match_round.ref}"
    desk.coordinator.post(f"{here}/freeze")
    answer = desk.coordinator.post(f"{here}/runs", {"effort": "quick", "seed": "many"})
    assert answer.status_code == 422 and 'href="#f-seed"' in answer.text and 'value="many"' in answer.text
    assert "<details" in answer.text and "open>" in answer.text.split("<details", 2)[2][:40]
    assert desk.coordinator.post(f"{here}/runs", {"effort": "quick", "seed": "1"}).status_code == 303
    answer = desk.coordinator.post(f"{here}/runs", {"effort": "quick", "seed": "1"})
    assert answer.status_code == 409 and "A run is already under way" in text(answer)
    assert desk.make.session.scalar(select(func.count(Run.id))) == 1


def test_what_no_longer_holds_is_set_aside_with_its_reason(desk: Desk) -> None:
    """A request withdrawn after the run gets no proposal; the round says which and why."""
    desk.offer()
    kept, gone = desk.need(title="Kvar"), desk.need(title="Borta")
    match_round, run = desk.matched()
    needs.withdraw(desk.make.session, desk.make.identity(desk.users["lead"]), gone.ref)
    desk.coordinator.post(f"/rounds/{match_round.ref}/runs/{run.ref}/publish")
    page = desk.coordinator.get(f"/rounds/{match_round.ref}")
    assert "1 placement no longer held and was set aside" in text(page)
    assert "Borta" in text(page) and "the request has been withdrawn" in text(page)
    assert [p.need_id for p in desk.make.session.scalars(select(Proposal))] == [kept.id]


def test_a_round_is_published_once_and_in_time(desk: Desk) -> None:
    """A second publication and one after the last day to answer are conflicts, told on the page that asked."""
    desk.offer(), desk.need()
    match_round, run = desk.matched()
    publish = f"/rounds/{match_round.ref}/runs/{run.ref}/publish"
    late = desk.make.session.get_one(MatchRound, match_round.id)
    days = (late.opens_on, late.freezes_on, late.publishes_on, late.answer_by)
    past = desk.make.today - timedelta(days=3)
    late.opens_on = late.freezes_on = late.publishes_on = late.answer_by = past
    desk.make.session.commit()
    answer = desk.coordinator.post(publish)
    assert answer.status_code == 409 and "The last day to answer has passed" in text(answer)
    late.opens_on, late.freezes_on, late.publishes_on, late.answer_by = days
    desk.make.session.commit()
    assert desk.coordinator.post(publish).status_code == 303
    answer = desk.coordinator.post(publish)
    assert answer.status_code == 409 and "has already published the round" in text(answer)
    assert "That did not work" in text(answer) and "There is a problem" not in text(answer)
    assert desk.make.session.scalar(select(func.count(Proposal.id))) == 1


def test_a_round_is_called_off_after_a_question(desk: Desk) -> None:
    """The page says what calling off means; afterwards the round offers nothing but a new one."""
    match_round = desk.make.round(desk.users["coordinator"])
    here = f"/rounds/{match_round.ref}"
    assert "This cannot be undone" in text(desk.coordinator.get(f"{here}/cancel"))
    assert desk.coordinator.post(f"{here}/cancel").status_code == 303
    page = text(desk.coordinator.get(here))
    assert "Called off" in page and "Open a new round" in page and "Freeze the round" not in page
    answer = desk.coordinator.post(f"{here}/freeze")
    assert answer.status_code == 409 and "already been frozen or called off" in text(answer)


def test_only_coordinators_steer_rounds(desk: Desk) -> None:
    """Every address of a round is closed to the parties, whether it shows or changes."""
    desk.offer(), desk.need()
    match_round, run = desk.matched()
    here, outcome = f"/rounds/{match_round.ref}", f"/rounds/{match_round.ref}/runs/{run.ref}"
    shows = ["/rounds", "/rounds/new", here, f"{here}/cancel", f"{here}/decide", outcome, f"{outcome}/publish",
             f"{outcome}/progress", f"{outcome}/market.json", f"{outcome}/plan.json"]  # fmt: skip
    changes = ["/rounds/new", f"{here}/freeze", f"{here}/cancel", f"{here}/runs", f"{here}/decide",
               f"{here}/decisions/2222222222/remove", f"{outcome}/stop", f"{outcome}/publish"]  # fmt: skip
    for visitor in (desk.officer, desk.lead):
        assert {visitor.get(path).status_code for path in shows} == {403}
        assert {visitor.post(path).status_code for path in changes} == {403}
    assert desk.web.get(here).status_code == 303  # a stranger is asked to sign in
    assert desk.make.session.scalar(select(func.count(Proposal.id))) == 0


def test_what_does_not_exist_is_not_found(desk: Desk) -> None:
    """Unknown rounds, a run of another round and an unknown decision answer 404; a form without its token 400."""
    desk.offer(), desk.need()
    one, run = desk.matched()
    other = desk.make.round(desk.users["coordinator"], name="En annan")
    paths = ["/rounds/2222222222", f"/rounds/{one.ref}/decide?kind=lock"]
    paths += [f"/rounds/{other.ref}/runs/{run.ref}", f"/rounds/{other.ref}/runs/{run.ref}/plan.json"]
    assert {desk.coordinator.get(path).status_code for path in paths} == {404}
    assert desk.coordinator.post(f"/rounds/{one.ref}/decisions/2222222222/remove").status_code == 404
    assert desk.coordinator.client.post(f"/rounds/{other.ref}/freeze").status_code == 400
    assert desk.make.session.scalar(select(func.count(Decision.id))) == 0
