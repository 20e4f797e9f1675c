"""The web application: wires configuration, database, sign-in, language, errors and views together."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, current_app, flash, g, jsonify, make_response, redirect, request, session, url_for
from flask_babel import Babel, get_locale, gettext
from flask_login import AnonymousUserMixin, LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from whitenoise import WhiteNoise

from platsverket import accounts, carried, compression, words
from platsverket.access import ANONYMOUS, demand, may
from platsverket.config import ROOT, TILES, Config, load
from platsverket.database import connect, ping, sessions, this_day, waited
from platsverket.errors import Refused
from platsverket.features import GROUPS
from platsverket.models import User
from platsverket.web import PageUser, Service, db, kept, page, safe_path, submitted

log = structlog.get_logger()
LANGUAGES = {"sv": "Svenska", "en": "English"}
MOST_BYTES, MOST_FORM_PARTS = 2_000_000, 2_000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def create_app(config: Config | None = None) -> Flask:
    """The application; raises ConfigError with one line when it cannot start."""
    config = config or load()
    engine = connect(config.database.url, config.database.lock_wait_seconds)
    ping(engine)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_SECURE=config.site.https_only,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "platsverket" / "translations"),
        BABEL_DEFAULT_LOCALE=config.site.languages[0],
        BABEL_DEFAULT_TIMEZONE="Europe/Stockholm",
    )
    app.extensions["platsverket"] = Service(config, engine, sessions(engine))
    files = WhiteNoise(app.wsgi_app, root=compression.static_files(), prefix="static/")
    app.wsgi_app = files  # type: ignore[method-assign]  # Flask's own way to put something before the application
    Babel(app, locale_selector=_language)
    csrf = CSRFProtect(app)
    _sign_in(app)
    _templates(app)
    _errors(app)
    _requests(app)
    from platsverket.views import register  # views import services and web, never this module

    register(app, csrf)
    return app


def _language() -> str:
    allowed = app_config().site.languages
    chosen = request.args.get("lang") or session.get("lang")
    if chosen in allowed:
        return str(chosen)
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(allowed) or allowed[0]
    if current_user and current_user.is_authenticated:
        return str(current_user.user.language)
    return allowed[0]


def app_config() -> Config:
    from platsverket.web import config

    return config()


def _sign_in(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # the token is random and kept on the server; nothing to compare with

    @manager.user_loader
    def _load(token: str) -> PageUser | None:
        user = accounts.signed_in(db(), token)
        return PageUser(user, token) if user and user.deactivated_at is None else None


def _templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = False
    app.jinja_env.filters.update(
        day=words.day,
        number=words.number,
        moment=words.moment,
        weekday_list=words.weekdays,
        sentence=words.sentence,
        soft=words.soft,
        email=words.email,
        feature=words.feature,
        features_of=words.features_of,
    )
    app.jinja_env.globals.update(words=words, feature_groups=GROUPS, ngettext=words.counted)

    @app.context_processor
    def _context() -> dict[str, Any]:
        return {
            "lang": str(get_locale())[:2],
            "language_links": _language_links(),
            "nav": _nav(),
            "user": current_user if current_user.is_authenticated else None,
            "by": g.get("by", ANONYMOUS),
            "may": may,
            "sign_in_url": url_for("start.sign_in"),
            "sign_out_url": url_for("start.sign_out"),
            "footer_links": _footer(),
            "has_errors": False,
            "settings": app_config(),
            "today": this_day(),
        }


def _language_links() -> list[dict[str, Any]]:
    here = request.endpoint or "start.home"
    arguments: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {})}
    now = str(get_locale())[:2]
    # A page that was answered to a POST has the same address as the form it came from.
    try:
        urls = {code: url_for(here, **{**arguments, "lang": code}) for code in LANGUAGES}
    except Exception:  # an address that no view answers
        urls = {code: url_for("start.home", lang=code) for code in LANGUAGES}
    return [{"code": c, "label": LANGUAGES[c], "url": urls[c], "current": c == now} for c in LANGUAGES]


def _nav() -> list[dict[str, Any]]:
    """The main menu: what this person's roles let them open."""
    items = [
        ("offers.index", gettext("Spare premises"), "offer.read"),
        ("needs.index", gettext("Space requests"), "need.read"),
        ("rounds.index", gettext("Match rounds"), "round.steer"),
        ("proposals.index", gettext("Proposals"), "proposal.read"),
        ("agreements.index", gettext("Agreements"), "agreement.read"),
        ("accounts.index", gettext("Accounts"), "account.manage"),
        ("events.index", gettext("Events"), "event.read"),
        ("me.index", gettext("My account"), "self"),
    ]
    here = {"desk": "rounds", "maps": "rounds", "decisions": "rounds", "refills": "rounds", "searches": "me"}.get(
        str(request.blueprint), (request.blueprint or "").split(".")[0]
    )
    who = g.get("by", ANONYMOUS)
    return [
        {"label": label, "url": url_for(endpoint), "current": endpoint.split(".")[0] == here}
        for endpoint, label, action in items
        if may(who, action)
    ]


