"""The coordinator's desk beside a run's lists: its figures by county and organisation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from platsverket import desk_words, glance, outcome_words, outcomes, runs
from platsverket.web import Paging, by, db, page, paging, rule

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
