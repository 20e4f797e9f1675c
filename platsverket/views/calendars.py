"""A calendar at its secret address: whoever has it reads, nobody signs in."""

from __future__ import annotations

from flask import Blueprint, Response
from flask_babel import force_locale

from platsverket import calendars, ical
from platsverket.database import this_day
from platsverket.web import config, db, rule

blueprint = Blueprint("calendars", __name__, url_prefix="/calendar")


@blueprint.get("/<secret>.ics")
@rule("public")
def show(secret: str) -> Response:
    content = calendars.read(db(), secret, this_day())
    with force_locale(content.feed.user.language):
        answer = Response(ical.file(content, config()), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'inline; filename="platsverket.ics"'
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
