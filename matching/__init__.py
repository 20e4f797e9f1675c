"""The matching engine: a market of spare premises and space requests goes in, a provably good plan comes out.

>>> market = Market.read("market.json")     # every fault at once, as MarketError
>>> plan = solve(market)                    # placements, reasons, goal values and proven bounds
>>> check(market, plan).faults              # no solver involved
[]

The problem. x[j] = 1 when the possible placement j is chosen; j runs over (need, offer, start) that keep every rule
(``rules.py``, enumerated by ``candidates.py``) and over the locks, for which x[j] = 1.

* Σ x[j] ≤ 1 over the placements of one need (``solver/packing.py``)
* Σ seats[j]·x[j] ≤ seats of the offer, over the placements in use there on one date; an exclusive offer counts needs
  instead of seats. Per weekday a stay is a run of weeks, so one row per largest set of stays that meet is enough.
* goals in order: maximise the first, keep its value as a row, maximise the next (``goals.py``, ``solver/search.py``)

The method. First the problem is made small (``solver/reduction.py``): a placement that another of its need replaces at
no loss, because no goal prefers it and it uses all the capacity that the other uses, is dropped (Brearley, Mitra and
Williams 1975), over and over; needs that then share no capacity are decided apart. Goals that only ask which needs are
placed come first in a stage of their own (``solver/search.py``), where most needs turn out to have a place that nobody
else can want. Then, part by part and goal by goal (``solver/part.py``): a greedy plan, every need moved to the best
place that is free; the linear relaxation by columns (Gilmore and Gomory 1961), or in crowded and in huge parts by a
first-order method (Applegate and others 2021), with cuts (``solver/cuts.py``: cliques, Atamtürk, Nemhauser and
Savelsbergh 2000; covers lifted as by Gu, Nemhauser and Savelsbergh 2000; divided capacities, Chvátal 1973), whose
prices prove the bound (Neumaier and Shcherbina 2004), are rounded to plans and rule out columns that no plan as good
can contain; HiGHS over all that is left where that is within reach. Where most of the fractional plan is split or much
is left, as in crowded markets, and before CP-SAT proves a goal that only asks which needs are placed, the programme
over whole patterns of each place (``solver/decomposition.py``; Dantzig and Wolfe 1960) takes over:

* max Σ gain[p]·λ[p], Σ λ[p] ≤ 1 over the patterns p of one place, Σ λ[p] ≤ 1 over the patterns that hold one need
* at prices u of the needs and v of the settled goals no plan is worth more than
  Σ u − Σ v·(value − slack) + Σ over places of max {Σ (gain − u + v·points)·x : x a pattern of the place}

Each place's maximum is a small exact problem (``solver/pattern.py``), so this limit is nearer to whole plans than any
over single columns. Prices are judged by what is found for them, and the best ones proven now and then; a dive through
the patterns finds a plan, and the best choice of them all, or of those of some places anew, a better one
(``solver/plans.py``; Danna and Le Pape 2005). Before CP-SAT proves a goal from there, and for all goals after it, what
a place would lose too much by is ruled out (``solver/fixing.py``; Irnich, Desaulniers, Desrosiers and Hadjar 2010), a
placement j for which

* limit − max of its place + max {Σ (gain − u + v·points)·x : x a pattern of its place, x[j] = 1} < value

Last, neighbourhoods are searched anew (Shaw 1998; ``solver/neighbours.py``): places near each other, by CP-SAT where a
goal only asks which needs are placed, by HiGHS elsewhere. Of a place alone they are stretches of time, searched by
CP-SAT before HiGHS is asked. Between the stages, once the first goals are proven, CP-SAT finds which needs every plan
as good places and which none does (``solver/backbone.py``; Marques-Silva, Janota and Lynce 2010): the goals after them
then only ask where the first are placed, and the others are left out; where few sets of needs remain that may be
placed, whole patterns bound each set apart (``solver/part.py``). What CP-SAT is to prove, it seeks in two orders,
one a core (``solver/orders.py``). Work is counted in rounds, nodes and deterministic units, never in seconds.

To add a rule: ``rules.py``. To add a goal: ``goals.py``. To add a kind of thing that is shared: fill the arrays of
``solver/problem.py`` from other rules; the solver knows neither premises nor people.
"""

from __future__ import annotations

from collections.abc import Callable

from matching.check import PlanFault, Report, check
from matching.market import Market, MarketError, MarketFault
from matching.plan import GoalResult, Placement, Plan, PlanError, Unplaced
from matching.progress import Progress
from matching.rules import broken, why_not
from matching.stock import Found, Stock, Wanted
from matching.whatif import WhatIf, what_if

__version__ = "1.0.0"

__all__ = [
    "Found",
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
    "Stock",
    "Unplaced",
    "Wanted",
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
