"""Locks and bars: what coordinators decide in a round, each with its reason; what stands steers the next run."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

import matching
from platsverket import runs
from platsverket.access import Identity, rows
from platsverket.agencies import by_refs
from platsverket.config import Config
from platsverket.database import now, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record
from platsverket.models import Decision, MatchRound, Need, Offer, Run


@writing
def decide(session: Session, by: Identity, config: Config, ref: str, values: dict[str, Any]) -> Decision:
    """Lock a need in an offer, or bar a need or an organisation from one, with a reason, for this round's next runs.

    Raises Refused("decision_impossible") where it contradicts the market, an agreement or another decision.
    """
    match_round = runs.steered(session, by, ref, lock=True)
    demand_frozen(match_round)
    need = _one(session, Need, rows(by, "need.read"), values["need"], "need") if values["need"] else None
    agency = by_refs(session, [values["agency"]], "agency")[0] if values["agency"] else None
    offer = _one(session, Offer, rows(by, "offer.read"), values["offer"], "offer")
    decision = Decision(
        kind=values["kind"], need=need, agency=agency, offer=offer, offer_id=offer.id,
        start=values["start"] if values["kind"] == "lock" else None,
        reason=values["reason"], made_at=now(), made_by_id=by.user_id,
    )  # fmt: skip
    if same := next((d for d in match_round.decisions if d.removed_at is None and _alike(d, decision)), None):
        return same  # made twice, it is still one decision, and one removal undoes it
    match_round.decisions.append(decision)
    _demand_possible(session, match_round)
    session.flush()
    record(
        session, by, "decision.made", "round", ref, decision=decision.ref, what=decision.kind,
        need=values["need"], agency=values["agency"], offer=values["offer"], reason=decision.reason,
    )  # fmt: skip
    return decision


def _alike(one: Decision, other: Decision) -> bool:
    """Whether two decisions say the same, whatever their reasons."""
    return all(getattr(one, name) == getattr(other, name) for name in ("kind", "need", "agency", "offer", "start"))


@writing
def undo(session: Session, by: Identity, ref: str, decision_ref: str) -> None:
    """Remove a lock or bar; it stays on record."""
    match_round = runs.steered(session, by, ref, lock=True)
    demand_frozen(match_round)
    decision = next((d for d in match_round.decisions if d.ref == decision_ref), None)
    if decision is None:
        raise Refused("not_found")
    if decision.removed_at is None:
        decision.removed_at = now()
        record(session, by, "decision.removed", "round", ref, decision=decision.ref)


def _one(session: Session, model: Any, condition: Any, ref: str, field: str) -> Any:
    found = session.scalars(select(model).where(model.ref == ref, condition)).unique().one_or_none()
    if found is None:
        raise invalid(**{field: Fault("choice")})
    return found


def demand_frozen(match_round: MatchRound) -> None:
    if match_round.status not in ("frozen", "matched", "running"):
        raise Refused("round_not_frozen")


def _demand_possible(session: Session, match_round: MatchRound) -> None:
    market = json.loads(match_round.market or "{}")
    try:
        matching.Market.from_json({**market, **given(session, match_round, market)})
    except matching.MarketError as error:
        codes = sorted({fault.code for fault in error.faults})
        raise Refused("decision_impossible", codes=codes, faults=[str(f) for f in error.faults]) from None


def given(session: Session, match_round: MatchRound, market: dict[str, Any]) -> dict[str, Any]:
    """What a run gets besides the frozen market: the decisions that stand, and the round's latest plan."""
    standing = [d for d in match_round.decisions if d.removed_at is None]
    locked = [
        {"need": d.need.ref, "offer": d.offer.ref, "start": d.start.isoformat()}
        for d in standing
        if d.kind == "lock" and d.need and d.start
    ]
    barred = [
        {"need": d.need.ref, "offer": d.offer.ref}
        if d.need
        else {"agency": d.agency.ref if d.agency else "", "offer": d.offer.ref}
        for d in standing
        if d.kind == "bar"
    ]
    # The same decision made twice is one decision to the engine.
    committed = market["decisions"]["locked"]
    found: dict[str, Any] = {"decisions": {"locked": _each_once(committed + locked), "barred": _each_once(barred)}}
    latest = _latest(session, match_round)
    if latest and latest.plan:
        keys = ("need", "offer", "start")
        found["previous"] = [{k: p[k] for k in keys} for p in json.loads(latest.plan)["placements"]]
    return found


def decided_since(session: Session, match_round: MatchRound, run: Run) -> int:
    """How many of the decisions that a run followed no longer stand, or stand without having been followed."""
    market = json.loads(match_round.market or "{}")
    then, current = run.decisions["decisions"], given(session, match_round, market)["decisions"]
    return sum(
        len({tuple(d.items()) for d in then[kind]} ^ {tuple(d.items()) for d in current[kind]})
        for kind in ("locked", "barred")
    )


def _each_once(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    return [dict(pairs) for pairs in dict.fromkeys(tuple(e.items()) for e in entries)]


def _latest(session: Session, match_round: MatchRound) -> Run | None:
    done = select(Run).where(Run.round_id == match_round.id, Run.ended_at.is_not(None), Run.failure.is_(None))
    return session.scalar(done.order_by(Run.number.desc()).limit(1).options(undefer(Run.plan)))
