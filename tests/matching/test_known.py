"""What is known of every plan sought: what bounds rule out is ruled out only as far as others cannot make up for it."""

import numpy as np
import pytest

from matching.goals import SmallestShare, Total
from matching.solver.bound import Bound
from matching.solver.known import Kept, Known
from matching.solver.problem import Control, Problem


def three_ways() -> Problem:
    """One need and three places for it, worth 10, 8 and 3."""
    return Problem(
        need=np.zeros(3, dtype=np.int64), place=np.arange(3), first=np.full(3, 700), last=np.full(3, 700),
        weekdays=np.full(3, 127), amount=np.ones(3, dtype=np.int64), fixed=np.zeros(3, dtype=bool),
        limit=np.ones(3, dtype=np.int64), goals=[Total(np.array([10, 8, 3]))],
    )  # fmt: skip


@pytest.mark.parametrize(("slack", "unused"), [(0, [1, 2]), (2, [2]), (7, [])])
def test_a_column_is_ruled_out_only_if_it_loses_more_than_others_may_make_up_for(slack, unused):
    """Where the rest of the market may gain two points, this part may give two away: its second place stays."""
    problem = three_ways()
    known = Known(problem, 0, Control())
    reduced = problem.goals[0].points - 10.0  # at a price of 10 for the need, which proves 10
    assert len(known.relaxation.alive) == 3
    known.bounds.append(Bound(10.0, reduced, np.array([10.0]), np.zeros(0), np.array([1.0, 0.0, 0.0])))
    known.keep(Kept(problem.goals[0], 10, slack, proven=not slack), np.array([0]))
    assert np.flatnonzero(known.unused).tolist() == unused
    assert known.exact == (slack == 0)


@pytest.mark.parametrize(("value", "open_"), [(9, [0]), (7, [0, 1]), (0, [0, 1, 2])])
def test_open_is_what_a_better_plan_could_use_by_every_bound(value, open_):
    problem = three_ways()
    known = Known(problem, 0, Control())
    sharp = Bound(10.0, problem.goals[0].points - 10.0, np.array([10.0]), np.zeros(0), np.zeros(3))
    blunt = Bound(30.0, np.zeros(3), np.array([30.0]), np.zeros(0), np.zeros(3))
    known.bounds += [blunt, sharp]
    assert known.open(value).tolist() == open_


def test_needs_are_alike_that_count_the_same_in_all_that_is_kept():
    """Needs 0 and 1 are worth the same by both goals, of one agency; need 2 is another's, need 3 worth less."""
    four, one = np.arange(4), np.ones(4, dtype=np.int64)
    problem = Problem(
        need=four, place=four, first=7_000 * one, last=7_000 * one, weekdays=127 * one, amount=one, fixed=four < 0,
        limit=one, goals=[Total(np.array([5, 5, 5, 4])), SmallestShare(5 * one, np.array([0, 0, 1, 1]), 10 * one[:2])],
    )  # fmt: skip
    known = Known(problem, 0, Control())
    assert len(set(known.alike.tolist())) == 1
    for goal in problem.goals:
        known.keep(Kept(goal, goal.value(four), 0, True), four)
    zero, other, two, three = known.alike.tolist()
    assert zero == other and len({zero, two, three}) == 3


def many_needs(points: list[int], fixed: int = 0) -> Problem:
    """Each at a place of its own; the first ones fixed."""
    each = np.arange(len(points))
    one = np.ones(len(points), dtype=np.int64)
    return Problem(
        need=each, place=each, first=7_000 * one, last=7_000 * one, weekdays=127 * one, amount=one, fixed=each < fixed,
        limit=one, goals=[Total(np.array(points))],
    )  # fmt: skip


def told(known: Known) -> list[list[int]]:
    return sorted(np.flatnonzero(needs).tolist() for needs in known.sets())


@pytest.mark.parametrize(
    ("value", "slack", "proven", "fixed", "sets"),
    [
        (7, 0, True, 0, [[0, 1], [0, 2, 3]]),
        (7, 0, True, 2, [[0, 1]]),
        (9, 2, True, 0, [[0, 1], [0, 1, 2], [0, 1, 3], [0, 2, 3]]),
        (8, 0, False, 0, [[0, 1, 2], [0, 1, 2, 3], [0, 1, 3]]),
    ],
)
def test_the_sets_of_needs_that_may_be_placed_are_those_worth_what_is_kept(value, slack, proven, fixed, sets):
    """Of needs worth 4, 3, 1 and 2: as much as was reached, or less what others may make up for, and more only where
    that is not ruled out."""
    problem = many_needs([4, 3, 1, 2], fixed)
    known = Known(problem, 0, Control())
    known.keep(Kept(problem.goals[0], value, slack, proven), np.arange(fixed))
    assert told(known) == sorted(sets)


@pytest.mark.parametrize(("needs", "sets"), [(8, 8), (9, 0), (40, 0)])
def test_sets_of_needs_are_told_only_where_they_are_few(needs, sets):
    """All but one need may be placed, whichever it is."""
    known = Known(many_needs([1] * needs), 0, Control())
    known.keep(Kept(known.relaxation.problem.goals[0], needs - 1, 0, True), np.arange(needs - 1))
    assert len(known.sets()) == sets


@pytest.mark.parametrize(
    ("dead", "sets"),
    [
        ([], [[0], [0, 1], [1], [2]]),
        ([0], [[0, 1], [1], [2]]),
        ([1], [[0], [1], [2]]),
        ([2], [[0], [2]]),
        ([3], [[0], [0, 1], [2]]),
    ],
)
def test_a_need_counts_for_what_any_of_its_ways_may_be_worth(dead, sets):
    """A plan is worth 5: need 0 is worth 5 or 2, need 1 worth 3 or 7, which is as good as all between, need 2 worth 5;
    of two ways one may be ruled out."""
    need, one = np.array([0, 0, 1, 1, 2]), np.ones(5, dtype=np.int64)
    goal = Total(np.array([5, 2, 3, 7, 5]))
    problem = Problem(
        need=need, place=np.arange(5), first=7_000 * one, last=7_000 * one, weekdays=127 * one, amount=one,
        fixed=one < 0, limit=one, goals=[goal],
    )  # fmt: skip
    known = Known(problem, 0, Control())
    known.keep(Kept(goal, 5, 0, True), np.array([4]))
    known.relaxation.alive[dead] = False
    assert told(known) == sets
