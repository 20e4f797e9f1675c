"""Proposals: one page on which each side sees all it needs, and accepts or declines."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _

from platsverket import deal_words, maps, messages, outcome_words, proposals, words
from platsverket.database import now
from platsverket.errors import Refused
from platsverket.models import DECLINE_REASONS, WITHDRAW_REASONS, Proposal
from platsverket.schemas import AnswerSchema, MessageSchema, WithdrawSchema, load
from platsverket.web import by, db, faults_to_mend, field_errors, form_values, page, paging, rule, typed

blueprint = Blueprint("proposals", __name__, url_prefix="/proposals")


@blueprint.get("")
@rule("proposal.read")
def index() -> Any:
    """What awaits this reader's answer first, then all the rest; of one round where ?round= names it."""
    here, round_ref = paging(), request.args.get("round", "")
    waiting = request.args.get("show") == "to-answer"
    to_answer, to_answer_total = proposals.search(
        db(), by(), here.size, here.offset if waiting else 0, unanswered=True, round_ref=round_ref
    )
    others: list[Proposal] = []
    total = 0
    if not waiting:
        others, total = proposals.search(db(), by(), here.size, here.offset, others=True, round_ref=round_ref)
    return page(
        "proposals/index.html",
        to_answer=to_answer if waiting or here.number == 1 else [],
        to_answer_total=to_answer_total,
        others=others,
        in_full=proposals.shown_in_full(db(), by(), [*to_answer, *others]),
        total=total,
        waiting=waiting,
        round_ref=round_ref,
        paging=here,
        now=now(),
        told=outcome_words,
    )


@blueprint.get("/<ref>")
@rule("proposal.read")
def show(ref: str) -> Any:
    return _shown(ref)


def _shown(ref: str, status: int = 200, errors: Any = None, values: dict[str, Any] | None = None) -> Any:
    proposal = proposals.read(db(), by(), ref)
    own = proposals.sides(by(), proposal)
    exact = bool(proposals.shown_in_full(db(), by(), [proposal]))
    need, offer = proposal.need, proposal.offer
    return page(
        "proposals/show.html",
        status,
        proposal=proposal,
        state=proposal.status(now()),
        sides=own,
        exact=exact,
        map=maps.around((need.lat, need.lon), (offer.lat, offer.lon) if exact else None, offer.municipality_code),
        on_map=deal_words.on_map(offer, need, proposal.km if exact else None),
        messages=messages.of(db(), by(), ref),
        told=outcome_words,
        values=values or {},
        errors=errors or {},
    )


@blueprint.post("/<ref>/messages")
@rule("proposal.answer")
def write(ref: str) -> Any:
    try:
        messages.write(db(), by(), ref, load(MessageSchema(), form_values()))
    except Refused as refused:
        if refused.status != 422:
            raise
        return _shown(ref, refused.status, field_errors(refused), typed())
    flash(_("The message has been sent."), "success")
    return redirect(url_for("proposals.show", ref=ref, _anchor="messages"), 303)


@blueprint.get("/<ref>/decline")
@rule("proposal.answer")
def ask_decline(ref: str) -> Any:
    values = {"side": request.args.get("side", "")}
    proposal, side = _own_side(ref, values)
    closed = proposals.closed(proposal, side)
    return _shown(ref, 409, field_errors(Refused(closed))) if closed else _decline_page(ref, values)


def _own_side(ref: str, values: dict[str, Any]) -> tuple[Proposal, str]:
    proposal = proposals.read(db(), by(), ref)
    own = proposals.sides(by(), proposal)
    if not own:
        raise Refused("forbidden")
    return proposal, values["side"] if values.get("side") in own else own[0]


def _decline_page(ref: str, values: dict[str, Any], status: int = 200, errors: Any = None) -> Any:
    proposal, side = _own_side(ref, values)
    return page(
        "proposals/decline.html",
        status,
        proposal=proposal,
        side=side,
        reasons=[(code, words.DECLINE_REASONS[code]) for code in DECLINE_REASONS[side]],
        values=values,
        errors=errors or {},
    )


@blueprint.get("/<ref>/withdraw")
@rule("proposal.answer")
def ask_withdraw(ref: str) -> Any:
    values = {"side": request.args.get("side", "")}
    proposal, side = _own_side(ref, values)
    closed = proposals.closed(proposal)
    return _shown(ref, 409, field_errors(Refused(closed))) if closed else _withdraw_page(ref, {"side": side})


def _withdraw_page(ref: str, values: dict[str, Any], status: int = 200, errors: Any = None) -> Any:
    proposal, side = _own_side(ref, values)
    return page(
        "proposals/withdraw.html",
        status,
        proposal=proposal,
        side=side,
        reasons=[(code, words.WITHDRAWN[code]) for code in WITHDRAW_REASONS[side]],
        values=values,
        errors=errors or {},
    )


@blueprint.post("/<ref>/withdraw")
@rule("proposal.answer")
def withdraw(ref: str) -> Any:
    try:
        proposals.withdraw(db(), by(), ref, load(WithdrawSchema(), form_values()))
    except Refused as refused:
        faults = faults_to_mend(refused)
        if "reason" in refused.fields:
            return _withdraw_page(ref, typed(), refused.status, faults)
        return _shown(ref, refused.status, faults)
    flash(_("The proposal has been withdrawn. The seats are free again."), "success")
    return redirect(url_for("proposals.show", ref=ref), 303)


@blueprint.post("/<ref>/answer")
@rule("proposal.answer")
def answer(ref: str) -> Any:
    try:
        proposal = proposals.answer(db(), by(), ref, load(AnswerSchema(), form_values()))
    except Refused as refused:
        faults = faults_to_mend(refused)
        if "reason" in refused.fields:
            return _decline_page(ref, typed(), refused.status, faults)
        return _shown(ref, refused.status, faults)
    if proposal.agreement:
        flash(_("Both sides have accepted. The agreement is made and the seats are yours."), "success")
        return redirect(url_for("agreements.show", ref=proposal.agreement.ref), 303)
    declined = request.form.get("answer") == "declined"
    flash(_("You have declined. The seats are free again.") if declined else _("You have accepted."), "success")
    return redirect(url_for("proposals.show", ref=ref), 303)
