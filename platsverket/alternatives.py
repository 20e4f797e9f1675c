"""All the alternatives of one request in a run: where it may be, how well, who holds the seats, what forbids the rest.

Premises that are sealed from the reader are neither listed nor counted.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

import matching
from matching.candidates import allowed
from matching.goals import fit
from matching.room import amounts, free_at, ledger_of
from matching.rules import RULES, Rows, rows_of, table_of
from platsverket import fits, runs
from platsverket.access import Identity, find, rows
from platsverket.errors import Refused
from platsverket.models import Need, Offer, Run, used_days


@dataclass(frozen=True)
class Holder:
    """Another request that uses the premises on a day this one would use, and the first such day."""

    need: str
    start: date
    until: date
    day: date


@dataclass(frozen=True)
class Allowed:
    """Premises where the request may be: the best start, with room where there is any, and who holds the seats else."""

    offer: str
    start: date
    until: date
    km: float
    fit: int
    terms: fits.Fit
    free: bool
    held: list[Holder]
    chosen: bool  # where the run placed it


@dataclass(frozen=True)
class Forbidden:
    offer: str
    km: float
    rules: list[str]


@dataclass(frozen=True)
class Alternatives:
    need: Need
    placed: dict[str, Any] | None  # the run's placement of it; None where it has none or the reader may not know where
    promised: bool
    allowed: list[Allowed]  # best fit first
    forbidden: list[Forbidden]  # fewest broken rules first, then nearest


def of(session: Session, by: Identity, run: Run, need_ref: str) -> Alternatives:
    """Every alternative of one request in a finished run; raises Refused("not_found") where it was not in the round."""
    need = find(session, by, "need.read", Need, need_ref)
    market = _market(*_texts(session, run))
    if need_ref not in market.need_by_id:
        raise Refused("not_found")
    known = set(session.scalars(select(Offer.ref).where(rows(by, "offer.read"))))
    placements = runs.plan_of(session, run)["placements"]
    mine = next((p for p in placements if p["need"] == need_ref), None)
    ask = _Asked(session, run, market, need_ref, [p for p in placements if p is not mine])
    may = [one for one in ask.allowed(mine["offer"] if mine else None) if one.offer in known]
    return Alternatives(
        need=need,
        placed=mine if mine and mine["offer"] in known else None,
        promised=need_ref in runs.promised(session, run),
        allowed=may,
        forbidden=[one for one in ask.forbidden() if one.offer in known],
    )


def _texts(session: Session, run: Run) -> tuple[str, str]:
    return runs.frozen_text(session, run), json.dumps(run.decisions)


@functools.lru_cache(maxsize=2)
def _market(frozen: str, given: str) -> matching.Market:
    """The engine's market of a run, with its tables; a coordinator asks about one need of it after another."""
    return matching.Market.from_json({**json.loads(frozen), **json.loads(given)})


class _Asked:
    """One need of a run's market beside all the other placements of its plan."""

    def __init__(self, session: Session, run: Run, market: matching.Market, need: str, others: list[dict[str, Any]]):
        self.market, self.need, self.others = market, market.need_by_id[need], others
        self.table = table_of(market)
        self.row = self.table.who[need]
        self.needs, self.offers = runs.things(session, run)
        self.there: dict[str, list[dict[str, Any]]] = {}
        for p in others:
            self.there.setdefault(p["offer"], []).append(p)

    def allowed(self, chosen: str | None) -> list[Allowed]:
        found = allowed(self.table, np.array([self.row], dtype=np.int64))
        if not len(found):
            return []
        placed = [runs.placement(p) for p in self.others]
        room = free_at(ledger_of(rows_of(self.table, placed), found), found) >= amounts(found)
        points, start, km = fit(found), np.asarray(found.start), found.km
        best: dict[int, int] = {}
        for i in np.lexsort((start, -points, ~room)).tolist():
            best.setdefault(int(found.offer[i]), i)
        told = [self._allowed(found, i, bool(room[i]), int(points[i]), float(km[i]), chosen) for i in best.values()]
        return sorted(told, key=lambda one: (not one.chosen, -one.fit, one.offer))

    def _allowed(self, found: Rows, i: int, free: bool, points: int, km: float, chosen: str | None) -> Allowed:
        offer = self.market.offers[int(found.offer[i])].id
        start = date.fromordinal(int(np.asarray(found.start)[i]))
        until = start + timedelta(days=self.need.days - 1)
        terms = fits.told(self.needs[self.need.id], self.offers[offer], start, km)
        held = [] if free else self._holders(offer, start, until)
        return Allowed(offer, start, until, km, points, terms, free, held, offer == chosen)

    def _holders(self, offer: str, start: date, until: date) -> list[Holder]:
        mine = set(used_days(start, until, self.need.weekdays))
        found = []
        for p in self.there.get(offer, []):
            first, last = date.fromisoformat(p["start"]), date.fromisoformat(p["until"])
            weekdays = tuple(self.needs[p["need"]]["weekdays"])
            if shared := mine.intersection(used_days(first, last, weekdays)):
                found.append(Holder(p["need"], first, last, min(shared)))
        return sorted(found, key=lambda holder: (holder.day, holder.need))

    def forbidden(self) -> list[Forbidden]:
        every = np.arange(len(self.market.offers))
        pairs = Rows(self.table, np.full(len(every), self.row), every)
        verdicts = [(rule.code, rule.keeps(pairs)) for rule in RULES]
        km = pairs.km
        told = [
            Forbidden(offer.id, round(float(km[i]), 1), broken)
            for i, offer in enumerate(self.market.offers)
            if (broken := [code for code, keeps in verdicts if not keeps[i]])
        ]
        return sorted(told, key=lambda one: (len(one.rules), one.km, one.offer))
