"""The price of a decision: what its run would gain without it, found by solving the run's market once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

import matching
from platsverket import changes, decisions, runs
from platsverket.access import Identity, demand
from platsverket.database import now, writing
from platsverket.models import Decision, MatchRound, Run, Trial


@writing
def ask(session: Session, run_id: int) -> int:
    """Ask for the price of every decision that a finished run followed; returns how many were not yet asked for.

    Prices of the round's earlier runs that nobody has begun to work out are no longer asked for.
    """
    run = session.get_one(Run, run_id)
    if run.is_refill:
        return 0  # it follows what is ruled out, also by those who declined, not each decision by itself
    earlier = select(Run.id).where(Run.round_id == run.round_id, Run.number < run.number)
    idle = (Trial.decision_id.is_not(None), Trial.started_at.is_(None), Trial.run_id.in_(earlier))
    session.execute(delete(Trial).where(*idle))
    known = set(session.scalars(select(Trial.decision_id).where(Trial.run_id == run.id)))
    missing = [d for d in followed(session, run) if d.id not in known]
    session.add_all(Trial(run_id=run.id, decision_id=d.id, requested_at=now()) for d in missing)
    return len(missing)


def followed(session: Session, run: Run) -> list[Decision]:
    """The decisions of a round that this run was given."""
    made = select(Decision).where(Decision.round_id == run.round_id, Decision.made_at <= run.requested_at)
    market = runs.frozen(session, run)
    return [d for d in session.scalars(made.order_by(Decision.id)).unique() if decisions.followed(d, run, market)]


def solve(session: Session, trial: Trial, stop: Callable[[], bool]) -> dict[str, Any]:
    """What a trial without its decision finds: what each goal would gain, and who would gain or lose a place.

    Where the quick trial finds nothing better, the decision costs nothing that is known.
    """
    run, decision = trial.run, trial.decision
    market = runs.market_of(session, run)
    plan = matching.Plan.from_json(runs.plan_of(session, run))
    without = matching.Market.from_json(_without(decision, market, runs.frozen(session, run)))
    session.rollback()  # nothing is read any more while the engine works
    found = matching.solve(without, effort="quick", seed=plan.seed, stop=stop)
    before = {g.goal: g.value for g in plan.goals}
    gains = [g.value - before[g.goal] for g in found.goals]
    if gains <= [0] * len(gains):
        return {"goals": {}, "changes": []}
    was, then = ([changes.place(p) for p in one.placements] for one in (plan, found))
    return {
        "goals": {g.goal: gain for g, gain in zip(found.goals, gains, strict=True)},
        "changes": [vars(change) for change in changes.between(was, then)],
    }


def _without(decision: Decision | None, market: dict[str, Any], frozen: dict[str, Any]) -> dict[str, Any]:
    entries = decisions.as_given(decision, frozen) if decision else []
    given = market["decisions"]
    return {**market, "decisions": {kind: [e for e in given[kind] if e not in entries] for kind in given}}


@dataclass(frozen=True)
class Price:
    """What a run would gain without a decision: ``goals`` None and nothing in ``tally`` while unknown or hidden."""

    run: Run
    status: str
    goals: dict[str, int] | None
    tally: dict[str, int]
    hidden: bool


def of_round(session: Session, by: Identity, match_round: MatchRound) -> dict[str, Price]:
    """The latest price of each decision of a round, by its ref; whose premises are sealed from the reader have none."""
    demand(by, "round.steer")
    query = select(Trial).join(Trial.run).where(Run.round_id == match_round.id, Trial.decision_id.is_not(None))
    query = query.options(joinedload(Trial.run), joinedload(Trial.decision)).order_by(Run.number)
    found = list(session.scalars(query).unique())
    hidden = runs.sealed_from(session, by, found[0].run) if found else set()
    return {
        trial.decision.ref: _price(trial, hidden)
        for trial in found
        if trial.decision and trial.decision.offer.ref not in hidden
    }


def _price(trial: Trial, hidden: set[str]) -> Price:
    told = trial.result if trial.status == "done" and not hidden else {}
    gained_and_lost = (changes.Change(**change) for change in told.get("changes", []))
    return Price(trial.run, trial.status, told.get("goals"), changes.tally(gained_and_lost), bool(hidden))
