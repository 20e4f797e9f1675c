"""The checker finds what is wrong with a plan by itself: no solver is loaded, no number of the plan is believed."""

import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from matching import Placement, Unplaced, check, solve
from tests.matching.markets import need, offer, read

MARKET = read(
    [offer(), offer("o2", sharing="exclusive", seats=20)],
    [need(), need("n2"), need("n3", seats=30)],
    decisions={"locked": [{"need": "n1", "offer": "o1", "start": "2027-02-08"}]},
)
PLAN = solve(MARKET)


def placed(index, **changes):
    placements = list(PLAN.placements)
    placements[index] = replace(placements[index], **changes)
    return replace(PLAN, placements=tuple(placements))


def goal(index, **changes):
    goals = list(PLAN.goals)
    goals[index] = replace(goals[index], **changes)
    return replace(PLAN, goals=tuple(goals))


SPOILT = {
    "unknown_need": placed(1, need="nobody"),
    "unknown_offer": placed(1, offer="nowhere"),
    "placed_twice": replace(PLAN, placements=(*PLAN.placements, PLAN.placements[1])),
    "until": placed(1, until=date(2027, 3, 2)),
    "dates": placed(1, start=date(2027, 2, 2)),
    "lock_missing": placed(0, start=date(2027, 2, 1)),
    "goals": replace(PLAN, goals=PLAN.goals[1:]),
    "goal_value": goal(0, value=7, bound=8),
    "bound": goal(0, bound=7),
}
NOTED = {
    "market_sha256": replace(PLAN, market_sha256="0" * 64),
    "km": placed(1, km=0.3),
    "fit": placed(1, fit=1),
    "status": goal(2, bound=10_000),
    "not_accounted": replace(PLAN, unplaced=()),
    "accounted_twice": replace(PLAN, unplaced=(*PLAN.unplaced, Unplaced("n1"))),
    "could_be_added": replace(
        PLAN, placements=PLAN.placements[:1], unplaced=(*PLAN.unplaced, Unplaced("n2")), goals=()
    ),
}


def test_the_plan_itself_has_no_fault():
    report = check(MARKET, PLAN)
    assert report.faults == [] and report.notes == []
    assert report.goals == {g.goal: g.value for g in PLAN.goals}


@pytest.mark.parametrize("code", SPOILT)
def test_fault(code):
    """Each fault of sections 2 and 3 is found and said in one line."""
    found = [f for f in check(MARKET, SPOILT[code]).faults if f.code == code]
    assert found and all("\n" not in str(f) and str(f) for f in found)


@pytest.mark.parametrize("code", NOTED)
def test_note(code):
    """What does not break a plan, but is not true of it, is noted."""
    found = [f for f in check(MARKET, NOTED[code]).notes if f.code == code]
    assert found and all(str(f) for f in found)


def test_a_lock_in_its_place_breaks_no_rule():
    far = read([offer(lat=60)], [need()], decisions={"locked": [{"need": "n1", "offer": "o1", "start": "2027-02-02"}]})
    assert check(far, solve(far)).faults == []
    elsewhere = Placement("n1", "o1", date(2027, 2, 1), date(2027, 2, 28), 0.0, 0)
    codes = {f.code for f in check(far, replace(solve(far), placements=(elsewhere,))).faults}
    assert {"near", "lock_missing"} <= codes


def test_no_solver_is_loaded_by_checking():
    """Importing the door and checking a plan leaves OR-Tools unloaded; importing solver types too is solve's doing."""
    code = "import sys, matching, matching.check; assert 'ortools' not in sys.modules, 'loaded'"
    subprocess.run([sys.executable, "-c", code], check=True)
