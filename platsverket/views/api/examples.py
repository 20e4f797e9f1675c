"""One example of every body and every answer, as the document shows them; the tests hold each against its schema."""

from typing import Any

OFFER_REF, NEED_REF, HOST, GUEST = "h4mwk7p2tz", "n9dr3xb6qa", "a2b3c4d5e6", "b7c8d9e2f3"
ROUND_REF, RUN_REF, PROPOSAL_REF, AGREEMENT_REF = "r5t6v7w8x9", "c2d4f6h8k3", "p3q5s7u9w2", "g6j8m2n4p7"


def _problem(status: int, code: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    return {
        "type": f"/api/v1/problems/{code.replace('_', '-')}" if code else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "/api/v1/offers",
        **more,
    }


GONE = "The page or the thing you look for does not exist, or is not yours to see."
WITHDRAWN = "The premises have been withdrawn and can no longer be changed. Copy them to post them again."
CHANGED = "Somebody else has changed this since you opened it. Read it again and repeat your change."
OURS = "Something unexpected happened. If you tell us, give this number: 1f2e3d4c."
BUSY = "Many are working at the same time just now. Nothing was changed. Try again in a moment."
SEATS = {"field": "seats", "code": "range", "detail": "Write a number from 1 to 10,000."}
PROBLEMS = {
    400: _problem(400, "json", "The request could not be understood", "The body is not JSON that can be understood."),
    401: _problem(
        401,
        "bad_token",
        "Sign in first",
        "The API token is missing, wrong or has expired. Make a new one under My account.",
    ),
    403: _problem(403, "forbidden", "You may not do this", "The roles you have do not cover this."),
    404: _problem(404, "not_found", "The page is not here", GONE),
    409: _problem(409, "offer_withdrawn", "That cannot be done right now", WITHDRAWN),
    412: _problem(412, "stale", "It has changed in the meantime", CHANGED),
    413: _problem(413, "", "Too much was sent", "Too much was sent."),
    415: _problem(415, "media_type", "The format is not supported", "Send the body as application/json."),
    422: _problem(422, "invalid", "Something is not right", "Something is missing or not right.", errors=[SEATS]),
    500: _problem(500, "", "Something went wrong with us", OURS),
    503: _problem(503, "busy", "Please try again in a moment", BUSY),
}

WORKWEEK = ["mon", "tue", "wed", "thu", "fri"]
CONTACT = {"contact_name": "Kim Berg", "contact_email": "kim.berg@myndighet.example", "contact_phone": "010-123 45 67"}
OFFER_BODY: dict[str, Any] = {
    "agency": HOST, "title": "Kontor nära stationen", "description": "Plan 3, ljust.", "place": "Östersund",
    "address": "Storgatan 1", "visibility": "open", "seats": 12, "area_m2": 180,
    "spans": [{"from": "2027-01-11", "until": "2027-06-30"}, {"from": "2027-08-16", "until": "2027-12-31"}],
    "weekdays": WORKWEEK, "features": {"step_free": "yes", "parking": "no"}, "sharing": "shared", "minimum_days": 7,
    "cost_per_seat_day": 85, "holding": "leased",
    "only_agencies": [], "not_agencies": [GUEST], "coordinators": [], **CONTACT,
}  # fmt: skip
OFFER = {
    "ref": OFFER_REF, "status": "open", "exact": True, **OFFER_BODY, "agency_name": "Trafikverket", "seats_from": 12,
    "municipality_code": "2380", "municipality": "Östersund", "lat": 63.1792, "lon": 14.6357, "precision": "locality",
    "posted_at": "2026-11-23T09:30:00Z", "changed_at": "2026-11-23T09:30:00Z", "valid_until": "2027-02-21",
}  # fmt: skip
COARSE_OFFER = {
    **dict.fromkeys(OFFER), "ref": "k2m4n6p8q3", "status": "open", "exact": False, "visibility": "restricted",
    "seats_from": 10, "municipality_code": "2380", "municipality": "Östersund",
}  # fmt: skip
NEED_BODY: dict[str, Any] = {
    "agency": GUEST, "title": "Projektrum", "description": "", "place": "Östersund", "max_km": 20.0, "seats": 5,
    "area_m2": None, "earliest_start": "2027-02-01", "latest_start": "2027-03-01", "days": 91,
    "weekdays": ["tue", "wed"], "must": ["step_free"], "wish": ["meeting_room"], **CONTACT,
}  # fmt: skip
NEED = {
    "ref": NEED_REF, "status": "open", **NEED_BODY, "agency_name": "Länsstyrelsen i Jämtlands län",
    "municipality_code": "2380", "municipality": "Östersund", "lat": 63.1792, "lon": 14.6357, "precision": "locality",
    "priority": 1, "waiting_since": "2026-11-20", "posted_at": "2026-11-20T12:00:00Z",
    "changed_at": "2026-11-20T12:00:00Z",
}  # fmt: skip
NEED_IN_FULL = NEED | {
    "without_proposal": {
        "round": ROUND_REF, "published_at": "2027-01-08T09:00:00Z", "set_aside": None,
        "reasons": [{"code": "taken", "offers": None}],
        "would_help": [{"change": "seats", "from": 5, "to": 4, "offer": OFFER_REF, "start": "2027-02-02"}],
    }
}  # fmt: skip
PRIORITY_BODY = {"priority": 3, "reason": "Lokalen de har brann."}
AGENCY = {
    "ref": HOST, "kind": "state", "name": "Trafikverket", "org_nr": "202100-6297", "municipality_code": "2081",
    "county_code": "20",
}  # fmt: skip
PLACE = {
    "label": "Östersund", "kind": "locality", "municipality_code": "2380", "municipality": "Östersund",
    "county_code": "23", "lat": 63.1792, "lon": 14.6357, "precision": "locality",
}  # fmt: skip
FEATURES = {
    "items": [{"code": "step_free", "group": "access", "sv": "Tillgängligt utan trappsteg", "en": "Step-free access"}]
}
FIGURES = {"items": [{"county_code": "23", "county": "Jämtlands län", "premises": 5, "seats": 42}]}
ROUND_BODY = {
    "name": "Våren 2027", "opens_on": "2026-11-01", "freezes_on": "2027-01-04", "publishes_on": "2027-01-08",
    "answer_by": "2027-01-22",
}  # fmt: skip
ROUND = {
    "ref": ROUND_REF, **ROUND_BODY, "status": "matched",
    "goals": ["most_seats", "longest_waiting", "best_fit", "least_change"],
    "opened_at": "2026-11-01T08:00:00Z", "frozen_at": "2027-01-04T06:00:00Z", "published_at": None,
    "cancelled_at": None, "market_sha256": "9f" * 32, "set_aside": [],
}  # fmt: skip
RUN_BODY = {"effort": "normal", "seed": 0}
RUN = {
    "ref": RUN_REF, "number": 1, "status": "done", **RUN_BODY, "requested_at": "2027-01-04T06:05:00Z",
    "started_at": "2027-01-04T06:05:01Z", "ended_at": "2027-01-04T06:06:03Z", "stop_requested_at": None,
    "published_at": None, "is_refill": False, "failure": None, "market_sha256": "3c" * 32,
    "progress": {"phase": "search", "goal": "best_fit", "value": 9120, "bound": 9288},
    "summary": {
        "status": "optimal", "placed": 14, "unplaced": 2, "needs": 16, "seats_placed": 71, "seats_asked": 80,
        "goals": [{"goal": "most_seats", "value": 71, "bound": 71}], "seconds": 1.9, "mean_km": 4.2,
    },
}  # fmt: skip
MARKET = {
    "format": "platsverket-market/1", "as_of": "2027-01-04", "offers": [], "needs": [],
    "decisions": {"locked": [], "barred": []}, "policy": {"goals": ["most_seats"], "start_step_days": 7},
}  # fmt: skip
PLAN = {
    "format": "platsverket-plan/1", "market_sha256": "3c" * 32, "status": "optimal",
    "placements": [
        {"need": NEED_REF, "offer": OFFER_REF, "start": "2027-02-02", "until": "2027-05-03", "km": 0.31, "fit": 748}
    ],
    "unplaced": [], "goals": [{"goal": "most_seats", "value": 5, "bound": 5}], "effort": "normal", "seed": 0,
    "versions": {"matching": "1", "ortools": "9.15"}, "seconds": 1.9,
}  # fmt: skip
DECISION_BODY = {"kind": "lock", "need": NEED_REF, "agency": None, "offer": OFFER_REF, "start": "2027-02-02",
                 "reason": "De sitter redan där.", "stands_until": "2027-02-28"}  # fmt: skip
DECISION = {
    "ref": "d3e5f7g9h2",
    **DECISION_BODY,
    "made_at": "2027-01-05T10:00:00Z",
    "made_by": "Sam Ek",
    "removed_at": None,
}
PROPOSAL = {
    "ref": PROPOSAL_REF, "status": "open", "round": ROUND_REF, "offer": OFFER_REF, "need": NEED_REF,
    "start": "2027-02-02", "until": "2027-05-03", "weekdays": ["tue", "wed"], "seats": 5, "exact": True,
    "host": "Trafikverket",
    "guest": "Länsstyrelsen i Jämtlands län", "km": 0.31, "fit": 748, "published_at": "2027-01-08T09:00:00Z",
    "answer_by": "2027-01-22T23:00:00Z", "poster_answer": "accepted", "poster_answered_at": "2027-01-11T08:00:00Z",
    "poster_reason": None, "lead_answer": None, "lead_answered_at": None, "lead_reason": None,
    "withdrawn_at": None, "withdrawn_side": None, "withdrawn_reason": None, "my_sides": ["lead"],
    "agreement": None,
}  # fmt: skip
WITHDRAW_BODY = {"reason": "other", "side": None}
ANSWER_BODY = {"answer": "declined", "reason": "wrong_dates", "side": None}
AGREEMENT = {
    "ref": AGREEMENT_REF, "number": "2027-P3Q5S7U9W2", "status": "coming", "proposal": PROPOSAL_REF, "offer": OFFER_REF,
    "need": NEED_REF, "host": "Trafikverket", "guest": "Länsstyrelsen i Jämtlands län", "start": "2027-02-02",
    "last_day": "2027-05-03", "weekdays": ["tue", "wed"], "seats": 5, "agreed_at": "2027-01-12T14:00:00Z",
    "ended_at": None, "ended_reason": None,
}  # fmt: skip
END_BODY = {"last_day": "2027-03-31", "reason": "need_ended"}
EVENT = {
    "at": "2026-11-23T09:30:00Z", "kind": "offer.posted", "noun": "offer", "ref": OFFER_REF, "actor": "Kim Berg",
    "data": {"seats": 12},
}  # fmt: skip
ME = {
    "ref": "m2p4r6t8v3", "name": "Kim Berg", "email": "kim.berg@myndighet.example", "language": "sv",
    "is_administrator": False, "roles": [{"agency": HOST, "agency_name": "Trafikverket", "role": "case_officer"}],
}  # fmt: skip
PLACEMENT = {
    "need": NEED_REF, "need_title": "Projektrum", "guest": "Länsstyrelsen i Jämtlands län", "offer": OFFER_REF,
    "host": "Trafikverket", "start": "2027-02-02", "until": "2027-05-03", "km": 0.31, "fit": 748, "promised": False,
    "locked": True,
}  # fmt: skip
UNPLACED = {
    "need": "n7d2r3xb6q", "need_title": "Utbildning", "guest": "Skatteverket",
    "reasons": [{"code": "taken", "offers": 3}],
    "would_help": [{"change": "seats", "from": 12, "to": 10, "offer": OFFER_REF, "start": "2027-03-01"}],
}  # fmt: skip
API_INFO = {
    "api_name": "Platsverket API", "api_version": "1.0.0", "api_released": "2026-11-23", "api_status": "active",
    "api_documentation": "/api/v1/openapi.json",
}  # fmt: skip
HELP = {
    "code": "range",
    "sv": "Skriv ett tal från %(least)s till %(most)s.",
    "en": "Write a number from %(least)s to %(most)s.",
}


def page(item: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    """The example of a list's first page."""
    return {"total": 1 + len(more), "page": 1, "limit": 20, "items": [item, *more]}
