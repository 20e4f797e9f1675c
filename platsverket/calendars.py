"""Calendars to subscribe to: a person's own and those of premises, each at a secret address that can be revoked.

What a calendar holds is asked for anew at every reading, as the person who made it: a role taken away, premises given
to others or an account closed, and it holds less or is gone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from platsverket import accounts, proposals
from platsverket.access import Identity, demand, find, rows
from platsverket.database import now, writing
from platsverket.errors import Refused
from platsverket.events import record_own
from platsverket.models import Agreement, CalendarFeed, MatchRound, Offer, Proposal, User

PAST_DAYS = 90  # what was over before that is left out
MOST_PROPOSALS = 1000


@dataclass(frozen=True)
class Calendar:
    """What one reading of a feed holds. ``in_full`` names the proposals that may tell which premises and where."""

    feed: CalendarFeed
    by: Identity
    stays: list[Proposal]
    in_full: set[str]
    rounds: list[MatchRound]


@writing
def make(session: Session, by: Identity, offer_ref: str = "") -> tuple[CalendarFeed, str]:
    """A new address of one's own calendar, or of one's premises', and its secret, which is stored only as a hash."""
    demand(by, "self")
    offer = find(session, by, "offer.edit", Offer, offer_ref, seen="offer.read") if offer_ref else None
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        user_id=by.user_id, offer=offer, token_hash=accounts.digest(secret), made_at=now(),
    )  # fmt: skip
    session.add(feed)
    session.flush()
    record_own(session, by, "account.calendar_made", calendar=feed.ref)
    return feed, secret


@writing
def revoke(session: Session, by: Identity, ref: str) -> None:
    """The address leads nowhere from now on."""
    feed = session.scalar(select(CalendarFeed).where(CalendarFeed.ref == ref, CalendarFeed.user_id == by.user_id))
    if feed is None:
        raise Refused("not_found")
    if feed.revoked_at is None:
        feed.revoked_at = now()
        record_own(session, by, "account.calendar_revoked", calendar=feed.ref)


def own(session: Session, by: Identity) -> list[CalendarFeed]:
    """One's calendars whose address still works, in the order they were made."""
    mine = select(CalendarFeed).where(CalendarFeed.user_id == by.user_id, CalendarFeed.revoked_at.is_(None))
    return list(session.scalars(mine.order_by(CalendarFeed.id)))


def read(session: Session, secret: str, today: date) -> Calendar:
    """What the calendar at this address holds; raises Refused("not_found") where there is none, or none any more."""
    known = select(CalendarFeed).where(CalendarFeed.token_hash == accounts.digest(secret))
    query = known.where(CalendarFeed.revoked_at.is_(None)).options(selectinload(CalendarFeed.user, User.memberships))
    feed = session.scalar(query)
    if feed is None or feed.user.deactivated_at is not None:
        raise Refused("not_found")
    by = accounts.identity(feed.user)
    if feed.offer is not None:
        find(session, by, "offer.edit", Offer, feed.offer.ref)
    stays = _stays(session, by, feed, today)
    return Calendar(
        feed, by, stays, proposals.shown_in_full(session, by, stays), [] if feed.offer else _rounds(session, today)
    )


def _stays(session: Session, by: Identity, feed: CalendarFeed, today: date) -> list[Proposal]:
    """Open proposals and agreements to which the reader is a party, earliest first."""
    since = today - timedelta(days=PAST_DAYS)
    stands = (Proposal.holds_seats & (Proposal.answer_by > now())) | exists().where(
        Agreement.proposal_id == Proposal.id
    )
    query = select(Proposal).where(rows(by, "proposal.answer"), stands, Proposal.until >= since)
    if feed.offer is not None:
        query = query.where(Proposal.offer_id == feed.offer.id)
    return list(session.scalars(query.order_by(Proposal.start, Proposal.id).limit(MOST_PROPOSALS)).unique())


def _rounds(session: Session, today: date) -> list[MatchRound]:
    """The dates of rounds are public."""
    known = (MatchRound.cancelled_at.is_(None), MatchRound.answer_by >= today - timedelta(days=PAST_DAYS))
    return list(session.scalars(select(MatchRound).where(*known).order_by(MatchRound.freezes_on, MatchRound.id)))
