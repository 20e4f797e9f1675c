"""A market as arrays: one row per offer and per need, days as proleptic ordinals, words and weekdays as bits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from matching.market import Bar, Market, Need, Offer, weekday_bits

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]


def ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _floats(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def bit_rows(sets: Sequence[Iterable[str]], vocabulary: dict[str, int]) -> Words:
    """Sets of words as rows of bits, shape (sets, 64-bit cells); words outside the vocabulary are left out."""
    cells = max(1, -(-len(vocabulary) // 64))
    rows = np.zeros((len(sets), cells), dtype=np.uint64)
    for row, words in enumerate(sets):
        for word in words:
            at = vocabulary.get(word)
            if at is not None:
                rows[row, at // 64] |= np.uint64(1 << at % 64)
    return rows


def earth(lat: Floats, lon: Floats) -> Floats:
    """Positions in kilometres from the centre of the WGS 84 ellipsoid, shape (n, 3).

    The straight line between two of them is never longer than the geodesic, which makes it a safe first sieve.
    """
    phi, lam = np.radians(lat), np.radians(lon)
    flattening = 1 / 298.257223563
    squared = flattening * (2 - flattening)
    radius = 6378.137 / np.sqrt(1 - squared * np.sin(phi) ** 2)
    flat = radius * np.cos(phi)
    return np.stack([flat * np.cos(lam), flat * np.sin(lam), radius * (1 - squared) * np.sin(phi)], axis=1)


class OfferTable:
    """The offers of a market as arrays; ``span_*`` hold the availabilities, those of offer o at ptr[o]:ptr[o+1]."""

    def __init__(self, offers: Sequence[Offer], vocabulary: dict[str, int], agencies: dict[str, int]):
        self.lat = _floats(o.lat for o in offers)
        self.lon = _floats(o.lon for o in offers)
        self.point = earth(self.lat, self.lon)
        self.seats = ints(o.seats for o in offers)
        self.area = _floats(o.area_m2 for o in offers)
        self.weekdays = ints(weekday_bits(o.weekdays) for o in offers)
        self.minimum_days = ints(o.minimum_days for o in offers)
        self.exclusive = np.array([o.exclusive for o in offers], dtype=bool)
        self.have = bit_rows([o.features for o in offers], vocabulary)
        self.unknown = bit_rows([o.features_unknown for o in offers], vocabulary)
        spans = [sorted(o.available, key=lambda span: span.start) for o in offers]
        self.span_ptr = np.concatenate([[0], np.cumsum(ints(len(s) for s in spans))]).astype(np.int64)
        self.span_from = ints(span.start.toordinal() for s in spans for span in s)
        self.span_until = ints(span.until.toordinal() for s in spans for span in s)
        known = len(agencies)
        self.picky = np.array([o.only_agencies is not None for o in offers], dtype=bool)
        self.only = np.unique(
            ints(
                at * known + agencies[a] for at, o in enumerate(offers) for a in o.only_agencies or () if a in agencies
            )
        )
        self.never = np.unique(
            ints(at * known + agencies[a] for at, o in enumerate(offers) for a in o.not_agencies if a in agencies)
        )


class NeedTable:
    """The needs of a market, or changed copies of some, as arrays; ``who`` is the place of its id in the market."""

    def __init__(
        self,
        needs: Sequence[Need],
        vocabulary: dict[str, int],
        agencies: dict[str, int],
        who: dict[str, int],
        step_days: int,
    ):
        self.who = ints(who[n.id] for n in needs)
        self.agency = ints(agencies[n.agency] for n in needs)
        self.lat = _floats(n.lat for n in needs)
        self.lon = _floats(n.lon for n in needs)
        self.point = earth(self.lat, self.lon)
        self.max_km = _floats(n.max_km for n in needs)
        self.seats = ints(n.seats for n in needs)
        self.area = _floats(n.area_m2 for n in needs)
        self.earliest = ints(n.earliest_start.toordinal() for n in needs)
        self.latest = ints(n.latest_start.toordinal() for n in needs)
        self.days = ints(n.days for n in needs)
        self.step = np.minimum(self.days, step_days)
        self.weekdays = ints(weekday_bits(n.weekdays) for n in needs)
        self.must = bit_rows([n.must for n in needs], vocabulary)
        self.wish = bit_rows([n.wish for n in needs], vocabulary)
        self.wishes = np.bitwise_count(self.wish).sum(axis=1).astype(np.int64)
        self.priority = ints(n.priority for n in needs)


class Table:
    """A market as arrays: ``offers``, ``needs`` and the bars as sorted keys (offer · count + need or agency)."""

    def __init__(self, market: Market, needs: Sequence[Need] | None = None, offers: OfferTable | None = None):
        """The whole market, or its offers beside changed copies of some of its needs (same ids and agencies)."""
        asked = market.needs
        self.vocabulary = _numbers(word for n in asked for word in (*n.must, *n.wish))
        self.agencies = _numbers(n.agency for n in asked)
        self.who = {n.id: i for i, n in enumerate(asked)}
        self.where = {o.id: i for i, o in enumerate(market.offers)}
        self.offers = offers or OfferTable(market.offers, self.vocabulary, self.agencies)
        self.needs = NeedTable(
            asked if needs is None else needs,
            self.vocabulary,
            self.agencies,
            self.who,
            market.policy.start_step_days,
        )
        barred = market.decisions.barred
        self.barred_need = self._bars(barred, "need", self.who)
        self.barred_agency = self._bars(barred, "agency", self.agencies)

    def _bars(self, barred: Iterable[Bar], kind: str, numbers: dict[str, int]) -> Ints:
        named = ((bar.offer, getattr(bar, kind)) for bar in barred)
        return np.unique(ints(self.where[o] * len(numbers) + numbers[n] for o, n in named if n in numbers))


def _numbers(words: Iterable[str]) -> dict[str, int]:
    return {word: i for i, word in enumerate(dict.fromkeys(words))}


def numbered(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values in the order they first occur, and the number of each value in it."""
    distinct, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[inverse]


def grouped(values: Ints) -> list[Ints]:
    """Where each distinct value stands, the lowest value first."""
    order = np.argsort(values, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(values[order])) + 1) if len(order) else []


def empty(words: Words) -> Bools:
    """Which rows of bits have none set."""
    return np.asarray(np.bitwise_or.reduce(words, axis=1) == 0)
