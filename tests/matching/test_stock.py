"""A stock of offers answers by the rules of a placement, however many are asked at once."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from matching import Market, Stock, Wanted, why_not
from matching.candidates import allowed
from matching.goals import fit
from matching.rules import table_of
from tests.matching.markets import FEATURES, drawn_need, drawn_offer, market, offer

CRITERIA = {
    "max_km": {"max_km": None},
    "seats": {"seats": None},
    "area_m2": {"area_m2": None},
    "dates": {"earliest_start": None, "latest_start": None, "days": None},
    "weekdays": {"weekdays": ()},
    "agency": {"agency": None},
}


def drawn(seed: int) -> Market:
    """Thirty offers and ten needs without wishes, drawn."""
    rng = random.Random(seed)
    needs = [{**drawn_need(rng, i), "wish": []} for i in range(10)]
    return Market.from_json(market([drawn_offer(rng, i) for i in range(30)], needs))


def stock_of(read: Market) -> Stock:
    return Stock(read.offers, FEATURES)


def wanted_of(need) -> Wanted:
    names = ("lat", "lon", "max_km", "seats", "area_m2", "earliest_start", "latest_start", "days", "weekdays", "must")
    return Wanted(agency=need.agency, **{name: getattr(need, name) for name in names})


def seek(offers: list[dict], **wanted):
    read = Market.from_json(market(offers, []))
    return stock_of(read).seek(Wanted(**wanted), date(2027, 1, 4))


def test_what_is_found_is_what_the_rules_allow():
    """On drawn markets: the same offers as pair by pair, each with its earliest start and the fit from there."""
    for seed in range(20):
        read = drawn(seed)
        rows = allowed(table_of(read))
        for at, need in enumerate(read.needs):
            found = stock_of(read).seek(wanted_of(need), read.as_of)
            want = [i for i, o in enumerate(read.offers) if not why_not(read, need.id, o.id)]
            assert found.offer.tolist() == want, seed
            mine = rows.where(np.flatnonzero(rows.need == at))
            points = fit(mine)
            for i, row in enumerate(want):
                here = np.flatnonzero(mine.offer == row)
                assert found.first[i] == np.asarray(mine.start)[here].min()
                assert found.fit[i] == points[here].max()
                assert found.km[i] == pytest.approx(mine.km[here][0])


def test_more_is_what_would_be_found_without_the_criterion():
    """Each criterion dropped by itself finds as many more as was said, weekdays and features too."""
    told = 0
    for seed in range(20):
        read = drawn(seed)
        stock, as_of = stock_of(read), read.as_of
        for need in read.needs:
            wanted = wanted_of(need)
            found = stock.seek(wanted, as_of)
            dropped = {f"must:{f}": {"must": tuple(m for m in need.must if m != f)} for f in need.must}
            for name, change in {**CRITERIA, **dropped}.items():
                if name not in found.more:
                    assert name == "area_m2" and need.area_m2 is None
                    continue
                without = stock.seek(replace(wanted, **change), as_of)
                assert len(without.offer) - len(found.offer) == found.more[name], (seed, need.id, name)
                told += found.more[name] > 0
    assert told > 100


def test_nothing_wanted_finds_everything():
    """Also what has no day left, and no place means no distance."""
    found = seek([offer("o1"), offer("o2", available=[{"from": "2026-01-01", "until": "2026-12-31"}])])
    assert found.offer.tolist() == [0, 1] and found.more == {}
    assert found.first.tolist() == [date(2027, 1, 4).toordinal(), 0]
    assert np.isnan(found.km).all()


def test_a_stay_of_no_stated_length_is_the_shortest_allowed():
    """From a day on, where neither length nor weekdays matter: the first open day with room for the shortest stay."""
    offers = [
        offer("o1", weekdays=["wed"], minimum_days=7),
        offer("o2", available=[{"from": "2027-03-01", "until": "2027-03-05"}], minimum_days=5),
        offer("o3", available=[{"from": "2027-03-01", "until": "2027-03-05"}], minimum_days=6),
    ]
    found = seek(offers, earliest_start=date(2027, 3, 1))
    assert found.offer.tolist() == [0, 1]
    assert [date.fromordinal(day) for day in found.first.tolist()] == [date(2027, 3, 3), date(2027, 3, 1)]


def test_only_those_among_are_found_and_counted():
    """What is left out is neither found nor counted among what more there would be."""
    read = Market.from_json(market([offer("o1"), offer("o2", seats=2), offer("o3"), offer("o4", seats=1)], []))
    among = np.array([True, True, False, False])
    found = stock_of(read).seek(Wanted(seats=5), date(2027, 1, 4), among)
    assert found.offer.tolist() == [0] and found.more == {"seats": 1}


def test_a_start_lies_never_in_the_past():
    """Wanted from last year on, it begins on the day of asking at the earliest."""
    found = seek([offer("o1")], earliest_start=date(2026, 3, 1), days=10)
    assert found.first.tolist() == [date(2027, 1, 4).toordinal()]


def test_an_empty_stock_finds_nothing():
    assert seek([], seats=3, weekdays=("mon",), earliest_start=date(2027, 1, 4)).offer.tolist() == []


def test_an_unknown_feature_is_refused():
    """It must not count as one that nobody asked for."""
    with pytest.raises(KeyError):
        seek([offer("o1")], must=("sauna",))
