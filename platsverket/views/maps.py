"""The outcome of a run on a map: which request goes where."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

import data
from platsverket import need_maps, runs, ways
from platsverket.web import by, csv_file, db, page, rule

blueprint = Blueprint("maps", __name__, url_prefix="/rounds")
COUNTIES = sorted((county.code, county.name) for county in data.counties())


@blueprint.get("/<ref>/runs/<run_ref>/map")
@rule("round.steer")
def outcome(ref: str, run_ref: str) -> Any:
    run = runs.done_run(db(), by(), ref, run_ref)
    asked = {"county": _one_of("county", dict(COUNTIES)), "show": _one_of("show", ways.KINDS)}
    found = ways.of_run(db(), by(), run, asked["county"], asked["show"])
    if request.args.get("view") == "csv":
        return csv_file(f"{run.match_round.name} {run.number}", *need_maps.table_of_ways(found))
    if request.args.get("view") == "points":
        return need_maps.points_of_ways(found)
    kept: dict[str, Any] = {"ref": ref, "run_ref": run_ref, **{name: value or None for name, value in asked.items()}}
    shown = need_maps.of_ways(
        found, asked["county"], request.args.get("area", ""), lambda to: url_for("maps.outcome", area=to, **kept)
    )
    lines, dots = need_maps.drawn(found, shown.atlas.frame)
    return page(
        "maps/outcome.html",
        match_round=run.match_round, run=run, map=shown, lines=lines, dots=dots, total=len(found), asked=asked,
        kept=kept, without=sum(way.offer is None for way in found), counties=COUNTIES,
    )  # fmt: skip


def _one_of(name: str, known: Any) -> str:
    asked = request.args.get(name, "")
    return asked if asked in known else ""
