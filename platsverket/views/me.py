"""One's own account: language, password, and API tokens."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import force_locale, gettext
from flask_login import current_user

from platsverket import accounts, substitutes
from platsverket import calendars as feeds
from platsverket.database import this_day
from platsverket.errors import Fault, Refused, invalid
from platsverket.models import AT_ONCE, DAILY
from platsverket.schemas import PasswordSchema, SubstituteSchema, TokenSchema, load
from platsverket.web import by, config, db, field_errors, form_values, page, rule, submitted, typed

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.get("")
@rule("self")
def index() -> Any:
    return page(
        "me/index.html",
        person=current_user.user,
        substitute=substitutes.named(db(), by()),
        for_others=substitutes.for_others(db(), by()),
    )


@blueprint.post("/language")
@rule("self")
def language() -> Any:
    chosen = request.form.get("language", "")
    if chosen not in config().site.languages:
        raise invalid(language=Fault("choice"))
    accounts.set_language(db(), by(), chosen)
    session["lang"] = chosen
    with force_locale(chosen):
        flash(gettext("The language has been changed."), "success")
    return redirect(url_for("me.index"), 303)


@blueprint.post("/mail")
@rule("self")
def mail() -> Any:
    chosen = request.form.get("mail", "")
    if chosen not in (AT_ONCE, DAILY):
        raise invalid(mail=Fault("choice"))
    accounts.set_mail(db(), by(), chosen)
    flash(gettext("Your choice about e-mail has been saved."), "success")
    return redirect(url_for("me.index"), 303)


@blueprint.route("/password", methods=["GET", "POST"])
@rule("self")
def password() -> Any:
    if not submitted():
        return page("me/password.html")
    try:
        accounts.change_password(db(), by(), load(PasswordSchema(), form_values()), current_user.get_id())
    except Refused as refused:
        if not refused.fields:
            raise
        return page("me/password.html", refused.status, errors=field_errors(refused))
    flash(gettext("Your password has been changed. Your other sessions have ended."), "success")
    return redirect(url_for("me.index"), 303)


@blueprint.route("/substitute", methods=["GET", "POST"])
@rule("self")
def substitute() -> Any:
    if not submitted():
        return _substitute_page({"first_day": this_day().isoformat()})
    try:
        named = substitutes.name(db(), by(), load(SubstituteSchema(), form_values()))
    except Refused as refused:
        if not refused.fields:
            raise
        return _substitute_page(typed(), refused.status, field_errors(refused))
    flash(gettext("%(name)s is now your substitute.", name=named.substitute.name), "success")
    return redirect(url_for("me.index"), 303)


def _substitute_page(values: dict[str, Any], status: int = 200, errors: Any = None) -> Any:
    return page(
        "me/substitute.html",
        status,
        colleagues=[(one.ref, one.name) for one in substitutes.colleagues(db(), by())],
        substitute=substitutes.named(db(), by()),
        values=values,
        errors=errors or {},
    )


@blueprint.post("/substitute/end")
@rule("self")
def end_substitute() -> Any:
    substitutes.end(db(), by())
    flash(gettext("Nobody stands in for you any more."), "success")
    return redirect(url_for("me.index"), 303)


@blueprint.route("/tokens", methods=["GET", "POST"])
@rule("self")
def tokens() -> Any:
    if not submitted():
        return _tokens_page(values={"days": min(90, config().sign_in.token_days)})
    try:
        token, secret = accounts.make_token(db(), by(), config().sign_in, load(TokenSchema(), form_values()))
    except Refused as refused:
        if not refused.fields:
            raise
        return _tokens_page(refused.status, values=typed(), errors=field_errors(refused))
    return page("me/token.html", token=token, secret=secret)


def _tokens_page(status: int = 200, **context: Any) -> Any:
    return page("me/tokens.html", status, tokens=accounts.tokens(db(), by()), **context)


@blueprint.post("/tokens/<ref>/revoke")
@rule("self")
def revoke(ref: str) -> Any:
    accounts.revoke_token(db(), by(), ref)
    flash(gettext("The token has been revoked. It no longer works."), "success")
    return redirect(url_for("me.tokens"), 303)


@blueprint.route("/calendars", methods=["GET", "POST"])
@rule("self")
def calendars() -> Any:
    if not submitted():
        return page("me/calendars.html", feeds=feeds.own(db(), by()))
    feed, secret = feeds.make(db(), by(), request.form.get("offer", ""))
    # Made of our own settings: the Host header is the caller's, and no secret is shown under a name that is not ours.
    address = config().site.address.rstrip("/") + url_for("calendars.show", secret=secret)
    return page("me/calendar.html", feed=feed, address=address)


@blueprint.post("/calendars/<ref>/revoke")
@rule("self")
def revoke_calendar(ref: str) -> Any:
    feeds.revoke(db(), by(), ref)
    flash(gettext("The calendar address has been revoked. It leads nowhere any more."), "success")
    return redirect(url_for("me.calendars"), 303)
