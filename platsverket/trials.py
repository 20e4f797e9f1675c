"""Trials: a run's market solved once more with one thing changed, in the background, after all runs that wait.

What if a request were forced into premises: which rules forbid it, who holds the seats, what every goal and every
request would gain or lose. What a decision costs is a trial too, told by ``prices``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

import matching
from platsverket import changes, leases, prices, runs
from platsverket.access import Identity, demand, find, rows
from platsverket.config import Config
from platsverket.database import clock, writing
from platsverket.database import now as this_moment
from platsverket.errors import Refused
from platsverket.models import MatchRound, Need, Offer, Run, Trial

# Asking


@writing
def what_if(session: Session, by: Identity, ref: str, run_ref: str, values: dict[str, Any]) -> Trial:
    """Ask what would follow if a request were forced into premises; asked twice of a run it is one trial.

    Raises Refused("not_found") for what is not in the run's market or may not be known of, ("need_promised") for a
    request that had its place before the round.
    """
    run = runs.done_run(session, by, ref, run_ref)
    session.execute(select(MatchRound.id).where(MatchRound.id == run.round_id).with_for_update())
    need = find(session, by, "need.read", Need, values["need"])
    offer = find(session, by, "offer.read", Offer, values["offer"])
    market_needs, market_offers = runs.things(session, run)
    if need.ref not in market_needs or offer.ref not in market_offers:
        raise Refused("not_found")
    if need.ref in runs.promised(session, run):
        raise Refused("need_promised")
    same = select(Trial).where(Trial.run_id == run.id, Trial.need_id == need.id, Trial.offer_id == offer.id)
    trial = session.scalar(same)
    if trial is None:
        trial = Trial(
            run_id=run.id, need_id=need.id, offer_id=offer.id, requested_at=this_moment(), requested_by_id=by.user_id
        )
        session.add(trial)
    elif trial.failure:
        trial.failure, trial.ended_at, trial.started_at, trial.attempts = None, None, None, 0
    session.flush()
    return trial


def read(session: Session, by: Identity, ref: str, run_ref: str, trial_ref: str) -> Trial:
    """One trial of what would follow, for those who steer rounds and may know of its premises."""
    run = runs.run_of(session, by, ref, run_ref)
    found = select(Trial).join(Trial.offer).where(Trial.ref == trial_ref, Trial.run_id == run.id)
    trial = session.scalar(found.where(rows(by, "offer.read")))
    if trial is None:
        raise Refused("not_found")
    return trial


@dataclass(frozen=True)
class Told:
    """A trial's outcome as one reader may know it."""

    rules: list[str]
    fits: bool
    held: list[dict[str, Any]]  # {"need", "offer", "start", "until", "day"}
    goals: dict[str, int] | None  # what each goal would gain or lose; None where sealed premises count in it
    changes: list[changes.Change] | None  # None where it cannot be forced


def told(session: Session, by: Identity, trial: Trial) -> Told:
    """What a finished trial found, without what touches premises that are sealed from the reader."""
    demand(by, "round.steer")
    result, hidden = trial.result, runs.sealed_from(session, by, trial.run)
    found = result.get("changes")
    if found is not None:
        every = (changes.Change(**change) for change in found)
        found = [one for one in every if not changes.places(one) & hidden]
    held = [one for one in result["held"] if one["offer"] not in hidden]
    return Told(result["rules"], result["fits"], held, None if hidden else result.get("goals"), found)


# Working off


@dataclass(frozen=True)
class Claim:
    """A worker's hold on a trial; its writes count only while the token is still the trial's."""

    trial_id: int
    token: str


@writing
def claim(session: Session, config: Config) -> Claim | None:
    """Take the oldest trial that waits or whose worker has fallen silent; None when there is nothing to do."""
    # Somebody waits for what they asked for; prices come by themselves.
    trial = leases.take(session, Trial, config, _fail, Trial.decision_id.is_not(None))
    return Claim(trial.id, trial.lease_token) if trial else None


@writing
def renew(session: Session, config: Config, held: Claim, _progress: dict[str, Any]) -> str:
    """Keep the lease; a run that waits goes first, so then the trial is put back and answers "lost"."""
    waiting = exists().where(Run.ended_at.is_(None), Run.lease_until.is_(None))
    if session.scalar(select(waiting)):
        back = leases.held(Trial, held.trial_id, held.token)
        session.execute(back.values(lease_until=None, lease_token=None, started_at=None, attempts=Trial.attempts - 1))
        return "lost"
    more = leases.held(Trial, held.trial_id, held.token).values(lease_until=leases.longer(session, config))
    return "go on" if leases.kept(session, more) else "lost"


@writing
def store(session: Session, held: Claim, result: dict[str, Any]) -> bool:
    """Keep what was found, if the worker still holds the trial."""
    found = leases.held(Trial, held.trial_id, held.token)
    return leases.kept(session, found.values(result=result, ended_at=clock(session), lease_until=None))


@writing
def put_back(session: Session, held: Claim) -> None:
    """A trial that broke is tried again until its tries are used up."""
    session.execute(leases.held(Trial, held.trial_id, held.token).values(lease_until=None))


def _fail(_session: Session, trial: Trial, code: str, at: datetime) -> None:
    trial.failure, trial.ended_at, trial.lease_until = code, at, None


def solve(session: Session, held: Claim, stop: Callable[[], bool]) -> dict[str, Any]:
    """What a trial finds: plain values to be stored."""
    trial = session.get_one(Trial, held.trial_id)
    if trial.need is None or trial.offer is None:
        return prices.solve(session, trial, stop)
    run, need, offer = trial.run, trial.need.ref, trial.offer.ref
    market = matching.Market.from_json(runs.market_of(session, run))
    plan = matching.Plan.from_json(runs.plan_of(session, run))
    session.rollback()  # nothing is read any more while the engine works
    found = matching.what_if(market, plan, need, offer, stop=stop)
    result: dict[str, Any] = {
        "rules": found.rules, "fits": found.fits, "start": _day(found.start),
        "held": [
            {**changes.place(h.placement), "until": _day(h.placement.until), "day": _day(h.day)} for h in found.held
        ],
    }  # fmt: skip
    if found.forced is not None:
        was, then = ([changes.place(p) for p in one.placements] for one in (plan, found.forced))
        result |= {"goals": found.change, "changes": [vars(change) for change in changes.between(was, then)]}
    return result


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
