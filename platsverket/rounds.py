"""Match rounds: open, freeze, ask for a run, publish.

A round freezes its market once; every run gives the engine that market with the decisions of the moment and keeps
what it was given, so that it can be run again years later. A plan is checked once more at publication.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

import matching
from platsverket import decisions, ledger, markets, runs
from platsverket.access import Identity, demand, rows
from platsverket.config import Config
from platsverket.database import STOCKHOLM, clock, now, this_day, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record
from platsverket.models import MatchRound, Need, Offer, Proposal, Run, new_ref

# What a coordinator may decide against when locking; capacity and bars bind everybody.
WAIVED_BY_LOCK = {"near", "size", "features", "weekdays", "admission"}


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
    match_round.market_sha256 = _usable(session, market).sha256
    match_round.market = json.dumps(market, ensure_ascii=False, separators=(",", ":"))
    match_round.frozen_at = at
    # All who steer rounds read the event: it must not tell how many sealed premises there are.
    sealed = set(session.scalars(select(Offer.ref).where(Offer.visibility == "sealed")))
    told = {"offers": sum(offer["id"] not in sealed for offer in market["offers"]), "needs": len(market["needs"])}
    record(session, actor, "round.frozen", "round", match_round.ref, **told, sha256=match_round.market_sha256)
    return told


def _usable(session: Session, market: dict[str, Any]) -> matching.Market:
    """The market as the engine reads it; raises Refused("market_impossible") naming what is posted wrong."""
    try:
        return matching.Market.from_json(market)
    except matching.MarketError as error:
        places = [re.match(r"\$\.(offers|needs)\[(\d+)\]", fault.path) for fault in error.faults[:20]]
        refs = {market[place[1]][int(place[2])]["id"] for place in places if place}
        titles = select(Offer.title).where(Offer.ref.in_(refs)).union(select(Need.title).where(Need.ref.in_(refs)))
        codes = sorted({fault.code for fault in error.faults})
        raise Refused("market_impossible", things=sorted(session.scalars(titles)) or codes) from None


@writing
def cancel(session: Session, by: Identity, ref: str) -> MatchRound:
    """Call a round off before it is published; what was posted waits for the next one."""
    match_round = runs.steered(session, by, ref, lock=True)
    if match_round.published_at:
        raise Refused("round_published")
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
    market = json.loads(match_round.market or "{}")
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


# Running


@writing
def request_run(session: Session, by: Identity, config: Config, ref: str, values: dict[str, Any]) -> Run:
    """Ask for a run on the frozen market with the decisions of now; one at a time."""
    match_round = runs.steered(session, by, ref, lock=True)
    decisions.demand_frozen(match_round)
    if match_round.status == "running":
        raise Refused("run_under_way")
    market = json.loads(match_round.market or "{}")
    given = decisions.given(session, match_round, market)
    run = Run(
        round_id=match_round.id,
        number=len(match_round.runs) + 1,
        effort=values["effort"] or config.rounds.effort,
        seed=config.rounds.seed if values["seed"] is None else values["seed"],
        requested_at=now(),
        requested_by_id=by.user_id,
        decisions=given,
        market_sha256=_usable(session, {**market, **given}).sha256,
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
    if match_round.published_at:
        raise Refused("round_published")
    if match_round.status != "matched":
        raise Refused("round_not_matched")
    run = runs.run_of(session, by, ref, run_ref)
    at = clock(session)
    deadline = datetime.combine(match_round.answer_by + timedelta(days=1), time(), STOCKHOLM).astimezone(UTC)
    if deadline <= at:
        raise Refused("answer_time_over")
    ledger.release_expired(session, at)
    plan = runs.plan_of(session, run)
    market = json.loads(match_round.market or "{}")
    committed = {lock["need"] for lock in market["decisions"]["locked"]}
    wanted = [p for p in plan["placements"] if p["need"] not in committed]
    _hold(session, wanted)
    standing, aside = _still_standing(session, by, config, match_round, wanted)
    proposals = [_proposal(match_round, run, *entry, at, deadline) for entry in standing]
    refused = {p.ref for p in ledger.hold_all(session, proposals)}
    for proposal, (placement, need, _offer) in zip(proposals, standing, strict=True):
        if proposal.ref in refused:
            aside.append(_aside(placement, "taken"))
            continue
        session.add(proposal)
        record(session, by, "proposal.published", "proposal", proposal.ref, agency_id=need.agency_id, round=ref)
    match_round.published_at = run.published_at = at
    match_round.set_aside = aside
    record(
        session, by, "round.published", "round", ref,
        run=run.ref, proposals=len(wanted) - len(aside), set_aside=len(aside),
    )  # fmt: skip
    return match_round


def _hold(session: Session, wanted: list[dict[str, Any]]) -> None:
    """Hold the offers and requests of these placements: nobody withdraws one between its check and its proposal."""
    for model, name in ((Offer, "offer"), (Need, "need")):
        theirs: Any = model
        named = theirs.ref.in_({p[name] for p in wanted})
        session.execute(select(theirs.id).where(named).order_by(theirs.id).with_for_update())
    session.expire_all()


def _proposal(
    match_round: MatchRound,
    run: Run,
    placement: dict[str, Any],
    need: Need,
    offer: Offer,
    at: datetime,
    deadline: datetime,
) -> Proposal:
    return Proposal(
        ref=new_ref(),
        round_id=match_round.id,
        run_id=run.id,
        need=need,
        offer=offer,
        offer_id=offer.id,
        start=date.fromisoformat(placement["start"]),
        until=date.fromisoformat(placement["until"]),
        weekdays=need.weekdays,
        seats=need.seats,
        km=placement["km"],
        fit=placement["fit"],
        published_at=at,
        answer_by=deadline,
        holds_seats=False,
    )


def _still_standing(
    session: Session, by: Identity, config: Config, match_round: MatchRound, wanted: list[dict[str, Any]]
) -> tuple[list[tuple[dict[str, Any], Need, Offer]], list[dict[str, Any]]]:
    """The placements that hold against offers and requests as they are now, heaviest first; the others with a code."""
    today = this_day()
    market = markets.build(session, by, config, match_round.goals, today)
    offers = {o["id"] for o in market["offers"]}
    needs = {n["id"] for n in market["needs"]} - {lock["need"] for lock in market["decisions"]["locked"]}
    given = decisions.given(session, match_round, {"decisions": {"locked": []}})["decisions"]
    locked = {lock["need"] for lock in given["locked"]}
    market["decisions"]["barred"] = [
        b for b in given["barred"] if b["offer"] in offers and b.get("need", next(iter(needs), "")) in needs
    ]
    market["decisions"]["locked"] = []
    now_market = _usable(session, market)
    standing, aside = [], []
    need_rows = _by_ref(session, Need, [p["need"] for p in wanted])
    offer_rows = _by_ref(session, Offer, [p["offer"] for p in wanted])
    for placement in wanted:
        need, offer = need_rows[placement["need"]], offer_rows[placement["offer"]]
        entry = _placement(placement)
        code = _gone(need, offer, needs, offers, today) or _broken(now_market, entry, need.ref in locked, offer)
        if code:
            aside.append(_aside(placement, code))
        else:
            standing.append((placement, need, offer))
    standing.sort(key=lambda s: (-s[1].priority * s[1].seats, s[1].ref))
    return standing, aside


def _by_ref(session: Session, model: Any, refs: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for i in range(0, len(refs), 500):
        query = select(model).where(model.ref.in_(refs[i : i + 500])).options(joinedload(model.agency))
        found.update({thing.ref: thing for thing in session.scalars(query).unique()})
    return found


def _gone(need: Need, offer: Offer, needs: set[str], offers: set[str], today: date) -> str | None:
    if need.ref not in needs:
        return "need_withdrawn" if need.withdrawn_at else "need_no_longer_open"
    if offer.ref not in offers:
        return {"withdrawn": "offer_withdrawn", "expired": "offer_expired"}.get(offer.status(today), "offer_over")
    return None


def _broken(market: matching.Market, placement: matching.Placement, locked: bool, offer: Offer) -> str | None:
    """The first rule that a placement breaks as things are now; a locked one only has to lie inside an availability."""
    codes = matching.broken(market, placement)
    if locked:
        inside = any(s.first_day <= placement.start and placement.until <= s.last_day for s in offer.spans)
        waived = WAIVED_BY_LOCK | ({"dates"} if inside else set())
        codes = [code for code in codes if code not in waived]
    return codes[0] if codes else None


def _placement(p: dict[str, Any]) -> matching.Placement:
    start, until = date.fromisoformat(p["start"]), date.fromisoformat(p["until"])
    return matching.Placement(p["need"], p["offer"], start, until, p["km"], p["fit"])


def _aside(placement: dict[str, Any], code: str) -> dict[str, Any]:
    return {"need": placement["need"], "offer": placement["offer"], "start": placement["start"], "code": code}
