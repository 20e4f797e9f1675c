"""The closed loop: what comes free in a published round is matched again with the requests that wait in it.

Whatever frees capacity leaves a row of ``Freed`` in its own transaction. When that has been quiet for a while the clock
gathers all such rows into one refill: a run of the round on the market of that moment, in which all that is agreed or
awaits answers is locked. A worker works it off like any run; then it is published, by the clock or by a coordinator.
Each step is one transaction that finds its work by what is stored, so whoever dies leaves a step done or not begun.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from platsverket import accounts, decisions, ledger, markets, publishing, runs
from platsverket.access import ANONYMOUS, Identity, demand, rows
from platsverket.config import Config
from platsverket.database import STOCKHOLM, clock, now, writing
from platsverket.errors import Refused
from platsverket.events import record
from platsverket.models import Freed, MatchRound, Need, Offer, Proposal, Run

LONGEST_WAIT = 10  # times the quiet that is waited for: a steady trickle does not put a refill off for ever
NO_LONGER_ASKED = ("need_solved", "need_ended")  # reasons after which a request waits for nothing more


def call_out(session: Session, config: Config, at: datetime) -> None:
    """Publish the refill that is done where no coordinator has to release it, and begin the one that is due."""
    if config.rounds.refill == "auto" and (found := ready(session)):
        put_out(session, ANONYMOUS, config, *found)
    if _due(session, config, at):
        begin(session, config, at)


def _due(session: Session, config: Config, at: datetime) -> bool:
    waiting = Freed.taken_up_at.is_(None)
    first, last = session.execute(select(func.min(Freed.at), func.max(Freed.at)).where(waiting)).one()
    quiet = timedelta(seconds=config.rounds.refill_wait_seconds)
    return last is not None and (last <= at - quiet or first <= at - LONGEST_WAIT * quiet)


def ready(session: Session) -> tuple[str, str] | None:
    """The refill that is done and waits to be published, by round and run: the newest of the round in force."""
    in_force = _newest().with_only_columns(MatchRound.id).scalar_subquery()
    newest = select(MatchRound.ref, Run.ref, Run.ended_at, Run.published_at).join(Run, Run.round_id == MatchRound.id)
    newest = newest.where(Run.is_refill, Run.failure.is_(None), MatchRound.id == in_force)
    found = session.execute(newest.order_by(Run.number.desc()).limit(1)).first()
    return (found[0], found[1]) if found and found[2] and not found[3] else None


def _newest() -> Select[MatchRound]:
    """The round in force is the one that was frozen last: an earlier one has handed its requests on to it."""
    frozen = select(MatchRound).where(MatchRound.frozen_at.is_not(None), MatchRound.cancelled_at.is_(None))
    return frozen.order_by(MatchRound.frozen_at.desc(), MatchRound.id.desc()).limit(1)


# Beginning


@writing
def begin(session: Session, config: Config, at: datetime) -> Run | None:
    """Ask for a refill of the round that was frozen last with all that has come free; None where there is none to do.

    While that round is not published, or a refill is under way, what came free waits; where nobody waits for a place
    in it, it is taken up without a run.
    """
    match_round = _in_force(session)
    if match_round is None or match_round.published_at is None or any(_under_way(run) for run in match_round.runs):
        return None
    ledger.release_expired(session, at)
    session.flush()
    published = next(run for run in match_round.runs if run.published_at)
    by = accounts.eyes_of(session, published.requested_by_id)
    market, barred = _market(session, by, config, match_round, at.astimezone(STOCKHOLM).date())
    if len(market["needs"]) == len(market["decisions"]["locked"]):
        ledger.take_up(session, at)
        return None
    given = {"decisions": {"locked": market["decisions"]["locked"], "barred": barred}}
    run = Run(
        round_id=match_round.id,
        number=len(match_round.runs) + 1,
        effort="quick",
        seed=config.rounds.seed,
        requested_at=at,
        requested_by_id=published.requested_by_id,
        decisions=given,
        market=json.dumps(market, ensure_ascii=False, separators=(",", ":")),
        market_sha256=runs.usable(session, {**market, **given}).sha256,
        is_refill=True,
        progress={},
        summary={},
    )
    session.add(run)
    session.flush()
    causes = ledger.take_up(session, at, run.id)
    waiting = len(market["needs"]) - len(market["decisions"]["locked"])
    record(
        session, ANONYMOUS, "round.refill_begun", "round", match_round.ref,
        run=run.ref, number=run.number, freed=causes.total(), waiting=waiting,
    )  # fmt: skip
    return run


def start(session: Session, by: Identity, config: Config, ref: str) -> Run:
    """A coordinator fills up a round at once, without waiting for quiet; raises Refused("nothing_to_refill")."""
    match_round = runs.steered(session, by, ref)
    run = begin(session, config, now())
    if run is None or run.round_id != match_round.id:
        raise Refused("nothing_to_refill")
    return run


def _in_force(session: Session) -> MatchRound | None:
    return session.scalar(_newest().with_for_update().execution_options(populate_existing=True))


def _under_way(run: Run) -> bool:
    return run.is_refill and run.ended_at is None


def _market(
    session: Session, by: Identity, config: Config, match_round: MatchRound, today: date
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The market of now with only those requests that wait in this round, and what is ruled out for them."""
    market = markets.build(session, by, config, match_round.goals, today)
    locked = {lock["need"] for lock in market["decisions"]["locked"]}
    before = _Before(session, match_round)
    asked = runs.things(session, match_round.runs[0])[0].keys() - before.no_longer_asked
    market["needs"] = [need for need in market["needs"] if need["id"] in locked or need["id"] in asked]
    waiting = {need["id"]: need["agency"] for need in market["needs"] if need["id"] not in locked}
    offers = {offer["id"] for offer in market["offers"]}
    bars = {(need, offer) for need, offer in before.turned_down if need in waiting and offer in offers}
    bars |= {(need, offer) for offer in before.not_free & offers for need in waiting}
    for bar in decisions.binding(match_round, market)["barred"]:
        agency, need = bar.get("agency"), bar.get("need")
        bars |= {
            (one, bar["offer"])
            for one, of in waiting.items()
            if bar["offer"] in offers and (of == agency or one == need)
        }
    return market, [{"need": need, "offer": offer} for need, offer in sorted(bars)]


