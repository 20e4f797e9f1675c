"""Whatever is wrong with a market is found, all at once, each with its path; what is right is read as it stands."""

import json
import random

import pytest

from matching import Market, MarketError
from tests.matching.markets import market, need, offer

TWO = [{"from": "2027-01-01", "until": "2027-06-30"}, {"from": "2027-06-30", "until": "2027-12-31"}]
LOCK = {"need": "n1", "offer": "o1", "start": "2027-02-01"}


def with_offer(**changes):
    return market([offer(**changes)], [need()])


def with_need(**changes):
    return market([offer()], [need(**changes)])


def with_(**changes):
    return market([offer()], [need(), need("n2")], **changes)


def locked(*locks, of_offer=(), of_need=(), barred=()):
    return market(
        [offer(**dict(of_offer))],
        [need(**dict(of_need)), need("n2", **dict(of_need))],
        decisions={"locked": list(locks), "barred": list(barred)},
    )


def without(key, value):
    return {k: v for k, v in value.items() if k != key}


FAULTS = {
    "not an object": ([1], "$", "type"),
    "another format": ({**with_(), "format": "platsverket-market/2"}, "$.format", "format"),
    "a key missing": (without("as_of", with_()), "$.as_of", "missing"),
    "a key nobody knows": (with_(colour="red"), "$.colour", "unknown_key"),
    "a key of an offer": (with_offer(colour="red"), "$.offers[0].colour", "unknown_key"),
    "a key of an offer missing": (market([without("sharing", offer())], []), "$.offers[0].sharing", "missing"),
    "a strange key": (with_() | {"a b\n": 1}, '$["a b\\n"]', "unknown_key"),
    "offers not a list": (with_() | {"offers": {}}, "$.offers", "type"),
    "an offer not an object": (with_() | {"offers": [3]}, "$.offers[0]", "type"),
    "a number as text": (with_offer(seats="12"), "$.offers[0].seats", "type"),
    "a number with a fraction": (with_need(seats=1.5), "$.needs[0].seats", "type"),
    "true as a number": (with_need(seats=True), "$.needs[0].seats", "type"),
    "no seats": (with_need(seats=0), "$.needs[0].seats", "too_small"),
    "seats beyond counting": (with_need(seats=10**30), "$.needs[0].seats", "too_large"),
    "priority below one": (with_need(priority=0), "$.needs[0].priority", "too_small"),
    "a latitude beyond the pole": (with_offer(lat=90.1), "$.offers[0].lat", "too_large"),
    "a longitude beyond the date line": (with_need(lon=-180.5), "$.needs[0].lon", "too_small"),
    "NaN": (with_offer(lat=float("nan")), "$.offers[0].lat", "not_finite"),
    "infinity": (with_need(max_km=float("inf")), "$.needs[0].max_km", "not_finite"),
    "a negative distance": (with_need(max_km=-1), "$.needs[0].max_km", "too_small"),
    "a negative area": (with_need(area_m2=-1), "$.needs[0].area_m2", "too_small"),
    "a null that is not allowed": (with_offer(minimum_days=None), "$.offers[0].minimum_days", "type"),
    "an empty id": (with_offer(id=""), "$.offers[0].id", "empty"),
    "an id that is no text": (with_offer(id=7), "$.offers[0].id", "type"),
    "half a character": (with_offer(agency="\ud800"), "$.offers[0].agency", "not_text"),
    "a date that does not exist": (with_need(earliest_start="2027-02-30"), "$.needs[0].earliest_start", "not_a_date"),
    "a date in another spelling": (with_need(earliest_start="20270201"), "$.needs[0].earliest_start", "not_a_date"),
    "a date with a time": (with_() | {"as_of": "2027-01-04T00:00"}, "$.as_of", "not_a_date"),
    "until before from": (
        with_offer(available=[{"from": "2027-02-02", "until": "2027-02-01"}]),
        "$.offers[0].available[0]",
        "until_before_from",
    ),
    "availabilities that share a day": (with_offer(available=TWO), "$.offers[0].available[1]", "overlap"),
    "latest before earliest": (with_need(latest_start="2027-01-31"), "$.needs[0]", "latest_before_earliest"),
    "a weekday nobody knows": (with_need(weekdays=["mån"]), "$.needs[0].weekdays[0]", "not_one_of"),
    "no weekday": (with_need(weekdays=[]), "$.needs[0].weekdays", "empty"),
    "a weekday twice": (with_need(weekdays=["mon", "mon"]), "$.needs[0].weekdays[1]", "repeated"),
    "a sharing nobody knows": (with_offer(sharing="both"), "$.offers[0].sharing", "not_one_of"),
    "a feature that is no text": (with_offer(features=[1]), "$.offers[0].features[0]", "type"),
    "an id twice": (market([offer(), offer()], []), "$.offers[1].id", "duplicate_id"),
    "a need's id twice": (market([], [need(), need()]), "$.needs[1].id", "duplicate_id"),
    "a lock of an unknown need": (locked({**LOCK, "need": "x"}), "$.decisions.locked[0].need", "unknown_need"),
    "a lock at an unknown offer": (locked({**LOCK, "offer": "x"}), "$.decisions.locked[0].offer", "unknown_offer"),
    "a previous of an unknown need": (with_(previous=[{**LOCK, "need": "x"}]), "$.previous[0].need", "unknown_need"),
    "a previous need twice": (with_(previous=[LOCK, LOCK]), "$.previous[1]", "need_repeated"),
    "a bar of an unknown offer": (
        locked(barred=[{"agency": "a", "offer": "x"}]),
        "$.decisions.barred[0].offer",
        "unknown_offer",
    ),
    "a bar of nobody": (locked(barred=[{"offer": "o1"}]), "$.decisions.barred[0]", "bar_shape"),
    "a bar of both": (
        locked(barred=[{"offer": "o1", "need": "n1", "agency": "a"}]),
        "$.decisions.barred[0]",
        "bar_shape",
    ),
    "two locks of one need": (locked(LOCK, {**LOCK, "start": "2027-03-01"}), "$.decisions.locked[1]", "need_repeated"),
    "a lock that is barred": (
        locked(LOCK, barred=[{"need": "n1", "offer": "o1"}]),
        "$.decisions.locked[0]",
        "lock_barred",
    ),
    "a lock whose agency is barred": (
        locked(LOCK, barred=[{"agency": "guest", "offer": "o1"}]),
        "$.decisions.locked[0]",
        "lock_barred",
    ),
    "a lock outside the availability": (locked({**LOCK, "start": "2027-12-10"}), "$.decisions.locked[0]", "lock_dates"),
    "a lock across two availabilities": (
        locked(
            LOCK,
            of_offer={
                "available": [
                    {"from": "2027-01-01", "until": "2027-02-10"},
                    {"from": "2027-02-11", "until": "2027-12-31"},
                ]
            },
        ),
        "$.decisions.locked[0]",
        "lock_dates",
    ),
    "a lock at the end of the calendar": (
        locked(
            {**LOCK, "start": "9999-12-31"}, of_offer={"available": [{"from": "9999-12-30", "until": "9999-12-31"}]}
        ),
        "$.decisions.locked[0]",
        "lock_dates",
    ),
    "locks beyond the seats": (
        locked(LOCK, {**LOCK, "need": "n2"}, of_offer={"seats": 7}),
        "$.decisions.locked",
        "lock_capacity",
    ),
    "locks that meet in an exclusive offer": (
        locked(LOCK, {**LOCK, "need": "n2"}, of_offer={"sharing": "exclusive"}),
        "$.decisions.locked",
        "lock_exclusive",
    ),
    "a goal nobody knows": (with_(policy={"goals": ["cheapest"]}), "$.policy.goals[0]", "not_one_of"),
    "a goal twice": (with_(policy={"goals": ["best_fit", "best_fit"]}), "$.policy.goals[1]", "repeated"),
    "no goal": (with_(policy={"goals": []}), "$.policy.goals", "empty"),
    "no step": (with_(policy={"start_step_days": 0}), "$.policy.start_step_days", "too_small"),
}


