"""Drafts hold what was typed, for one person and for a time; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from platsverket import drafts
from platsverket.clock import Clock
from platsverket.config import Config
from platsverket.database import now
from platsverket.errors import Refused
from platsverket.models import Draft, Event
from tests.factories import Factory

TYPED: dict[str, Any] = {"title": "Halvt\x00 \ud800", "weekdays": ["mon", "tue"], "seats": "tolv", "place": ""}


@pytest.fixture
def officer(make: Factory) -> Any:
    return make.identity(make.officer(make.agency()))


def test_a_draft_gives_back_just_what_was_typed(session: Session, config: Config, officer: Any) -> None:
    """Also what no database stores as text, and what no schema takes."""
    saved = drafts.save(session, officer, config, "offer", TYPED)
    session.expire_all()
    assert drafts.read(session, officer, config, "offer", saved.ref).values == TYPED


def test_saving_again_changes_the_same_draft(session: Session, config: Config, officer: Any) -> None:
    first = drafts.save(session, officer, config, "offer", TYPED)
    again = drafts.save(session, officer, config, "offer", {**TYPED, "title": "Nytt"}, first.ref)
    assert again.ref == first.ref and [one.title for one in drafts.own(session, officer, config)] == ["Nytt"]


def test_nobody_else_has_it(session: Session, config: Config, make: Factory, officer: Any) -> None:
    """Not a colleague with the same role, and it can be neither read, written over nor thrown away."""
    mine = drafts.save(session, officer, config, "offer", TYPED).ref
    colleague = make.identity(make.officer(make.agency()))
    assert drafts.own(session, colleague, config) == []
    for attempt in (
        lambda: drafts.read(session, colleague, config, "offer", mine),
        lambda: drafts.discard(session, colleague, "offer", mine),
        lambda: drafts.read(session, officer, config, "need", mine),
        lambda: drafts.discard(session, officer, "need", mine),
    ):
        with pytest.raises(Refused, match="not_found"):
            attempt()
    drafts.used(session, colleague, mine)
    session.commit()
    assert drafts.save(session, colleague, config, "offer", {"title": "Annat"}, mine).ref != mine
    assert drafts.read(session, officer, config, "offer", mine).values == TYPED


def test_who_loses_the_role_loses_sight_of_the_draft(session: Session, config: Config, officer: Any) -> None:
    mine = drafts.save(session, officer, config, "offer", TYPED).ref
    with pytest.raises(Refused, match="not_found"):
        drafts.read(session, replace(officer, roles=frozenset()), config, "offer", mine)


def test_a_draft_has_its_limits(session: Session, config: Config, officer: Any) -> None:
    """So many, and so much text; one that is there can still be saved again."""
    few = replace(config, drafts=replace(config.drafts, most=2))
    kept = [drafts.save(session, officer, few, "offer", TYPED).ref for _ in range(2)]
    with pytest.raises(Refused, match="too_many_drafts"):
        drafts.save(session, officer, few, "offer", TYPED)
    drafts.save(session, officer, few, "offer", TYPED, kept[0])
    with pytest.raises(Refused, match="draft_too_large"):
        drafts.save(session, officer, few, "offer", {"description": "å" * drafts.LONGEST}, kept[0])
    assert drafts.read(session, officer, few, "offer", kept[0]).values == TYPED


def test_an_old_draft_is_gone_at_once_and_deleted_by_the_clock(
    session: Session, config: Config, make: Factory, officer: Any
) -> None:
    """On its last day it is there; the day after nobody finds it, and the clock deletes it for good."""
    draft = drafts.save(session, officer, config, "offer", TYPED)
    last_day = drafts.kept_until(draft, config)
    half = timedelta(hours=12)  # summer time may have begun or ended since, and days be counted an hour off
    draft.saved_at = now() - timedelta(days=config.drafts.keep_days) + half
    session.commit()
    assert drafts.own(session, officer, config) and last_day
    clock = Clock(sessionmaker(session.get_bind(), expire_on_commit=False), config)
    clock.tick(now())
    assert session.scalars(select(Draft.id)).all()
    draft.saved_at = now() - timedelta(days=config.drafts.keep_days + 1) - half
    session.commit()
    assert drafts.own(session, officer, config) == []
    session.rollback()
    clock.tick(now())
    assert session.scalars(select(Draft.id)).all() == []


def test_events_say_that_there_was_a_draft_and_nothing_of_its_text(
    session: Session, config: Config, officer: Any
) -> None:
    mine = drafts.save(session, officer, config, "offer", {"title": "Kanarie", "contact_name": "Kim Kanarie"}).ref
    drafts.discard(session, officer, "offer", mine)
    told = session.scalars(select(Event).where(Event.kind.startswith("account.draft")).order_by(Event.id)).all()
    assert [event.kind for event in told] == ["account.draft_saved", "account.draft_discarded"]
    assert not [event for event in told if "anarie" in str(event.data)]
