"""Runs of a match round over the API: ask for one, follow it, read its outcome."""

from __future__ import annotations

from typing import Any

from flask import url_for

from platsverket import outcomes, refills, rounds, runs
from platsverket.api_fields import paged
from platsverket.api_schemas import ShownPlacement, ShownRun, ShownUnplaced
from platsverket.models import Need, Run
from platsverket.schemas import RunSchema
from platsverket.views.api import examples
from platsverket.views.api.blueprint import LOCATION, PageQuery, api, listing, problems, secured, window
from platsverket.web import by, config, db, rule

TAGS = ["runs"]


def shown(run: Run) -> dict[str, Any]:
    told = {"summary": outcomes.figures(db(), by(), run), "progress": outcomes.progress(db(), by(), run)}
    return {name: getattr(run, name) for name in ShownRun().fields} | told


def _whose(need: Need) -> dict[str, Any]:
    return {"need": need.ref, "need_title": need.title, "guest": need.agency.name}


def _placement(one: outcomes.Placed) -> dict[str, Any]:
    same = {name: getattr(one, name) for name in ("start", "until", "km", "fit", "promised", "locked")}
    return {**same, **_whose(one.need), "offer": one.offer.ref, "host": one.offer.agency.name}


def _unplaced(one: outcomes.Unplaced) -> dict[str, Any]:
    helping = [{**c, "offer": c["offer"].ref, "start": c["start"].isoformat()} for c in one.would_help]
    return {**_whose(one.need), "reasons": one.reasons, "would_help": helping}


@api.route("/rounds/<ref:ref>/runs", tags=TAGS)
@api.query(PageQuery)
@api.lists(paged(ShownRun, "Run"), examples.RUN)
@problems(404)
@secured
@rule("round.steer")
def list_runs(asked: dict[str, Any], ref: str) -> Any:
    """List a round's runs

    In the order they were asked for.
    """
    found, part = runs.steered(db(), by(), ref).runs, window(asked)
    return listing(asked, [shown(run) for run in found[part["offset"] : part["offset"] + part["limit"]]], len(found))


@api.route("/rounds/<ref:ref>/runs", methods=["POST"], tags=TAGS)
@api.body(RunSchema, examples.RUN_BODY)
@api.answers(201, ShownRun, examples.RUN | {"status": "waiting"}, "The run, waiting for its turn.", headers=LOCATION)
@problems(404, 409)
@secured
@rule("round.steer")
def post_run(values: dict[str, Any], ref: str) -> Any:
    """Ask for a run

    On the frozen market with the decisions of now, in the background; one at a time. Read the run to follow it.
    """
    run = rounds.request_run(db(), by(), config(), ref, values)
    return shown(run), 201, {"Location": url_for("api.get_run", ref=ref, run_ref=run.ref)}


@api.route("/rounds/<ref:ref>/runs/<ref:run_ref>", tags=TAGS)
@api.answers(200, ShownRun, examples.RUN, "The run and how far it is.")
@problems(404)
@secured
@rule("round.steer")
def get_run(ref: str, run_ref: str) -> Any:
    """Read a run

    Its status, its progress while under way, its outcome in figures once done.
    """
    return shown(runs.run_of(db(), by(), ref, run_ref))


@api.route("/rounds/<ref:ref>/runs/<ref:run_ref>/stop", methods=["POST"], tags=TAGS)
@api.answers(200, ShownRun, examples.RUN, "The run, told to stop.")
@problems(404)
@secured
@rule("round.steer")
def stop_run(ref: str, run_ref: str) -> Any:
    """Stop a run

    It ends soon, with the best plan it has.
    """
    rounds.request_stop(db(), by(), ref, run_ref)
    return shown(runs.run_of(db(), by(), ref, run_ref))


@api.route("/rounds/<ref:ref>/runs/<ref:run_ref>/placements", tags=TAGS)
@api.query(PageQuery)
@api.lists(paged(ShownPlacement, "Placement"), examples.PLACEMENT)
@problems(404, 409)
@secured
@rule("round.steer")
def list_placements(asked: dict[str, Any], ref: str, run_ref: str) -> Any:
    """List the requests that got a place

    Those on premises sealed from the reader are left out.
    """
    found, total = outcomes.placed(db(), by(), runs.run_of(db(), by(), ref, run_ref), **window(asked))
    return listing(asked, [_placement(one) for one in found], total)


@api.route("/rounds/<ref:ref>/runs/<ref:run_ref>/unplaced", tags=TAGS)
@api.query(PageQuery)
@api.lists(paged(ShownUnplaced, "Unplaced"), examples.UNPLACED)
@problems(404, 409)
@secured
@rule("round.steer")
def list_unplaced(asked: dict[str, Any], ref: str, run_ref: str) -> Any:
    """List the requests without a place

    Each with the reasons, and single changes that would have given it one.
    """
    found, total = outcomes.unplaced(db(), by(), runs.run_of(db(), by(), ref, run_ref), **window(asked))
    return listing(asked, [_unplaced(one) for one in found], total)


@api.route("/rounds/<ref:ref>/runs/<ref:run_ref>/market", tags=TAGS)
@api.file(examples.MARKET, "The market, as a file for the engine.")
@problems(404, 409)
@secured
@rule("round.steer")
def get_market(ref: str, run_ref: str) -> Any:
    """Read the market of a run

    Exactly as the engine got it. Refused to those from whom premises in it are sealed.
    """
    return runs.exported(db(), by(), ref, run_ref)[0]


@api.route("/rounds/<ref:ref>/runs/<ref:run_ref>/plan", tags=TAGS)
@api.file(examples.PLAN, "The plan, as a file for the checker.")
@problems(404, 409)
@secured
@rule("round.steer")
def get_plan(ref: str, run_ref: str) -> Any:
    """Read the plan of a run

    `python -m matching check` holds it against its market. Refused to those from whom premises in it are sealed.
    """
    return runs.exported(db(), by(), ref, run_ref)[1]


@api.route("/rounds/<ref:ref>/refill", methods=["POST"], tags=TAGS)
@api.answers(201, ShownRun, examples.RUN | {"status": "waiting", "is_refill": True}, "The refill.", headers=LOCATION)
@problems(404, 409)
@secured
@rule("round.steer")
def post_refill(ref: str) -> Any:
    """Fill up a published round now

    With all that has come free, without waiting until that has been quiet for a while.
    """
    run = refills.start(db(), by(), config(), ref)
    return shown(run), 201, {"Location": url_for("api.get_run", ref=ref, run_ref=run.ref)}


@api.route("/rounds/<ref:ref>/runs/<ref:run_ref>/release", methods=["POST"], tags=TAGS)
@api.answers(200, ShownRun, examples.RUN | {"is_refill": True}, "The refill, published.")
@problems(404, 409)
@secured
@rule("round.steer")
def release_refill(ref: str, run_ref: str) -> Any:
    """Release a refill

    Its placements become proposals, once; needed where the configuration asks for it.
    """
    refills.release(db(), by(), config(), ref, run_ref)
    return shown(runs.run_of(db(), by(), ref, run_ref))
