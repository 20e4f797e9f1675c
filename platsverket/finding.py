"""What premises there are for what is wanted, and what each criterion costs, by the engine's own rules.

Only premises whose every detail the reader may see are tried: what is restricted or sealed is neither found nor
counted, whatever is asked. What others have agreed is not looked at either: it is theirs to know, and the match round
sees to it.

Premises stay read, by their versions: which versions stand is asked of the database each time, so that what another
process has changed is never answered from memory.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

import matching
from matching import Wanted as Wanted
from matching.market import Offer as EngineOffer
from platsverket import markets
from platsverket.access import Identity, demand, rows
from platsverket.database import now, this_day
from platsverket.features import FEATURES
from platsverket.models import Offer, standing_offers

log = structlog.get_logger()
SETTLED = timedelta(seconds=10)  # a younger version may still be followed by another of the same second
MOST_LOOSE = 50  # premises beside the arrays before these are made anew
AT_A_TIME = 500
Entries = dict[int, dict[str, Any]]  # premises as they stand in a market, by their keys
Versions = dict[int, datetime]  # premises by their keys: when they were changed last


@dataclass(frozen=True)
class Hit:
    """Premises that keep all that is wanted; ``km`` is None where no place is wanted, ``first`` where no day is left.

    ``first`` is the first possible day of a stay.
    """

    offer_id: int
    lat: float
    lon: float
    km: float | None
    fit: int
    first: date | None


@dataclass(frozen=True)
class Cost:
    """How many more premises there would be without a criterion; each required feature is a criterion of its own."""

    criterion: str  # max_km, seats, area_m2, dates, weekdays, must or agency
    more: int
    feature: str = ""


@dataclass(frozen=True)
class Answer:
    """The hits in the order of the premises tried, and what each criterion costs, the costliest first."""

    hits: list[Hit]
    costs: list[Cost]

    @property
    def costliest(self) -> Cost | None:
        return costliest(self.costs)


def seek(session: Session, by: Identity, wanted: Wanted) -> Answer:
    """Open premises that stand today and keep all that is wanted; what is not stated is not asked for.

    ``wanted.agency`` is the ref of the organisation that asks. Raises ``KeyError`` for a feature that does not exist.
    """
    demand(by, "offer.read")
    seen = (rows(by, "offer.address"), Offer.visibility == "open", *standing_offers(this_day()))
    query = select(Offer.id, Offer.changed_at).where(*seen).order_by(Offer.id)
    return among(session, wanted, dict(iter(session.execute(query))))


def among(session: Session, wanted: Wanted, versions: Versions) -> Answer:
    """The same among these premises; the caller has seen to it that the reader may see their every detail."""
    hits: list[Hit] = []
    more: dict[str, int] = {}
    for part, known in _memory(session).parts(session, versions):
        found = part.stock.seek(wanted, this_day(), known)
        hits += _hits(part, found, wanted)
        for name, count in found.more.items():
            more[name] = more.get(name, 0) + count
    rank = {key: i for i, key in enumerate(versions)}
    return Answer(sorted(hits, key=lambda hit: rank[hit.offer_id]), _costs(more))


def _hits(part: _Part, found: matching.Found, wanted: Wanted) -> Iterable[Hit]:
    lat, lon = part.stock.offers.lat[found.offer].tolist(), part.stock.offers.lon[found.offer].tolist()
    told = zip(found.offer.tolist(), lat, lon, found.km.tolist(), found.fit.tolist(), found.first.tolist(), strict=True)
    for row, y, x, km, fit, first in told:
        day = date.fromordinal(first) if first else None
        yield Hit(part.ids[row], y, x, km if wanted.placed else None, fit, day)


def costliest(costs: list[Cost]) -> Cost | None:
    """The criterion that shuts out most premises by itself, where any does."""
    return costs[0] if costs and costs[0].more else None


def _costs(more: dict[str, int]) -> list[Cost]:
    costs = []
    for name, count in more.items():
        criterion, _, feature = name.partition(":")
        costs.append(Cost(criterion, count, feature))
    return sorted(costs, key=lambda cost: -cost.more)


# What has been read before


@dataclass(frozen=True)
class _Part:
    """Some premises as arrays: their keys, and the versions that the arrays hold."""

    ids: list[int]
    versions: list[datetime]
    stock: matching.Stock

    def standing(self, versions: Versions) -> np.ndarray[Any, np.dtype[np.bool_]]:
        same = (versions.get(key) == version for key, version in zip(self.ids, self.versions, strict=True))
        return np.fromiter(same, dtype=bool, count=len(self.ids))


class _Memory:
    """The premises of one database as they were read last; threads take turns."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.read: dict[int, tuple[datetime, EngineOffer]] = {}  # settled versions only
        self.whole: _Part | None = None

    def parts(self, session: Session, versions: Versions) -> list[tuple[_Part, Any]]:
        """The premises of these versions as arrays, each with which of its rows are meant: all but a few at once."""
        with self.lock:
            fresh = self._read(session, versions)
            loose = self._loose(versions)
            if self.whole is None or len(loose) > MOST_LOOSE:
                self.whole = _part(self.read)
                loose = []
            few = _part({**{key: self.read[key] for key in loose}, **fresh})
            return [(part, part.standing(versions)) for part in (self.whole, few) if part.ids]

    def _loose(self, versions: Versions) -> list[int]:
        held = dict(zip(self.whole.ids, self.whole.versions, strict=True)) if self.whole else {}
        return [key for key, version in versions.items() if key in self.read and held.get(key) != version]

    def _read(self, session: Session, versions: Versions) -> dict[int, tuple[datetime, EngineOffer]]:
        """Read what is not known in these versions; what may still change within its second is not kept."""
        missing = [key for key, version in versions.items() if self.read.get(key, (None,))[0] != version]
        if not missing:
            return {}
        settled, fresh = now() - SETTLED, {}
        for key, version, offer in _from_database(session, missing):
            if version < settled:
                self.read[key] = version, offer
            else:
                self.read.pop(key, None)
                fresh[key] = version, offer
        return fresh


