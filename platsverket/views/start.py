"""The start page, signing in and out, and the pages about the service itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, request, session, url_for
from flask_login import current_user, login_user, logout_user

from platsverket import accounts, carried, desk_words, drafts, rounds, statistics, steps
from platsverket.database import this_day
from platsverket.errors import Refused
from platsverket.schemas import SignInSchema, load
from platsverket.web import PageUser, by, config, db, field_errors, page, rule, safe_path, submitted, typed

blueprint = Blueprint("start", __name__)


@blueprint.get("/")
@rule("public")
def home() -> Any:
    coming = rounds.next_round(db(), this_day())
    if by().user_id is None:
        figures = statistics.open_figures(db(), config())
        return page("start/welcome.html", figures=figures, next_round=coming)
    found = steps.next_steps(db(), by())
    begun = drafts.own(db(), by(), config())
    return page("start/home.html", drafts=begun, steps=found, next_round=coming, asked=desk_words.question)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@rule("public")
def sign_in() -> Any:
    if not submitted():
        return carried.sign_in_page(values={"next": request.args.get("next", "")})
    try:
        values = load(SignInSchema(), {name: request.form.get(name, "") for name in ("email", "password")})
        address = request.remote_addr or ""
        user, token = accounts.sign_in(db(), config().sign_in, values["email"], values["password"], address)
    except Refused as refused:
        if refused.status not in (422, 429):
            raise
        return carried.sign_in_page(refused.status, values=typed(), errors=field_errors(refused))
    _leave()
    login_user(PageUser(user, token))
    path, had_typed = safe_path(request.form.get("next")), carried.read(request.form.get("typed", ""))
    if had_typed and carried.is_page(path):
        g.by = accounts.identity(user)
        return page("start/go_on.html", path=path, values=had_typed)
    return redirect(path, 303)


@blueprint.post("/sign-out")
@rule("public")
def sign_out() -> Any:
    _leave()
    return redirect(url_for("start.home"), 303)


def _leave() -> None:
    """End the session here and on the server; nothing of it may live on in the next one but the language chosen."""
    if current_user.is_authenticated:
        accounts.sign_out(db(), current_user.get_id())
        logout_user()
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language


@blueprint.get("/about")
@rule("public")
def about() -> Any:
    return page("start/about.html")


@blueprint.get("/accessibility")
@rule("public")
def accessibility() -> Any:
    return page("start/accessibility.html")


@blueprint.get("/privacy")
@rule("public")
def privacy() -> Any:
    return page("start/privacy.html")


@blueprint.get("/for-systems")
@rule("public")
def api() -> Any:
    return page("start/api.html")
