"""Every name of a place in the registers, indexed once: whole names, their beginnings and those of inner words.

Nothing is more exact than ``precision`` says: ``pin`` what someone pointed at, ``address`` a house that a
geocoder knows, ``postcode`` the one point of a postal town that all its codes share (an agency's point is no
better), ``locality`` a town or village, ``municipality`` its seat.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data.organisations import organisation, state_key
from data.registers import (
    Municipality,
    Postcode,
    aliases,
    localities,
    municipalities,
    municipality,
    postcode,
    postcodes,
    state_agencies,
)
from data.spelling import fold, spelled_out

Kind = Literal["agency", "postcode", "locality", "municipality", "pin", "address"]
Precision = Literal["pin", "address", "postcode", "locality", "municipality"]


@dataclass(frozen=True)
class Place:
    """A named point (WGS 84); in the registers its ``label`` is unique and finds it again when typed."""

    label: str
    kind: Kind
    municipality_code: str | None
    municipality: str | None
    county_code: str | None
    lat: float
    lon: float
    precision: Precision


class Name(NamedTuple):
    """One name of a place; where places share one, the lowest ``tier`` wins, and ``size`` puts them in order."""

    text: str
    place: Place
    tier: int
    size: int


PLACE, AGENCY, ALIAS = 0, 1, 2


def place_in(town: Municipality, label: str, kind: Kind, lat: float, lon: float, precision: Precision) -> Place:
    """A place in a municipality."""
    return Place(label, kind, town.code, town.name, town.county_code, lat, lon, precision)


def named(text: str) -> list[Place]:
    """The places that a whole name or label means, largest first; several where only the asker can tell.

    A label, spelled as it is, means its own place. A spelling with å, ä, ö or é means just that ("RAÄ"); a plain
    one may stand for any, places before agencies and these before other names of theirs ("raa": Råå). What that
    leaves unknown may be spelled with aa, ae and oe ("Malmoe").
    """
    names = _named_by(fold).get(fold(text)) or _named_by(spelled_out).get(fold(text), [])
    spelled = " ".join(text.casefold().split())
    labelled = [name for name in names if name.place.label.casefold() == spelled]
    accented = [] if spelled.isascii() else [name for name in names if name.text.casefold() == spelled]
    chosen = labelled or accented or names
    first = min((name.tier for name in chosen), default=PLACE)
    ordered = sorted((name for name in chosen if name.tier == first), key=lambda name: (-name.size, name.place.label))
    return list(dict.fromkeys(name.place for name in ordered))


def starting(wanted: str) -> Iterator[tuple[bool, Name]]:
    """Names of which a word begins with the folded text, and whether it is their first word.

    Where there is none, those that do with å, ä and ö written aa, ae and oe.
    """
    yield from list(_starting(wanted, fold)) or _starting(wanted, spelled_out)


def _starting(wanted: str, folded: Callable[[str], str]) -> Iterator[tuple[bool, Name]]:
    starts, names = _starts(folded)
    for position in range(bisect_left(starts, (wanted, -1, -1)), len(starts)):
        text, word, number = starts[position]
        if not text.startswith(wanted):
            return
        yield word == 0, names[number]


def postcode_place(code: str) -> Place | None:
    """The place of five digits, at the point of its postal town."""
    found = postcode(code)
    return _postcode_place(found) if found else None


def postcodes_from(digits: str, limit: int) -> list[Place]:
    """The first places whose postcode begins with these digits."""
    codes = postcodes()
    first = bisect_left(codes, digits, key=lambda item: item.code)
    return [_postcode_place(item) for item in codes[first : first + limit] if item.code.startswith(digits)]


def nearest_municipality(lat: float, lon: float) -> Municipality:
    """The municipality of the nearest locality; the outlines are too coarse to decide."""
    tree, codes = _locality_tree()
    return _town(codes[int(tree.query(_on_sphere([lat], [lon]))[1][0])])


def _town(code: str) -> Municipality:
    found = municipality(code)
    if found is None:
        raise KeyError(f"No municipality has the code {code}.")
    return found


def _postcode_place(item: Postcode) -> Place:
    label = f"{item.code[:3]} {item.code[3:]} {item.town}"
    precision: Precision = "postcode" if item.precision == "locality" else "municipality"
    return place_in(_town(item.municipality_code), label, "postcode", item.lat, item.lon, precision)


@lru_cache
def _locality_tree() -> tuple[Any, list[str]]:
    places = localities()
    points = _on_sphere([place.lat for place in places], [place.lon for place in places])
    return cKDTree(points), [place.municipality_code for place in places]


def _on_sphere(lat: Sequence[float], lon: Sequence[float]) -> NDArray[np.float64]:
    y, x = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


@lru_cache
def _names() -> tuple[Name, ...]:
    return (*_place_names(), *_agency_names())


def _place_names() -> Iterator[Name]:
    """Localities, postal towns that are no locality, and municipalities, each also by its label."""
    found: dict[tuple[str, str], tuple[float, float, int]] = {}
    for locality in sorted(localities(), key=lambda item: item.population):
        found[locality.name, locality.municipality_code] = (locality.lat, locality.lon, locality.population)
    # A postal town adds a place only where no town or municipality has its name: some reach into the next one.
    known = {fold(name) for name, _ in found} | {fold(town.name) for town in municipalities()}
    for item in postcodes():
        if fold(item.town) not in known and item.precision == "locality":
            found.setdefault((item.town, item.municipality_code), (item.lat, item.lon, 0))
    lie_in = defaultdict(set)
    for name, code in (*found, *((town.name, town.code) for town in municipalities())):
        lie_in[fold(name)].add(code)
    for (name, code), (lat, lon, people) in found.items():
        town = _town(code)
        both = f"{name} ({town.name})"
        label = name if name == town.name and len(lie_in[fold(name)]) == 1 else both
        place = place_in(town, label, "locality", lat, lon, "locality")
        yield Name(name, place, PLACE, people)
        yield Name(both, place, PLACE, people)
    for town in municipalities():
        place = place_in(town, town.full_name, "municipality", town.lat, town.lon, "municipality")
        # A tenth of its people, so that towns come before municipalities while someone types.
        yield Name(town.full_name, place, PLACE, town.population // 10)
        # A municipality with a town of its own name is found by its full name; the bare name means the town.
        if (town.name, town.code) not in found:
            yield Name(town.name, place, PLACE, town.population)


def _agency_names() -> Iterator[Name]:
    """State bodies by name, label, abbreviation, English and other names; bodies that are no more have none."""
    others = defaultdict(set)
    for alias in aliases():
        others[fold(alias.official_name)].add(alias.alias)
    for agency in state_agencies():
        point = organisation(state_key(agency))
        if point is None or point.lat is None or point.lon is None or point.municipality_code is None:
            continue
        town = _town(point.municipality_code)
        precision: Precision = "postcode" if point.precision == "postcode" else "locality"
        place = place_in(town, f"{agency.name} ({town.name})", "agency", point.lat, point.lon, precision)
        size = agency.employees or 0
        yield Name(agency.name, place, AGENCY, size)
        yield Name(place.label, place, AGENCY, size)
        for other in sorted(others[fold(agency.name)] | {agency.short_name or "", agency.english_name or ""}):
            if other and fold(other) != fold(agency.name):
                yield Name(other, place, ALIAS, size)


@lru_cache
def _named_by(folded: Callable[[str], str]) -> dict[str, list[Name]]:
    index: dict[str, list[Name]] = defaultdict(list)
    for name in _names():
        index[folded(name.text)].append(name)
    return dict(index)


@lru_cache
def _starts(folded: Callable[[str], str]) -> tuple[list[tuple[str, int, int]], tuple[Name, ...]]:
    """From every word of every folded name to its end, in order, with the word's and the name's number."""
    names = _names()
    starts: list[tuple[str, int, int]] = []
    for number, name in enumerate(names):
        words = folded(name.text).split(" ")
        starts.extend((" ".join(words[word:]), word, number) for word in range(len(words)))
    return sorted(starts), names
