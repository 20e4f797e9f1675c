"""Inside the solver: whatever is tried on the way, the plan at hand keeps every row."""

from dataclasses import replace

import numpy as np
import pytest

from data import recipe
from matching import Market
from matching.candidates import placeable
from matching.goals import Total
from matching.solver import Control, Problem
from matching.solver import part as parts
from matching.solver.bound import Relaxation
from matching.solver.effort import EFFORTS
from matching.solver.greedy import first_plan
from matching.solver.part import Part
from matching.solver.pattern import places_of
from matching.solver.reduction import reduced
from matching.solver.search import Settled, _Search, _Stage
from matching.solving import drawn, problem_of


def ints(*values):
    return np.array(values, dtype=np.int64)


def keeps_every_row(problem, chosen):
    return bool((problem.packing.matrix[:, chosen].sum(axis=1) <= problem.packing.limit).all())


class TwoRegions(Part):
    """Finds better choices in two regions at once: need 0 moves within place 0, need 2 comes to place 1."""

    def _anew(self, goal, bound, region):
        return ints(1) if 0 in region else ints(3)


def test_what_is_found_side_by_side_uses_no_capacity_twice(monkeypatch):
    """Need 1 could take place 1 as soon as need 0 has moved, but need 2 has been promised it."""
    problem = Problem(
        need=ints(0, 0, 1, 2), place=ints(0, 0, 1, 1), first=ints(700, 700, 700, 700), last=ints(701, 701, 701, 701),
        weekdays=ints(127, 127, 127, 127), amount=ints(1, 1, 1, 1), fixed=np.zeros(4, dtype=bool), limit=ints(1, 1),
        goals=[Total(ints(1, 2, 3, 4))],
    )  # fmt: skip
    monkeypatch.setattr(parts, "regions", lambda *_: [ints(0, 1), ints(3)])
    part = TwoRegions(problem, ints(0), seed=0, control=Control())
    part.chosen = ints(0)
    part._effort = replace(EFFORTS["quick"], neighbourhoods=1)
    part._roam(0, problem.goals[0], None, 9, 1)
    assert part.chosen.tolist() == [1, 3]
    assert keeps_every_row(problem, part.chosen)


def test_a_plan_is_worth_no_less_in_what_is_left():
    """A plan of columns that others replace turns into one of kept columns, and is still a plan."""
    market = Market.from_json(recipe.draw(60, 300, county="01", seed=1).market())
    problem = problem_of(market, *drawn(*placeable(market), market, seed=0))
    left = reduced(problem, problem.goals)
    plan = first_plan(problem, Control())
    instead = np.unique(left.instead[plan])
    assert len(left.kept) < 0.6 * len(problem.need)
    assert len(instead) == len(plan) and np.isin(instead, left.kept).all()
    assert keeps_every_row(problem, instead)
    assert all(goal.value(instead) >= goal.value(plan) for goal in problem.goals)


def test_the_rows_of_a_large_market_are_kept_once_and_small():
    """Two copies of them, or numbers of 64 bits, would be gigabytes."""
    market = Market.from_json(recipe.draw(60, 300, county="01", seed=1).market())
    problem = problem_of(market, *drawn(*placeable(market), market, seed=0))
    capacity, _ = Relaxation(problem, Control()).capacity
    rows = problem.packing.matrix
    assert np.shares_memory(capacity.indices, rows.indices) and np.shares_memory(capacity.data, rows.data)
    assert rows.indices.dtype == np.int32 and rows.data.dtype == np.int16
    places = places_of(Relaxation(problem, Control()))
    assert {place.rows.indices.dtype for place in places} == {np.dtype(np.int32)}


@pytest.mark.parametrize(("gap", "slack", "proven"), [(0, [[0, 0], [0, 0]], True), (1, [[2, 0], [1, 1]], False)])
def test_what_has_come_apart_is_worth_all_that_it_can_be_only_where_it_was_settled(gap, slack, proven):
    """Needs 0 and 1 compete for place 0, needs 2 and 3 for place 1; a need that is left out by now had held them
    together. By two goals they are worth 2 and 0, 1 and 1, 1 and 1, 2 and 0. Where the first is left open, need 3 may
    make up for what need 1 loses by it, and need 1 gain by the second."""
    problem = Problem(
        need=ints(0, 1, 2, 3), place=ints(0, 0, 1, 1), first=ints(700, 700, 700, 700), last=ints(701, 701, 701, 701),
        weekdays=ints(127, 127, 127, 127), amount=ints(1, 1, 1, 1), fixed=np.zeros(4, dtype=bool), limit=ints(1, 1),
        goals=[Total(ints(2, 1, 1, 2)), Total(ints(0, 1, 1, 0)), Total(ints(0, 9, 0, 9))],
    )  # fmt: skip
    before = replace(Settled.nothing(problem), value=[ints(3), ints(1)], gap=[ints(gap), ints(0)])
    search = _Search(problem, ["a", "b", "c"], EFFORTS["normal"], 0, Control())
    stage = _Stage(search, reduced(problem, problem.goals), ints(0, 2), before, 0)
    kept = [part._known.kept for part in stage._parts]
    assert [[each.slack for each in one] for one in kept] == slack
    assert [one[1].proven for one in kept] == [proven, proven]
