"""A drawn market follows the recipe, is the same for the same seed, and is a market the engine may read."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from statistics import median

import pytest

import data
from data.figures import Figures, figures
from data.recipe import AS_OF, PILOT_COUNTY, PRESETS, RATES, draw
from data.where import nearest_seat_km
from matching import Market
from platsverket.features import FEATURES

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]


@pytest.fixture(scope="module")
def load():
    """The largest preset: enough of everything to see the recipe's shares."""
    return draw(*PRESETS["load"], seed=7)


@pytest.mark.parametrize("seed", range(6))
def test_a_national_market_meets_the_acceptance_figures_of_the_recipe(seed):
    market = draw(*PRESETS["national"], seed=seed)
    assert (len(market.offers), len(market.needs)) == (1200, 1800)
    reached = figures(market)
    assert 0.61 <= reached.in_large_municipalities <= 0.66
    assert 0.41 <= reached.in_stockholm_county <= 0.45
    assert 0.07 <= reached.out_of_reach <= 0.10
    assert 2.0 <= reached.wednesday_to_friday <= 2.8


def test_the_figures_are_reached_by_the_recipe_and_not_by_choosing_rare_markets(load):
    reached = figures(load)
    assert reached.in_large_municipalities == pytest.approx(0.6307, abs=0.002)
    assert reached.in_stockholm_county == pytest.approx(0.4233, abs=0.001)
    assert reached.wednesday_to_friday == pytest.approx(2.4, abs=0.25)


@pytest.mark.parametrize(
    "wrong", [(0.6, 0.43, 0.08, 2.4), (0.63, 0.4, 0.08, 2.4), (0.63, 0.43, 0.11, 2.4), (0.63, 0.43, 0.08, 3)]
)
def test_a_market_that_misses_one_figure_is_not_accepted(wrong):
    assert Figures(0.63, 0.43, 0.08, 2.4).accepted
    assert not Figures(*wrong).accepted


def test_twenty_municipalities_have_more_than_a_hundred_thousand_people():
    assert sum(place.population > 100_000 for place in data.municipalities()) == 20


def test_the_same_arguments_draw_the_same_market_and_another_seed_another():
    assert draw(60, 90, "23", seed=3) == draw(60, 90, "23", seed=3)
    assert draw(60, 90, "23", seed=3) != draw(60, 90, "23", seed=4)


def test_needs_insist_on_features_as_often_as_is_said_and_only_features_differ():
    usual, choosy = draw(60, 900, "01", must_fraction=0.2), draw(60, 900, "01", must_fraction=0.75)
    assert usual == draw(60, 900, "01") and choosy.offers == usual.offers
    asked = [sum("step_free" in need.must for need in market.needs) / 900 for market in (usual, choosy)]
    assert asked == pytest.approx([0.2 * 0.57, 0.75 * 0.57], abs=0.05)
    bare = [[replace(need, must=(), wish=()) for need in market.needs] for market in (usual, choosy)]
    assert bare[0] == bare[1]


def test_a_county_market_lies_in_its_county_whether_named_by_code_letter_or_name():
    market = draw(*PRESETS["county"], county=PILOT_COUNTY)
    assert {data.municipality(o.municipality_code).county_code for o in (*market.offers, *market.needs)} == {"01"}
    assert draw(20, 20, "23") == draw(20, 20, "Jämtlands län") == draw(20, 20, " z ")


@pytest.mark.parametrize("county", [county.code for county in data.counties()])
def test_every_county_can_be_drawn(county):
    market = draw(*PRESETS["county"], county=county)
    assert (len(market.offers), len(market.needs)) == (60, 90)


@pytest.mark.parametrize(
    "arguments",
    [
        *({"county": "02"}, {"county": ""}, {"offers": -1}, {"needs": -1}, {"seed": -1}),
        *({"must_fraction": wrong} for wrong in (-0.1, 1.1, float("nan"))),
    ],
)
def test_arguments_that_draw_nothing_are_refused_in_one_sentence(arguments):
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        draw(**arguments)


def test_an_empty_market_can_be_drawn_but_has_no_figures():
    market = draw(0, 0)
    assert market.market() == {
        "format": "platsverket-market/1",
        "as_of": "2027-01-04",
        "offers": [],
        "needs": [],
    }
    with pytest.raises(ValueError, match="no figures"):
        figures(market)


