"""A change that would help is put to the project leads: a yes changes the request, a no is kept, both with event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from platsverket import needs, questions, steps
from platsverket.errors import Refused
from platsverket.models import Event, MatchRound, Need, Offer, OutboxMail, User
from tests.factories import Factory


@dataclass
class Asked:
    """A round in which a request for twelve would have had a place if it asked for ten."""

    make: Factory
    lead: User
    coordinator: User
    need: Need
    offer: Offer
    match_round: MatchRound

    def ask(self, by: User | None = None, **values: Any) -> Any:
        asked = {"need": self.need.ref, "change": "seats", "offer": self.offer.ref, **values}
        run = self.match_round.runs[-1].ref
        by_whom = self.make.identity(by or self.coordinator)
        return questions.ask(self.make.session, by_whom, self.match_round.ref, run, asked)

    def answer(self, question: Any, said: str, by: User | None = None) -> Any:
        make, by_whom = self.make, self.make.identity(by or self.lead)
        return questions.answer(make.session, by_whom, make.config, self.need.ref, question.ref, said)

    def events(self) -> list[str]:
        self.make.session.rollback()
        return list(self.make.session.scalars(select(Event.kind).where(Event.noun == "need").order_by(Event.id)))


def _asked(make: Factory, **values: Any) -> Asked:
    host, guest = make.agency(), make.agency()
    lead, coordinator = make.lead(guest), make.coordinator()
    if values.get("visibility") == "sealed":
        values["coordinators"] = [coordinator.ref]
    offer = make.offer(host, seats=10, **values)
    need = make.need(guest, by=lead, seats=12)
    return Asked(make, lead, coordinator, need, offer, make.matched(coordinator))


def test_a_yes_changes_the_request_once_and_tells_the_asker(make: Factory) -> None:
    """The lead is told by mail and at the start page; the yes changes the request, and only what was asked about."""
    one = _asked(make)
    question = one.ask()
    assert one.ask().ref == question.ref  # asked twice it is one question
    lead = make.identity(one.lead)
    assert [q.ref for q in steps.next_steps(make.session, lead).questions] == [question.ref]
    one.answer(question, "yes")
    one.answer(question, "yes")
    make.session.expire_all()
    assert (one.need.seats, one.need.days) == (10, 28)
    assert not steps.next_steps(make.session, lead).questions
    assert one.events() == ["need.posted", "question.asked", "need.changed", "question.answered"]
    mails = make.session.execute(select(OutboxMail.kind, OutboxMail.user_id).order_by(OutboxMail.id)).all()
    wanted = [("question.asked", one.lead.id), ("question.answered", one.coordinator.id)]
    assert [tuple(mail) for mail in mails] == wanted
    with pytest.raises(Refused, match="question_answered"):
        one.answer(question, "no")


def test_a_no_is_kept_and_changes_nothing(make: Factory) -> None:
    """The request stays; the coordinator's next look tells the answer, and asking anew asks nothing."""
    one = _asked(make)
    one.answer(one.ask(), "no")
    assert one.ask().answer == "no"
    make.session.expire_all()
    assert one.need.seats == 12 and "need.changed" not in one.events()


def test_a_yes_to_what_no_longer_stands_changes_nothing(make: Factory) -> None:
    """Where the request has been changed or withdrawn since, the yes is refused and not kept."""
    one = _asked(make)
    question = one.ask()
    by = make.identity(one.lead)
    values = {**needs.values_of(one.need), "seats": 11}
    needs.change(make.session, by, make.config, one.need.ref, values)
    with pytest.raises(Refused, match="question_outdated"):
        one.answer(question, "yes")
    needs.withdraw(make.session, by, one.need.ref)
    make.session.expire_all()
    assert question.answer is None and not steps.next_steps(make.session, by).questions


def test_only_those_whose_request_it_is_may_answer(make: Factory) -> None:
    """To another organisation's project lead the question does not exist."""
    one = _asked(make)
    question = one.ask()
    with pytest.raises(Refused, match="not_found"):
        one.answer(question, "yes", by=make.lead(make.agency()))
    with pytest.raises(Refused, match="forbidden"):
        one.answer(question, "yes", by=one.coordinator)


@pytest.mark.parametrize("visibility", ["restricted", "sealed"])
def test_no_question_tells_what_is_hidden_of_premises(make: Factory, visibility: str) -> None:
    """How many seats restricted or sealed premises have is told to nobody by asking for so many."""
    one = _asked(make, visibility=visibility)
    with pytest.raises(Refused, match="question_tells"):
        one.ask()
    assert one.events() == ["need.posted"]


def test_only_what_the_run_found_is_asked(make: Factory) -> None:
    """A change that was not verified is not there to ask about; nor is a need or premises that do not exist."""
    one = _asked(make)
    for values in ({"change": "days"}, {"need": "2222222222"}, {"offer": "2222222222"}):
        with pytest.raises(Refused, match="not_found"):
            one.ask(**values)
    sealed = _asked(make, visibility="sealed")
    with pytest.raises(Refused, match="not_found"):
        sealed.ask(by=make.coordinator())
