"""What was typed in a form whose sender is no longer signed in goes with them through signing in; it is never stored.

It stands in a hidden field of the page on which they sign in. Afterwards the form is shown with it, whoever has signed
in; nothing is ever sent on by itself. Passwords are not carried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException

from platsverket import demo
from platsverket.access import demand
from platsverket.web import Typed, by, config, page, safe_path, typed

LONGEST = 100_000  # characters of all that is carried
SECRETS = frozenset({"password", "current", "new"})


def from_this_form() -> tuple[str, Typed] | None:
    """The page of the form that was sent, and what was typed in it; None where there is nothing to carry.

    Only a form of this very site is carried: another site may send one too, but neither fill in ours nor say it is us.
    """
    if request.method != "POST" or request.path.startswith("/api/") or not _sent_from_here():
        return None
    found = _without_secrets(typed())
    paths = [request.path, urlsplit(request.referrer or "").path]
    path = next((path for path in paths if is_page(path)), "")
    return (path, found) if path and any(found.values()) and len(json.dumps(found)) <= LONGEST else None


def asked_by_a_page() -> bool:
    """Whether a page asks while somebody writes: the answer must not replace the session that they sign in with."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def read(text: str) -> Typed | None:
    """What a page for signing in carried, if it can be read."""
    try:
        found = json.loads(text) if len(text) <= LONGEST else None
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(_is_typed(value) for value in found.values()):
        return None
    return _without_secrets(found) or None


def sign_in_page(status: int = 200, **context: Any) -> Any:
    people = [one.email for one in demo.USERS] if config().demo else []
    return page("start/sign_in.html", status, demo_people=people, **context)


def carrying_sign_in_page(path: str, found: Typed) -> Any:
    """Where whoever sent a form signs in again."""
    return sign_in_page(401, values={"next": path, "typed": json.dumps(found)})


def is_page(path: str) -> bool:
    """Whether somebody who is signed in finds a page at this path."""
    if safe_path(path) != path:
        return False
    try:
        view, _ = _view(path)
    except HTTPException:
        return False
    return getattr(view, "rule", "public") != "public"


def shown_at(path: str) -> Any:
    """The answer of the view that shows this path, whatever is done where a form is sent to it."""
    view, arguments = _view(path)
    demand(by(), getattr(view, "rule", ""))
    return view(**arguments)


def _view(path: str) -> tuple[Any, Mapping[str, Any]]:
    adapter = current_app.create_url_adapter(request)
    assert adapter
    endpoint, arguments = adapter.match(path, method="GET")
    return current_app.view_functions[endpoint], arguments


def _sent_from_here() -> bool:
    origin = request.headers.get("Origin", "")
    ours = (urlsplit(address) for address in (request.host_url, config().site.address))
    return origin in {f"{one.scheme}://{one.netloc}" for one in ours}


def _without_secrets(values: dict[str, Any]) -> Typed:
    return Typed({name: value for name, value in values.items() if name not in SECRETS})


def _is_typed(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