def test_the_market_file_has_exactly_the_keys_of_the_format_and_is_json():
    market = json.loads(json.dumps(draw(60, 90, as_of=date(2028, 2, 29)).market(), allow_nan=False))
    assert list(market) == ["format", "as_of", "offers", "needs"]
    assert market["as_of"] == "2028-02-29"
    assert set(market["offers"][0]) == {
        *("id", "agency", "lat", "lon", "seats", "area_m2", "available", "weekdays", "features", "features_unknown"),
        *("sharing", "minimum_days", "only_agencies", "not_agencies"),
    }
    assert set(market["needs"][0]) == {
        *("id", "agency", "lat", "lon", "max_km", "seats", "area_m2", "earliest_start", "latest_start", "days"),
        *("weekdays", "must", "wish", "priority", "waiting_since"),
    }
    assert [offer["id"] for offer in market["offers"][:2]] == ["o0001", "o0002"]
    assert [need["id"] for need in market["needs"][:2]] == ["n0001", "n0002"]


def test_the_engine_reads_a_drawn_market_without_a_fault(load):
    market = Market.from_json(load.market())
    assert (len(market.offers), len(market.needs)) == (10_000, 10_000)


def test_features_are_the_vocabulary_of_the_service_and_each_has_one_answer():
    assert set(RATES) == set(FEATURES)
    for offer in draw(60, 90).offers:
        assert set(offer.features) == set(FEATURES)
        file = offer.market()
        assert not set(file["features"]) & set(file["features_unknown"])


def test_what_is_drawn_is_possible(load):
    known = {item.key for item in data.organisations()}
    for offer in load.offers:
        assert offer.organisation in known and known.issuperset((*(offer.only_agencies or ()), *offer.not_agencies))
        assert offer.seats >= 2 and (offer.area_m2 is None or offer.area_m2 > 0)
        assert [day for day in WEEKDAYS if day in offer.weekdays] == list(offer.weekdays) != []
        assert offer.spans[0][0] >= AS_OF
        edges = [day for span in offer.spans for day in span]
        assert edges == sorted(set(edges))
    for need in load.needs:
        assert need.organisation in known
        assert need.seats >= 1 and need.max_km >= 1 and need.priority >= 1
        assert [day for day in WEEKDAYS if day in need.weekdays] == list(need.weekdays) != []
        assert AS_OF <= need.earliest_start <= need.latest_start <= need.earliest_start + timedelta(weeks=8)
        assert WEEKDAYS[need.earliest_start.weekday()] in need.weekdays
        assert need.waiting_since <= AS_OF
        assert not set(need.must) & set(need.wish)


def test_hosts_are_neither_courts_nor_police_nor_without_a_visiting_address(load):
    barred = {
        data.state_key(agency)
        for agency in data.state_agencies()
        if agency.is_court or agency.is_police or agency.address is None
    }
    assert len(barred) > 100
    assert not barred & {offer.organisation for offer in load.offers}
    assert barred & {need.organisation for need in load.needs}, "courts and police look for premises too"


def test_a_point_lies_near_a_postcode_of_streets_in_its_municipality(load):
    for item in (*load.offers, *load.needs):
        code = data.postcode(item.postcode)
        assert code.in_cc0_list and code.municipality_code == item.municipality_code and code.town == item.locality
        assert abs(item.lat - code.lat) < 0.15
        assert abs(item.lon - code.lon) < 0.35


def _share(items, true):
    return sum(map(true, items)) / len(items)


