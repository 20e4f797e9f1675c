"""A round's dates come by themselves: at midnight in Stockholm, once, made up after a stop, whoever keeps the clock."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from platsverket import accounts, clock, offers, proposals, rounds, runs
from platsverket.clock import Clock
from platsverket.config import Config
from platsverket.database import STOCKHOLM, writing
from platsverket.models import Claim, Event, MatchRound, Offer, OutboxMail, Proposal
from tests.conftest import with_mail
from tests.factories import Factory
from tests.mailserver import MailServer


@pytest.fixture
def keeper(session: Session, config: Config) -> Clock:
    return Clock(sessionmaker(session.get_bind(), expire_on_commit=False), config)


def _tick(session: Session, keeper: Clock, at: datetime) -> None:
    session.rollback()
    keeper.tick(at)
    session.expire_all()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=STOCKHOLM).astimezone(UTC)


def _told(session: Session, kind: str) -> list[OutboxMail]:
    query = select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id)
    return list(session.scalars(query).unique())


def _happened(session: Session, kind: str) -> list[Event]:
    return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)).unique())


def _markets(session: Session) -> dict[str, str | None]:
    return {one.ref: one.market for one in session.scalars(select(MatchRound))}


@pytest.mark.parametrize("freezes_on", ["2027-03-28", "2027-10-31", "2028-02-29"])
def test_a_round_freezes_as_its_day_begins_in_stockholm(
    session: Session, make: Factory, keeper: Clock, freezes_on: str
) -> None:
    """Not a second before midnight, also where clocks are set that day; who opened it hears of it once."""
    day = date.fromisoformat(freezes_on)
    steerer = make.coordinator()
    make.coordinator()
    dates = {"freezes_on": day, "publishes_on": day, "answer_by": day + timedelta(days=7)}
    ref = make.round(steerer, opens_on=day, **dates).ref
    make.need(make.agency(), latest_start=day + timedelta(days=30))
    _tick(session, keeper, _midnight(day) - timedelta(seconds=1))
    match_round = session.scalars(select(MatchRound).where(MatchRound.ref == ref)).one()
    assert match_round.status == "gathering"
    for _ in range(3):
        _tick(session, keeper, _midnight(day))
    assert match_round.status == "frozen" and match_round.frozen_at == _midnight(day)
    [mail], [event] = _told(session, "round.frozen"), _happened(session, "round.frozen")
    assert mail.user_id == steerer.id and mail.data["needs"] == 1 and event.actor_id is None


def test_what_was_missed_during_a_stop_is_made_up(session: Session, make: Factory, keeper: Clock) -> None:
    """Nobody ran for nine days: the round is frozen when somebody does, and its publication asked for."""
    ref = make.round(make.coordinator()).ref
    _tick(session, keeper, _midnight(make.today + timedelta(days=9)))
    assert session.scalars(select(MatchRound).where(MatchRound.ref == ref)).one().status == "frozen"
    assert len(_told(session, "round.publish_due")) == 1


def test_two_clocks_at_once_do_each_thing_once(
    session: Session, make: Factory, config: Config, mail_server: MailServer
) -> None:
    """Six rounds due, two clocks that start together: six are frozen, each with one event, one claim and one mail."""
    steerer, today = make.coordinator(), make.today
    make.offer(make.agency())
    for number in range(6):
        make.round(steerer, name=f"Omgång {number}")
    session.rollback()
    together = threading.Barrier(2)

    def keep() -> None:
        own = Clock(sessionmaker(session.get_bind(), expire_on_commit=False), with_mail(config, mail_server))
        together.wait()
        own.tick(_midnight(today + timedelta(days=1)))

    both = [threading.Thread(target=keep) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    Clock(sessionmaker(session.get_bind()), with_mail(config, mail_server)).tick(_midnight(today + timedelta(days=2)))
    assert len(_happened(session, "round.frozen")) == 6
    assert len(_told(session, "round.frozen")) == len(_told(session, "round.publish_due")) == 6
    assert len(session.scalars(select(Claim)).all()) == 12
    assert len(mail_server.messages) == len({m["Message-ID"] for m in mail_server.messages}) == 12


def test_a_round_freezes_with_the_sealed_premises_that_name_its_opener(
    session: Session, make: Factory, keeper: Clock
) -> None:
    """And with none where the opener steers no more; then every coordinator hears of it, and no figure tells of it."""
    opener, other, host = make.coordinator(), make.coordinator(), make.agency()
    sealed = make.offer(host, visibility="sealed", coordinators=[opener.ref])
    first = make.round(opener).ref
    _tick(session, keeper, _midnight(make.today))
    frozen = _markets(session)
    assert sealed.ref in str(frozen[first])
    second = make.round(opener).ref
    accounts.deactivate(session, make.identity(make.user(administrator=True)), opener.ref)
    _tick(session, keeper, _midnight(make.today))
    frozen = _markets(session)
    assert frozen[second] and sealed.ref not in str(frozen[second])
    mails = _told(session, "round.frozen")
    assert [mail.user_id for mail in mails] == [opener.id, other.id]
    assert [mail.data["offers"] for mail in mails] == [0, 0]


def test_a_round_whose_opener_steers_no_more_takes_what_is_open_and_nothing_of_theirs(
    session: Session, make: Factory, keeper: Clock
) -> None:
    """Also where they now post for a host themselves, and so may read its sealed premises."""
    opener, other, host = make.coordinator(), make.coordinator(), make.agency()
    sealed = make.offer(host, visibility="sealed", coordinators=[other.ref])
    free = make.offer(host)
    ref = make.round(opener).ref
    values = {"email": opener.email, "name": opener.name, "language": "sv", "is_administrator": False}
    administrator = make.identity(make.user(administrator=True))
    accounts.change(session, administrator, opener.ref, {**values, "roles": [f"{host.ref}:case_officer"]})
    _tick(session, keeper, _midnight(make.today))
    frozen = str(_markets(session)[ref])
    assert free.ref in frozen and sealed.ref not in frozen


def test_a_round_whose_last_day_has_passed_is_not_to_be_published(
    session: Session, make: Factory, keeper: Clock
) -> None:
    """Whoever runs again after a long stop is asked for nothing that can no longer be done."""
    make.round(make.coordinator())
    _tick(session, keeper, _midnight(make.today + timedelta(days=15)))
    assert not _told(session, "round.publish_due")


def test_a_round_that_cannot_be_frozen_is_told_of_and_stops_no_other(
    session: Session, make: Factory, keeper: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its coordinator is asked to freeze it by hand; nothing of the attempt remains, and the next round is frozen."""
    steerer = make.coordinator()
    bad, good = make.round(steerer).ref, make.round(steerer).ref
    usable = runs.usable

    def picky(session: Session, market: dict[str, Any]) -> Any:
        if len(_happened(session, "round.freeze_failed")) == 0:
            raise rounds.Refused("market_impossible", things=["Kontoret"])
        return usable(session, market)

    monkeypatch.setattr(runs, "usable", picky)
    for _ in range(3):
        _tick(session, keeper, _midnight(make.today))
    status = {one.ref: one.status for one in session.scalars(select(MatchRound))}
    assert status == {bad: "gathering", good: "frozen"}
    assert [mail.data["round"] for mail in _told(session, "round.freeze_failed")] == [bad]
    rounds.freeze(session, make.identity(steerer), make.config, bad)


