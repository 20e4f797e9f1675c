"""The engine finds the best plan there is: a brute force that shares no code with it agrees, goal by goal."""

import random
from datetime import date

import pytest

from matching import Market, check, solve
from matching.solver import part as parts
from tests.matching import brute
from tests.matching.markets import drawn


def with_decisions(market, seed):
    """The market with locks taken from one of its possible plans, and a previous plan taken from another."""
    rng = random.Random(seed)
    possible = []
    for plan in brute.plans(market):
        possible.append(plan)
        if len(possible) == 200:
            break
    starts = [[{"need": n["id"], "offer": o["id"], "start": s.isoformat()} for n, o, s in plan] for plan in possible]
    locked = rng.sample(source := rng.choice(starts), min(len(source), rng.choice([0, 0, 1, 2])))
    market["decisions"]["locked"] = locked
    market["previous"] = rng.choice(starts)
    return market


def broken_lock(market, seed):
    """The market with a lock that breaks rules of a placement, as a human may, where its offer has the room."""
    rng = random.Random(seed)
    need, offer = rng.choice(market["needs"]), rng.choice(market["offers"])
    span = offer["available"][0]
    start = date.fromisoformat(span["from"])
    bars = market["decisions"]["barred"]
    barred = {"need": need["id"], "offer": offer["id"]} in bars or {
        "agency": need["agency"],
        "offer": offer["id"],
    } in bars
    if not barred and brute.inside(need, offer, start) and need["seats"] <= offer["seats"]:
        market["decisions"]["locked"] = [{"need": need["id"], "offer": offer["id"], "start": span["from"]}]
    return market


@pytest.mark.parametrize("block", range(6))
def test_brute_force_agrees(block):
    """Values, in every order of goals, on 360 random tiny markets with locks, bars, exclusive and split offers."""
    placed = taken = 0
    for seed in range(60 * block, 60 * block + 60):
        market = drawn(seed)
        market = broken_lock(market, seed) if seed % 5 == 0 else with_decisions(market, seed)
        read = Market.from_json(market)
        plan = solve(read, effort="quick", seed=seed % 3)
        assert check(read, plan).faults == [], seed
        assert [g.value for g in plan.goals] == brute.best(market), seed
        assert plan.status == "optimal", seed
        assert all(g.bound == g.value for g in plan.goals), seed
        placed += len(plan.placements)
        taken += sum(reason["code"] == "taken" for u in plan.unplaced for reason in u.reasons)
    assert placed > 50 and taken > 1  # the markets are not empty talk: there is something to place and to fight over


@pytest.mark.parametrize(("huge", "seeds"), [(100_000, range(400, 460)), (0, range(460, 490))])
def test_brute_force_agrees_where_small_is_taken_for_large(huge, seeds, monkeypatch):
    """All that is done for large and for huge markets, done for tiny ones: prices, cuts, patterns, ruling out."""
    monkeypatch.setattr(parts, "_FEW", 0)
    monkeypatch.setattr(parts, "_HUGE", huge)
    for seed in seeds:
        market = with_decisions(drawn(seed), seed)
        read = Market.from_json(market)
        plan = solve(read, effort="normal", seed=seed % 3)
        assert check(read, plan).faults == [], seed
        assert [g.value for g in plan.goals] == brute.best(market), seed
        assert all(g.bound == g.value for g in plan.goals), seed
