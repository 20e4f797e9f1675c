"""Runs of one round side by side: how each was run, what it reached, and which requests it treats in another way.

Nothing that lies in premises sealed from the reader is told: a request that some run placed there is in no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from platsverket import changes, decisions, outcomes, runs
from platsverket.access import Identity
from platsverket.errors import Refused
from platsverket.models import MatchRound, Run

MOST = 4


@dataclass(frozen=True)
class Column:
    """One run: its figures, the versions it was solved with, and who gained, lost or moved against the first column."""

    run: Run
    figures: dict[str, Any]
    versions: dict[str, str]
    decisions: int
    tally: dict[str, int] | None  # None for the first


@dataclass(frozen=True)
class Row:
    """A request that not all the runs treat alike: where each placed it, or None."""

    need: str
    places: list[dict[str, Any] | None]
    kinds: list[str | None]  # what became of it in each run against the first


@dataclass(frozen=True)
class Comparison:
    match_round: MatchRound
    columns: list[Column]
    rows: list[Row]


def of(session: Session, by: Identity, ref: str, run_refs: list[str]) -> Comparison:
    """Two to four finished runs, in the order they were made; raises Refused("compare_two_to_four") for others."""
    match_round = runs.steered(session, by, ref)
    chosen = [run for run in match_round.runs if run.ref in run_refs and run.status == "done" and not run.is_refill]
    if not 2 <= len(chosen) <= MOST or len(chosen) < len(set(run_refs)):
        raise Refused("compare_two_to_four")
    hidden = runs.sealed_from(session, by, chosen[0])
    plans = [runs.plan_of(session, run) for run in chosen]
    against = [changes.between(plans[0]["placements"], plan["placements"], hidden) for plan in plans]
    decided = decisions.counts(match_round)
    columns = [
        Column(
            run=run,
            figures=outcomes.figures(session, by, run, hidden),
            versions=plan.get("versions", {}),
            decisions=decided[run.ref],
            tally=changes.tally(found) if number else None,
        )
        for number, (run, plan, found) in enumerate(zip(chosen, plans, against, strict=True))
    ]
    return Comparison(match_round, columns, _rows(plans, against, hidden))


def _rows(plans: list[dict[str, Any]], against: list[list[changes.Change]], hidden: set[str]) -> list[Row]:
    placed = [{p["need"]: p for p in plan["placements"]} for plan in plans]
    kinds = [{change.need: change.kind for change in found} for found in against]
    closed = {need for plan in placed for need, p in plan.items() if p["offer"] in hidden}
    differing = sorted({need for found in kinds for need in found} - closed)
    return [Row(n, [plan.get(n) for plan in placed], [found.get(n) for found in kinds]) for n in differing]
