from typing import Any

from flask import Blueprint

from platsverket.web import page, rule

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.get("")
@rule("self")
def index() -> Any:
    return page("me/index.html")
