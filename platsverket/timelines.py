"""How much of premises is used week by week: seat-days offered, agreed, proposed, locked and free.

A seat-day is one seat on one day. Agreed and proposed are the days that agreements and proposals awaiting answers hold
in the ledger; locked is what a coordinator's standing locks would take when their round is published. A guest in
premises let to one at a time takes all their seats. Offered is at least what is used: a host who has shortened a
period still owes the days that were agreed before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from platsverket import runs
from platsverket.access import Identity, demand, find, may, rows
from platsverket.grids import Days, Grid
from platsverket.models import (
    Agency,
    Agreement,
    Decision,
    MatchRound,
    Need,
    Offer,
    OfferSpan,
    Proposal,
    standing_offers,
)

MOST_WEEKS, LEAST_WEEKS = 52, 12


@dataclass(frozen=True)
class Window:
    """Whole weeks, the first beginning on a Monday."""

    first: date
    weeks: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=7 * self.weeks - 1)

    def mondays(self) -> list[date]:
        return [self.first + timedelta(days=7 * i) for i in range(self.weeks)]

    def place(self, day: date) -> float | None:
        """Where a day lies between the beginning (0) and the end (1); None outside."""
        passed = (day - self.first).days
        return (passed + 0.5) / (7 * self.weeks) if 0 <= passed < 7 * self.weeks else None


@dataclass(frozen=True)
class Premises:
    """What counts of one offer: how much it holds, and when."""

    ref: str
    seats: int
    exclusive: bool
    weekdays: tuple[str, ...]
    spans: tuple[tuple[date, date], ...]


@dataclass(frozen=True)
class Use:
    """Seats taken in premises on the weekdays of some days, as ``kind``."""

    ref: str
    kind: str
    start: date
    until: date
    weekdays: tuple[str, ...]
    seats: int


@dataclass(frozen=True)
class Line:
    """Seat-days of one offer in each week of the window."""

    ref: str
    offered: Days
    used: dict[str, Days]

    @property
    def taken(self) -> Days:
        found: Days = sum(self.used.values(), np.zeros_like(self.offered))
        return found

    @property
    def all_used(self) -> int:
        return int(self.taken.sum())

    @property
    def all_offered(self) -> int:
        return int(self.offered.sum())


@dataclass(frozen=True)
class Timeline:
    """Seat-days of all premises together in each week, each kind of use, and the premises one by one.

    ``bounds`` are the first and last day on which anything is offered or used, also outside the window.
    """

    window: Window
    bounds: tuple[date, date]
    offered: Days
    used: dict[str, Days]
    lines: list[Line]

    @property
    def free(self) -> Days:
        found: Days = self.offered - sum(self.used.values())
        return found

    def total(self, kind: str) -> int:
        weeks = {"offered": self.offered, "free": self.free}.get(kind)
        return int((self.used[kind] if weeks is None else weeks).sum())

    @property
    def earlier(self) -> date | None:
        """Where the window before this one begins; None where nothing lies there."""
        return self.window.first - timedelta(days=7 * MOST_WEEKS) if self.bounds[0] < self.window.first else None

    @property
    def later(self) -> date | None:
        return self.window.last + timedelta(days=1) if self.bounds[1] > self.window.last else None


def of_offer(
    session: Session, by: Identity, ref: str, today: date, asked: date | None = None, most: int = MOST_WEEKS
) -> Timeline:
    """The timeline of premises, for their owner and for coordinators; only these see what is locked in a round.

    What a coordinator has locked is part of an outcome that is not published: to the owner it is free until then.
    """
    offer = find(session, by, "offer.occupancy", Offer, ref)
    spans = tuple((span.first_day, span.last_day) for span in offer.spans)
    one = Premises(offer.ref, offer.seats, offer.sharing == "exclusive", offer.weekdays, spans)
    uses = _agreed_and_proposed(session, [ref])
    kinds = ["agreed", "proposed"]
    if may(by, "round.steer"):
        kinds.append("locked")
        uses += _locks(session, select(Decision.id).where(Decision.offer_id == offer.id), today)
    return timeline([one], uses, kinds, today, asked, most)


def of_round(session: Session, by: Identity, ref: str, today: date, asked: date | None = None) -> Timeline:
    """The timeline of a round's premises: those it froze, or while it gathers those that would take part today."""
    match_round = runs.steered(session, by, ref)
    if match_round.frozen_at:
        entries = runs.frozen_of(match_round)["offers"]
        premises = _known(session, by, [_premises(entry) for entry in entries])
    else:
        premises = _standing(session, by, today)
    uses = _agreed_and_proposed(session, [one.ref for one in premises])
    uses += _locks(session, select(Decision.id).where(Decision.round_id == match_round.id), today)
    return timeline(premises, uses, ["agreed", "proposed", "locked"], today, asked)


