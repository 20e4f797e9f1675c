"""What the pages of searches have in common: what an address asks for, and addresses that ask for the same."""

from __future__ import annotations

from typing import Any

from flask import request

from platsverket import forms
from platsverket.finding import Cost
from platsverket.listing import ANYBODY, SORTS
from platsverket.models import SavedSearch

# What a request asks for too, and a saved search.
WANTED = ("place", "max_km", "seats", "area_m2", "earliest_start", "latest_start", "days", "agency")
ONE = (*WANTED, "text", "county", "sort", "mine")
MANY = ("weekdays", "must")
# What leaves the address when a criterion is dropped.
PARTS = {"dates": ("earliest_start", "latest_start", "days")}


def asked_for() -> dict[str, Any]:
    """What the address asks of premises, as it was typed; a place chosen among several takes the place of its name."""
    values: dict[str, Any] = {name: request.args.get(name, "").strip() for name in ONE}
    values |= {name: list(dict.fromkeys(request.args.getlist(name))) for name in MANY}
    values["sort"] = values["sort"] if values["sort"] in SORTS else ""  # nobody types it, so nobody could mend it
    chosen = {name: request.args.get(name, "") for name in ("place_choice", "place_asked")}
    return forms.chosen_place({**values, **chosen})


def stated(values: dict[str, Any]) -> dict[str, Any]:
    """The values as SearchSchema loads them."""
    return {name: value for name, value in values.items() if name != "mine"}


def query(values: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The parameters that ask for the same, with these in place of what they were; what is empty is left out."""
    return {name: value for name, value in {**values, **changed}.items() if value not in ("", None, [], ())}


def wanted(values: dict[str, Any], agency: str | None) -> dict[str, Any]:
    """The parameters that fill in the form of a request or of a saved search, for this organisation."""
    return query({name: values[name] for name in (*WANTED, *MANY)}, agency=agency)


def filled_in() -> dict[str, Any]:
    """What an address that ``wanted`` made fills in: what is not stated is left to the form."""
    values = asked_for()
    return {name: value for name in (*WANTED, *MANY) if (value := values[name])}


def again(saved: SavedSearch) -> dict[str, Any]:
    """The parameters that ask for what a saved search asks for."""
    same = {name: getattr(saved, name) for name in WANTED if name != "agency"}
    days = {name: same[name].isoformat() for name in ("earliest_start", "latest_start")}
    return query({**same, **days, "agency": saved.agency.ref, "weekdays": list(saved.weekdays), "must": saved.must})


def dropped(values: dict[str, Any], cost: Cost) -> dict[str, Any]:
    """The parameters that ask for the same but for one criterion."""
    if cost.criterion == "must":
        return query(values, must=[code for code in values["must"] if code != cost.feature])
    if cost.criterion == "agency":
        return query(values, agency=ANYBODY)
    return query(values, **dict.fromkeys(PARTS.get(cost.criterion, (cost.criterion,)), ""))
