"""A stronger bound where what a place holds is a few large things of many: whole patterns of a place are the columns.

A *pattern* is a set of columns that one place can hold together. In the linear programme over patterns (Dantzig and
Wolfe 1960) no place is ever filled in fractions of what fits, so its value is nearer to that of whole plans than any
programme over single columns. Patterns that would pay are found place by place, each a small exact problem for CP-SAT
(Gilmore and Gomory 1961), at prices in a box around the best known ones (Marsten, Hogan and Blankenship 1975) and
smoothed towards them (Wentges 1997). Any prices at all prove a bound: what the needs pay, and what each place can earn
at most (Lagrange; Geoffrion 1974). That takes long for a few places, so prices are judged by what little work finds for
them, and only the best ones are proven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from matching.capacity import Ints
from matching.goals import Total
from matching.solver.bound import Bound, Relaxation, at_most
from matching.solver.effort import CORES
from matching.solver.fixing import Fixing
from matching.solver.linear import Basis, best_fractional
from matching.solver.pattern import Earned, Pattern, best_patterns, held_by, places_of
from matching.solver.plans import Plans
from matching.solver.prices import Box, Prices
from matching.solver.problem import Control
from matching.solver.programme import Programme
from matching.table import Bools, Floats, grouped

_SMOOTH = 0.3  # how much of the best prices known is kept
_BOX = 0.02  # how far prices may go from them, times how wide the box is: of each, and of what a column is worth
_SAME = 1e-5  # of the programme's value: a change that tells nothing
_SETTLING = 15  # new patterns in a round below which the programme's own prices count for more
_ANYWAY = 0.4  # of the places are asked in every round
_TOGETHER = 32  # places asked before it is seen whether the others matter, whatever the cores
_CALL, _PER_PATTERN = 1e-3, 2e-4  # work of asking one place, and of one pattern in the linear programme
_LEAST, _MOST = 0.05, 1.0  # work for one place, to see what it may earn and to prove it
_PROOFS = 6  # of the best prices, while the work lasts


class Decomposition:
    """The programme over patterns for one goal, with goals settled before it as rows; it grows with every round."""

    def __init__(self, relaxation: Relaxation, goal: Total, patterns: Iterable[Pattern], control: Control):
        self._relaxation = relaxation
        self._goal = goal
        self._problem = relaxation.problem
        self._gain = goal.points.astype(np.float64)
        self._kept = list(relaxation.kept)
        self._must = relaxation.must.copy()
        self._control = control
        self._programme = Programme(self._problem, self._gain, self._kept, self._must, control)
        self._places = places_of(relaxation)
        self._alive = relaxation.alive | self._problem.fixed
        self._patterns = dict.fromkeys(one for one in patterns if self._alive[list(one)].all())
        self._worth = self._gain
        self._basis = Basis()
        self._centre: Bound | None = None  # the best that prices of patterns alone have proven
        self._surprise = np.full(len(self._places), np.inf)  # of each place: what it earned beyond its known patterns
        self._took = np.zeros(len(self._places))  # work on each place when it was asked last
        self._answered: dict[int, Earned] = {}  # what places earn at those prices
        self.spent = 0.0  # work on asking and on the programme over patterns
        self.settled = False  # whether no pattern is known to be missing, so that the bound is that of the programme

    @property
    def patterns(self) -> list[Pattern]:
        """All patterns found, for the next goal to begin with."""
        return list(self._patterns)

    def placing(self, needs: Bools) -> Decomposition:
        """The same for plans that place these needs and no others, with what is left of all patterns found."""
        relaxation = self._relaxation.placing(needs)
        left = [tuple(column for column in one if relaxation.alive[column]) for one in self._patterns]
        return Decomposition(relaxation, self._goal, filter(None, left), self._control)

    def add(self, plan: Ints) -> None:
        """Everything that a plan puts at one place is a pattern."""
        for at in grouped(self._problem.place[plan]):
            self._new(plan[at])

    def _new(self, pattern: Ints) -> bool:
        key = tuple(np.sort(pattern).tolist())
        fresh = len(key) > 0 and key not in self._patterns and bool(self._alive[pattern].all())
        if fresh:
            self._patterns[key] = None
        return fresh

    def _learned(self, earned: Earned) -> bool:
        """Whether the best that was found is new; the next best ones tell nothing of how settled the prices are."""
        new = [self._new(pattern) for pattern in earned.patterns]
        return bool(new and new[0])

    def proven(self, start: Bound) -> tuple[Bound, float]:
        """The bound that the prices of ``start`` prove, and the work of asking every place once."""
        found, _ = self._proof(Prices(start.need_price, start.kept_price), start.x, {})
        known = replace(start, reduced=np.minimum(start.reduced, 0))
        return min(known, found, key=lambda bound: bound.limit), self.spent

    def bound(self, start: Bound, work: float, going: Callable[[Bound], bool]) -> Bound:
        """Improve on the bound ``start`` within so much work; after each proof ``going`` says whether to go on.

        Where no plan that keeps the settled goals has been added, the first rounds seek one. From round to round prices
        are judged by what is found for them, which takes little work; now and then, and at last, the best are proven.
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
                self.settled = near and not bent
                if self.settled or self.spent >= work or not going(best):
                    break
                then = self.spent + each
            box.learn(before, after, value, fresh, bent)
            last = value
        return best

    def plans(self, plan: Ints) -> Plans:
        """What makes plans of the patterns found and of those of ``plan``, from there."""
        self.add(plan)
        limit = self._centre.limit if self._centre else np.inf
        return Plans(self._programme, self.patterns, self._worth, limit, plan)

    def fixing(self) -> Fixing | None:
        """What the best prices of patterns that were proven rule out; ``None`` where none were, in time."""
        if self._centre is None or not np.isfinite(self._centre.limit):
            return None
        earned = [self._answered[nth].limit for nth in range(len(self._places))]
        return Fixing(self._centre.limit, self._worth, self._places, earned, self.patterns, self._control)

    def _priced(self, price: Prices) -> tuple[Floats, float]:
        """What each column is worth at these prices, and what all of them prove beside what the places earn."""
        worth = self._gain - price.need[self._problem.need]
        least = np.array([kept.value - kept.slack for kept in self._kept], dtype=np.float64)
        for kept, each in zip(self._kept, price.kept.tolist(), strict=True):
            worth += each * kept.points
        return worth, at_most(price.need, -price.kept * least)

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
        limit += at_most(np.array([earned.limit for earned in answered.values()]))
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
        columns, owner, rows = self._programme.rows(list(self._patterns))
        gain = np.bincount(owner, weights=self._gain[columns], minlength=len(self._patterns)).astype(float)
        needs, kept = self._problem.needs, len(self._kept)
        at = np.concatenate([centre.need, centre.kept])
        usual = gain.sum() / len(columns) / np.array([1.0] * needs + [_mean(goal.points) for goal in self._kept])
        reach = wide * _BOX * (np.abs(at) + usual)
        least = np.where(np.append(self._must, np.zeros(kept, dtype=bool)), at - reach, np.maximum(at - reach, 0))
        # what breaks a row costs the highest price in the box, what a row has left earns the lowest
        unit = np.array([1.0] * needs + [float(goal.points.max(initial=1)) * needs for goal in self._kept])
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
        return x, Prices(need, np.maximum(price[len(price) - kept :], 0)), float((gains * share).sum()), bent


def _mean(points: Ints) -> float:
    """Of the columns that count."""
    counts = points[points > 0]
    return float(counts.mean()) if len(counts) else 1.0
