"""The coordinator's desk beside a run's lists: figures by part, alternatives, trials, questions, goals."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from platsverket import (
    alternatives,
    comparison,
    desk_words,
    glance,
    outcome_words,
    outcomes,
    questions,
    rounds,
    runs,
    timeline_pictures,
    timelines,
    trials,
    words,
)
from platsverket.database import this_day
from platsverket.desk_schemas import GoalsSchema, QuestionSchema, WhatIfSchema
from platsverket.errors import Refused
from platsverket.models import MatchRound, Run
from platsverket.schemas import load
from platsverket.timelines import Timeline
from platsverket.web import (
    Paging,
    asked_day,
    by,
    csv_file,
    db,
    field_errors,
    form_values,
    page,
    paging,
    rule,
    this_page,
    typed,
)

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


@blueprint.get("/<ref>/timeline")
@rule("round.steer")
def timeline(ref: str) -> Any:
    """How much of the round's premises is used week by week."""
    match_round = runs.steered(db(), by(), ref)
    return _weeks(match_round, None, timelines.of_round(db(), by(), ref, this_day(), asked_day()))


@blueprint.get("/<ref>/runs/<run_ref>/timeline")
@rule("round.steer")
def run_timeline(ref: str, run_ref: str) -> Any:
    """What a run's outcome uses week by week."""
    run = runs.done_run(db(), by(), ref, run_ref)
    return _weeks(run.match_round, run, timelines.of_run(db(), by(), ref, run_ref, this_day(), asked_day()))


def _weeks(match_round: MatchRound, run: Run | None, found: Timeline) -> Any:
    here, first = paging(), found.window.first.isoformat()
    lines = found.lines[here.offset : here.offset + here.size]
    place: dict[str, Any] = {"ref": match_round.ref, "from": first, **({"run_ref": run.ref} if run else {})}
    file = "desk.run_timeline_file" if run else "desk.timeline_file"
    return page(
        "timelines/round.html",
        match_round=match_round, run=run, timeline=found, pictures=timeline_pictures, kinds=timeline_pictures.KINDS,
        picture=timeline_pictures.picture(found, this_day(), [match_round]), rows=timeline_pictures.table(found),
        premises_kinds=[(kind, timeline_pictures.KINDS[kind]) for kind in (*found.used, "free", "closed")],
        lines=lines, total=len(found.lines), names=timelines.names(db(), by(), lines), paging=here,
        turned=lambda changed: this_page(page="1", **changed), csv_url=url_for(file, **place),
        premises_csv_url=url_for(file, show="premises", **place),
    )  # fmt: skip


@blueprint.get("/<ref>/timeline.csv")
@rule("round.steer")
def timeline_file(ref: str) -> Any:
    match_round = runs.steered(db(), by(), ref)
    return _weeks_file(match_round.name, timelines.of_round(db(), by(), ref, this_day(), asked_day()))


@blueprint.get("/<ref>/runs/<run_ref>/timeline.csv")
@rule("round.steer")
def run_timeline_file(ref: str, run_ref: str) -> Any:
    run = runs.done_run(db(), by(), ref, run_ref)
    found = timelines.of_run(db(), by(), ref, run_ref, this_day(), asked_day())
    return _weeks_file(f"{run.match_round.name} {run.number}", found)


def _weeks_file(name: str, found: Timeline) -> Any:
    if request.args.get("show") == "premises":
        head, rows = timeline_pictures.csv_of_lines(found, timelines.names(db(), by(), found.lines))
    else:
        head, rows = timeline_pictures.csv_rows(found)
    return csv_file(f"{name} {found.window.first}", head, rows)


@blueprint.post("/<ref>/runs/<run_ref>/questions")
@rule("round.steer")
def ask(ref: str, run_ref: str) -> Any:
    """Put a change that would help to the project lead."""
    questions.ask(db(), by(), ref, run_ref, load(QuestionSchema(), form_values()))
    flash(gettext("The project lead has been asked. You see the answer here and get it by e-mail."), "success")
    return redirect(url_for("rounds.outcome", ref=ref, run_ref=run_ref, show="without", _anchor="list"), 303)


