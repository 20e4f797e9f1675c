"""Locks and bars of a round for those who steer it: make one, remove one, and the ledger of all with their price."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _

from platsverket import decisions, desk_words, outcome_words, outcomes, prices, runs
from platsverket.desk_schemas import DecisionSchema, LockAllSchema
from platsverket.errors import Fault, Refused, invalid
from platsverket.models import Decision, MatchRound
from platsverket.schemas import load
from platsverket.web import by, config, db, field_errors, form_values, kept, page, paging, rule, typed

blueprint = Blueprint("decisions", __name__, url_prefix="/rounds")


def _to_round(ref: str) -> Any:
    return redirect(url_for("rounds.show", ref=ref), 303)


@blueprint.get("/<ref>/decisions")
@rule("round.steer")
def index(ref: str) -> Any:
    """Every decision of a round, removed ones too, each with what the round would gain without it."""
    match_round = runs.steered(db(), by(), ref)
    here = paging()
    made = list(reversed(match_round.decisions))
    part = made[here.offset : here.offset + here.size]
    _needs, offers = outcomes.named(db(), by(), offers=[d.offer.ref for d in part])
    return page(
        "rounds/decisions.html",
        match_round=match_round, part=part, total=len(made), paging=here, offers=offers,
        prices=prices.of_round(db(), by(), match_round), told=outcome_words, desk=desk_words,
    )  # fmt: skip


@blueprint.get("/<ref>/decide")
@rule("round.steer")
def ask(ref: str) -> Any:
    match_round = runs.steered(db(), by(), ref)
    begun = {"stands_until": match_round.answer_by.isoformat(), **request.args.to_dict(), "whom": "need"}
    return _page(match_round, typed() if kept() else begun)


def _page(match_round: MatchRound, values: dict[str, Any], status: int = 200, errors: Any = None) -> Any:
    # As text: a form may name either several times, and a list is no name of anything.
    needs, offers = outcomes.named(db(), by(), needs=[str(values.get("need"))], offers=[str(values.get("offer"))])
    if not needs or not offers or values.get("kind") not in ("lock", "bar"):
        raise Refused("not_found")
    (need,), (offer,) = needs.values(), offers.values()
    return page(
        "rounds/decide.html", status,
        match_round=match_round, need=need, offer=offer, values=values, errors=errors or {},
        latest=next((run for run in reversed(match_round.runs) if run.status == "done"), None),
    )  # fmt: skip


@blueprint.post("/<ref>/decide")
@rule("round.steer")
def decide(ref: str) -> Any:
    try:
        made = _decide(ref, form_values())
    except Refused as refused:
        errors = field_errors(refused)
        if refused.code == "decision_impossible":
            errors = {"_schema": outcome_words.impossible(refused.numbers["codes"])}
        return _page(runs.steered(db(), by(), ref), typed(), refused.status, errors)
    if decisions.left_out(db(), made):
        flash(_("The decision is recorded. A run is under way without it; it takes effect in the next run."), "warning")
    else:
        flash(_("The decision is recorded. It takes effect in the next run."), "success")
    return _to_round(ref)


def _decide(ref: str, values: dict[str, Any]) -> Decision:
    """A decision about the request, its organisation or the premises; a lock of all that is placed there is many."""
    whom = values.pop("whom", "need")
    if whom not in ("need", "agency", "premises"):
        raise invalid(whom=Fault("choice"))
    run_ref = values.pop("run", "")
    if values.get("kind") == "lock" and whom in ("agency", "premises"):
        wanted = load(LockAllSchema(), _all(whom, values))
        return decisions.lock_all(db(), by(), ref, str(run_ref), wanted)[0]
    if whom != "need":
        values.pop("need", None)
    if whom != "agency":
        values.pop("agency", None)
    return decisions.decide(db(), by(), config(), ref, load(DecisionSchema(), {**values, "whom": whom}))


def _all(whom: str, values: dict[str, Any]) -> dict[str, Any]:
    other = "offer" if whom == "agency" else "agency"
    return {name: value for name, value in values.items() if name not in (other, "kind", "need", "start")}


@blueprint.post("/<ref>/decisions/<decision_ref>/remove")
@rule("round.steer")
def remove(ref: str, decision_ref: str) -> Any:
    decisions.undo(db(), by(), ref, decision_ref)
    flash(_("The decision is removed; it stays on record. The next run does without it."), "success")
    return _to_round(ref)


@blueprint.post("/<ref>/runs/<run_ref>/prices")
@rule("round.steer")
def ask_prices(ref: str, run_ref: str) -> Any:
    """Work out what each decision that a run followed costs, where that has not been done."""
    prices.ask(db(), runs.done_run(db(), by(), ref, run_ref).id)
    flash(_("The prices are being worked out. Open the page again in a moment."), "info")
    return redirect(url_for("decisions.index", ref=ref), 303)
