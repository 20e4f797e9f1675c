"""Places for forms: suggestions while a name is typed, and the map to point at."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request
from flask_babel import gettext, ngettext

from platsverket import place_map, places
from platsverket.errors import Refused
from platsverket.web import rule
from platsverket.words import PLACE_KINDS

blueprint = Blueprint("places", __name__, url_prefix="/places")
MOST = 8
POINT = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,6})?),(-?[0-9]{1,3}(?:\.[0-9]{1,6})?)")


@blueprint.get("/suggest")
@rule("self")
def suggest() -> Any:
    """The places that a half-typed name may mean, from the local registers alone."""
    found = places.search(request.args.get("text", ""), MOST)
    said = ngettext("%(num)s suggestion", "%(num)s suggestions", len(found)) if found else gettext("No suggestion")
    return jsonify(said=said, places=[{"label": one.label, "kind": str(PLACE_KINDS[one.kind])} for one in found])


@blueprint.get("/map.svg")
@rule("self")
def picture() -> Any:
    """The map of a view, with a pin where one is asked for."""
    view, pin = request.args.get("view", ""), POINT.fullmatch(request.args.get("pin", ""))
    if not place_map.known(view):
        raise Refused("not_found")
    drawn = place_map.picture(view, (float(pin[1]), float(pin[2])) if pin else None)
    answer = make_response(render_template("places/map.svg", map=drawn, width=place_map.WIDTH, height=place_map.HEIGHT))
    answer.mimetype = "image/svg+xml"
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer
