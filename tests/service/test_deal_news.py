"""Both sides hear by mail what concerns them, once, and the coordinator hears when answers stall."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from platsverket import deal_moments, mail_words, messages, proposals, substitutes
from platsverket.app import create_app
from platsverket.database import now
from platsverket.models import OutboxMail, User
from tests.factories import Factory
from tests.service.test_proposals import ACCEPT, DECLINE, Deal
from tests.service.test_refills import Queue


@pytest.fixture
def deal(make: Factory) -> Deal:
    return Deal(make)


def told(deal: Any, user: User) -> list[str]:
    """The kinds of mail that wait for a person, oldest first."""
    mine = select(OutboxMail.kind).where(OutboxMail.user_id == user.id).order_by(OutboxMail.id)
    return list(deal.make.session.scalars(mine))


def test_new_proposals_answers_and_agreements_are_told(deal: Deal) -> None:
    """Each side has its proposal; the other hears of a yes that waits for theirs; both hear that they agree."""
    assert told(deal, deal.officer) == told(deal, deal.lead) == ["proposal.new"]
    deal.answer(deal.lead, ACCEPT)
    deal.answer(deal.lead, ACCEPT)
    assert told(deal, deal.officer) == ["proposal.new", "proposal.accepted"]
    assert told(deal, deal.lead) == ["proposal.new"]
    deal.answer(deal.officer, ACCEPT)
    assert told(deal, deal.officer)[2:] == told(deal, deal.lead)[1:] == ["agreement.made"]
    yesterday = deal.make.today - timedelta(days=1)
    agreement = deal.proposal.agreement
    assert agreement
    by = deal.make.identity(deal.lead)
    proposals.end_agreement(deal.make.session, by, agreement.ref, yesterday, "need_ended")
    assert told(deal, deal.officer)[-1] == "agreement.ended" and told(deal, deal.lead)[-1] == "agreement.made"


def test_a_no_a_withdrawal_and_a_message_are_told_to_the_other_side(deal: Deal) -> None:
    """Each message once; whoever acts is not told; colleagues of the other side and their substitute are."""
    colleague, stand_in = deal.make.officer(deal.host), deal.make.user((deal.host, "project_lead"))
    days = {"first_day": deal.make.today, "last_day": deal.make.today}
    substitutes.name(deal.make.session, deal.make.identity(deal.officer), {"substitute": stand_in.ref, **days})
    for words in ("Hej", "Hej igen"):
        messages.write(deal.make.session, deal.make.identity(deal.lead), deal.proposal.ref, {"text": words})
    proposals.withdraw(deal.make.session, deal.make.identity(deal.lead), deal.proposal.ref, {"reason": "cost"})
    for user in (deal.officer, colleague, stand_in):
        heard = [kind for kind in told(deal, user) if kind != "proposal.new"]
        assert heard == ["proposal.message", "proposal.message", "proposal.withdrawn"]
    assert told(deal, deal.lead) == ["proposal.new"]


def test_a_no_is_told_with_its_reason(deal: Deal) -> None:
    """The mail holds what the other side needs to know, and nothing of restricted premises."""
    deal.answer(deal.officer, DECLINE)
    mail = deal.make.session.scalars(select(OutboxMail).where(OutboxMail.kind == "proposal.declined")).one()
    assert mail.user_id == deal.lead.id and mail.data["reason"] == "wrong_dates" and mail.data["side"] == "poster"
    assert "Kontor" not in str(mail.data) and "Värden" not in str(mail.data)
    app = create_app(deal.make.config)
    with app.test_request_context("/?lang=en"):
        said = " ".join(mail_words.read(mail.kind, mail.data, "https://platsverket.example").paragraphs)
    assert "declined by the host. Reason: The dates do not suit." in said
    app.extensions["platsverket"].engine.dispose()


def test_who_has_not_answered_is_reminded_once_before_the_deadline(deal: Deal) -> None:
    """Three days before: only the silent side, only once, and not who has only just heard of the proposal."""
    session, config = deal.make.session, deal.make.config
    deal.answer(deal.lead, ACCEPT)
    for days in (30, 3.5):
        deal_moments.call_out(session, config, deal.proposal.answer_by - timedelta(days=days))
    assert "proposal.reminder" not in told(deal, deal.officer)
    for _ in range(2):
        deal_moments.call_out(session, config, deal.proposal.answer_by - timedelta(days=2.5))
    assert told(deal, deal.officer).count("proposal.reminder") == 1
    assert "proposal.reminder" not in told(deal, deal.lead)


def test_who_has_only_just_heard_of_a_proposal_is_not_reminded_of_it(deal: Deal) -> None:
    """Nor is anybody alarmed: where the time to answer is short, a day goes by first."""
    rounds = dataclasses.replace(deal.make.config.rounds, reminder_days=30, alarm_days=30)
    config = dataclasses.replace(deal.make.config, rounds=rounds)
    for hours, count in ((23, 0), (24, 1)):
        deal_moments.call_out(deal.make.session, config, deal.proposal.published_at + timedelta(hours=hours))
        assert told(deal, deal.officer).count("proposal.reminder") == count
        assert told(deal, deal.coordinator).count("round.stalled") == count


def test_reminding_of_many_asks_no_more_of_the_database_than_of_few(make: Factory) -> None:
    """Whoever answers for an organisation is looked up once, not for each of its proposals."""
    host, guest, coordinator = make.agency(), make.agency(), make.coordinator()
    lead = make.lead(guest)
    make.offer(host, seats=100)
    said: list[str] = []
    event.listen(make.session.get_bind(), "before_cursor_execute", lambda c, cur, text, *rest: said.append(text))
    asked = []
    for many in (1, 6):
        for _ in range(many):
            make.need(guest, lead)
        found = make.published(coordinator)
        late = found[0].answer_by - timedelta(days=2)
        make.session.rollback()
        said.clear()
        deal_moments.call_out(make.session, make.config, late)
        asked.append(len([text for text in said if "membership" in text or "substitution" in text]))
    reminded = select(OutboxMail).where(OutboxMail.kind == "proposal.reminder", OutboxMail.user_id == lead.id)
    assert len(make.session.scalars(reminded).unique().all()) == 7 and asked[0] == asked[1]


def test_a_coordinator_hears_once_of_answers_that_stall(deal: Deal) -> None:
    """One day before the deadline, with how many are missing; where all have answered nothing is said."""
    session, config = deal.make.session, deal.make.config
    late = deal.proposal.answer_by - timedelta(hours=20)
    deal_moments.call_out(session, config, late - timedelta(hours=5))
    assert "round.stalled" not in told(deal, deal.coordinator)
    for _ in range(2):
        deal_moments.call_out(session, config, late)
    alarms = session.scalars(select(OutboxMail).where(OutboxMail.kind == "round.stalled")).all()
    assert [(alarm.user_id, alarm.data["count"]) for alarm in alarms] == [(deal.coordinator.id, 1)]


def test_nobody_is_alarmed_where_nothing_stalls(deal: Deal) -> None:
    """An agreement made in time needs neither reminder nor alarm."""
    deal.answer(deal.lead, ACCEPT)
    deal.answer(deal.officer, ACCEPT)
    deal_moments.call_out(deal.make.session, deal.make.config, deal.proposal.answer_by - timedelta(hours=20))
    assert not {"proposal.reminder", "round.stalled"} & {*told(deal, deal.officer), *told(deal, deal.coordinator)}


def test_a_refill_that_waits_for_release_is_told_of(make: Factory) -> None:
    """Once for each refill, to whoever opened the round; the next in the queue hears when it is published."""
    make.config = dataclasses.replace(make.config, rounds=dataclasses.replace(make.config.rounds, refill="released"))
    queue = Queue(make)
    queue.answer(queue.open(), "lead", "too_far")
    make.filled_up()
    for _ in range(2):
        deal_moments.call_out(make.session, make.config, now())
    assert told(queue, queue.coordinator) == ["round.refill_ready"]


def test_every_mail_about_a_deal_can_be_read_in_both_languages(deal: Deal) -> None:
    """All values that the words ask for are there, and the link leads to the thing."""
    deal.answer(deal.lead, ACCEPT)
    deal.answer(deal.officer, ACCEPT)
    deal.make.session.commit()
    app = create_app(deal.make.config)
    for language in ("sv", "en"):
        with app.test_request_context(f"/?lang={language}"):
            for mail in deal.make.session.scalars(select(OutboxMail)).unique():
                read = mail_words.read(mail.kind, mail.data, "https://platsverket.example")
                assert "%(" not in read.subject + "".join(read.paragraphs) and "Projektrum" in "".join(
                    [read.subject, *read.paragraphs]
                )
                assert read.url.startswith("https://platsverket.example/")
    app.extensions["platsverket"].engine.dispose()