_MEMORIES: weakref.WeakKeyDictionary[Any, _Memory] = weakref.WeakKeyDictionary()


def _memory(session: Session) -> _Memory:
    return _MEMORIES.setdefault(session.get_bind(), _Memory())


def _part(read: dict[int, tuple[datetime, EngineOffer]]) -> _Part:
    stock = matching.Stock([offer for _, offer in read.values()], FEATURES)
    return _Part(list(read), [version for version, _ in read.values()], stock)


def _from_database(session: Session, keys: list[int]) -> Iterable[tuple[int, datetime, EngineOffer]]:
    """Premises as the engine reads them, with their versions; not through the session's own, perhaps older, objects.

    Over the session's own connection: another would wait for a writer who waits for this one to have read.
    """
    with Session(session.connection(), expire_on_commit=False) as fresh:
        for begin in range(0, len(keys), AT_A_TIME):
            some = keys[begin : begin + AT_A_TIME]
            offers = list(fresh.scalars(select(Offer).where(Offer.id.in_(some))).unique())
            known = readable({offer.id: markets.offer_entry(offer) for offer in offers})
            yield from ((o.id, o.changed_at, known[o.id]) for o in offers if o.id in known)
            fresh.expunge_all()


def readable(entries: Entries) -> dict[int, EngineOffer]:
    """What the engine reads; premises that it cannot read are left out and told in the log."""
    market = {"format": "platsverket-market/1", "as_of": this_day().isoformat(), "needs": []}
    try:
        read = matching.Market.from_json({**market, "offers": list(entries.values())}).offer_by_id
    except matching.MarketError as error:
        if len(entries) > 1:
            return {key: offer for one in entries.items() for key, offer in readable(dict([one])).items()}
        log.warning("offer_not_searched", error=str(error).splitlines()[0])
        return {}
    return {key: read[entry["id"]] for key, entry in entries.items()}
