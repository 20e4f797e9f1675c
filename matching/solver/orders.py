"""The same question asked in two orders of search beside each other, one a core.

How long a proof takes depends on the order in which it is sought: 5 units of work in one, 24 in another (measured).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from matching.goals import Goal
from matching.solver.model import Found
from matching.solver.problem import Control, Tell, quietly

Ask = Callable[[int, Control, Tell], Found]


def in_two_orders(ask: Ask, goal: Goal, least: int, limit: int, control: Control, tell: Tell) -> Found:
    """What ``ask`` finds, in order 0 or 1, for a goal that is worth ``least`` in the plan at hand and no more than
    ``limit``, or whose search ends there.

    Which of them ends first must not matter: the plan of order 0 counts, if it is worth more than ``least``; of order 1
    what it proves, and its plan only where order 0 ends with neither a proof nor a plan as good.
    """
    best, proven, ended = [least], list[int](), [False]

    def value(found: Found) -> int:
        return least if found.chosen is None else max(least, goal.value(found.chosen))

    def settled(found: Found) -> bool:
        return value(found) >= (limit if found.bound is None else min(limit, found.bound))

    def first() -> Found:
        def told(now: int, most: int) -> None:
            best[0] = max(best[0], now)
            tell(now, most)

        found = ask(0, Control(stop=lambda: control.over() or (bool(proven) and best[0] >= proven[0])), told)
        ended[0] = settled(found)
        return found

    def second() -> Found:
        found = ask(1, Control(stop=lambda: control.over() or ended[0]), quietly)
        if found.bound is not None and value(found) >= found.bound:
            proven.append(found.bound)
        return found

    with ThreadPoolExecutor(2) as pool:
        one, other = (answer.result() for answer in [pool.submit(first), pool.submit(second)])
    bounds = [found.bound for found in (one, other) if found.bound is not None]
    bound = min(bounds) if bounds else None
    ends = settled(one) or (bound is not None and value(one) >= bound) or value(one) >= value(other)
    found = one if ends else other
    return Found(found.chosen if value(found) > least else None, bound)