@blueprint.get("/<ref>/runs/<run_ref>/needs/<need_ref>")
@rule("round.steer")
def alternatives_of(ref: str, run_ref: str, need_ref: str) -> Any:
    """One request and all its alternatives: where it may be, who holds the seats, what forbids the rest."""
    run = runs.done_run(db(), by(), ref, run_ref)
    found = alternatives.of(db(), by(), run, need_ref)
    without = request.args.get("show") == "forbidden"
    code = request.args.get("rule", "")
    listed = [one for one in found.forbidden if not code or code in one.rules] if without else found.allowed
    here = Paging(paging().number, ROWS)
    part = listed[here.offset : here.offset + here.size]
    holders = [holder.need for one in part if isinstance(one, alternatives.Allowed) for holder in one.held]
    needs, offers = outcomes.named(db(), by(), needs=holders, offers=[one.offer for one in part])
    return page(
        "rounds/alternatives.html",
        match_round=run.match_round, run=run, found=found, without=without, asked={"rule": code},
        part=part, total=len(listed), needs=needs, offers=offers, paging=here,
        reasons=outcomes.reasons_of(db(), by(), run, need_ref), told=outcome_words, desk=desk_words,
    )  # fmt: skip


# Trials


@blueprint.post("/<ref>/runs/<run_ref>/trials")
@rule("round.steer")
def what_if(ref: str, run_ref: str) -> Any:
    """Try what would follow if a request were forced into premises."""
    trial = trials.what_if(db(), by(), ref, run_ref, load(WhatIfSchema(), form_values()))
    return redirect(url_for("desk.trial", ref=ref, run_ref=run_ref, trial_ref=trial.ref), 303)


@blueprint.get("/<ref>/runs/<run_ref>/trials/<trial_ref>")
@rule("round.steer")
def trial(ref: str, run_ref: str, trial_ref: str) -> Any:
    """A trial: under way, or what it found."""
    one = trials.read(db(), by(), ref, run_ref, trial_ref)
    said = trials.told(db(), by(), one) if one.status == "done" else None
    touched = [*said.held, *_places(said)] if said else []
    needs, offers = outcomes.named(
        db(), by(),
        needs=[place["need"] for place in touched], offers=[place["offer"] for place in touched],
    )  # fmt: skip
    return page(
        "rounds/trial.html",
        match_round=one.run.match_round, run=one.run, trial=one, said=said, needs=needs, offers=offers,
        told=outcome_words, desk=desk_words,
    )  # fmt: skip


def _places(said: trials.Told) -> list[dict[str, Any]]:
    return [place for change in said.changes or [] for place in (change.before, change.after) if place]


# Goals, and runs side by side


@blueprint.get("/<ref>/goals")
@rule("round.steer")
def goals(ref: str) -> Any:
    match_round = runs.steered(db(), by(), ref)
    return _goals(match_round, {goal: str(place) for place, goal in enumerate(match_round.goals, 1)})


def _goals(match_round: MatchRound, values: dict[str, Any], status: int = 200, errors: Any = None) -> Any:
    places = [(str(place), str(place)) for place in range(1, len(words.GOALS) + 1)]
    return page("rounds/goals.html", status, match_round=match_round, values=values, errors=errors or {}, places=places)


@blueprint.post("/<ref>/goals")
@rule("round.steer")
def order_goals(ref: str) -> Any:
    try:
        wanted: Any = load(GoalsSchema(), form_values())
        rounds.order_goals(db(), by(), ref, wanted)
    except Refused as refused:
        return _goals(runs.steered(db(), by(), ref), typed(), refused.status, field_errors(refused))
    flash(gettext("The order of the goals is set. It holds from the next run on."), "success")
    return redirect(url_for("rounds.show", ref=ref), 303)


@blueprint.get("/<ref>/compare")
@rule("round.steer")
def compare(ref: str) -> Any:
    """Two to four runs side by side."""
    try:
        found = comparison.of(db(), by(), ref, request.args.getlist("run"))
    except Refused as refused:
        if refused.code != "compare_two_to_four":
            raise
        flash(words.sentence(refused), "warning")
        return redirect(url_for("rounds.show", ref=ref), 303)
    here = Paging(paging().number, ROWS)
    part = found.rows[here.offset : here.offset + here.size]
    needs, offers = outcomes.named(
        db(), by(),
        needs=[row.need for row in part], offers=[place["offer"] for row in part for place in row.places if place],
    )  # fmt: skip
    goals = list(dict.fromkeys(goal for column in found.columns for goal in column.run.goals))
    return page(
        "rounds/compare.html",
        found=found, part=part, total=len(found.rows), paging=here, needs=needs, offers=offers, goals=goals,
        told=outcome_words, desk=desk_words,
    )  # fmt: skip
