"""The outcome of a run: for coordinators page by page and found by words, for a request's own readers why it has none.

Nothing is loaded but the page asked for; what lies in sealed premises that do not name the reader is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from platsverket import fits, runs
from platsverket.access import Identity, demand, rows
from platsverket.models import COORDINATOR, Agency, MatchRound, Need, Offer, Run


@dataclass(frozen=True)
class Placed:
    need: Need
    offer: Offer
    start: date
    until: date
    km: float
    fit: int
    terms: fits.Fit
    promised: bool  # agreed or held before this round
    locked: bool  # by a coordinator in this round


@dataclass(frozen=True)
class Unplaced:
    need: Need
    reasons: list[dict[str, Any]]  # {"code", "offers"}; "offers" is None where it would count sealed premises
    would_help: list[dict[str, Any]]  # {"change", "from", "to", "offer": Offer, "start": date}


@dataclass(frozen=True)
class Answer:
    """What the last published round says to a need that it gave no proposal."""

    match_round: MatchRound
    set_aside: str | None  # why the place found for it no longer held; empty of sealed premises
    reasons: list[dict[str, Any]]  # {"code", "offers"}; "offers" is None for all but coordinators who know all premises
    would_help: list[dict[str, Any]]  # {"change", "from", "to", "offer": Offer | None, "start": date | None}


ORDERS = ("start", "-start", "km", "-km", "fit", "-fit", "seats", "-seats")
KINDS = ("new", "locked", "promised")


def figures(session: Session, by: Identity, run: Run, hidden: set[str] | None = None) -> dict[str, Any]:
    """A run's summary for those who steer rounds; empty until it is done.

    Placements in premises sealed from the reader are not counted, and where there are such premises no goal's value is
    told: what is left of a total after all that one can see would tell the seats and the distance of what is hidden.
    ``hidden`` are the refs of those premises, where the caller knows them.
    """
    demand(by, "round.steer")
    if run.status != "done":
        return run.summary
    if hidden is None:
        hidden = runs.sealed_from(session, by, run)
    if not hidden:
        return run.summary
    seats = {need["id"]: need["seats"] for need in runs.market_of(session, run)["needs"]}
    seen = [p for p in runs.plan_of(session, run)["placements"] if p["offer"] not in hidden]
    goals = [{**goal, "value": None, "bound": None} for goal in run.summary["goals"]]
    return {**run.summary, **runs.placed_figures(seats, seen), "goals": goals}


def figures_of(session: Session, by: Identity, match_round: MatchRound) -> dict[str, dict[str, Any]]:
    """The figures of the runs that share a round's market, by their ref; what is sealed is asked once for all."""
    shared = [run for run in match_round.runs if not run.is_refill]
    hidden = runs.sealed_from(session, by, shared[0]) if any(run.status == "done" for run in shared) else set()
    return {run.ref: figures(session, by, run, hidden) for run in shared}


def progress(session: Session, by: Identity, run: Run) -> dict[str, Any]:
    """How far a run is, for those who steer rounds; without values where they count premises sealed from the reader."""
    demand(by, "round.steer")
    if "value" not in run.progress or not runs.sealed_from(session, by, run):
        return run.progress
    return {name: value for name, value in run.progress.items() if name not in ("value", "bound")}


def placed(
    session: Session,
    by: Identity,
    run: Run,
    text: str = "",
    order: str = "start",
    limit: int = 50,
    offset: int = 0,
    *,
    county: str = "",
    kind: str = "",
) -> tuple[list[Placed], int]:
    """A page of a finished run's placements whose words contain ``text``, and how many there are of them.

    ``order`` is one of ORDERS, a minus before it from the largest down; ``kind`` one of KINDS; ``county`` the code of
    the county where the request is. Raises Refused("run_not_done").
    """
    known = _Known(session, by, text, county)
    promised = runs.promised(session, run)
    locked = {lock["need"] for lock in run.decisions["decisions"]["locked"]} - promised
    found = [
        p
        for p in runs.plan_of(session, run)["placements"]
        if known.placement(p["need"], p["offer"]) and kind in ("", _kind(p["need"], promised, locked))
    ]
    market_needs, market_offers = runs.things(session, run)
    key = order.removeprefix("-")
    found.sort(
        key=lambda p: (market_needs[p["need"]]["seats"] if key == "seats" else p[key], p["need"]),
        reverse=order.startswith("-"),
    )
    page = found[offset : offset + limit]
    needs, offers = named(session, by, needs=[p["need"] for p in page], offers=[p["offer"] for p in page])
    placed_ones = []
    for p in page:
        start, until = date.fromisoformat(p["start"]), date.fromisoformat(p["until"])
        terms = fits.told(market_needs[p["need"]], market_offers[p["offer"]], start, p["km"])
        before, by_lock = p["need"] in promised, p["need"] in locked
        one = Placed(needs[p["need"]], offers[p["offer"]], start, until, p["km"], p["fit"], terms, before, by_lock)
        placed_ones.append(one)
    return placed_ones, len(found)


def _kind(need: str, promised: set[str], locked: set[str]) -> str:
    return "promised" if need in promised else "locked" if need in locked else "new"


def unplaced(
    session: Session,
    by: Identity,
    run: Run,
    text: str = "",
    reason: str = "",
    limit: int = 50,
    offset: int = 0,
    *,
    county: str = "",
) -> tuple[list[Unplaced], int]:
    """A page of the needs a finished run left without a place, and how many there are with this text and reason."""
    known = _Known(session, by, text, county)
    found = [
        u
        for u in runs.plan_of(session, run)["unplaced"]
        if known.need(u["need"]) and (not reason or reason in (r["code"] for r in u["reasons"]))
    ]
    page = found[offset : offset + limit]
    helping = [change["offer"] for u in page for change in u["would_help"]]
    needs, offers = named(session, by, needs=[u["need"] for u in page], offers=helping)
    counted = not runs.sealed_from(session, by, run)
    return [
        Unplaced(
            needs[u["need"]],
            _told(u["reasons"], counted),
            [
                {**change, "offer": offers[change["offer"]], "start": date.fromisoformat(change["start"])}
                for change in u["would_help"]
                if change["offer"] in offers
            ],
        )
        for u in page
    ], len(found)


