"""Each side of a proposal sees on one page what it needs, and answers it; two yeses make the agreement."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from platsverket import words
from platsverket.database import now
from platsverket.models import CASE_OFFICER, COORDINATOR, PROJECT_LEAD, Agreement, Proposal
from tests.conftest import Web
from tests.web.desk import Desk, text


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


@pytest.fixture
def proposal(desk: Desk) -> Proposal:
    desk.offer(), desk.need(contact_name="Lo Gäst", contact_email="lo.gast@myndighet.example")
    return desk.published()[0]


def test_both_sides_accept_and_the_agreement_is_made(desk: Desk, proposal: Proposal) -> None:
    """What awaits an answer stands first; after the second yes the page of the agreement opens."""
    here = f"/proposals/{proposal.ref}"
    for visitor in (desk.officer, desk.lead):
        page = visitor.get("/proposals")
        assert "1 proposal awaits your answer" in text(page) and page.text.count(f'href="{here}"') == 1
    page = text(desk.lead.get(here))
    for said in ("Kontor i Östersund", "Storgatan 1", "Värdmyndigheten", "Gästmyndigheten", "Kim Berg", "Lo Gäst",
                 "Tue, Wed", "No answer yet", "Seats 4"):  # fmt: skip
        assert said in page, said
    answer = desk.lead.post(f"{here}/answer", {"answer": "accepted", "side": "lead"})
    assert answer.status_code == 303 and answer.location == here
    page = text(desk.lead.get(here))
    assert (
        "Accepted on" in page
        and "the other side’s answer is awaited" in page
        and "An answer cannot be changed" not in page
    )
    assert "1 proposal awaits" not in text(desk.lead.get("/proposals"))
    answer = desk.officer.post(f"{here}/answer", {"answer": "accepted", "side": "poster"})
    agreement = desk.make.session.scalars(select(Agreement)).one()
    assert answer.location == f"/agreements/{agreement.ref}"
    assert f"Show agreement {agreement.number}" in text(desk.lead.get(here))


def test_the_last_day_to_answer_is_shown_wherever_an_answer_is_asked_for(desk: Desk) -> None:
    """The deadline is the midnight after it: the day before that midnight is the last one."""
    desk.offer(), desk.need(latest_start=desk.make.used_day())
    [proposal] = desk.published()
    with desk.web.app.test_request_context("/?lang=en"):
        last, after = (words.day(desk.make.today + timedelta(days=days)) for days in (14, 15))
    for page in ("/", "/proposals", f"/proposals/{proposal.ref}"):
        said = text(desk.lead.get(page))
        assert f" {last}" in said and f" {after}" not in said, page


def test_declining_asks_for_a_reason(desk: Desk, proposal: Proposal) -> None:
    """Without a reason the page comes back with the fault and nothing changes; with one both sides read it."""
    here = f"/proposals/{proposal.ref}"
    answer = desk.officer.post(f"{here}/answer", {"answer": "declined", "side": "poster", "reason": ""})
    assert answer.status_code == 422 and 'href="#f-reason"' in answer.text
    assert "You answer for Värdmyndigheten" in text(answer)
    assert "Awaiting answers" in text(desk.lead.get(here))
    form = {"answer": "declined", "side": "poster", "reason": "place_no_longer_free"}
    assert desk.officer.post(f"{here}/answer", form).status_code == 303
    page = text(desk.lead.get(here))
    assert (
        "The premises are no longer free" in page
        and "has been declined" in page
        and "An answer cannot be changed" not in page
    )


def test_late_changed_and_settled_answers_are_refused_in_a_sentence(desk: Desk, proposal: Proposal) -> None:
    """After the deadline, otherwise than before, or on what is settled: 409 with the reason, nothing stored."""
    here = f"/proposals/{proposal.ref}/answer"
    decline = {"answer": "declined", "side": "lead", "reason": "wrong_dates"}
    desk.lead.post(here, {"answer": "accepted", "side": "lead"})
    answer = desk.lead.post(here, decline)
    assert answer.status_code == 409 and "already answered otherwise" in text(answer)
    stored = desk.make.session.get_one(Proposal, proposal.id, populate_existing=True)
    deadline, stored.answer_by = stored.answer_by, now() - timedelta(minutes=1)
    desk.make.session.commit()
    answer = desk.officer.post(here, {"answer": "accepted", "side": "poster"})
    assert answer.status_code == 409 and "The time to answer has run out" in text(answer)
    stored.answer_by = deadline
    desk.make.session.commit()
    desk.officer.post(here, {**decline, "side": "poster"})
    other = desk.reading(desk.make.officer(desk.host))
    answer = other.post(here, {"answer": "accepted", "side": "poster"})
    assert answer.status_code == 409
    assert desk.make.session.scalar(select(func.count(Agreement.id))) == 0


def test_restricted_premises_stay_hidden_until_both_have_accepted(desk: Desk) -> None:
    """The guest reads the municipality only, on the list and the page; then place, host and contact."""
    desk.offer(title="Dolda huset", visibility="restricted"), desk.need()
    proposal = desk.published()[0]
    here = f"/proposals/{proposal.ref}"
    secrets = ("Dolda huset", "Storgatan 1", "Värdmyndigheten", "Kim Berg", "kim.berg@")
    for path in ("/proposals", here):
        page = desk.lead.get(path).text
        assert [secret for secret in secrets if secret in page] == []
        assert "Restricted premises in Östersund" in text(desk.lead.get(path))
    assert all(secret in desk.officer.get(here).text for secret in secrets)
    desk.officer.post(f"{here}/answer", {"answer": "accepted"})
    assert "Storgatan 1" not in desk.lead.get(here).text
    desk.lead.post(f"{here}/answer", {"answer": "accepted"})
    assert all(secret in desk.lead.get(here).text for secret in secrets)
    agreement = desk.make.session.scalars(select(Agreement)).one()
    assert all(secret in desk.lead.get(f"/agreements/{agreement.ref}").text for secret in secrets)
    assert "Storgatan 1" not in desk.coordinator.get(here).text  # read, on record, on the premises' own page


def test_one_person_on_both_sides_answers_for_each(desk: Desk) -> None:
    """Who holds both roles gets two forms, and a yes for one side leaves the other open."""
    both = desk.make.user((desk.host, CASE_OFFICER), (desk.guest, PROJECT_LEAD))
    desk.offer(), desk.need()
    proposal = desk.published()[0]
    visitor, here = desk.reading(both), f"/proposals/{proposal.ref}"
    page = text(visitor.get(here))
    assert "Answer for Värdmyndigheten, the host" in page and "Answer for Gästmyndigheten, the guest" in page
    assert "You answer for Gästmyndigheten" in text(visitor.get(f"{here}/decline?side=lead"))
    answer = visitor.post(f"{here}/answer", {"answer": "accepted"})
    assert answer.status_code == 422  # for which side?
    visitor.post(f"{here}/answer", {"answer": "accepted", "side": "poster"})
    page = text(visitor.get(here))
    assert "Answer for Värdmyndigheten, the host" not in page and "Answer for Gästmyndigheten, the guest" in page
    visitor.post(f"{here}/answer", {"answer": "accepted", "side": "lead"})
    assert desk.make.session.scalar(select(func.count(Agreement.id))) == 1


def test_others_neither_see_nor_answer(desk: Desk, proposal: Proposal) -> None:
    """A stranger's proposal does not exist; a coordinator reads it but cannot answer; a form without token is 400."""
    here = f"/proposals/{proposal.ref}"
    outsider = desk.reading(desk.make.officer(desk.make.agency()))
    assert outsider.get(here).status_code == 404
    assert outsider.post(f"{here}/answer", {"answer": "accepted"}).status_code == 404
    assert "No proposals yet" in text(outsider.get("/proposals"))
    page = text(desk.coordinator.get(here))
    assert "Awaiting answers" in page and "An answer cannot be changed" not in page
    assert outsider.get(f"{here}/decline").status_code == 404
    assert desk.coordinator.get(f"{here}/decline").status_code == 403
    assert desk.coordinator.post(f"{here}/answer", {"answer": "accepted"}).status_code == 403
    assert desk.lead.client.post(f"{here}/answer", data={"answer": "accepted"}).status_code == 400
    assert "1 proposal" in text(desk.coordinator.get(f"/proposals?round={proposal.match_round.ref}"))
    assert "No proposals yet" in text(desk.coordinator.get("/proposals?round=2222222222"))
    desk.fresh()
    stored = desk.make.session.get_one(Proposal, proposal.id)
    assert (stored.poster_answer, stored.lead_answer) == (None, None)


