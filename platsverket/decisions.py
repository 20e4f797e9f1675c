"""Locks and bars: what coordinators decide in a round, each with its reason; what stands steers the next run."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import matching
from platsverket import runs
from platsverket.access import Identity, rows
from platsverket.agencies import by_refs
from platsverket.config import Config
from platsverket.database import STOCKHOLM, now, this_day, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record
from platsverket.models import Decision, MatchRound, Need, Offer, Run


@writing
def decide(session: Session, by: Identity, config: Config, ref: str, values: dict[str, Any]) -> Decision:
    """Lock a need in an offer, or bar a need, an organisation or everybody from one, for this round's next runs.

    Raises Refused("decision_impossible") where it contradicts the market, an agreement or another decision.
    """
    match_round = _decided_in(session, by, ref)
    need = _one(session, Need, rows(by, "need.read"), values["need"], "need") if values["need"] else None
    agency = by_refs(session, [values["agency"]], "agency")[0] if values["agency"] else None
    offer = _one(session, Offer, rows(by, "offer.read"), values["offer"], "offer")
    start = values["start"] if values["kind"] == "lock" else None
    what = {"kind": values["kind"], "need": need, "agency": agency, "offer": offer, "start": start}
    decision = _made(session, by, match_round, what, values)
    _demand_possible(match_round)
    return decision


@writing
def lock_all(session: Session, by: Identity, ref: str, run_ref: str, values: dict[str, Any]) -> list[Decision]:
    """Lock all that a run placed for an organisation, or in premises, where the run placed it; one decision for each.

    What was promised before the round is locked already; what lies in premises sealed from ``by`` is left as it is.
    Raises Refused("nothing_to_lock"), and ("decision_impossible") where one of them contradicts what stands.
    """
    match_round = _decided_in(session, by, ref)
    run = runs.done_run(session, by, ref, run_ref)
    placed, promised = runs.plan_of(session, run)["placements"], runs.promised(session, run)
    refs = {p["need"] for p in placed if p["need"] not in promised}
    needs = {n.ref: n for n in session.scalars(select(Need).where(Need.ref.in_(refs))).unique()}
    known = select(Offer).where(Offer.ref.in_({p["offer"] for p in placed}), rows(by, "offer.read"))
    offers = {o.ref: o for o in session.scalars(known).unique()}
    made = [
        _made(session, by, match_round, _lock(needs[p["need"]], offers[p["offer"]], p["start"]), values)
        for p in placed
        if p["need"] in needs and p["offer"] in offers
        and (p["offer"] == values["offer"] or needs[p["need"]].agency.ref == values["agency"])
    ]  # fmt: skip
    if not made:
        raise Refused("nothing_to_lock")
    _demand_possible(match_round)
    return made


def _lock(need: Need, offer: Offer, start: str) -> dict[str, Any]:
    return {"kind": "lock", "need": need, "agency": None, "offer": offer, "start": date.fromisoformat(start)}


def _decided_in(session: Session, by: Identity, ref: str) -> MatchRound:
    match_round = runs.steered(session, by, ref, lock=True)
    demand_frozen(session, match_round)
    return match_round


def _made(
    session: Session, by: Identity, match_round: MatchRound, what: dict[str, Any], values: dict[str, Any]
) -> Decision:
    """Add a decision to its round, with reason, author and last day; the one that stands where it says the same."""
    today, until = this_day(), values.get("stands_until") or match_round.answer_by
    if until < today:
        raise invalid(stands_until=Fault("in_the_past"))
    decision = Decision(
        **what, offer_id=what["offer"].id, reason=values["reason"], made_at=now(), made_by_id=by.user_id,
        stands_until=until,
    )  # fmt: skip
    standing = (d for d in match_round.decisions if d.status(today) == "standing")
    if same := next((d for d in standing if _alike(d, decision)), None):
        return same  # made twice, it is still one decision, and one removal undoes it
    match_round.decisions.append(decision)
    session.flush()
    refs = {name: what[name].ref if what[name] else None for name in ("need", "agency", "offer")}
    record(
        session, by, "decision.made", "round", match_round.ref, decision=decision.ref, what=decision.kind,
        reason=decision.reason, stands_until=until.isoformat(), **refs,
    )  # fmt: skip
    return decision


def _alike(one: Decision, other: Decision) -> bool:
    """Whether two decisions say the same, whatever their reasons."""
    return all(getattr(one, name) == getattr(other, name) for name in ("kind", "need", "agency", "offer", "start"))


@writing
def undo(session: Session, by: Identity, ref: str, decision_ref: str) -> None:
    """Remove a lock or bar; it stays on record."""
    match_round = _decided_in(session, by, ref)
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


def demand_frozen(session: Session, match_round: MatchRound) -> None:
    """Raises Refused("round_not_frozen"), or what tells who has published or called off the round, and when."""
    if over := runs.settled(session, match_round):
        raise over
    if not match_round.steerable:
        raise Refused("round_not_frozen")


def _demand_possible(match_round: MatchRound) -> None:
    market = runs.frozen_of(match_round)
    try:
        matching.Market.from_json({**market, "decisions": _standing(match_round, market)})
    except matching.MarketError as error:
        codes = sorted({fault.code for fault in error.faults})
        raise Refused("decision_impossible", codes=codes, faults=[str(f) for f in error.faults]) from None


def given(session: Session, match_round: MatchRound, market: dict[str, Any]) -> dict[str, Any]:
    """What a run gets besides the frozen market: the decisions that stand, and the round's latest plan."""
    found: dict[str, Any] = {"decisions": _standing(match_round, market)}
    if latest := _latest(session, match_round):
        keys = ("need", "offer", "start")
        found["previous"] = [{k: p[k] for k in keys} for p in runs.plan_of(session, latest)["placements"]]
    return found


