"""Each rule of a placement has a case that keeps it and a case that breaks it and nothing else."""

from datetime import date

import numpy as np
import pytest

from matching import Market, Placement, broken, check, solve, why_not
from matching.candidates import allowed
from matching.plan import Plan
from matching.rules import RULES, table_of
from tests.matching import brute
from tests.matching.markets import drawn, market, need, offer, read

SPLIT = [{"from": "2027-01-01", "until": "2027-02-10"}, {"from": "2027-02-11", "until": "2027-12-31"}]

# rule → (a change of the offer and one of the need that keep it, the same that break it)
CASES = {
    "near": (({}, {"max_km": 0.3}), ({}, {"max_km": 0.2})),
    "near at no distance": (
        ({"lat": 63.18, "lon": 14.64}, {"max_km": 0}),
        ({"lat": 63.18, "lon": 14.641}, {"max_km": 0}),
    ),
    "size": (({"seats": 4}, {}), ({"seats": 3}, {})),
    "size by area": (({"area_m2": 50}, {"area_m2": 50}), ({"area_m2": 49.9}, {"area_m2": 50})),
    "size by unstated area": (({"area_m2": None}, {}), ({"area_m2": None}, {"area_m2": 1})),
    "features": (({"features": ["screen"]}, {"must": ["screen"]}), ({"features": ["lift"]}, {"must": ["screen"]})),
    "features unknown": (
        ({"features": ["screen"]}, {"must": ["screen"]}),
        ({"features_unknown": ["screen"]}, {"must": ["screen"]}),
    ),
    "weekdays": (({"weekdays": ["wed", "mon"]}, {}), ({"weekdays": ["mon", "tue"]}, {})),
    "dates inside": (
        ({"available": [{"from": "2027-02-01", "until": "2027-02-28"}]}, {}),
        ({"available": [{"from": "2027-02-01", "until": "2027-02-27"}]}, {}),
    ),
    "dates across two spans": (({"available": SPLIT}, {"days": 5}), ({"available": SPLIT}, {"days": 28})),
    "dates at least": (({"minimum_days": 28}, {}), ({"minimum_days": 29}, {})),
    "admission": (({"only_agencies": ["guest"]}, {}), ({"only_agencies": ["other"]}, {})),
    "admission of nobody": (({"only_agencies": None}, {}), ({"only_agencies": []}, {})),
    "admission refused": (({"not_agencies": ["other"]}, {}), ({"not_agencies": ["other", "guest"]}, {})),
}
FIRST = date(2027, 2, 1)


def one_pair(changes):
    of_offer, of_need = changes
    return read([offer(**of_offer)], [need(**{"latest_start": "2027-02-01", **of_need})])


def at(start=FIRST):
    return Placement("n1", "o1", start, start, 0.0, 0)


@pytest.mark.parametrize("name", CASES)
def test_rule_kept(name):
    """A market inside the rule lets the need in."""
    found = one_pair(CASES[name][0])
    assert broken(found, at()) == [] and why_not(found, "n1", "o1") == []
    assert len(solve(found).placements) == 1


@pytest.mark.parametrize("name", CASES)
def test_rule_broken(name):
    """A market just outside the rule names it, alone, and keeps the need out."""
    found = one_pair(CASES[name][1])
    code = name.split()[0]
    assert broken(found, at()) == [code]
    assert why_not(found, "n1", "o1") == [code]
    plan = solve(found)
    assert plan.placements == () and plan.unplaced[0].reasons[0] == {"code": code, "offers": 1}


@pytest.mark.parametrize("bar", [{"need": "n1", "offer": "o1"}, {"agency": "guest", "offer": "o1"}])
def test_barred(bar):
    """A bar on the need or on its agency keeps the pair apart; a bar on somebody else does not."""
    kept = {"agency": "other", "offer": "o1"}
    for bars, codes in (([kept], []), ([kept, bar], ["barred"])):
        found = read([offer()], [need()], decisions={"barred": bars})
        assert broken(found, at()) == codes == why_not(found, "n1", "o1")


STARTS = {
    "the grid of the policy": ({}, {}, ["2027-02-01", "2027-02-08", "2027-02-15"]),
    "short needs step by their own length": (
        {},
        {"days": 2, "latest_start": "2027-02-05"},
        ["2027-02-01", "2027-02-03"],
    ),
    "the opening of an availability off the grid": (
        {"available": [{"from": "2027-02-02", "until": "2027-06-30"}]},
        {},
        ["2027-02-03", "2027-02-08", "2027-02-15"],
    ),
    "the grid begins on the first weekday used": (
        {},
        {"weekdays": ["wed"], "latest_start": "2027-02-09"},
        ["2027-02-03"],
    ),
    "no weekday in the window": ({}, {"weekdays": ["sun"], "latest_start": "2027-02-06"}, []),
    "grid dates on other weekdays do not count": (
        {},
        {"days": 3, "weekdays": ["mon", "tue"], "latest_start": "2027-02-16"},
        ["2027-02-01", "2027-02-16"],
    ),
}


@pytest.mark.parametrize("name", STARTS)
def test_candidate_starts(name):
    """Candidate starts lie on the grid or at an opening, and always on a weekday of the need."""
    of_offer, of_need, expected = STARTS[name]
    rows = allowed(table_of(read([offer(**of_offer)], [need(**of_need)])))
    assert [date.fromordinal(s).isoformat() for s in rows.start.tolist()] == expected


