"""Both sides answer; two yeses make an agreement that holds the seats, a no or silence frees them at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from platsverket import ledger, proposals
from platsverket.database import now, writing
from platsverket.errors import Refused
from platsverket.models import Agreement, Event, Proposal, SeatDay, User, used_days
from tests.factories import Factory

ACCEPT = {"answer": "accepted", "reason": None, "side": None}
DECLINE = {"answer": "declined", "reason": "wrong_dates", "side": None}


class Deal:
    """One published proposal and the people on its two sides."""

    def __init__(self, make: Factory, **offer: object):
        self.make = make
        self.host, self.guest = make.agency("Värden"), make.agency("Gästen")
        self.officer, self.lead = make.officer(self.host), make.lead(self.guest)
        self.coordinator = make.coordinator()
        self.offer = make.offer(self.host, by=self.officer, **offer)
        self.need = make.need(self.guest, by=self.lead)
        (self.proposal,) = make.published(self.coordinator)

    def answer(self, user: User, values: dict[str, object]) -> Proposal:
        return proposals.answer(self.make.session, self.make.identity(user), self.proposal.ref, dict(values))

    def units(self) -> set[tuple[int, int]]:
        """The (agreed, held) pairs of the proposal's days."""
        self.make.session.expire_all()
        days = used_days(self.proposal.start, self.proposal.until, self.proposal.weekdays)
        rows = self.make.session.scalars(select(SeatDay).where(SeatDay.day.in_(days))).all()
        assert len(rows) == len(days)
        return {(row.agreed, row.held) for row in rows}


def test_a_published_proposal_holds_its_seats_and_two_yeses_agree(make: Factory) -> None:
    """Seats are held at publication, agreed at the second yes, and the agreement has its number and events."""
    deal = Deal(make)
    assert deal.units() == {(0, 4)}
    assert deal.answer(deal.officer, ACCEPT).status(now()) == "open"
    proposal = deal.answer(deal.lead, ACCEPT)
    assert proposal.status(now()) == "agreed"
    assert deal.units() == {(4, 0)}
    (agreement,) = make.session.scalars(select(Agreement)).all()
    assert agreement.proposal_id == proposal.id and agreement.last_day == proposal.until
    kinds = [e.kind for e in make.session.scalars(select(Event).order_by(Event.id))]
    assert kinds[-3:] == ["proposal.accepted", "proposal.accepted", "agreement.made"]


def test_the_same_answer_twice_is_one_answer(make: Factory) -> None:
    """A double click neither agrees twice nor complains; another answer than before is refused."""
    deal = Deal(make)
    for _ in range(2):
        deal.answer(deal.officer, ACCEPT)
        deal.answer(deal.lead, ACCEPT)
    assert deal.units() == {(4, 0)}
    assert len(make.session.scalars(select(Agreement)).all()) == 1
    with pytest.raises(Refused, match="already_answered"):
        deal.answer(deal.lead, DECLINE)


def test_a_no_frees_the_seats_at_once_and_closes_the_proposal(make: Factory) -> None:
    """After one side's no nothing is held, and the other side's yes comes too late."""
    deal = Deal(make)
    deal.answer(deal.officer, DECLINE)
    assert deal.units() == {(0, 0)}
    with pytest.raises(Refused, match="proposal_closed"):
        deal.answer(deal.lead, ACCEPT)


def test_an_answer_after_the_deadline_is_refused_and_the_sweep_frees_the_seats(make: Factory) -> None:
    """Silence until the deadline ends the hold; it happens once, with its event."""
    deal = Deal(make)
    deal.proposal.answer_by = now() - timedelta(seconds=1)
    make.session.commit()
    with pytest.raises(Refused, match="proposal_expired"):
        deal.answer(deal.lead, ACCEPT)
    sweep = writing(ledger.release_expired)
    assert (sweep(make.session, now()), sweep(make.session, now())) == (1, 0)
    assert deal.units() == {(0, 0)}


def test_seats_that_were_let_go_are_taken_anew_or_refused(make: Factory) -> None:
    """A yes to a proposal that no longer holds its seats is refused while others have them, and agrees once they go."""
    deal = Deal(make, seats=4)

    @writing
    def others_hold(session: Session, seats: int) -> None:
        session.execute(update(SeatDay).values(held=seats))

    writing(lambda session: ledger.let_go(session, session.get_one(Proposal, deal.proposal.id), "declined"))(
        make.session
    )
    others_hold(make.session, 4)
    deal.answer(deal.officer, ACCEPT)
    with pytest.raises(Refused, match="no_room"):
        deal.answer(deal.lead, ACCEPT)
    assert deal.units() == {(0, 4)}
    assert make.session.get_one(Proposal, deal.proposal.id).lead_answer is None
    others_hold(make.session, 0)
    deal.answer(deal.lead, ACCEPT)
    assert deal.units() == {(4, 0)}


