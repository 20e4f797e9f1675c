"""The coordinator's desk beside a run's lists: its figures by county and organisation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext

from platsverket import desk_words, glance, outcome_words, outcomes, questions, runs
from platsverket.schemas import QuestionSchema, load
from platsverket.web import Paging, by, db, form_values, page, paging, rule

blueprint = Blueprint("desk", __name__, url_prefix="/rounds")
ROWS = 50


@blueprint.get("/<ref>/runs/<run_ref>/figures")
@rule("round.steer")
def figures(ref: str, run_ref: str) -> Any:
    """The outcome by county and by organisation."""
    run = runs.done_run(db(), by(), ref, run_ref)
    here = Paging(paging().number, ROWS)
    organisations = glance.by_organisation(db(), by(), run)
    return page(
        "rounds/figures.html",
        match_round=run.match_round, run=run, figures=outcomes.figures(db(), by(), run),
        counties=glance.by_county(db(), by(), run), total=len(organisations),
        organisations=organisations[here.offset : here.offset + here.size], paging=here,
        told=outcome_words, desk=desk_words,
    )  # fmt: skip


@blueprint.post("/<ref>/runs/<run_ref>/questions")
@rule("round.steer")
def ask(ref: str, run_ref: str) -> Any:
    """Put a change that would help to the project lead."""
    questions.ask(db(), by(), ref, run_ref, load(QuestionSchema(), form_values()))
    flash(gettext("The project lead has been asked. You see the answer here and get it by e-mail."), "success")
    return redirect(url_for("rounds.outcome", ref=ref, run_ref=run_ref, show="without", _anchor="list"), 303)