def _footer() -> list[dict[str, str]]:
    return [
        {"label": gettext("About Platsverket"), "url": url_for("start.about")},
        {"label": gettext("Statistics"), "url": url_for("statistics.index")},
        {"label": gettext("Accessibility statement"), "url": url_for("start.accessibility")},
        {"label": gettext("Personal data"), "url": url_for("start.privacy")},
        {"label": gettext("For systems: API"), "url": url_for("start.api")},
    ]


def _no_nul() -> None:
    """PostgreSQL stores no NUL, so an address that holds one names nothing; the API says so at the parameter."""
    if "\0" in request.path or (not _is_api() and any("\0" in value for value in request.args.values())):
        g.by = ANONYMOUS
        raise Refused("not_found")


def _requests(app: Flask) -> None:
    for step in (_no_nul, _who, _keep_language, _rule, _shown_again):
        app.before_request(step)
    headers = _headers(app.extensions["platsverket"].config)

    @app.after_request
    def _finish(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return compression.compressed(response)

    app.teardown_request(_close)


def _who() -> None:
    if _is_api():
        g.by = accounts.identity(_bearer())
    else:
        g.by = accounts.identity(current_user.user if current_user.is_authenticated else None)


def _keep_language() -> None:
    lang = request.args.get("lang")
    if lang in LANGUAGES and not _is_api():
        session["lang"] = lang


def _rule() -> None:
    """Every view says what it does; one that does not is never reached."""
    if request.endpoint is None or request.endpoint == "static":
        return
    action = getattr(current_app.view_functions[request.endpoint], "rule", "")
    if action != "public":
        demand(g.by, action)


def _shown_again() -> Any:
    """A form that was sent only to be kept is answered by the view that shows it, wherever it would be acted upon."""
    if _is_api() or not kept():
        return None
    if request.form.get("keep") == "again":
        flash(gettext("Nothing is saved yet. Check what you had typed and send it again."), "warning")
    return carried.shown_at(request.path)


def _headers(config: Config) -> dict[str, str]:
    """What every answer says of itself; a map's tiles, where they are configured, may come from their own host."""
    headers = dict(HEADERS)
    if tiles := TILES.fullmatch(config.map.tiles):
        policy = headers["Content-Security-Policy"]
        headers["Content-Security-Policy"] = policy.replace("img-src 'self'", f"img-src 'self' {tiles[1]}")
    if config.site.https_only:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def _close(_error: BaseException | None) -> None:
    if "db" in g:
        g.pop("db").close()


def _bearer() -> User | None:
    header = request.headers.get("Authorization", "")
    kind, _, token = header.partition(" ")
    if not header:
        return None
    user = accounts.bearer(db(), token) if kind.lower() == "bearer" else None
    if user is None:
        raise Refused("bad_token", status=401)
    return user


def _errors(app: Flask) -> None:
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _without_token)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Any:
        g.setdefault("by", ANONYMOUS)
        if error.code is not None and error.code < 400:
            return error
        return _failed(error)

    @app.errorhandler(exc.OperationalError)
    @app.errorhandler(exc.InterfaceError)
    @app.errorhandler(exc.TimeoutError)
    def _database(error: exc.SQLAlchemyError) -> Any:
        # The page that says so may not ask the database once more, not even who reads it.
        g.by, g._login_user = ANONYMOUS, AnonymousUserMixin()
        log.error("database", error=str(error).splitlines()[0])
        return answer(503, Refused("busy" if waited(error) else "database_down"))

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Any:
        g.setdefault("by", ANONYMOUS)
        name = secrets.token_hex(4)
        log.exception("unexpected", error_id=name, path=request.path)
        return answer(
            500, gettext("Something unexpected happened. If you tell us, give this number: %(name)s.", name=name)
        )


