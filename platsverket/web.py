"""What every view needs: its rule, who is asking, a database session, the values of a form, an answer of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from platsverket import csvs
from platsverket.access import Identity
from platsverket.config import Config
from platsverket.errors import Refused
from platsverket.models import User
from platsverket.words import sentence

View = TypeVar("View", bound=Callable[..., Any])
PER_PAGE, MOST_PER_PAGE = 20, 100
ROW = re.compile(r"[0-9]{1,4}")
# Names of the page's own in a form: its token, and the buttons that say what is to be done with what was typed.
OWN_NAMES = re.compile(r"csrf_token|do|draft|once|map_view|keep([.-].*)?")


class PageUser:
    """The signed-in person as Flask-Login and the page's header know them."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, user: User, token: str):
        self.user, self.token = user, token
        self.name = user.name

    def get_id(self) -> str:
        return self.token

    @property
    def organisations_label(self) -> str:
        names = dict.fromkeys(m.agency.name for m in self.user.memberships)
        return ", ".join(names) or (gettext("Administrator") if self.user.is_administrator else "")


@dataclass(frozen=True)
class Service:
    """What a running application holds."""

    config: Config
    engine: Engine
    sessions: sessionmaker[Session]


def rule(action: str) -> Callable[[View], View]:
    """Say which action of ``access.POLICY`` a view carries out; a view without one is never reached."""

    def mark(view: View) -> View:
        view.rule = action  # type: ignore[attr-defined]  # a function carries what one sets on it
        return view

    return mark


def service() -> Service:
    found: Service = current_app.extensions["platsverket"]
    return found


def config() -> Config:
    return service().config


def db() -> Session:
    """The request's session, opened when first asked for and closed with the request."""
    if "db" not in g:
        g.db = service().sessions()
    session: Session = g.db
    return session


def by() -> Identity:
    """Who is asking."""
    identity: Identity = g.by
    return identity


def submitted() -> bool:
    """Whether a form was sent to be acted upon.

    Only a POST sends one: HEAD asks what GET does, and nobody checks its token.
    """
    return request.method == "POST" and not kept()


def kept() -> bool:
    """Whether the form is only to be shown again as it was typed: asked for by a button "keep", or it came late."""
    if g.get("came_late"):
        return True
    return request.method == "POST" and any(
        name.startswith("keep") and OWN_NAMES.fullmatch(name) for name in request.form
    )


def pressed() -> str:
    """What the button that sent the form asks for; nothing where it names nothing."""
    return request.form.get("do", "")


def form_values() -> dict[str, Any]:
    """The form as a schema reads it: "spans-0-from" is nested, repeated names become lists, blanks in lists vanish.

    Names that a schema expects as lists are given to ``listed``; names of the page's own are left out.
    """
    values: dict[str, Any] = {}
    for name in typed():
        entries, parts = request.form.getlist(name), name.split("-")
        if len(parts) == 3 and ROW.fullmatch(parts[1]):
            _inner(_inner(values, parts[0]), int(parts[1]))[parts[2]] = entries[-1]
        elif len(parts) == 2:
            _inner(values, parts[0])[parts[1]] = entries[-1]
        else:
            values[name] = entries if len(entries) > 1 else entries[0]
    return {name: _rows(value) for name, value in values.items()}


def _inner(values: dict[Any, Any], name: Any) -> dict[Any, Any]:
    """The dict at ``name``, in place of anything else that a strange form sent under that name."""
    if not isinstance(values.get(name), dict):
        values[name] = {}
    inner: dict[Any, Any] = values[name]
    return inner


def _rows(value: Any) -> Any:
    if isinstance(value, dict) and value and all(isinstance(key, int) for key in value):
        return [row for _, row in sorted(value.items()) if any(str(v).strip() for v in row.values())]
    return value


def listed(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """The values with these names as lists, as a schema wants them, whether one or several were sent."""
    for name in names:
        value = values.get(name, [])
        values[name] = [v for v in (value if isinstance(value, list) else [value]) if v != ""]
    return values


class Typed(dict[str, Any]):
    """What was typed, as a form shows it again: one text per name, a list where several were sent."""


def typed() -> Typed:
    """What was typed in the form that was sent."""
    sent = ((name, request.form.getlist(name)) for name in request.form if not OWN_NAMES.fullmatch(name))
    return Typed({name: entries if len(entries) > 1 else entries[0] for name, entries in sent})


def field_errors(refused: Refused) -> dict[str, list[str]]:
    """The sentences of a refusal per field; those of the whole form stand under "_schema"."""
    if not refused.fields:
        return {"_schema": [sentence(refused)]}
    return {name: [sentence(fault) for fault in faults] for name, faults in refused.fields.items()}


def faults_to_mend(refused: Refused) -> dict[str, list[str]]:
    """What the same page says when it is shown again; what nobody can mend there is raised on."""
    if refused.status not in (409, 422):
        raise refused
    return field_errors(refused)


def page(template: str, status: int = 200, **context: Any) -> Any:
    """A rendered page; ``errors`` in the context puts "Error:" before its title.

    A form that was sent only to be shown again shows what was typed, whatever ``values`` its view would begin with.
    A list of ``total`` things that is asked for a page beyond its end leads to its last one.
    """
    context.setdefault("errors", {})
    if kept() and not isinstance(context.get("values", Typed()), Typed):
        context["values"] = typed()
    where, total = context.get("paging"), context.get("total")
    if where and total is not None and where.number > where.pages(total):
        return redirect(where.url_of(where.pages(total)), 303)
    return render_template(template, has_errors=bool(context["errors"]), **context), status


def csv_file(name: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Response:
    """A table to download; ``name`` is what it holds, and the file's name is made of it."""
    answer = Response(csvs.written(head, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{csvs.file_name(name)}"'
    return answer


@dataclass(frozen=True)
class Paging:
    """One page of a list: where it starts, how long it is, and the addresses of its neighbours."""

    number: int
    size: int = PER_PAGE

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def pages(self, total: int) -> int:
        return max(1, -(-total // self.size))

    def url_of(self, number: int) -> str:
        return this_page(page=str(number))


def paging() -> Paging:
    """The page asked for by ?page=; nonsense means the first."""
    asked = request.args.get("page", "1")
    return Paging(int(asked) if re.fullmatch(r"[1-9][0-9]{0,5}", asked) else 1)


def asked_day(name: str = "from") -> date | None:
    """The day asked for by a parameter, written 2027-03-01; nonsense means none."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def this_page(**changed: str) -> str:
    """The address of this page with its query, and these parameters in place of what they were."""
    path = url_for(str(request.endpoint), **(request.view_args or {}))
    # Not by url_for: a visitor may have sent names that are its own, such as _scheme or endpoint.
    return f"{path}?{urlencode({**request.args.to_dict(flat=False), **changed}, doseq=True)}"


def safe_path(target: str | None) -> str:
    """A path of this site to go on to, or the start page: never another host, however it is spelled."""
    if target and re.fullmatch(r"/[A-Za-z0-9/_.~-]*(\?[A-Za-z0-9=&_.~%+,-]*)?", target) and not target.startswith("//"):
        parts = urlsplit(target)
        if not parts.netloc and not parts.scheme:
            return target
    return url_for("start.home")