def of_run(session: Session, by: Identity, ref: str, run_ref: str, today: date, asked: date | None = None) -> Timeline:
    """The timeline of a run's outcome: what was promised before, what was locked, and what the run placed."""
    run = runs.done_run(session, by, ref, run_ref)
    needs, offers = runs.things(session, run)
    premises = _known(session, by, [_premises(entry) for entry in offers.values()])
    promised = runs.promised(session, run)
    locked = {one["need"] for one in run.decisions["decisions"]["locked"]} - promised
    uses = [
        Use(
            placed["offer"],
            "promised" if placed["need"] in promised else "locked" if placed["need"] in locked else "placed",
            date.fromisoformat(placed["start"]),
            date.fromisoformat(placed["until"]),
            tuple(needs[placed["need"]]["weekdays"]),
            needs[placed["need"]]["seats"],
        )
        for placed in runs.plan_of(session, run)["placements"]
    ]
    return timeline(premises, uses, ["promised", "placed", "locked"], today, asked)


def names(session: Session, by: Identity, lines: Sequence[Line]) -> dict[str, tuple[str, str]]:
    """The title and organisation of each of these premises, for the page that shows them."""
    demand(by, "round.steer")
    query = select(Offer.ref, Offer.title, Agency.name).join(Agency, Offer.agency_id == Agency.id)
    query = query.where(Offer.ref.in_([line.ref for line in lines]), rows(by, "offer.read"))
    return {ref: (title, agency) for ref, title, agency in session.execute(query)}


# Counting


def timeline(
    premises: Sequence[Premises],
    uses: Iterable[Use],
    kinds: Sequence[str],
    today: date,
    asked: date | None = None,
    most: int = MOST_WEEKS,
) -> Timeline:
    """Count seat-days per week; premises with most use come first. Uses of other premises are left out."""
    row = {one.ref: i for i, one in enumerate(premises)}
    counted = [use for use in uses if use.ref in row and use.start <= use.until]
    bounds = _bounds([span for one in premises for span in one.spans] + [(u.start, u.until) for u in counted], today)
    window = _window(bounds, today, asked, most)
    place = (window.first, 7 * window.weeks, len(premises))
    offered = Grid(*place)
    for i, one in enumerate(premises):
        for first, last in one.spans:
            offered.add(i, first, last, one.weekdays, one.seats)
    used = {kind: Grid(*place) for kind in kinds}
    for use in counted:
        one = premises[row[use.ref]]
        used[use.kind].add(row[use.ref], use.start, use.until, use.weekdays, one.seats if one.exclusive else use.seats)
    taken: Days = sum((grid.days for grid in used.values()), np.zeros_like(offered.days))
    offered.days = np.maximum(offered.days, taken)
    weeks = offered.weekly()
    used_weeks = {kind: grid.weekly() for kind, grid in used.items()}
    lines = [
        Line(one.ref, weeks[i], {kind: counts[i] for kind, counts in used_weeks.items()})
        for i, one in enumerate(premises)
    ]
    lines.sort(key=lambda line: (-line.all_used, -line.all_offered, line.ref))
    sums = {kind: counts.sum(axis=0) for kind, counts in used_weeks.items()}
    return Timeline(window, bounds, weeks.sum(axis=0), sums, lines)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _bounds(spans: Sequence[tuple[date, date]], today: date) -> tuple[date, date]:
    if not spans:
        return today, today
    return min(first for first, _ in spans), max(last for _, last in spans)


