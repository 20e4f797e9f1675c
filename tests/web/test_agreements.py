"""An agreement says who, where and when; a party may end it early with a reason, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from platsverket.models import CASE_OFFICER, COORDINATOR, Agreement
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


@pytest.fixture
def agreement(desk: Desk) -> Agreement:
    desk.offer(), desk.need(contact_name="Lo Gäst")
    proposal = desk.published()[0]
    for visitor in (desk.officer, desk.lead):
        visitor.post(f"/proposals/{proposal.ref}/answer", {"answer": "accepted"})
    return desk.make.session.scalars(select(Agreement)).unique().one()


def test_both_parties_read_their_agreement(desk: Desk, agreement: Agreement) -> None:
    """Number, parties, premises, dates, weekdays, seats and both contacts stand on its page, and it in both lists."""
    for visitor in (desk.officer, desk.lead, desk.coordinator):
        assert agreement.number in text(visitor.get("/agreements"))
        page = text(visitor.get(f"/agreements/{agreement.ref}"))
        for said in (agreement.number, "Värdmyndigheten", "Gästmyndigheten", "Kontor i Östersund", "Storgatan 1",
                     "Kim Berg", "Lo Gäst", "Tue, Wed", "Seats 4", "Days of use 8", "Coming"):  # fmt: skip
            assert said in page, said


def test_a_party_ends_it_early_with_a_reason(desk: Desk, agreement: Agreement) -> None:
    """A day outside it and a missing reason are told at their fields; then both read when and why it ends."""
    here = f"/agreements/{agreement.ref}"
    assert f'href="{here}/end"' in desk.lead.get(here).text
    after = (agreement.last_day + timedelta(days=1)).isoformat()
    answer = desk.lead.post(f"{here}/end", {"last_day": after, "reason": "need_ended"})
    assert answer.status_code == 422 and 'href="#f-last_day"' in answer.text and f'value="{after}"' in answer.text
    answer = desk.lead.post(f"{here}/end", {"last_day": "2027-02-30"})
    assert answer.status_code == 422 and 'href="#f-last_day"' in answer.text and 'href="#f-reason"' in answer.text
    last = desk.make.today + timedelta(days=10)
    assert desk.lead.post(f"{here}/end", {"last_day": last.isoformat(), "reason": "need_ended"}).location == here
    page = text(desk.officer.get(here))
    assert "Ended early" in page and "The space is no longer needed" in page and "End the agreement early" not in page
    answer = desk.officer.post(f"{here}/end", {"last_day": last.isoformat(), "reason": "moved"})
    assert answer.status_code == 409 and "The agreement has already ended" in text(answer)


def test_others_neither_see_nor_end_it(desk: Desk, agreement: Agreement) -> None:
    """A stranger gets 404, a coordinator reads but cannot end it, a form without its token changes nothing."""
    here = f"/agreements/{agreement.ref}"
    outsider = desk.reading(desk.make.lead(desk.make.agency()))
    assert [outsider.get(path).status_code for path in (here, f"{here}/end")] == [404, 404]
    assert "No agreements yet" in text(outsider.get("/agreements"))
    form = {"last_day": desk.make.today.isoformat(), "reason": "other"}
    assert outsider.post(f"{here}/end", form).status_code == 404
    assert desk.coordinator.get(f"{here}/end").status_code == 403
    assert desk.coordinator.post(f"{here}/end", form).status_code == 403
    elsewhere = desk.make.agency()
    reader = desk.reading(desk.make.user((elsewhere, COORDINATOR), (elsewhere, CASE_OFFICER)))
    assert (reader.get(here).status_code, reader.get(f"{here}/end").status_code) == (200, 403)
    assert reader.get(f"/proposals/{agreement.proposal.ref}/decline").status_code == 403
    assert desk.lead.client.post(f"{here}/end", data=form).status_code == 400
    assert "End the agreement early" not in text(desk.coordinator.get(here))
    desk.fresh()
    assert desk.make.session.get_one(Agreement, agreement.id).ended_at is None
