"""Why not that one: the rule that forbids it, or who holds the seats, and what forcing it would cost."""

from datetime import date

import pytest

from matching import Market, check, solve, what_if
from tests.matching.markets import drawn, need, offer, read

FIRST = {"latest_start": "2027-02-01"}


def test_a_rule_forbids_it():
    found = read([offer(weekdays=["mon"])], [need()])
    answer = what_if(found, solve(found), "n1", "o1")
    assert answer.rules == ["weekdays"] and answer.forced is None


def test_the_seats_are_held_and_forcing_it_costs():
    """The one who holds the seats is named with the first day, and the price is the difference of the goals."""
    found = read(
        [offer(seats=6)],
        [need("big", seats=6, **FIRST), need("small", seats=4, weekdays=["wed"], latest_start="2027-02-03")],
    )
    plan = solve(found)
    assert [p.need for p in plan.placements] == ["big"]
    answer = what_if(found, plan, "small", "o1")
    assert [(h.placement.need, h.day) for h in answer.held] == [("big", date(2027, 2, 3))]
    assert answer.change["most_seats"] == -2 and [p.need for p in answer.forced.placements] == ["small"]


def test_it_fits_beside_the_plan_and_costs_nobody():
    found = read([offer(), offer("o2", seats=20)], [need()])
    plan = solve(found)
    other = next(o.id for o in found.offers if o.id != plan.placements[0].offer)
    answer = what_if(found, plan, "n1", other)
    assert answer.fits and answer.held == () and answer.change["most_seats"] == 0


def test_a_lock_is_not_pushed_aside():
    lock = {"need": "n1", "offer": "o1", "start": "2027-02-01"}
    found = read([offer(seats=6)], [need(**FIRST), need("n2", **FIRST)], decisions={"locked": [lock]})
    answer = what_if(found, solve(found), "n2", "o1")
    assert [h.placement.need for h in answer.held] == ["n1"] and answer.forced is None


def test_a_start_of_ones_own_and_ids_that_are_unknown():
    found = read([offer()], [need()])
    plan = solve(found)
    assert what_if(found, plan, "n1", "o1", start=date(2027, 2, 8)).start == date(2027, 2, 8)
    with pytest.raises(ValueError, match="not an allowed start"):
        what_if(found, plan, "n1", "o1", start=date(2027, 2, 2))
    with pytest.raises(KeyError):
        what_if(found, plan, "n1", "nowhere")


def test_a_forced_plan_keeps_the_contract():
    """On random markets: the forced plan holds the placement, breaks nothing and is never better than the plan."""
    tried = 0
    for seed in range(4000, 4040):
        found = Market.from_json(drawn(seed, offers=4, needs=8))
        plan = solve(found, effort="quick")
        for asked in found.needs[:2]:
            for place in found.offers[:2]:
                answer = what_if(found, plan, asked.id, place.id)
                if answer.forced is not None:
                    tried += 1
                    assert (asked.id, place.id, answer.start) in {
                        (p.need, p.offer, p.start) for p in answer.forced.placements
                    }
                    assert check(found, answer.forced).faults == []
                    assert list(answer.change.values()) <= [0] * len(answer.change)
    assert tried > 20


def test_filling_up_moves_nothing_that_is_locked():
    """A plan whose placements are locked is matched again after an offer grew: all stay, the freed room is used."""
    needs = [need(f"n{i}", **FIRST) for i in range(4)]
    plan = solve(read([offer(seats=8)], needs))
    locked = [{"need": p.need, "offer": p.offer, "start": p.start.isoformat()} for p in plan.placements]
    again = solve(read([offer(seats=12)], needs, decisions={"locked": locked}))
    before, after = ({(p.need, p.offer, p.start) for p in q.placements} for q in (plan, again))
    assert before <= after
    assert len(again.placements) == 3


def test_least_change_before_fit_keeps_what_may_stay():
    """With least_change ahead of best_fit a market that lost one of its offers changes no other placement."""
    needs = [need(f"n{i}", **FIRST) for i in range(6)]
    offers = [offer(f"o{i}", seats=8 + i) for i in range(4)]
    plan = solve(read(offers, needs))
    gone = plan.placements[0].offer
    before = [p for p in plan.placements if p.offer != gone]
    previous = [{"need": p.need, "offer": p.offer, "start": p.start.isoformat()} for p in before]
    goals = {"goals": ["most_seats", "least_change", "best_fit"]}
    again = solve(read([o for o in offers if o["id"] != gone], needs, previous=previous, policy=goals))
    kept = {(p.need, p.offer, p.start) for p in again.placements}
    assert {(p.need, p.offer, p.start) for p in before} <= kept
