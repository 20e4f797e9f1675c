"""A run's outcome at a glance: by county, by organisation, and what has changed since the run before it.

Placements in premises that are sealed from the reader count as if they were not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import data
from platsverket import changes, runs
from platsverket.access import Identity, demand, rows
from platsverket.models import Agency, Need, Run


@dataclass(frozen=True)
class Part:
    """What the requests of one county or organisation asked for and got."""

    name: str
    needs: int
    placed: int
    seats_asked: int
    seats: int
    mean_km: float | None


@dataclass(frozen=True)
class Since:
    """What a run's outcome has more or less of than that of the run before it, and the requests it concerns."""

    before: Run
    placed: int
    seats: int
    km: float | None
    tally: dict[str, int]


def by_county(session: Session, by: Identity, run: Run) -> list[Part]:
    """One line for each county that asks for something, by name."""
    return _parts(session, by, run, lambda asked: _county(asked.municipality_code))


def by_organisation(session: Session, by: Identity, run: Run) -> list[Part]:
    """One line for each organisation that asks for something, by name."""
    return _parts(session, by, run, lambda asked: asked.name)


def _county(code: str | None) -> str:
    known = data.county(code[:2]) if code else None
    return known.name if known else ""


def _parts(session: Session, by: Identity, run: Run, name: Callable[[Any], str]) -> list[Part]:
    demand(by, "round.steer")
    hidden = runs.sealed_from(session, by, run)
    seats = {need["id"]: need["seats"] for need in runs.market_of(session, run)["needs"]}
    placed = {p["need"]: p["km"] for p in runs.plan_of(session, run)["placements"] if p["offer"] not in hidden}
    query = select(Need.ref, Need.municipality_code, Agency.name).join(Agency, Need.agency_id == Agency.id)
    found: dict[str, list[str]] = {}
    for asked in session.execute(query.where(Need.ref.in_(seats), rows(by, "need.read"))):
        found.setdefault(name(asked), []).append(asked.ref)
    return [_part(found[one], one, seats, placed) for one in sorted(found)]


def _part(needs: list[str], name: str, seats: dict[str, int], placed: dict[str, float]) -> Part:
    got = [need for need in needs if need in placed]
    return Part(
        name=name,
        needs=len(needs),
        placed=len(got),
        seats_asked=sum(seats[need] for need in needs),
        seats=sum(seats[need] for need in got),
        mean_km=round(sum(placed[need] for need in got) / len(got), 1) if got else None,
    )


def since(session: Session, by: Identity, run: Run) -> Since | None:
    """What has changed since the finished run before this one; None where it is the round's first, or a refill.

    A refill has a market of its own, so it is compared with nothing.
    """
    demand(by, "round.steer")
    if run.is_refill:
        return None
    earlier = select(Run).where(Run.round_id == run.round_id, Run.number < run.number)
    earlier = earlier.where(Run.ended_at.is_not(None), Run.failure.is_(None)).order_by(Run.number.desc()).limit(1)
    before = session.scalar(earlier)
    if before is None:
        return None
    hidden = runs.sealed_from(session, by, run)
    seats = {need["id"]: need["seats"] for need in runs.market_of(session, run)["needs"]}
    plans = [runs.plan_of(session, one)["placements"] for one in (before, run)]
    was, now = ([p for p in placements if p["offer"] not in hidden] for placements in plans)
    old, new = (runs.placed_figures(seats, placements) for placements in (was, now))
    km = None if None in (old["mean_km"], new["mean_km"]) else round(new["mean_km"] - old["mean_km"], 1)
    tally = changes.tally(changes.between(plans[0], plans[1], hidden))
    return Since(before, new["placed"] - old["placed"], new["seats_placed"] - old["seats_placed"], km, tally)
