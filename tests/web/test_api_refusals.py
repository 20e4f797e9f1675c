"""Wrong, missing, oversized and hostile requests get a problem document that names what is wrong, and store nothing."""

from __future__ import annotations

from typing import Any

import pytest

from platsverket import accounts
from tests.conftest import Web
from tests.web.caller import caller, fields, need_body, offer_body, stored


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=", "limit", "whole_number"), ("county=", "county", "choice"),
        ("earliest_start=", "earliest_start", "date"), ("mine=", "mine", "choice"),
        ("weekdays=", "weekdays", "choice"), ("limit=0", "limit", "range"),
        ("limit=101", "limit", "range"), ("limit=ten", "limit", "whole_number"),
        ("limit=1&limit=2", "limit", "whole_number"), ("page=0", "page", "range"),
        ("page=1e9", "page", "whole_number"),
        ("page=99999999", "page", "range"), ("county=99", "county", "choice"),
        ("weekdays=someday", "weekdays", "choice"),
        ("must=sauna", "must", "choice"), ("earliest_start=2027-02-30", "earliest_start", "no_such_date"),
        ("mine=maybe", "mine", "choice"), ("sort=address", "sort", "choice"),
        ("text=%00", "text", "control_characters"),
    ],
)  # fmt: skip
def test_a_wrong_query_names_its_parameter(web: Web, query: str, field: str, code: str) -> None:
    """A parameter that is wrong or not known is refused by name, never guessed at."""
    api = caller(web, web.make.officer(web.make.agency()))
    assert fields(api.get(f"/offers?{query}", 422)) == {field: code}


WRONG_PLACED = [
    ({"agency": None}, {"agency": "required"}), ({"agency": "x"}, {"agency": "choice"}),
    ({"agency": "2222222222"}, {"agency": "choice"}), ({"title": ""}, {"title": "required"}),
    ({"title": "x" * 121}, {"title": "too_long"}), ({"title": "a\u0000b"}, {"title": "control_characters"}),
    ({"title": "a\ud800b"}, {"title": "control_characters"}), ({"title": 7}, {"title": "text"}),
    ({"title": ["a"]}, {"title": "text"}), ({"seats": None, "area_m2": None}, {"seats": "seats_or_area"}),
    ({"seats": 0}, {"seats": "range"}), ({"seats": "12"}, {"seats": "whole_number"}),
    ({"seats": 1.5}, {"seats": "whole_number"}), ({"seats": True}, {"seats": "whole_number"}),
    ({"seats": 10**30}, {"seats": "range"}), ({"area_m2": -1}, {"area_m2": "range"}),
    ({"place": "Hittepåstad"}, {"place": "place_unknown"}), ({"place": "Viken"}, {"place": "place_ambiguous"}),
    ({"weekdays": []}, {"weekdays": "choose_at_least"}), ({"weekdays": "mon"}, {"weekdays": "choice"}),
    ({"weekdays": [["mon"]]}, {"weekdays": "choice"}), ({"contact_email": "kim"}, {"contact_email": "email"}),
    ({"id": 1}, {"id": "unknown_field"}), ({"ref": "h4mwk7p2tz"}, {"ref": "unknown_field"}),
    ({"agency_id": 1}, {"agency_id": "unknown_field"}), ({"roles": ["coordinator"]}, {"roles": "unknown_field"}),
    ({"title": "", "seats": 0, "weekdays": []}, {"title": "required", "seats": "range", "weekdays": "choose_at_least"}),
]  # fmt: skip
WRONG_OFFER: list[tuple[dict[str, Any], dict[str, str]]] = [
    *WRONG_PLACED,
    ({"spans": []}, {"spans": "required"}), ({"spans": {}}, {"spans": "list"}), ({"spans": [1]}, {"spans-0": "object"}),
    ({"spans": [{"from": "2027-02-01", "until": "2027-01-01"}]}, {"spans-0-until": "until_before_from"}),
    ({"spans": [{"from": "2027-02-30", "until": ""}]}, {"spans-0-from": "no_such_date", "spans-0-until": "required"}),
    ({"spans": [{"from": "2027-01-01", "until": "2027-02-01"}, {"from": "2027-02-01", "until": "2027-02-02"}]},
     {"spans": "spans_overlap"}),
    ({"features": {"sauna": "yes"}}, {"features": "features"}), ({"features": {"lift": []}}, {"features": "features"}),
    ({"features": ["lift"]}, {"features": "features"}), ({"sharing": "mine"}, {"sharing": "choice"}),
    ({"sharing": ""}, {"sharing": "choice"}), ({"minimum_days": 4000}, {"minimum_days": "range"}),
    ({"spans": [{"from": "2026-01-01", "until": "2026-02-01"}]}, {"spans": "periods_over"}),
    ({"minimum_days": 400}, {"minimum_days": "longer_than_periods"}), ({"area_m2": 9}, {"area_m2": "too_little_area"}),
    ({"visibility": "sealed"}, {"coordinators": "sealed_to_all"}),
    ({"weekdays": ["mon"], "spans": [{"from": "2027-01-05", "until": "2027-01-10"}]}, {"weekdays": "outside_periods"}),
    ({"only_agencies": ["2222222222"]}, {"only_agencies": "choice"}),
    ({"not_agencies": "x"}, {"not_agencies": "choice"}),
    ({"coordinators": ["2222222222"]}, {"coordinators": "choice"}),
    ({"visibility": "secret"}, {"visibility": "choice"}),
    ({"only_agencies": ["2222222222"], "not_agencies": ["2222222222"]}, {"not_agencies": "both_admitted_and_not"}),
]  # fmt: skip
WRONG_NEED: list[tuple[dict[str, Any], dict[str, str]]] = [
    *WRONG_PLACED,
    ({"max_km": 0}, {"max_km": "range"}), ({"max_km": "20"}, {"max_km": "number"}), ({"days": 0}, {"days": "range"}),
    ({"earliest_start": "in May"}, {"earliest_start": "date"}), ({"must": ["sauna"]}, {"must": "choice"}),
    ({"earliest_start": "1999-01-01"}, {"earliest_start": "year"}), ({"wish": "lift"}, {"wish": "choice"}),
    ({"latest_start": "2000-01-01"}, {"latest_start": "latest_before_earliest"}),
    ({"priority": 9}, {"priority": "unknown_field"}),
    ({"earliest_start": "2020-01-01", "latest_start": "2020-01-02"}, {"latest_start": "in_the_past"}),
]  # fmt: skip