def binding(match_round: MatchRound, market: dict[str, Any]) -> dict[str, Any]:
    """The round's decisions that stand now, as the engine reads them in this market; what was promised is not among."""
    return _standing(match_round, {**market, "decisions": {"locked": []}})


def _standing(match_round: MatchRound, market: dict[str, Any]) -> dict[str, Any]:
    today = this_day()
    standing = [d for d in match_round.decisions if d.status(today) == "standing"]
    entries = {kind: [e for d in standing if d.kind == kind for e in as_given(d, market)] for kind in ("lock", "bar")}
    # The same decision made twice is one decision to the engine.
    committed = market["decisions"]["locked"]
    return {"locked": _each_once(committed + entries["lock"]), "barred": _each_once(entries["bar"])}


def as_given(decision: Decision, market: dict[str, Any]) -> list[dict[str, str]]:
    """A decision as the engine reads it: one lock, or the bars it amounts to in this market."""
    offer = decision.offer.ref
    if decision.need:
        start = {"start": decision.start.isoformat()} if decision.kind == "lock" and decision.start else {}
        return [{"need": decision.need.ref, "offer": offer, **start}]
    if decision.agency:
        return [{"agency": decision.agency.ref, "offer": offer}]
    # For everybody, but for those who were promised a place there before the round.
    kept = {lock["need"] for lock in market["decisions"]["locked"] if lock["offer"] == offer}
    of_kept = {need["agency"] for need in market["needs"] if need["id"] in kept}
    whole = {need["agency"] for need in market["needs"]} - of_kept
    single = [n["id"] for n in market["needs"] if n["agency"] in of_kept and n["id"] not in kept]
    return [{"agency": a, "offer": offer} for a in sorted(whole)] + [{"need": n, "offer": offer} for n in single]


def followed(decision: Decision, run: Run, market: dict[str, Any]) -> bool:
    """Whether a run was given this decision; ``market`` is the round's as it was frozen."""
    given_ones = run.decisions["decisions"]["locked" if decision.kind == "lock" else "barred"]
    entries = _as_set(as_given(decision, market))
    return bool(entries) and entries <= _as_set(given_ones)


def left_out(session: Session, decision: Decision) -> bool:
    """Whether a run is under way that began without this decision."""
    under_way = [run for run in decision.match_round.runs if run.ended_at is None and not run.is_refill]
    return any(not followed(decision, run, runs.frozen(session, run)) for run in under_way)


def decided_since(match_round: MatchRound, run: Run) -> int:
    """How many of the decisions that a run followed no longer stand, or stand without having been followed."""
    then, current = run.decisions["decisions"], _standing(match_round, runs.frozen_of(match_round))
    return sum(len(_as_set(then[kind]) ^ _as_set(current[kind])) for kind in ("locked", "barred"))


def counts(match_round: MatchRound) -> dict[str, int]:
    """How many decisions stood when each run of a round was asked for, by the run's ref."""
    asked = {run.ref: (run.requested_at, run.requested_at.astimezone(STOCKHOLM).date()) for run in match_round.runs}
    return {ref: sum(d.stood(at, day) for d in match_round.decisions) for ref, (at, day) in asked.items()}


def _as_set(entries: list[dict[str, str]]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(entry.items()) for entry in entries}


def _each_once(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    return [dict(pairs) for pairs in dict.fromkeys(tuple(e.items()) for e in entries)]


def _latest(session: Session, match_round: MatchRound) -> Run | None:
    done = select(Run).where(Run.round_id == match_round.id, Run.ended_at.is_not(None), Run.failure.is_(None))
    return session.scalar(done.order_by(Run.number.desc()).limit(1))
