"""Who may see and do what: one policy, deny by default, that is also the filter of every query.

Each action of ``POLICY`` answers, for one identity, False (never), True (always) or a condition on the rows of one
table. ``may`` asks it coarsely, ``rows`` gives the filter, ``find`` loads one thing or answers "not found": what one
may not see does not exist. Roles, visibility and their meaning follow the table in README ("Who may see what").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from platsverket.errors import Refused
from platsverket.models import (
    CASE_OFFICER,
    COORDINATOR,
    PROJECT_LEAD,
    Agreement,
    Draft,
    Event,
    MatchRound,
    Model,
    Need,
    Offer,
    OfferCoordinator,
    Proposal,
)

Condition = bool | ColumnElement[bool]
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Identity:
    """Who is asking, read afresh for every request: a role taken away is gone at the next click."""

    user_id: int | None = None
    name: str = ""
    roles: frozenset[tuple[int, str]] = frozenset()  # (agency id, role)
    is_administrator: bool = False
    stands_in: frozenset[tuple[int, str, str]] = frozenset()  # (agency id, role, whose substitute) today

    def agencies(self, *roles: str) -> list[int]:
        return sorted({agency for agency, role in self.roles if role in roles})

    def has(self, *roles: str) -> bool:
        return any(role in roles for _, role in self.roles)

    def answers_for(self, role: str) -> list[int]:
        """The organisations for which this person answers in a role: own ones and those of whom they stand in for."""
        return sorted({*self.agencies(role), *(agency for agency, held, _ in self.stands_in if held == role)})

    def takes_part(self, *roles: str) -> bool:
        """Whether this person holds one of these roles, or stands in for somebody who does."""
        return self.has(*roles) or any(held in roles for _, held, _ in self.stands_in)


ANONYMOUS = Identity()


def _signed_in(by: Identity) -> Condition:
    return by.user_id is not None


def _role(*roles: str) -> Callable[[Identity], Condition]:
    return lambda by: by.has(*roles)


# A substitute reads what the person reads and answers in their place, but posts and changes nothing for them.


def _own_offer(by: Identity) -> ColumnElement[bool]:
    return Offer.agency_id.in_(by.answers_for(CASE_OFFICER))


def _own_need(by: Identity) -> ColumnElement[bool]:
    return Need.agency_id.in_(by.answers_for(PROJECT_LEAD))


def _named(by: Identity) -> ColumnElement[bool]:
    return exists().where(OfferCoordinator.offer_id == Offer.id, OfferCoordinator.user_id == by.user_id)


def _unsealed(by: Identity) -> ColumnElement[bool]:
    if not by.has(COORDINATOR):
        return Offer.visibility != "sealed"
    return or_(Offer.visibility != "sealed", _named(by))


def _matched(by: Identity, *, agreed: bool = False) -> ColumnElement[bool]:
    """An own need has a proposal (or, with ``agreed``, an agreement) on this offer."""
    own_needs = select(Need.id).where(_own_need(by))
    found = exists().where(Proposal.offer_id == Offer.id, Proposal.need_id.in_(own_needs))
    return found.where(Agreement.proposal_id == Proposal.id) if agreed else found


def _offer_read(by: Identity) -> Condition:
    if not by.takes_part(CASE_OFFICER, PROJECT_LEAD, COORDINATOR):
        return False
    standing = true() if by.has(COORDINATOR) else Offer.withdrawn_at.is_(None)
    return or_(_own_offer(by), and_(_unsealed(by), standing), _matched(by))


def _offer_address(by: Identity) -> Condition:
    """The exact place and the contact: open premises to all who read them, others to those they concern."""
    if not by.takes_part(CASE_OFFICER, PROJECT_LEAD, COORDINATOR):
        return False
    seen = [_own_offer(by), Offer.visibility == "open", _matched(by, agreed=True)]
    if by.has(COORDINATOR):
        seen.append(_unsealed(by))
    return or_(*seen)


def _offer_occupancy(by: Identity) -> Condition:
    """How much of premises is used week by week: their owner, and coordinators of all that is not sealed from them."""
    if not by.takes_part(CASE_OFFICER, COORDINATOR):
        return False
    return or_(_own_offer(by), _unsealed(by)) if by.has(COORDINATOR) else _own_offer(by)


def _own_offers(by: Identity) -> Condition:
    return Offer.agency_id.in_(by.agencies(CASE_OFFICER)) if by.has(CASE_OFFICER) else False


def _need_read(by: Identity) -> Condition:
    if by.has(COORDINATOR):
        return True
    if not by.takes_part(CASE_OFFICER, PROJECT_LEAD):
        return False
    own_offers = select(Offer.id).where(_own_offer(by))
    return or_(_own_need(by), exists().where(Proposal.need_id == Need.id, Proposal.offer_id.in_(own_offers)))


def _own_needs(by: Identity) -> Condition:
    return Need.agency_id.in_(by.agencies(PROJECT_LEAD)) if by.has(PROJECT_LEAD) else False


def _proposal_party(by: Identity) -> Condition:
    if not by.takes_part(CASE_OFFICER, PROJECT_LEAD):
        return False
    return or_(
        Proposal.offer_id.in_(select(Offer.id).where(_own_offer(by))),
        Proposal.need_id.in_(select(Need.id).where(_own_need(by))),
    )


def _proposal_host(by: Identity) -> Condition:
    if not by.takes_part(CASE_OFFICER):
        return False
    return Proposal.offer_id.in_(select(Offer.id).where(_own_offer(by)))


def _proposal_read(by: Identity) -> Condition:
    """Parties their own; coordinators all but those on sealed premises that do not name them."""
    party = _proposal_party(by)
    if not by.has(COORDINATOR):
        return party
    seen = Proposal.offer_id.in_(select(Offer.id).where(_unsealed(by)))
    return seen if isinstance(party, bool) else or_(party, seen)


def _agreement(rule: Callable[[Identity], Condition]) -> Callable[[Identity], Condition]:
    def on_agreement(by: Identity) -> Condition:
        condition = rule(by)
        if isinstance(condition, bool):
            return condition
        return Agreement.proposal_id.in_(select(Proposal.id).where(condition))

    return on_agreement


SECURITY_NOUNS = ("account", "token")


def _event_read(by: Identity) -> Condition:
    """Own objects, own rounds, and for administrators what concerns accounts."""
    if by.user_id is None:
        return False
    seen: list[ColumnElement[bool]] = [and_(Event.noun == "account", Event.actor_id == by.user_id)]
    nouns: list[tuple[str, Any, Condition]] = [
        ("offer", Offer, _own_offers(by)),
        ("need", Need, _own_needs(by)),
        ("proposal", Proposal, _proposal_read(by)),
        ("agreement", Agreement, _agreement(_proposal_read)(by)),
        ("round", MatchRound, by.has(COORDINATOR)),
    ]
    for noun, model, condition in nouns:
        if condition is not False:
            refs = select(model.ref).where(_clause(condition))
            seen.append(and_(Event.noun == noun, Event.noun_ref.in_(refs)))
    if by.is_administrator:
        seen.append(Event.noun.in_(SECURITY_NOUNS))
    return and_(or_(*seen), _names_nothing_sealed(by))


def _names_nothing_sealed(by: Identity) -> ColumnElement[bool]:
    """A decision in a round names premises: sealed ones only to the coordinators they name."""
    offer = Event.data["offer"].as_string()
    return or_(offer.is_(None), offer.in_(select(Offer.ref).where(_unsealed(by))))


def _own_drafts(by: Identity) -> Condition:
    """One's own, of what one may post: nobody else's, whatever the role."""
    nouns = [noun for noun, role in (("offer", CASE_OFFICER), ("need", PROJECT_LEAD)) if by.has(role)]
    return and_(Draft.user_id == by.user_id, Draft.noun.in_(nouns)) if nouns else False


POLICY: dict[str, Callable[[Identity], Condition]] = {
    "public": lambda by: True,
    "self": _signed_in,
    "offer.read": _offer_read,
    "offer.address": _offer_address,
    "offer.occupancy": _offer_occupancy,
    "offer.post": _role(CASE_OFFICER),
    "offer.edit": _own_offers,
    "need.read": _need_read,
    "need.post": _role(PROJECT_LEAD),
    "need.edit": _own_needs,
    "need.prioritise": _role(COORDINATOR),
    "draft.edit": _own_drafts,
    "round.steer": _role(COORDINATOR),
    "proposal.read": _proposal_read,
    "proposal.answer": _proposal_party,
    "agreement.read": _agreement(_proposal_read),
    "agreement.end": _agreement(_proposal_party),
    "agreement.sign": _agreement(_proposal_party),
    "agreement.prepare": _agreement(_proposal_host),
    "event.read": _event_read,
    "account.manage": lambda by: by.is_administrator,
}


def _condition(by: Identity, action: str) -> Condition:
    rule = POLICY.get(action)
    return rule(by) if rule else False


def _clause(condition: Condition) -> ColumnElement[bool]:
    if isinstance(condition, bool):
        return true() if condition else false()
    return condition


def may(by: Identity, action: str) -> bool:
    """Whether there can be anything at all on which ``by`` may do ``action``; an unknown action is denied."""
    return _condition(by, action) is not False


def rows(by: Identity, action: str) -> ColumnElement[bool]:
    """The condition on the action's table that leaves what ``by`` may do it on."""
    return _clause(_condition(by, action))


