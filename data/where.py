"""Where things of a drawn market lie and whose they are, by shares of state bodies and people."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import NDArray

from data.organisations import state_key
from data.registers import (
    Municipality,
    Postcode,
    StateAgency,
    municipalities,
    postcodes,
    state_agencies,
    weights,
)

JITTER_KM = {"0180": 3.0, "1480": 3.0, "1280": 3.0}  # Stockholm, Göteborg, Malmö
JITTER_TOWN_KM, JITTER_ELSEWHERE_KM, TOWN_POPULATION = 1.5, 0.7, 50_000
KM_PER_DEGREE = 111.32

# ASSUMED: half of what is drawn by population is the municipality's own, the other half belongs to agencies
# of this many employees, which have offices everywhere; a body of unknown size counts as a small one.
OWN_SHARE = 0.5
EVERYWHERE_EMPLOYEES = 1000
SMALL_BODY = 25


@dataclass(frozen=True)
class Site:
    """A point near a postcode of a municipality, and the key of the organisation there."""

    municipality: Municipality
    postcode: Postcode
    lat: float
    lon: float
    organisation: str


def sites(rng: np.random.Generator, count: int, state_share: float, county: str | None, hosting: bool) -> list[Site]:
    """``count`` sites in random order, drawn by ``state_share`` of state bodies and the rest of population.

    ``hosting`` leaves out those that offer nothing: courts, police and bodies without a visiting address.
    """
    places = [place for place in municipalities() if county in (None, place.county_code)]
    units = rng.permutation(_systematic(rng, _shares(places, state_share), count))
    chosen = [places[unit // 2] for unit in units]
    codes = _street_codes()
    near = [codes[place.code][int(rng.random() * len(codes[place.code]))] for place in chosen]
    sigma = np.array([_jitter_km(place) for place in chosen])
    # Rayleigh in the distance is a normal jitter of the same sigma along both axes.
    north, east = rng.normal(size=(2, count)) * sigma
    lat = np.array([code.lat for code in near]) + north / KM_PER_DEGREE
    lon = np.array([code.lon for code in near]) + east / (KM_PER_DEGREE * np.cos(np.radians(lat)))
    owners = [_owner(rng, place, bool(unit % 2 == 0), hosting) for place, unit in zip(chosen, units, strict=True)]
    return [
        Site(place, code, round(float(y), 5), round(float(x), 5), owner)
        for place, code, y, x, owner in zip(chosen, near, lat, lon, owners, strict=True)
    ]


def _systematic(rng: np.random.Generator, shares: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """``count`` units, each exactly in its share: every n-th step along the shares laid end to end.

    Madow's systematic sampling (Madow 1949): the expected number of draws of a unit is ``count`` times its
    share, as in independent draws, and the number drawn differs from that by less than one.
    """
    steps = (np.arange(count) + rng.random()) / max(count, 1)
    return np.searchsorted(np.cumsum(shares)[:-1], steps, side="right")


def _shares(places: Sequence[Municipality], state_share: float) -> NDArray[np.float64]:
    """The shares of all units: of each municipality its state bodies, then its people; they sum to 1."""
    by_code = {weight.municipality_code: weight for weight in weights()}
    bodies = np.array([by_code[place.code].state_bodies for place in places], dtype=np.float64)
    people = np.array([by_code[place.code].population for place in places], dtype=np.float64)
    # A county without a state body would have no share to lay out: people stand in for it.
    state = (bodies if bodies.sum() else people) / (bodies.sum() or people.sum())
    return np.column_stack([state_share * state, (1 - state_share) * people / people.sum()]).ravel()


@lru_cache
def _street_codes() -> dict[str, list[Postcode]]:
    """The postcodes of streets (not of boxes) of each municipality; every one has some."""
    codes: dict[str, list[Postcode]] = defaultdict(list)
    for code in postcodes():
        if code.in_cc0_list:
            codes[code.municipality_code].append(code)
    return codes


def _jitter_km(place: Municipality) -> float:
    usual = JITTER_TOWN_KM if place.population > TOWN_POPULATION else JITTER_ELSEWHERE_KM
    return JITTER_KM.get(place.code, usual)


def _owner(rng: np.random.Generator, place: Municipality, by_state: bool, hosting: bool) -> str:
    local, everywhere = _bodies(hosting)
    if by_state and place.code in local:
        return _pick(rng, *local[place.code])
    if not by_state and rng.random() < OWN_SHARE:
        return f"municipality:{place.code}"
    return _pick(rng, *everywhere)


Bodies = tuple[list[str], NDArray[np.float64]]


def _pick(rng: np.random.Generator, keys: list[str], upto: NDArray[np.float64]) -> str:
    return keys[int(np.searchsorted(upto, rng.random() * upto[-1], side="right"))]


@lru_cache
def _bodies(hosting: bool) -> tuple[dict[str, Bodies], Bodies]:
    """State bodies by municipality of their seat, and those with offices everywhere, with running weights.

    The weight is the square root of the employees, so that large bodies have more but not everything.
    """
    chosen = [agency for agency in state_agencies() if not hosting or _hosts(agency)]
    local: dict[str, list[StateAgency]] = defaultdict(list)
    for agency in chosen:
        if agency.municipality_code:
            local[agency.municipality_code].append(agency)
    large = [agency for agency in chosen if (agency.employees or 0) >= EVERYWHERE_EMPLOYEES]
    return {code: _weighted(agencies) for code, agencies in local.items()}, _weighted(large)


def _hosts(agency: StateAgency) -> bool:
    return agency.address is not None and not agency.is_court and not agency.is_police


def _weighted(agencies: list[StateAgency]) -> Bodies:
    size = np.array([agency.employees or SMALL_BODY for agency in agencies], dtype=np.float64)
    return [state_key(agency) for agency in agencies], np.cumsum(np.sqrt(size))


def everywhere() -> list[str]:
    """The keys of the state bodies with offices everywhere, courts and police aside."""
    return _bodies(True)[1][0]


@lru_cache
def nearest_seat_km() -> dict[str, float]:
    """Kilometres (WGS 84 geodesic) from each municipality's seat to the nearest other seat, by code."""
    places = municipalities()
    lat = np.array([place.lat for place in places])
    lon = np.array([place.lon for place in places])
    first, second = (grid.ravel() for grid in np.meshgrid(np.arange(len(places)), np.arange(len(places))))
    metres = pyproj.Geod(ellps="WGS84").inv(lon[first], lat[first], lon[second], lat[second])[2]
    between = np.asarray(metres).reshape(len(places), len(places)) / 1000
    np.fill_diagonal(between, np.inf)
    return {place.code: float(km) for place, km in zip(places, between.min(axis=0), strict=True)}