def test_what_a_person_did_before_needs_no_clock(session: Session, make: Factory, keeper: Clock) -> None:
    """A round frozen by hand, and one called off, are left alone."""
    steerer = make.coordinator()
    frozen, off = make.round(steerer).ref, make.round(steerer).ref
    rounds.freeze(session, make.identity(steerer), make.config, frozen)
    rounds.cancel(session, make.identity(steerer), off)
    _tick(session, keeper, _midnight(make.today + timedelta(days=1)))
    assert len(_happened(session, "round.frozen")) == 1 and not _told(session, "round.frozen")
    assert [mail.data["round"] for mail in _told(session, "round.publish_due")] == [frozen]


def test_premises_that_would_lapse_before_the_freeze_are_asked_after(
    session: Session, make: Factory, keeper: Clock
) -> None:
    """A week ahead each officer of the host hears of it once; who has reconfirmed hears nothing."""
    host, other = make.agency("Värden"), make.agency("Andra")
    officers = [make.officer(host), make.officer(host)]
    stale = [make.offer(host, officers[0]) for _ in range(2)]
    fresh = make.offer(other)
    freezes = make.today + timedelta(days=10)
    make.round(make.coordinator(), freezes_on=freezes, publishes_on=freezes, answer_by=freezes)

    @writing
    def age(session: Session) -> None:
        for offer in session.scalars(select(Offer).where(Offer.id.in_([o.id for o in (*stale, fresh)]))).unique():
            offer.valid_until = freezes - timedelta(days=1)

    age(session)
    offers.reconfirm(session, make.identity(make.officer(other)), make.config, fresh.ref)
    _tick(session, keeper, _midnight(freezes - timedelta(days=7)) - timedelta(seconds=1))
    assert not _told(session, "offers.reconfirm")
    for _ in range(2):
        _tick(session, keeper, _midnight(freezes - timedelta(days=7)))
    mails = _told(session, "offers.reconfirm")
    assert [mail.user_id for mail in mails] == [one.id for one in officers]
    assert {mail.data["count"] for mail in mails} == {2} and mails[0].data["agency"] == "Värden"


