"""Spare premises over the API: list, post, read, change, withdraw, reconfirm."""

from __future__ import annotations

from typing import Any

from flask import url_for
from marshmallow import fields

import data
from platsverket import listing, offers
from platsverket.api_fields import paged
from platsverket.api_schemas import ShownOffer
from platsverket.database import this_day
from platsverket.errors import Fault
from platsverket.models import CASE_OFFICER, Offer
from platsverket.schemas import OfferSchema
from platsverket.search_schema import SearchSchema
from platsverket.views.api import examples
from platsverket.views.api.blueprint import (
    ETAG,
    IF_MATCH,
    LOCATION,
    PageQuery,
    api,
    if_match,
    problems,
    secured,
    tagged,
    window,
)
from platsverket.views.api.blueprint import listing as page_of
from platsverket.web import by, config, db, rule

TAGS = ["offers"]
SAME = (
    "title", "description", "place", "address", "lat", "lon", "precision", "seats", "area_m2", "features", "sharing",
    "minimum_days", "cost_per_seat_day", "holding", "contact_name", "contact_email", "contact_phone", "posted_at",
    "changed_at", "valid_until",
)  # fmt: skip


class OfferQuery(SearchSchema, PageQuery):
    """What a search over premises may ask for; restricted premises answer only county and seats."""

    mine = fields.Boolean(
        load_default=False, truthy={"true"}, falsy={"false"}, error_messages={"invalid": [Fault("choice")]},
        metadata={"description": "Only those of one's own organisations, withdrawn ones too."},
    )  # fmt: skip


def shown(offer: Offer, exact: bool = True) -> dict[str, Any]:
    """Premises as this reader sees them; who is admitted and who is named is the owner's own affair."""
    band = config().offers.restricted_seat_band
    seen: dict[str, Any] = dict.fromkeys(ShownOffer().fields)
    town = data.municipality(offer.municipality_code) if offer.municipality_code else None
    seen |= {
        "ref": offer.ref, "status": offer.status(this_day()), "exact": exact, "visibility": offer.visibility,
        "municipality_code": offer.municipality_code, "municipality": town.name if town else None,
        "seats_from": offer.seats if exact else offer.seats // band * band,
    }  # fmt: skip
    if exact:
        seen |= {name: getattr(offer, name) for name in SAME}
        seen |= {
            "agency": offer.agency.ref, "agency_name": offer.agency.name, "weekdays": offer.weekdays,
            "spans": [{"from_": span.first_day, "until": span.last_day} for span in offer.spans],
        }  # fmt: skip
    if offer.agency_id in by().agencies(CASE_OFFICER):
        seen |= {
            "only_agencies": [agency.ref for agency in offer.only_agencies],
            "not_agencies": [agency.ref for agency in offer.not_agencies],
            "coordinators": [named.user.ref for named in offer.coordinators],
        }
    return seen


@api.route("/offers", tags=TAGS)
@api.query(OfferQuery)
@api.lists(paged(ShownOffer, "Offer"), examples.OFFER, examples.COARSE_OFFER)
@secured
@rule("offer.read")
def list_offers(asked: dict[str, Any]) -> Any:
    """List spare premises

    Those the reader may see and that keep all that is asked, by the rules of a match. Others' premises are listed
    while they are open. Premises that are not open to all show only their municipality and a band of seats, and are
    left out where more than county and seats is asked for.
    """
    wanted = listing.asked(db(), by(), config(), asked, mine=asked["mine"])
    found, part = listing.of(db(), by(), config(), wanted), window(asked)
    lines = listing.shown(db(), found.lines[part["offset"] : part["offset"] + part["limit"]])
    # Reading the address of closed premises is put on record, one by one, where each is read.
    items = [shown(offer, line.exact and not offers.on_record(by(), offer)) for line, offer in lines]
    return page_of(asked, items, found.total)


@api.route("/offers", methods=["POST"], tags=TAGS)
@api.body(OfferSchema, examples.OFFER_BODY)
@api.answers(201, ShownOffer, examples.OFFER, "The premises as they are posted.", headers=ETAG | LOCATION)
@secured
@rule("offer.post")
def post_offer(values: dict[str, Any]) -> Any:
    """Post spare premises

    For an organisation of which the reader is a case officer. Give seats, area or both; `place` is a municipality, a
    locality, a postcode, an agency or coordinates.
    """
    offer = offers.post(db(), by(), config(), values)
    return tagged(ShownOffer(), shown(offer), 201, Location=url_for("api.get_offer", ref=offer.ref))


@api.route("/offers/<ref:ref>", tags=TAGS)
@api.answers(200, ShownOffer, examples.OFFER, "The premises as the reader may see them.", headers=ETAG)
@problems(404)
@secured
@rule("offer.read")
def get_offer(ref: str) -> Any:
    """Read spare premises

    A coordinator's reading of premises that are not open to all is put on record.
    """
    offer, exact = offers.read(db(), by(), ref)
    if exact and offers.on_record(by(), offer):
        offers.note_address_read(db(), by(), ref)
        offer, exact = offers.read(db(), by(), ref)
    return tagged(ShownOffer(), shown(offer, exact))


@api.route("/offers/<ref:ref>", methods=["PUT"], tags=TAGS)
@api.doc(parameters=[IF_MATCH])
@api.body(OfferSchema, examples.OFFER_BODY)
@api.answers(200, ShownOffer, examples.OFFER, "The premises as they are now.", headers=ETAG)
@problems(404, 409, 412)
@secured
@rule("offer.edit")
def put_offer(values: dict[str, Any], ref: str) -> Any:
    """Change spare premises

    Replaces all that a case officer may write. What is agreed or held must still fit, else 409 names it.
    """
    guard = if_match(ShownOffer(), shown)
    return tagged(ShownOffer(), shown(offers.change(db(), by(), config(), ref, values, guard)))


@api.route("/offers/<ref:ref>/withdrawal", methods=["POST"], tags=TAGS)
@api.answers(200, ShownOffer, examples.OFFER | {"status": "withdrawn"}, "The premises, withdrawn.", headers=ETAG)
@problems(404, 409)
@secured
@rule("offer.edit")
def withdraw_offer(ref: str) -> Any:
    """Withdraw spare premises

    For good: they can be copied and posted again. Answers 409 while anything is agreed or held.
    """
    return tagged(ShownOffer(), shown(offers.withdraw(db(), by(), ref)))


@api.route("/offers/<ref:ref>/reconfirmation", methods=["POST"], tags=TAGS)
@api.answers(200, ShownOffer, examples.OFFER, "The premises, valid for another period.", headers=ETAG)
@problems(404, 409)
@secured
@rule("offer.edit")
def reconfirm_offer(ref: str) -> Any:
    """Reconfirm spare premises

    Says that they are still free: `valid_until` moves on. Premises that are not reconfirmed expire.
    """
    return tagged(ShownOffer(), shown(offers.reconfirm(db(), by(), config(), ref)))
