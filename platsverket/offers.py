"""Spare premises: post, copy, change, reconfirm, withdraw; never below what is agreed or held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket import claims, drafts, ledger, places
from platsverket.access import Identity, allowed, demand, find, rows
from platsverket.agencies import by_refs
from platsverket.config import Config
from platsverket.database import now, this_day, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record
from platsverket.models import (
    CASE_OFFICER,
    COORDINATOR,
    Agency,
    Membership,
    Offer,
    OfferAdmission,
    OfferCoordinator,
    OfferSpan,
    User,
)

PLAIN = (
    "title", "description", "address", "visibility", "area_m2", "features", "sharing", "minimum_days",
    "cost_per_seat_day", "holding", "contact_name", "contact_email", "contact_phone",
)  # fmt: skip


@writing
def post(
    session: Session, by: Identity, config: Config, values: dict[str, Any], draft: str = "", once: str = ""
) -> Offer:
    """Post spare premises for one's own organisation.

    Raises Refused("invalid") with faults at ``agency``, ``place`` (unknown or ambiguous, with choices), the lists, or
    ``spans`` when the last day of the last one has passed, and Refused("already_posted") where what bears the mark
    ``once`` has been posted: somebody pressed twice.
    """
    offer = as_posted(session, by, config, values)
    if once and not claims.first(session, f"posted:{by.user_id}:{once}", offer.posted_at):
        raise Refused("already_posted")
    session.add(offer)
    session.flush()
    ledger.freed(session, offer.id, "offer")
    drafts.used(session, by, draft)
    record(session, by, "offer.posted", "offer", offer.ref, agency_id=offer.agency_id, seats=offer.seats)
    return offer


def as_posted(session: Session, by: Identity, config: Config, values: dict[str, Any]) -> Offer:
    """The premises as ``post`` would store them, to look at first: nothing is stored. Refused as ``post`` is."""
    demand(by, "offer.post")
    at = now()
    offer = Offer(posted_at=at, changed_at=at, valid_until=this_day() + timedelta(days=config.offers.valid_days))
    with session.no_autoflush:
        _fill(session, by, config, offer, values)
    return offer


@writing
def change(
    session: Session,
    by: Identity,
    config: Config,
    ref: str,
    values: dict[str, Any],
    guard: Callable[[Offer], None] | None = None,
) -> Offer:
    """Change premises; raises Refused("committed") naming what would have to be given up first.

    ``guard`` sees the premises as they stand, held, before anything is changed, and may refuse.
    """
    offer = find(session, by, "offer.edit", Offer, ref, seen="offer.read", lock=True)
    if guard:
        guard(offer)
    if offer.withdrawn_at:
        raise Refused("offer_withdrawn")
    today = this_day()
    ledger.release_expired(session, now())
    owed = ledger.commitments(session, offer.id, today)
    before = (offer.lat, offer.lon, offer.agency_id)
    units = (offer.seats, offer.sharing)
    with session.no_autoflush:
        _fill(session, by, config, offer, values)
    given_up = _given_up(offer, owed, before, today)
    if given_up:
        raise Refused("committed", commitments=given_up)
    offer.changed_at = now()
    ledger.freed(session, offer.id, "offer")
    if units != (offer.seats, offer.sharing):
        ledger.recount(session, offer, owed, today)
    record(session, by, "offer.changed", "offer", offer.ref, agency_id=offer.agency_id, seats=offer.seats)
    return offer


def _given_up(
    offer: Offer, owed: list[ledger.Commitment], before: tuple[float, float, int], today: date
) -> list[ledger.Commitment]:
    if (offer.lat, offer.lon, offer.agency_id) != before:
        return owed  # whoever has agreed to come has agreed to come there
    return ledger.unfit(
        owed,
        seats=offer.seats,
        exclusive=offer.sharing == "exclusive",
        weekdays=offer.weekdays,
        spans=[(span.first_day, span.last_day) for span in offer.spans],
        today=today,
    )


@writing
def withdraw(session: Session, by: Identity, ref: str) -> Offer:
    """Take premises back; raises Refused("committed") while anything is agreed or held."""
    offer = find(session, by, "offer.edit", Offer, ref, seen="offer.read", lock=True)
    ledger.release_expired(session, now())
    owed = ledger.commitments(session, offer.id, this_day())
    if owed:
        raise Refused("committed", commitments=owed)
    if offer.withdrawn_at is None:
        offer.withdrawn_at = now()
        record(session, by, "offer.withdrawn", "offer", offer.ref, agency_id=offer.agency_id)
    return offer


@writing
def reconfirm(session: Session, by: Identity, config: Config, ref: str) -> Offer:
    """Say that the premises are still free: they stay valid for another period."""
    offer = find(session, by, "offer.edit", Offer, ref, seen="offer.read", lock=True)
    if offer.withdrawn_at:
        raise Refused("offer_withdrawn")
    if offer.valid_until < this_day():
        ledger.freed(session, offer.id, "offer")
    offer.valid_until = this_day() + timedelta(days=config.offers.valid_days)
    record(session, by, "offer.reconfirmed", "offer", offer.ref, agency_id=offer.agency_id)
    return offer


def read(session: Session, by: Identity, ref: str) -> tuple[Offer, bool]:
    """The premises, and whether this reader may see their exact place and contact."""
    offer = find(session, by, "offer.read", Offer, ref)
    return offer, allowed(session, by, "offer.address", offer)


def on_record(by: Identity, offer: Offer) -> bool:
    """Whether reading the address must be put on record: a coordinator does, of others' closed premises."""
    return offer.visibility != "open" and by.has(COORDINATOR) and offer.agency_id not in by.agencies(CASE_OFFICER)


