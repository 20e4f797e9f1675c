from typing import Any

from flask import Blueprint

from platsverket.web import page, rule

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")


@blueprint.get("")
@rule("account.manage")
def index() -> Any:
    return page("accounts/index.html")
