"""The demo: a market that looks lived in, and a first round that stays the first."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from data import recipe
from platsverket import cli, demo, rounds
from platsverket.config import Config
from platsverket.fields import Email
from platsverket.jobs import Worker
from platsverket.models import Need, Offer
from tests.factories import Factory


def filled(session: Session, make: Factory) -> None:
    drawn = recipe.draw(12, 6, county="01", seed=1, as_of=make.today)
    demo.fill(session, make.config, drawn, 1)


def work(session: Session, config: Config) -> None:
    session.rollback()
    assert Worker(sessionmaker(session.get_bind(), expire_on_commit=False), config).work_once()
    session.expire_all()


def test_everything_posted_has_somebody_to_ask(session: Session, make: Factory) -> None:
    """A function and a mailbox that nobody can have, written as the forms would take them."""
    filled(session, make)
    posted = [*session.scalars(select(Offer)).unique(), *session.scalars(select(Need)).unique()]
    assert len(posted) == 18 and all(one.contact_name for one in posted)
    for one in posted:
        assert one.contact_email.endswith(".example")
        assert Email().deserialize(one.contact_email) == one.contact_email


def test_the_start_shows_the_first_round_also_after_a_second(session: Session, make: Factory) -> None:
    """A round that a coordinator has run since is not told of as the first."""
    filled(session, make)
    assert demo.first_round(session, make.config)
    work(session, make.config)
    by = demo.steerer(session)
    dates = dict.fromkeys(("opens_on", "freezes_on", "publishes_on", "answer_by"), make.today)
    second = rounds.open_round(session, by, make.config, {"name": "Andra omgången", **dates})
    rounds.freeze(session, by, make.config, second.ref)
    rounds.request_run(session, by, make.config, second.ref, {"effort": "quick", "seed": None})
    work(session, make.config)
    assert demo.first_round(session, make.config) is None
    shown = demo.first_outcome(session)
    assert shown and str(cli._table(shown).title).startswith("Första omgången, run 1: ")