def test_every_start_is_judged_alike():
    """Over 150 random markets, building candidates and judging one placement agree with a plain reading, day by day."""
    for seed in range(1000, 1150):
        raw = drawn(seed)
        found = Market.from_json(raw)
        rows = allowed(table_of(found))
        built = {
            (found.needs[n].id, found.offers[o].id, date.fromordinal(s))
            for n, o, s in zip(rows.need.tolist(), rows.offer.tolist(), rows.start.tolist(), strict=True)
        }
        plain = {(n["id"], o["id"], s) for n in raw["needs"] for o in raw["offers"] for s in brute.allowed(raw, n, o)}
        assert built == plain, seed
        for n in raw["needs"]:
            for o in raw["offers"]:
                starts = {s for a, b, s in plain if (a, b) == (n["id"], o["id"])}
                assert (why_not(found, n["id"], o["id"]) == []) == bool(starts), seed
                for day in brute.dates(brute.day(n["earliest_start"]), brute.day(n["latest_start"])):
                    judged = broken(found, Placement(n["id"], o["id"], day, day, 0.0, 0)) == []
                    assert judged == (day in starts), (seed, n["id"], o["id"], day)


def test_rules_are_in_the_order_of_the_funnel():
    assert [r.code for r in RULES] == ["near", "size", "features", "weekdays", "dates", "admission", "barred"]


def test_unknown_ids_are_named():
    found = read([offer()], [need()])
    assert broken(found, Placement("x", "y", FIRST, FIRST, 0.0, 0)) == ["unknown_need", "unknown_offer"]


def test_lock_may_break_what_a_human_decided():
    """A lock may be far, without the feature, on another weekday and off the grid; the plan holds it as given."""
    lock = {"need": "n1", "offer": "o1", "start": "2027-03-02"}
    found = read(
        [offer(weekdays=["sat"], not_agencies=["guest"])],
        [need(max_km=0.1, must=["lift"])],
        decisions={"locked": [lock]},
    )
    plan = solve(found)
    assert check(found, plan).faults == []
    assert [(p.offer, p.start.isoformat()) for p in plan.placements] == [("o1", "2027-03-02")]
    assert plan.placements[0].fit == 0 + int(200 * (1 - 29 / 14) + 200 + 200 * 4 / 10)


CAPACITY = {
    "seats add up to the offer's": ([{"seats": 6}, {"seats": 4}], {}, 2),
    "one seat too many": ([{"seats": 6}, {"seats": 5}], {}, 1),
    "other weekdays": ([{"seats": 6}, {"seats": 5, "weekdays": ["tue", "thu"], "latest_start": "2027-02-05"}], {}, 2),
    "one after the other": (
        [
            {"seats": 6, "latest_start": "2027-02-01"},
            {"seats": 5, "earliest_start": "2027-03-01", "latest_start": "2027-03-01"},
        ],
        {},
        2,
    ),
    "the last day is used": (
        [
            {"seats": 6, "latest_start": "2027-02-01", "days": 29},
            {"seats": 5, "earliest_start": "2027-03-01", "latest_start": "2027-03-01"},
        ],
        {},
        1,
    ),
    "exclusive": ([{"seats": 1}, {"seats": 1}], {"sharing": "exclusive"}, 1),
    "exclusive on other weekdays": (
        [{"seats": 1}, {"seats": 1, "weekdays": ["fri"], "latest_start": "2027-02-05"}],
        {"sharing": "exclusive"},
        2,
    ),
}


@pytest.mark.parametrize("name", CAPACITY)
def test_capacity(name):
    """Seats add up on every date; an exclusive offer has one need on any used day."""
    changes, of_offer, placed = CAPACITY[name]
    needs = [need(f"n{i}", **{"latest_start": "2027-02-01", **change}) for i, change in enumerate(changes)]
    found = read([offer(**of_offer)], needs)
    plan = solve(found)
    assert len(plan.placements) == placed and check(found, plan).faults == []
    both = [
        {"need": n["id"], "offer": "o1", "start": n["earliest_start"], "until": "2027-12-31", "km": 0.0, "fit": 0}
        for n in needs
    ]
    forced = Plan.from_json({**plan.to_json(), "placements": both, "unplaced": []})
    codes = {f.code for f in check(found, forced).faults} & {"capacity", "exclusive"}
    assert codes == (set() if placed == 2 else {"exclusive" if of_offer else "capacity"})


@pytest.mark.parametrize("apart", [1, 40])
def test_packing_rows_say_what_the_calendar_says(apart):
    """A choice keeps the packing rows exactly when, day by day, no place holds more than its limit."""
    from matching.solver.packing import packing

    rng = np.random.default_rng(3)
    tried = {True: 0, False: 0}
    for _ in range(150):
        size = int(rng.integers(2, 14))
        need_ = rng.integers(0, size, size)
        need_ = np.unique(need_, return_inverse=True)[1].astype(np.int64)
        place = rng.integers(0, 2, size)
        first = 740000 + apart * rng.integers(0, 30, size)
        last = first + rng.integers(0, 25, size)
        bits = rng.integers(1, 128, need_.max() + 1)[need_]
        amount = rng.integers(1, 5, need_.max() + 1)[need_]
        limit = rng.integers(3, 8, 2)
        rows = packing(need_, place, first, last, bits, amount, limit)
        for _ in range(20):
            x = rng.random(size) < rng.uniform(0.1, 0.7)
            kept = bool((rows.matrix @ x.astype(np.int64) <= rows.limit).all())
            truth = np.bincount(need_[x], minlength=1).max() <= 1 and all(
                amount[x & (place == p) & (first <= d) & (d <= last) & (bits >> (d - 1) % 7 & 1 == 1)].sum() <= limit[p]
                for p in (0, 1)
                for d in {day + more for day in first.tolist() for more in range(7)}  # only there can use rise
            )
            assert kept == truth
            tried[kept] += 1
    assert min(tried.values()) > 100


def test_market_helper_is_valid():
    assert Market.from_json(market([offer()], [need()])).sha256
