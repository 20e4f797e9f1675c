"""A stronger bound where what a place holds is a few large things of many: whole patterns of a place are the columns.

A *pattern* is a set of columns that one place can hold together. In the linear programme over patterns (Dantzig and
Wolfe 1960) no place is ever filled in fractions of what fits, so its value is nearer to that of whole plans than any
programme over single columns. Patterns that would pay are found place by place, each a small exact problem for CP-SAT
(Gilmore and Gomory 1961), at prices in a box around the best known ones (Marsten, Hogan and Blankenship 1975) and
smoothed towards them (Wentges 1997). Any prices at all prove a bound: what the needs pay, and what each place can earn
at most (Lagrange; Geoffrion 1974). That takes long for a few places, so prices are judged by what little work finds for
them, and only the best ones are proven. Plans come from diving: patterns that are nearly whole are taken, what they
hold is struck from the others, and the rest is solved exactly once it is small (Sadykov, Vanderbeck, Pessoa, Tahiri and
Uchoa 2019). Then the best of all patterns are chosen, or those of some places anew beside the rest of the plan, exactly
and together, again and again (large neighbourhoods: Shaw 1998; over the columns of such a programme: Danna and Le Pape
2005).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from matching.capacity import Ints
from matching.goals import Total
from matching.solver.bound import Bound, Relaxation
from matching.solver.choice import Choice
from matching.solver.effort import CORES
from matching.solver.fixing import Fixing
from matching.solver.greedy import nth_of
from matching.solver.linear import Basis, Rows, best_fractional
from matching.solver.pattern import Earned, Pattern, best_patterns, held_by, places_of
from matching.solver.prices import Box, Prices
from matching.solver.problem import Control
from matching.table import Bools, Floats

_SHARES = 2  # of the places whose patterns are chosen anew at a time, whatever the cores
_SMOOTH = 0.3  # how much of the best prices known is kept
_BOX = 0.02  # how far prices may go from them, times how wide the box is: of each, and of what a column is worth
_SAME = 1e-5  # of the programme's value: a change that tells nothing
_SETTLING = 15  # new patterns in a round below which the programme's own prices count for more
_NEAREST = 4_000  # patterns that plans are made of
_DIVED, _LEFT = 2_000, 700  # those that a dive begins with, and that it leaves to HiGHS
_WHOLE = 0.8  # of a pattern that is taken in a dive
_SHARE = 0.08  # of the places that are settled at a time
_ANYWAY = 0.4  # of the places are asked in every round
_TOGETHER = 32  # places asked before it is seen whether the others matter, whatever the cores
_CALL, _PER_PATTERN = 1e-3, 2e-4  # work of asking one place, and of one pattern in the linear programme
_LEAST, _MOST = 0.05, 1.0  # work for one place, to see what it may earn and to prove it
_PROOFS = 6  # of the best prices, while the work lasts


class Decomposition:
    """The programme over patterns for one goal, with goals settled before it as rows; it grows with every round."""

    def __init__(self, relaxation: Relaxation, goal: Total, patterns: Iterable[Pattern], control: Control):
        self._problem = relaxation.problem
        self._gain = goal.points.astype(np.float64)
        self._kept = list(relaxation.kept)
        self._must = relaxation.must.copy()
        self._control = control
        self._choice = Choice(self._problem, self._gain, self._kept, self._must, control)
        self._places = places_of(relaxation)
        alive = relaxation.alive | self._problem.fixed
        self._patterns = dict.fromkeys(one for one in patterns if alive[list(one)].all())
        self._worth = self._gain
        self._basis = Basis()
        self._centre: Bound | None = None  # the best that prices of patterns alone have proven
        self._surprise = np.full(len(self._places), np.inf)  # of each place: what it earned beyond its known patterns
        self._took = np.zeros(len(self._places))  # work on each place when it was asked last
        self._answered: dict[int, Earned] = {}  # what places earn at those prices
        self.spent = 0.0  # work on asking and on the programme over patterns

    @property
    def patterns(self) -> list[Pattern]:
        """All patterns found, for the next goal to begin with."""
        return list(self._patterns)

    def add(self, plan: Ints) -> None:
        """Everything that a plan puts at one place is a pattern."""
        place = self._problem.place[plan]
        plan = plan[np.argsort(place, kind="stable")]
        for pattern in np.split(plan, np.flatnonzero(np.diff(np.sort(place))) + 1):
            self._new(pattern)

    def _new(self, pattern: Ints) -> bool:
        key = tuple(np.sort(pattern).tolist())
        fresh = len(key) > 0 and key not in self._patterns
        if fresh:
            self._patterns[key] = None
        return fresh

    def _learned(self, earned: Earned) -> bool:
        """Whether the best that was found is new; the next best ones tell nothing of how settled the prices are."""
        new = [self._new(pattern) for pattern in earned.patterns]
        return bool(new and new[0])

    # ---- the bound -------------------------------------------------------------------------------------------------

    def proven(self, start: Bound) -> tuple[Bound, float]:
        """The bound that the prices of ``start`` prove, and the work of asking every place once."""
        found, _ = self._proof(Prices(start.need_price, start.kept_price), start.x, {})
        known = replace(start, reduced=np.minimum(start.reduced, 0))
        return min(known, found, key=lambda bound: bound.limit), self.spent

    def bound(self, start: Bound, work: float, going: Callable[[Bound], bool]) -> Bound:
        """Improve on the bound ``start`` within so much work; after each proof ``going`` says whether to go on.

        A plan that keeps the settled goals must have been added. From round to round prices are judged by what is
        found for them, which takes little work; now and then, and at last, the best ones are proven.
        """
        best, box, fresh, last = start, Box(), _SETTLING, np.inf
        centre = Prices((self._centre or start).need_price, (self._centre or start).kept_price)
        answered = dict(self._answered)
        each, work = work / _PROOFS, self.spent + work
        then = self.spent + each
        while not self._control.over():
            solved = self._fractional(centre, box.wide)
            if solved is None:
                break
            x, price, value, bent = solved
            # smoothed prices that taught the programme nothing would not the next time either
            share = _SMOOTH * min(1.0, fresh / _SETTLING) if abs(value - last) > _SAME * abs(value) else 0.0
            before = self._level(centre)
            for tried in (centre.between(price, share), price) if share else (price,):
                after, fresh, found_there = self._asked(tried, before)
                if fresh:
                    break
            if after < before or not fresh:
                centre, answered = tried, found_there
            self.spent += _PER_PATTERN * len(self._patterns)
            best = replace(best, x=x)
            if not fresh or self.spent >= min(then, work):
                found, new = self._proof(centre, x, answered)
                fresh += new
                best = min(best, found, key=lambda bound: bound.limit)
                near = not fresh or best.limit - value < _SAME * abs(value) or np.floor(best.limit) <= value
                if (near and not bent) or self.spent >= work or not going(best):
                    break
                then = self.spent + each
            box.learn(before, after, value, fresh, bent)
            last = value
        return best

    def fixing(self) -> Fixing | None:
        """What the best prices of patterns that were proven rule out; ``None`` where none were, in time."""
        if self._centre is None or not np.isfinite(self._centre.limit):
            return None
        earned = [self._answered[nth].limit for nth in range(len(self._places))]
        return Fixing(self._centre.limit, self._worth, self._places, earned, self.patterns, self._control)

    def _priced(self, price: Prices) -> tuple[Floats, float]:
        """What each column is worth at these prices, and what all of them prove beside what the places earn."""
        worth = self._gain - price.need[self._problem.need]
        base = float(price.need.sum())
        for kept, each in zip(self._kept, price.kept.tolist(), strict=True):
            worth += each * kept.points
            base -= each * (kept.value - kept.slack)
        return worth, base

    def _level(self, price: Prices) -> float:
        """What these prices would prove if no place could earn more than by its known patterns."""
        worth, base = self._priced(price)
        return base + float(self._earned(worth)[0].sum())

    def _asked(self, price: Prices, least: float) -> tuple[float, int, dict[int, Earned]]:
        """What these prices would prove if every place earned what is found for it; how many would hold something new;
        what was found.

        Those that surprised most the last times are asked first, and none for long. Once a good share is asked, some
        place would hold something new and no less than ``least`` would be proven, the others are left.
        """
        worth, base = self._priced(price)
        known, best = self._earned(worth)
        level, order, fresh = base + float(known.sum()), np.argsort(-self._surprise, kind="stable"), 0
        anyway, answered = (1 - _ANYWAY) * len(order), dict[int, Earned]()
        while len(order) and (len(order) > anyway or not fresh or level < least):
            some, order = order[:_TOGETHER], order[_TOGETHER:]
            for nth, earned in self._answers(some, worth, best, _LEAST):
                answered[nth] = earned
                fresh += self._learned(earned)
                beyond = max(0.0, earned.value - known[nth])
                level += beyond
                self._surprise[nth] = beyond if self._surprise[nth] == np.inf else self._surprise[nth] / 2 + beyond
        return level, fresh, answered

    def _proof(self, price: Prices, x: Floats, answered: dict[int, Earned]) -> tuple[Bound, int]:
        """The bound that these prices prove, every place asked for as long as it takes; how many hold something new.

        What is ``answered`` at these prices and settled is not asked again; what is found is added to it.
        """
        worth, limit = self._priced(price)
        _, best = self._earned(worth)
        fresh = 0
        open_ = [nth for nth in range(len(self._places)) if nth not in answered or not answered[nth].settled]
        for nth, earned in self._answers(np.array(open_, dtype=np.int64), worth, best, _MOST):
            answered[nth] = earned
            fresh += self._learned(earned)
        limit += sum(earned.limit for earned in answered.values())
        # a place that must hold this column earns at most so much more
        bound = Bound(limit, np.minimum(worth, 0.0), price.need, price.kept, x)
        if self._centre is None or limit < self._centre.limit:
            self._centre, self._worth, self._answered = bound, worth, dict(answered)
        return bound, fresh

    def _answers(self, places: Ints, worth: Floats, best: list[Pattern], most: float) -> list[tuple[int, Earned]]:
        """What these places earn, each asked with at most so much work."""
        order = places[np.argsort(-self._took[places], kind="stable")]  # so that no core waits long for the other one

        def ask(nth: int) -> Earned:
            return best_patterns(self._places[nth], worth, best[nth], most, self._control)

        with ThreadPoolExecutor(CORES) as pool:
            found = list(zip(order.tolist(), pool.map(ask, order.tolist()), strict=True))
        for nth, earned in found:
            self._took[nth] = earned.work
            self.spent += earned.work + _CALL
        return found

    def _earned(self, worth: Floats) -> tuple[Floats, list[Pattern]]:
        """What each place earns by the best of its known patterns, or by none, when columns are worth that; which."""
        patterns, places = [(), *self.patterns], [self._problem.place[place.columns[0]] for place in self._places]
        columns, owner = held_by(patterns)
        earned = np.bincount(owner, weights=worth[columns], minlength=len(patterns))
        at = self._problem.place[[one[0] for one in patterns[1:]]]
        most, which = np.zeros(len(self._problem.limit)), np.zeros(len(self._problem.limit), dtype=np.int64)
        most[self._problem.place[self._problem.fixed]] = worth.min()
        np.maximum.at(most, at, earned[1:])
        best = np.flatnonzero(earned[1:] == most[at])
        which[at[best]] = best + 1
        return most[places], [patterns[nth] for nth in which[places]]

    def _fractional(self, centre: Prices, wide: float) -> tuple[Floats, Prices, float, bool] | None:
        """The best fractional choice of patterns at prices in a box around the centre: x by columns, prices, value, and
        whether the box holds the prices back."""
        columns, owner, rows = self._programme(list(self._patterns))
        gain = np.bincount(owner, weights=self._gain[columns], minlength=len(self._patterns)).astype(float)
        needs, kept = self._problem.needs, len(self._kept)
        at = np.concatenate([centre.need, centre.kept])
        usual = gain.sum() / len(columns) / np.array([1.0] * needs + [_mean(goal.points) for goal in self._kept])
        reach = wide * _BOX * (np.abs(at) + usual)
        least = np.where(np.append(self._must, np.zeros(kept, dtype=bool)), at - reach, np.maximum(at - reach, 0))
        # what breaks a row costs the highest price in the box, what a row has left earns the lowest
        unit = np.array([1.0] * needs + [goal.points.max(initial=1.0) * needs for goal in self._kept])
        priced = np.concatenate([np.arange(needs), len(rows.limit) - kept + np.arange(kept)])
        bends = len(priced) * 2
        box = sp.csr_array(
            (np.concatenate([-unit, unit]), (np.tile(priced, 2), np.arange(bends))), shape=(len(rows.limit), bends)
        )
        ends = np.cumsum([block.shape[0] for block in rows.blocks])
        blocks = tuple(
            sp.csr_array(sp.hstack([box[end - block.shape[0] : end], block], format="csr"))
            for end, block in zip(ends, rows.blocks, strict=True)
        )
        gains = np.concatenate([-unit * (at + reach), unit * least, gain])
        every, none = np.arange(len(gains)), np.zeros(len(gains), dtype=bool)
        solution = best_fractional(replace(rows, blocks=blocks), gains, every, none, self._control, self._basis)
        if solution is None:
            return None
        share, price = solution.x, solution.price
        x = np.zeros(len(self._gain))
        np.add.at(x, columns, share[bends:][owner])
        need = np.where(self._must, price[:needs], np.maximum(price[:needs], 0))
        bent = bool((share[:bends] > 1e-9)[np.append(np.ones(len(at), dtype=bool), least != 0)].any())
        return x, Prices(need, np.maximum(price[len(price) - kept :], 0)), float(gains @ share), bent

    def _programme(self, patterns: list[Pattern]) -> tuple[Ints, Ints, Rows]:
        """Rows over patterns: needs, places, kept goals; and the columns with the pattern that holds each."""
        needs, places = self._problem.needs, len(self._problem.limit)
        columns, owner = held_by(patterns)
        at = self._problem.place[[one[0] for one in patterns]]
        entries = np.ones(len(columns) + len(patterns))
        row = np.concatenate([self._problem.need[columns], needs + at])
        column = np.concatenate([owner, np.arange(len(patterns))])
        blocks = [sp.csr_array((entries, (row, column)), shape=(needs + places, len(patterns)))]
        limit = [np.ones(needs + places)]
        for kept in self._kept:
            worth = np.bincount(owner, weights=kept.points[columns], minlength=len(patterns))
            blocks.append(sp.csr_array(-worth[None, :]))
            limit.append(np.array([kept.slack - float(kept.value)]))
        limits = np.concatenate(limit)
        equal = np.zeros(len(limits), dtype=bool)
        equal[:needs] = self._must
        return columns, owner, Rows(tuple(blocks), limits, equal)

    # ---- plans -----------------------------------------------------------------------------------------------------

    def dive(self, plan: Ints, nodes: int) -> Ints | None:
        """A plan from the patterns alone: nearly whole ones are taken, and what they hold is struck from the others,
        until the rest is small.

        ``None`` where goals are settled, or needs must be placed: a dive would lose something of them.
        """
        if self._kept or self._must.any():
            return None
        taken = np.flatnonzero(self._problem.fixed)
        placed = np.zeros(self._problem.needs, dtype=bool)
        placed[self._problem.need[taken]] = True
        closed = np.zeros(len(self._problem.limit), dtype=bool)
        basis = Basis()
        left = self._rest(dict(enumerate(self._nearest(plan, _DIVED, of_each=True))), placed, closed)
        while len(left) > _LEFT and not self._control.over():
            some = self._dived(left, basis)
            placed[self._problem.need[some]] = True
            closed[self._problem.place[some]] = True
            taken, left = np.concatenate([taken, some]), self._rest(left, placed, closed)
        found = self._choice.best(list(left.values()), taken, plan, nodes) if left else taken[:0]
        return None if found is None else np.sort(np.concatenate([taken, found]))

    def _dived(self, numbered_patterns: dict[int, Pattern], basis: Basis) -> Ints:
        """The columns of the patterns that are nearest to whole: at least a share of the places is settled.

        The programme begins where that of the dive before ended, whose patterns had the same numbers.
        """
        numbers, patterns = np.array(list(numbered_patterns)), list(numbered_patterns.values())
        columns, owner, rows = self._programme(patterns)
        packing, many = rows.blocks[0], int(numbers.max()) + 1
        packing = sp.csr_array((packing.data, numbers[packing.indices], packing.indptr), shape=(packing.shape[0], many))
        free = Rows((packing,), np.ones(packing.shape[0]), np.zeros(packing.shape[0], dtype=bool))
        gain = np.bincount(numbers[owner], weights=self._gain[columns], minlength=many).astype(float)
        solution = best_fractional(free, gain, numbers, np.zeros(many, dtype=bool), self._control, basis)
        share = (gain if solution is None else solution.x)[numbers]
        least = max(3, int(_SHARE * len({int(self._problem.place[one[0]]) for one in patterns})))
        settled: set[int] = set()
        placed = np.zeros(self._problem.needs, dtype=bool)
        taken: list[Ints] = []
        for nth in np.argsort(-share, kind="stable").tolist():
            if len(taken) >= least and share[nth] < _WHOLE:
                break
            pattern = np.array(patterns[nth])
            place, needs = int(self._problem.place[pattern[0]]), self._problem.need[pattern]
            if place not in settled and not placed[needs].any():
                settled.add(place)
                placed[needs] = True
                taken.append(pattern)
        return np.concatenate(taken)

    def recombined(self, plan: Ints, most: int, random: np.random.Generator, nodes: int) -> Ints:
        """The plan with the best patterns of some places, or of all, beside what it puts at the others.

        Places are drawn at random, until they have ``most`` patterns, then as many others: both are decided at the
        same time, with the needs that are placed nowhere shared out between them. It keeps the settled goals as the
        plan does.
        """
        problem, count = self._problem, len(self._problem.limit)
        self.add(plan)
        patterns = dict(enumerate(self._nearest(plan, _NEAREST)))
        size = np.bincount(problem.place[[one[0] for one in patterns.values()]], minlength=count)
        order = random.permutation(np.flatnonzero(size))
        share = np.full(count, _SHARES)
        share[order] = np.minimum((np.cumsum(size[order]) - size[order]) // most, _SHARES)
        shares = min(int(share[order].max()) + 1, _SHARES)
        of_need = random.integers(shares, size=problem.needs)
        of_need[problem.need[plan]] = share[problem.place[plan]]

        def anew(mine: int) -> Ints:
            here = share[problem.place[plan]] == mine
            taken = plan[~here | problem.fixed[plan]]
            elsewhere = of_need != mine
            elsewhere[problem.need[taken]] = True
            left = list(self._rest(patterns, elsewhere, share != mine).values())
            found = self._choice.best(left, taken, plan, nodes) if left else None
            return plan[here & ~problem.fixed[plan]] if found is None else found

        with ThreadPoolExecutor(CORES) as pool:
            found = list(pool.map(anew, range(shares)))
        stands = plan[(share[problem.place[plan]] >= shares) | problem.fixed[plan]]
        return np.sort(np.concatenate([stands, *found]))

    def _nearest(self, plan: Ints, count: int, of_each: bool = False) -> list[Pattern]:
        """The patterns of the plan, and those that earn least less than the best of their place: in no better plan does
        one earn less by more than the gap.

        ``of_each``: as many of each place, so that a dive has a choice everywhere; else whatever their places.
        """
        columns, owner = held_by(self.patterns)
        earned = np.bincount(owner, weights=self._worth[columns], minlength=len(self._patterns))
        place = self._problem.place[[one[0] for one in self._patterns]]
        most = np.full(len(self._problem.limit), -np.inf)
        np.maximum.at(most, place, earned)
        behind = most[place] - earned
        behind[np.bincount(owner, weights=~np.isin(columns, plan), minlength=len(behind)) == 0] = -1
        turn = np.zeros(len(behind), dtype=np.int64)
        if of_each:
            order = np.lexsort((behind, place))
            turn[order] = nth_of(place[order])
        patterns = self.patterns
        gap = self._centre.limit - float(self._gain[plan].sum()) if self._centre else np.inf
        turns = np.lexsort((behind, turn))
        return [patterns[nth] for nth in turns[behind[turns] <= gap][:count].tolist()]

    def _rest(self, patterns: dict[int, Pattern], placed: Bools, closed: Bools) -> dict[int, Pattern]:
        """What patterns of places that are not closed still hold, when these needs are placed elsewhere."""
        alive = ~(placed[self._problem.need] | closed[self._problem.place])
        first: dict[Pattern, int] = {}
        for number, one in patterns.items():
            first.setdefault(tuple(column for column in one if alive[column]), number)
        return {number: one for one, number in first.items() if one}


def _mean(points: Floats) -> float:
    """Of the columns that count."""
    counts = points[points > 0]
    return float(counts.mean()) if len(counts) else 1.0
