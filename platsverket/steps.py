"""What waits for one person, so that the start page can put it first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from platsverket import proposals, questions
from platsverket.access import Identity, may, rows
from platsverket.database import now, this_day
from platsverket.models import (
    CASE_OFFICER,
    COORDINATOR,
    PROJECT_LEAD,
    Agreement,
    MatchRound,
    Need,
    Offer,
    OfferSpan,
    Proposal,
    Question,
)

RECONFIRM_AHEAD_DAYS = 14
SHOWN = 5


@dataclass(frozen=True)
class Steps:
    """The first few of each thing to do, and how many there are of those that can be many."""

    proposals: list[Proposal] = field(default_factory=list)
    all_proposals: int = 0
    offers: list[Offer] = field(default_factory=list)
    all_offers: int = 0
    needs: list[Need] = field(default_factory=list)
    all_needs: int = 0
    rounds: list[MatchRound] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    awaited: list[tuple[MatchRound, int]] = field(default_factory=list)  # published rounds, proposals not yet answered

    @property
    def nothing(self) -> bool:
        return not (self.proposals or self.questions or self.offers or self.needs or self.rounds)


def next_steps(session: Session, by: Identity) -> Steps:
    """Proposals to answer, own premises to reconfirm, own requests without a place, rounds to steer: by role."""
    found: list[Proposal] = []
    all_proposals = 0
    if may(by, "proposal.answer"):
        found, all_proposals = proposals.search(session, by, SHOWN, unanswered=True)
    offers, all_offers = _to_reconfirm(session, by)
    needs, all_needs = _without_place(session, by)
    steer, awaited = _to_steer(session, by), _awaited(session, by)
    asked = questions.waiting(session, by, SHOWN) if by.has(PROJECT_LEAD) else []
    return Steps(found, all_proposals, offers, all_offers, needs, all_needs, steer, asked, awaited)


def _to_reconfirm(session: Session, by: Identity) -> tuple[list[Offer], int]:
    today = this_day()
    condition = (
        Offer.agency_id.in_(by.agencies(CASE_OFFICER)),
        Offer.withdrawn_at.is_(None),
        Offer.valid_until < today + timedelta(days=RECONFIRM_AHEAD_DAYS),
        Offer.spans.any(OfferSpan.last_day >= today),
    )
    query = select(Offer).where(*condition).order_by(Offer.valid_until, Offer.id).limit(SHOWN)
    total = session.scalar(select(func.count(Offer.id)).where(*condition)) or 0
    return list(session.scalars(query).unique()), total


def _without_place(session: Session, by: Identity) -> tuple[list[Need], int]:
    at = now()
    of_need = exists().where(Proposal.need_id == Need.id)
    condition = (
        Need.agency_id.in_(by.agencies(PROJECT_LEAD)),
        Need.withdrawn_at.is_(None),
        Need.latest_start >= this_day(),
        ~of_need.where(Proposal.holds_seats, Proposal.answer_by > at),
        ~of_need.where(Agreement.proposal_id == Proposal.id, Agreement.last_day >= this_day()),
    )
    query = select(Need).where(*condition).order_by(Need.latest_start, Need.id).limit(SHOWN)
    total = session.scalar(select(func.count(Need.id)).where(*condition)) or 0
    return list(session.scalars(query).unique()), total


def _to_steer(session: Session, by: Identity) -> list[MatchRound]:
    if not by.has(COORDINATOR):
        return []
    waiting = select(MatchRound).where(MatchRound.published_at.is_(None), MatchRound.cancelled_at.is_(None))
    return list(session.scalars(waiting.order_by(MatchRound.freezes_on, MatchRound.id).limit(SHOWN)))


def _awaited(session: Session, by: Identity) -> list[tuple[MatchRound, int]]:
    """The published rounds whose proposals still await answers, soonest last day first, and how many they are."""
    if not by.has(COORDINATOR):
        return []
    open_ones = (Proposal.holds_seats, Proposal.answer_by > now(), rows(by, "proposal.read"))
    counted = select(MatchRound, func.count(Proposal.id)).join(Proposal, Proposal.round_id == MatchRound.id)
    counted = counted.where(*open_ones).group_by(MatchRound.id).order_by(MatchRound.answer_by, MatchRound.id)
    return [(match_round, number) for match_round, number in session.execute(counted.limit(SHOWN))]