def demand(by: Identity, action: str) -> None:
    """Raises Refused("forbidden"), or ("not_signed_in") for a stranger, where ``may`` says no."""
    if not may(by, action):
        raise Refused("forbidden" if by.user_id is not None else "not_signed_in", status=403 if by.user_id else 401)


def allowed(session: Session, by: Identity, action: str, thing: Model) -> bool:
    """Whether ``by`` may do ``action`` on this very thing."""
    model: Any = type(thing)
    identity: Any = thing
    return bool(session.scalar(select(exists().where(model.id == identity.id, rows(by, action)))))


def find(
    session: Session,
    by: Identity,
    action: str,
    model: type[M],
    ref: str,
    *,
    seen: str | None = None,
    lock: bool = False,
) -> M:
    """The thing with this ``ref`` on which ``by`` may do ``action``.

    Raises Refused("not_found") where it does not exist or may not be seen, Refused("forbidden") where it may be seen
    (by the action named in ``seen``) but not this done. ``lock`` holds the row until the transaction ends.
    """
    wanted: Any = model
    query = select(model).where(wanted.ref == ref)
    found: M | None = session.scalars(_locked(query.where(rows(by, action)), model, lock)).unique().one_or_none()
    if found is not None:
        return found
    if seen and session.scalar(select(exists().where(wanted.ref == ref, rows(by, seen)))):
        raise Refused("forbidden")
    raise Refused("not_found")


def _locked(query: Any, model: Any, lock: bool) -> Any:
    return query.with_for_update(of=model).execution_options(populate_existing=True) if lock else query