def test_strangers_neither_see_nor_answer_a_proposal(make: Factory) -> None:
    """Others' proposals do not exist; coordinators read them but do not answer for the parties."""
    deal = Deal(make)
    for stranger in (make.officer(make.agency()), make.lead(make.agency())):
        with pytest.raises(Refused, match="not_found"):
            deal.answer(stranger, ACCEPT)
    with pytest.raises(Refused, match="forbidden"):
        deal.answer(deal.coordinator, ACCEPT)


def test_somebody_on_both_sides_says_for_which_side_they_answer(make: Factory) -> None:
    """Without the side nothing is stored; with it each side is answered by itself."""
    deal = Deal(make)
    both = make.user((deal.host, "case_officer"), (deal.guest, "project_lead"))
    with pytest.raises(Refused) as caught:
        deal.answer(both, ACCEPT)
    assert "side" in caught.value.fields
    deal.answer(both, {**ACCEPT, "side": "lead"})
    assert (deal.proposal.lead_answer, deal.proposal.poster_answer) == ("accepted", None)


def test_ending_an_agreement_frees_its_later_days(make: Factory) -> None:
    """Given up before it began, an agreement leaves every seat free; it cannot be ended twice."""
    deal = Deal(make)
    deal.answer(deal.officer, ACCEPT)
    deal.answer(deal.lead, ACCEPT)
    (agreement,) = make.session.scalars(select(Agreement)).all()
    by = make.identity(deal.lead)
    yesterday = make.today - timedelta(days=1)
    proposals.end_agreement(make.session, by, agreement.ref, yesterday, "need_ended")
    assert deal.units() == {(0, 0)}
    with pytest.raises(Refused, match="agreement_over"):
        proposals.end_agreement(make.session, by, agreement.ref, yesterday, "need_ended")


def test_exclusive_premises_take_one_guest_whatever_its_size(make: Factory) -> None:
    """An exclusive offer counts one unit a day, also when its seats are changed while held."""
    from platsverket import offers

    deal = Deal(make, sharing="exclusive", seats=10)
    assert deal.units() == {(0, 1)}
    officer = make.identity(deal.officer)
    values = make.offer_values(deal.host, sharing="shared", seats=12)
    offers.change(make.session, officer, make.config, deal.offer.ref, values)
    assert deal.units() == {(0, 4)}
    deal.answer(deal.officer, ACCEPT)
    deal.answer(deal.lead, ACCEPT)
    assert deal.units() == {(4, 0)}


@pytest.mark.parametrize(("side", "accepted"), [("poster", False), ("lead", True)])
def test_either_side_withdraws_before_or_after_its_yes(make: Factory, side: str, accepted: bool) -> None:
    """The seats are free at once, the other side can no longer answer, twice is once; the event says who and why."""
    deal = Deal(make)
    user, other = (deal.officer, deal.lead) if side == "poster" else (deal.lead, deal.officer)
    if accepted:
        deal.answer(user, ACCEPT)
    for _ in range(2):
        proposals.withdraw(make.session, make.identity(user), deal.proposal.ref, {"reason": "other"})
    assert deal.units() == {(0, 0)} and deal.proposal.status(now()) == "withdrawn"
    with pytest.raises(Refused, match="proposal_withdrawn"):
        deal.answer(other, ACCEPT)
    event = make.session.scalars(select(Event).where(Event.kind == "proposal.withdrawn")).unique().one()
    assert (event.data["side"], event.data["reason"]) == (side, "other")


def test_withdrawing_needs_a_reason_of_ones_own_side_and_ends_with_the_agreement(make: Factory) -> None:
    """A guest cannot say that the premises are taken; strangers find nothing; what is agreed is ended instead."""
    deal = Deal(make)
    for user, reason, code in (
        (deal.lead, "premises_needed", "invalid"), (make.lead(make.agency()), "other", "not_found"),
        (deal.coordinator, "other", "forbidden"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            proposals.withdraw(make.session, make.identity(user), deal.proposal.ref, {"reason": reason})
    deal.answer(deal.officer, ACCEPT)
    deal.answer(deal.lead, ACCEPT)
    with pytest.raises(Refused, match="proposal_agreed"):
        proposals.withdraw(make.session, make.identity(deal.lead), deal.proposal.ref, {"reason": "other"})
    assert deal.units() == {(4, 0)}