def test_the_list_names_the_other_party(desk: Desk, proposal: Proposal) -> None:
    """The host reads who the guest is and the guest who the host is; neither its own name on every row."""
    rows = {who: text(getattr(desk, who).get("/proposals")) for who in ("officer", "lead", "coordinator")}
    assert "Gästmyndigheten" in rows["officer"] and "Värdmyndigheten" not in rows["officer"]
    assert "Värdmyndigheten" in rows["lead"] and "Gästmyndigheten" not in rows["lead"]
    assert "Värdmyndigheten" in rows["coordinator"] and "Gästmyndigheten" in rows["coordinator"]


@pytest.mark.parametrize(("who", "side", "not_theirs"), [
    ("officer", "poster", "need_solved"), ("officer", "poster", "too_far"), ("lead", "lead", "place_no_longer_free"),
])  # fmt: skip
def test_each_side_has_its_own_reasons_to_decline(
    desk: Desk, proposal: Proposal, who: str, side: str, not_theirs: str
) -> None:
    """A reason that only the other side can know is not offered, and refused at its field when sent all the same."""
    visitor, here = getattr(desk, who), f"/proposals/{proposal.ref}"
    page = visitor.get(f"{here}/decline").text
    assert 'value="wrong_dates"' in page and f'value="{not_theirs}"' not in page
    answer = visitor.post(f"{here}/answer", {"answer": "declined", "side": side, "reason": not_theirs})
    assert answer.status_code == 422 and 'href="#f-reason"' in answer.text
    assert "Awaiting answers" in text(visitor.get(here))


