"""Runs of the engine: claimed by a worker with a lease, stored when done, given out again; ``outcomes`` reads them.

A worker's writes count only while its lease token is still the run's; one that wakes late finds its row gone.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import matching
from platsverket import leases
from platsverket.access import Identity, demand, rows
from platsverket.config import Config
from platsverket.database import clock, writing
from platsverket.errors import Refused
from platsverket.events import record
from platsverket.models import Event, MatchRound, Need, Offer, Run

# Working off


@dataclass(frozen=True)
class Claim:
    """A worker's hold on a run; its writes count only while the token is still the run's."""

    run_id: int
    token: str


@writing
def claim(session: Session, config: Config) -> Claim | None:
    """Take the oldest run that waits or whose worker has fallen silent; None when there is nothing to do.

    A run that has been tried too often is parked as failed, so that it cannot stop the others.
    """
    run = leases.take(session, Run, config, _fail)
    return Claim(run.id, run.lease_token) if run else None


@writing
def renew(session: Session, config: Config, held: Claim, progress: dict[str, Any]) -> str:
    """Keep the lease and store how far the run is; answers "go on", "stop" or "lost"."""
    until = leases.longer(session, config)
    if not leases.kept(session, _held(held).values(lease_until=until, progress=progress)):
        return "lost"
    stop = session.scalar(select(Run.stop_requested_at).where(Run.id == held.run_id))
    return "stop" if stop else "go on"


def _held(held: Claim) -> Any:
    return leases.held(Run, held.run_id, held.token)


def market_of(session: Session, run: Run) -> dict[str, Any]:
    """The market of a run exactly as the engine got it: its round's or, of a refill, its own, with its decisions."""
    return {**frozen(session, run), **run.decisions}


def things(session: Session, run: Run) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """The needs and offers of a run's market, by ref."""
    market = frozen(session, run)
    return {need["id"]: need for need in market["needs"]}, {offer["id"]: offer for offer in market["offers"]}


def promised(session: Session, run: Run) -> set[str]:
    """The refs of the needs that were agreed or held before the run's round, and so locked in it from the start."""
    return {lock["need"] for lock in frozen(session, run)["decisions"]["locked"]}


def frozen_text(session: Session, run: Run) -> str:
    """The market of a run's round as it was frozen, or a refill's own, as it is stored."""
    of_round = select(MatchRound.market).where(MatchRound.id == run.round_id)
    own = select(Run.market).where(Run.id == run.id)
    return session.scalars(own if run.is_refill else of_round).one() or "{}"


def frozen_of(match_round: MatchRound) -> dict[str, Any]:
    """The market that a round froze: read, never write."""
    return _parsed(match_round.market or "{}")


def frozen(session: Session, run: Run) -> dict[str, Any]:
    """The market of a run's round as it was frozen: read, never write.

    It never changes, and a page asks for it many times over: a session fetches it once.
    """
    kept: dict[tuple[str, int], dict[str, Any]] = session.info.setdefault("frozen", {})
    key = ("run", run.id) if run.is_refill else ("round", run.round_id)
    if key not in kept:
        kept[key] = _parsed(frozen_text(session, run))
    return kept[key]


def store_plan(session: Session, held: Claim, plan: dict[str, Any]) -> bool:
    """Keep a finished plan, if the worker still holds the run; checked by the solver-free checker first.

    A run's market never changes, so nobody else who writes has to wait for the check.
    """
    market = matching.Market.from_json(market_of(session, session.get_one(Run, held.run_id)))
    report = matching.check(market, matching.Plan.from_json(plan))
    if report.faults:
        return _store(session, held, {"failure": "plan_has_faults"})
    text = json.dumps(plan, ensure_ascii=False, separators=(",", ":"))
    return _store(session, held, {"plan": text, "summary": _summary(market, plan)})


@writing
def _store(session: Session, held: Claim, found: dict[str, Any]) -> bool:
    if not leases.kept(session, _held(held).values(**found, ended_at=clock(session), lease_until=None)):
        return False
    run = session.get_one(Run, held.run_id)
    ref = session.scalars(select(MatchRound.ref).where(MatchRound.id == run.round_id)).one()
    kind = "round.run_failed" if "failure" in found else "round.run_done"
    record(session, Identity(run.requested_by_id), kind, "round", ref, run=run.ref, number=run.number)
    return True


@writing
def store_failure(session: Session, held: Claim, code: str) -> None:
    """Note that a run broke; it is tried again until its tries are used up."""
    run = session.scalar(select(Run).where(Run.id == held.run_id, Run.lease_token == held.token))
    if run is not None and run.ended_at is None:
        if code == "retry":
            run.lease_until = None
        else:
            _fail(session, run, code, clock(session))


def _fail(session: Session, run: Run, code: str, at: datetime) -> None:
    run.failure, run.ended_at, run.lease_until = code, at, None
    ref = session.scalars(select(MatchRound.ref).where(MatchRound.id == run.round_id)).one()
    record(session, Identity(run.requested_by_id), "round.run_failed", "round", ref, run=run.ref, code=code)


