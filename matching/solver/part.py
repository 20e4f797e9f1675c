"""One goal over one part of a problem: made as large as possible, proven or bounded, without loss for those before.

For a sum: the relaxation bounds it and prices every column; what could still be better lies among the columns that the
gap leaves alive, and where those are few they are searched to the end: by CP-SAT where the goal only asks which needs
are placed at many places, after patterns have told what must be and what cannot, else by HiGHS. Where most of the
fractional plan is split or much is left, whole patterns of each place bound it better and make better plans, and each
set of needs that may be placed is bounded apart where these are few. Neighbourhoods are searched anew before, so that
there are patterns to begin with, and after; of a place alone, before HiGHS is asked. CP-SAT takes what is small or is
no sum.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from matching.capacity import Ints
from matching.goals import Goal, Total
from matching.solver.backbone import backbone
from matching.solver.bound import Bound
from matching.solver.decomposition import Decomposition
from matching.solver.effort import CORES, HURRIED, Effort
from matching.solver.greedy import complete, polished, rounded
from matching.solver.known import Kept, Known
from matching.solver.model import Found
from matching.solver.neighbours import regions
from matching.solver.orders import in_two_orders
from matching.solver.pattern import Pattern
from matching.solver.problem import Control, Problem, Tell, quietly
from matching.solver.reduction import cares_for_needs_only
from matching.table import Bools

_CORE = 6  # columns of each need that the relaxation begins with
_NARROW, _WIDE = 1_000, 3_000  # columns of a neighbourhood
_AT_ONCE = 4  # neighbourhoods, whatever the cores: a plan must not depend on them
_WORK, _NODES = 0.3, 5  # of CP-SAT and of HiGHS in one neighbourhood
_MOMENT = 20  # nodes when patterns are chosen anew
_RECOMBINED, _OFTEN, _IN_VAIN = 1_200, 8, 3  # patterns chosen anew at once, how often, and how often in vain
_MORE = 1.4  # times as many after that
_LITTLE = 5e-5  # of the limit: who gains no more does so in vain
_IDLE = 2  # times without a gain before neighbourhoods are made wider
_ASKED = 15  # times what it takes to ask every place once, until patterns bound well
_RARELY = 8  # one neighbourhood of so many, where patterns have found what most of them would
_BEFORE = 16  # neighbourhoods at a time before patterns are asked for
_GAINED = 0.2  # of the gap: while they and the patterns they hold gain more, that is sooner than asking
_PLANS = 30  # of those seen last, whose patterns are known
_SETTLED, _SLOWER = 3, 3e-3  # rounds of the relaxation that gain so little of the limit before patterns may take over
_NEAR = 1e-3  # of its limit: so near it hardly any neighbourhood holds anything better
_LARGE = 15_000  # columns; of fewer HiGHS looks at more nodes in the same time
_SPLIT = 0.5  # columns of the fractional plan by needs: where more are split, HiGHS would spend minutes at its root
_MANY, _HUGE = 1_000, 100_000  # needs of a large part, columns of a huge one
_USEFUL = 0.03  # of what plans are away from the limit: of a huge part rounds that bring less are the last
_FAR = 5e-3  # of the limit: while plans are farther away in a huge part, prices near the best do
_ALONE = 10_000  # columns that HiGHS searches without patterns: of 20,000 a proof took it 100 s
_TRIED = 3_750  # columns that HiGHS searches even so
_FEW = 500  # columns of a part that CP-SAT proves at once
_TWICE = 20_000  # columns that it may have in two models at a time: of a large market they would fill the memory
_PROVING = 1.5  # times the work on one goal, to prove it over the few columns that could be better: most take a tenth
_DECIDING = 2  # times the work on one goal, to find out that no other needs can be placed


class Part:
    """The plan at hand for one part of a problem, and what is known of all plans that are as good as it."""

    def __init__(self, problem: Problem, chosen: Ints, seed: int, control: Control, must: Bools | None = None):
        self.problem = problem
        self.chosen = polished(problem, chosen)
        self.seed = seed
        self.control = control
        self._effort = HURRIED
        self._fine = True  # whether it matters to the goal being settled where and when a need is placed
        self._tell: Tell = quietly
        self._known = Known(problem, seed, control, must)
        self._support: Ints = np.zeros(0, dtype=np.int64)
        self._seen_patterns: list[Pattern] = []
        self._plans: deque[Ints] = deque(maxlen=_PLANS)
        self._roamed = 0
        self.searched = 0  # neighbourhoods, of all goals so far; a wide one counts as several

    @property
    def large(self) -> bool:
        """Whether a round of the simplex may take seconds, and a proof is out of reach where much is split."""
        return self.problem.needs > _MANY

    @property
    def _huge(self) -> bool:
        """Whether a round of the simplex may take half a minute."""
        return len(self.problem.need) > _HUGE

    def keep(self, goal: Goal, value: int, slack: int = 0, proven: bool = False) -> None:
        """From now on this goal is worth ``value`` in every plan sought, and at least that less ``slack`` in any;
        ``proven``: it cannot be worth more."""
        self._known.keep(Kept(goal, value, slack, proven), self.chosen)

    def decided(self, effort: Effort) -> Bools:
        """The needs that every plan which keeps what is kept places, as far as is known; what none uses is learned."""
        if len(self.problem.need) > _FEW:
            columns = np.union1d(np.flatnonzero(self._known.relaxation.alive), self.chosen)

            def ask(goal: Total) -> Found:
                return self._in_two_orders(goal, columns, goal.value(self.chosen) + 1, _DECIDING * effort.work, quietly)

            def near(goal: Total) -> Ints:
                return self._of_all(self._decomposed(goal), effort) if self._sums else self.chosen

            known = backbone(self.problem, self.chosen, self._known.alike, ask, near)
            if known is not None:
                always, never = known
                self._known.relaxation.alive &= ~never[self.problem.need]
                self._known.relaxation.must |= always
        return self._known.relaxation.must

    @property
    def unused(self) -> Bools:
        """The columns that are known to be in no plan that keeps what is kept."""
        return self._known.unused

    def settle(self, k: int, effort: Effort, tell: Tell) -> int:
        """Improve goal k as far as effort allows, without loss for what is kept; its proven limit."""
        goal = self.problem.goals[k]
        limit = self.problem.simple_bound(goal)
        self._effort, self._tell = effort, tell
        self._fine = not cares_for_needs_only(self.problem, goal)
        if self._open(k, limit):
            if len(self.problem.need) <= _FEW or not isinstance(goal, Total):
                alive = np.union1d(np.flatnonzero(self._known.relaxation.alive), self.chosen)
                limit = self._exactly(k, alive, limit, effort.work)
            if isinstance(goal, Total) and self._open(k, limit) and len(self.problem.need) <= effort.relaxed:
                limit = self._sum(k, goal, limit)
        self._tell(self.value(k), limit)
        return limit

    def value(self, k: int) -> int:
        return self.problem.goals[k].value(self.chosen)

    def _accept(self, chosen: Ints | None) -> None:
        if chosen is not None:
            plan = complete(self.problem, chosen)
            if self._fine:
                moved = polished(self.problem, plan)  # for the goals in order, also those left open
                plan = moved if self._known.kept_by(moved) else plan
            self._plans.append(plan)
            if self.problem.value(plan) > self.problem.value(self.chosen) and self._known.kept_by(plan):
                self.chosen = plan

    def _sum(self, k: int, goal: Total, limit: int) -> int:
        relaxation = self._known.relaxation
        bound = relaxation.bound(
            goal.points,
            np.union1d(self._core(), self._support),
            self._effort.rounds,
            self._effort.gain,
            self._while_whole(k),
            lambda bound: self._roughly(k, bound),
        )
        limit = min(limit, bound.whole)
        self._known.bounds.append(bound)
        self._support = np.flatnonzero(relaxation.alive & (bound.x > 1e-6))
        few, times = min(_TRIED, self._effort.columns // 8), self._effort.neighbourhoods
        alive, split = len(self._known.open(self.value(k))), self._split(bound)
        soon = self._by_patterns and not self._fine and alive <= few  # proven, once patterns tell which needs must be
        crowded = soon or split or (self._by_patterns and alive > _ALONE)
        alone = len(self.problem.limit) == 1 and alive > _FEW
        if alone:  # what is found in seconds so, HiGHS did not find in a minute (tkp U100: 27,295 and 27,266)
            self._roam(k, goal, bound, limit, times)
        limit = self._search(k, goal, limit, _FEW if soon else few if crowded else self._effort.columns)
        for plans in (False, True) if soon else (True,):  # where CP-SAT leaves it open, plans are sought after all
            if crowded and self._open(k, limit) and self._by_patterns:
                patterns = self._decomposed(goal)
                bound, slow = self._patterns(k, goal, bound, patterns, plans)
                limit = min(limit, bound.whole)
                self._known.bounds.append(bound)
                most, open_ = 0 if soon and plans else few, self._known.open(self.value(k))
                if not self._fine and len(open_) <= few:
                    self._known.fixing = fixing = patterns.fixing()
                    if fixing is not None and most and self._open(k, limit):
                        self._known.bounds[-1] = fixing.sharpened(bound, self.value(k) + 1, open_)
                limit = self._search(k, goal, limit, most)
                times = times if slow else times // _RARELY
                if self._fine:
                    limit = self._by_sets(k, bound, limit, patterns)
        if not alone:
            self._roam(k, goal, bound, limit, times)
        return limit

    def _while_whole(self, k: int) -> Callable[[Bound], bool]:
        """Whether to go on with the relaxation: not once it is clear that patterns will serve better, nor in a huge
        part once rounds bring next to nothing of what plans are away from it."""
        seen: list[float] = []

        def going(bound: Bound) -> bool:
            seen.append(bound.limit)
            settled = len(seen) >= _SETTLED and seen[-_SETTLED] - seen[-1] < _SLOWER * abs(seen[-1])
            if not self._seen(k, bound) or (settled and self._by_patterns and self._split(bound)):
                return False
            away = seen[-1] - self.value(k)
            return not self._huge or len(seen) < _SETTLED or seen[-_SETTLED] - seen[-1] > _USEFUL * away

        return going

    def _roughly(self, k: int, bound: Bound) -> bool:
        """Whether prices near the best do: for a goal in a hurry, or where the simplex would take long, because
        patterns will find better ones, or plans are far away anyhow."""
        long = self.large and self._split(bound)
        far = bound.limit - self.value(k) > _FAR * bound.limit
        return self._effort.patterns == 0 or (long and self._by_patterns) or (self._huge and far)

    def _split(self, bound: Bound) -> bool:
        """Whether so much is split that HiGHS would spend minutes at its root."""
        split = int(np.count_nonzero((bound.x > 1e-6) & (bound.x < 1 - 1e-6)))
        return split > _SPLIT * self.problem.needs

    @cached_property
    def _decomposable(self) -> bool:
        """Whether there are so many places that patterns of one are a small matter."""
        size = np.bincount(self.problem.place, minlength=len(self.problem.limit))
        return len(size) > 1 and int(size.max(initial=0)) * 4 <= len(self.problem.place)

    @property
    def _by_patterns(self) -> bool:
        return self._effort.patterns > 0 and self._sums and self._decomposable

    @property
    def _sums(self) -> bool:
        """Whether all that is kept is a sum, as the programme over patterns takes it."""
        return all(isinstance(kept.goal, Total) for kept in self._known.kept)

    def _decomposed(self, goal: Total) -> Decomposition:
        return Decomposition(self._known.relaxation, goal, self._seen_patterns, self.control)

    def _patterns(self, k: int, goal: Total, bound: Bound, patterns: Decomposition, plans: bool) -> tuple[Bound, bool]:
        """The better bound of whole patterns, and whether they were left because a third of the work brought it no
        nearer. Where ``plans`` are sought too, the plan at hand becomes what they make of it, where that is better,
        else just the best of all patterns at once.

        Neighbourhoods and what their plans hold come first, in turns while that gains much; where many needs make a
        proof unlikely, that may be near enough. Where effort does not reach far, only the prices at hand are used.
        """
        for plan in [*self._plans, self.chosen]:
            patterns.add(plan)
        bound, cost = patterns.proven(bound)
        self._tell(self.value(k), bound.whole)

        gained, slow = plans, False
        while gained and self._open(k, bound.whole):
            before = self.value(k)
            self._roam(k, goal, bound, bound.whole, min(_BEFORE, self._effort.neighbourhoods))
            for plan in self._plans:
                patterns.add(plan)
            self._recombine(k, bound.whole, patterns)
            gap = bound.whole - self.value(k)
            if self.large and gap <= self._effort.enough * bound.whole:
                return bound, slow
            gained = self.value(k) - before > _GAINED * gap
        if _ASKED * cost <= self._effort.patterns and self._open(k, bound.whole):
            begun, limit = patterns.spent, bound.limit

            def going(found: Bound) -> bool:
                nonlocal slow
                self._tell(self.value(k), found.whole)
                late = self._effort.enough > 0 and patterns.spent - begun > self._effort.patterns / 3
                slow = late and found.limit >= limit
                return self._open(k, found.whole) and not slow

            bound = patterns.bound(bound, self._effort.patterns, going)
            self._seen_patterns = patterns.patterns
            if plans:
                self._recombine(k, bound.whole, patterns)
            else:
                self._accept(self._of_all(patterns, self._effort))
        return bound, slow

    def _by_sets(self, k: int, bound: Bound, limit: int, patterns: Decomposition) -> int:
        """The limit where few sets of needs may be placed: each is bounded apart, while work on patterns is left.

        A fractional plan mixes such sets; and from one to another no neighbourhood leads, as many needs change at once.
        """
        most, spent = 0, patterns.spent
        sets = self._known.sets() if patterns.settled and self._open(k, limit) else []
        patterns.add(self.chosen)
        for nth, needs in enumerate(sets):
            work = (self._effort.patterns - spent) / (len(sets) - nth)
            if most >= limit or work <= 0:  # the limit stays; of other sets only plans could be learned
                return limit
            apart = patterns.placing(needs)
            if not apart.patterns:  # nothing to begin with
                return limit
            best = apart.bound(bound, work, lambda found: self._open(k, found.whole)).whole
            if self._open(k, best):
                self._accept(self._of_all(apart, self._effort))
                self._tell(self.value(k), limit)
            most, spent = max(most, best), spent + apart.spent
        return min(limit, most) if sets else limit

    def _of_all(self, patterns: Decomposition, effort: Effort) -> Ints:
        """The best plan of all patterns at once."""
        random = np.random.default_rng(self.seed)  # of which places come first; here all do
        return patterns.plans(self.chosen).recombined(len(patterns.patterns) + 1, random, min(_MOMENT, effort.nodes))

    def _recombine(self, k: int, limit: int, patterns: Decomposition) -> None:
        """Dive; then choose the best of all patterns, or of some, and of more when a few times little was gained.

        Measured: where it matters where a need is placed, the best of all 2,100 takes a second and is better than what
        16 choices of some find in seven; where it does not, nearly all are worth the same, and it took ten.
        """
        self._accept(patterns.plans(self.chosen).dive(self._effort.nodes))
        if self._fine:
            if self._open(k, limit):
                self._accept(self._of_all(patterns, self._effort))
                self._tell(self.value(k), limit)
            return
        random, nodes = np.random.default_rng((self.seed, k)), min(_MOMENT, self._effort.nodes)
        most = _RECOMBINED
        while most <= self._effort.recombined:
            times, idle = 0, 0
            while self._open(k, limit) and times < _OFTEN and idle < _IN_VAIN:
                before = self.value(k)
                self._accept(patterns.plans(self.chosen).recombined(most, random, nodes))
                self._tell(self.value(k), limit)
                times, idle = times + 1, 0 if self.value(k) - before > _LITTLE * limit else idle + 1
                if idle and len(patterns.patterns) <= most:  # all of them: it would be the same once more
                    return
            most = int(_MORE * most)

    def _roam(self, k: int, goal: Total, bound: Bound, limit: int, times: int) -> None:
        """Search neighbourhoods anew, some at a time, and wider ones when a few times nothing was gained."""
        most, idle = _NARROW, 0
        with ThreadPoolExecutor(CORES) as pool:
            while times > 0 and self._open(k, limit) and idle <= 2 * _IDLE:
                if idle and limit - self.value(k) <= _NEAR * limit:
                    break
                numbers = range(self._roamed, self._roamed + _AT_ONCE)
                draws = [np.random.default_rng((self.seed, k, nth)) for nth in numbers]
                free = regions(self.problem, bound, self.chosen, self._known.relaxation.alive, draws, most)
                if not free:
                    break
                times -= _AT_ONCE * most // _NARROW
                self.searched += _AT_ONCE * most // _NARROW
                before = self.value(k)
                self._roamed += _AT_ONCE
                found = list(pool.map(lambda region: self._anew(goal, bound, region), free))
                # All at once: a plan that is mended in between might use what another region has been promised.
                rest = self.chosen[~np.isin(self.chosen, np.concatenate(free))]
                self._accept(np.sort(np.concatenate([rest, *found])))
                self._tell(self.value(k), limit)
                idle = 0 if self.value(k) > before else idle + 1
                if idle == _IDLE and most < _WIDE:
                    most, idle = min(2 * most, _WIDE), 0

    def _anew(self, goal: Total, bound: Bound, region: Ints) -> Ints:
        """The best choice in a region beside the rest of the plan; CP-SAT is as good in a narrow one and ends in time,
        and better where all ways of a need are worth the same; HiGHS is better in a wide one."""
        known, held = self._known, np.setdiff1d(self.chosen, region)
        columns = np.union1d(region, self.chosen)
        fixed = self.problem.fixed.copy()
        fixed[held] = True
        if not self._fine or len(region) <= _NARROW:
            found = known.modelled(goal, columns, fixed, self.chosen, bound.whole, _WORK, quietly, proving=False)
            chosen = found.chosen
        else:
            chosen = known.whole(goal, columns, fixed, self.chosen, min(_NODES, self._effort.nodes)).chosen
        now = np.setdiff1d(self.chosen, held)
        then = now if chosen is None else np.setdiff1d(chosen, held)
        return then if goal.value(then) > goal.value(now) else now

    def _open(self, k: int, limit: int) -> bool:
        return self.value(k) < limit and not self.control.over()

    def _seen(self, k: int, bound: Bound) -> bool:
        """Round a fractional solution to a plan; whether it is of use to go on with the relaxation."""
        self._accept(rounded(self.problem, bound.x))
        self._tell(self.value(k), bound.whole)
        return self._open(k, bound.whole)

    def _search(self, k: int, goal: Total, limit: int, most: int) -> int:
        """Every column that could still be better, where they are ``most`` or fewer; the proven limit."""
        alive = self._known.open(self.value(k))
        if self._open(k, limit) and len(alive) <= most:
            columns = np.union1d(alive, self.chosen)
            if self._decomposable and not self._fine:  # of a single place HiGHS proves more (as in tkp U100)
                return self._exactly(k, columns, limit, _PROVING * self._effort.work)
            nodes = self._effort.nodes * max(1, _LARGE // len(columns))
            found = self._known.whole(goal, columns, self.problem.fixed, self.chosen, nodes)
            self._accept(found.chosen)
            if self._known.exact and np.isfinite(found.limit):
                limit = min(limit, max(self.value(k), int(np.floor(found.limit))))
            self._tell(self.value(k), limit)
        return limit

    def _core(self) -> Ints:
        """The plan at hand and the most worthy columns of every need."""
        return np.union1d(np.flatnonzero(self.problem.turn < _CORE), self.chosen)

    def _exactly(self, k: int, columns: Ints, limit: int, work: float) -> int:
        """CP-SAT over some columns; told the limit, it ends as soon as that is reached. The proven limit."""
        goal = self.problem.goals[k]
        found = self._in_two_orders(goal, columns, limit, work, self._tell)
        self._accept(found.chosen)
        return limit if found.bound is None or not self._known.exact else max(min(limit, found.bound), self.value(k))

    def _in_two_orders(self, goal: Goal, columns: Ints, limit: int, work: float, tell: Tell) -> Found:
        """CP-SAT over some columns, in two orders where they are neither few nor very many."""

        def ask(order: int, until: Control, tell: Tell) -> Found:
            fixed, plan = self.problem.fixed, self.chosen
            return self._known.modelled(goal, columns, fixed, plan, limit, work, tell, order=order, control=until)

        if not _FEW < len(columns) <= _TWICE:
            return ask(0, self.control, tell)
        return in_two_orders(ask, goal, goal.value(self.chosen), limit, self.control, tell)
