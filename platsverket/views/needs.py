from typing import Any

from flask import Blueprint

from platsverket.web import page, rule

blueprint = Blueprint("needs", __name__, url_prefix="/needs")


@blueprint.get("")
@rule("need.read")
def index() -> Any:
    return page("needs/index.html")
