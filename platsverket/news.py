"""What the two sides of a deal hear by mail: put into the outbox in the transaction that makes it true.

A side is everybody who answers for it today, substitutes too; whoever did a thing is not told of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket import outbox
from platsverket.access import Identity
from platsverket.database import this_day
from platsverket.models import CASE_OFFICER, PROJECT_LEAD, Agreement, Message, Proposal, Substitution, User

ROLE_OF = {"poster": CASE_OFFICER, "lead": PROJECT_LEAD}
OTHER = {"poster": "lead", "lead": "poster"}


def agency_id(proposal: Proposal, side: str) -> int:
    """Whose side of a proposal it is."""
    return proposal.offer.agency_id if side == "poster" else proposal.need.agency_id


class Audience:
    """Who answers for each side; asked for many proposals, it looks up each organisation once."""

    def __init__(self, session: Session):
        self.session = session
        self._known: dict[tuple[int, str], list[User]] = {}

    def of(self, proposal: Proposal, side: str) -> list[User]:
        key = (agency_id(proposal, side), ROLE_OF[side])
        if key not in self._known:
            staff = outbox.staff(self.session, *key)
            self._known[key] = list({user.id: user for user in [*staff, *self._substitutes(staff)]}.values())
        return self._known[key]

    def _substitutes(self, staff: Sequence[User]) -> list[User]:
        named = select(Substitution).where(
            Substitution.person_id.in_([user.id for user in staff]), Substitution.ended_at.is_(None)
        )
        return [one.substitute for one in self.session.scalars(named) if one.holds_on(this_day())]


def published(session: Session, proposals: Sequence[Proposal]) -> None:
    """Both sides have a proposal to answer."""
    audience = Audience(session)
    _tell_each(session, [(audience.of(p, side), p) for p in proposals for side in ROLE_OF], "proposal.new")


def answered(session: Session, by: Identity, proposal: Proposal, side: str, reason: str | None) -> None:
    """The other side hears of a yes that waits for its own, and of a no with its reason."""
    others = [user for user in Audience(session).of(proposal, OTHER[side]) if user.id != by.user_id]
    if reason:
        _tell(session, others, "proposal.declined", proposal, side=side, reason=reason)
    elif getattr(proposal, f"{OTHER[side]}_answer") is None:
        _tell(session, others, "proposal.accepted", proposal, side=side)


def agreed(session: Session, agreement: Agreement) -> None:
    """Both sides hear that they agree."""
    audience, proposal = Audience(session), agreement.proposal
    for side in ROLE_OF:
        people = audience.of(proposal, side)
        _tell(session, people, "agreement.made", proposal, agreement=agreement.ref, number=agreement.number)


def withdrawn(session: Session, by: Identity, proposal: Proposal, side: str, reason: str) -> None:
    others = [user for user in Audience(session).of(proposal, OTHER[side]) if user.id != by.user_id]
    _tell(session, others, "proposal.withdrawn", proposal, side=side, reason=reason)


def ended(session: Session, by: Identity, agreement: Agreement) -> None:
    """Both sides hear that an agreement ends early, but for whoever ended it."""
    audience, about = Audience(session), agreement.proposal
    told = {"agreement": agreement.ref, "number": agreement.number, "reason": agreement.ended_reason or ""}
    for side in ROLE_OF:
        people = [user for user in audience.of(about, side) if user.id != by.user_id]
        _tell(session, people, "agreement.ended", about, **told, last_day=agreement.last_day)


def written(session: Session, by: Identity, proposal: Proposal, message: Message) -> None:
    """The other side hears that there is a message; what it says stands in the record alone."""
    others = [user for user in Audience(session).of(proposal, OTHER[message.side]) if user.id != by.user_id]
    _tell(session, others, "proposal.message", proposal, once=message.ref, side=message.side)


def remind(session: Session, proposals: Sequence[Proposal]) -> None:
    """Each side that has not answered hears that its time is running out."""
    audience = Audience(session)
    silent = [(p, side) for p in proposals for side in ROLE_OF if getattr(p, f"{side}_answer") is None]
    _tell_each(session, [(audience.of(p, side), p) for p, side in silent], "proposal.reminder")


def _tell(
    session: Session, people: Sequence[User], kind: str, about: Proposal, *, once: str = "", **values: outbox.Value
) -> None:
    _tell_each(session, [(people, about)], kind, once=once, **values)


def _tell_each(
    session: Session, told: list[tuple[Sequence[User], Proposal]], kind: str, *, once: str = "", **values: outbox.Value
) -> None:
    news = [
        (user, f"{kind}:{once or about.ref}", {**_terms(about), **values}) for people, about in told for user in people
    ]
    outbox.tell_each(session, news, kind)


def _terms(about: Proposal) -> outbox.Values:
    return {
        "proposal": about.ref, "title": about.need.title, "start": about.start, "until": about.until,
        "seats": about.seats, "answer_by": about.last_day_to_answer,
    }  # fmt: skip
