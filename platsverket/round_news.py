"""When a round is published, those who hear nothing else hear that nothing was found for them this time.

Whoever has a proposal is told of that. Each organisation's project leads hear how many of its requests have none, its
case officers how many of its premises, once for each round.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket import outbox
from platsverket.models import CASE_OFFICER, PROJECT_LEAD, Agency, MatchRound, Need, Offer, Proposal

CONCERNS: dict[str, tuple[Any, Any]] = {
    PROJECT_LEAD: (Need, Proposal.need_id), CASE_OFFICER: (Offer, Proposal.offer_id),
}  # fmt: skip


def tell_of_nothing_found(session: Session, match_round: MatchRound, at: datetime) -> None:
    """Runs in the caller's transaction; what was promised before the round, or has been withdrawn, is not counted."""
    market: dict[str, Any] = json.loads(match_round.market or "{}")
    promised = {lock["need"] for lock in market["decisions"]["locked"]}
    needs = [need for need in market["needs"] if need["id"] not in promised]
    _tell(session, match_round, at, needs, PROJECT_LEAD)
    busy = {lock["offer"] for lock in market["decisions"]["locked"]}
    offers = [offer for offer in market["offers"] if offer["id"] not in busy]
    _tell(session, match_round, at, offers, CASE_OFFICER)


def _tell(session: Session, match_round: MatchRound, at: datetime, things: list[dict[str, Any]], role: str) -> None:
    model, key = CONCERNS[role]
    found = select(model.ref).join(Proposal, key == model.id).where(Proposal.round_id == match_round.id)
    gone = select(model.ref).where(model.withdrawn_at.is_not(None))
    left_out = set(session.scalars(found)) | set(session.scalars(gone))
    counted = Counter(thing["agency"] for thing in things if thing["id"] not in left_out)
    agencies = select(Agency).where(Agency.ref.in_(counted)).order_by(Agency.id)
    for agency in session.scalars(agencies).all():
        for user in outbox.staff(session, agency.id, role):
            about: outbox.Values = {
                "name": match_round.name, "agency": agency.name, "count": counted[agency.ref],
            }  # fmt: skip
            once = f"{match_round.ref}:{agency.ref}"
            if role == PROJECT_LEAD:
                outbox.tell(session, user, "needs.nothing_found", f"needs.nothing_found:{once}", at=at, **about)
            else:
                outbox.tell(session, user, "offers.nothing_found", f"offers.nothing_found:{once}", at=at, **about)
