"""Draws a realistic market from the registers: the same arguments draw the same market (with the same numpy).

Volumes, shares and sizes follow the recipe that came with the registers; what stands under ASSUMED is ours.
A national market is drawn again until the recipe's acceptance figures hold (``data.figures`` measures them).
About five in six first draws pass, by these readings of the recipe:

* municipalities are drawn systematically (see ``data.where``), so that a market lies where the shares say
  with every seed and not only on average;
* a largest distance is given in whole kilometres, rounded up, as a person would; unrounded, 10.3 per cent of
  needs have no offer in reach, not 7 to 10;
* the weekdays of a need are first how many it asks for, one to five alike, then which, in proportion to the
  recipe's weights. Asking for each day by itself would make Wednesday 3.7 times as scarce as Friday, not 2.4.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from data.drawn import Answer, DrawnMarket, DrawnNeed, DrawnOffer
from data.figures import figures
from data.registers import counties
from data.where import Site, everywhere, nearest_seat_km, sites

PRESETS: dict[str, tuple[int, int]] = {"national": (1200, 1800), "county": (60, 90), "load": (10_000, 10_000)}
PILOT_COUNTY = "01"
AS_OF = date(2027, 1, 4)
TRIES = 50  # one in six draws fails, so this never ends without one unless something is broken

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFER_STATE_SHARE, NEED_STATE_SHARE = 0.85, 0.60

OFFER_KINDS: tuple[Literal["spare_seats", "vacated", "room"], ...] = ("spare_seats", "vacated", "room")
OFFER_KIND_SHARES = (0.65, 0.25, 0.10)
P90 = 1.2815516  # the standard normal deviate that nine tenths lie below
M2_PER_SEAT = (10.0, 15.0, 22.0)
PATTERNS: tuple[tuple[str, ...], ...] = (WEEKDAYS, ("mon", "fri"), ("mon", "thu", "fri"), ())
PATTERN_SHARES = (0.45, 0.25, 0.15, 0.15)  # the last stands for one day, any of the five
OFFER_MONTHS, OFFER_MONTH_SHARES = (3, 6, 12, 24), (0.2, 0.3, 0.3, 0.2)
HOLE_SHARE = 0.1

NEED_KINDS: tuple[Literal["few", "team", "office"], ...] = ("few", "team", "office")
NEED_KIND_SHARES = (0.50, 0.35, 0.15)
FEW_SHARES = (0.60, 0.25, 0.10, 0.05)  # 1 to 4 persons; the last two are ASSUMED
REACH_FACTORS = (0.25, 0.5, 1.0, 2.0)
WEEKDAY_WEIGHTS = (0.6, 0.95, 1.0, 0.95, 0.5)
LENGTHS = ((1, 1), (7, 28), (30, 183), (184, 365))  # days; the end of "longer" is ASSUMED
LENGTH_SHARES = (0.15, 0.15, 0.40, 0.30)
WINDOW_WEEKS = 8

# Share of offers that answer yes, and that answer unknown; of what the recipe gives no unknown for, half of
# the rest is unknown (ASSUMED).
MEASURED: dict[str, tuple[float, float]] = {
    "step_free": (0.57, 0.40),
    "parking": (0.70, 0.15),
    "whiteboard": (0.69, 0.155),
    "screen": (0.39, 0.305),
    "hearing_loop": (0.07, 0.465),
    "video": (0.60, 0.20),
}
ASSUMED: dict[str, tuple[float, float]] = {
    "accessible_toilet": (0.50, 0.35),
    "lift": (0.55, 0.15),
    "bicycle_parking": (0.65, 0.20),
    "meeting_room": (0.70, 0.10),
    "kitchen": (0.70, 0.10),
    "lunch_room": (0.65, 0.10),
    "shower": (0.35, 0.20),
    "height_adjustable_desks": (0.60, 0.20),
    "printer": (0.60, 0.15),
    "guest_network": (0.60, 0.25),
    "own_entrance": (0.15, 0.10),
    "lockable_zone": (0.30, 0.20),
    "staffed_reception": (0.35, 0.10),
    "lockable_storage": (0.45, 0.20),
    "quiet": (0.35, 0.25),
    "workshop": (0.15, 0.25),
    "small_groups": (0.45, 0.20),
    "call_booth": (0.30, 0.15),
    "social": (0.30, 0.25),
}
RATES = MEASURED | ASSUMED
MUST_FRACTION, WISH_FRACTION = 0.2, 0.15  # of the rate at which offers have it; musts are the measured ones

# ASSUMED throughout: how often the rest occurs.
EXCLUSIVE_SHARES = {"spare_seats": 0.03, "vacated": 0.35, "room": 0.10}
MINIMUM_DAYS, MINIMUM_SHARES = (1, 7, 30), (0.80, 0.12, 0.08)
ONLY_SHARE, NOT_SHARE, LISTED = 0.03, 0.04, 12
AREA_SHARE, AREA_PER_SEAT, AREA_FROM_SEATS = 0.15, 10, 5
PRIORITIES, PRIORITY_SHARES = (1, 2, 3), (0.92, 0.06, 0.02)
OFFER_STARTS_WITHIN, NEED_STARTS_WITHIN, WAITING_WITHIN = 56, 84, 180  # days

T = TypeVar("T")
Rng = np.random.Generator
Ints = NDArray[np.int64]


def draw(
    offers: int = 1200,
    needs: int = 1800,
    county: str | None = None,
    seed: int = 0,
    as_of: date = AS_OF,
    must_fraction: float = MUST_FRACTION,
) -> DrawnMarket:
    """A market of so many offers and needs for the day ``as_of``, in a county (code or name) or the country.

    Needs insist on a feature at ``must_fraction``, 0 to 1, of the rate at which offers have it. ValueError, in one
    sentence, where it is not 0 to 1, another number is negative, or no county has that code or name.
    """
    if min(offers, needs, seed) < 0:
        raise ValueError("Numbers of offers and needs and the seed cannot be negative.")
    if not 0 <= must_fraction <= 1:
        raise ValueError(f"Needs cannot insist on features at {must_fraction} of their rate: give 0 to 1.")
    code = None if county is None else county_code(county)
    judged = code is None and (offers, needs) == PRESETS["national"]
    for attempt in range(TRIES):
        rng = np.random.default_rng((seed, attempt))
        market = DrawnMarket(
            as_of, seed, _offers(rng, offers, code, as_of), _needs(rng, needs, code, as_of, must_fraction)
        )
        if not judged or figures(market).accepted:
            return market
    raise RuntimeError(f"No draw out of {TRIES} met the recipe's figures: the registers or the recipe have changed.")


def county_code(text: str) -> str:
    """The code of a county given by code ("23"), letter ("Z") or name ("Jämtlands län"), else ValueError."""
    wanted = text.strip().casefold()
    for county in counties():
        if wanted in (county.code, county.letter.casefold(), county.name.casefold()):
            return county.code
    raise ValueError(f"There is no county {text!r}: give a code such as 23 or a name such as Jämtlands län.")


def _choose(rng: Rng, values: Sequence[T], shares: Sequence[float], count: int) -> list[T]:
    return [values[index] for index in rng.choice(len(values), size=count, p=shares)]


def _offers(rng: Rng, count: int, county: str | None, as_of: date) -> tuple[DrawnOffer, ...]:
    places = sites(rng, count, OFFER_STATE_SHARE, county, hosting=True)
    kinds = _choose(rng, OFFER_KINDS, OFFER_KIND_SHARES, count)
    seats, area = _offer_sizes(rng, kinds)
    weekdays = _offered_weekdays(rng, count)
    spans = _spans(rng, count, as_of)
    answers = _answers(rng, count)
    exclusive = rng.random(count)
    minimum = _choose(rng, MINIMUM_DAYS, MINIMUM_SHARES, count)
    lists = rng.random(count)
    return tuple(
        DrawnOffer(
            id=f"o{number + 1:04d}",
            title=_offer_title(kind, site),
            kind=kind,
            **_where(site),
            seats=int(seats[number]),
            area_m2=None if kind == "room" else int(area[number]),
            spans=spans[number],
            weekdays=weekdays[number],
            features=answers[number] | ({"meeting_room": "yes"} if kind == "room" else {}),
            sharing="exclusive" if exclusive[number] < EXCLUSIVE_SHARES[kind] else "shared",
            minimum_days=minimum[number],
            only_agencies=_listed(rng, LISTED) if lists[number] < ONLY_SHARE else None,
            not_agencies=_listed(rng, 2) if lists[number] > 1 - NOT_SHARE else (),
        )
        for number, (site, kind) in enumerate(zip(places, kinds, strict=True))
    )


def _where(site: Site) -> dict[str, Any]:
    return {
        "organisation": site.organisation,
        "municipality_code": site.municipality.code,
        "postcode": site.postcode.code,
        "locality": site.postcode.town,
        "lat": site.lat,
        "lon": site.lon,
    }


def _offer_sizes(rng: Rng, kinds: Sequence[str]) -> tuple[Ints, Ints]:
    """Seats and m²: spare seats of a staff, vacated parts by their area, rooms by how many they hold."""
    count = len(kinds)
    per_seat = rng.triangular(*M2_PER_SEAT, size=count)
    spare = rng.lognormal(3.9, 1.36, size=count) * rng.uniform(0.1, 0.4, size=count)
    vacated = np.clip(rng.lognormal(6.38, 1.49, size=count), 40, 5000)
    # A lognormal on each side of the median meets p10 12, median 28 and p90 114.
    deviate = rng.normal(size=count)
    below, above = math.log(28 / 12) / P90, math.log(114 / 28) / P90
    room = 28 * np.exp(deviate * np.where(deviate < 0, below, above))
    kind = np.array(kinds)
    seats = np.select([kind == "spare_seats", kind == "vacated"], [spare, vacated / per_seat], room)
    whole = np.maximum(np.rint(seats), 2).astype(np.int64)
    area = np.where(kind == "vacated", vacated, whole * per_seat)
    return whole, np.rint(area).astype(np.int64)


def _offered_weekdays(rng: Rng, count: int) -> list[tuple[str, ...]]:
    patterns = _choose(rng, PATTERNS, PATTERN_SHARES, count)
    single = rng.integers(len(WEEKDAYS), size=count)
    return [pattern or (WEEKDAYS[day],) for pattern, day in zip(patterns, single, strict=True)]


def _spans(rng: Rng, count: int, as_of: date) -> list[tuple[tuple[date, date], ...]]:
    """One span each, a tenth of them with a hole of one to three weeks in its middle part."""
    months = _choose(rng, OFFER_MONTHS, OFFER_MONTH_SHARES, count)
    begins = rng.integers(OFFER_STARTS_WITHIN + 1, size=count)
    holes, where, length = (
        rng.random(count),
        rng.uniform(0.3, 0.6, size=count),
        rng.integers(7, 22, size=count),
    )
    spans: list[tuple[tuple[date, date], ...]] = []
    for number in range(count):
        first = as_of + timedelta(int(begins[number]))
        days = round(months[number] * 365.25 / 12)
        last = first + timedelta(days - 1)
        if holes[number] < HOLE_SHARE:
            gap = first + timedelta(int(days * where[number]))
            spans.append(((first, gap - timedelta(1)), (gap + timedelta(int(length[number])), last)))
        else:
            spans.append(((first, last),))
    return spans


def _answers(rng: Rng, count: int) -> list[dict[str, Answer]]:
    rates = np.array(list(RATES.values()))
    chance = rng.random((count, len(RATES)))
    words: tuple[Answer, ...] = ("yes", "unknown", "no")
    which = (chance >= rates[:, 0]).astype(int) + (chance >= rates.sum(axis=1))
    return [{code: words[index] for code, index in zip(RATES, row, strict=True)} for row in which.tolist()]


def _listed(rng: Rng, count: int) -> tuple[str, ...]:
    keys = everywhere()
    return tuple(sorted(keys[index] for index in rng.choice(len(keys), size=count, replace=False)))


def _needs(rng: Rng, count: int, county: str | None, as_of: date, must_fraction: float) -> tuple[DrawnNeed, ...]:
    places = sites(rng, count, NEED_STATE_SHARE, county, hosting=False)
    kinds = _choose(rng, NEED_KINDS, NEED_KIND_SHARES, count)
    seats = _need_sizes(rng, kinds)
    factors = _choose(rng, REACH_FACTORS, (0.25,) * 4, count)
    lengths = [int(rng.integers(low, high + 1)) for low, high in _choose(rng, LENGTHS, LENGTH_SHARES, count)]
    weekdays = _asked_weekdays(rng, lengths)
    starts = rng.integers(NEED_STARTS_WITHIN + 1, size=count)
    windows = rng.integers(WINDOW_WEEKS + 1, size=count) * 7
    musts, wishes = _asked_features(rng, count, must_fraction)
    area = rng.random(count)
    priorities = _choose(rng, PRIORITIES, PRIORITY_SHARES, count)
    waiting = rng.integers(WAITING_WITHIN + 1, size=count)
    seat_km = nearest_seat_km()
    needs = []
    for number, (site, kind) in enumerate(zip(places, kinds, strict=True)):
        earliest = _on_or_after(as_of + timedelta(int(starts[number])), weekdays[number])
        needs.append(
            DrawnNeed(
                id=f"n{number + 1:04d}",
                title=_need_title(seats[number], kind, lengths[number], site),
                kind=kind,
                **_where(site),
                max_km=math.ceil(factors[number] * seat_km[site.municipality.code]),
                seats=seats[number],
                area_m2=_need_area(seats[number], area[number]),
                earliest_start=earliest,
                latest_start=earliest + timedelta(int(windows[number])),
                days=lengths[number],
                weekdays=weekdays[number],
                must=musts[number],
                wish=wishes[number],
                priority=priorities[number],
                waiting_since=as_of - timedelta(int(waiting[number])),
            )
        )
    return tuple(needs)


def _need_sizes(rng: Rng, kinds: Sequence[str]) -> list[int]:
    """1–4 persons, teams of 5–25 alike, or offices of 10–122, small ones more often (ASSUMED: 1/x)."""
    count = len(kinds)
    few = rng.choice(np.arange(1, 5), size=count, p=FEW_SHARES)
    team = rng.integers(5, 26, size=count)
    office = np.rint(np.exp(rng.uniform(np.log(10), np.log(122), size=count))).astype(np.int64)
    kind = np.array(kinds)
    return [int(size) for size in np.select([kind == "few", kind == "team"], [few, team], office)]


def _need_area(seats: int, chance: float) -> int | None:
    return seats * AREA_PER_SEAT if seats >= AREA_FROM_SEATS and chance < AREA_SHARE else None


def _asked_weekdays(rng: Rng, lengths: Sequence[int]) -> list[tuple[str, ...]]:
    """One to five weekdays alike, which ones in proportion to the weights; a single day asks for one.

    Drawn without replacement by exponential keys (Efraimidis and Spirakis 2006): the smallest keys win.
    """
    many = rng.integers(1, len(WEEKDAYS) + 1, size=len(lengths))
    keys = rng.exponential(size=(len(lengths), len(WEEKDAYS))) / np.array(WEEKDAY_WEIGHTS)
    ranks = keys.argsort(axis=1)
    return [
        tuple(WEEKDAYS[day] for day in sorted(ranks[number, : 1 if days == 1 else many[number]]))
        for number, days in enumerate(lengths)
    ]


def _asked_features(rng: Rng, count: int, must_fraction: float) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """What must be there and what is wished for, at a fraction of how often offers have it; never both."""
    rates = np.array([rate for rate, _ in RATES.values()])
    measured = np.array([code in MEASURED for code in RATES])
    must = (rng.random((count, len(RATES))) < must_fraction * rates) & measured
    wish = (rng.random((count, len(RATES))) < WISH_FRACTION * rates) & ~must
    codes = tuple(RATES)
    musts, wishes = ([tuple(codes[i] for i in np.flatnonzero(row)) for row in asked] for asked in (must, wish))
    return musts, wishes


def _on_or_after(day: date, weekdays: Sequence[str]) -> date:
    """A start must fall on a weekday that is asked for, or a window of a single day would hold no start."""
    while day.weekday() > 4 or WEEKDAYS[day.weekday()] not in weekdays:
        day += timedelta(1)
    return day


def _offer_title(kind: str, site: Site) -> str:
    words = {"spare_seats": "Lediga arbetsplatser", "vacated": "Ledig kontorsdel", "room": "Möteslokal"}
    return f"{words[kind]} i {site.postcode.town}"


def _need_title(seats: int, kind: str, days: int, site: Site) -> str:
    if days == 1:
        what = "Plats för en dag" if kind == "few" else "Lokal för en heldag"
    elif kind == "few":
        what = "En arbetsplats" if seats == 1 else f"{('Två', 'Tre', 'Fyra')[seats - 2]} arbetsplatser"
    else:
        what = "Plats för ett projekt" if kind == "team" else "Lokalkontor"
    return f"{what} i {site.postcode.town}"
