"""Match rounds: open, freeze, ask for a run, publish.

A round freezes its market once; every run gives the engine that market with the decisions of the moment and keeps
what it was given, so that it can be run again years later. A plan is checked once more at publication.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from platsverket import decisions, ledger, markets, publishing, runs
from platsverket.access import Identity, demand, rows
from platsverket.config import Config
from platsverket.database import clock, now, this_day, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record
from platsverket.models import MatchRound, Offer, Run

# Opening and freezing


@writing
def open_round(session: Session, by: Identity, config: Config, values: dict[str, Any]) -> MatchRound:
    """Open a round with its dates; offers and requests gather until it is frozen."""
    demand(by, "round.steer")
    if values["freezes_on"] < this_day():  # the dates that come after it are later
        raise invalid(freezes_on=Fault("in_the_past"))
    match_round = MatchRound(
        **values, goals=list(config.rounds.goals), opened_at=now(), opened_by_id=by.user_id, set_aside=[]
    )
    session.add(match_round)
    session.flush()
    record(session, by, "round.opened", "round", match_round.ref, name=match_round.name)
    return match_round


@writing
def freeze(session: Session, by: Identity, config: Config, ref: str) -> MatchRound:
    """Store the market as it is now; from here on the round sees nothing else until publication."""
    match_round = runs.steered(session, by, ref, lock=True)
    if match_round.status != "gathering":
        raise Refused("round_not_gathering")
    freeze_as_it_is(session, by, config, match_round, at=clock(session), today=this_day(), actor=by)
    return match_round


def freeze_as_it_is(
    session: Session,
    by: Identity,
    config: Config,
    match_round: MatchRound,
    *,
    at: datetime,
    today: date,
    actor: Identity,
) -> dict[str, int]:
    """Store what ``by`` may know of as the round's market; returns how many offers and needs all may be told of.

    Runs in the caller's transaction, which holds the round. The event names ``actor``.
    """
    ledger.release_expired(session, at)
    market = markets.build(session, by, config, match_round.goals, today)
    ledger.take_up(session, at)
    match_round.market_sha256 = runs.usable(session, market).sha256
    match_round.market = json.dumps(market, ensure_ascii=False, separators=(",", ":"))
    match_round.frozen_at = at
    # All who steer rounds read the event: it must not tell how many sealed premises there are.
    sealed = set(session.scalars(select(Offer.ref).where(Offer.visibility == "sealed")))
    told = {"offers": sum(offer["id"] not in sealed for offer in market["offers"]), "needs": len(market["needs"])}
    record(session, actor, "round.frozen", "round", match_round.ref, **told, sha256=match_round.market_sha256)
    return told


@writing
def cancel(session: Session, by: Identity, ref: str) -> MatchRound:
    """Call a round off before it is published; what was posted waits for the next one."""
    match_round = runs.steered(session, by, ref, lock=True)
    if (over := runs.settled(session, match_round)) and match_round.published_at:
        raise over
    if match_round.cancelled_at is None:
        match_round.cancelled_at = now()
        for run in match_round.runs:
            if run.ended_at is None:
                run.stop_requested_at = now()
        record(session, by, "round.cancelled", "round", ref)
    return match_round


def search(session: Session, by: Identity, limit: int = 20, offset: int = 0) -> tuple[list[MatchRound], int]:
    """All rounds, newest first, and how many there are."""
    demand(by, "round.steer")
    total = session.scalar(select(func.count(MatchRound.id))) or 0
    page = select(MatchRound).order_by(MatchRound.id.desc()).limit(limit).offset(offset)
    page = page.options(selectinload(MatchRound.runs))  # a round's status asks them
    return list(session.scalars(page)), total


def frozen_figures(session: Session, by: Identity, ref: str) -> dict[str, int]:
    """The frozen market in figures: offers and their seats, needs and theirs, and how many were already promised.

    Sealed premises that do not name this reader are in no figure.
    """
    match_round = runs.steered(session, by, ref)
    market = runs.frozen_of(match_round)
    known = set(session.scalars(select(Offer.ref).where(rows(by, "offer.read"))))
    offers = [offer for offer in market["offers"] if offer["id"] in known]
    return {
        "offers": len(offers),
        "seats_offered": sum(offer["seats"] for offer in offers),
        "needs": len(market["needs"]),
        "seats_asked": sum(n["seats"] for n in market["needs"]),
        "promised": len(market["decisions"]["locked"]),
    }


def next_round(session: Session, today: date) -> MatchRound | None:
    """The round that what is posted now will be in: open to anyone, its dates are public."""
    gathering = select(MatchRound).where(
        MatchRound.frozen_at.is_(None), MatchRound.cancelled_at.is_(None), MatchRound.answer_by >= today
    )
    return session.scalar(gathering.order_by(MatchRound.freezes_on, MatchRound.id).limit(1))


@writing
def order_goals(session: Session, by: Identity, ref: str, goals: list[str]) -> MatchRound:
    """Set the order of a round's goals, for its next runs; each run keeps the order that it was given."""
    match_round = runs.steered(session, by, ref, lock=True)
    if over := runs.settled(session, match_round):
        raise over
    if match_round.goals != goals:
        record(session, by, "round.goals_ordered", "round", ref, before=match_round.goals, goals=goals)
        match_round.goals = goals
    return match_round


