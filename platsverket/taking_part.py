"""In which match round premises or a request take part, and so when whoever posted them will hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from platsverket import rounds
from platsverket.models import Agreement, MatchRound, Need, Offer, Proposal


@dataclass(frozen=True)
class Part:
    """``code`` is "frozen" (it is in that round's input), "next" (it will be), "reconfirm" (only if reconfirmed before
    the freeze), "too_late" (it is over before the next freeze) or "unplanned" (no round is planned)."""

    code: str
    match_round: MatchRound | None = None


def of_offer(session: Session, offer: Offer, today: date) -> Part | None:
    """Of premises; None where they no longer stand."""
    if offer.status(today) not in ("open", "expired"):
        return None
    if offer.status(today) == "open" and (frozen := _frozen_with(session, offer.ref)):
        return Part("frozen", frozen)
    coming = rounds.next_round(session, today)
    if coming and offer.valid_until < coming.freezes_on:
        return Part("reconfirm", coming)
    return _coming(coming, offer.spans[-1].last_day if offer.spans else date.max)


def of_need(session: Session, need: Need, today: date) -> Part | None:
    """Of a request; None where it is over, or has a proposal that is open or has been agreed."""
    if need.status(today) != "open" or session.scalar(select(_has_place(need, today))):
        return None
    if frozen := _frozen_with(session, need.ref):
        return Part("frozen", frozen)
    return _coming(rounds.next_round(session, today), need.latest_start)


def _coming(match_round: MatchRound | None, last_day: date) -> Part:
    if match_round is None:
        return Part("unplanned")
    return Part("too_late" if last_day < match_round.freezes_on else "next", match_round)


def _frozen_with(session: Session, ref: str) -> MatchRound | None:
    """The round under way that holds this thing in its input; the first to be published."""
    under_way = select(MatchRound).where(
        MatchRound.frozen_at.is_not(None),
        MatchRound.published_at.is_(None),
        MatchRound.cancelled_at.is_(None),
        MatchRound.market.contains(f'"id":"{ref}"'),
    )
    return session.scalar(under_way.order_by(MatchRound.publishes_on, MatchRound.id).limit(1))


def _has_place(need: Need, today: date) -> ColumnElement[bool]:
    agreed = exists().where(Agreement.proposal_id == Proposal.id, Agreement.last_day >= today)
    return exists().where(Proposal.need_id == need.id, Proposal.holds_seats | agreed)
