"""A person names a colleague who answers proposals in their place, for a time; nothing else is handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from platsverket import accounts, needs, offers, proposals, substitutes
from platsverket.errors import Refused
from platsverket.models import COORDINATOR, PROJECT_LEAD, Event, User
from tests.factories import Factory
from tests.service.test_proposals import ACCEPT, Deal


@pytest.fixture
def deal(make: Factory) -> Deal:
    return Deal(make)


def named(deal: Deal, person: User, substitute: User, **days: Any) -> None:
    values = {"substitute": substitute.ref, "first_day": deal.make.today, "last_day": deal.make.today, **days}
    substitutes.name(deal.make.session, deal.make.identity(person), values)
    deal.make.session.expire_all()


def test_a_substitute_answers_and_the_event_says_for_whom(deal: Deal) -> None:
    """A colleague without the role cannot answer, then can, and stands in the event beside whom they stood in for."""
    colleague = deal.make.user((deal.guest, COORDINATOR), name="Ersättaren")
    with pytest.raises(Refused, match="forbidden"):
        deal.answer(colleague, ACCEPT)
    named(deal, deal.lead, colleague)
    deal.answer(colleague, ACCEPT)
    assert deal.proposal.lead_answer == "accepted"
    event = deal.make.session.scalars(select(Event).where(Event.kind == "proposal.accepted")).unique().one()
    assert (event.actor_id, event.data["instead_of"]) == (colleague.id, deal.lead.name)
    deal.answer(deal.officer, ACCEPT)
    last = deal.make.session.scalars(
        select(Event).where(Event.kind == "proposal.accepted").order_by(Event.id.desc())
    ).unique().first()  # fmt: skip
    assert last and last.data["instead_of"] is None


def test_a_substitute_reads_but_changes_nothing_else(deal: Deal) -> None:
    """What the person reads is read; posting and changing stay with the person."""
    colleague = deal.make.user((deal.host, PROJECT_LEAD))
    named(deal, deal.officer, colleague)
    by = deal.make.identity(colleague)
    assert proposals.read(deal.make.session, by, deal.proposal.ref).ref == deal.proposal.ref
    assert offers.read(deal.make.session, by, deal.offer.ref)[0].ref == deal.offer.ref
    assert needs.read(deal.make.session, by, deal.need.ref).ref == deal.need.ref
    with pytest.raises(Refused, match="forbidden"):
        offers.withdraw(deal.make.session, by, deal.offer.ref)
    with pytest.raises(Refused, match="forbidden"):
        offers.post(deal.make.session, by, deal.make.config, deal.make.offer_values(deal.host))


def test_it_lasts_from_the_first_day_to_the_last_and_ends_at_once(deal: Deal) -> None:
    """Before, after, once ended, and once the person's account is closed, a substitute is nobody."""
    colleague = deal.make.user((deal.guest, COORDINATOR))
    day = timedelta(days=1)
    for first, last in ((deal.make.today + day, deal.make.today + 2 * day), (deal.make.today - day, deal.make.today)):
        named(deal, deal.lead, colleague, first_day=first, last_day=last)
        answers = deal.make.identity(colleague).answers_for(PROJECT_LEAD)
        assert answers == ([deal.guest.id] if first < deal.make.today else [])
    substitutes.end(deal.make.session, deal.make.identity(deal.lead))
    deal.make.session.expire_all()
    assert not deal.make.identity(colleague).stands_in
    named(deal, deal.lead, colleague)
    admin = deal.make.identity(deal.make.user(administrator=True))
    accounts.deactivate(deal.make.session, admin, deal.lead.ref)
    deal.make.session.expire_all()
    assert not deal.make.identity(colleague).stands_in


def test_only_colleagues_can_be_named_and_one_at_a_time(deal: Deal) -> None:
    """Strangers and oneself are refused; the second named replaces the first; it is not handed on."""
    stranger = deal.make.officer(deal.make.agency())
    for nobody in (stranger, deal.lead):
        with pytest.raises(Refused) as caught:
            named(deal, deal.lead, nobody)
        assert "substitute" in caught.value.fields
    first, second = (deal.make.user((deal.guest, COORDINATOR)) for _ in range(2))
    named(deal, deal.lead, first)
    named(deal, deal.lead, second)
    assert not deal.make.identity(first).stands_in and deal.make.identity(second).stands_in
    assert substitutes.colleagues(deal.make.session, deal.make.identity(second)) == []
