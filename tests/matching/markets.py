"""Small markets for the engine's tests: written by hand, or drawn from a random generator."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from matching import Market

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MONDAY = date(2027, 2, 1)


def offer(name: str = "o1", **changes: Any) -> dict[str, Any]:
    """An offer of ten seats in Östersund, open every day of 2027."""
    return {
        "id": name,
        "agency": "host",
        "lat": 63.1792,
        "lon": 14.6357,
        "seats": 10,
        "available": [{"from": "2027-01-01", "until": "2027-12-31"}],
        "weekdays": WEEKDAYS,
        "features": [],
        "sharing": "shared",
        **changes,
    }


def need(name: str = "n1", **changes: Any) -> dict[str, Any]:
    """A need of four seats on weekdays of four weeks in February, next door."""
    return {
        "id": name,
        "agency": "guest",
        "lat": 63.18,
        "lon": 14.64,
        "max_km": 10,
        "seats": 4,
        "earliest_start": "2027-02-01",
        "latest_start": "2027-02-15",
        "days": 28,
        "weekdays": ["mon", "wed"],
        "must": [],
        "priority": 1,
        "waiting_since": "2026-11-20",
        **changes,
    }


def market(offers: list[dict[str, Any]], needs: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return {"format": "platsverket-market/1", "as_of": "2027-01-04", "offers": offers, "needs": needs, **changes}


def read(offers: list[dict[str, Any]], needs: list[dict[str, Any]], **changes: Any) -> Market:
    return Market.from_json(market(offers, needs, **changes))


GOALS = ["most_seats", "most_needs", "longest_waiting", "best_fit", "least_change", "fair_share"]
PLACES = [(63.1792, 14.6357), (63.1792, 14.6357), (63.18, 14.64), (63.18, 14.64), (63.25, 14.6), (63.1, 14.9)]
FEATURES = ["step_free", "screen", "parking"]


def _day(rng: random.Random, spread: int) -> date:
    return MONDAY + timedelta(days=rng.randrange(spread))


def _spans(rng: random.Random, count: int) -> list[dict[str, str]]:
    spans, day = [], MONDAY - timedelta(days=rng.randrange(20))
    for _ in range(count):
        until = day + timedelta(days=rng.randrange(15, 60))
        spans.append({"from": day.isoformat(), "until": until.isoformat()})
        day = until + timedelta(days=rng.randrange(1, 6))
    return rng.sample(spans, count)


def drawn_offer(rng: random.Random, i: int) -> dict[str, Any]:
    lat, lon = rng.choice(PLACES)
    features = rng.sample(FEATURES, rng.randrange(4))
    return {
        "id": f"o{i}",
        "agency": f"h{i % 2}",
        "lat": lat,
        "lon": lon,
        "seats": rng.randrange(2, 7),
        "area_m2": rng.choice([None, 40, 90.5]),
        "available": _spans(rng, rng.choice([1, 1, 2, 3])),
        "weekdays": rng.choice([WEEKDAYS, WEEKDAYS[:5], WEEKDAYS[:5], ["mon", "wed", "fri"]]),
        "features": features,
        "features_unknown": [f for f in FEATURES if f not in features and rng.random() < 0.3],
        "sharing": rng.choice(["shared", "shared", "exclusive"]),
        "minimum_days": rng.choice([1, 1, 1, 4]),
        "only_agencies": rng.choice([None] * 8 + [["a0", "a1"], []]),
        "not_agencies": rng.choice([[]] * 8 + [["a1"]]),
    }


def drawn_need(rng: random.Random, i: int) -> dict[str, Any]:
    lat, lon = rng.choice(PLACES)
    earliest = _day(rng, 12)
    return {
        "id": f"n{i}",
        "agency": f"a{rng.randrange(3)}",
        "lat": lat,
        "lon": lon,
        "max_km": rng.choice([0, 3, 20, 40, 40, 40]),
        "seats": rng.randrange(1, 5),
        "area_m2": rng.choice([None] * 8 + [30, 80]),
        "earliest_start": earliest.isoformat(),
        "latest_start": (earliest + timedelta(days=rng.choice([0, 2, 8, 14]))).isoformat(),
        "days": rng.choice([1, 3, 9, 14, 20]),
        "weekdays": rng.sample(WEEKDAYS[:3] if rng.random() < 0.8 else WEEKDAYS, rng.choice([1, 2, 2, 3])),
        "must": rng.sample(FEATURES, rng.choice([0] * 7 + [1])),
        "wish": rng.sample(FEATURES, rng.randrange(3)),
        "priority": rng.choice([1, 1, 2, 5]),
        "waiting_since": (MONDAY - timedelta(days=rng.randrange(-9, 200))).isoformat(),
    }


def drawn(seed: int, offers: int = 3, needs: int = 6) -> dict[str, Any]:
    """A tiny market with every kind of condition in it, its goals in a random order; locks are added by the caller."""
    rng = random.Random(seed)
    found = market(
        [drawn_offer(rng, i) for i in range(rng.choice([1, 1, 2, offers]))],
        [drawn_need(rng, i) for i in range(rng.randrange(3, needs + 1))],
    )
    pairs = [(n["id"], o["id"]) for n in found["needs"] for o in found["offers"]]
    barred: list[dict[str, str]] = [{"need": n, "offer": o} for n, o in pairs if rng.random() < 0.06]
    barred += [{"agency": "a2", "offer": o["id"]} for o in found["offers"] if rng.random() < 0.06]
    found["decisions"] = {"locked": [], "barred": barred}
    goals = rng.sample(GOALS, rng.randrange(1, 7))
    found["policy"] = {"goals": goals, "start_step_days": rng.choice([1, 3, 7])}
    return found
