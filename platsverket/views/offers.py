from typing import Any

from flask import Blueprint

from platsverket.web import page, rule

blueprint = Blueprint("offers", __name__, url_prefix="/offers")


@blueprint.get("")
@rule("offer.read")
def index() -> Any:
    return page("offers/index.html")
