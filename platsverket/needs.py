"""Space requests: post, copy, change, withdraw; a coordinator sets the priority."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from platsverket import claims, drafts, ledger, places
from platsverket.access import Identity, demand, find, rows
from platsverket.agencies import by_refs
from platsverket.config import Config
from platsverket.database import now, this_day, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record
from platsverket.models import PROJECT_LEAD, Agreement, Need, Proposal

PLAIN = (
    "title", "description", "area_m2", "max_km", "earliest_start", "latest_start", "days", "must", "wish",
    "contact_name", "contact_email", "contact_phone",
)  # fmt: skip


@writing
def post(
    session: Session, by: Identity, config: Config, values: dict[str, Any], draft: str = "", once: str = ""
) -> Need:
    """Post a space request for one's own organisation; it has waited since today.

    Raises Refused("invalid") with faults at ``agency``, ``place`` (unknown or ambiguous, with choices) or a window
    that is already over, and Refused("already_posted") where what bears the mark ``once`` has been posted.
    """
    need = as_posted(session, by, config, values)
    if once and not claims.first(session, f"posted:{by.user_id}:{once}", need.posted_at):
        raise Refused("already_posted")
    session.add(need)
    session.flush()
    drafts.used(session, by, draft)
    record(session, by, "need.posted", "need", need.ref, agency_id=need.agency_id, seats=need.seats)
    return need


def as_posted(session: Session, by: Identity, config: Config, values: dict[str, Any]) -> Need:
    """The request as ``post`` would store it, to look at first: nothing is stored. Refused as ``post`` is."""
    demand(by, "need.post")
    at = now()
    need = Need(posted_by_id=by.user_id, posted_at=at, changed_at=at, waiting_since=this_day())
    with session.no_autoflush:
        _fill(session, by, config, need, values)
    return need


@writing
def change(
    session: Session,
    by: Identity,
    config: Config,
    ref: str,
    values: dict[str, Any],
    guard: Callable[[Need], None] | None = None,
) -> Need:
    """Change a request; raises Refused("need_committed") while a proposal on it is open or an agreement runs.

    ``guard`` sees the request as it stands, held, before anything is changed, and may refuse.
    """
    return changed(session, by, config, ref, values, guard)


def changed(
    session: Session,
    by: Identity,
    config: Config,
    ref: str,
    values: dict[str, Any],
    guard: Callable[[Need], None] | None = None,
) -> Need:
    """The same within the caller's transaction."""
    need = find(session, by, "need.edit", Need, ref, seen="need.read", lock=True)
    if guard:
        guard(need)
    if need.withdrawn_at:
        raise Refused("need_withdrawn")
    _demand_free(session, need)
    with session.no_autoflush:
        _fill(session, by, config, need, values)
    need.changed_at = now()
    record(session, by, "need.changed", "need", need.ref, agency_id=need.agency_id, seats=need.seats)
    return need


def values_of(need: Need) -> dict[str, Any]:
    """A stored request as NeedSchema loads it."""
    same = {name: getattr(need, name) for name in (*PLAIN, "place", "seats")}
    return {**same, "agency": need.agency.ref, "weekdays": list(need.weekdays)}


@writing
def withdraw(session: Session, by: Identity, ref: str) -> Need:
    """Take a request back; raises Refused("need_committed") while a proposal on it is open or an agreement runs."""
    need = find(session, by, "need.edit", Need, ref, seen="need.read", lock=True)
    _demand_free(session, need)
    if need.withdrawn_at is None:
        need.withdrawn_at = now()
        record(session, by, "need.withdrawn", "need", need.ref, agency_id=need.agency_id)
    return need


@writing
def prioritise(session: Session, by: Identity, ref: str, priority: int, reason: str) -> Need:
    """Set how much a request weighs in coming rounds; the reason goes on record."""
    demand(by, "need.prioritise")
    need = find(session, by, "need.read", Need, ref, lock=True)
    before, need.priority = need.priority, priority
    record(
        session, by, "need.prioritised", "need", need.ref,
        agency_id=need.agency_id, before=before, priority=priority, reason=reason,
    )  # fmt: skip
    return need


def read(session: Session, by: Identity, ref: str) -> Need:
    return find(session, by, "need.read", Need, ref)


def proposals_on(session: Session, by: Identity, need: Need) -> list[Proposal]:
    """The proposals on a request that this reader may see, newest first."""
    query = select(Proposal).where(Proposal.need_id == need.id, rows(by, "proposal.read"))
    return list(session.scalars(query.order_by(Proposal.id.desc())).unique())


def latest(session: Session, by: Identity, limit: int) -> list[Need]:
    """What a new request may be copied from: the latest of one's own organisations, one's own before others'."""
    own = select(Need).where(rows(by, "need.edit"))
    own = own.order_by((Need.posted_by_id == by.user_id).desc(), Need.posted_at.desc(), Need.id.desc())
    return list(session.scalars(own.limit(limit)).unique())


def search(
    session: Session, by: Identity, text: str = "", limit: int = 20, offset: int = 0, *, standing: bool = False
) -> tuple[list[Need], int]:
    """Requests this reader may see, newest first, and how many in all; ``standing`` leaves out what is over."""
    demand(by, "need.read")
    query = select(Need).where(rows(by, "need.read"))
    if text:
        query = query.where(func.lower(Need.title + " " + Need.place).contains(text.lower(), autoescape=True))
    if standing:
        query = query.where(Need.withdrawn_at.is_(None), Need.latest_start >= this_day())
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Need.id).subquery())) or 0
    page = query.order_by(Need.posted_at.desc(), Need.id.desc()).limit(limit).offset(offset)
    return list(session.scalars(page).unique()), total


def _demand_free(session: Session, need: Need) -> None:
    at = now()
    live = select(Proposal).where(Proposal.need_id == need.id, Proposal.holds_seats, Proposal.answer_by > at)
    agreed = (
        select(Proposal)
        .join(Agreement, Agreement.proposal_id == Proposal.id)
        .where(Proposal.need_id == need.id, Agreement.last_day >= this_day(), Agreement.last_day >= Proposal.start)
    )
    held = [*session.scalars(live).unique(), *session.scalars(agreed).unique()]
    if held:
        raise Refused("need_committed", commitments=[ledger.commitment(p) for p in held])


def _fill(session: Session, by: Identity, config: Config, need: Need, values: dict[str, Any]) -> None:
    agency = by_refs(session, [values["agency"]], "agency")[0]
    if agency.id not in by.agencies(PROJECT_LEAD):
        raise invalid(agency=Fault("not_own_agency"))
    if values["latest_start"] < this_day():
        raise invalid(latest_start=Fault("in_the_past"))
    for name in PLAIN:
        setattr(need, name, values[name])
    need.agency, need.agency_id = agency, agency.id
    if values["place"] != need.place:  # left as it was, it stays where it is, whatever the registers say by now
        place = places.located(values["place"], config.places)
        need.place, need.precision = place.label, place.precision
        need.lat, need.lon, need.municipality_code = place.lat, place.lon, place.municipality_code
    need.seats = values["seats"] or -(-values["area_m2"] // config.offers.m2_per_seat)
    need.weekdays = tuple(values["weekdays"])