def _refused(refused: Refused) -> Any:
    g.setdefault("by", ANONYMOUS)
    if refused.code != "not_signed_in" or _is_api():
        return answer(refused.status, refused)
    if carried.asked_by_a_page():
        return make_response("", 401)
    if found := carried.from_this_form():
        return carried.carrying_sign_in_page(*found)
    flash(gettext("Sign in to go on."), "info")
    wanted = "" if submitted() else request.full_path.rstrip("?")
    return redirect(url_for("start.sign_in", next=safe_path(wanted)), 303)


def _without_token(_error: CSRFError) -> Any:
    """A form of a session that has ended: its sender gets it back as it was typed, and nothing is done."""
    _who()
    if carried.asked_by_a_page() and g.by.user_id is None:
        return make_response("", 401)
    found = carried.from_this_form()
    if found and g.by.user_id is None:
        return carried.carrying_sign_in_page(*found)
    if not found:
        says = gettext("Your session has ended, or the form was open too long. Nothing was saved. Open the page again.")
        return answer(400, says)
    g.came_late = True
    flash(gettext("The form was open too long, so nothing is saved yet. Check it and send it again."), "warning")
    try:
        shown = make_response(carried.shown_at(found[0]))
    except Refused as refused:
        return _refused(refused)
    shown.status_code = 400 if shown.status_code == 200 else shown.status_code
    return shown


def _failed(error: HTTPException) -> Response:
    response = make_response(answer(error.code or 500))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _is_api() -> bool:
    return request.path.startswith("/api/")


def answer(status: int, what: Refused | str | None = None) -> Any:
    """An error as a page or, under /api, as a problem document (RFC 9457)."""
    title, advice = words.HTTP.get(status, words.HTTP[500 if status >= 500 else 400])
    text = words.sentence(what) if isinstance(what, Refused) else (what or _plain(status))
    if not _is_api():
        said = {"title": str(title), "sentence": text, "advice": str(advice), "commitments": _commitments(what)}
        shown = make_response(page("error.html", status, **said))
        return _patiently(shown)
    problem: dict[str, Any] = {
        "type": _kind(status, what),
        "title": str(title),
        "status": status,
        "detail": text,
        "instance": quote(request.path),
    }
    if isinstance(what, Refused) and what.fields:
        problem["errors"] = [
            {"field": name, "code": fault.code, "detail": words.sentence(fault)}
            for name, faults in what.fields.items()
            for fault in faults
        ]
    if commitments := _commitments(what):
        problem["commitments"] = [
            {name: getattr(one, name) for name in ("kind", "ref", "number", "agency", "seats")}
            | {"start": one.start.isoformat(), "until": one.until.isoformat()}
            for one in commitments
        ]
    response = jsonify(problem)
    response.status_code = status
    response.content_type = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return _patiently(response)


def _commitments(what: Refused | str | None) -> list[Any]:
    """The agreements and proposals that stand in the way of what was asked for."""
    return what.numbers.get("commitments", []) if isinstance(what, Refused) else []


def _patiently(response: Response) -> Response:
    """Say when to try again, where trying again helps."""
    if response.status_code in (503, 429):
        response.headers["Retry-After"] = "5" if response.status_code == 503 else "60"
    return response


def _kind(status: int, what: Refused | str | None) -> str:
    """Where a problem is explained. Relative: the Host header is the caller's, and no address is made from it."""
    code = what.code if isinstance(what, Refused) else "not_found" if status == 404 else ""
    return f"/api/v1/problems/{code.replace('_', '-')}" if code else "about:blank"


def _plain(status: int) -> str:
    if status == 404:
        return words.sentence(Refused("not_found"))
    return str(words.HTTP.get(status, words.HTTP[400])[0]) + "."
