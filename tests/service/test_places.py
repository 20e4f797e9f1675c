"""Places are found however they are spelled, several ask back, and nothing hostile gets through."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from geopy.geocoders.base import Geocoder

from platsverket.config import PlaceSettings
from platsverket.errors import Refused
from platsverket.places import RegisterGeocoder, by_label, geocoder, pin, resolve, search


def refusal(text, **options):
    with pytest.raises(Refused) as error:
        resolve(text, **options)
    return error.value


def labels(text, limit=8):
    return [place.label for place in search(text, limit)]


@pytest.mark.parametrize(
    "text", ["Östersund", "östersund", "ÖSTERSUND", "ostersund", "OSTERSUND", "  Östersund \t", "O\u0308stersund"]
)
def test_every_spelling_of_a_town_finds_it(text):
    place = resolve(text)
    assert (place.label, place.municipality_code, place.precision) == ("Östersund", "2380", "locality")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("upplands  bro", "Upplands-Bro kommun"),
        ("UPPLANDS-BRO", "Upplands-Bro kommun"),
        ("malung salen", "Malung-Sälens kommun"),
        ("linneuniversitetet", "Linnéuniversitetet (Växjö)"),
        ("Linnéuniversitetet", "Linnéuniversitetet (Växjö)"),
        ("gotland", "Gotlands kommun"),
        ("Östersunds kommun", "Östersunds kommun"),
        ("svk", "Affärsverket svenska kraftnät (Sundbyberg)"),
        ("Swedish Tax Agency", "Skatteverket (Sundbyberg)"),
        ("växjö tingsrätt och mark och miljödomstol", "Växjö tingsrätt (Växjö)"),
        ("83130", "831 30 Östersund"),
        ("831 30", "831 30 Östersund"),
        ("SE-831 30 Ostersund", "831 30 Östersund"),
        ("Abisko", "Abisko (Kiruna)"),
        ("raa", "Råå (Helsingborg)"),
        ("Malmoe", "Malmö"),
        ("GOETEBORG", "Göteborg"),
        ("Aengelholm", "Ängelholm"),
        ("Aare", "Åre"),
        ("Malmoe kommun", "Malmö kommun"),
        ("S-114 17", "114 17 Stockholm"),
        ("SE-114 17", "114 17 Stockholm"),
        ("s 114 17 Stockholm", "114 17 Stockholm"),
    ],
)
def test_agencies_postcodes_towns_and_municipalities_are_found(text, label):
    assert resolve(text).label == label


def test_what_a_place_is_known_by_is_its_precision():
    precision = {text: resolve(text).precision for text in ("83130", "Skatteverket", "Valmyndigheten", "Vuollerim")}
    assert precision == {
        "83130": "postcode",
        "Skatteverket": "postcode",
        "Valmyndigheten": "locality",
        "Vuollerim": "locality",
    }
    assert resolve("Ydre").precision == "municipality"
    assert resolve("63.1792, 14.6357").precision == "pin"


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("Backa", ["Backa (Rättvik)", "Backa (Skellefteå)"]),
        ("ås", ["Ås (Krokom)", "Ås (Sollefteå)"]),
        ("as", ["Ås (Krokom)", "Ås (Sollefteå)"]),
        ("Mora", ["Mora (Mora)", "Mora (Säter)"]),
        ("Berg", ["Berg (Linköping)", "Bergs kommun"]),
        ("Habo", ["Habo (Habo)", "Håbo kommun"]),
    ],
)
def test_a_name_in_several_municipalities_asks_back_and_each_answer_resolves(text, choices):
    refused = refusal(text)
    assert (refused.code, refused.status) == ("place_ambiguous", 422)
    assert sorted(place.label for place in refused.numbers["choices"]) == choices
    for place in refused.numbers["choices"]:
        assert resolve(place.label) == resolve(place.label.upper()) == by_label(place.label) == place


@pytest.mark.parametrize(
    "text",
    ["59.33, 18.06", "59,33, 18,06", "59,33 18,06", "59.33;18.06", " 59.33° 18.06° ", "59.33,18.06", "59,33,18,06"],
)
def test_a_pin_is_read_with_points_or_commas(text):
    place = resolve(text)
    assert (place.lat, place.lon, place.kind, place.municipality) == (59.33, 18.06, "pin", "Stockholm")
    assert place.label == "59.33, 18.06 (Stockholm)"
    assert by_label(place.label) == place


@pytest.mark.parametrize("text", ["55.676, 12.568", "18.06, 59.33", "0.0, 0.0", "-59.33, 18.06", "999.0, 999.0"])
def test_a_pin_outside_sweden_is_refused(text):
    refused = refusal(text)
    assert (refused.code, refused.status) == ("place_outside_sweden", 422)
    assert search(text) == []


@pytest.mark.parametrize("point", [(float("nan"), 18.0), (59.3, float("nan")), (float("inf"), 18.0), (1e308, -1e308)])
def test_a_pin_that_is_no_point_is_refused(point):
    with pytest.raises(Refused, match="place_outside_sweden"):
        pin(*point)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Atlantis",
        "00000",
        "831 30 Umeå",
        "59.33",
        "59,18",
        "nan, nan",
        "1e5, 1e5",
        "Östersund" * 1200,
        "59.33 " * 2000,
        "\x00",
        "Östersund\x00",
        "Öster\u200fsund",
        "\u202eÖstersund",
        "Östersund 😀",
        "<script>alert(1)</script>",
        "'; DROP TABLE place; --",
        "%",
        "_" * 50,
        "\ud800",
        "²",
        "٥٩",
        "(((((((((",
    ],
)
def test_hostile_and_unknown_text_is_an_unknown_place_everywhere(text):
    refused = refusal(text)
    assert (refused.code, refused.status) == ("place_unknown", 422)
    assert len(refused.numbers["text"]) <= 80
    assert by_label(text) is None
    assert len(search(text)) <= 8
    assert RegisterGeocoder().geocode(text) is None


def test_search_shows_whole_names_before_beginnings_and_beginnings_before_inner_words():
    assert labels("mora")[:2] == ["Mora (Mora)", "Mora (Säter)"]
    found = labels("lund", 100)
    assert found[0] == "Lund"
    assert found.index("Lunds universitet (Lund)") < found.index("Södra Sandby (Lund)")


def test_search_finds_half_typed_agencies_towns_and_codes_in_any_spelling():
    assert labels("skattev")[0] == "Skatteverket (Sundbyberg)"
    assert labels("forsakr") == labels("FÖRSÄKR") == ["Försäkringskassan (Stockholm)"]
    assert labels("ostersu")[0] == "Östersund"
    assert labels("8313", 2) == labels("831 3", 2) == ["831 30 Östersund", "831 31 Östersund"]
    assert labels("831 30 Öst") == labels("831 30") == ["831 30 Östersund"]
    assert labels("59.33, 18.06") == ["59.33, 18.06 (Stockholm)"]


def test_search_keeps_to_its_limit_and_repeats_nothing():
    assert len(labels("s")) == 8
    assert search("s", 0) == search("", 5) == []
    everything = labels("s", 1000)
    assert len(everything) == len(set(everything)) > 100


def test_what_search_shows_can_be_sent_back():
    for text in ("st", "mora", "tingsrätt", "83", "ås", "h"):
        for place in search(text, 50):
            assert by_label(place.label) == resolve(place.label) == place


def test_the_local_registers_speak_geopys_language():
    local = RegisterGeocoder()
    found = local.geocode("Östersund")
    assert (found.address, round(found.latitude, 1), found.raw["place"].precision) == ("Östersund", 63.2, "locality")
    assert local.geocode("Mora") is None
    assert [item.address for item in local.geocode("Mora", exactly_one=False)] == ["Mora (Mora)", "Mora (Säter)"]
    assert local.geocode("0.1, 0.1") is None
    assert local.reverse((63.1792, 14.6357)).raw["place"].municipality == "Östersund"
    assert local.reverse((0, 0)) is None


class Silent(Geocoder):
    """A geocoder that must not be asked."""

    def geocode(self, *_, **__):
        raise AssertionError("asked although the registers know")


@pytest.mark.parametrize("text", ["Östersund", "83130", "Skatteverket", "59.33, 18.06"])
def test_a_geocoder_is_not_asked_for_what_the_registers_know(text):
    assert resolve(text, Silent()) == resolve(text)


@pytest.mark.parametrize("text", ["Mora", "", "\x00", "x" * 10_000])
def test_nor_for_ambiguous_names_and_hostile_text(text):
    assert refusal(text, geocoder=Silent()).code == refusal(text).code


@pytest.fixture
def nominatim():
    """A Nominatim on this machine that answers as told, and the geocoder that the configuration makes of it."""

    class Handler(BaseHTTPRequestHandler):
        asked: ClassVar = []
        status, body, location = 200, b"[]", None

        def do_GET(self):
            self.asked.append((self.path, self.headers["User-Agent"]))
            self.send_response(self.status)
            if self.location:
                self.send_header("Location", self.location)
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    made = geocoder(PlaceSettings("nominatim", f"127.0.0.1:{server.server_port}", "platsverket-test", 5))
    assert made.api.startswith("https://127.0.0.1:")
    made.api = made.api.replace("https", "http")
    yield made, Handler
    server.shutdown()
    thread.join()
    server.server_close()


ANSWER = {
    "lat": "63.17641",
    "lon": "14.63598",
    "display_name": "10, Rådhusgatan, Östersund, Sverige",
    "place_rank": 30,
    "addresstype": "building",
}


@pytest.mark.parametrize(
    ("change", "precision"),
    [
        ({}, "address"),
        ({"place_rank": 26, "addresstype": "road"}, "locality"),
        ({"place_rank": 21, "addresstype": "postcode"}, "postcode"),
        ({"place_rank": 14, "addresstype": "municipality"}, "municipality"),
    ],
)
def test_an_address_is_asked_of_nominatim_and_keeps_the_precision_it_has(nominatim, change, precision):
    asked, handler = nominatim
    handler.body = json.dumps([ANSWER | change]).encode()
    place = resolve("Rådhusgatan 10, Östersund", asked)
    assert (place.label, place.precision) == ("10, Rådhusgatan, Östersund, Sverige", precision)
    assert (place.lat, place.lon, place.municipality_code) == (63.17641, 14.63598, "2380")
    path, agent = handler.asked.pop()
    assert "countrycodes=se" in path
    assert agent == "platsverket-test"


@pytest.mark.parametrize("body", [b"[]", json.dumps([ANSWER | {"lat": "55.676", "lon": "12.568"}]).encode()])
def test_what_nominatim_does_not_know_in_sweden_is_unknown(nominatim, body):
    asked, handler = nominatim
    handler.body = body
    assert refusal("Rådhusgatan 10", geocoder=asked).code == "place_unknown"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (429, b"slow down"),
        (403, b""),
        (200, b"<html>"),
        (200, b"\xff\xfe"),
        (200, b'{"error": 1}'),
        (200, b"[1]"),
        (200, b'[{"lat": "x", "lon": 1, "display_name": ""}]'),
    ],
)
def test_a_failing_nominatim_is_unavailable_and_not_an_error_of_ours(nominatim, status, body):
    asked, handler = nominatim
    handler.status, handler.body = status, body
    refused = refusal("Rådhusgatan 10", geocoder=asked)
    assert (refused.code, refused.status) == ("geocoder_unavailable", 503)


def test_a_redirect_is_not_followed(nominatim):
    asked, handler = nominatim
    handler.status, handler.location = 302, asked.api + "?elsewhere"
    handler.asked.clear()
    assert refusal("Rådhusgatan 10", geocoder=asked).code == "geocoder_unavailable"
    assert len(handler.asked) == 1


def test_a_server_that_is_not_there_is_unavailable():
    asked = geocoder(PlaceSettings("nominatim", "127.0.0.1:9", "platsverket-test", 1))
    assert refusal("Rådhusgatan 10", geocoder=asked).status == 503


def test_the_configuration_names_the_geocoder_and_nominatim_needs_a_server():
    assert isinstance(geocoder(PlaceSettings()), RegisterGeocoder)
    with pytest.raises(ValueError, match=r"^Nominatim needs .*\.$"):
        geocoder(PlaceSettings("nominatim"))


def test_a_half_typed_name_may_be_spelled_without_swedish_letters():
    assert labels("malmoe")[0] == "Malmö" and labels("goeteb")[0] == "Göteborg"
    assert labels("S-114 17") == ["114 17 Stockholm"]
