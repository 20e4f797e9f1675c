from typing import Any

from flask import Blueprint

from platsverket.web import page, rule

blueprint = Blueprint("events", __name__, url_prefix="/events")


@blueprint.get("")
@rule("event.read")
def index() -> Any:
    return page("events/index.html")
