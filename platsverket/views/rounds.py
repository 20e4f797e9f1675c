"""Match rounds for those who steer them: open, freeze, run, read the outcome, publish or call off."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _

import data
from platsverket import (
    decisions,
    desk_words,
    glance,
    outcome_words,
    outcomes,
    prices,
    proposals,
    questions,
    refills,
    rounds,
    runs,
    words,
)
from platsverket.database import this_day
from platsverket.errors import Refused
from platsverket.models import Run
from platsverket.schemas import RoundSchema, RunSchema, load
from platsverket.web import Paging, by, config, db, field_errors, form_values, page, paging, rule, this_page, typed
from platsverket.words import counted as ngettext

blueprint = Blueprint("rounds", __name__, url_prefix="/rounds")
ROWS = 50


def _see(endpoint: str, **values: Any) -> Any:
    return redirect(url_for(f"rounds.{endpoint}", **values), 303)


@blueprint.get("")
@rule("round.steer")
def index() -> Any:
    here = paging()
    found, total = rounds.search(db(), by(), here.size, here.offset)
    return page("rounds/index.html", rounds=found, total=total, paging=here)


@blueprint.get("/new")
@rule("round.steer")
def new() -> Any:
    today, answer_days = this_day(), config().rounds.answer_days
    weeks = {"opens_on": 0, "freezes_on": 14, "publishes_on": 21, "answer_by": 21 + answer_days}
    dates = {name: (today + timedelta(days=days)).isoformat() for name, days in weeks.items()}
    return page("rounds/new.html", values=dates)


@blueprint.post("/new")
@rule("round.steer")
def open_round() -> Any:
    try:
        match_round = rounds.open_round(db(), by(), config(), load(RoundSchema(), form_values()))
    except Refused as refused:
        if not refused.fields:
            raise
        return page("rounds/new.html", refused.status, values=typed(), errors=field_errors(refused))
    flash(_("The round is open. Offers and requests gather until you freeze it."), "success")
    return _see("show", ref=match_round.ref)


# One round


@blueprint.get("/<ref>")
@rule("round.steer")
def show(ref: str) -> Any:
    return _shown(ref)


def _shown(ref: str, status: int = 200, values: dict[str, Any] | None = None, errors: Any = None) -> Any:
    match_round = runs.steered(db(), by(), ref)
    standing = [d for d in match_round.decisions if d.status(this_day()) == "standing"]
    here = paging()
    aside = match_round.set_aside[here.offset : here.offset + here.size]
    needs, offers = outcomes.named(
        db(),
        by(),
        needs=[a["need"] for a in aside],
        offers=[a["offer"] for a in aside] + [d.offer.ref for d in standing],
    )
    return page(
        "rounds/show.html",
        status,
        match_round=match_round,
        frozen=rounds.frozen_figures(db(), by(), ref) if match_round.frozen_at else None,
        tally=proposals.tally(db(), by(), ref) if match_round.published_at else None,
        refills=refills.of_round(db(), by(), match_round) if match_round.published_at else [],
        freed=refills.waiting(db()) if match_round.published_at else 0,
        standing=standing,
        removed=len(match_round.decisions) - len(standing),
        aside=aside,
        needs=needs,
        offers=offers,
        paging=here,
        told=outcome_words,
        desk=desk_words,
        prices=prices.of_round(db(), by(), match_round) if standing else {},
        decided=decisions.counts(match_round),
        figures=outcomes.figures_of(db(), by(), match_round),
        progress=outcomes.progress(db(), by(), match_round.runs[-1]) if match_round.runs else {},
        values=values or {"effort": config().rounds.effort, "seed": config().rounds.seed},
        errors=errors or {},
    )


@blueprint.get("/<ref>/freeze")
@rule("round.steer")
def ask_freeze(ref: str) -> Any:
    return page("rounds/freeze.html", match_round=runs.steered(db(), by(), ref))


@blueprint.post("/<ref>/freeze")
@rule("round.steer")
def freeze(ref: str) -> Any:
    rounds.freeze(db(), by(), config(), ref)
    flash(_("The round is frozen. What is posted from now on waits for the next round."), "success")
    return _see("show", ref=ref)


@blueprint.get("/<ref>/cancel")
@rule("round.steer")
def ask_cancel(ref: str) -> Any:
    return page("rounds/cancel.html", match_round=runs.steered(db(), by(), ref))


@blueprint.post("/<ref>/cancel")
@rule("round.steer")
def cancel(ref: str) -> Any:
    rounds.cancel(db(), by(), ref)
    flash(_("The round is called off. Offers and requests wait for the next one."), "success")
    return _see("show", ref=ref)


# Runs


@blueprint.post("/<ref>/runs")
@rule("round.steer")
def run(ref: str) -> Any:
    try:
        rounds.request_run(db(), by(), config(), ref, load(RunSchema(), form_values()))
    except Refused as refused:
        if not refused.fields:
            raise
        return _shown(ref, refused.status, typed(), field_errors(refused))
    return _see("show", ref=ref)


@blueprint.get("/<ref>/runs/<run_ref>/progress")
@rule("round.steer")
def progress(ref: str, run_ref: str) -> Any:
    """How far a run is: the section alone for the script that asks, the round's page for a person."""
    one = runs.run_of(db(), by(), ref, run_ref)
    if "HX-Request" not in request.headers:
        return _see("show", ref=ref)
    if one.ended_at:
        return _ended(ref, one)
    how_far = outcomes.progress(db(), by(), one)
    return page("rounds/_progress.html", match_round=one.match_round, run=one, progress=how_far, told=outcome_words)


