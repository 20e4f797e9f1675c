"""What the other operations refer to: organisations, features, places, events, one's own account, the API itself."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale

from platsverket import accounts, agencies, events, places, statistics, words
from platsverket.api_fields import paged
from platsverket.api_schemas import (
    ShownAgency,
    ShownApi,
    ShownEvent,
    ShownFeatures,
    ShownFigures,
    ShownMe,
    ShownPlace,
    ShownPlaces,
    ShownWords,
)
from platsverket.errors import Refused
from platsverket.features import GROUPS
from platsverket.fields import Choice, Ref, Whole, Words
from platsverket.views.api import examples
from platsverket.views.api.blueprint import PageQuery, Query, api, listing, problems, public, secured, window
from platsverket.views.api.document import PREFIX, RELEASED, STATUS, VERSION
from platsverket.web import by, config, db, rule

NOUNS = ("account", "agreement", "need", "offer", "proposal", "round", "token")


class TextQuery(PageQuery):
    text = Words(200, load_default="", metadata={"description": "Part of the name."})


class PlaceQuery(Query):
    text = Words(200, load_default="", metadata={"description": "What has been typed so far."})
    limit = Whole(1, 20, load_default=8, metadata={"description": "At most this many."})


class NamedQuery(Query):
    place = Words(200, load_default="", metadata={"description": "Municipality, locality, postcode, agency or point."})


class EventQuery(PageQuery):
    noun = Choice(NOUNS, load_default=None, metadata={"description": "Only events on this kind of thing."})
    ref = Ref(load_default=None, metadata={"description": "Only events on this thing."})


@api.route("/api-info", tags=["about"])
@api.answers(200, ShownApi, examples.API_INFO, "What this API is.")
@public
@rule("public")
def get_api_info() -> Any:
    """Read about the API

    Name, version, status, release date and where its description is.
    """
    return {
        "api_name": f"{config().site.name} API",
        "api_version": VERSION,
        "api_released": RELEASED,
        "api_status": STATUS,
        "api_documentation": f"{PREFIX}/openapi.json",
    }


@api.route("/problems/<code:code>", tags=["about"])
@api.answers(200, ShownWords, examples.HELP, "The sentence of the code; %(name)s stands for a value.")
@problems(404)
@public
@rule("public")
def get_problem(code: str) -> Any:
    """Read what a code of a problem means

    For the last part of a problem's `type`, and for the codes of its `errors`.
    """
    name = code.replace("-", "_")
    sentence = words.REFUSALS.get(name) or words.FAULTS.get(name)
    if sentence is None:
        raise Refused("not_found")
    return {"code": name, **_both(sentence)}


def _both(text: Any) -> dict[str, str]:
    said = {}
    for language in ("sv", "en"):
        with force_locale(language):
            said[language] = str(text)
    return said


@api.route("/features", tags=["vocabulary"])
@api.answers(200, ShownFeatures, examples.FEATURES, "All features, by group.")
@public
@rule("public")
def list_features() -> Any:
    """List the features of premises

    The codes that offers and requests use, with their words in both languages.
    """
    items = [
        {"code": code, "group": group, **_both(words.FEATURES[code])}
        for group, codes in GROUPS.items()
        for code in codes
    ]
    return {"items": items}


@api.route("/figures", tags=["about"])
@api.answers(200, ShownFigures, examples.FIGURES, "What is offered today in each county that may be told of.")
@problems(503)
@public
@rule("public")
def list_figures() -> Any:
    """Read the open figures

    Premises and seats by county, most seats first. Sealed premises are not counted, and counties with few premises
    are left out.
    """
    return {"items": statistics.open_figures(db(), config())}


@api.route("/agencies", tags=["vocabulary"])
@api.query(TextQuery)
@api.lists(paged(ShownAgency, "Agency"), examples.AGENCY)
@secured
@rule("self")
def list_agencies(asked: dict[str, Any]) -> Any:
    """Find organisations

    State agencies, regions and municipalities, by name.
    """
    found, total = agencies.search(db(), asked["text"], **window(asked))
    return listing(asked, found, total)


@api.route("/places", tags=["vocabulary"])
@api.query(PlaceQuery)
@api.answers(200, ShownPlaces, {"items": [examples.PLACE]}, "The places that fit, best first.")
@secured
@rule("self")
def list_places(asked: dict[str, Any]) -> Any:
    """Find places for a half-typed text

    Each label finds its place again.
    """
    return {"items": places.search(asked["text"], asked["limit"])}


@api.route("/places/named", tags=["vocabulary"])
@api.query(NamedQuery)
@api.answers(200, ShownPlace, examples.PLACE, "The one place.")
@secured
@rule("self")
def get_named_place(asked: dict[str, Any]) -> Any:
    """Read the one place that a text means

    As a posted offer or request would be placed; 422 where there is none, or several.
    """
    return places.located(asked["place"], config().places)


@api.route("/events", tags=["events"])
@api.query(EventQuery)
@api.lists(paged(ShownEvent, "Event"), examples.EVENT)
@secured
@rule("event.read")
def list_events(asked: dict[str, Any]) -> Any:
    """List events

    What has happened to one's own things, for coordinators to rounds, for administrators to accounts; newest first.
    """
    found, total = events.search(db(), by(), asked["noun"] or "", asked["ref"] or "", **window(asked))
    return listing(asked, found, total)


@api.route("/me", tags=["me"])
@api.answers(200, ShownMe, examples.ME, "The person whose token it is.")
@secured
@rule("self")
def get_me() -> Any:
    """Read who one is

    One's account and one's roles.
    """
    return accounts.own(db(), by())