def faults_of(value):
    with pytest.raises(MarketError) as caught:
        Market.from_json(value)
    return caught.value.faults


@pytest.mark.parametrize("name", FAULTS)
def test_fault_has_its_path_code_and_sentence(name):
    """One fault in a market is reported once, with its path, its code and one line of plain text."""
    value, path, code = FAULTS[name]
    found = faults_of(value)
    assert [(f.path, f.code) for f in found[:1]] == [(path, code)]
    assert all(str(f).startswith(f.path) and "\n" not in str(f) for f in found)


def test_every_fault_is_reported_at_once():
    """Faults in different corners of a market do not hide each other."""
    value = with_need(seats=-1, weekdays=["nope"], days=0) | {
        "as_of": "never",
        "decisions": {"locked": [{**LOCK, "offer": "nowhere"}], "barred": [{"offer": "o1"}]},
        "previous": [{"need": "nobody", "offer": "o1", "start": "x"}],
    }
    assert {f.path for f in faults_of(value)} == {
        "$.as_of",
        "$.needs[0].seats",
        "$.needs[0].weekdays[0]",
        "$.needs[0].days",
        "$.decisions.locked[0].offer",
        "$.decisions.barred[0]",
        "$.previous[0].need",
        "$.previous[0].start",
    }


def test_sums_stay_exact():
    """Priorities whose sum no float could hold exactly are refused before they are miscounted."""
    needs = [need(f"n{i}", seats=10**6, priority=10**9) for i in range(10)]
    assert [f.code for f in faults_of(market([], needs))] == ["total_too_large"]


