"""Saved searches: what one wants to hear of, saved and removed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext

from platsverket import agencies, forms, search_pages, searches
from platsverket.errors import Refused
from platsverket.models import ROLES
from platsverket.search_schema import SavedSearchSchema
from platsverket.web import by, config, db, field_errors, form_values, listed, page, rule, submitted, typed

blueprint = Blueprint("searches", __name__, url_prefix="/me/searches")


@blueprint.get("")
@rule("offer.read")
def index() -> Any:
    return page("me/searches.html", searches=searches.own(db(), by()), again=search_pages.again)


@blueprint.route("/new", methods=["GET", "POST"])
@rule("offer.read")
def new() -> Any:
    if not submitted():
        return _form(values=_asked_for())
    try:
        values = forms.chosen_place(listed(form_values(), "weekdays", "must"))
        searches.save(db(), by(), config(), forms.load_all(SavedSearchSchema(), values, {}, None))
    except Refused as refused:
        if not refused.fields and refused.code != "too_many_searches":
            raise
        choices = forms.place_choices(refused)
        return _form(refused.status, values=typed(), errors=field_errors(refused), place_choices=choices)
    flash(gettext("The search has been saved. We write to you when such premises appear."), "success")
    return redirect(url_for("searches.index"), 303)


@blueprint.post("/<ref>/remove")
@rule("offer.read")
def remove(ref: str) -> Any:
    searches.remove(db(), by(), ref)
    flash(gettext("The search has been removed. We no longer write to you about it."), "success")
    return redirect(url_for("searches.index"), 303)


def _form(status: int = 200, *, values: dict[str, Any], **context: Any) -> Any:
    own = [(a.ref, a.name) for a in agencies.own(db(), by().agencies(*ROLES))]
    return page("me/search.html", status, **{"place_choices": [], **context}, values=values, agencies=own)


def _asked_for() -> dict[str, Any]:
    """What the list of premises was asked for when it led here."""
    return {"max_km": 20, **search_pages.filled_in()}