@pytest.mark.parametrize(("noun", "wrongs"), [("offers", WRONG_OFFER), ("needs", WRONG_NEED)])
def test_wrong_values_name_their_fields_and_store_nothing(
    web: Web, noun: str, wrongs: list[tuple[dict[str, Any], dict[str, str]]]
) -> None:
    """Each kind of wrong value answers 422 at its own field, when posted and when changed, and nothing is stored."""
    agency = web.make.agency()
    if noun == "offers":
        user = web.make.officer(agency)
        ref, good = web.make.offer(agency, user).ref, offer_body(web, agency.ref)
    else:
        user = web.make.lead(agency)
        ref, good = web.make.need(agency, user).ref, need_body(web, agency.ref)
    api = caller(web, user)
    before, read = stored(web), api.get(f"/{noun}/{ref}").json
    for wrong, faults in wrongs:
        assert fields(api.post(f"/{noun}", {**good, **wrong}, 422)) == faults, wrong
        assert fields(api.put(f"/{noun}/{ref}", {**good, **wrong}, 422)) == faults, wrong
    assert stored(web) == before
    assert api.get(f"/{noun}/{ref}").json == read


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "json"), (b"", "application/json", 400, "json"),
        (b"\xff", "application/json", 400, "json"), (b'{"seats": NaN}', "application/json", 400, "json"),
        (b'{"seats": -Infinity}', "application/json", 400, "json"),
        (b'{"seats": 1e999}', "application/json", 400, "json"),
        (b'{"seats": 1, "seats": 2}', "application/json", 400, "json"),
        (b"[" * 100_000, "application/json", 400, "json"),
        (b"9" * 5000, "application/json", 400, "json"), (b'{"a":' * 50_000, "application/json", 400, "json"),
        (b"[]", "application/json", 422, "invalid"), (b"null", "application/json", 422, "invalid"),
        (b'"text"', "application/json", 422, "invalid"), (b"1", "application/json", 422, "invalid"),
        (b"[" * 500 + b"]" * 500, "application/json", 422, "invalid"),
        (b'{"spans": ' + b"[" * 500 + b"]" * 500 + b"}", "application/json", 422, "invalid"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "media-type"), (b"{}", "text/plain", 415, "media-type"),
        (b"<a/>", "application/xml", 415, "media-type"), (b"{}", "", 415, "media-type"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_a_problem(web: Web, data: bytes, kind: str, status: int, code: str) -> None:
    """Whatever bytes are sent, the answer is a problem document and nothing is stored."""
    api = caller(web, web.make.officer(web.make.agency()))
    before = stored(web)
    answer = api.call("POST", "/offers", status, data=data, content_type=kind)
    assert answer.json["type"] == f"/api/v1/problems/{code}"
    assert stored(web) == before


def test_a_body_that_is_too_large_is_a_problem(web: Web) -> None:
    """More than 2 MB is not read."""
    api = caller(web, web.make.officer(web.make.agency()))
    body = {"description": "x" * 2_000_001}
    assert api.post("/offers", body, 413).json["status"] == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404), ("GET", "/offers/2222222222", 404), ("GET", "/offers/%00", 404),
        ("GET", "/offers/..", 404),
        ("GET", "/offers/1 OR 1=1", 404), ("GET", "/problems/sauna", 404), ("PATCH", "/offers", 405),
        ("DELETE", "/me", 405),
        ("PUT", "/needs", 405), ("TRACE", "/offers", 405), ("GET", "/proposals/å", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_problem_document(web: Web, method: str, path: str, status: int) -> None:
    """Unknown paths and methods answer with a problem, and 405 tells what is allowed."""
    answer = caller(web, web.make.officer(web.make.agency())).call(method, path, status)
    assert (answer.mimetype, answer.json["status"]) == ("application/problem+json", status)
    if status == 405:
        assert "OPTIONS" in answer.headers["Allow"]


def test_without_a_good_token_nothing_is_told(web: Web) -> None:
    """No token, a wrong one, a revoked one, another scheme or a cookie: 401 with how to come in."""
    user = web.make.officer(web.make.agency())
    good = caller(web, user)
    identity = web.make.identity(user)
    (token,) = accounts.tokens(web.make.session, identity)
    assert good.get("/me").json["email"] == user.email
    accounts.revoke_token(web.make.session, identity, token.ref)
    secret = good.headers["Authorization"]
    for header in (secret, "Bearer", "Bearer x", "Basic a2ltOmJlcmc=", "Bearer " + "x" * 5000):
        answer = caller(web).get("/me", 401, headers={"Authorization": header})
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert caller(web).get("/offers", 401).headers["WWW-Authenticate"] == "Bearer"
    email = user.email
    web.make.session.rollback()
    assert web.sign_in(email).get("/api/v1/me").status_code == 401


def test_a_role_is_asked_for_what_it_may_do(web: Web) -> None:
    """Another role answers 403; another's thing that may be seen 403; one that may not be seen 404."""
    agency, other = web.make.agency(), web.make.agency()
    offer, need = web.make.offer(agency), web.make.need(agency)
    sealed = web.make.offer(agency, visibility="sealed")
    officer, lead = caller(web, web.make.officer(other)), caller(web, web.make.lead(other))
    lead.post("/offers", offer_body(web, other.ref), 403)
    officer.post("/needs", need_body(web, other.ref), 403)
    officer.get("/rounds", 403)
    officer.post(f"/offers/{offer.ref}/withdrawal", status=403)
    officer.post(f"/offers/{sealed.ref}/withdrawal", status=404)
    lead.post(f"/needs/{need.ref}/withdrawal", status=404)
    assert fields(officer.post("/offers", offer_body(web, agency.ref), 422)) == {"agency": "not_own_agency"}