BYTES = {
    "nothing": (b"", "not_json"),
    "half a file": (b'{"format": "platsverket-mark', "not_json"),
    "not UTF-8": (json.dumps(with_()).encode().replace(b"guest", b"g\xe5st"), "not_utf8"),
    "UTF-16": (json.dumps(with_()).encode("utf-16"), "not_utf8"),
    "deep nesting": (b'{"format":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "too_deep"),
    "a number of thousands of digits": (b'{"as_of": ' + b"9" * 5000 + b"}", "not_json"),
    "a key twice": (b'{"format": "platsverket-market/1", "format": "x"}', "repeated_key"),
}


@pytest.mark.parametrize("name", BYTES)
def test_broken_files_are_named(name):
    """Bytes that are no market at all give one clear fault, not a traceback."""
    data, code = BYTES[name]
    with pytest.raises(MarketError) as caught:
        Market.read(data)
    assert caught.value.faults[0].code == code and caught.value.faults[0].path == "$"


def test_nan_in_a_file_has_its_path():
    data = json.dumps(with_offer(lat=float("nan"), lon=1e999)).encode()
    with pytest.raises(MarketError) as caught:
        Market.read(data)
    assert [(f.path, f.code) for f in caught.value.faults] == [
        ("$.offers[0].lat", "not_finite"),
        ("$.offers[0].lon", "not_finite"),
    ]


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.json", tmp_path, "a\0b"):
        with pytest.raises(MarketError) as caught:
            Market.read(path)
        assert [f.code for f in caught.value.faults] == ["unreadable"]


def test_large_file_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("matching.reading.MOST_BYTES", 100)
    path = tmp_path / "large.json"
    path.write_bytes(b" " * 101)
    for source in (path, path.read_bytes()):
        with pytest.raises(MarketError) as caught:
            Market.read(source)
        assert [f.code for f in caught.value.faults] == ["too_large_file"]


def test_defaults_are_those_of_the_contract():
    found = Market.from_json(with_())
    assert found.policy.goals == ("most_seats", "longest_waiting", "best_fit", "least_change")
    assert found.policy.start_step_days == 7
    assert found.offers[0].minimum_days == 1 and found.offers[0].only_agencies is None


def test_written_and_read_again_it_is_the_same_market():
    found = Market.from_json(
        locked(LOCK, barred=[{"agency": "x", "offer": "o1"}]) | {"previous": [{**LOCK, "need": "n2"}]}
    )
    again = Market.read(json.dumps(found.to_json()).encode())
    assert again == found and again.sha256 == found.sha256


def test_fingerprint_is_of_the_content():
    """Shuffled lists and written-out defaults do not change it; any value does."""
    rng = random.Random(1)
    plain = market([offer(f"o{i}") for i in range(5)], [need(f"n{i}") for i in range(5)])
    shuffled = json.loads(json.dumps(plain))
    rng.shuffle(shuffled["offers"])
    rng.shuffle(shuffled["needs"])
    shuffled["needs"][0]["weekdays"].reverse()
    shuffled["needs"][0]["wish"] = []
    one = Market.from_json(plain)
    assert Market.from_json(shuffled).sha256 == one.sha256
    for changed in (with_need(seats=5), with_need(max_km=10.5), with_(as_of="2027-01-05")):
        assert Market.from_json(changed).sha256 != Market.from_json(with_need()).sha256


def test_empty_market_is_a_market():
    assert Market.from_json(market([], [])).needs == ()
