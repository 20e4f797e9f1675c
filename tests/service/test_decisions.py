"""Locks and bars have an author, a reason and a last day; what each costs is worked out beside its run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from platsverket import decisions, prices, rounds, runs
from platsverket.database import writing
from platsverket.errors import Refused
from platsverket.jobs import Worker
from platsverket.models import Decision, Event, MatchRound, Offer, Trial, User
from tests.factories import Factory


def _decide(make: Factory, by: User, match_round: MatchRound, **values: Any) -> Decision:
    said = {"kind": "bar", "need": None, "agency": None, "start": None, "reason": "Behövs.", **values}
    return decisions.decide(make.session, make.identity(by), make.config, match_round.ref, said)


def _worked(make: Factory) -> None:
    """Work off all that waits."""
    make.session.rollback()
    worker = Worker(sessionmaker(make.session.get_bind(), expire_on_commit=False), make.config)
    while worker.work_once():
        pass
    make.session.expire_all()


def _placed(make: Factory, match_round: MatchRound) -> list[tuple[str, str]]:
    plan = runs.plan_of(make.session, match_round.runs[-1])
    return [(p["need"], p["offer"]) for p in plan["placements"]]


def _over(make: Factory, decision: Decision) -> None:
    """As if the decision's last day had passed."""

    @writing
    def end(session: Any) -> None:
        session.get_one(Decision, decision.id).stands_until = make.today - timedelta(days=1)

    end(make.session)
    make.session.expire_all()


def test_premises_ruled_out_for_everybody_stay_empty_but_for_what_was_promised(make: Factory) -> None:
    """Who was promised a place there keeps it, also one of an organisation whose other requests are ruled out."""
    by, guest = make.coordinator(), make.agency()
    offer = make.offer(make.agency(), seats=30)
    make.need(guest)
    (promised,) = make.published(by)
    make.need(guest), make.need(make.agency())
    match_round = make.matched(by, name="Omgång 2")
    assert len(_placed(make, match_round)) == 3
    _decide(make, by, match_round, offer=offer.ref)
    make.run(by, match_round)
    assert _placed(make, match_round) == [(promised.need.ref, offer.ref)]
    rounds.publish(make.session, make.identity(by), make.config, match_round.ref, match_round.runs[-1].ref)


def test_a_bar_for_everybody_contradicts_a_lock_there(make: Factory) -> None:
    """What a coordinator locked in the premises must be undone first; nothing is recorded."""
    by, offer, need = make.coordinator(), make.offer(make.agency()), make.need(make.agency())
    match_round = make.matched(by)
    start = make.today + timedelta(days=8)
    _decide(make, by, match_round, kind="lock", need=need.ref, offer=offer.ref, start=start)
    with pytest.raises(Refused, match="decision_impossible"):
        _decide(make, by, match_round, offer=offer.ref)
    make.session.rollback()
    assert make.session.scalars(select(Decision.kind)).all() == ["lock"]


def test_a_decision_steers_until_its_last_day(make: Factory) -> None:
    """It stands until the last day to answer if nothing else is said; after its day the next run does without it."""
    by, offer, need = make.coordinator(), make.offer(make.agency()), make.need(make.agency())
    match_round = make.matched(by)
    bar = _decide(make, by, match_round, need=need.ref, offer=offer.ref)
    assert bar.stands_until == match_round.answer_by
    make.run(by, match_round)
    assert _placed(make, match_round) == []
    _over(make, bar)
    assert bar.status(make.today) == "over"
    assert decisions.decided_since(match_round, match_round.runs[-1]) == 1
    make.run(by, match_round)
    assert _placed(make, match_round) == [(need.ref, offer.ref)]
    with pytest.raises(Refused) as refused:
        _decide(make, by, match_round, need=need.ref, offer=offer.ref, stands_until=make.today - timedelta(days=1))
    assert refused.value.fields["stands_until"][0].code == "in_the_past"
    again = _decide(make, by, match_round, need=need.ref, offer=offer.ref, stands_until=make.today)
    assert again.ref != bar.ref and again.status(make.today) == "standing"


