"""Inside the solver: whatever is tried on the way, the plan at hand keeps every row."""

from dataclasses import replace

import numpy as np

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
