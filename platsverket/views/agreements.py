"""Agreements (överenskommelser): what was agreed, with whom, and ending it before its time."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _

from platsverket import outcome_words, proposals
from platsverket.access import allowed
from platsverket.errors import Refused
from platsverket.models import Agreement, used_days
from platsverket.schemas import END_REASONS, EndSchema, load
from platsverket.web import by, db, field_errors, form_values, page, paging, rule, typed

blueprint = Blueprint("agreements", __name__, url_prefix="/agreements")


@blueprint.get("")
@rule("agreement.read")
def index() -> Any:
    here = paging()
    found, total = proposals.agreements(db(), by(), here.size, here.offset)
    in_full = proposals.shown_in_full(db(), by(), [agreement.proposal for agreement in found])
    return page(
        "agreements/index.html", agreements=found, in_full=in_full, total=total, paging=here, told=outcome_words
    )


@blueprint.get("/<ref>")
@rule("agreement.read")
def show(ref: str) -> Any:
    agreement = proposals.read_agreement(db(), by(), ref)
    terms = agreement.proposal
    days = used_days(terms.start, agreement.last_day, terms.weekdays)
    return page(
        "agreements/show.html",
        agreement=agreement,
        exact=bool(proposals.shown_in_full(db(), by(), [terms])),
        told=outcome_words,
        days=len(days),
        may_end=allowed(db(), by(), "agreement.end", agreement),
    )


@blueprint.get("/<ref>/end")
@rule("agreement.end")
def ask_end(ref: str) -> Any:
    return _end_page(ref)


def _end_page(ref: str, status: int = 200, errors: Any = None) -> Any:
    agreement: Agreement = proposals.read_agreement(db(), by(), ref)
    if not allowed(db(), by(), "agreement.end", agreement):
        raise Refused("forbidden")
    values = typed() if errors else {}
    return page(
        "agreements/end.html", status, agreement=agreement, reasons=END_REASONS, values=values, errors=errors or {}
    )


@blueprint.post("/<ref>/end")
@rule("agreement.end")
def end(ref: str) -> Any:
    try:
        given = load(EndSchema(), form_values())
        proposals.end_agreement(db(), by(), ref, given["last_day"], given["reason"])
    except Refused as refused:
        if refused.status not in (409, 422):
            raise
        return _end_page(ref, refused.status, field_errors(refused))
    flash(_("The agreement ends early. The days after its last day are free for others."), "success")
    return redirect(url_for("agreements.show", ref=ref), 303)