def test_who_gets_no_proposal_hears_of_it_when_the_round_is_published(
    session: Session, make: Factory, keeper: Clock
) -> None:
    """Leads of requests and officers of premises without one, each organisation once; others hear of their proposal."""
    near, far, guest, large = (make.agency(name) for name in ("Nära", "Fjärran", "Gästen", "Stora"))
    officers = {agency.name: make.officer(agency) for agency in (near, far)}
    leads = {agency.name: make.lead(agency) for agency in (guest, large)}
    make.offer(near, officers["Nära"])
    gone = make.offer(far, officers["Fjärran"], place="59.33, 18.06")
    make.offer(far, officers["Fjärran"], place="59.33, 18.06")
    make.need(guest, leads["Gästen"])
    for _ in range(2):
        make.need(large, leads["Stora"], seats=400)
    make.published(make.coordinator())
    offers.withdraw(session, make.identity(officers["Fjärran"]), gone.ref)
    for _ in range(2):
        _tick(session, keeper, _midnight(make.today + timedelta(days=1)))
    [lead_mail], [officer_mail] = (_told(session, f"{noun}.nothing_found") for noun in ("needs", "offers"))
    assert (lead_mail.user_id, lead_mail.data["count"]) == (leads["Stora"].id, 2)
    assert (officer_mail.user_id, officer_mail.data["count"]) == (officers["Fjärran"].id, 1)


def test_a_round_closes_after_its_last_day_and_what_nobody_answered_is_free(
    session: Session, make: Factory, keeper: Clock
) -> None:
    """On the last day answers still count; at midnight the seats are let go and the coordinator hears how it went."""
    host, guest, steerer = make.agency(), make.agency(), make.coordinator()
    make.offer(host)
    lead = make.lead(guest)
    make.need(guest, lead), make.need(guest, lead)
    kept, lost = make.published(steerer)
    proposals.answer(session, make.identity(lead), kept.ref, {"answer": "declined", "reason": "too_far", "side": None})
    last = make.today + timedelta(days=14)
    _tick(session, keeper, _midnight(last + timedelta(days=1)) - timedelta(seconds=1))
    match_round = session.scalars(select(MatchRound)).one()
    assert session.get_one(Proposal, lost.id).holds_seats and match_round.closed_at is None
    for _ in range(2):
        _tick(session, keeper, _midnight(last + timedelta(days=1)))
    assert not session.get_one(Proposal, lost.id).holds_seats
    assert match_round.closed_at == _midnight(last + timedelta(days=1))
    [mail], [_event] = _told(session, "round.closed"), _happened(session, "round.closed")
    assert {name: mail.data[name] for name in ("agreed", "declined", "expired")} == {
        "agreed": 0, "declined": 1, "expired": 1,
    }  # fmt: skip


def test_a_round_stays_open_while_a_later_proposal_of_it_awaits_answers(
    session: Session, make: Factory, keeper: Clock
) -> None:
    make.offer(make.agency())
    make.need(make.agency())
    [proposal] = make.published(make.coordinator())

    @writing
    def filled_up_later(session: Session) -> None:
        session.get_one(Proposal, proposal.id).answer_by += timedelta(days=3)

    filled_up_later(session)
    after = _midnight(make.today + timedelta(days=15))
    _tick(session, keeper, after)
    assert session.scalars(select(MatchRound)).one().closed_at is None
    _tick(session, keeper, after + timedelta(days=4))
    assert session.scalars(select(MatchRound)).one().closed_at == after + timedelta(days=4)


def test_a_round_that_breaks_stops_no_other(
    session: Session, make: Factory, keeper: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of what broke remains, the next round has its moments, and the broken one is tried again."""
    steerer = make.coordinator()
    bad, good = make.round(steerer).ref, make.round(steerer).ref
    freeze, broken = rounds.freeze_as_it_is, [bad]

    def sometimes(session: Session, by: Any, config: Config, match_round: MatchRound, **given: Any) -> Any:
        told = freeze(session, by, config, match_round, **given)
        if match_round.ref in broken:
            raise ValueError("broken")
        return told

    monkeypatch.setattr(rounds, "freeze_as_it_is", sometimes)
    _tick(session, keeper, _midnight(make.today))
    assert {one.ref: one.status for one in session.scalars(select(MatchRound))} == {bad: "gathering", good: "frozen"}
    broken.clear()
    _tick(session, keeper, _midnight(make.today))
    assert {one.status for one in session.scalars(select(MatchRound))} == {"frozen"}


def test_one_thing_that_breaks_stops_no_other(
    session: Session, make: Factory, keeper: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a caller-out meets, the others are called, and it is called again."""
    called = []

    def broken(*_: object) -> None:
        called.append("broken")
        raise ValueError("broken")

    monkeypatch.setattr(clock, "DUE", (broken, lambda *_: called.append("next")))
    for _ in range(2):
        keeper.tick(_midnight(make.today))
    assert called == ["broken", "next"] * 2
