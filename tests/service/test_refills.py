"""The loop closes itself: what is declined, let pass, withdrawn or newly offered goes to those who wait."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from platsverket import decisions, ledger, needs, offers, proposals, refills, rounds, runs
from platsverket.database import now, writing
from platsverket.errors import Refused
from platsverket.jobs import Worker
from platsverket.models import Agreement, Event, Freed, Proposal, Run, SeatDay, User
from tests.factories import Factory

ACCEPT = {"answer": "accepted", "reason": None, "side": None}


class Queue:
    """Premises with four seats and three requests for all of them at the same time: one is proposed, two wait."""

    def __init__(self, make: Factory):
        self.make = make
        self.host = make.agency("Värden")
        self.officer, self.coordinator = make.officer(self.host), make.coordinator()
        self.offer = make.offer(self.host, self.officer, seats=4)
        day = make.used_day()
        self.leads: dict[str, User] = {}
        for name in ("Ett", "Två", "Tre"):
            guest = make.agency(name)
            lead = make.lead(guest)
            need = make.need(guest, lead, title=name, earliest_start=day, latest_start=day)
            self.leads[need.ref] = lead
        (first,) = make.published(self.coordinator)
        self.round = first.match_round

    def open(self) -> Proposal:
        """The one proposal that awaits answers."""
        self.make.session.expire_all()
        return self.make.session.scalars(select(Proposal).where(Proposal.holds_seats)).unique().one()

    def all(self) -> list[Proposal]:
        return list(self.make.session.scalars(select(Proposal).order_by(Proposal.id)).unique())

    def refills(self) -> list[Run]:
        return list(self.make.session.scalars(select(Run).where(Run.is_refill).order_by(Run.id)))

    def answer(self, proposal: Proposal, side: str, reason: str = "") -> None:
        user = self.officer if side == "poster" else self.leads[proposal.need.ref]
        values = {**ACCEPT, "answer": "declined", "reason": reason} if reason else ACCEPT
        proposals.answer(self.make.session, self.make.identity(user), proposal.ref, dict(values))

    def withdraw(self, proposal: Proposal) -> None:
        by = self.make.identity(self.leads[proposal.need.ref])
        proposals.withdraw(self.make.session, by, proposal.ref, {"reason": "cost"})

    def let_pass(self, proposal: Proposal) -> None:
        proposal.answer_by = now() - timedelta(seconds=1)
        self.make.session.commit()


@pytest.fixture
def queue(make: Factory) -> Queue:
    return Queue(make)


@pytest.mark.parametrize(
    "frees",
    [
        lambda queue, proposal: queue.answer(proposal, "lead", "too_far"),
        lambda queue, proposal: queue.answer(proposal, "poster", "not_suitable"),
        lambda queue, proposal: queue.withdraw(proposal),
    ],
    ids=["guest declines", "host declines", "guest withdraws"],
)
def test_what_comes_free_is_proposed_to_who_waits(queue: Queue, frees: Callable[[Queue, Proposal], None]) -> None:
    """The next in the queue gets the seats, with a deadline, and whoever let them go is not asked again."""
    first = queue.open()
    frees(queue, first)
    queue.make.filled_up()
    second = queue.open()
    assert second.need.ref != first.need.ref and second.offer_id == first.offer_id
    assert second.answer_by > now() + timedelta(days=6) and second.match_round.ref == queue.round.ref
    frees(queue, second)
    queue.make.filled_up()
    third = queue.open()
    assert len({first.need.ref, second.need.ref, third.need.ref}) == 3
    frees(queue, third)
    queue.make.filled_up()
    assert len(queue.all()) == 3, "everybody has been asked once, and nobody again"
    kinds = [e.kind for e in queue.make.session.scalars(select(Event).where(Event.noun == "round")).unique()]
    assert kinds.count("round.refilled") == 3


def test_silence_frees_the_seats_for_the_next(queue: Queue) -> None:
    """A proposal that nobody answered in time goes to the next; who was silent waits for the next round."""
    first = queue.open()
    queue.let_pass(first)
    writing(ledger.release_expired)(queue.make.session, now())
    queue.make.filled_up()
    assert queue.open().need.ref != first.need.ref
    assert first.expired_at is not None
    queue.make.offer(queue.host, queue.officer, seats=20, title="Nytt hus")
    queue.make.filled_up()
    assert [p.id for p in queue.all() if p.need_id == first.need_id] == [first.id]
    assert len(queue.all()) == 3


def test_new_premises_fill_up_the_round(queue: Queue) -> None:
    """Premises posted after the publication go to a request that waits in it, not to one posted later."""
    late = queue.make.need(queue.host, queue.make.lead(queue.host), seats=4, title="Senare")
    queue.make.offer(queue.host, queue.officer, seats=8, title="Nytt hus")
    queue.make.filled_up()
    placed = [p for p in queue.all() if p.offer.title == "Nytt hus"]
    assert len(placed) == 2 and late.ref not in {p.need.ref for p in placed}


def test_who_has_accepted_is_not_moved(queue: Queue) -> None:
    """An agreement and a proposal answered by one side keep their place and days through a refill."""
    first = queue.open()
    queue.answer(first, "lead")
    queue.make.offer(queue.host, queue.officer, seats=4, title="Nytt hus")
    queue.make.filled_up()
    kept = queue.make.session.get_one(Proposal, first.id)
    assert (kept.holds_seats, kept.offer_id, kept.lead_answer) == (True, queue.offer.id, "accepted")
    queue.answer(first, "poster")
    agreement = queue.make.session.scalars(select(Agreement)).unique().one()
    queue.make.offer(queue.host, queue.officer, seats=4, title="Ett hus till")
    queue.make.filled_up()
    market = runs.market_of(queue.make.session, queue.refills()[-1])
    locks = {lock["need"]: lock for lock in market["decisions"]["locked"]}
    assert locks[first.need.ref] == {
        "need": first.need.ref, "offer": queue.offer.ref, "start": first.start.isoformat()
    }  # fmt: skip
    assert agreement.last_day == first.until
    over = [day for day in queue.make.session.scalars(select(SeatDay)) if day.agreed + day.held > day.capacity]
    assert not over


def test_several_declines_close_together_give_one_refill(queue: Queue) -> None:
    """What comes free is waited for until it is quiet, and taken up all at once, once."""
    queue.make.offer(queue.host, queue.officer, seats=4, title="Nytt hus")
    queue.answer(queue.open(), "lead", "too_far")
    config, session = queue.make.config, queue.make.session
    refills.call_out(session, config, now() + timedelta(seconds=5))
    assert queue.refills() == []
    refills.call_out(session, config, now() + timedelta(minutes=2))
    refills.call_out(session, config, now() + timedelta(minutes=2))
    (refill,) = queue.refills()
    assert {f.cause for f in session.scalars(select(Freed).where(Freed.run_id == refill.id))} == {"declined", "offer"}
    assert not session.scalars(select(Freed).where(Freed.taken_up_at.is_(None))).all()


def test_a_steady_trickle_does_not_put_a_refill_off_for_ever(queue: Queue) -> None:
    """What came free first waits ten times the quiet at most, though something comes free all the while."""
    session, config = queue.make.session, queue.make.config
    queue.answer(queue.open(), "lead", "too_far")
    first = session.scalars(select(Freed).where(Freed.taken_up_at.is_(None))).one()
    quiet = timedelta(seconds=config.rounds.refill_wait_seconds)
    at = first.at + 10 * quiet
    session.add(Freed(at=at - quiet / 2, offer_id=first.offer_id, cause="offer"))
    session.commit()
    refills.call_out(session, config, at - timedelta(seconds=1))
    assert queue.refills() == []
    refills.call_out(session, config, at)
    assert len(queue.refills()) == 1


def test_a_host_who_says_that_the_premises_are_taken_is_not_asked_for_them_again(queue: Queue) -> None:
    """Until they change the premises, for then what they said is no longer all they have said."""
    queue.answer(queue.open(), "poster", "place_no_longer_free")
    queue.make.filled_up()
    assert len(queue.all()) == 1
    values = queue.make.offer_values(queue.host, seats=4)
    offers.change(queue.make.session, queue.make.identity(queue.officer), queue.make.config, queue.offer.ref, values)
    queue.offer.changed_at = now() + timedelta(seconds=5)
    queue.make.session.commit()
    queue.make.filled_up()
    assert len(queue.all()) == 2


def test_a_request_that_is_met_elsewhere_waits_for_nothing_more(queue: Queue) -> None:
    """Who declines because the request has been met gets no other proposal in the round."""
    first = queue.open()
    queue.answer(first, "lead", "need_solved")
    queue.make.offer(queue.host, queue.officer, seats=20, title="Nytt hus")
    queue.make.filled_up()
    assert [p.id for p in queue.all() if p.need_id == first.need_id] == [first.id]
    assert len(queue.all()) == 3


def test_a_coordinator_releases_each_refill_where_the_configuration_says_so(queue: Queue) -> None:
    """The clock leaves it; a later one takes its place; a case officer may not; twice is once."""
    make = queue.make
    make.config = dataclasses.replace(make.config, rounds=dataclasses.replace(make.config.rounds, refill="released"))
    queue.answer(queue.open(), "lead", "too_far")
    make.filled_up()
    (first,) = queue.refills()
    assert first.status == "done" and first.published_at is None and len(queue.all()) == 1
    make.offer(queue.host, queue.officer, seats=4, title="Nytt hus")
    make.filled_up()
    _, second = queue.refills()
    by = make.identity(queue.coordinator)
    with pytest.raises(Refused, match="refill_replaced"):
        refills.release(make.session, by, make.config, queue.round.ref, first.ref)
    with pytest.raises(Refused, match="forbidden"):
        refills.release(make.session, make.identity(queue.officer), make.config, queue.round.ref, second.ref)
    assert [refills.release(make.session, by, make.config, queue.round.ref, second.ref) for _ in range(2)] == [2, 0]
    assert len(queue.all()) == 3


def test_a_worker_that_dies_leaves_no_half_refill(queue: Queue) -> None:
    """Killed before its plan is stored or before it is published, the next worker and clock finish the same refill."""
    make = queue.make
    queue.answer(queue.open(), "lead", "too_far")
    at = now() + timedelta(minutes=2)
    refills.call_out(make.session, make.config, at)
    runs.claim(make.session, make.config)  # …and dies
    (refill,) = queue.refills()
    refill.lease_until = now() - timedelta(seconds=1)
    make.session.commit()
    refills.call_out(make.session, make.config, at)
    assert len(queue.refills()) == 1 and len(queue.all()) == 1
    make.session.rollback()
    Worker(sessionmaker(make.session.get_bind(), expire_on_commit=False), make.config).work_once()  # …and dies
    make.session.expire_all()
    assert queue.refills()[0].status == "done" and len(queue.all()) == 1
    refills.call_out(make.session, make.config, at)
    refills.call_out(make.session, make.config, at)
    assert len(queue.all()) == 2


def test_a_later_round_that_is_frozen_takes_what_comes_free(queue: Queue) -> None:
    """Its market holds the seats already, so the earlier round is not filled up any more."""
    make = queue.make
    queue.answer(queue.open(), "lead", "too_far")
    later = make.matched(queue.coordinator, name="Nästa")
    make.filled_up()
    assert queue.refills() == []
    by = make.identity(queue.coordinator)
    rounds.publish(make.session, by, make.config, later.ref, later.runs[-1].ref)
    make.filled_up()
    assert queue.refills() == [] and queue.open().match_round.ref == later.ref
    queue.answer(queue.open(), "lead", "too_far")
    make.filled_up()
    assert [run.round_id for run in queue.refills()] == [later.id]


def test_where_nobody_waits_nothing_is_run(queue: Queue) -> None:
    """What came free is taken up all the same, so that it does not begin a refill for ever."""
    for ref, lead in queue.leads.items():
        if ref != queue.open().need.ref:
            needs.withdraw(queue.make.session, queue.make.identity(lead), ref)
    queue.answer(queue.open(), "lead", "need_solved")
    queue.make.filled_up()
    assert queue.refills() == []
    assert not queue.make.session.scalars(select(Freed).where(Freed.taken_up_at.is_(None))).all()
    with pytest.raises(Refused, match="nothing_to_refill"):
        refills.start(queue.make.session, queue.make.identity(queue.coordinator), queue.make.config, queue.round.ref)


@pytest.mark.parametrize("whom", ["premises", "organisation", "request"])
def test_a_bar_of_the_round_binds_its_refills(make: Factory, whom: str) -> None:
    """What a coordinator ruled out before publication is not proposed by a refill either."""
    host, coordinator = make.agency("Värden"), make.coordinator()
    officer = make.officer(host)
    taken, barred = make.offer(host, officer, seats=4), make.offer(host, officer, seats=4, title="Spärrat hus")
    guest = make.agency("Gästen")
    lead = make.lead(guest)
    need = make.need(guest, lead, seats=4)
    by, match_round = make.identity(coordinator), make.round(coordinator)
    rounds.freeze(make.session, by, make.config, match_round.ref)
    about = {"need": need.ref} if whom == "request" else {"agency": guest.ref} if whom == "organisation" else {}
    values = {
        "kind": "bar",
        "need": None,
        "agency": None,
        "start": None,
        "offer": barred.ref,
        "reason": "Rivs.",
        **about,
    }
    decisions.decide(make.session, by, make.config, match_round.ref, {**values, "reason": "Rivs."})
    make.run(coordinator, match_round)
    rounds.publish(make.session, by, make.config, match_round.ref, match_round.runs[-1].ref)
    first = make.session.scalars(select(Proposal)).unique().one()
    assert first.offer_id == taken.id
    values = {**ACCEPT, "answer": "declined", "reason": "too_far"}
    proposals.answer(make.session, make.identity(lead), first.ref, values)
    make.filled_up()
    assert len(make.session.scalars(select(Proposal)).unique().all()) == 1
    assert make.session.scalars(select(Run).where(Run.is_refill)).one().published_at