# Running


@writing
def request_run(session: Session, by: Identity, config: Config, ref: str, values: dict[str, Any]) -> Run:
    """Ask for a run on the frozen market with the decisions of now; one at a time."""
    match_round = runs.steered(session, by, ref, lock=True)
    decisions.demand_frozen(session, match_round)
    if match_round.status == "running":
        raise Refused("run_under_way")
    market = runs.frozen_of(match_round)
    given = decisions.given(session, match_round, market)
    given["policy"] = {**market["policy"], "goals": list(match_round.goals)}
    run = Run(
        round_id=match_round.id,
        number=len(match_round.runs) + 1,
        effort=values["effort"] or config.rounds.effort,
        seed=config.rounds.seed if values["seed"] is None else values["seed"],
        requested_at=now(),
        requested_by_id=by.user_id,
        decisions=given,
        market_sha256=runs.usable(session, {**market, **given}).sha256,
        progress={},
        summary={},
    )
    session.add(run)
    session.flush()
    record(session, by, "round.run_requested", "round", ref, run=run.ref, number=run.number)
    return run


@writing
def request_stop(session: Session, by: Identity, ref: str, run_ref: str) -> None:
    """Ask a run to end with the best plan it has."""
    run = runs.run_of(session, by, ref, run_ref)
    if run.ended_at is None and run.stop_requested_at is None:
        run.stop_requested_at = now()
        record(session, by, "round.stop_requested", "round", ref, run=run.ref)


# Publishing


@writing
def publish(session: Session, by: Identity, config: Config, ref: str, run_ref: str) -> MatchRound:
    """Turn a run's plan into proposals with a deadline, once.

    Every new placement is checked again against offers and requests as they are now; what no longer holds is set
    aside with its code on the round. The seats of each proposal are held from here on.
    """
    match_round = runs.steered(session, by, ref, lock=True)
    if over := runs.settled(session, match_round):
        raise over
    if match_round.status != "matched":
        raise Refused("round_not_matched")
    run = runs.run_of(session, by, ref, run_ref)
    at = clock(session)
    deadline = publishing.end_of(match_round.answer_by)
    if deadline <= at:
        raise Refused("answer_time_over")
    ledger.release_expired(session, at)
    proposals, aside = publishing.put_forward(session, by, config, match_round, run, at, deadline)
    match_round.published_at = run.published_at = at
    match_round.set_aside = aside
    record(session, by, "round.published", "round", ref, run=run.ref, proposals=len(proposals), set_aside=len(aside))
    return match_round
