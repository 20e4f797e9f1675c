"""The matching engine: a market of spare premises and space requests goes in, a provably good plan comes out.

>>> market = Market.read("market.json")     # every fault at once, as MarketError
>>> plan = solve(market)                    # placements, reasons, goal values and proven bounds
>>> check(market, plan).faults              # no solver involved
[]
"""

from __future__ import annotations

from collections.abc import Callable

from matching.check import PlanFault, Report, check
from matching.market import Market, MarketError, MarketFault
from matching.plan import GoalResult, Placement, Plan, PlanError, Unplaced
from matching.progress import Progress
from matching.rules import broken, why_not
from matching.whatif import WhatIf, what_if

__version__ = "1.0.0"

__all__ = [
    "GoalResult",
    "Market",
    "MarketError",
    "MarketFault",
    "Placement",
    "Plan",
    "PlanError",
    "PlanFault",
    "Progress",
    "Report",
    "Unplaced",
    "WhatIf",
    "broken",
    "check",
    "solve",
    "what_if",
    "why_not",
]


def solve(
    market: Market,
    *,
    effort: str = "normal",
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Plan:
    """The best plan found for a market within the effort, its goals in order with proven bounds.

    ``effort`` is ``quick``, ``normal`` or ``thorough``, measured in the solver's own deterministic work: the same
    market, effort, seed and versions give the same plan. ``time_limit`` (seconds) and ``stop`` (asked often, from any
    thread) end early with the best plan so far, marked ``cut_short``. ``progress`` is called now and then.
    Raises ``ValueError`` for an effort that does not exist.
    """
    from matching.solving import solve as run  # OR-Tools is loaded by those who solve, not by those who check

    return run(market, effort=effort, seed=seed, time_limit=time_limit, progress=progress, stop=stop)
