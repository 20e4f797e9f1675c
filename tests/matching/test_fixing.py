"""What no plan so good can use: as by forcing each column, of one place and of a whole market."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from ortools.sat.python import cp_model

from matching.goals import Total
from matching.solver import Control, Problem, pattern, reduction, search, solve
from matching.solver import part as parts
from matching.solver.bound import Bound, Relaxation
from matching.solver.decomposition import Decomposition
from matching.solver.effort import EFFORTS
from matching.solver.fixing import Fixing
from matching.solver.greedy import first_plan
from matching.solver.model import Model
from matching.solver.pattern import Place, witnesses
from matching.solver.problem import quietly
from tests.matching.test_decomposition import best, best_if_any, crowded

SEEDS = range(6)
EACH = np.arange(90)  # columns of a crowded market


def place_of(seed: int) -> tuple[Place, np.ndarray]:
    """Ten columns of seven needs in four moments of one place that holds a few of them; what each is worth."""
    draw = np.random.default_rng(seed)
    need = np.sort(np.concatenate([np.arange(7), draw.integers(0, 7, 3)]))
    rows = draw.integers(1, 5, 10) * (draw.random((4, 10)) < 0.6)
    fixed = (np.arange(10) == 0) & (seed % 3 == 0)
    place = Place(np.arange(10) * 3, need, fixed, sp.csc_array(rows), np.full(4, 6))
    worth = np.zeros(30)
    worth[place.columns] = draw.normal(3.0, 3.0, 10)
    return place, worth


def every_set(place: Place) -> list[np.ndarray]:
    """All that the place can hold together, as positions of its columns."""
    found = []
    for bits in product((0, 1), repeat=len(place.columns)):
        x = np.array(bits)
        once = np.bincount(place.need, weights=x).max() <= 1
        if once and (x >= place.fixed).all() and (place.rows @ x <= place.limit).all():
            found.append(np.flatnonzero(x))
    return found


@pytest.mark.parametrize("gap", [0.0, 1.5, 4.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_says_of_each_column_whether_it_can_earn_so_much_with_it(seed, gap):
    """As by looking at all that it can hold; what it shows as proof can be held, and earns as much. Of what it is not
    asked about, and of what is fixed, it says nothing."""
    place, worth = place_of(seed)
    mine, sets = worth[place.columns], every_set(place)
    least = max(mine[held].sum() for held in sets) - gap
    good = {tuple(place.columns[held].tolist()) for held in sets if mine[held].sum() >= least - 1e-9}
    held = np.isin(place.columns, [column for one in good for column in one])
    for asked in (np.ones(10, dtype=bool), np.arange(10) % 2 == 0):
        found, beyond = witnesses(place, worth, least - 1e-6, asked, 10.0, Control())
        assert set(found) <= good
        assert beyond.tolist() == place.columns[asked & ~held & ~place.fixed].tolist()


EVERY = np.ones(10, dtype=bool)


def answer(status, solution=()):
    return SimpleNamespace(status=status, solution=solution, deterministic_time=0.01)


@pytest.mark.parametrize(
    "then", [answer(cp_model.FEASIBLE, [0] * 10), answer(cp_model.UNKNOWN)], ids=["nothing new", "nothing"]
)
def test_a_place_that_is_not_asked_to_the_end_rules_out_nothing(then, monkeypatch):
    """Its work ends while it looks for a second set."""
    place, worth = place_of(1)
    answers = iter([answer(cp_model.FEASIBLE, [0, 1] + [0] * 8), then])
    monkeypatch.setattr(pattern, "_solved", lambda model, work: next(answers))
    found, beyond = witnesses(place, worth, 0.0, EVERY, 10.0, Control())
    assert found == [(3,)]
    assert beyond.tolist() == []


def test_questions_to_a_place_end_with_its_work_and_with_the_time():
    place, worth = place_of(1)
    for work, control in ((0.0, Control()), (10.0, Control(stop=lambda: True))):
        found, beyond = witnesses(place, worth, 0.0, EVERY, work, control)
        assert (found, beyond.tolist()) == ([], [])


def test_a_gap_may_be_as_wide_as_the_largest_numbers_of_a_market():
    """A thousand million of priority for each of a hundred seats, at a place whose columns are worth next to nothing:
    every column that can be held is in some set."""
    place, _ = place_of(1)
    _, beyond = witnesses(place, np.zeros(30), -1e11, EVERY, 10.0, Control())
    held = np.concatenate(every_set(place))
    assert beyond.tolist() == np.delete(place.columns, np.unique(held)).tolist()


def fixing_of(problem: Problem, k: int, kept: list[tuple[Total, int, int]]) -> tuple[Bound, Fixing]:
    """The bound that patterns prove for goal k, and what its prices rule out; goals kept, their values and slack."""
    goal, relaxation = problem.goals[k], Relaxation(problem, Control())
    start = first_plan(problem, Control())
    for settled, value, slack in kept:
        model = Model(problem, 0)
        start = model.maximise(settled, start, value, 60.0, Control(), quietly).chosen
        relaxation.keep(settled, value, slack)
    alone = relaxation.bound(goal.points, EACH, 9, 0.0, lambda bound: True, lambda bound: False)
    patterns = Decomposition(relaxation, goal, (), Control())
    patterns.add(start)
    bound = patterns.bound(patterns.proven(alone)[0], 50.0, lambda bound: True)
    fixing = patterns.fixing()
    assert fixing is not None
    return bound, fixing


def test_where_no_place_was_asked_in_time_nothing_is_ruled_out():
    problem = crowded(1)
    relaxation = Relaxation(problem, Control())
    goal, every = problem.goals[0], np.arange(90)
    alone = relaxation.bound(goal.points, every, 1, 0.0, lambda bound: False, lambda bound: False)
    patterns = Decomposition(relaxation, goal, (), Control(stop=lambda: True))
    assert patterns.fixing() is None
    patterns.proven(alone)
    assert patterns.fixing() is None


def with_it(problem: Problem, column: int, k: int, kept: list[tuple[Total, int]]) -> int:
    """The most that goal k can be worth with the column in the plan; -1 where no plan that keeps the rest has it."""
    most = best_if_any(replace(problem, fixed=problem.fixed | (column == EACH)), k, kept)
    return -1 if most is None else most


@pytest.mark.parametrize(("seed", "slack"), [*((seed, None) for seed in range(6)), (1, 0), (2, 0), (3, 3), (4, 3)])
def test_what_is_ruled_out_is_in_no_plan_that_is_worth_as_much(seed, slack):
    """For plans as good as the best, and for plans up to four worse, whichever is asked first: of the first goal, and
    of the second beside the first, with and without slack."""
    problem = crowded(seed, fixed=seed % 2)
    k, kept, loose = 0, [], []
    if slack is not None:
        value = best(problem, 0, [])
        k, kept, loose = 1, [(problem.goals[0], value, slack)], [(problem.goals[0], value - slack)]
    bound, fixing = fixing_of(problem, k, kept)
    most = best(problem, k, loose)
    values: dict[int, int] = {}
    for worse in (0, 4, 1):
        sharp = fixing.sharpened(bound, most - worse, EACH)
        assert (sharp.reduced <= bound.reduced).all()
        for column in np.flatnonzero((sharp.reduced < -sharp.gap(most - worse)) & ~problem.fixed).tolist():
            if column not in values:
                values[column] = with_it(problem, column, k, loose)
            assert values[column] < most - worse


def test_more_is_ruled_out_than_by_reduced_costs_alone():
    """Over all seeds: at least half as much again; and only of what was asked about."""
    ruled = []
    for seed in SEEDS:
        problem = crowded(seed)
        bound, fixing = fixing_of(problem, 0, [])
        most = best(problem, 0, [])
        half = fixing.sharpened(bound, most, EACH[::2])
        assert (half.reduced == bound.reduced)[1::2].all()
        sharp = fixing.sharpened(bound, most, EACH)
        assert (half.reduced == sharp.reduced)[::2].all()
        ruled.append([np.count_nonzero(each.reduced < -each.gap(most)) for each in (bound, sharp)])
    before, after = np.sum(ruled, axis=0)
    assert after >= 1.5 * before


def two_ways(seed: int) -> Problem:
    """Three goals, the first two of needs only, on a crowded market where every column comes in two weeks."""
    one, draw = crowded(seed, fixed=seed % 2), np.random.default_rng(seed)
    twice, later = np.repeat(EACH, 2), np.tile([0, 7], 90)
    return replace(
        one, need=one.need[twice], place=one.place[twice], first=one.first[twice] + later,
        last=one.last[twice] + later, weekdays=one.weekdays[twice], amount=one.amount[twice],
        fixed=one.fixed[twice] & (later == 0), goals=[
            one.goals[0].over(twice), Total(draw.integers(1, 9, 30)[one.need][twice]),
            Total(draw.integers(0, 50, 180)),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_all_goals_are_as_good_as_can_be_when_much_is_ruled_out_before_them(seed, monkeypatch):
    """None of them is small enough to be proven at once. Each as good as CP-SAT proves it over the whole market."""
    monkeypatch.setattr(parts, "_FEW", 0)
    problem = two_ways(seed)
    answer = solve(problem, ["a", "b", "c"], "normal", 0, Control())
    kept: list[tuple[Total, int]] = []
    for k, goal in enumerate(problem.goals):
        kept.append((goal, best(problem, k, kept)))
    assert answer.values == [value for _, value in kept] == answer.bounds


def beside(one: Problem, other: Problem) -> Problem:
    """Two markets that share nothing."""
    both = [np.concatenate(pair) for pair in zip(arrays(one), arrays(other), strict=True)]
    both[0][len(one.need) :] += one.needs
    both[1][len(one.need) :] += len(one.limit)
    points = zip(one.goals, other.goals, strict=True)
    return Problem(*both, goals=[Total(np.concatenate([a.points, b.points])) for a, b in points])


def arrays(problem: Problem) -> list[np.ndarray]:
    return [
        problem.need, problem.place, problem.first, problem.last, problem.weekdays, problem.amount, problem.fixed,
        problem.limit,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_limits_hold_where_goals_are_left_open_and_much_is_ruled_out_all_the_same(seed, monkeypatch):
    """With next to no work, on two markets side by side, of which one may be worth more and the other less: no plan
    that is worth as much by the goals before passes the limit of a goal."""
    monkeypatch.setattr(parts, "_FEW", 0)
    little = replace(EFFORTS["normal"], work=1e-3, nodes=0, rounds=2, neighbourhoods=0)
    monkeypatch.setitem(EFFORTS, "normal", little)
    problem = beside(two_ways(seed), two_ways(seed + 20))
    answer = solve(problem, ["a", "b", "c"], "normal", 0, Control())
    kept: list[tuple[Total, int]] = []
    for k, (goal, value, bound) in enumerate(zip(problem.goals, answer.values, answer.bounds, strict=True)):
        assert value <= best(problem, k, kept) <= bound
        kept.append((goal, value))


def test_what_is_ruled_out_is_no_longer_there_for_the_goals_after(monkeypatch):
    """Over all seeds a quarter of the columns are gone before the third goal; which needs are placed is asked before
    it alone."""
    monkeypatch.setattr(parts, "_FEW", 0)
    sizes, asked = [], []
    begun, decided = search._Stage.__init__, parts.Part.decided
    monkeypatch.setattr(
        search._Stage,
        "__init__",
        lambda stage, *given: begun(stage, *given) or sizes.append(sum(map(len, stage._groups))),
    )
    monkeypatch.setattr(parts.Part, "decided", lambda *given: asked.append(len(sizes) % 2) or decided(*given))
    every = 0
    for seed in SEEDS:
        problem = two_ways(seed)
        solve(problem, ["a", "b", "c"], "normal", 0, Control())
        every += sum(map(len, reduction.parts(problem, reduction.reduced(problem, problem.goals).kept)[1]))
    assert len(sizes) == 2 * len(SEEDS)
    assert sum(sizes[1::2]) < 3 / 4 * every
    assert set(asked) == {1}