class _Before:
    """What earlier proposals mean for a refill: nobody gets again what they turned down or let pass."""

    def __init__(self, session: Session, match_round: MatchRound):
        self.turned_down: set[tuple[str, str]] = set()
        self.not_free: set[str] = set()
        self.no_longer_asked: set[str] = set()
        closed = select(Need.ref, Offer.ref, Offer.changed_at, Proposal.round_id == match_round.id, *ENDED)
        closed = closed.join(Proposal.need).join(Proposal.offer).where(Proposal.holds_seats.is_(False))
        for need, offer, changed_at, here, *how in session.execute(closed):
            one = _Ended(*how)
            self.turned_down.add((need, offer))
            if one.said_by("poster")[0] == "place_no_longer_free" and changed_at <= one.said_by("poster")[1]:
                self.not_free.add(offer)
            if here and (one.passed_over or one.said_by("lead")[0] in NO_LONGER_ASKED):
                self.no_longer_asked.add(need)


ENDED = (
    Proposal.poster_reason, Proposal.poster_answered_at, Proposal.lead_reason, Proposal.lead_answered_at,
    Proposal.withdrawn_side, Proposal.withdrawn_reason, Proposal.withdrawn_at, Proposal.expired_at,
)  # fmt: skip


@dataclass(frozen=True)
class _Ended:
    """How a proposal came to its end: the columns of ENDED."""

    poster_reason: str | None
    poster_at: datetime | None
    lead_reason: str | None
    lead_at: datetime | None
    withdrawn_side: str | None
    withdrawn_reason: str | None
    withdrawn_at: datetime | None
    expired_at: datetime | None

    def said_by(self, side: str) -> tuple[str | None, Any]:
        """The reason that a side gave last, and when."""
        if self.withdrawn_side == side:
            return self.withdrawn_reason, self.withdrawn_at
        return (self.poster_reason, self.poster_at) if side == "poster" else (self.lead_reason, self.lead_at)

    @property
    def passed_over(self) -> bool:
        """Nobody answered for the guest while there was time."""
        return self.expired_at is not None and self.lead_at is None