def _window(bounds: tuple[date, date], today: date, asked: date | None, most: int) -> Window:
    """The weeks to show: from the day asked for, or from today while anything is offered then; never outside bounds."""
    first = monday(min(max(asked or today, bounds[0]), bounds[1]))
    if asked is None and today > bounds[1]:  # all is over: show how it ended
        first = max(monday(bounds[0]), monday(bounds[1]) - timedelta(days=7 * (most - 1)))
    needed = (monday(bounds[1]) - first).days // 7 + 1
    return Window(first, max(LEAST_WEEKS, min(most, needed)))


# Reading


def _agreed_and_proposed(session: Session, refs: Sequence[str]) -> list[Use]:
    """What holds seats in the ledger: agreements until their last day, and proposals that await answers."""
    query = (
        select(
            Offer.ref, Agreement.last_day, Proposal.start, Proposal.until, Proposal.weekdays, Proposal.seats
        )
        .select_from(Proposal)
        .join(Offer, Proposal.offer_id == Offer.id)
        .outerjoin(Agreement, Agreement.proposal_id == Proposal.id)
        .where(Offer.ref.in_(refs), or_(Proposal.holds_seats, Agreement.id.is_not(None)))
    )  # fmt: skip
    return [
        Use(ref, "proposed" if last_day is None else "agreed", start, last_day or until, weekdays, seats)
        for ref, last_day, start, until, weekdays, seats in session.execute(query)
    ]


def _locks(session: Session, decisions: Select[Any], today: date) -> list[Use]:
    """What the locks among these decisions would take, while their round can still be steered.

    A request that has its proposal or agreement by now, here or elsewhere, is counted there.
    """
    placed = select(Proposal.id).outerjoin(Agreement, Agreement.proposal_id == Proposal.id)
    placed = placed.where(
        Proposal.need_id == Need.id,
        or_(Proposal.holds_seats, (Agreement.last_day >= today) & (Agreement.last_day >= Proposal.start)),
    )
    query = (
        select(Offer.ref, Decision.need_id, Decision.start, Need.days, Need.weekdays, Need.seats)
        .select_from(Decision)
        .join(Offer, Decision.offer_id == Offer.id)
        .join(Need, Decision.need_id == Need.id)
        .join(MatchRound, Decision.round_id == MatchRound.id)
        .where(
            Decision.id.in_(decisions),
            Decision.kind == "lock",
            Decision.removed_at.is_(None),
            or_(Decision.stands_until.is_(None), Decision.stands_until >= today),
            MatchRound.frozen_at.is_not(None),
            MatchRound.published_at.is_(None),
            MatchRound.cancelled_at.is_(None),
            ~placed.exists(),
        )
        .distinct()
    )
    return [
        Use(ref, "locked", start, start + timedelta(days=days - 1), weekdays, seats)
        for ref, _need, start, days, weekdays, seats in session.execute(query)
        if start is not None
    ]


def _premises(entry: Mapping[str, Any]) -> Premises:
    """Premises as they stand in a market."""
    spans = tuple((date.fromisoformat(s["from"]), date.fromisoformat(s["until"])) for s in entry["available"])
    weekdays = tuple(entry["weekdays"])
    return Premises(entry["id"], entry["seats"], entry["sharing"] == "exclusive", weekdays, spans)


def _known(session: Session, by: Identity, premises: Sequence[Premises]) -> list[Premises]:
    """Those of a market that this reader may know of."""
    known = set(session.scalars(select(Offer.ref).where(rows(by, "offer.read"))))
    return [one for one in premises if one.ref in known]


def _standing(session: Session, by: Identity, today: date) -> list[Premises]:
    conditions = [rows(by, "offer.read"), *standing_offers(today)]
    query = select(Offer.id, Offer.ref, Offer.seats, Offer.sharing, Offer.weekdays).where(*conditions)
    found = session.execute(query).all()
    spans: dict[int, list[tuple[date, date]]] = {one.id: [] for one in found}
    of_spans = select(OfferSpan.offer_id, OfferSpan.first_day, OfferSpan.last_day)
    of_spans = of_spans.where(OfferSpan.offer_id.in_(select(Offer.id).where(*conditions)))
    for offer_id, first, last in session.execute(of_spans):
        if offer_id in spans:  # else posted since the premises were read
            spans[offer_id].append((first, last))
    return [
        Premises(one.ref, one.seats, one.sharing == "exclusive", one.weekdays, tuple(spans[one.id])) for one in found
    ]
