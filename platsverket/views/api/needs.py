"""Space requests over the API: list, post, read, change, withdraw; coordinators set the priority."""

from __future__ import annotations

from typing import Any

from flask import url_for
from marshmallow import fields

import data
from platsverket import needs, outcomes
from platsverket.api_fields import paged
from platsverket.api_schemas import ShownNeed, ShownNeedInFull
from platsverket.database import this_day
from platsverket.errors import Fault
from platsverket.fields import Words
from platsverket.models import Need
from platsverket.schemas import NeedSchema, PrioritySchema
from platsverket.views.api import examples
from platsverket.views.api.blueprint import (
    ETAG,
    IF_MATCH,
    LOCATION,
    PageQuery,
    api,
    if_match,
    listing,
    problems,
    secured,
    tagged,
    window,
)
from platsverket.web import by, config, db, rule

TAGS = ["needs"]
SAME = (
    "ref", "title", "description", "place", "municipality_code", "lat", "lon", "precision", "max_km", "seats",
    "area_m2", "earliest_start", "latest_start", "days", "weekdays", "must", "wish", "priority", "waiting_since",
    "contact_name", "contact_email", "contact_phone", "posted_at", "changed_at",
)  # fmt: skip


class NeedQuery(PageQuery):
    text = Words(200, load_default="", metadata={"description": "Words in the title or the place."})
    standing = fields.Boolean(
        load_default=False, truthy={"true"}, falsy={"false"}, error_messages={"invalid": [Fault("choice")]},
        metadata={"description": "Leave out what is withdrawn or over."},
    )  # fmt: skip


def shown(need: Need) -> dict[str, Any]:
    town = data.municipality(need.municipality_code) if need.municipality_code else None
    return {
        **{name: getattr(need, name) for name in SAME},
        "status": need.status(this_day()),
        "agency": need.agency.ref,
        "agency_name": need.agency.name,
        "municipality": town.name if town else None,
    }


@api.route("/needs", tags=TAGS)
@api.query(NeedQuery)
@api.lists(paged(ShownNeed, "Need"), examples.NEED)
@secured
@rule("need.read")
def list_needs(asked: dict[str, Any]) -> Any:
    """List space requests

    One's own organisations', those matched with one's own premises, and for coordinators all; newest first.
    """
    found, total = needs.search(db(), by(), asked["text"], **window(asked), standing=asked["standing"])
    return listing(asked, [shown(need) for need in found], total)


@api.route("/needs", methods=["POST"], tags=TAGS)
@api.body(NeedSchema, examples.NEED_BODY)
@api.answers(201, ShownNeed, examples.NEED, "The request as it is posted.", headers=ETAG | LOCATION)
@secured
@rule("need.post")
def post_need(values: dict[str, Any]) -> Any:
    """Post a space request

    For an organisation of which the reader is a project lead. It has waited since today.
    """
    need = needs.post(db(), by(), config(), values)
    return tagged(ShownNeed(), shown(need), 201, Location=url_for("api.get_need", ref=need.ref))


@api.route("/needs/<ref:ref>", tags=TAGS)
@api.answers(200, ShownNeedInFull, examples.NEED_IN_FULL, "The request.", headers=ETAG)
@problems(404)
@secured
@rule("need.read")
def get_need(ref: str) -> Any:
    """Read a space request

    One's own organisation's, one matched with one's own premises, or for coordinators any. Where the last published
    round made it no proposal, `without_proposal` tells why and what would help.
    """
    need = needs.read(db(), by(), ref)
    plain, status, headers = tagged(ShownNeed(), shown(need))
    return {**plain, "without_proposal": _answer(need)}, status, headers


def _answer(need: Need) -> dict[str, Any] | None:
    found = outcomes.answer(db(), by(), need)
    if found is None:
        return None
    helping = [{**change, "offer": change["offer"].ref if change["offer"] else None} for change in found.would_help]
    return {
        "round": found.match_round.ref,
        "published_at": found.match_round.published_at,
        "set_aside": found.set_aside,
        "reasons": found.reasons,
        "would_help": helping,
    }


@api.route("/needs/<ref:ref>", methods=["PUT"], tags=TAGS)
@api.doc(parameters=[IF_MATCH])
@api.body(NeedSchema, examples.NEED_BODY)
@api.answers(200, ShownNeed, examples.NEED, "The request as it is now.", headers=ETAG)
@problems(404, 409, 412)
@secured
@rule("need.edit")
def put_need(values: dict[str, Any], ref: str) -> Any:
    """Change a space request

    Replaces all that a project lead may write. Answers 409 while a proposal on it is open or an agreement runs.
    """
    guard = if_match(ShownNeed(), shown)
    return tagged(ShownNeed(), shown(needs.change(db(), by(), config(), ref, values, guard)))


@api.route("/needs/<ref:ref>/withdrawal", methods=["POST"], tags=TAGS)
@api.answers(200, ShownNeed, examples.NEED | {"status": "withdrawn"}, "The request, withdrawn.", headers=ETAG)
@problems(404, 409)
@secured
@rule("need.edit")
def withdraw_need(ref: str) -> Any:
    """Withdraw a space request

    For good. Answers 409 while a proposal on it is open or an agreement runs.
    """
    return tagged(ShownNeed(), shown(needs.withdraw(db(), by(), ref)))


@api.route("/needs/<ref:ref>/priority", methods=["PUT"], tags=TAGS)
@api.body(PrioritySchema, examples.PRIORITY_BODY)
@api.answers(200, ShownNeed, examples.NEED | {"priority": 3}, "The request with its new weight.", headers=ETAG)
@problems(404)
@secured
@rule("need.prioritise")
def put_priority(values: dict[str, Any], ref: str) -> Any:
    """Set how much a space request weighs in coming rounds

    For coordinators; the reason goes on record.
    """
    return tagged(ShownNeed(), shown(needs.prioritise(db(), by(), ref, values["priority"], values["reason"])))
