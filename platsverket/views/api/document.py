"""The API's own description (OpenAPI 3.1), after Sweden's national REST API profile (DIGG, 1.2.0)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Any, ClassVar

from flask import Flask
from flask_smorest import Api
from flask_smorest.spec.plugins import FlaskPlugin
from marshmallow import fields
from werkzeug.routing import BaseConverter

from platsverket.config import Config
from platsverket.features import FEATURES
from platsverket.fields import (
    EMAIL,
    PHONE,
    REF,
    Choice,
    Choices,
    Day,
    Decimal,
    Email,
    FeatureStates,
    Phone,
    Ref,
    Refs,
    Whole,
    Words,
)
from platsverket.schemas import Body
from platsverket.views.api.examples import PROBLEMS
from platsverket.views.api.reading import Query

PREFIX = "/api/v1"
VERSION, RELEASED, STATUS = "1.0.0", date(2026, 11, 23), "active"
DOCUMENTATION = "https://github.com/platsverket/platsverket#readme"
LIMITATIONS = (
    "Listor ger högst 100 poster per sida. En begäran får vara högst 2 MB. Matchningsomgångar körs en i taget. "
    "Lists give at most 100 items per page. A request may be at most 2 MB. Match rounds run one at a time."
)
DESCRIPTION = """\
**Svenska.** Platsverket låter offentliga organisationer dela lokaler: lediga lokaler, lokalbehov, matchningsomgångar,
förslag och överenskommelser. API:et följer den nationella REST API-profilen och har samma regler som webbsidorna;
konton, lösenord och åtkomstnycklar hanteras bara där. Anrop sker med en personlig åtkomstnyckel (bearer token) som
skapas på sidan Mitt konto. Datum är kalenderdatum, tider är UTC. Fel är problemdokument (RFC 9457) där `errors` namnger
varje fält. Fälttexter svarar på Accept-Language. Uppgifter som omfattas av säkerhetsskydd får inte lämnas. Kända
begränsningar: se x-limitations.

**English.** Platsverket lets public organisations share premises: spare premises, space requests, match rounds,
proposals and agreements. The API follows Sweden's national REST API profile and has the rules of the pages; accounts,
passwords and tokens are managed only there. Call it with a personal access token (bearer), made on the page My account.
Dates are calendar dates, times are UTC. Errors are problem documents (RFC 9457) whose `errors` name each field.
Sentences follow Accept-Language. Security-classified content must not be entered. Known limitations: see x-limitations.
"""
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Its last part is the problem's code."},
        "title": {"type": "string", "description": "What the status means, in the reader's language."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong here, in the reader's language."},
        "instance": {"type": "string", "format": "uri-reference", "description": "The path that was asked for."},
        "errors": {
            "type": "array",
            "description": "One entry per fault of a field; a field inside a list is named as spans-0-from.",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "commitments": {
            "type": "array",
            "description": "The agreements and proposals that stand in the way; they would have to be given up first.",
            "items": {
                "type": "object",
                "required": ["kind", "ref", "number", "agency", "seats", "start", "until"],
                "properties": {
                    "kind": {"type": "string", "enum": ["agreement", "proposal"]},
                    "ref": {"type": "string"},
                    "number": {"type": ["string", "null"], "description": "Of an agreement."},
                    "agency": {"type": "string", "description": "The guest."},
                    "seats": {"type": "integer"},
                    "start": {"type": "string", "format": "date"},
                    "until": {"type": "string", "format": "date"},
                },
            },
        },
    },
}  # fmt: skip
PROBLEM_TEXTS = {
    400: "The body is not JSON that can be understood.",
    401: "No access token, or one that is wrong, revoked or too old.",
    403: "The token's roles do not allow this.",
    404: "There is no such thing, or it is not the reader's to see.",
    409: "The request contradicts how things stand now.",
    412: "The thing has changed since the ETag in If-Match was given.",
    413: "The body is larger than 2 MB.",
    415: "The body is not application/json.",
    422: "Values are missing or wrong; `errors` names each field.",
    503: "Too busy just now, or without its database; Retry-After says when to try again.",
}


class RefConverter(BaseConverter):
    """The public name of a stored thing in a path; anything else is not found."""

    regex = REF.pattern


class CodeConverter(BaseConverter):
    """The code of a problem in a path."""

    regex = "[a-z0-9][a-z0-9_-]{0,39}"


PARAMETERS = {"code": "The code, as a problem gives it.", "ref": "The public name of the thing, as lists give it."}


class _Plugin(FlaskPlugin):
    """Paths as the profile wants them: relative to the server's address, parameters in camelCase."""

    def path_helper(self, rule: Any, operations: Any, parameters: Any, **kwargs: Any) -> str:
        path = super().path_helper(rule, operations, parameters, **kwargs)
        for parameter in parameters:
            parameter["name"] = _camel(parameter["name"])
            parameter["description"] = PARAMETERS["code" if parameter["name"] == "code" else "ref"]
        return re.sub(r"\{(\w+)\}", lambda m: f"{{{_camel(m[1])}}}", path.removeprefix(PREFIX))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


