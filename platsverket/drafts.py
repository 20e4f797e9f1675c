"""Drafts: forms of premises and requests that are not finished, each seen by its owner alone and kept for a time.

A draft holds just what was typed. Events say that there was one, never what stood in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from platsverket.access import Identity, demand, find, rows
from platsverket.config import Config
from platsverket.database import STOCKHOLM, now, writing
from platsverket.errors import Refused
from platsverket.events import record_own
from platsverket.models import Draft

LONGEST = 50_000  # characters of one draft, as it is stored


@writing
def save(session: Session, by: Identity, config: Config, noun: str, typed: Mapping[str, Any], ref: str = "") -> Draft:
    """Keep what was typed, in the draft ``ref`` where that is one's own of this noun, else in a new one.

    Raises Refused("too_many_drafts") or Refused("draft_too_large").
    """
    demand(by, f"{noun}.post")
    text = json.dumps(typed)
    if len(text) > LONGEST:
        raise Refused("draft_too_large", most=LONGEST)
    draft = session.scalar(_own(by, config, noun).where(Draft.ref == ref))
    if draft is None:
        if (session.scalar(select(func.count()).select_from(_own(by, config).subquery())) or 0) >= config.drafts.most:
            raise Refused("too_many_drafts", most=config.drafts.most)
        draft = Draft(user_id=by.user_id, noun=noun)
        session.add(draft)
    draft.typed, draft.saved_at = text, now()
    session.flush()
    record_own(session, by, "account.draft_saved", draft=draft.ref)
    return draft


@writing
def discard(session: Session, by: Identity, noun: str, ref: str) -> None:
    """Throw a draft away."""
    draft = find(session, by, "draft.edit", Draft, ref)
    if draft.noun != noun:
        raise Refused("not_found")
    session.delete(draft)
    record_own(session, by, "account.draft_discarded", draft=draft.ref)


def used(session: Session, by: Identity, ref: str) -> None:
    """The draft has become what was posted, in the caller's transaction; it may be gone already."""
    if ref:
        session.execute(delete(Draft).where(Draft.ref == ref, rows(by, "draft.edit")))


def read(session: Session, by: Identity, config: Config, noun: str, ref: str) -> Draft:
    """One's own draft; not found where it is another's, of another noun or too old."""
    draft = session.scalar(_own(by, config, noun).where(Draft.ref == ref))
    if draft is None:
        raise Refused("not_found")
    return draft


def own(session: Session, by: Identity, config: Config, *nouns: str) -> list[Draft]:
    """One's drafts, the last saved first."""
    return list(session.scalars(_own(by, config, *nouns).order_by(Draft.saved_at.desc(), Draft.id.desc())))


def kept_until(draft: Draft, config: Config) -> date:
    """The last day on which the draft is there, unless it is saved again."""
    return draft.saved_at.astimezone(STOCKHOLM).date() + timedelta(days=config.drafts.keep_days)


def clear_old(session: Session, config: Config, at: datetime) -> None:
    """Delete the drafts whose time is over: called out by the clock."""
    oldest = _oldest(config, at)
    if session.scalar(select(Draft.id).where(Draft.saved_at < oldest).limit(1)) is not None:
        _delete_older(session, oldest)


@writing
def _delete_older(session: Session, oldest: datetime) -> None:
    session.execute(delete(Draft).where(Draft.saved_at < oldest))


def _own(by: Identity, config: Config, *nouns: str) -> Any:
    mine = select(Draft).where(rows(by, "draft.edit"), Draft.saved_at >= _oldest(config, now()))
    return mine.where(Draft.noun.in_(nouns)) if nouns else mine


def _oldest(config: Config, at: datetime) -> datetime:
    """When the oldest draft that is still kept may have been saved: the day after its last one begins it is gone."""
    first = at.astimezone(STOCKHOLM).date() - timedelta(days=config.drafts.keep_days)
    return datetime.combine(first, datetime.min.time(), STOCKHOLM)
