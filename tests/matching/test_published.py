"""Published instances are solved to their known values: temporal knapsacks of Caprara, Furini and Malaguti (2013).

The files are from "Uncommon Dantzig-Wolfe reformulation for the temporal knapsack problem", INFORMS Journal on
Computing 25(3). Line 1 is the number of items, line 2 the capacity, then a line ``profit weight start end`` per item,
active on [start, end). The values were proven with HiGHS 1.14 and CP-SAT 9.15.
"""

from datetime import date
from pathlib import Path

import pytest

from matching import Market, check, solve
from tests.matching.markets import WEEKDAYS, market, need, offer

ORIGIN = date(2027, 1, 1).toordinal()
KNOWN = {"U2": 49_490}  # I5 (76,634) takes half a minute and runs with the bench


def temporal_knapsack(path):
    """One offer is the knapsack; each item is a need next door that may start on one day only."""
    lines = path.read_text().split("\n")
    capacity = int(lines[1])
    items = [tuple(map(int, line.split())) for line in lines[2:] if line.strip()]
    horizon = max(end for *_, end in items)
    place = {"lat": 63.0, "lon": 14.0}
    span = {"from": day(0), "until": day(horizon)}
    needs = [
        need(
            f"n{i}",
            **place,
            seats=weight,
            earliest_start=day(start),
            latest_start=day(start),
            days=end - start,
            weekdays=WEEKDAYS,
            priority=profit,
        )
        for i, (profit, weight, start, end) in enumerate(items)
    ]
    return market([offer(**place, seats=capacity, available=[span])], needs, policy={"goals": ["most_needs"]})


def day(number):
    return date.fromordinal(ORIGIN + number).isoformat()


@pytest.mark.parametrize("name", KNOWN)
def test_known_value_is_reached_and_proven(name):
    found = Market.from_json(temporal_knapsack(Path(__file__).parent / "instances" / f"{name}.txt"))
    plan = solve(found)
    assert check(found, plan).faults == []
    assert [(g.value, g.bound) for g in plan.goals] == [(KNOWN[name], KNOWN[name])]
