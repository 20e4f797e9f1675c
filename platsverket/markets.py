"""The market of a round, as the engine reads it: what stands today, and what is promised as locked needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket.access import Identity, rows
from platsverket.config import Config
from platsverket.features import FEATURES
from platsverket.models import Agreement, Need, Offer, Proposal, standing_offers


def build(session: Session, by: Identity, config: Config, goals: Sequence[str], today: date) -> dict[str, Any]:
    """The market as the engine reads it: what stands, and what is agreed or held as locked needs."""
    offers = session.scalars(select(Offer).where(rows(by, "offer.read"), *standing_offers(today)))
    by_id = {offer.id: offer for offer in offers.unique()}
    owed = _committed(session, today)
    bound = {p.need_id for p in owed}
    standing = select(Need).where(Need.withdrawn_at.is_(None), Need.latest_start >= today)
    needs = [_need(n, today) for n in session.scalars(standing).unique() if n.id not in bound]
    kept = [p for p in owed if p.offer_id in by_id]
    return {
        "format": "platsverket-market/1",
        "as_of": today.isoformat(),
        "offers": sorted((offer_entry(o) for o in by_id.values()), key=lambda o: o["id"]),
        "needs": sorted(needs + [_committed_need(p, today) for p in kept], key=lambda n: n["id"]),
        "decisions": {
            "locked": [
                {"need": p.need.ref, "offer": p.offer.ref, "start": _from(p, today).isoformat()}
                for p in sorted(kept, key=lambda p: p.need.ref)
            ],
            "barred": [],
        },
        "policy": {"goals": list(goals), "start_step_days": config.rounds.start_step_days},
    }


def _committed(session: Session, today: date) -> list[Proposal]:
    """Proposals that hold seats, and those whose agreement still runs."""
    agreed = select(Agreement.proposal_id).where(
        Agreement.last_day >= today, Agreement.last_day >= Proposal.start, Agreement.proposal_id == Proposal.id
    )
    query = select(Proposal).where(Proposal.holds_seats | agreed.exists())
    return list(session.scalars(query).unique())


def offer_entry(o: Offer) -> dict[str, Any]:
    """Premises as they stand in a market."""
    return {
        "id": o.ref,
        "agency": o.agency.ref,
        "lat": o.lat,
        "lon": o.lon,
        "seats": o.seats,
        "area_m2": o.area_m2,
        "available": [{"from": s.first_day.isoformat(), "until": s.last_day.isoformat()} for s in o.spans],
        "weekdays": list(o.weekdays),
        "features": sorted(code for code, state in o.features.items() if state == "yes"),
        "features_unknown": sorted(set(FEATURES) - set(o.features)),
        "sharing": o.sharing,
        "minimum_days": o.minimum_days,
        "only_agencies": sorted(a.ref for a in o.only_agencies) or None,
        "not_agencies": sorted(a.ref for a in o.not_agencies),
    }


def _need(n: Need, today: date) -> dict[str, Any]:
    """A request as it stands in a market: it may have waited past its first day, and nobody moves in yesterday."""
    return {
        "id": n.ref,
        "agency": n.agency.ref,
        "lat": n.lat,
        "lon": n.lon,
        "max_km": n.max_km,
        "seats": n.seats,
        "area_m2": n.area_m2,
        "earliest_start": max(n.earliest_start, today).isoformat(),
        "latest_start": n.latest_start.isoformat(),
        "days": n.days,
        "weekdays": list(n.weekdays),
        "must": n.must,
        "wish": n.wish,
        "priority": n.priority,
        "waiting_since": n.waiting_since.isoformat(),
    }


def _from(p: Proposal, today: date) -> date:
    """The first day that is still promised: an offer may since hold less than it did on days that are over."""
    return max(p.start, min(today, _until(p)))


def _until(p: Proposal) -> date:
    return p.agreement.last_day if p.agreement else p.until


def _committed_need(p: Proposal, today: date) -> dict[str, Any]:
    """What is promised from today on, on the terms it was promised on."""
    start = _from(p, today).isoformat()
    days = (_until(p) - _from(p, today)).days + 1
    terms = {"seats": p.seats, "area_m2": None, "days": days, "weekdays": list(p.weekdays)}
    return {**_need(p.need, today), **terms, "earliest_start": start, "latest_start": start}
