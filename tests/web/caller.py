"""A system that calls the API with a token, and holds every answer it gets against the API's own document."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import func, select

from platsverket import accounts
from platsverket.models import Model, User
from tests.conftest import Web
from tests.factories import WORKWEEK, Factory

PREFIX = "/api/v1"


class Caller:
    """Calls as one person, or as nobody; ``document`` is the OpenAPI document."""

    def __init__(self, app: Flask, make: Factory, user: User | None = None):
        self.session = make.session
        self.client = app.test_client(use_cookies=False)
        self.document = self.client.get(f"{PREFIX}/openapi.json").json
        self.headers: dict[str, str] = {}
        if user:
            asked = {"name": "test", "days": 30}
            _, secret = accounts.make_token(make.session, make.identity(user), make.config.sign_in, asked)
            self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, status: int = 200, **kwargs: Any) -> Any:
        return self.call("GET", path, status, **kwargs)

    def post(self, path: str, body: Any = None, status: int = 200, **kwargs: Any) -> Any:
        return self.call("POST", path, status, body, **kwargs)

    def put(self, path: str, body: Any, status: int = 200, **kwargs: Any) -> Any:
        return self.call("PUT", path, status, body, **kwargs)

    def call(self, method: str, path: str, status: int, body: Any = None, **kwargs: Any) -> Any:
        """The answer, which must have this status and be as documented."""
        self.session.rollback()  # on SQLite a test that is still reading would keep the service from writing
        if body is not None:
            kwargs["json"] = body
        headers = {**self.headers, **kwargs.pop("headers", {})}
        answer = self.client.open(PREFIX + path, method=method, headers=headers, **kwargs)
        assert answer.status_code == status, answer.text
        self.check(method, path, answer)
        return answer

    def check(self, method: str, path: str, answer: Any) -> None:
        """Raises where the answer is not one that the document tells of."""
        told = self._told(method, path, answer.status_code)
        for name in told.get("headers", {}):
            assert name in answer.headers, f"{method} {path} answers without {name}"
        if "content" not in told:
            assert answer.data == b"", f"{method} {path} tells of no content"
            return
        assert answer.mimetype in told["content"], f"{method} {path} answers {answer.mimetype}"
        self.valid(told["content"][answer.mimetype]["schema"], answer.json)

    def valid(self, schema: dict[str, Any], value: Any) -> None:
        """Raises where the value does not fit a schema of the document."""
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)

    def _told(self, method: str, path: str, status: int) -> dict[str, Any]:
        operation = self.operation(method, path)
        found = operation["responses"] if operation else {}
        told = found.get(str(status)) or {"$ref": "#/components/responses/Problem"}
        while "$ref" in told:
            told = self.document["components"]["responses"][told["$ref"].rsplit("/", 1)[1]]
        return told

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        bare = path.split("?", 1)[0]
        for template, operations in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), bare) and method.lower() in operations:
                found: dict[str, Any] = operations[method.lower()]
                return found
        return None


def caller(web: Web, user: User | None = None) -> Caller:
    return Caller(web.app, web.make, user)


def offer_body(web: Web, agency: str, **values: Any) -> dict[str, Any]:
    first = web.make.today
    spans = [{"from": first.isoformat(), "until": (first + timedelta(days=365)).isoformat()}]
    return {
        "agency": agency, "title": "Kontor", "place": "63.1792, 14.6357", "seats": 10, "spans": spans,
        "weekdays": WORKWEEK, "features": {"step_free": "yes", "parking": "no"}, **values,
    }  # fmt: skip


def need_body(web: Web, agency: str, **values: Any) -> dict[str, Any]:
    first = web.make.today + timedelta(days=1)
    return {
        "agency": agency, "title": "Projektrum", "place": "63.1767, 14.6361", "max_km": 20, "seats": 4,
        "earliest_start": first.isoformat(), "latest_start": (first + timedelta(days=21)).isoformat(), "days": 28,
        "weekdays": ["tue", "wed"], "must": ["step_free"], **values,
    }  # fmt: skip


def stored(web: Web) -> dict[str, int]:
    """How many rows each table holds; tokens and their events come from the tests themselves."""
    session = web.make.session
    session.rollback()
    return {t.name: session.scalar(select(func.count()).select_from(t)) or 0 for t in Model.metadata.sorted_tables}


def fields(answer: Any) -> dict[str, str]:
    return {error["field"]: error["code"] for error in answer.json["errors"]}
