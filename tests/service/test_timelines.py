"""How much of premises is used week by week: the same as the ledger holds, and nothing that is not for the reader."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from platsverket import charts, decisions, proposals, rounds, runs, timelines
from platsverket.errors import Refused
from platsverket.models import MatchRound, SeatDay, User
from platsverket.timelines import Premises, Timeline, Use, timeline
from tests.factories import WORKWEEK, Factory

MONDAY = date(2027, 3, 1)
WORK = tuple(WORKWEEK)


def _premises(
    ref: str = "a", seats: int = 10, *, exclusive: bool = False, days: int = 27, first: date = MONDAY
) -> Premises:
    return Premises(ref, seats, exclusive, WORK, ((first, first + timedelta(days=days)),))


def _weeks(one: Timeline, kind: str) -> list[int]:
    found = {"offered": one.offered, "free": one.free}.get(kind)
    return [int(n) for n in (one.used[kind] if found is None else found)][:5]


def test_seat_days_are_counted_on_open_weekdays_only() -> None:
    """Ten seats on five weekdays are fifty seat-days in a week; a guest of four on two weekdays takes eight of them."""
    guest = Use("a", "agreed", MONDAY + timedelta(days=7), MONDAY + timedelta(days=15), ("tue", "wed"), 4)
    found = timeline([_premises()], [guest], ["agreed", "proposed"], MONDAY)
    assert _weeks(found, "offered") == [50, 50, 50, 50, 0]
    assert _weeks(found, "agreed") == [0, 8, 4, 0, 0]  # of the third week only the Tuesday lies before its end
    assert _weeks(found, "free") == [50, 42, 46, 50, 0]


def test_a_single_guest_takes_the_whole_premises() -> None:
    """Where one guest comes at a time, nobody else can use what that guest leaves."""
    guest = Use("a", "agreed", MONDAY, MONDAY + timedelta(days=6), ("mon",), 4)
    found = timeline([_premises(exclusive=True)], [guest], ["agreed"], MONDAY)
    assert _weeks(found, "agreed")[0] == 10 and _weeks(found, "free")[0] == 40


def test_what_is_agreed_counts_as_offered_after_a_period_was_shortened() -> None:
    """The host owes it still: the picture never shows more used than offered, and nothing below zero free."""
    late = Use("a", "agreed", MONDAY + timedelta(days=28), MONDAY + timedelta(days=32), WORK, 3)
    found = timeline([_premises()], [late], ["agreed"], MONDAY)
    assert _weeks(found, "offered") == [50, 50, 50, 50, 15]
    assert (found.free >= 0).all()


def test_long_times_are_turned_page_by_page() -> None:
    """A year of weeks at most, beginning today; what lies before and after is a step away, and never lost."""
    found = timeline([_premises(days=3 * 365, first=MONDAY)], [], ["agreed"], MONDAY + timedelta(days=400))
    assert found.window.weeks == timelines.MOST_WEEKS and found.window.first <= MONDAY + timedelta(days=400)
    assert found.window.first.weekday() == 0
    seen, at = 0, MONDAY
    while at is not None:
        page = timeline([_premises(days=3 * 365, first=MONDAY)], [], ["agreed"], MONDAY, at)
        seen, at = seen + page.total("offered"), page.later
    assert seen == 10 * sum((MONDAY + timedelta(days=i)).weekday() < 5 for i in range(3 * 365 + 1))


@pytest.mark.parametrize("asked", [date.min, date(1900, 1, 1), date(2999, 12, 31), date.max])
def test_no_day_asked_for_leads_out_of_the_calendar(asked: date) -> None:
    """A strange address shows the first or the last weeks that there are."""
    found = timeline([_premises()], [], ["agreed"], MONDAY, asked)
    assert found.window.first in (MONDAY, MONDAY + timedelta(days=21))


def test_nothing_at_all_is_a_timeline_too() -> None:
    """A round that has no premises yet shows empty weeks."""
    found = timeline([], [], ["agreed"], MONDAY)
    assert found.total("offered") == 0 and not found.lines and found.earlier is None and found.later is None


def _ledger(session: Session, first: date, last: date) -> dict[str, int]:
    within = SeatDay.day.between(first, last)
    agreed, held = session.execute(select(func.sum(SeatDay.agreed), func.sum(SeatDay.held)).where(within)).one()
    return {"agreed": int(agreed or 0), "proposed": int(held or 0)}


def test_the_timeline_is_what_the_ledger_holds(session: Session, make: Factory) -> None:
    """After answers, a withdrawal and an end before its time: day by day the same sums as in the ledger."""
    host, guest = make.agency(), make.agency()
    officer, lead, coordinator = make.officer(host), make.lead(guest), make.coordinator()
    offer = make.offer(host, officer, seats=30)
    for number in range(4):
        make.need(guest, lead, seats=2 + number)
    made = make.published(coordinator)
    _answer(make, made[0].ref, officer, lead)
    _answer(make, made[1].ref, officer, lead)
    proposals.withdraw(session, make.identity(lead), made[2].ref, {"reason": "need_solved", "side": "lead"})
    found = timelines.of_offer(session, make.identity(officer), offer.ref, make.today)
    assert {kind: found.total(kind) for kind in found.used} == _ledger(session, found.window.first, found.window.last)
    assert found.total("agreed") and found.total("proposed")


def _answer(make: Factory, ref: str, *people: User) -> None:
    for person in people:
        proposals.answer(make.session, make.identity(person), ref, {"answer": "accepted", "reason": None, "side": None})


def _locked(make: Factory, coordinator: User) -> MatchRound:
    """A frozen round whose only placement is locked and run."""
    match_round = make.matched(coordinator)
    placed = runs.plan_of(make.session, match_round.runs[-1])["placements"][0]
    lock: dict[str, Any] = {"kind": "lock", "need": placed["need"], "agency": None, "offer": placed["offer"]}
    lock |= {"start": date.fromisoformat(placed["start"]), "reason": "Lovat."}
    decisions.decide(make.session, make.identity(coordinator), make.config, match_round.ref, lock)
    make.run(coordinator, match_round)
    return match_round


def test_locks_are_for_coordinators_until_the_round_is_published(session: Session, make: Factory) -> None:
    """An outcome that is not published is told to nobody else: the owner sees the seats free, then proposed."""
    host = make.agency()
    officer, coordinator = make.officer(host), make.coordinator()
    offer = make.offer(host, officer)
    make.need(make.agency())
    match_round = _locked(make, coordinator)
    owner, steerer = make.identity(officer), make.identity(coordinator)
    mine = timelines.of_offer(session, owner, offer.ref, make.today)
    assert list(mine.used) == ["agreed", "proposed"] and mine.total("free") == mine.total("offered")
    theirs = timelines.of_offer(session, steerer, offer.ref, make.today)
    locked = theirs.total("locked")
    assert locked > 0
    assert timelines.of_round(session, steerer, match_round.ref, make.today).total("locked") == locked
    rounds.publish(session, steerer, make.config, match_round.ref, match_round.runs[-1].ref)
    for by in (owner, steerer):
        after = timelines.of_offer(session, by, offer.ref, make.today)
        assert after.total("proposed") == locked and not any(after.used.get("locked", []))


def test_a_lock_whose_request_has_its_proposal_is_counted_once(session: Session, make: Factory) -> None:
    """Two rounds hold the same request locked; when one is published its seats are proposed, and no longer locked."""
    coordinator = make.coordinator()
    offer = make.offer(make.agency())
    make.need(make.agency())
    first, _second = _locked(make, coordinator), _locked(make, coordinator)
    by = make.identity(coordinator)
    both = timelines.of_offer(session, by, offer.ref, make.today)
    rounds.publish(session, by, make.config, first.ref, first.runs[-1].ref)
    after = timelines.of_offer(session, by, offer.ref, make.today)
    assert after.total("proposed") == both.total("locked") > 0 and after.total("locked") == 0


def test_a_lock_of_a_request_that_sits_elsewhere_takes_nothing(session: Session, make: Factory) -> None:
    """Its round would give it no second place, so the premises it is locked in are free."""
    coordinator = make.coordinator()
    make.offer(make.agency())
    make.need(make.agency())
    locked = _locked(make, coordinator)
    by, nearer = make.identity(coordinator), make.offer(make.agency(), place="63.1767, 14.6361")
    other = make.matched(coordinator)
    placed = runs.plan_of(session, other.runs[-1])["placements"][0]
    assert placed["offer"] == nearer.ref
    assert timelines.of_round(session, by, locked.ref, make.today).total("locked") > 0
    rounds.publish(session, by, make.config, other.ref, other.runs[-1].ref)
    assert timelines.of_round(session, by, locked.ref, make.today).total("locked") == 0


def test_a_run_tells_what_it_placed_from_what_was_locked_and_promised(session: Session, make: Factory) -> None:
    """Three kinds, each with the seat-days of its own placements."""
    coordinator = make.coordinator()
    make.offer(make.agency(), seats=30)
    make.need(make.agency(), seats=2)
    match_round = _locked(make, coordinator)
    by = make.identity(coordinator)
    first, second = (timelines.of_run(session, by, match_round.ref, run.ref, make.today) for run in match_round.runs)
    assert first.total("placed") == second.total("locked") > 0
    assert first.total("locked") == second.total("placed") == 0
    rounds.publish(session, by, make.config, match_round.ref, match_round.runs[-1].ref)
    later = make.matched(coordinator)
    third = timelines.of_run(session, by, later.ref, later.runs[-1].ref, make.today)
    assert third.total("promised") == second.total("locked")


def test_sealed_premises_are_in_no_total_of_those_who_may_not_know(session: Session, make: Factory) -> None:
    """Only the coordinator whom the premises name counts them, also before the round is frozen."""
    host = make.agency()
    officer, named, other = make.officer(host), make.coordinator(), make.coordinator()
    make.offer(host, officer, seats=10)
    sealed = make.offer(host, officer, seats=7, visibility="sealed", coordinators=[named.ref])
    match_round = make.round(named)
    for frozen in (False, True):
        if frozen:
            rounds.freeze(session, make.identity(named), make.config, match_round.ref)
        knows, knows_not = (
            timelines.of_round(session, make.identity(who), match_round.ref, make.today) for who in (named, other)
        )
        assert 10 * knows.total("offered") == 17 * knows_not.total("offered")
        assert [line.ref for line in knows.lines if line.ref == sealed.ref] and len(knows_not.lines) == 1
    with pytest.raises(Refused, match="not_found"):
        timelines.of_offer(session, make.identity(other), sealed.ref, make.today)


def test_scales_have_round_steps_that_reach_the_highest_value() -> None:
    """Whole numbers for whole things, few steps, and nothing that sticks out."""
    for most in (0, 1, 3, 7, 10, 52, 99, 101, 12_345, 170_000, 999_999):
        found = charts.steps(most)
        assert found[0] == 0 and found[-1] >= most and 2 <= len(found) <= 7, (most, found)
        assert all(step == int(step) for step in found)
        assert len({round(b - a, 6) for a, b in pairwise(found)}) == 1
    assert charts.steps(0.37) == [0, 0.1, 0.2, 0.3, 0.4]


def test_columns_stand_on_each_other_and_stay_inside() -> None:
    """The first kind stands at the bottom, the next on it, and together they reach their value on the scale."""
    found = charts.columns({"agreed": [10, 0], "free": [10, 40]}, height=100)
    low, high, alone = found.boxes
    assert (low.kind, high.kind) == ("agreed", "free") and low.y == high.y + high.height
    assert low.y + low.height == 100 and alone.x == 50 and alone.y >= charts.ROOM
    assert [edge.y for edge in found.edges] == [high.y, alone.y]


def test_equal_weeks_of_a_row_are_one_box() -> None:
    """A row of a table stays small however many weeks it shows."""
    found = charts.strips({"agreed": [5.0] * 52, "free": [5.0] * 51 + [0.0]}, [10.0] * 51 + [5.0], 20)
    assert [(box.kind, box.width) for box in found] == [("agreed", 98.077), ("agreed", 1.923), ("free", 98.077)]


def test_many_premises_are_counted_without_asking_for_each(session: Session, make: Factory) -> None:
    """Numbers are added up as arrays: a thousand premises and placements take the same few steps."""
    many = [_premises(f"p{i}") for i in range(1000)]
    uses = [Use(f"p{i}", "agreed", MONDAY, MONDAY + timedelta(days=4), WORK, 1) for i in range(1000)]
    found = timeline(many, uses, ["agreed"], MONDAY)
    assert found.total("agreed") == 5000 and np.array_equal(found.used["agreed"][:2], [5000, 0])