def _ended(ref: str, one: Run) -> Response:
    """An ended run changes all of the round's page, its status, its runs and what to do next: script opens it anew."""
    if one.status == "done":
        figures = outcomes.figures(db(), by(), one)
        placed, needs = words.number(figures["placed"]), words.number(figures["needs"])
        done = _(
            "Run %(number)s is done. Requests placed: %(placed)s of %(needs)s.",
            number=one.number, placed=placed, needs=needs,
        )  # fmt: skip
        flash(done, "success")
    return Response(headers={"HX-Redirect": url_for("rounds.show", ref=ref)})


@blueprint.post("/<ref>/runs/<run_ref>/stop")
@rule("round.steer")
def stop(ref: str, run_ref: str) -> Any:
    rounds.request_stop(db(), by(), ref, run_ref)
    flash(_("The run has been asked to stop. The best plan so far is kept."), "info")
    return _see("show", ref=ref)


@blueprint.get("/<ref>/runs/<run_ref>")
@rule("round.steer")
def outcome(ref: str, run_ref: str) -> Any:
    one = runs.run_of(db(), by(), ref, run_ref)
    if one.status != "done":
        flash(words.sentence(Refused("run_not_done")), "info")
        return _see("show", ref=ref)
    here = Paging(paging().number, ROWS)
    asked = {name: request.args.get(name, "").strip()[:200] for name in ("q", "order", "reason", "county", "kind")}
    part = _without(one, asked, here) if request.args.get("show") == "without" else _placed(one, asked, here)
    return page(
        "rounds/outcome.html",
        match_round=one.match_round, run=one, figures=outcomes.figures(db(), by(), one), told=outcome_words,
        desk=desk_words, since=glance.since(db(), by(), one), paging=here, **part,
        counties=sorted((county.code, county.name) for county in data.counties()),
    )  # fmt: skip


def _placed(one: Run, asked: dict[str, str], here: Paging) -> dict[str, Any]:
    order = asked["order"] if asked["order"] in outcomes.ORDERS else "start"
    kind = asked["kind"] if asked["kind"] in outcomes.KINDS else ""
    wanted = {"county": asked["county"], "kind": kind}
    rows, total = outcomes.placed(db(), by(), one, asked["q"], order, here.size, here.offset, **wanted)
    sorting = {key: _sorting(key, order) for key in ("start", "seats", "km", "fit")}
    return {"without": False, "rows": rows, "total": total, "asked": {**asked, "order": order}, "sorting": sorting}


def _sorting(key: str, order: str) -> dict[str, str]:
    """A column heading that sorts: by its key, the other way round where it does so already."""
    column = {"sort_url": this_page(page="1", order=f"-{key}" if order == key else key)}
    if order.removeprefix("-") == key:
        column["sorted"] = "descending" if order.startswith("-") else "ascending"
    return column


def _without(one: Run, asked: dict[str, str], here: Paging) -> dict[str, Any]:
    reasons = outcomes.reasons(db(), by(), one)
    rows, total = outcomes.unplaced(
        db(), by(), one, asked["q"], asked["reason"], here.size, here.offset, county=asked["county"]
    )
    return {
        "without": True,
        "rows": rows,
        "total": total,
        "asked": asked,
        "reasons": reasons,
        "questions": questions.asked(db(), by(), one),
        "question_key": questions.key,
        "askable": questions.askable,
    }


@blueprint.get("/<ref>/runs/<run_ref>/market.json")
@rule("round.steer")
def market_file(ref: str, run_ref: str) -> Any:
    return _file("market.json", runs.exported(db(), by(), ref, run_ref)[0])


@blueprint.get("/<ref>/runs/<run_ref>/plan.json")
@rule("round.steer")
def plan_file(ref: str, run_ref: str) -> Any:
    return _file("plan.json", runs.exported(db(), by(), ref, run_ref)[1])


def _file(name: str, content: dict[str, Any]) -> Response:
    answer = Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# Publishing


@blueprint.get("/<ref>/runs/<run_ref>/publish")
@rule("round.steer")
def ask_publish(ref: str, run_ref: str) -> Any:
    return _publish_page(ref, run_ref)


def _publish_page(ref: str, run_ref: str, status: int = 200, errors: Any = None) -> Any:
    one = runs.run_of(db(), by(), ref, run_ref)
    placed = {p["need"] for p in runs.plan_of(db(), one)["placements"]}
    later = decisions.decided_since(one.match_round, one)
    return page(
        "rounds/publish.html", status,
        match_round=one.match_round, run=one, later=later, errors=errors or {},
        new=len(placed - runs.promised(db(), one)),
    )  # fmt: skip


@blueprint.post("/<ref>/runs/<run_ref>/publish")
@rule("round.steer")
def publish(ref: str, run_ref: str) -> Any:
    try:
        match_round = rounds.publish(db(), by(), config(), ref, run_ref)
    except Refused as refused:
        if refused.status != 409 or refused.code == "run_not_done":
            raise
        return _publish_page(ref, run_ref, 409, field_errors(refused))
    aside = len(match_round.set_aside)
    flash(_("The round is published. Both sides of each proposal can answer now."), "success")
    if aside:
        flash(
            ngettext(
                "%(num)s placement no longer held and was set aside. The reason stands below.",
                "%(num)s placements no longer held and were set aside. The reasons stand below.",
                aside,
            ),
            "warning",
        )
    return _see("show", ref=ref)