def reasons(session: Session, by: Identity, run: Run) -> Counter[str]:
    """How many needs without a place name each reason."""
    demand(by, "round.steer")
    return Counter(r["code"] for u in runs.plan_of(session, run)["unplaced"] for r in u["reasons"])


def reasons_of(session: Session, by: Identity, run: Run, need_ref: str) -> list[dict[str, Any]]:
    """Why a run left a need without a place; nothing where it has one."""
    found = next((u for u in runs.plan_of(session, run)["unplaced"] if u["need"] == need_ref), None)
    return _told(found["reasons"], not runs.sealed_from(session, by, run)) if found else []


def answer(session: Session, by: Identity, need: Need) -> Answer | None:
    """Why the last round or refill published made no proposal to a need, and what would help; None where it did.

    Of premises that this reader may see only in part a change is told without figures, and of others not at all:
    a distance or a number of seats would tell what is hidden. Numbers of premises count sealed ones, so they are told
    only to coordinators from whom none in the round are sealed.
    """
    run = _last_about(session, need)
    if run is None:
        return None
    aside = next((one for one in run.match_round.set_aside if one["need"] == need.ref), None)
    if aside:
        may_know = or_(Offer.visibility != "sealed", rows(by, "offer.read"))
        known = session.scalar(select(Offer.id).where(Offer.ref == aside["offer"], may_know))
        return Answer(run.match_round, aside["code"] if known else "", [], [])
    found = next((u for u in runs.plan_of(session, run)["unplaced"] if u["need"] == need.ref), None)
    if found is None:
        return None
    why = _told(found["reasons"], by.has(COORDINATOR) and not runs.sealed_from(session, by, run))
    return Answer(run.match_round, None, why, _helping(session, by, found["would_help"]))


def _last_about(session: Session, need: Need) -> Run | None:
    """The last published run of the last published round that looked for a place for this need."""
    published = select(Run).where(Run.published_at.is_not(None)).order_by(Run.published_at.desc(), Run.id.desc())
    last = session.scalar(published.limit(1))
    if last is None:
        return None
    *refills, first = session.scalars(published.where(Run.round_id == last.round_id))
    if need.ref not in runs.things(session, first)[0]:
        return None  # a refill looks only for those who are in its round, so its market need not be read
    return next((run for run in refills if need.ref in runs.things(session, run)[0]), first)


def _told(reasons: list[dict[str, Any]], counted: bool) -> list[dict[str, Any]]:
    return [{"code": r["code"], "offers": r["offers"] if counted else None} for r in reasons]


def _helping(session: Session, by: Identity, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    offers = named(session, by, offers=[change["offer"] for change in changes])[1]
    in_full = set(session.scalars(select(Offer.ref).where(Offer.ref.in_(offers), rows(by, "offer.address"))))
    told = []
    for change in changes:
        offer = offers.get(change["offer"])
        if offer and offer.ref in in_full:
            told.append({**change, "offer": offer, "start": date.fromisoformat(change["start"])})
        elif offer:
            told.append({"change": change["change"], "from": None, "to": None, "offer": None, "start": None})
    return told


def named(
    session: Session, by: Identity, *, needs: Iterable[str] = (), offers: Iterable[str] = ()
) -> tuple[dict[str, Need], dict[str, Offer]]:
    """The needs and offers with these refs that the reader may know of, by ref."""
    found_needs = select(Need).where(Need.ref.in_(list(needs)), rows(by, "need.read"))
    found_offers = select(Offer).where(Offer.ref.in_(list(offers)), rows(by, "offer.read"))
    return (
        {need.ref: need for need in session.scalars(found_needs).unique()},
        {offer.ref: offer for offer in session.scalars(found_offers).unique()},
    )


class _Known:
    """Which needs and offers of a plan this reader may know of, and which of them contain a text."""

    def __init__(self, session: Session, by: Identity, text: str, county: str = ""):
        demand(by, "round.steer")
        needs = select(Need.ref).where(rows(by, "need.read"))
        if county:
            needs = needs.where(func.substr(Need.municipality_code, 1, 2) == county)
        self._needs = set(session.scalars(needs))
        self._offers = set(session.scalars(select(Offer.ref).where(rows(by, "offer.read"))))
        self._found = _containing(session, text) if text else self._needs

    def need(self, need: str) -> bool:
        return need in self._needs and need in self._found

    def placement(self, need: str, offer: str) -> bool:
        return need in self._needs and offer in self._offers and (need in self._found or offer in self._found)


def _containing(session: Session, text: str) -> set[str]:
    """The refs of needs and offers whose title, organisation or place contains the text."""
    # The place of premises that are not open is no word to find them by.
    open_place = case((Offer.visibility == "open", Offer.place), else_="")
    in_need = func.lower(Need.title + " " + Agency.name + " " + Need.place)
    in_offer = func.lower(Offer.title + " " + Agency.name + " " + open_place)
    wanted = text.lower()
    needs = select(Need.ref).join(Agency, Need.agency_id == Agency.id)
    offers = select(Offer.ref).join(Agency, Offer.agency_id == Agency.id)
    found = set(session.scalars(needs.where(in_need.contains(wanted, autoescape=True))))
    return found | set(session.scalars(offers.where(in_offer.contains(wanted, autoescape=True))))
