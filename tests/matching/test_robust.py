"""Whatever a market holds: a plan that keeps every rule, or a list of faults with their places; never anything else."""

import copy
import random
from datetime import date, timedelta

import pytest

from matching import Market, MarketError, check, solve
from tests.matching.markets import drawn, market, need, offer

HOSTILE = [
    None, True, -1, 0, 1, 10**30, 1e308, float("nan"), float("-inf"), "", "o1", "\0", "ö" * 10_000, "2027-02-30",
    "9999-12-31", "0001-01-01", [], [[]], {}, {"from": "2027-01-01"}, ["mon", "mon"], ["måndag"], [None] * 1000, "1e3",
    0.1 + 0.2,
]  # fmt: skip


def numbered(make, count, **values):
    return [make(f"x{i}", **values) for i in range(count)]


def spans(first, count):
    return [{"from": str(first + timedelta(10 * i)), "until": str(first + timedelta(10 * i + 8))} for i in range(count)]


LONG = [{"from": "2027-01-01", "until": "2047-12-31"}]
YEAR = {"earliest_start": "2027-01-04", "latest_start": "2028-01-04", "days": 30}
EVERY_DAY = {"goals": ["most_seats", "best_fit"], "start_step_days": 1}
EXTREME = {
    "nothing": market([], []),
    "needs alone": market([], [need()]),
    "offers alone": market([offer()], []),
    "one offer of ten thousand seats": market([offer(seats=10_000)], numbered(need, 3000)),
    "all needs alike": market(numbered(offer, 20), numbered(need, 400)),
    "five thousand offers alike": market(numbered(offer, 5000, seats=4), numbered(need, 20)),
    "any day of a year": market(numbered(offer, 4, available=LONG), numbered(need, 20, **YEAR), policy=EVERY_DAY),
    "ten years long": market(numbered(offer, 5, available=LONG), numbered(need, 40, days=3650)),
    "a hundred spans": market(
        numbered(offer, 10, available=spans(date(2027, 1, 1), 100)),
        numbered(need, 60, days=5, latest_start="2027-12-01"),
    ),
    "a thousand years": market([offer(available=[{"from": "1500-01-01", "until": "2500-01-01"}])], [need()]),
}


@pytest.mark.parametrize("name", EXTREME)
def test_extreme_markets_get_a_plan(name):
    found = Market.from_json(EXTREME[name])
    plan = solve(found, effort="quick")
    assert not check(found, plan).faults
    assert plan.goals[0].bound is not None and plan.goals[0].value <= plan.goals[0].bound


def places_in(value, path=()):
    """Every place of a JSON value that something else could stand at."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in steps:
        yield (*path, key)
        yield from places_in(inner, (*path, key))


@pytest.mark.parametrize("seed", range(190))
def test_a_market_with_something_hostile_in_it(seed):
    """One or two values of a sound market are replaced, left out or doubled."""
    rng = random.Random(seed)
    raw = copy.deepcopy(drawn(seed, offers=3, needs=5))
    for _ in range(rng.choice([1, 1, 2])):
        *way, last = rng.choice(list(places_in(raw)))
        holder = raw
        for key in way:
            holder = holder[key]
        if isinstance(holder, list) and rng.random() < 0.3:
            holder.append(copy.deepcopy(holder[last]))
        elif isinstance(holder, dict) and rng.random() < 0.2:
            del holder[last]
        else:
            holder[last] = rng.choice(HOSTILE)
    try:
        found = Market.from_json(raw)
    except MarketError as error:
        assert error.faults and all(fault.path.startswith("$") and str(fault) for fault in error.faults)
        return
    assert not check(found, solve(found, effort="quick")).faults