def test_all_of_an_organisation_or_in_premises_is_locked_where_it_is(make: Factory) -> None:
    """Each placement becomes a lock of its own with the reason; what is not placed there is not touched."""
    by, guest = make.coordinator(), make.agency()
    here, there = make.offer(make.agency(), seats=10), make.offer(make.agency(), seats=10, place="Umeå")
    for place in ("63.1767, 14.6361", "Umeå"):
        make.need(guest, place=place, max_km=5.0), make.need(make.agency(), place=place, max_km=5.0)
    match_round = make.matched(by)
    run, who = match_round.runs[-1].ref, make.identity(by)
    said = {"agency": None, "offer": None, "reason": "Flytten är beställd.", "stands_until": None}
    made = decisions.lock_all(make.session, who, match_round.ref, run, {**said, "offer": here.ref})
    assert len(made) == 2 and {d.offer.ref for d in made} == {here.ref}
    made = decisions.lock_all(make.session, who, match_round.ref, run, {**said, "agency": guest.ref})
    assert {(d.need.agency.ref if d.need else "", d.offer.ref) for d in made} == {
        (guest.ref, here.ref), (guest.ref, there.ref)
    }  # fmt: skip
    make.session.rollback()
    assert len(make.session.scalars(select(Decision.id)).all()) == 3  # one of them was locked before
    assert len(make.session.scalars(select(Event.id).where(Event.kind == "decision.made")).all()) == 3
    with pytest.raises(Refused, match="nothing_to_lock"):
        decisions.lock_all(make.session, who, match_round.ref, run, {**said, "agency": make.agency().ref})


def test_locking_all_leaves_sealed_premises_to_those_they_name(make: Factory) -> None:
    """Another coordinator locks nothing there, and is not told that there was anything."""
    by, guest = make.coordinator(), make.agency()
    make.offer(make.agency(), visibility="sealed", coordinators=[by.ref])
    make.need(guest)
    match_round = make.matched(by)
    said = {"agency": guest.ref, "offer": None, "reason": "Behövs.", "stands_until": None}
    stranger = make.identity(make.coordinator())
    with pytest.raises(Refused, match="nothing_to_lock"):
        decisions.lock_all(make.session, stranger, match_round.ref, match_round.runs[-1].ref, said)


def test_the_price_of_a_decision_is_what_its_run_would_gain_without_it(make: Factory) -> None:
    """A bar that empties premises costs their seats; one that changes nothing costs nothing."""
    by = make.coordinator()
    offer, other = make.offer(make.agency(), seats=5), make.offer(make.agency(), place="Umeå")
    need = make.need(make.agency(), seats=4)
    match_round = make.matched(by)
    costly = _decide(make, by, match_round, need=need.ref, offer=offer.ref)
    free = _decide(make, by, match_round, need=need.ref, offer=other.ref)
    make.run(by, match_round)
    who = make.identity(by)
    assert prices.of_round(make.session, who, match_round)[costly.ref].status == "waiting"
    _worked(make)
    found = prices.of_round(make.session, who, match_round)
    assert found[costly.ref].goals and found[costly.ref].goals["most_seats"] == 4
    assert found[costly.ref].tally["gained"] == 1
    assert found[free.ref].goals == {} and found[free.ref].status == "done"
    assert prices.ask(make.session, match_round.runs[-1].id) == 0


def test_a_newer_run_makes_earlier_prices_that_wait_needless(make: Factory) -> None:
    """Only the latest run's prices are worked out; what was asked for of an earlier one is not."""
    by, offer, need = make.coordinator(), make.offer(make.agency()), make.need(make.agency())
    match_round = make.matched(by)
    bar = _decide(make, by, match_round, need=need.ref, offer=offer.ref)
    make.run(by, match_round), make.run(by, match_round)
    _worked(make)
    assert prices.of_round(make.session, make.identity(by), match_round)[bar.ref].run.number == 3
    assert [trial.run.number for trial in make.session.scalars(select(Trial))] == [3]


def test_prices_tell_nothing_of_sealed_premises(make: Factory) -> None:
    """A stranger has no price of a decision on them, and no figures of others, for those count sealed seats too."""
    by = make.coordinator()
    sealed = make.offer(make.agency(), visibility="sealed", coordinators=[by.ref])
    opened: Offer = make.offer(make.agency())
    need = make.need(make.agency(), seats=4)
    match_round = make.matched(by)
    bars = [_decide(make, by, match_round, need=need.ref, offer=one.ref) for one in (sealed, opened)]
    make.run(by, match_round)
    _worked(make)
    assert prices.of_round(make.session, make.identity(by), match_round)[bars[0].ref].goals
    found = prices.of_round(make.session, make.identity(make.coordinator()), match_round)
    assert set(found) == {bars[1].ref} and found[bars[1].ref].goals is None and found[bars[1].ref].hidden
    assert not any(found[bars[1].ref].tally.values())
