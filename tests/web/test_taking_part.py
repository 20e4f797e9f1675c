"""Whoever posts sees in which round it takes part and when they will hear, whatever the rounds' dates are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platsverket import offers, proposals, rounds
from platsverket.database import writing
from platsverket.models import Offer
from platsverket.words import day
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def _round(desk: Desk, days: int, name: str = "Vårens omgång") -> Any:
    """A round that is frozen in so many days."""
    freezes = desk.make.today + timedelta(days=days)
    dates = {"publishes_on": freezes + timedelta(days=7), "answer_by": freezes + timedelta(days=21)}
    return desk.make.round(desk.users["coordinator"], name=name, freezes_on=freezes, **dates)


def _said(desk: Desk, offer: Any, need: Any) -> tuple[str, str]:
    return text(desk.officer.get(f"/offers/{offer.ref}")), text(desk.lead.get(f"/needs/{need.ref}"))


def test_who_posts_sees_the_round_and_its_dates(desk: Desk) -> None:
    """The soonest freeze counts; the page tells the day of the freeze, of the proposals and of the last answer."""
    _round(desk, 40, "Höstens omgång")
    coming = _round(desk, 10)
    offer, need = desk.offer(), desk.need()
    with desk.web.app.test_request_context("/?lang=en"):
        dates = [day(one) for one in (coming.freezes_on, coming.publishes_on, coming.answer_by)]
    for page in _said(desk, offer, need):
        assert "It takes part in the match round “Vårens omgång”" in page and "Höstens omgång" not in page
        assert all(one in page for one in dates)
    assert "when you will hear" not in text(desk.lead.get(f"/offers/{offer.ref}"))  # it concerns the host


def test_without_a_planned_round_it_waits(desk: Desk) -> None:
    for page in _said(desk, desk.offer(), desk.need()):
        assert "No round is planned just now." in page


def test_a_frozen_round_is_named_to_those_who_are_in_it(desk: Desk) -> None:
    """What was posted later waits for the round after it."""
    offer, need = desk.offer(), desk.need()
    ref = _round(desk, 0, "Fryst omgång").ref
    rounds.freeze(desk.make.session, desk.make.identity(desk.users["coordinator"]), desk.make.config, ref)
    _round(desk, 10)
    for page in _said(desk, offer, need):
        assert "“Fryst omgång”, which has been frozen" in page
    for page in _said(desk, desk.offer(), desk.need()):
        assert "“Vårens omgång”" in page and "Fryst omgång" not in page


def test_who_would_miss_the_round_is_told_so(desk: Desk) -> None:
    """Premises that lapse before the freeze, or are over by then, and a request that would start too early."""
    offer, need = desk.offer(), desk.need()
    brief = desk.offer(spans=[(desk.make.today, desk.make.today + timedelta(days=20))])
    _round(desk, 30)
    assert "is frozen after the latest start" in text(desk.lead.get(f"/needs/{need.ref}"))
    assert "the premises are no longer free then" in text(desk.officer.get(f"/offers/{brief.ref}"))

    @writing
    def age(session: Any) -> None:
        session.get_one(Offer, offer.id).valid_until = desk.make.today + timedelta(days=29)

    age(desk.make.session)
    assert "only if you reconfirm" in text(desk.officer.get(f"/offers/{offer.ref}"))
    offers.reconfirm(desk.make.session, desk.make.identity(desk.users["officer"]), desk.make.config, offer.ref)
    assert "You can change it until" in text(desk.officer.get(f"/offers/{offer.ref}"))


def test_a_request_with_a_place_is_in_no_round(desk: Desk) -> None:
    """While a proposal is open or agreed there is nothing to wait for; after a no there is again."""
    desk.offer()
    need = desk.need()
    [proposal] = desk.published()
    _round(desk, 10)
    assert "when you will hear" not in text(desk.lead.get(f"/needs/{need.ref}"))
    no = {"answer": "declined", "reason": "too_far", "side": None}
    proposals.answer(desk.make.session, desk.make.identity(desk.users["lead"]), proposal.ref, no)
    assert "“Vårens omgång”" in text(desk.lead.get(f"/needs/{need.ref}"))


def test_a_request_that_has_been_agreed_is_in_no_round(desk: Desk) -> None:
    desk.offer()
    need = desk.need()
    [proposal] = desk.published()
    for who in ("officer", "lead"):
        yes = {"answer": "accepted", "reason": None, "side": None}
        proposals.answer(desk.make.session, desk.make.identity(desk.users[who]), proposal.ref, yes)
    _round(desk, 10)
    assert "when you will hear" not in text(desk.lead.get(f"/needs/{need.ref}"))


def test_a_frozen_round_that_is_called_off_is_nobodys(desk: Desk) -> None:
    offer, need = desk.offer(), desk.need()
    ref, by = _round(desk, 0, "Fryst omgång").ref, desk.make.identity(desk.users["coordinator"])
    rounds.freeze(desk.make.session, by, desk.make.config, ref)
    rounds.cancel(desk.make.session, by, ref)
    for page in _said(desk, offer, need):
        assert "No round is planned just now." in page


def test_a_round_cannot_be_opened_with_a_freeze_that_has_passed(desk: Desk) -> None:
    yesterday = (desk.make.today - timedelta(days=1)).isoformat()
    form = {"name": "Omgång", **dict.fromkeys(("opens_on", "freezes_on", "publishes_on", "answer_by"), yesterday)}
    answer = desk.coordinator.post("/rounds/new", form)
    assert answer.status_code == 422 and 'href="#f-freezes_on"' in answer.text
