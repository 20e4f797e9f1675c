"""Saved searches: a person is told, once for each, of open premises that appear or change and fit what they look for.

Whether premises fit is asked of the engine's own rules, as for a request. The clock looks at each version of an offer
once: ``Offer.looked_at`` holds the ``changed_at`` that has been looked at.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defaultload

from matching import Stock, Wanted
from platsverket import accounts, finding, markets, outbox, places
from platsverket.access import Identity, demand, rows
from platsverket.agencies import by_refs
from platsverket.config import Config
from platsverket.database import STOCKHOLM, now, this_day, writing
from platsverket.errors import Fault, Refused, invalid
from platsverket.events import record_own
from platsverket.features import FEATURES
from platsverket.finding import Entries
from platsverket.models import ROLES, Offer, SavedSearch, User, standing_offers

MOST_SEARCHES = 50
AT_A_TIME = 100
PLAIN = ("name", "max_km", "seats", "area_m2", "earliest_start", "latest_start", "days", "must")


@writing
def save(session: Session, by: Identity, config: Config, values: dict[str, Any]) -> SavedSearch:
    """Save what premises must be for oneself to hear of them.

    Raises Refused("invalid") with faults at ``agency``, ``place`` or a window that is over, and
    Refused("too_many_searches") where there are as many as one may have.
    """
    demand(by, "offer.read")
    agency = by_refs(session, [values["agency"]], "agency")[0]
    if agency.id not in by.agencies(*ROLES):
        raise invalid(agency=Fault("not_own_agency"))
    if values["latest_start"] < this_day():
        raise invalid(latest_start=Fault("in_the_past"))
    mine = select(func.count(SavedSearch.id)).where(SavedSearch.user_id == by.user_id, SavedSearch.removed_at.is_(None))
    if (session.scalar(mine) or 0) >= MOST_SEARCHES:
        raise Refused("too_many_searches", most=MOST_SEARCHES)
    place = places.located(values["place"], config.places)
    search = SavedSearch(
        user_id=by.user_id, agency=agency, place=place.label, lat=place.lat, lon=place.lon,
        weekdays=tuple(values["weekdays"]), saved_at=now(), **{name: values[name] for name in PLAIN},
    )  # fmt: skip
    session.add(search)
    session.flush()
    record_own(session, by, "account.search_saved", search=search.ref, name=search.name)
    return search


@writing
def remove(session: Session, by: Identity, ref: str) -> None:
    """Hear no more of it."""
    search = session.scalar(select(SavedSearch).where(SavedSearch.ref == ref, SavedSearch.user_id == by.user_id))
    if search is None:
        raise Refused("not_found")
    if search.removed_at is None:
        search.removed_at = now()
        record_own(session, by, "account.search_removed", search=search.ref, name=search.name)


def own(session: Session, by: Identity) -> list[SavedSearch]:
    """One's saved searches, in the order they were saved."""
    mine = select(SavedSearch).where(SavedSearch.user_id == by.user_id, SavedSearch.removed_at.is_(None))
    return list(session.scalars(mine.order_by(SavedSearch.id)).unique())


# Looking: called out by the clock


def look(session: Session, config: Config, at: datetime) -> int:
    """Look at the open premises that are new or have changed; returns how many were looked at."""
    today = at.astimezone(STOCKHOLM).date()
    fresh = _fresh(session, today)
    if not fresh:
        return 0
    seen = {offer.id: offer.changed_at for offer in fresh}
    offers = {offer.id: markets.offer_entry(offer) for offer in fresh}
    wanted = {search.id: _wanted(search) for search in session.scalars(_standing(today)).unique()}
    # Let go of the database while the rules are tried: on SQLite a reader holds up who writes.
    session.rollback()
    _tell(session, at, seen, _fitting(today, offers, wanted))
    return len(seen)


def _fresh(session: Session, today: date) -> list[Offer]:
    unseen = Offer.looked_at.is_(None) | (Offer.looked_at != Offer.changed_at)
    query = select(Offer).where(Offer.visibility == "open", *standing_offers(today), unseen)
    return list(session.scalars(query.order_by(Offer.id).limit(AT_A_TIME)).unique())


def _standing(today: date) -> Any:
    """The searches that still may find something, of people who still have an account."""
    query = select(SavedSearch).join(User, User.id == SavedSearch.user_id)
    query = query.where(SavedSearch.removed_at.is_(None), SavedSearch.latest_start >= today)
    return query.where(User.deactivated_at.is_(None)).order_by(SavedSearch.id)


def _fitting(today: date, offers: Entries, wanted: dict[int, Wanted]) -> list[tuple[int, int]]:
    """The ids of (search, offer) pairs that no rule of a placement forbids from today on."""
    read = finding.readable(offers) if wanted else {}
    keys, stock = list(read), Stock(list(read.values()), FEATURES)
    return [(search, keys[row]) for search, one in wanted.items() for row in stock.seek(one, today).offer.tolist()]


def _wanted(search: SavedSearch) -> Wanted:
    same = ("lat", "lon", "max_km", "seats", "area_m2", "earliest_start", "latest_start", "days", "weekdays")
    asked = {name: getattr(search, name) for name in same}
    return Wanted(**asked, must=tuple(search.must), agency=search.agency.ref)


@writing
def _tell(session: Session, at: datetime, seen: dict[int, datetime], found: list[tuple[int, int]]) -> None:
    """Write down that these versions have been looked at, and tell of what was found in those still as they were."""
    held = select(Offer).where(Offer.id.in_(seen)).order_by(Offer.id).with_for_update(of=Offer)
    offers = {o.id: o for o in session.scalars(held).unique() if o.changed_at == seen[o.id] != o.looked_at}
    for offer in offers.values():
        offer.looked_at = offer.changed_at
    fitting: dict[int, list[Offer]] = {}
    for search_id, offer_id in found:
        if offer_id in offers:
            fitting.setdefault(search_id, []).append(offers[offer_id])
    known = select(SavedSearch).where(SavedSearch.id.in_(fitting), SavedSearch.removed_at.is_(None))
    known = known.options(defaultload(SavedSearch.user).options(*accounts.WITH_ROLES)).order_by(SavedSearch.id)
    news = [one for s in session.scalars(known).unique() for one in _news(session, s, fitting[s.id])]
    outbox.tell_each(session, news, "search.found", at=at)


def _news(session: Session, search: SavedSearch, offers: list[Offer]) -> list[tuple[User, str, outbox.Values]]:
    """What the person is to be told: of premises that they may know and that are newer than the search."""
    by = accounts.identity(search.user)
    if search.agency_id not in by.agencies(*ROLES):
        return []
    newer = [offer for offer in offers if offer.changed_at >= search.saved_at]  # older ones are found by searching
    asked = select(Offer.id).where(Offer.id.in_([offer.id for offer in newer]), rows(by, "offer.address"))
    may_know = set(session.scalars(asked))
    return [
        (search.user, f"search:{search.ref}:{offer.ref}", {
            "name": search.name, "premises": offer.title, "agency": offer.agency.name, "place": offer.place,
            "seats": offer.seats, "offer": offer.ref,
        })
        for offer in newer if offer.id in may_know
    ]  # fmt: skip
