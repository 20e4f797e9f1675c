"""Every organisation has one stable key of our own, and nothing about it is made up."""

from collections import Counter

import data


def test_there_are_state_bodies_regions_and_municipalities_with_one_key_each():
    organisations = data.organisations()
    assert Counter(item.kind for item in organisations) == {"state": 347, "region": 20, "municipality": 290}
    assert len({item.key for item in organisations}) == len(organisations)
    assert all(data.organisation(item.key) is item for item in organisations)
    assert data.organisation("state:finns-inte") is None


def test_keys_are_readable_and_do_not_hang_on_organisation_numbers():
    tax = data.organisation("state:skatteverket")
    assert (tax.name, tax.org_nr, tax.municipality_code, tax.county_code) == (
        "Skatteverket",
        "202100-5448",
        "0183",
        "01",
    )
    town = data.organisation("municipality:2380")
    assert (town.name, town.org_nr, town.precision) == ("Östersunds kommun", "212000-2528", "municipality")


def test_an_address_is_written_for_people_and_missing_where_unknown():
    assert data.organisation("state:alingsas-tingsratt").address == "Södra Ringgatan 23, 441 33 Alingsås"
    unknown = data.organisation("state:valmyndigheten")
    assert unknown.address is None
    assert (unknown.precision, unknown.municipality_code) == ("locality", "0184")
    assert not any("00000" in (item.address or "") or "  " in (item.address or "") for item in data.organisations())


def test_regions_carry_neither_invented_numbers_nor_places():
    regions = [item for item in data.organisations() if item.kind == "region"]
    assert {item.county_code for item in regions} == {c.code for c in data.counties()} - {"09"}
    assert all(item.org_nr is item.lat is item.lon is item.address is None for item in regions)
    assert all(item.precision == "none" for item in regions)


def test_a_point_is_whole_or_absent_and_its_precision_says_which():
    for item in data.organisations():
        assert (item.lat is None) == (item.lon is None) == (item.precision == "none")
        assert item.municipality_code or item.precision == "none"


def test_organisation_numbers_that_are_given_have_a_valid_check_digit():
    for number in filter(None, (item.org_nr for item in data.organisations())):
        digits = [int(sign) for sign in number.replace("-", "")]
        doubled = [digit * (2 - position % 2) for position, digit in enumerate(digits)]
        assert len(digits) == 10
        assert sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0, number
