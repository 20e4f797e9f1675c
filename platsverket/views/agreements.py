"""Agreements (överenskommelser): what was agreed, its draft on paper, signing, moving in, and ending it early."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from platsverket import agreements, law, outcome_words, paper, proposals
from platsverket.access import allowed
from platsverket.errors import Refused
from platsverket.models import Agreement
from platsverket.schemas import END_REASONS, ConsentSchema, EndSchema, SignSchema, StepSchema, load
from platsverket.web import by, config, db, faults_to_mend, form_values, page, paging, rule, typed

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
    return _shown(ref)


def _shown(ref: str, status: int = 200, values: dict[str, Any] | None = None, errors: Any = None) -> Any:
    agreement = proposals.read_agreement(db(), by(), ref)
    terms = agreement.proposal
    stored = {
        "consent_from": agreement.consent_from,
        "consent_on": agreement.consent_on.isoformat() if agreement.consent_on else "",
        "environment_coordinator": agreement.environment_coordinator or terms.offer.contact_name,
    }
    return page(
        "agreements/show.html",
        status,
        agreement=agreement,
        exact=_exact(agreement),
        told=outcome_words,
        days=agreements.days(agreement),
        cost=agreements.cost(agreement),
        rules=law.broken(agreements.facts(agreement)),
        steps=agreements.steps(agreement),
        sides=proposals.sides(by(), terms),
        may_end=allowed(db(), by(), "agreement.end", agreement),
        values=values or stored,
        errors=errors or {},
    )


def _exact(agreement: Agreement) -> bool:
    return bool(proposals.shown_in_full(db(), by(), [agreement.proposal]))


def _back(ref: str, part: str) -> Any:
    return redirect(url_for("agreements.show", ref=ref, _anchor=part), 303)


# On paper


@blueprint.get("/<ref>/draft.pdf")
@rule("agreement.read")
def draft(ref: str) -> Any:
    """The draft as a PDF, in the reader's language or in the one that ?in= names."""
    agreement = proposals.read_agreement(db(), by(), ref)
    site = config().site
    asked = request.args.get("in", "")
    language = asked if asked in site.languages else str(get_locale())[:2]
    pdf = paper.draft(agreement, language, exact=_exact(agreement), service=site.name)
    name = f"{agreement.number}-{language}.pdf"
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


# Signing and moving in


@blueprint.post("/<ref>/prepare")
@rule("agreement.prepare")
def prepare(ref: str) -> Any:
    try:
        agreements.prepare(db(), by(), ref, load(ConsentSchema(), form_values()))
    except Refused as refused:
        return _shown(ref, refused.status, typed(), faults_to_mend(refused))
    flash(_("What you recorded is saved, and stands in the draft."), "success")
    return _back(ref, "law")


@blueprint.post("/<ref>/sign")
@rule("agreement.sign")
def sign(ref: str) -> Any:
    try:
        agreements.sign(db(), by(), ref, load(SignSchema(), form_values())["side"])
    except Refused as refused:
        return _shown(ref, refused.status, errors=faults_to_mend(refused))
    flash(_("It is noted that your side has signed."), "success")
    return _back(ref, "signing")


@blueprint.post("/<ref>/steps")
@rule("agreement.sign")
def set_step(ref: str) -> Any:
    try:
        agreements.set_step(db(), by(), ref, load(StepSchema(), form_values()))
    except Refused as refused:
        # Every step has a field of the same name, so a fault belongs to none of them.
        told = [fault for faults in faults_to_mend(refused).values() for fault in faults]
        return _shown(ref, refused.status, errors={"_schema": told})
    flash(_("The checklist is saved."), "success")
    return _back(ref, "steps")


# Ending


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
        return _end_page(ref, refused.status, faults_to_mend(refused))
    flash(_("The agreement ends early. The days after its last day are free for others."), "success")
    return redirect(url_for("agreements.show", ref=ref), 303)
