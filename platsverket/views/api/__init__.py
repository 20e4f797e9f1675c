"""The JSON API under /api/v1: the same services, schemas, rules and errors as the pages, and bearer tokens only."""

from __future__ import annotations

from typing import Any

from flask import Flask, json
from flask_wtf.csrf import CSRFProtect

from platsverket.views.api import common, needs, offers, proposals, rounds, runs  # noqa: F401 - they fill the blueprint
from platsverket.views.api.blueprint import api
from platsverket.views.api.document import PREFIX, document
from platsverket.web import rule


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Add the API and its document to the application; no cookie is read here, so no form token is asked for."""
    described = document(app, app.extensions["platsverket"].config)
    described.register_blueprint(api)
    csrf.exempt(api)
    text = json.dumps(described.spec.to_dict(), ensure_ascii=False)

    @rule("public")
    def openapi() -> Any:
        return app.response_class(text, mimetype="application/json")

    app.add_url_rule(f"{PREFIX}/openapi.json", "api_document", openapi)
