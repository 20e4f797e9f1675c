"""One blueprint for the whole API, and what its views share: problems, paging, entity tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from flask import request
from flask_smorest import Blueprint
from marshmallow import Schema

from platsverket.errors import Refused
from platsverket.fields import Whole
from platsverket.views.api.document import PREFIX
from platsverket.views.api.examples import page as example_page
from platsverket.views.api.reading import Query as Query
from platsverket.views.api.reading import Reader
from platsverket.web import MOST_PER_PAGE, PER_PAGE

View = TypeVar("View", bound=Callable[..., Any])
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "Names this very state; for If-Match."}}
LOCATION = {"Location": {"schema": {"type": "string", "format": "uri-reference"}, "description": "Where it is now."}}
IF_MATCH = {
    "name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"},
    "description": "The ETag of the state to change; another one answers 412 and changes nothing.",
}  # fmt: skip


class ApiBlueprint(Blueprint):
    ARGUMENTS_PARSER: ClassVar[Reader] = Reader()

    def body(self, schema: type[Schema], example: dict[str, Any]) -> Callable[[View], View]:
        """The view gets a JSON body read by ``schema``."""
        read = self.arguments(schema, examples={"example": {"value": example}})
        return lambda view: read(problems(400, 413, 415, 422)(view))

    def query(self, schema: type[Schema]) -> Callable[[View], View]:
        """The view gets query parameters read by ``schema``."""
        read = self.arguments(schema, location="query")
        return lambda view: read(problems(422)(view))

    def answers(
        self, status: int, schema: type[Schema], example: dict[str, Any], description: str, **headers: Any
    ) -> Callable[[View], View]:
        """What the view returns, written out by ``schema``."""
        named: Callable[[View], View] = self.response(
            status, schema, description=description, examples={"example": {"value": example}}, **headers
        )
        return named

    def lists(self, schema: type[Schema], *examples: dict[str, Any]) -> Callable[[View], View]:
        return self.answers(200, schema, example_page(*examples), "One page of the list, and how long it is in all.")

    def file(self, example: dict[str, Any], description: str) -> Callable[[View], View]:
        """What the view returns is a file of the engine, as it is."""
        shape = {"type": "object", "required": ["format"], "properties": {"format": {"const": example["format"]}}}
        named: Callable[[View], View] = self.alt_response(
            200, schema=shape, description=description, examples={"example": {"value": example}}, success=True
        )
        return named


api = ApiBlueprint("api", __name__, url_prefix=PREFIX)


def problems(*statuses: int) -> Callable[[View], View]:
    """Say which problems a view may answer with, beside those that every view may."""

    def mark(view: View) -> View:
        for status in statuses:
            view = api.alt_response(status, HTTPStatus(status).name)(view)
        return view

    return mark


def secured(view: View) -> View:
    """The problems of every view that wants a token."""
    marked: View = problems(401, 403, 503)(view)
    return marked


def public(view: View) -> View:
    """Say that a view wants no token."""
    marked: View = api.doc(security=[])(view)
    return marked


class PageQuery(Query):
    """Which page of a list, and how long it is."""

    limit = Whole(1, MOST_PER_PAGE, load_default=PER_PAGE, metadata={"description": "How many items a page has."})
    page = Whole(1, 100_000, load_default=1, metadata={"description": "Which page, from 1."})


def window(asked: dict[str, Any]) -> dict[str, Any]:
    """The part of a list that a page is."""
    return {"limit": asked["limit"], "offset": (asked["page"] - 1) * asked["limit"]}


def listing(asked: dict[str, Any], items: list[Any], total: int) -> dict[str, Any]:
    return {"total": total, "page": asked["page"], "limit": asked["limit"], "items": items}


def tag(schema: Schema, shown: dict[str, Any]) -> str:
    """The entity tag of what is shown: the same for the same answer, another for another."""
    text = json.dumps(schema.dump(shown), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def tagged(schema: Schema, shown: dict[str, Any], status: int = 200, **headers: str) -> Any:
    return shown, status, {"ETag": f'"{tag(schema, shown)}"', **headers}


def if_match(schema: Schema, show: Callable[[Any], dict[str, Any]]) -> Callable[[Any], None] | None:
    """A guard that refuses a change of anything else than the state the request names in If-Match."""
    if "If-Match" not in request.headers:
        return None
    wanted = request.if_match

    def guard(thing: Any) -> None:
        if not wanted.contains(tag(schema, show(thing))):
            raise Refused("stale", status=412)

    return guard
