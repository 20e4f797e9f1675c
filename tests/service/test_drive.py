"""Answers given at eight browsers at once make exactly the agreements that they imply, and leave nothing held."""

import os

from sqlalchemy import func, select

from platsverket.models import Agreement, Event, Freed, OutboxMail, Proposal, SeatDay
from tests.factories import Factory
from tests.service import drive

PROPOSALS = int(os.environ.get("PLATSVERKET_DRIVE_PROPOSALS", "60"))


def test_answers_at_eight_browsers_make_exactly_the_agreements_they_imply(make: Factory) -> None:
    """Two yeses agree, one no frees the seats; every agreement, event and mail is there once, and the days add up."""
    host, guest = make.agency(), make.agency()
    officers, leads = [make.officer(host) for _ in range(4)], [make.lead(guest) for _ in range(4)]
    people = {"poster": [user.email for user in officers], "lead": [user.email for user in leads]}
    make.offer(host, officers[0]), make.need(guest, leads[0])
    match_round = make.matched(make.coordinator())
    refs = {p.ref for p in drive.prepare(make.session, match_round, match_round.runs[-1], PROPOSALS)}
    answers = drive.plan(list(refs))
    make.session.rollback()  # an open reading transaction would make SQLite's writers wait
    assert drive.run(make.config.database.url, people, answers) == []
    session = make.session
    session.expire_all()
    implied = {ref for ref in refs if {answers[ref, "poster"], answers[ref, "lead"]} == {"accepted"}}
    agreed = session.scalars(select(Agreement)).unique().all()
    assert 0 < len(implied) < PROPOSALS and len(agreed) == len(implied)
    assert {agreement.proposal.ref for agreement in agreed} == implied
    assert session.scalar(select(func.count(Proposal.id)).where(Proposal.holds_seats)) == 0
    assert session.scalar(select(func.sum(SeatDay.held))) == 0
    assert session.scalar(select(func.sum(SeatDay.agreed))) == len(implied) * 3 * 4
    assert session.scalar(select(func.count(Freed.id)).where(Freed.cause == "declined")) == PROPOSALS - len(implied)
    made = session.scalars(select(Event.noun_ref).where(Event.kind == "agreement.made")).all()
    assert sorted(made) == sorted(agreement.ref for agreement in agreed)
    mails = select(func.count(OutboxMail.id)).where(OutboxMail.kind == "agreement.made")
    assert session.scalar(mails) == 8 * len(implied)