class Document(Api):
    """flask-smorest's registry of operations, with our errors and our addresses."""

    DEFAULT_ERROR_RESPONSE_NAME: ClassVar[str] = "Problem"

    def _register_error_handlers(self) -> None:
        """The application answers errors, pages and API alike."""

    def _register_doc_blueprint(self) -> None:
        """The document is one public view of ours."""

    def _register_pagination_header(self) -> None:
        """Lists tell of their pages in the body."""

    def _register_responses(self) -> None:
        self.spec.components.schema("Problem", component=PROBLEM)
        everywhere: dict[Any, str] = {**PROBLEM_TEXTS, "default": "Any other problem, such as an error of ours."}
        for status, text in everywhere.items():
            name = "Problem" if status == "default" else HTTPStatus(int(status)).name
            example = PROBLEMS[500 if status == "default" else int(status)]
            content: dict[str, Any] = {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {"problem": {"value": example}},
            }
            answer: dict[str, Any] = {"description": text, "content": {"application/problem+json": content}}
            if status == 401:
                answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer"}}
            if status == 503:
                answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait"}}
            self.spec.components.response(name, answer)

    def register_blueprint(self, blueprint: Any, **_: Any) -> None:
        self._app.register_blueprint(blueprint)
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)


def document(app: Flask, config: Config) -> Document:
    """The empty document of this installation, ready for its operations."""
    app.config.update(API_TITLE=f"{config.site.name} API", API_VERSION=VERSION, OPENAPI_VERSION="3.1.1")
    app.url_map.converters.update(ref=RefConverter, code=CodeConverter)
    contact = {"name": config.site.name, "url": DOCUMENTATION, "email": config.site.contact_email}
    api = Document(
        app,
        spec_kwargs={
            "flask_plugin": _Plugin(),
            "info": {
                "description": DESCRIPTION,
                "contact": contact,
                "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
                "x-limitations": LIMITATIONS,
                "x-sla": {"availability": "99.5 %", "responseTime": "p95 300 ms", "support": config.site.contact_email},
            },
            "servers": [
                {
                    "url": f"https://{{host}}{PREFIX}",
                    "description": "This installation, port 443",
                    "variables": {"host": {"default": "platsverket.example", "description": "Its host name"}},
                }
            ],
            "externalDocs": {"description": "Handbok och källkod. Guide and source.", "url": DOCUMENTATION},
            "security": [{"bearer": []}],
        },
    )  # fmt: skip
    bearer = {"type": "http", "scheme": "bearer", "description": "A personal access token from the page My account."}
    api.spec.components.security_scheme("bearer", bearer)
    api.register_converter(RefConverter, _ref)
    api.register_converter(CodeConverter, lambda _: {"type": "string", "pattern": f"^{CodeConverter.regex}$"})
    api.ma_plugin.converter.add_attribute_function(own_properties)
    return api


def own_properties(_self: Any, field: Any, ret: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema of our own kinds of field; what a body may leave out may also be null."""
    found = next((dict(make(field)) for kind, make in KINDS.items() if isinstance(field, kind)), {})
    if not isinstance(field.parent, Body) or field.required:
        return found
    if isinstance(field.parent, Query):
        if ret.get("default") is None:
            ret.pop("default", None)  # an address has no null: what is not asked for is left out
    else:
        kind = found.get("type", ret.get("type"))
        found["type"] = [kind, "null"] if isinstance(kind, str) else kind
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


def _ref(_: Any = None) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{REF.pattern}$"}


def _words(field: Words) -> dict[str, Any]:
    filled = r"(?=[\s\S]*\S)" if field.required else ""
    return {"type": "string", "maxLength": field.most, "pattern": f"^{filled}[^{field.hidden}]*$"}


KINDS: dict[type[fields.Field[Any]], Callable[[Any], dict[str, Any]]] = {
    Email: lambda f: {"type": "string", "maxLength": f.most, "pattern": f"^({EMAIL.pattern})?$"},
    Phone: lambda f: {"type": "string", "maxLength": f.most, "pattern": f"^({PHONE.pattern})?$"},
    Words: _words,
    Whole: lambda f: {"type": "integer", "minimum": f.least, "maximum": f.most},
    Decimal: lambda f: {"type": "number", "minimum": f.least, "maximum": f.most},
    Day: lambda _: {
        "type": "string", "format": "date", "pattern": "^(20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}$",
        "examples": ["2027-03-01"],
    },
    Choice: lambda f: {"type": "string", "enum": list(f.choices)},
    Choices: lambda f: {
        "type": "array", "items": {"type": "string", "enum": list(f.choices)}, "minItems": int(f.filled),
    },
    Ref: _ref,
    Refs: lambda f: {"type": "array", "items": _ref(), "maxItems": f.most},
    FeatureStates: lambda _: {
        "type": "object",
        "properties": {code: {"type": "string", "enum": ["yes", "no", "unknown"]} for code in FEATURES},
        "additionalProperties": False,
    },
}  # fmt: skip