def _summary(market: matching.Market, plan: dict[str, Any]) -> dict[str, Any]:
    """The outcome in figures; what was agreed or held before counts apart from what is new."""
    seats = {need.id: need.seats for need in market.needs}
    return {
        "status": plan["status"],
        "unplaced": len(plan["unplaced"]),
        "needs": len(seats),
        "seats_asked": sum(seats.values()),
        "goals": plan["goals"],
        "seconds": plan["seconds"],
        **placed_figures(seats, plan["placements"]),
    }


def placed_figures(seats: dict[str, int], placements: list[dict[str, Any]]) -> dict[str, Any]:
    """What these placements amount to, given the seats of each need."""
    kilometres = [p["km"] for p in placements]
    return {
        "placed": len(placements),
        "seats_placed": sum(seats[p["need"]] for p in placements),
        "mean_km": round(sum(kilometres) / len(kilometres), 1) if kilometres else None,
    }


def usable(session: Session, market: dict[str, Any]) -> matching.Market:
    """The market as the engine reads it; raises Refused("market_impossible") naming what is posted wrong."""
    try:
        return matching.Market.from_json(market)
    except matching.MarketError as error:
        places = [re.match(r"\$\.(offers|needs)\[(\d+)\]", fault.path) for fault in error.faults[:20]]
        refs = {market[place[1]][int(place[2])]["id"] for place in places if place}
        titles = select(Offer.title).where(Offer.ref.in_(refs)).union(select(Need.title).where(Need.ref.in_(refs)))
        codes = sorted({fault.code for fault in error.faults})
        raise Refused("market_impossible", things=sorted(session.scalars(titles)) or codes) from None


# Reading


def steered(session: Session, by: Identity, ref: str, *, lock: bool = False) -> MatchRound:
    """The round, for those who steer rounds."""
    demand(by, "round.steer")
    query = select(MatchRound).where(MatchRound.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    match_round = session.scalar(query)
    if match_round is None:
        raise Refused("not_found")
    return match_round


def settled(session: Session, match_round: MatchRound) -> Refused | None:
    """What to tell somebody who comes after the round was published or called off: by whom, and when; None before."""
    kind = {"published": "round_published", "cancelled": "round_called_off"}.get(match_round.status)
    if kind is None:
        return None
    told = select(Event).where(Event.noun == "round", Event.noun_ref == match_round.ref)
    told = told.where(Event.kind == f"round.{match_round.status}").order_by(Event.id.desc()).limit(1)
    event = session.scalars(told).unique().one_or_none()
    who = event.actor.name if event and event.actor else "Platsverket"
    return Refused(kind, name=who, at=match_round.published_at or match_round.cancelled_at)


def run_of(session: Session, by: Identity, ref: str, run_ref: str) -> Run:
    """One run of a round, for those who steer rounds."""
    demand(by, "round.steer")
    found = select(Run).join(Run.match_round).where(MatchRound.ref == ref, Run.ref == run_ref)
    run = session.scalar(found)
    if run is None:
        raise Refused("not_found")
    return run


def done_run(session: Session, by: Identity, ref: str, run_ref: str) -> Run:
    """The same, finished with a plan; raises Refused("run_not_done")."""
    run = run_of(session, by, ref, run_ref)
    if run.status != "done":
        raise Refused("run_not_done")
    return run


def sealed_from(session: Session, by: Identity, run: Run) -> set[str]:
    """The refs of premises in a run's market that are sealed from this reader."""
    known = set(session.scalars(select(Offer.ref).where(rows(by, "offer.read"))))
    return {offer["id"] for offer in frozen(session, run)["offers"]} - known


@writing
def exported(session: Session, by: Identity, ref: str, run_ref: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run's market and plan as files for ``python -m matching check``.

    A market tells where all its premises lie, so a person's reading it is put on record. Raises
    Refused("sealed_in_market") for a person whom sealed premises in it do not name.
    """
    run = run_of(session, by, ref, run_ref)
    market = market_of(session, run)
    if by.user_id is not None:  # the command line is nobody: whoever runs it holds the database
        if sealed_from(session, by, run):
            raise Refused("sealed_in_market", status=403)
        record(session, by, "round.exported", "round", ref, run=run.ref, number=run.number)
    return market, plan_of(session, run)


def plan_of(session: Session, run: Run) -> dict[str, Any]:
    if run.status != "done":
        raise Refused("run_not_done")
    text = session.scalars(select(Run.plan).where(Run.id == run.id)).one() or "{}"
    return _parsed(text)


def placement(p: dict[str, Any]) -> matching.Placement:
    """One of a plan's placements as the engine reads it."""
    start, until = date.fromisoformat(p["start"]), date.fromisoformat(p["until"])
    return matching.Placement(p["need"], p["offer"], start, until, p["km"], p["fit"])


@functools.lru_cache(maxsize=4)
def _parsed(text: str) -> dict[str, Any]:
    """A stored market or plan never changes, and a desk page reads the same ones again and again: read, never write."""
    value: dict[str, Any] = json.loads(text)
    return value
