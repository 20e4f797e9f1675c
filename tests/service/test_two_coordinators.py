"""Two coordinators act at once, in threads on both databases: one wins, the other is told what happened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from platsverket import decisions, offers, rounds
from platsverket.access import Identity
from platsverket.errors import Refused
from platsverket.models import Decision, Event, MatchRound, Offer, Proposal, Run, SeatDay, User
from tests.factories import Factory

ASKED = {"effort": "quick", "seed": None}
Act = Callable[[Session], Any]


def _at_once(make: Factory, *acts: Act) -> list[Any]:
    """Carry out all the acts at the same moment, each in a session of its own; what each gave, or its refusal."""
    make.session.rollback()
    open_session = sessionmaker(make.session.get_bind(), expire_on_commit=False)
    ready, given = threading.Barrier(len(acts)), [None] * len(acts)

    def carry_out(number: int) -> None:
        with open_session() as session:
            ready.wait()
            try:
                given[number] = acts[number](session)
            except Exception as error:  # also what must not happen is looked at in the test
                given[number] = error

    threads = [threading.Thread(target=carry_out, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    make.session.expire_all()
    return given


class Table:
    """A round that is matched, with one placement, and two coordinators at it."""

    def __init__(self, make: Factory):
        self.make = make
        self.people = [make.user((make.agency(), "coordinator"), name=name) for name in ("Ada Ek", "Bo Alm")]
        self.officer = make.user((make.agency(), "case_officer"))
        self.offer: Offer = make.offer(self.officer.memberships[0].agency, self.officer)
        self.need = make.need(make.agency())
        self.round: MatchRound = make.matched(self.people[0])
        self.ref, self.run = self.round.ref, self.round.runs[-1].ref

    def by(self, who: User) -> Identity:
        return self.make.identity(who)

    def publish(self, who: int) -> Act:
        by = self.by(self.people[who])
        return lambda session: rounds.publish(session, by, self.make.config, self.ref, self.run)

    def count(self, model: Any) -> int:
        return self.make.session.scalar(select(func.count()).select_from(model)) or 0

    def events(self, kind: str) -> int:
        return self.make.session.scalar(select(func.count(Event.id)).where(Event.kind == kind)) or 0


@pytest.fixture(params=range(3))
def table(make: Factory) -> Table:
    """Three times over, for who comes first is a matter of chance."""
    return Table(make)


def test_a_round_is_published_once(table: Table) -> None:
    """The other hears who published it, and no proposal is made twice."""
    given = _at_once(table.make, table.publish(0), table.publish(1))
    (late,) = [one for one in given if isinstance(one, Exception)]
    winner = table.people[1 - given.index(late)]
    assert isinstance(late, Refused) and late.code == "round_published", late
    assert late.numbers["name"] == winner.name and late.numbers["at"] == table.round.published_at
    assert (table.count(Proposal), table.events("round.published"), table.events("proposal.published")) == (1, 1, 1)


def test_a_lock_made_while_a_run_starts_is_in_it_or_known_to_be_missing(table: Table) -> None:
    """The run has the whole lock or nothing of it, and whoever made the lock can be told which."""
    make, by = table.make, table.by(table.people[0])
    start = table.need.earliest_start + timedelta(days=7)
    lock = {"kind": "lock", "need": table.need.ref, "agency": None, "offer": table.offer.ref, "start": start}
    other = table.by(table.people[1])
    given = _at_once(
        make,
        lambda session: decisions.decide(session, by, make.config, table.ref, {**lock, "reason": "Behövs."}),
        lambda session: rounds.request_run(session, other, make.config, table.ref, ASKED),
    )
    assert [type(one) for one in given] == [Decision, Run], given
    made, run = make.session.get_one(Decision, given[0].id), make.session.get_one(Run, given[1].id)
    locked = [one["need"] for one in run.decisions["decisions"]["locked"]]
    missing = decisions.left_out(make.session, made)
    assert locked == ([] if missing else [table.need.ref])
    assert decisions.decided_since(table.round, run) == int(missing)


def test_two_runs_are_not_asked_for_at_once(table: Table) -> None:
    """One run waits; the other coordinator is told that it is under way."""
    make = table.make
    askers = [table.by(who) for who in table.people]
    given = _at_once(
        make, *(lambda session, by=by: rounds.request_run(session, by, make.config, table.ref, ASKED) for by in askers)
    )
    (late,) = [one for one in given if isinstance(one, Exception)]
    assert isinstance(late, Refused) and late.code == "run_under_way", late
    assert table.count(Run) == 2


def test_premises_withdrawn_while_the_round_is_published_have_a_proposal_or_are_gone(table: Table) -> None:
    """Either the host is told of the proposal that stands in the way, or the placement is set aside with its reason."""
    make, host, ref = table.make, table.by(table.officer), table.offer.ref
    given = _at_once(make, table.publish(0), lambda session: offers.withdraw(session, host, ref))
    assert not isinstance(given[0], Exception), given
    aside = [one["code"] for one in table.round.set_aside]
    if isinstance(given[1], Exception):
        assert isinstance(given[1], Refused) and given[1].code == "committed", given
        assert given[1].numbers["commitments"] and table.offer.withdrawn_at is None
        assert (table.count(Proposal), aside) == (1, [])
    else:
        assert table.offer.withdrawn_at is not None and (table.count(Proposal), aside) == (0, ["offer_withdrawn"])
        assert table.count(SeatDay) == 0


@pytest.mark.parametrize("what", ["cancel", "run", "lock", "goals"])
def test_nothing_is_half_done_beside_a_publication(table: Table, what: str) -> None:
    """Called off, run again, decided on or ordered anew while it is published: in one order or the other."""
    make, by = table.make, table.by(table.people[1])
    bar = {"kind": "bar", "need": table.need.ref, "agency": None, "offer": table.offer.ref, "start": None}
    acts: dict[str, Act] = {
        "cancel": lambda session: rounds.cancel(session, by, table.ref),
        "run": lambda session: rounds.request_run(session, by, make.config, table.ref, ASKED),
        "lock": lambda session: decisions.decide(session, by, make.config, table.ref, {**bar, "reason": "Behövs."}),
        "goals": lambda session: rounds.order_goals(session, by, table.ref, ["best_fit"]),
    }
    publishing, other = _at_once(make, table.publish(0), acts[what])
    published = not isinstance(publishing, Exception)
    assert (table.round.published_at is not None) == published
    if isinstance(other, Exception):
        assert isinstance(other, Refused) and other.code == "round_published", other
        assert other.numbers["name"] == "Ada Ek" and published and table.count(Proposal) == 1
    elif what in ("cancel", "run"):
        wanted = {"cancel": "round_called_off", "run": "round_not_matched"}[what]
        assert isinstance(publishing, Refused) and publishing.code == wanted, publishing
        assert table.count(Proposal) == 0
    elif what == "lock":
        assert published and table.count(Decision) == 1
        assert [one["code"] for one in table.round.set_aside] == ["barred"]
    else:
        assert published and table.round.goals == ["best_fit"]
