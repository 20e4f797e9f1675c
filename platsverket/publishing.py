"""A finished run becomes proposals: each placement is checked against offers and requests as they are now.

What no longer holds is set aside with its code; the seats of each proposal are held from here on. Rounds publish
once, their refills whenever there is something to fill up with.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

import matching
from platsverket import decisions, ledger, markets, news, runs
from platsverket.access import Identity
from platsverket.config import Config
from platsverket.database import STOCKHOLM, this_day
from platsverket.events import record
from platsverket.models import MatchRound, Need, Offer, Proposal, Run, new_ref

# What a coordinator may decide against when locking; capacity and bars bind everybody.
WAIVED_BY_LOCK = {"near", "size", "features", "weekdays", "admission"}


def end_of(day: date) -> datetime:
    """The moment at which a day is over in Stockholm: until then an answer counts."""
    return datetime.combine(day + timedelta(days=1), time(), STOCKHOLM).astimezone(UTC)


def put_forward(
    session: Session, by: Identity, config: Config, match_round: MatchRound, run: Run, at: datetime, deadline: datetime
) -> tuple[list[Proposal], list[dict[str, Any]]]:
    """A plan's new proposals, stored with their events, and what was set aside; the caller holds the round."""
    committed = runs.promised(session, run)
    wanted = [p for p in runs.plan_of(session, run)["placements"] if p["need"] not in committed]
    _hold(session, wanted)
    standing, aside = _still_standing(session, by, config, match_round, run, wanted)
    proposals = [_proposal(match_round, run, *entry, at, deadline) for entry in standing]
    refused = {p.ref for p in ledger.hold_all(session, proposals)}
    made = []
    for proposal, (placement, need, _offer) in zip(proposals, standing, strict=True):
        if proposal.ref in refused:
            aside.append(_aside(placement, "taken"))
            continue
        session.add(proposal)
        made.append(proposal)
        record(
            session, by, "proposal.published", "proposal", proposal.ref,
            agency_id=need.agency_id, round=match_round.ref,
        )  # fmt: skip
    session.flush()
    news.published(session, made)
    return made, aside


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
    until = date.fromisoformat(placement["until"])
    return Proposal(
        ref=new_ref(),
        round_id=match_round.id,
        run_id=run.id,
        need=need,
        offer=offer,
        offer_id=offer.id,
        start=date.fromisoformat(placement["start"]),
        until=until,
        weekdays=need.weekdays,
        seats=need.seats,
        km=placement["km"],
        fit=placement["fit"],
        published_at=at,
        answer_by=min(deadline, end_of(until)),
        holds_seats=False,
    )


def _still_standing(
    session: Session, by: Identity, config: Config, match_round: MatchRound, run: Run, wanted: list[dict[str, Any]]
) -> tuple[list[tuple[dict[str, Any], Need, Offer]], list[dict[str, Any]]]:
    """The placements that hold against offers and requests as they are now, heaviest first; the others with a code."""
    today = this_day()
    market = markets.build(session, by, config, match_round.goals, today)
    offers = {o["id"] for o in market["offers"]}
    needs = {n["id"] for n in market["needs"]} - {lock["need"] for lock in market["decisions"]["locked"]}
    given = _given(match_round, run, market)
    locked = {lock["need"] for lock in given["locked"]}
    agencies = {thing["agency"] for kind in ("offers", "needs") for thing in market[kind]}
    market["decisions"]["barred"] = [
        b for b in given["barred"] if b["offer"] in offers and (b.get("need") in needs or b.get("agency") in agencies)
    ]
    market["decisions"]["locked"] = []
    now_market = runs.usable(session, market)
    standing, aside = [], []
    need_rows = _by_ref(session, Need, [p["need"] for p in wanted])
    offer_rows = _by_ref(session, Offer, [p["offer"] for p in wanted])
    for placement in wanted:
        need, offer = need_rows[placement["need"]], offer_rows[placement["offer"]]
        entry = runs.placement(placement)
        code = _gone(need, offer, needs, offers, today) or _broken(now_market, entry, need.ref in locked, offer)
        if code:
            aside.append(_aside(placement, code))
        else:
            standing.append((placement, need, offer))
    standing.sort(key=lambda s: (-s[1].priority * s[1].seats, s[1].ref))
    return standing, aside


def _given(match_round: MatchRound, run: Run, market: dict[str, Any]) -> dict[str, Any]:
    """The decisions that bind now. A refill followed no coordinator's lock, and ruled out also what was declined."""
    if run.is_refill:
        return {"locked": [], "barred": run.decisions["decisions"]["barred"]}
    return decisions.binding(match_round, market)


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


def _aside(placement: dict[str, Any], code: str) -> dict[str, Any]:
    return {"need": placement["need"], "offer": placement["offer"], "start": placement["start"], "code": code}
