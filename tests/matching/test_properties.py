"""Whatever market is drawn, a plan keeps the contract; whatever file is given, the answer is a plan or its faults."""

import copy
import json
from datetime import date

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from matching import Market, MarketError, Plan, PlanError, check, solve
from tests.matching.markets import drawn, market, need, offer

STEADY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

days = st.dates(min_value=date(2027, 1, 1), max_value=date(2027, 6, 30))
weekdays = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, unique=True)
features = st.lists(st.sampled_from(["lift", "screen"]), unique=True)
places = st.sampled_from([(63.18, 14.64), (63.2, 14.7), (-89.9, 179.9), (0.0, -180.0)])


@st.composite
def offers(draw, name):
    start, until = sorted([draw(days), draw(days)])
    lat, lon = draw(places)
    return offer(
        name,
        agency=draw(st.sampled_from(["h", "a"])),
        lat=lat,
        lon=lon,
        seats=draw(st.integers(1, 12)),
        available=draw(st.sampled_from([[], [{"from": start.isoformat(), "until": until.isoformat()}]])),
        weekdays=draw(weekdays),
        features=draw(features),
        sharing=draw(st.sampled_from(["shared", "exclusive"])),
        minimum_days=draw(st.integers(1, 20)),
    )


@st.composite
def needs(draw, name):
    start, until = sorted([draw(days), draw(days)])
    lat, lon = draw(places)
    return need(
        name,
        agency=draw(st.sampled_from(["a", "b", "ö"])),
        lat=lat,
        lon=lon,
        max_km=draw(st.sampled_from([0, 5, 25_000])),
        seats=draw(st.integers(1, 9)),
        earliest_start=start.isoformat(),
        latest_start=until.isoformat(),
        days=draw(st.integers(1, 120)),
        weekdays=draw(weekdays),
        must=draw(st.sampled_from([[], [], ["lift"]])),
        wish=draw(features),
        priority=draw(st.integers(1, 4)),
    )


@st.composite
def markets(draw):
    found = market(
        [draw(offers(f"o{i}")) for i in range(draw(st.integers(0, 4)))],
        [draw(needs(f"n{i}")) for i in range(draw(st.integers(0, 8)))],
    )
    goals = st.sampled_from(["most_seats", "most_needs", "longest_waiting", "best_fit", "least_change", "fair_share"])
    found["policy"] = {
        "goals": draw(st.lists(goals, min_size=1, unique=True)),
        "start_step_days": draw(st.integers(1, 40)),
    }
    return found


@STEADY
@given(markets(), st.integers(0, 3))
def test_a_plan_keeps_the_contract(raw, seed):
    """No fault, nothing left out that fits, every need accounted for, bounds above values, the first always there."""
    found = Market.from_json(raw)
    plan = solve(found, effort="quick", seed=seed)
    report = check(found, plan)
    assert report.faults == [] and report.notes == []
    assert plan.goals[0].bound is not None
    assert all(g.bound is None or g.bound >= g.value for g in plan.goals)
    assert all(u.reasons for u in plan.unplaced)
    assert Plan.read(plan.text().encode()) == plan


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def corners(value, path=()):
    """The path of everything inside a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from corners(inner, (*path, key))


def spoilt(draw, value):
    """A copy of a JSON value with one corner of it replaced by junk or taken away."""
    value = copy.deepcopy(value)
    path = draw(st.sampled_from([p for p in corners(value) if p]))
    inside = value
    for key in path[:-1]:
        inside = inside[key]
    if draw(st.booleans()):
        inside[path[-1]] = draw(junk)
    else:
        del inside[path[-1]]
    return value


@STEADY
@given(st.data(), st.integers(0, 40))
def test_a_spoilt_market_is_a_market_or_its_faults(data, seed):
    """Junk in any corner of a market is either harmless or named; nothing else is raised."""
    raw = spoilt(data.draw, drawn(seed))
    try:
        found = Market.read(json.dumps(raw).encode())
    except MarketError as error:
        assert error.faults and all(str(f) for f in error.faults)
    else:
        assert check(found, solve(found, effort="quick")).faults == []


@STEADY
@given(st.data(), st.integers(0, 10))
def test_a_spoilt_plan_is_checked_or_refused(data, seed):
    """Junk in any corner of a plan gives a report or its faults; nothing else is raised."""
    found = Market.from_json(drawn(seed))
    raw = spoilt(data.draw, solve(found, effort="quick").to_json())
    try:
        plan = Plan.read(json.dumps(raw).encode())
    except PlanError as error:
        assert error.faults and all(str(f) for f in error.faults)
    else:
        assert all(str(f) for f in check(found, plan).faults)
