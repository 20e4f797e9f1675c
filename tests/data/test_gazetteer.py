"""Every name in the registers leads to a place, and every label to its own."""

from collections import defaultdict

import pytest

import data
from data.gazetteer import named, nearest_municipality, postcode_place, postcodes_from
from data.land import km_outside
from data.spelling import fold


def test_every_municipality_is_found_by_name_as_one_thing_unless_the_name_is_shared():
    asked_back = {}
    for town in data.municipalities():
        found = named(town.name)
        assert town.code in {place.municipality_code for place in found}
        assert [place.municipality_code for place in named(town.full_name)] == [town.code]
        if len(found) > 1:
            asked_back[town.name] = [place.label for place in found]
    assert asked_back == {
        "Habo": ["Håbo kommun", "Habo (Habo)"],
        "Mora": ["Mora (Mora)", "Mora (Säter)"],
        "Berg": ["Bergs kommun", "Berg (Linköping)"],
    }


def test_every_locality_and_postal_town_is_found_by_its_name():
    for item in data.localities():
        assert item.municipality_code in {place.municipality_code for place in named(item.name)}
    for town in {item.town for item in data.postcodes() if item.precision == "locality"}:
        assert named(town), town


def test_every_agency_with_a_place_is_found_by_its_name_and_by_the_names_of_the_alias_register():
    names = {agency.name for agency in data.state_agencies() if agency.lat is not None}
    for name in names:
        assert [place.kind for place in named(name)] == ["agency"]
    by_fold = {fold(name): name for name in names}
    for alias in data.aliases():
        if fold(alias.official_name) in by_fold:
            assert named(alias.alias), alias.alias


def test_a_name_in_several_municipalities_shows_each_of_them_and_each_label_leads_to_its_own():
    lie_in = defaultdict(set)
    for item in data.localities():
        lie_in[item.name].add(item.municipality_code)
    shared = {name: codes for name, codes in lie_in.items() if len(codes) > 1}
    assert len(shared) == 41
    for name, codes in shared.items():
        found = named(name)
        assert {place.municipality_code for place in found} == codes
        for place in found:
            assert place.label == f"{name} ({place.municipality})"
            assert named(place.label) == [place]


def test_a_postcode_is_no_more_exact_than_its_postal_town():
    place = postcode_place("83130")
    assert (place.label, place.kind, place.precision) == ("831 30 Östersund", "postcode", "postcode")
    vague = next(item for item in data.postcodes() if item.precision == "municipality_seat")
    assert postcode_place(vague.code).precision == "municipality"
    assert postcode_place("00000") is None
    assert [item.label for item in postcodes_from("8313", 2)] == ["831 30 Östersund", "831 31 Östersund"]


def test_the_nearest_locality_decides_the_municipality():
    at = defaultdict(set)
    for item in data.localities():
        at[item.lat, item.lon].add(item.municipality_code)
    for (lat, lon), codes in at.items():
        assert nearest_municipality(lat, lon).code in codes
    assert nearest_municipality(63.2, 14.6).name == "Östersund"
    assert nearest_municipality(67.9, 18.6).name == "Kiruna"


@pytest.mark.parametrize(("lat", "lon"), [(55.676, 12.568), (59.913, 10.752), (60.097, 19.935), (0, 0), (-59.3, 18)])
def test_points_abroad_lie_outside(lat, lon):
    assert km_outside(lat, lon) > 10


def test_every_place_of_the_registers_lies_in_sweden_or_on_an_island_near_it():
    assert km_outside(63.18, 14.64) == 0
    assert all(km_outside(item.lat, item.lon) < 10 for item in data.localities())