# Reading


@dataclass(frozen=True)
class Refill:
    """One refill as a coordinator reads it: its run, what it took up, its proposals, and whether it can be released."""

    run: Run
    causes: dict[str, int]
    proposals: int
    can_be_released: bool


def of_round(session: Session, by: Identity, match_round: MatchRound) -> list[Refill]:
    """A round's refills, newest first; proposals on premises sealed from the reader are not counted."""
    demand(by, "round.steer")
    refills = {run.id: run for run in match_round.runs if run.is_refill}
    took = select(Freed.run_id, Freed.cause, func.count()).where(Freed.run_id.in_(refills))
    causes: dict[int, dict[str, int]] = {run_id: {} for run_id in refills}
    for run_id, cause, count in session.execute(took.group_by(Freed.run_id, Freed.cause).order_by(Freed.cause)):
        causes[run_id or 0][cause] = count
    made = select(Proposal.run_id, func.count()).where(Proposal.run_id.in_(refills), rows(by, "proposal.read"))
    counted = dict(session.execute(made.group_by(Proposal.run_id)).all())
    newest = ready(session)
    return [
        Refill(run, causes[run.id], counted.get(run.id, 0), newest == (match_round.ref, run.ref))
        for run in reversed(match_round.runs)
        if run.is_refill
    ]


def waiting(session: Session) -> int:
    """How often something has come free that no market holds yet."""
    return session.scalar(select(func.count(Freed.id)).where(Freed.taken_up_at.is_(None))) or 0


# Publishing


@writing
def put_out(session: Session, by: Identity, config: Config, ref: str, run_ref: str) -> int:
    """Publish a finished refill; returns how many proposals it gave. Twice is once.

    Raises Refused("refill_replaced") where a newer refill or round has taken its place.
    """
    match_round = session.scalars(select(MatchRound).where(MatchRound.ref == ref).with_for_update()).one()
    run = session.scalars(select(Run).where(Run.ref == run_ref, Run.round_id == match_round.id)).one()
    if run.published_at:
        return 0
    if (ref, run_ref) != ready(session):
        raise Refused("refill_replaced")
    at = clock(session)
    ledger.release_expired(session, at)
    session.flush()
    published = next(one for one in match_round.runs if one.published_at)
    last_day = max(
        match_round.answer_by, at.astimezone(STOCKHOLM).date() + timedelta(days=config.rounds.refill_answer_days)
    )
    by_whom = accounts.eyes_of(session, published.requested_by_id)
    deadline = publishing.end_of(last_day)
    made, aside = publishing.put_forward(session, by_whom, config, match_round, run, at, deadline)
    run.published_at = at
    looked_at = runs.things(session, run)[0]
    match_round.set_aside = [one for one in match_round.set_aside if one["need"] not in looked_at] + aside
    record(
        session, by, "round.refilled", "round", ref,
        run=run.ref, number=run.number, proposals=len(made), set_aside=len(aside),
    )  # fmt: skip
    return len(made)


def release(session: Session, by: Identity, config: Config, ref: str, run_ref: str) -> int:
    """A coordinator publishes a refill that is done."""
    demand(by, "round.steer")
    runs.done_run(session, by, ref, run_ref)
    return put_out(session, by, config, ref, run_ref)
