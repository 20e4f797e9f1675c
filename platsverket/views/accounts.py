"""Accounts, for administrators: people, their roles, their passwords."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from platsverket import accounts, agencies
from platsverket.errors import Fault, Refused
from platsverket.models import User
from platsverket.schemas import AccountSchema, load
from platsverket.web import by, db, field_errors, kept, page, paging, rule, submitted, typed

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")
BLANK_ROWS = 2
MOST_ROLES = 50


@blueprint.get("")
@rule("account.manage")
def index() -> Any:
    text, where = request.args.get("text", "").strip(), paging()
    found, total = accounts.search(db(), by(), text, where.size, where.offset)
    return page("accounts/index.html", accounts=found, total=total, paging=where, text=text)


@blueprint.route("/new", methods=["GET", "POST"])
@rule("account.manage")
def new() -> Any:
    if not submitted():
        return _form(None, values={"language": "sv"}, rows=[])
    try:
        user, password = accounts.create(db(), by(), _read())
    except Refused as refused:
        return _again(None, refused)
    return page("accounts/password.html", account=user, password=password, fresh=True)


@blueprint.route("/<ref>", methods=["GET", "POST"])
@rule("account.manage")
def edit(ref: str) -> Any:
    account = accounts.account(db(), by(), ref)
    if not submitted():
        return _form(account, values=_values(account), rows=[(m.agency.name, m.role) for m in account.memberships])
    try:
        account = accounts.change(db(), by(), ref, _read())
    except Refused as refused:
        return _again(account, refused)
    flash(gettext("The account has been changed."), "success")
    if not account.memberships and not account.is_administrator:
        flash(gettext("The account of %(name)s has no role, so it opens nothing.", name=account.name), "warning")
    return redirect(url_for("accounts.index"), 303)


@blueprint.post("/<ref>/reopen")
@rule("account.manage")
def reopen(ref: str) -> Any:
    accounts.reopen(db(), by(), ref)
    flash(gettext("The account is open again. The person signs in with the password they had."), "success")
    return redirect(url_for("accounts.edit", ref=ref), 303)


@blueprint.route("/<ref>/close", methods=["GET", "POST"])
@rule("account.manage")
def close(ref: str) -> Any:
    account = accounts.account(db(), by(), ref)
    if not submitted():
        return page("accounts/close.html", account=account)
    accounts.deactivate(db(), by(), ref)
    flash(gettext("The account has been closed."), "success")
    return redirect(url_for("accounts.index"), 303)


@blueprint.route("/<ref>/new-password", methods=["GET", "POST"])
@rule("account.manage")
def new_password(ref: str) -> Any:
    account = accounts.account(db(), by(), ref)
    if not submitted():
        return page("accounts/new_password.html", account=account)
    password = accounts.reset_password(db(), by(), ref)
    return page("accounts/password.html", account=account, password=password, fresh=False)


def _values(account: User) -> dict[str, Any]:
    admin = "yes" if account.is_administrator else ""
    return {"email": account.email, "name": account.name, "language": account.language, "is_administrator": admin}


def _form(account: User | None, status: int = 200, *, rows: list[tuple[str, str]], **context: Any) -> Any:
    rows = (_rows() if kept() else rows) + [("", "")] * BLANK_ROWS
    names = [a.name for a in agencies.search(db(), "", limit=10_000)[0]]
    return page("accounts/form.html", status, account=account, rows=rows, agency_names=names, **context)


def _again(account: User | None, refused: Refused) -> Any:
    if not refused.fields:
        raise refused
    return _form(account, refused.status, rows=_rows(), values=typed(), errors=field_errors(refused))


def _rows() -> list[tuple[str, str]]:
    """The rows of organisation and role that were filled in."""
    names, roles = request.form.getlist("role_agency"), request.form.getlist("role")
    return [(name.strip(), role) for name, role in zip(names, roles, strict=False) if name.strip()][:MOST_ROLES]


def _read() -> dict[str, Any]:
    """The form's values with its rows as "organisation ref:role"; all faults together."""
    form = {name: request.form.get(name, "") for name in ("email", "name", "language")}
    faults: dict[str, list[Fault]] = {}
    roles = []
    for name, role in _rows():
        try:
            roles.append(f"{agencies.by_names(db(), [name], 'roles')[0].ref}:{role}")
        except Refused as refused:
            faults.setdefault("roles", []).extend(refused.fields["roles"])
    try:
        administrator = bool(request.form.get("is_administrator"))
        values = load(AccountSchema(), {**form, "is_administrator": administrator, "roles": roles})
    except Refused as refused:
        raise Refused("invalid", fields={**refused.fields, **faults}) from None
    if faults:
        raise Refused("invalid", fields=faults)
    return values
