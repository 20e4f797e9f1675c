"""What happened, for those whom it concerns."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from platsverket import event_words, events
from platsverket.access import may
from platsverket.models import COORDINATOR, Event
from platsverket.web import by, db, page, paging, rule

blueprint = Blueprint("events", __name__, url_prefix="/events")

PAGES = {
    "offer": "offers.show",
    "need": "needs.show",
    "proposal": "proposals.show",
    "agreement": "agreements.show",
    "round": "rounds.show",
}


@blueprint.get("")
@rule("event.read")
def index() -> Any:
    noun, ref = request.args.get("noun", ""), request.args.get("ref", "")
    noun = noun if noun in event_words.NOUNS else ""
    where = paging()
    brief = by().has(COORDINATOR) and not noun and not ref  # who else sees them sees only their own, and few
    found, total = events.search(db(), by(), noun, ref, where.size, where.offset, brief=brief)
    return page(
        "events/index.html",
        events=found, total=total, paging=where, noun=noun, ref=ref, brief=brief,
        names=events.names(db(), found), url=_url, told=event_words,
    )  # fmt: skip


def _url(event: Event) -> str:
    """The page of what an event is about, or nothing where it has none that this reader may open."""
    endpoint = PAGES.get(event.noun)
    if event.noun == "account" and may(by(), "account.manage"):
        endpoint = "accounts.edit"
    return url_for(endpoint, ref=event.noun_ref) if endpoint else ""
