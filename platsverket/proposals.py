"""Proposals are answered by both sides; two yeses make an agreement and its seat-days in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from platsverket import ledger, news
from platsverket.access import Identity, demand, find, rows
from platsverket.config import Config
from platsverket.database import clock, now, this_day, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record
from platsverket.models import (
    CASE_OFFICER,
    DECLINE_REASONS,
    PROJECT_LEAD,
    WITHDRAW_REASONS,
    Agreement,
    Need,
    Offer,
    Proposal,
)

CLOSED = {"expired": "proposal_expired", "withdrawn": "proposal_withdrawn"}


def sides(by: Identity, proposal: Proposal) -> list[str]:
    """For which sides of a proposal this person may answer: "poster", "lead", both or none."""
    return [side for side, role in news.ROLE_OF.items() if news.agency_id(proposal, side) in by.answers_for(role)]


def _instead_of(by: Identity, proposal: Proposal, side: str) -> str | None:
    """In whose place somebody answers who has not the role themselves."""
    agency_id, role = news.agency_id(proposal, side), news.ROLE_OF[side]
    if agency_id in by.agencies(role):
        return None
    return min(who for agency, held, who in by.stands_in if (agency, held) == (agency_id, role))


@writing
def answer(session: Session, by: Identity, ref: str, values: dict[str, Any]) -> Proposal:
    """Accept or decline for one's side; the second yes makes the agreement, a no frees the seats at once.

    Each side has its own reasons to decline: no guest may say for the host that the premises are taken.
    The same answer twice is one answer. Raises Refused("proposal_expired") after the deadline by the database's
    clock, ("already_answered") for another answer than before, ("no_room") where the seats are no longer there.
    """
    proposal = _locked(session, by, ref)
    side = side_of(by, proposal, values.get("side"))
    given = getattr(proposal, f"{side}_answer")
    if given == values["answer"]:
        return proposal
    if given is not None:
        raise Refused("already_answered")
    if values["answer"] == "declined" and values["reason"] not in DECLINE_REASONS[side]:
        raise invalid(reason=Fault("choice"))
    at = clock(session)
    _demand_open(proposal, at)
    setattr(proposal, f"{side}_answer", values["answer"])
    setattr(proposal, f"{side}_answered_at", at)
    if values["answer"] == "declined":
        setattr(proposal, f"{side}_reason", values["reason"])
        ledger.let_go(session, proposal, "declined")
    record(
        session, by, f"proposal.{values['answer']}", "proposal", ref,
        agency_id=news.agency_id(proposal, side), side=side, reason=values.get("reason"),
        instead_of=_instead_of(by, proposal, side),
    )  # fmt: skip
    if proposal.status(at) == "agreed":
        _agree(session, by, proposal)
    else:
        news.answered(session, by, proposal, side, values.get("reason"))
    return proposal


@writing
def withdraw(session: Session, by: Identity, ref: str, values: dict[str, Any]) -> Proposal:
    """Take one's side out of an open proposal, accepted by it or not: the seats are free at once.

    Twice is once. Raises Refused("proposal_agreed") once both have accepted, for then the agreement is ended.
    """
    proposal = _locked(session, by, ref)
    side = side_of(by, proposal, values.get("side"))
    if values["reason"] not in WITHDRAW_REASONS[side]:
        raise invalid(reason=Fault("choice"))
    if proposal.withdrawn_side == side:
        return proposal
    if proposal.agreement:
        raise Refused("proposal_agreed")
    at = clock(session)
    _demand_open(proposal, at)
    proposal.withdrawn_at, proposal.withdrawn_side, proposal.withdrawn_reason = at, side, values["reason"]
    ledger.let_go(session, proposal, "withdrawn")
    record(
        session, by, "proposal.withdrawn", "proposal", ref,
        agency_id=news.agency_id(proposal, side), side=side, reason=values["reason"],
        instead_of=_instead_of(by, proposal, side),
    )  # fmt: skip
    news.withdrawn(session, by, proposal, side, values["reason"])
    return proposal


def expire_due(session: Session, config: Config, at: datetime) -> int:
    """Let go of the seats of proposals whose time to answer is out; returns how many there were."""
    late = select(Proposal.id).where(Proposal.holds_seats, Proposal.answer_by <= at).limit(1)
    return writing(ledger.release_expired)(session, at) if session.scalar(late) is not None else 0


def _demand_open(proposal: Proposal, at: datetime) -> None:
    status = proposal.status(at)
    if status != "open":
        raise Refused(CLOSED.get(status, "proposal_closed"))


def closed(proposal: Proposal, side: str = "") -> str | None:
    """The code that says why a proposal can no longer be withdrawn, or declined by a side; None where it can."""
    if proposal.agreement:
        return "proposal_agreed"
    status = proposal.status(now())
    if status != "open":
        return CLOSED.get(status, "proposal_closed")
    return "already_accepted" if side and getattr(proposal, f"{side}_answer") else None


def _agree(session: Session, by: Identity, proposal: Proposal) -> None:
    ledger.agree(session, proposal)
    agreement = Agreement(
        # The proposal's own name makes the number unique without a counter that everybody would wait for.
        number=f"{proposal.published_at.year}-{proposal.ref.upper()}",
        proposal_id=proposal.id,
        proposal=proposal,
        agreed_at=now(),
        last_day=proposal.until,
    )
    session.add(agreement)
    session.flush()
    record(session, by, "agreement.made", "agreement", agreement.ref, number=agreement.number, proposal=proposal.ref)
    news.agreed(session, agreement)


def _locked(session: Session, by: Identity, ref: str) -> Proposal:
    """The proposal with the offer's row and its own held: always in this order, as everywhere."""
    offer_id = session.scalar(select(Proposal.offer_id).where(Proposal.ref == ref))
    ledger.lock_offers(session, [offer_id] if offer_id else [])
    return find(session, by, "proposal.answer", Proposal, ref, seen="proposal.read", lock=True)