def test_offers_follow_the_shares_of_the_recipe(load):
    offers = load.offers
    kinds = Counter(offer.kind for offer in offers)
    assert [kinds[kind] / len(offers) for kind in ("spare_seats", "vacated", "room")] == pytest.approx(
        [0.65, 0.25, 0.10], abs=0.02
    )
    assert _share(offers, lambda o: len(o.weekdays) == 5) == pytest.approx(0.45, abs=0.02)
    assert _share(offers, lambda o: o.weekdays == ("mon", "fri")) == pytest.approx(0.25, abs=0.02)
    assert _share(offers, lambda o: o.weekdays == ("mon", "thu", "fri")) == pytest.approx(0.15, abs=0.02)
    assert _share(offers, lambda o: len(o.weekdays) == 1) == pytest.approx(0.15, abs=0.02)
    assert _share(offers, lambda o: len(o.spans) == 2) == pytest.approx(0.10, abs=0.01)
    months = Counter(round(((o.spans[-1][1] - o.spans[0][0]).days + 1) / 30.4) for o in offers)
    assert [months[m] / len(offers) for m in (3, 6, 12, 24)] == pytest.approx([0.2, 0.3, 0.3, 0.2], abs=0.02)
    for code, yes in {
        "step_free": 0.57,
        "parking": 0.7,
        "whiteboard": 0.69,
        "hearing_loop": 0.07,
        "video": 0.6,
    }.items():
        assert _share(offers, lambda o, code=code: o.features[code] == "yes") == pytest.approx(yes, abs=0.02)
    assert _share(offers, lambda o: o.features["step_free"] == "unknown") == pytest.approx(0.40, abs=0.02)
    assert _share(offers, lambda o: o.sharing == "shared") > 0.8


def test_sizes_of_offers_follow_the_recipe(load):
    rooms = sorted(offer.seats for offer in load.offers if offer.kind == "room")
    assert rooms[len(rooms) // 10] == pytest.approx(12, abs=1.5)
    assert median(rooms) == pytest.approx(28, abs=3)
    assert rooms[len(rooms) * 9 // 10] == pytest.approx(114, rel=0.15)
    vacated = [offer for offer in load.offers if offer.kind == "vacated"]
    assert all(40 <= offer.area_m2 <= 5000 for offer in vacated)
    assert median(offer.area_m2 for offer in vacated) == pytest.approx(590, rel=0.1)
    assert median(offer.area_m2 / offer.seats for offer in vacated) == pytest.approx(15.5, abs=1)


def test_needs_follow_the_shares_of_the_recipe(load):
    needs = load.needs
    for kind, share, low, high in (("few", 0.5, 1, 4), ("team", 0.35, 5, 25), ("office", 0.15, 10, 122)):
        sizes = [need.seats for need in needs if need.kind == kind]
        assert len(sizes) / len(needs) == pytest.approx(share, abs=0.02)
        assert (min(sizes), max(sizes)) == (low, high)
    few = [need.seats for need in needs if need.kind == "few"]
    assert few.count(1) / len(few) == pytest.approx(0.60, abs=0.02)
    assert few.count(2) / len(few) == pytest.approx(0.25, abs=0.02)
    for low, high, share in ((1, 1, 0.15), (7, 28, 0.15), (30, 183, 0.40), (184, 365, 0.30)):
        assert _share(needs, lambda n, low=low, high=high: low <= n.days <= high) == pytest.approx(share, abs=0.02)
    several = [need for need in needs if need.days > 1]
    asked = [_share(several, lambda n, day=day: day in n.weekdays) for day in WEEKDAYS]
    assert asked[4] < asked[0] < asked[1] < asked[2]
    assert asked[3] == pytest.approx(asked[1], abs=0.02)
    assert all(len(need.weekdays) == 1 for need in needs if need.days == 1)


def test_the_largest_distance_is_a_multiple_of_the_way_to_the_next_seat(load):
    seats = nearest_seat_km()
    assert min(seats.values()) > 1
    for need in load.needs:
        km = seats[need.municipality_code]
        assert any(0 <= need.max_km - factor * km < 1 for factor in (0.25, 0.5, 1, 2))


def test_titles_name_a_kind_of_place_and_the_locality_and_nobody(load):
    titles = {item.title.replace(item.locality, "…") for item in (*load.offers, *load.needs)}
    assert titles == {
        "Lediga arbetsplatser i …",
        "Ledig kontorsdel i …",
        "Möteslokal i …",
        "Plats för en dag i …",
        "Lokal för en heldag i …",
        "En arbetsplats i …",
        "Två arbetsplatser i …",
        "Tre arbetsplatser i …",
        "Fyra arbetsplatser i …",
        "Plats för ett projekt i …",
        "Lokalkontor i …",
    }
