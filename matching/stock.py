"""Many offers asked at once what of them would do for one need, and what each of its criteria costs.

The rules of a placement answer (``rules.py``); a criterion that is not stated is not asked for. What is asked again and
again of the same offers is made ready once, in a :class:`Stock`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from matching.goals import fit
from matching.market import WEEKDAYS, Need, Offer
from matching.rules import Rows, admission, dates, features, first_possible, near, size, weekdays
from matching.table import Bools, Floats, Ints, NeedTable, OfferTable, Table, ints

_NEVER = np.iinfo(np.int64).max
_NOBODY = ""  # an agency that no offer names
_ANYWHERE = (0.0, 0.0)
_ANY_STEP = 1  # of the starts only the first is looked for, and that one is allowed on every grid


@dataclass(frozen=True)
class Wanted:
    """What a need asks of premises; what is None or empty is not asked for.

    ``lat`` and ``lon`` (degrees) belong together, ``max_km`` needs them; ``days`` is the length of the stay, and any of
    ``earliest_start``, ``latest_start`` and ``days`` asks for dates. Where no weekdays are stated, those on which the
    premises are open are meant; where no ``days`` are, their shortest stay.
    """

    lat: float | None = None
    lon: float | None = None
    max_km: float | None = None
    seats: int | None = None
    area_m2: float | None = None
    earliest_start: date | None = None
    latest_start: date | None = None
    days: int | None = None
    weekdays: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    agency: str | None = None

    @property
    def placed(self) -> bool:
        return self.lat is not None and self.lon is not None

    @property
    def dated(self) -> bool:
        return self.earliest_start is not None or self.latest_start is not None or self.days is not None


@dataclass(frozen=True)
class Found:
    """The offers that keep all that is wanted, and per criterion how many more would without it.

    ``offer`` holds row numbers of the stock in ascending order; beside each stand ``km`` (NaN where no place is
    wanted), ``fit`` (points of a placement from its first start) and ``first`` (the ordinal of its first allowed start,
    0 where no dates are wanted and it has none left). ``more`` has the criteria in use: ``max_km``, ``seats``,
    ``area_m2``, ``dates``, ``weekdays``, ``agency``, and ``must:`` with each feature.
    """

    offer: Ints
    km: Floats
    fit: Ints
    first: Ints
    more: dict[str, int]


class Stock:
    """Offers as arrays, to be asked again and again; ``vocabulary`` names every feature that may be asked for."""

    def __init__(self, offers: Sequence[Offer], vocabulary: Iterable[str]):
        self.vocabulary = {word: i for i, word in enumerate(vocabulary)}
        named = (a for o in offers for a in (*(o.only_agencies or ()), *o.not_agencies))
        self.agencies = {agency: i for i, agency in enumerate(dict.fromkeys((_NOBODY, *named)))}
        self.offers = OfferTable(offers, self.vocabulary, self.agencies)
        kinds = np.column_stack([self.offers.weekdays, self.offers.minimum_days])
        distinct, self.kind = np.unique(kinds, axis=0, return_inverse=True) if len(kinds) else (kinds, ints(()))
        self.kinds: list[tuple[tuple[str, ...], int]] = [
            (tuple(day for i, day in enumerate(WEEKDAYS) if bits >> i & 1), days) for bits, days in distinct.tolist()
        ]

    def __len__(self) -> int:
        return len(self.offers.seats)

    def seek(self, wanted: Wanted, as_of: date, among: Bools | None = None) -> Found:
        """What of the offers (of those that ``among`` marks) keeps all that is wanted; no start lies before ``as_of``.

        Raises ``KeyError`` for a feature outside the vocabulary.
        """
        known = np.ones(len(self), dtype=bool) if among is None else among
        ask = _Ask(self, wanted, as_of)
        keeps = dict(ask.criteria())
        broken = np.sum([~kept for kept in keeps.values()], axis=0) if keeps else np.zeros(len(self), dtype=np.int64)
        more = {name: int(np.count_nonzero(known & (broken == 1) & ~kept)) for name, kept in keeps.items()}
        if "weekdays" in keeps and "dates" in keeps:
            more["weekdays"] = int(np.count_nonzero(known & ask.but_for_weekdays(keeps, broken)))
        return ask.found(np.flatnonzero(known & (broken == 0)), more)


class _Ask(Table):
    """A stock beside one need: as wanted for each kind of offer, the same on any weekdays, and each criterion alone."""

    def __init__(self, stock: Stock, wanted: Wanted, as_of: date):
        self.stock, self.wanted = stock, wanted
        self.vocabulary, self.agencies, self.offers = stock.vocabulary, stock.agencies, stock.offers
        self.every = np.arange(len(stock))
        asked = self._asked(as_of)
        self.who = {"wanted": 0}
        self.needs = NeedTable(asked, self.vocabulary, self.agencies, self.who, _ANY_STEP)
        self.barred_need = self.barred_agency = ints(())
        self.full = Rows(self, stock.kind.reshape(-1), self.every)
        self.any_weekday = Rows(self, self.full.need + len(stock.kinds), self.every)
        if not wanted.placed:
            self.full.__dict__["km"] = self.any_weekday.__dict__["km"] = np.zeros(len(stock))
        self.first = first_starts(self.full)

    def _asked(self, as_of: date) -> list[Need]:
        w = self.wanted
        for word in w.must:
            self.vocabulary[word]  # an unknown one would count as not asked for
        kinds = [(w.weekdays or open_on, w.days or shortest) for open_on, shortest in self.stock.kinds]
        loose = [(open_on, w.days or shortest) for open_on, shortest in self.stock.kinds]
        whole = [self._need(as_of, on, days, w.seats, w.area_m2, w.must) for on, days in (*kinds, *loose)]
        self.alone = {"seats": len(whole), "area_m2": len(whole) + 1}
        self.alone |= {f"must:{word}": len(whole) + 2 + i for i, word in enumerate(w.must)}
        parts = [(w.seats, None, ()), (None, w.area_m2, ()), *((None, None, (word,)) for word in w.must)]
        return whole + [self._need(as_of, WEEKDAYS, 1, *part) for part in parts]

    def _need(
        self, as_of: date, on: tuple[str, ...], days: int, seats: int | None, area: float | None, must: tuple[str, ...]
    ) -> Need:
        w = self.wanted
        lat, lon = (w.lat, w.lon) if w.lat is not None and w.lon is not None else _ANYWHERE
        reach = w.max_km if w.max_km is not None and w.placed else math.inf
        agency = w.agency if w.agency in self.agencies else _NOBODY
        earliest = max(w.earliest_start or as_of, as_of)
        latest = w.latest_start or date.max
        return Need(
            "wanted", agency or _NOBODY, lat, lon, reach, seats or 1, earliest, latest, days, on, must,
            priority=1, waiting_since=as_of, area_m2=area,
        )  # fmt: skip

    def criteria(self) -> Iterator[tuple[str, Bools]]:
        """The criteria that are asked for, each with the offers that keep it."""
        w = self.wanted
        if w.placed and w.max_km is not None:
            yield "max_km", near(self.full)
        if w.seats is not None:
            yield "seats", size(self._alone("seats"))
        if w.area_m2 is not None:
            yield "area_m2", size(self._alone("area_m2"))
        if w.dated:
            yield "dates", self.first > 0
        if w.weekdays:
            yield "weekdays", weekdays(self.full)
        for word in w.must:
            yield f"must:{word}", features(self._alone(f"must:{word}"))
        if w.agency is not None:
            yield "agency", admission(self.full)

    def _alone(self, criterion: str) -> Rows:
        return Rows(self, np.full(len(self.every), self.alone[criterion]), self.every)

    def but_for_weekdays(self, keeps: dict[str, Bools], broken: Ints) -> Bools:
        """Which offers would do on other weekdays: the first possible date moves with them."""
        others = broken - ~keeps["weekdays"] - ~keeps["dates"]
        return np.asarray((broken > 0) & (others == 0) & (first_starts(self.any_weekday) > 0))

    def found(self, hits: Ints, more: dict[str, int]) -> Found:
        rows = self.full.where(hits)
        first = self.first[hits]
        km = rows.km if self.wanted.placed else np.full(len(hits), np.nan)
        start = np.where(first > 0, first, self.needs.earliest[rows.need])
        placed = Rows(self, rows.need, rows.offer, start)
        placed.__dict__["km"] = rows.km
        return Found(hits, km, fit(placed), first, more)


def first_starts(rows: Rows) -> Ints:
    """The ordinal of the first start that the rule ``dates`` allows for each pair, 0 where it allows none.

    In each availability only its first possible date is tried: a later start leaves less of the window and less of
    the availability, so where that one is not allowed no other is.
    """
    o = rows.table.offers
    count = np.diff(o.span_ptr)[rows.offer]
    pair = np.repeat(np.arange(len(rows)), count)
    span = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count) + o.span_ptr[rows.offer][pair]
    need, offer = rows.need[pair], rows.offer[pair]
    wide = Rows(rows.table, need, offer)
    opening = first_possible(wide, np.maximum(o.span_from[span], rows.table.needs.earliest[need]))
    kept = np.flatnonzero(dates(Rows(rows.table, need, offer, opening)))
    first = np.full(len(rows), _NEVER)
    np.minimum.at(first, pair[kept], opening[kept])
    return np.where(first == _NEVER, 0, first)