def side_of(by: Identity, proposal: Proposal, wanted: str | None) -> str:
    """The side for which somebody acts; a fault at ``side`` where they stand on both and did not say."""
    own = sides(by, proposal)
    if wanted is None and len(own) == 1:
        return own[0]
    if wanted in own:
        return str(wanted)
    raise invalid(side=Fault("required" if wanted is None else "choice"))


def read(session: Session, by: Identity, ref: str) -> Proposal:
    return find(session, by, "proposal.read", Proposal, ref)


def shown_in_full(session: Session, by: Identity, found: Sequence[Proposal]) -> set[str]:
    """The refs of those proposals that show this reader which premises, of whom, how far away and whom to ask.

    A coordinator reads that of premises that are not open on the premises' own page, where it is put on record.
    """
    known = select(Proposal.id).join(Proposal.offer)
    known = known.where(Proposal.id.in_([p.id for p in found]), rows(by, "offer.address"))
    may_know = set(session.scalars(known))
    return {p.ref for p in found if p.id in may_know and (p.offer.visibility == "open" or sides(by, p))}


def search(
    session: Session,
    by: Identity,
    limit: int = 20,
    offset: int = 0,
    *,
    unanswered: bool = False,
    others: bool = False,
    round_ref: str = "",
) -> tuple[list[Proposal], int]:
    """Proposals this reader may see, those still open first, soonest deadline first; ``unanswered`` keeps
    those waiting for this reader's answer, ``others`` the rest."""
    demand(by, "proposal.read")
    query = select(Proposal).where(rows(by, "proposal.read"))
    waiting = Proposal.holds_seats & (Proposal.answer_by > now()) & _unanswered(by)
    if unanswered:
        query = query.where(waiting)
    if others:
        query = query.where(~waiting)
    if round_ref:
        query = query.where(Proposal.match_round.has(ref=round_ref))
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Proposal.id).subquery())) or 0
    page = query.order_by(Proposal.holds_seats.desc(), Proposal.answer_by, Proposal.id).limit(limit).offset(offset)
    return list(session.scalars(page).unique()), total


def tally(session: Session, by: Identity, round_ref: str) -> dict[str, int]:
    """How many of a round's proposals stand at each status, as far as this reader may see them."""
    demand(by, "proposal.read")
    query = select(
        Proposal.poster_answer, Proposal.lead_answer, Proposal.expired_at, Proposal.answer_by, Proposal.withdrawn_at
    )
    found = session.execute(query.where(rows(by, "proposal.read"), Proposal.match_round.has(ref=round_ref)))
    at = now()
    counted = dict.fromkeys(("open", "agreed", "declined", "expired", "withdrawn"), 0)
    for poster, lead, expired_at, answer_by, withdrawn_at in found:
        one = Proposal(
            poster_answer=poster, lead_answer=lead, expired_at=expired_at, answer_by=answer_by,
            withdrawn_at=withdrawn_at,
        )  # fmt: skip
        counted[one.status(at)] += 1
    return counted


def _unanswered(by: Identity) -> Any:
    as_poster = Proposal.offer_id.in_(select(Offer.id).where(Offer.agency_id.in_(by.answers_for(CASE_OFFICER))))
    as_lead = Proposal.need_id.in_(select(Need.id).where(Need.agency_id.in_(by.answers_for(PROJECT_LEAD))))
    return (Proposal.poster_answer.is_(None) & as_poster) | (Proposal.lead_answer.is_(None) & as_lead)


# Agreements


def read_agreement(session: Session, by: Identity, ref: str) -> Agreement:
    return find(session, by, "agreement.read", Agreement, ref)


def agreements(session: Session, by: Identity, limit: int = 20, offset: int = 0) -> tuple[list[Agreement], int]:
    """Agreements this reader may see, newest first, and how many in all."""
    demand(by, "agreement.read")
    query = select(Agreement).where(rows(by, "agreement.read"))
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Agreement.id).subquery())) or 0
    page = query.order_by(Agreement.agreed_at.desc(), Agreement.id.desc()).limit(limit).offset(offset)
    return list(session.scalars(page).unique()), total


@writing
def end_agreement(session: Session, by: Identity, ref: str, last_day: date, reason: str) -> Agreement:
    """Give up an agreement before its time: ``last_day`` is the last one used, its later days are free again."""
    agreement = find(session, by, "agreement.end", Agreement, ref, seen="agreement.read")
    ledger.lock_offers(session, [agreement.proposal.offer_id])
    session.refresh(agreement, with_for_update={"of": Agreement})
    yesterday = this_day() - timedelta(days=1)
    if agreement.last_day <= yesterday or agreement.ended_at:
        raise Refused("agreement_over")
    if not yesterday <= last_day < agreement.last_day:
        raise invalid(last_day=Fault("last_day", earliest=yesterday, latest=agreement.last_day - timedelta(days=1)))
    ledger.end(session, agreement, last_day)
    agreement.last_day, agreement.ended_at, agreement.ended_reason = last_day, now(), reason
    record(session, by, "agreement.ended", "agreement", ref, last_day=last_day.isoformat(), reason=reason)
    news.ended(session, by, agreement)
    return agreement
