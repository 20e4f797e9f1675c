"""Every unplaced need has a reason, and what is said to help does help."""

from datetime import date

import pytest

from matching import Market, Placement, Plan, check, solve
from matching.market import last_day
from tests.matching.markets import drawn, need, offer, read

FAR = {"lat": 62.0}


def unplaced(offers, needs, **changes):
    plan = solve(read(offers, needs, **changes))
    return {u.need: u for u in plan.unplaced}


FUNNEL = {
    "near": ([offer(**FAR), offer("o2", **FAR)], need(), {"code": "near", "offers": 2}),
    "size": ([offer(**FAR), offer("o2", seats=3)], need(), {"code": "size", "offers": 1}),
    "features": ([offer(), offer("o2", seats=3)], need(must=["lift"]), {"code": "features", "offers": 1}),
    "weekdays": ([offer(weekdays=["mon"]), offer("o2")], need(weekdays=["mon", "tue"], must=[]), None),
    "dates": ([offer(minimum_days=99)], need(), {"code": "dates", "offers": 1}),
    "admission": ([offer(only_agencies=[]), offer("o2", minimum_days=99)], need(), {"code": "admission", "offers": 1}),
    "nothing": ([], need(), {"code": "near", "offers": 0}),
}


@pytest.mark.parametrize("name", FUNNEL)
def test_the_rule_that_removed_the_last_offers_is_named(name):
    """Rules are applied in order to all offers; how many were left before the last one fell is said."""
    offers, asked, reason = FUNNEL[name]
    found = unplaced(offers, [asked])
    if reason is None:
        assert found == {}
    else:
        assert list(found["n1"].reasons) == [reason]


def test_a_bar_is_named():
    bars = {"barred": [{"agency": "guest", "offer": "o1"}]}
    assert unplaced([offer()], [need()], decisions=bars)["n1"].reasons == ({"code": "barred", "offers": 1},)


def test_an_unknown_feature_is_named_where_it_is_all_that_is_missing():
    """Not where another rule fails as well."""
    maybe = offer(features_unknown=["lift"])
    asked = need(must=["lift"])
    assert unplaced([maybe], [asked])["n1"].reasons == (
        {"code": "features", "offers": 1},
        {"code": "feature_unknown", "offers": 1},
    )
    assert unplaced([{**maybe, "minimum_days": 99}], [asked])["n1"].reasons == ({"code": "features", "offers": 1},)


def test_taken_counts_the_offers_that_were_allowed():
    found = unplaced(
        [offer(seats=4), offer("o2", seats=4)], [need(f"n{i}", latest_start="2027-02-01") for i in range(3)]
    )
    assert [u.reasons for u in found.values()] == [({"code": "taken", "offers": 2},)]


def helps(offers, needs, **changes):
    return {h["change"]: h for u in unplaced(offers, needs, **changes).values() for h in u.would_help}


HELP = {
    "seats": ([offer(seats=6)], need(seats=8), {"from": 8, "to": 6}),
    "max_km": ([offer()], need(max_km=0.2), {"from": 0.2, "to": 0.3}),
    "latest_start": (
        [offer(available=[{"from": "2027-03-01", "until": "2027-12-31"}])],
        need(),
        {"from": "2027-02-15", "to": "2027-03-01"},
    ),
    "earliest_start": (
        [offer(available=[{"from": "2027-01-01", "until": "2027-02-20"}])],
        need(),
        {"from": "2027-02-01", "to": "2027-01-20"},
    ),
    "days": (
        [offer(available=[{"from": "2027-01-01", "until": "2027-02-20"}])],
        need(),
        {"from": 28, "to": 20},
    ),
    "weekdays": ([offer(weekdays=["mon"])], need(), {"from": ["mon", "wed"], "to": ["mon"]}),
    "must": ([offer()], need(must=["lift"]), {"from": ["lift"], "to": []}),
}


@pytest.mark.parametrize("change", HELP)
def test_the_smallest_change_is_found(change):
    offers, asked, expected = HELP[change]
    found = helps(offers, [asked])
    assert {key: found[change][key] for key in ("from", "to")} == expected
    assert found[change]["offer"] == "o1"


def test_help_stands_beside_what_is_already_placed():
    """With six of ten seats taken by a lock, fewer seats means the four that are left, not the ten there are."""
    lock = {"need": "n1", "offer": "o1", "start": "2027-02-01"}
    found = helps(
        [offer()], [need(seats=6), need("n2", seats=7, latest_start="2027-02-01")], decisions={"locked": [lock]}
    )
    assert found["seats"]["to"] == 4


def verified(raw, plan, need_id, change):
    """An independent check: the market with the need changed, the plan with it added, judged by the checker."""
    changed = {**raw, "needs": [dict(n) for n in raw["needs"]]}
    entry = next(n for n in changed["needs"] if n["id"] == need_id)
    before = entry[change["change"]]
    assert before == change["from"] or sorted(before) == sorted(change["from"])
    assert change["to"] != change["from"]
    entry[change["change"]] = change["to"]
    changed["previous"] = []
    found = Market.from_json(changed)
    start = date.fromisoformat(change["start"])
    added = Placement(need_id, change["offer"], start, last_day(found.need_by_id[need_id], start), 0.0, 0)
    more = Plan(found.sha256, "feasible", (*plan.placements, added), (), ())
    return [f for f in check(found, more).faults if f.code != "goals"]


def test_every_help_is_true():
    """Over 200 random markets each promised change, made alone, gives a plan without a fault."""
    kinds = {}
    for seed in range(2000, 2200):
        raw = drawn(seed, offers=4, needs=9)
        plan = solve(Market.from_json(raw), effort="quick")
        for refused in plan.unplaced:
            assert refused.reasons, seed
            assert len(refused.would_help) <= 3
            for change in refused.would_help:
                assert verified(raw, plan, refused.need, change) == [], (seed, refused.need, change)
                kinds[change["change"]] = kinds.get(change["change"], 0) + 1
    assert set(kinds) == set(HELP), kinds


def test_nothing_is_left_out_that_could_simply_be_added():
    """No need stays unplaced while one of its allowed placements fits beside the plan, whatever the goals ask."""
    for seed in range(60):
        raw = drawn(3000 + seed, offers=4, needs=9)
        raw["policy"] = {"goals": ["least_change"]}
        found = Market.from_json(raw)
        plan = solve(found, effort="quick")
        assert check(found, plan).notes == [], seed
