"""Where the requests of a run go: each where it is asked for, and the premises it is placed in.

What lies in premises sealed from the reader is left out, with the request that is placed there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import data
from platsverket import runs
from platsverket.access import Identity, demand, rows
from platsverket.models import Agency, Need, Offer, Run

PLACED, WITHOUT = KINDS = ("placed", "without")


@dataclass(frozen=True)
class Way:
    """A request and, where it has a place, the premises: at their municipality where they are not open to all."""

    need: str
    title: str
    agency: str
    place: str
    seats: int
    lat: float
    lon: float
    municipality_code: str | None
    offer: str | None = None
    premises: str = ""
    to: tuple[float, float] | None = None
    km: float | None = None
    start: date | None = None


def of_run(session: Session, by: Identity, run: Run, county: str = "", kind: str = "") -> list[Way]:
    """The requests of a finished run, by name; ``county`` is where the request is, ``kind`` one of KINDS."""
    demand(by, "round.steer")
    plan = runs.plan_of(session, run)
    asked, offered = runs.things(session, run)
    needs, offers = _needs(session, by, county), _offers(session, by)
    ways = []
    for p in plan["placements"] if kind != WITHOUT else ():
        if p["need"] in needs and p["offer"] in offers:
            offer = offers[p["offer"]]
            way = {"offer": p["offer"], "premises": offer.title, "to": _shown_at(offer, offered[p["offer"]])}
            ways.append(_way(needs[p["need"]], asked, **way, km=p["km"], start=date.fromisoformat(p["start"])))
    ways += [_way(needs[u["need"]], asked) for u in plan["unplaced"] if u["need"] in needs and kind != PLACED]
    return sorted(ways, key=lambda way: (way.title, way.need))


def _way(need: Any, asked: dict[str, dict[str, Any]], **found: Any) -> Way:
    at = asked[need.ref]
    return Way(
        need.ref,
        need.title,
        need.agency,
        need.place,
        at["seats"],
        at["lat"],
        at["lon"],
        need.municipality_code,
        **found,
    )


def _needs(session: Session, by: Identity, county: str) -> dict[str, Any]:
    query = select(Need.ref, Need.title, Need.place, Need.municipality_code, Agency.name.label("agency"))
    query = query.join(Agency, Agency.id == Need.agency_id).where(rows(by, "need.read"))
    if county:
        query = query.where(Need.municipality_code.startswith(county, autoescape=True))
    return {row.ref: row for row in session.execute(query)}


def _offers(session: Session, by: Identity) -> dict[str, Any]:
    query = select(Offer.ref, Offer.title, Offer.visibility, Offer.municipality_code).where(rows(by, "offer.read"))
    return {row.ref: row for row in session.execute(query)}


def _shown_at(offer: Any, entry: dict[str, Any]) -> tuple[float, float] | None:
    if offer.visibility == "open":
        return entry["lat"], entry["lon"]
    town = data.municipality(offer.municipality_code) if offer.municipality_code else None
    return (town.lat, town.lon) if town else None
