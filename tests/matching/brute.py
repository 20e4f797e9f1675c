"""A second reading of the contract, as slow and plain as can be: dates one by one, plans one by one.

It shares no code with the engine, not even the distance (geopy's geodesic instead of PROJ's).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from geopy.distance import geodesic

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Placed = tuple[dict[str, Any], dict[str, Any], date]


def dates(first: date, last: date) -> list[date]:
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def day(text: str) -> date:
    return date.fromisoformat(text)


def used(need: dict[str, Any], start: date) -> list[date]:
    until = start + timedelta(days=need["days"] - 1)
    return [d for d in dates(start, until) if WEEKDAYS[d.weekday()] in need["weekdays"]]


def km(need: dict[str, Any], offer: dict[str, Any]) -> float:
    return float(geodesic((need["lat"], need["lon"]), (offer["lat"], offer["lon"]), ellipsoid="WGS-84").km)


def inside(need: dict[str, Any], offer: dict[str, Any], start: date) -> bool:
    until = start + timedelta(days=need["days"] - 1)
    return any(day(s["from"]) <= start and until <= day(s["until"]) for s in offer["available"])


def candidate_starts(market: dict[str, Any], need: dict[str, Any], offer: dict[str, Any]) -> list[date]:
    window = dates(day(need["earliest_start"]), day(need["latest_start"]))
    possible = [d for d in window if WEEKDAYS[d.weekday()] in need["weekdays"]]
    if not possible:
        return []
    step = min(market.get("policy", {}).get("start_step_days", 7), need["days"])
    found = {d for d in possible if (d - possible[0]).days % step == 0}
    for span in offer["available"]:
        found |= set([d for d in possible if d >= day(span["from"])][:1])
    return sorted(found)


def allowed(market: dict[str, Any], need: dict[str, Any], offer: dict[str, Any]) -> list[date]:
    area = need.get("area_m2")
    only = offer.get("only_agencies")
    bars = market.get("decisions", {}).get("barred", [])
    fine = (
        km(need, offer) <= need["max_km"]
        and need["seats"] <= offer["seats"]
        and (area is None or (offer.get("area_m2") is not None and offer["area_m2"] >= area))
        and set(need["must"]) <= set(offer["features"])
        and set(need["weekdays"]) <= set(offer["weekdays"])
        and need["days"] >= offer.get("minimum_days", 1)
        and (only is None or need["agency"] in only)
        and need["agency"] not in offer.get("not_agencies", [])
        and {"need": need["id"], "offer": offer["id"]} not in bars
        and {"agency": need["agency"], "offer": offer["id"]} not in bars
    )
    return [s for s in candidate_starts(market, need, offer) if inside(need, offer, s)] if fine else []


def fits(plan: list[Placed]) -> bool:
    taken: dict[tuple[str, date], list[int]] = {}
    for need, offer, start in plan:
        for d in used(need, start):
            uses = taken.setdefault((offer["id"], d), [])
            uses.append(need["seats"])
            if sum(uses) > offer["seats"] or (offer["sharing"] == "exclusive" and len(uses) > 1):
                return False
    return True


def plans(market: dict[str, Any]) -> Iterator[list[Placed]]:
    """Every plan there is."""
    offers = {o["id"]: o for o in market["offers"]}
    locks = {k["need"]: (offers[k["offer"]], day(k["start"])) for k in market["decisions"]["locked"]}
    free = [n for n in market["needs"] if n["id"] not in locks]
    held = [(n, *locks[n["id"]]) for n in market["needs"] if n["id"] in locks]
    options = {n["id"]: [(o, s) for o in market["offers"] for s in allowed(market, n, o)] for n in free}

    def extend(plan: list[Placed], at: int) -> Iterator[list[Placed]]:
        if at == len(free):
            yield plan
            return
        yield from extend(plan, at + 1)
        for choice in options[free[at]["id"]]:
            longer = [*plan, (free[at], *choice)]
            if fits(longer):
                yield from extend(longer, at + 1)

    yield from extend(held, 0)


def fit(need: dict[str, Any], offer: dict[str, Any], start: date) -> int:
    """The fit points; everything but the distance in fractions, so that nothing whole is lost to rounding."""
    distance = km(need, offer)
    if distance > need["max_km"]:
        nearness = Fraction(0)
    else:
        nearness = 400 * (1 - Fraction(distance) / Fraction(need["max_km"])) if need["max_km"] else Fraction(400)
    window = (day(need["latest_start"]) - day(need["earliest_start"])).days
    delay = (start - day(need["earliest_start"])).days
    promptness = 200 * (1 - Fraction(delay, window)) if window else Fraction(200)
    wishes = set(need.get("wish", []))
    comfort = Fraction(200 * len(wishes & set(offer["features"])), len(wishes)) if wishes else Fraction(200)
    return int(nearness + promptness + comfort + Fraction(200 * need["seats"], offer["seats"]))


def fair_share(market: dict[str, Any], plan: list[Placed]) -> int:
    locked = {k["need"] for k in market["decisions"]["locked"]}
    placeable = [
        n for n in market["needs"] if n["id"] in locked or any(allowed(market, n, o) for o in market["offers"])
    ]
    placed = {n["id"] for n, _, _ in plan}
    shares = []
    for agency in {n["agency"] for n in placeable}:
        mine = [n for n in placeable if n["agency"] == agency]
        asked = sum(n["priority"] * n["seats"] for n in mine)
        got = sum(n["priority"] * n["seats"] for n in mine if n["id"] in placed)
        shares.append(100 * got // asked)
    return min(shares, default=100)


def value(market: dict[str, Any], plan: list[Placed], goal: str) -> int:
    if goal == "most_seats":
        return sum(n["priority"] * n["seats"] for n, _, _ in plan)
    if goal == "most_needs":
        return sum(n["priority"] for n, _, _ in plan)
    if goal == "longest_waiting":
        as_of = day(market["as_of"])
        return sum(max(0, (as_of - day(n["waiting_since"])).days) // 7 for n, _, _ in plan)
    if goal == "best_fit":
        return sum(fit(*p) for p in plan)
    if goal == "least_change":
        before = {(k["need"], k["offer"], k["start"]) for k in market.get("previous", [])}
        return sum((n["id"], o["id"], s.isoformat()) in before for n, o, s in plan)
    return fair_share(market, plan)


def best(market: dict[str, Any]) -> list[int]:
    """The values of the best plan, goal by goal in order."""
    goals = market["policy"]["goals"]
    return list(max(tuple(value(market, plan, goal) for goal in goals) for plan in plans(market)))