@writing
def note_address_read(session: Session, by: Identity, ref: str) -> None:
    """Put on record that a coordinator read the address of premises that are not open."""
    offer = find(session, by, "offer.address", Offer, ref)
    if on_record(by, offer):
        record(session, by, "offer.address_read", "offer", offer.ref, agency_id=offer.agency_id)


def latest(session: Session, by: Identity, limit: int) -> list[Offer]:
    """What one's own organisations posted last, whatever has become of it: what a new one may be copied from."""
    own = select(Offer).where(rows(by, "offer.edit"))
    return list(session.scalars(own.order_by(Offer.posted_at.desc(), Offer.id.desc()).limit(limit)).unique())


def _fill(session: Session, by: Identity, config: Config, offer: Offer, values: dict[str, Any]) -> None:
    agency = by_refs(session, [values["agency"]], "agency")[0]
    if agency.id not in by.agencies(CASE_OFFICER):
        raise invalid(agency=Fault("not_own_agency"))
    if values["spans"][-1][1] < this_day():
        raise invalid(spans=Fault("periods_over"))
    for name in PLAIN:
        setattr(offer, name, values[name])
    offer.agency, offer.agency_id = agency, agency.id
    if values["place"] != offer.place:  # left as it was, it stays where it is, whatever the registers say by now
        place = places.located(values["place"], config.places)
        offer.place, offer.precision = place.label, place.precision
        offer.lat, offer.lon, offer.municipality_code = place.lat, place.lon, place.municipality_code
    offer.seats = values["seats"] or max(1, values["area_m2"] // config.offers.m2_per_seat)
    offer.weekdays = tuple(values["weekdays"])
    _set_spans(offer, values["spans"])
    _set_admissions(session, offer, values)
    _set_coordinators(session, offer, values["coordinators"])


def _set_spans(offer: Offer, spans: list[tuple[date, date]]) -> None:
    kept = {span.first_day: span for span in offer.spans}
    wanted = []
    for first, last in spans:
        span = kept.get(first) or OfferSpan(first_day=first, last_day=last)
        span.last_day = last
        wanted.append(span)
    offer.spans[:] = wanted


def _set_admissions(session: Session, offer: Offer, values: dict[str, Any]) -> None:
    wanted: list[tuple[Agency, bool]] = []
    for field, admitted in (("only_agencies", True), ("not_agencies", False)):
        wanted += [(agency, admitted) for agency in by_refs(session, values[field], field)]
    kept = {a.agency_id: a for a in offer.admissions}
    rules = []
    for agency, admitted in wanted:
        rule = kept.get(agency.id) or OfferAdmission(agency_id=agency.id, agency=agency, admitted=admitted)
        rule.admitted = admitted
        rules.append(rule)
    offer.admissions[:] = rules


def _set_coordinators(session: Session, offer: Offer, refs: list[str]) -> None:
    held = select(Membership.user_id).where(Membership.role == COORDINATOR)
    people = list(session.scalars(select(User).where(User.ref.in_(refs), User.id.in_(held))))
    if len(people) < len(refs):
        raise invalid(coordinators=Fault("choice"))
    kept = {c.user_id: c for c in offer.coordinators}
    offer.coordinators[:] = [kept.get(p.id) or OfferCoordinator(user_id=p.id, user=p) for p in people]