def test_what_can_no_longer_be_declined_says_why(desk: Desk, proposal: Proposal) -> None:
    """No form that would be refused: first one's own yes, then the agreement, with the way to end it."""
    here = f"/proposals/{proposal.ref}"
    desk.officer.post(f"{here}/answer", {"answer": "accepted", "side": "poster"})
    answer = desk.officer.get(f"{here}/decline")
    assert answer.status_code == 409 and "Your side has already accepted" in text(answer)
    desk.lead.post(f"{here}/answer", {"answer": "accepted", "side": "lead"})
    answer = desk.officer.get(f"{here}/decline")
    assert answer.status_code == 409 and "Why do you decline?" not in text(answer)
    assert "there is an agreement" in text(answer) and 'href="/agreements/' in answer.text


def test_an_accepted_proposal_is_withdrawn_with_a_reason(desk: Desk, proposal: Proposal) -> None:
    """The link stands beside one's own yes only; no reason is a fault; then both sides read who withdrew and why."""
    here = f"/proposals/{proposal.ref}"
    assert f"{here}/withdraw" not in desk.lead.get(here).text
    desk.lead.post(f"{here}/answer", {"answer": "accepted"})
    assert f"{here}/withdraw?side=lead" in desk.lead.get(here).text
    assert "You act for Gästmyndigheten" in text(desk.lead.get(f"{here}/withdraw?side=lead"))
    answer = desk.lead.post(f"{here}/withdraw", {"side": "lead"})
    assert answer.status_code == 422 and 'href="#f-reason"' in answer.text
    assert desk.lead.post(f"{here}/withdraw", {"side": "lead", "reason": "need_ended"}).location == here
    page = text(desk.officer.get(here))
    assert "withdrawn by the guest" in page and "The space is no longer needed" in page and "Answer for" not in page
    assert desk.officer.get(f"{here}/withdraw").status_code == 409
    answer = desk.officer.post(f"{here}/answer", {"answer": "accepted"})
    assert answer.status_code == 409 and "nothing to answer" in text(answer)


def test_the_page_shows_conditions_and_a_map_told_in_words(desk: Desk, proposal: Proposal) -> None:
    """Features, sharing, and where the premises lie from the place asked for: in the picture and below it."""
    page = desk.lead.get(f"/proposals/{proposal.ref}")
    for said in ("Step-free access", "Shared with others"):
        assert said in text(page), said
    told = "The premises lie in the municipality of Östersund, 0.3 km north of the place asked for."
    assert text(page).count(told) == 2 and 'role="img" aria-labelledby="map-title map-text"' in page.text
    assert 'class="map-premises"' in page.text and 'class="map-marked"' not in page.text


def test_the_map_of_restricted_premises_shows_their_municipality_only(desk: Desk) -> None:
    """The guest sees no point, no distance and no features before both have accepted; the host sees all."""
    desk.offer(visibility="restricted"), desk.need()
    here = f"/proposals/{desk.published()[0].ref}"
    page = desk.lead.get(here)
    assert 'class="map-marked"' in page.text and 'class="map-premises"' not in page.text
    assert "The premises lie in the municipality of Östersund." in text(page)
    assert "km north" not in page.text and "Step-free access" not in page.text
    assert 'class="map-premises"' in desk.officer.get(here).text


def test_a_substitute_answers_from_their_own_inbox(desk: Desk, proposal: Proposal) -> None:
    """Named on the account's page, the colleague finds what waits and answers it; ended, it is gone again."""
    colleague = desk.make.user((desk.guest, COORDINATOR), name="Ersättaren")
    stand_in = desk.reading(colleague)
    assert "1 proposal awaits" not in text(stand_in.get("/proposals"))
    today = desk.make.today.isoformat()
    form = {"substitute": colleague.ref, "first_day": today, "last_day": "2020-01-01"}
    answer = desk.lead.post("/me/substitute", form)
    assert answer.status_code == 422 and 'href="#f-last_day"' in answer.text
    assert desk.lead.post("/me/substitute", {**form, "last_day": today}).location == "/me"
    assert "Ersättaren" in text(desk.lead.get("/me")) and "You stand in for" in text(stand_in.get("/me"))
    assert "1 proposal awaits your answer" in text(stand_in.get("/proposals"))
    here = f"/proposals/{proposal.ref}"
    assert "Answer for Gästmyndigheten, the guest" in text(stand_in.get(here))
    assert stand_in.post(f"{here}/answer", {"answer": "accepted"}).location == here
    assert "As substitute for" in text(desk.coordinator.get("/events"))
    desk.lead.post("/me/substitute/end")
    assert "You stand in for" not in text(stand_in.get("/me"))
    assert stand_in.post(f"{here}/withdraw", {"reason": "other"}).status_code == 403
    assert "There is nobody to choose" in text(stand_in.get("/me/substitute"))
