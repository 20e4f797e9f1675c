"""The outcome of a run as a coordinator reads it: a page of placements or of needs without one, found by words.

Nothing is loaded but the page asked for; what lies in sealed premises that do not name the reader is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from platsverket import runs
from platsverket.access import Identity, demand, rows
from platsverket.models import Agency, Need, Offer, Run


@dataclass(frozen=True)
class Placed:
    need: Need
    offer: Offer
    start: date
    until: date
    km: float
    fit: int
    promised: bool  # agreed or held before this round
    locked: bool  # by a coordinator in this round


@dataclass(frozen=True)
class Unplaced:
    need: Need
    reasons: list[dict[str, Any]]  # {"code", "offers"}
    would_help: list[dict[str, Any]]  # {"change", "from", "to", "offer": Offer, "start": date}


ORDERS = ("start", "-start", "km", "-km", "fit", "-fit")


def placed(
    session: Session, by: Identity, run: Run, text: str = "", order: str = "start", limit: int = 50, offset: int = 0
) -> tuple[list[Placed], int]:
    """A page of a finished run's placements whose words contain ``text``, and how many there are of them.

    ``order`` is one of ORDERS, a minus before it from the largest down. Raises Refused("run_not_done").
    """
    known = _Known(session, by, text)
    found = [p for p in runs.plan_of(session, run)["placements"] if known.placement(p["need"], p["offer"])]
    key = order.removeprefix("-")
    found.sort(key=lambda p: (p[key], p["need"]), reverse=order.startswith("-"))
    page = found[offset : offset + limit]
    needs, offers = named(session, by, needs=[p["need"] for p in page], offers=[p["offer"] for p in page])
    promised = runs.promised(session, run)
    locked = {lock["need"] for lock in run.decisions["decisions"]["locked"]} - promised
    return [
        Placed(
            needs[p["need"]], offers[p["offer"]], date.fromisoformat(p["start"]), date.fromisoformat(p["until"]),
            p["km"], p["fit"], p["need"] in promised, p["need"] in locked,
        )
        for p in page
    ], len(found)  # fmt: skip


def unplaced(
    session: Session, by: Identity, run: Run, text: str = "", reason: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[Unplaced], int]:
    """A page of the needs a finished run left without a place, and how many there are with this text and reason."""
    known = _Known(session, by, text)
    found = [
        u
        for u in runs.plan_of(session, run)["unplaced"]
        if known.need(u["need"]) and (not reason or reason in (r["code"] for r in u["reasons"]))
    ]
    page = found[offset : offset + limit]
    helping = [change["offer"] for u in page for change in u["would_help"]]
    needs, offers = named(session, by, needs=[u["need"] for u in page], offers=helping)
    return [
        Unplaced(
            needs[u["need"]],
            u["reasons"],
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

    def __init__(self, session: Session, by: Identity, text: str):
        demand(by, "round.steer")
        self._needs = set(session.scalars(select(Need.ref).where(rows(by, "need.read"))))
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
