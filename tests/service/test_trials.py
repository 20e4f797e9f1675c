"""What if a request were forced into premises: tried in the background and told before anything is decided."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import sessionmaker

from platsverket import alternatives, decisions, offers, rounds, trials
from platsverket.errors import Refused
from platsverket.jobs import Worker
from platsverket.models import MatchRound, Run, Trial, User
from tests.factories import Factory


def _worker(make: Factory) -> Worker:
    make.session.rollback()
    return Worker(sessionmaker(make.session.get_bind(), expire_on_commit=False), make.config)


def _try(make: Factory, by: User, match_round: MatchRound, need: str, offer: str) -> trials.Told:
    ref, run = match_round.ref, match_round.runs[-1].ref
    asked = trials.what_if(make.session, make.identity(by), ref, run, {"need": need, "offer": offer})
    assert _worker(make).work_once()
    make.session.expire_all()
    assert asked.status == "done", asked.failure
    return trials.told(make.session, make.identity(by), asked)


def _two_for_one(make: Factory, **values: object) -> tuple[User, MatchRound, str, str, str]:
    """Two requests for premises that hold one of them: coordinator, round, the winner, the loser, the premises."""
    by = make.coordinator()
    if values.get("visibility") == "sealed":
        values["coordinators"] = [by.ref]
    offer = make.offer(make.agency(), seats=5, **values)
    winner, loser = make.need(make.agency(), seats=5), make.need(make.agency(), seats=3)
    return by, make.matched(by), winner.ref, loser.ref, offer.ref


def test_forcing_a_placement_tells_who_would_lose_theirs(make: Factory) -> None:
    """The effect on each goal and on each request, and who holds the seats; nothing is decided by it."""
    by, match_round, winner, loser, offer = _two_for_one(make)
    told = _try(make, by, match_round, loser, offer)
    assert not told.rules and not told.fits and [one["need"] for one in told.held] == [winner]
    assert told.goals and told.goals["most_seats"] == -2
    assert told.changes is not None
    assert {change.need: change.kind for change in told.changes} == {winner: "lost", loser: "gained"}
    assert len(match_round.runs) == 1 and not match_round.decisions


def test_what_rules_forbid_is_not_forced(make: Factory) -> None:
    """A request too large for the premises is told which rule forbids it."""
    by = make.coordinator()
    offer, need = make.offer(make.agency(), seats=5), make.need(make.agency(), seats=6)
    told = _try(make, by, make.matched(by), need.ref, offer.ref)
    assert told.rules == ["size"] and told.changes is None and told.goals is None


def test_seats_that_are_locked_cannot_be_taken_by_a_trial(make: Factory) -> None:
    """A lock stays: the trial says who holds the seats and forces nothing."""
    by, match_round, winner, loser, offer = _two_for_one(make)
    (placed,) = alternatives.of(make.session, make.identity(by), match_round.runs[-1], winner).allowed
    lock = {"kind": "lock", "need": winner, "agency": None, "offer": offer, "start": placed.start, "reason": "Behövs."}
    decisions.decide(make.session, make.identity(by), make.config, match_round.ref, lock)
    make.run(by, match_round)
    told = _try(make, by, match_round, loser, offer)
    assert told.changes is None and [one["need"] for one in told.held] == [winner]


def test_asked_twice_it_is_one_trial_and_a_waiting_run_goes_first(make: Factory) -> None:
    """A trial is worked off only when no run waits, and put back for one that comes meanwhile."""
    by, match_round, _winner, loser, offer = _two_for_one(make)
    who, ref, run = make.identity(by), match_round.ref, match_round.runs[-1].ref
    first = trials.what_if(make.session, who, ref, run, {"need": loser, "offer": offer})
    assert trials.what_if(make.session, who, ref, run, {"need": loser, "offer": offer}).ref == first.ref
    held = trials.claim(make.session, make.config)
    assert held and trials.renew(make.session, make.config, held, {}) == "go on"
    rounds.request_run(make.session, who, make.config, ref, {"effort": "quick", "seed": None})
    assert trials.renew(make.session, make.config, held, {}) == "lost"
    assert not trials.store(make.session, held, {"rules": [], "fits": True, "held": []})
    worker = _worker(make)
    assert worker.work_once()
    make.session.expire_all()
    assert [one.status for one in match_round.runs] == ["done", "done"] and first.status == "waiting"
    worker = _worker(make)
    assert worker.work_once() and not worker.work_once()
    make.session.expire_all()
    assert first.status == "done"


def test_what_somebody_waits_for_goes_before_prices(make: Factory) -> None:
    """A trial that a coordinator asks for is worked off before prices that were asked for earlier."""
    by, match_round, winner, loser, offer = _two_for_one(make)
    bar = {"kind": "bar", "need": winner, "agency": None, "offer": offer, "start": None, "reason": "Behövs."}
    decisions.decide(make.session, make.identity(by), make.config, match_round.ref, bar)
    make.run(by, match_round)
    waiting = make.session.query(Trial).one()
    assert waiting.decision_id and waiting.status == "waiting"
    told = _try(make, by, match_round, loser, offer)
    assert told.fits and waiting.status == "waiting"


def test_a_trial_that_breaks_is_parked_with_its_tries_used_up(make: Factory) -> None:
    """Whatever the engine meets, the worker lives on, the trial says that it failed, and can be asked for again."""
    by, match_round, _winner, loser, offer = _two_for_one(make)
    who, ref, run = make.identity(by), match_round.ref, match_round.runs[-1]
    asked = trials.what_if(make.session, who, ref, run.ref, {"need": loser, "offer": offer})
    plan = run.plan
    run.plan = "{}"
    make.session.commit()
    worker = _worker(make)
    for _ in range(make.config.jobs.tries):
        assert worker.work_once()
    assert not worker.work_once()
    make.session.expire_all()
    assert (asked.status, asked.failure) == ("failed", "tried_too_often")
    run.plan = plan
    make.session.commit()
    assert trials.what_if(make.session, who, ref, run.ref, {"need": loser, "offer": offer}).status == "waiting"


def test_what_was_promised_before_the_round_is_not_tried(make: Factory) -> None:
    """A request that is agreed keeps its place, so there is nothing to try."""
    by = make.coordinator()
    make.offer(make.agency())
    make.need(make.agency())
    (held,) = make.published(by)
    match_round = make.matched(by, name="Omgång 2")
    asked = {"need": held.need.ref, "offer": held.offer.ref}
    with pytest.raises(Refused, match="need_promised"):
        trials.what_if(make.session, make.identity(by), match_round.ref, match_round.runs[-1].ref, asked)


def test_trials_and_alternatives_tell_nothing_of_sealed_premises(make: Factory) -> None:
    """To a coordinator they do not name they are no alternative, hold nothing, and what touches them is left out."""
    by, match_round, winner, loser, sealed = _two_for_one(make, visibility="sealed")
    stranger, run = make.identity(make.coordinator()), match_round.runs[-1]
    found = alternatives.of(make.session, stranger, run, winner)
    assert (found.placed, found.allowed, found.forbidden) == (None, [], [])
    assert alternatives.of(make.session, make.identity(by), run, winner).placed is not None
    with pytest.raises(Refused, match="not_found"):
        trials.what_if(make.session, stranger, match_round.ref, run.ref, {"need": loser, "offer": sealed})
    _try(make, by, match_round, loser, sealed)
    trial = make.session.query(Trial).one()
    with pytest.raises(Refused, match="not_found"):
        trials.read(make.session, stranger, match_round.ref, run.ref, trial.ref)
    told = trials.told(make.session, stranger, trial)
    assert (told.held, told.goals, told.changes) == ([], None, [])


def test_every_alternative_is_told_with_who_holds_it_and_what_forbids_it(make: Factory) -> None:
    """Allowed premises with fit and room or holders, the placement first; forbidden ones with every rule."""
    by, match_round, winner, loser, offer = _two_for_one(make)
    run: Run = match_round.runs[-1]
    for need, chosen in ((winner, True), (loser, False)):
        (one,) = alternatives.of(make.session, make.identity(by), run, need).allowed
        assert (one.offer, one.chosen, one.free) == (offer, chosen, chosen)
        assert [holder.need for holder in one.held] == ([] if chosen else [winner])
    small = make.offer(make.agency(), seats=1, place="Umeå", weekdays=["mon"])
    later = make.matched(by, name="Omgång 2")
    (barred,) = alternatives.of(make.session, make.identity(by), later.runs[-1], winner).forbidden
    assert barred.offer == small.ref and barred.rules == ["near", "size", "weekdays"]
    assert 270 < barred.km < 310
    offers.withdraw(make.session, make.identity(make.officer(small.agency)), small.ref)
    assert alternatives.of(make.session, make.identity(by), later.runs[-1], winner).forbidden  # coordinators still read
