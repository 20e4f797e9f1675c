"""Reads the registers beside this file once, as frozen rows; a broken file stops with one sentence."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from data.rows import RegisterError, Row, read, text_of
from data.spelling import address_case

# The register cuts "… och Migrationsdoms" at 48 characters; the court itself is what stands before.
_WITHIN_COURT = re.compile(r" (?:och|O) (?:Migration|Mark|Patent).*")

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class County:
    """A county (län) by its two-digit code, with the point of its county board."""

    code: str
    letter: str
    name: str
    population: int
    lat: float
    lon: float


@dataclass(frozen=True)
class Municipality:
    """A municipality (kommun) by its four-digit code, with its seat town and that town's point."""

    code: str
    name: str
    full_name: str
    county_code: str
    org_nr: str
    population: int
    website: str
    seat: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Weight:
    """What a market is drawn by: how many state bodies have their seat in a municipality, and its people."""

    municipality_code: str
    population: int
    state_bodies: int


@dataclass(frozen=True)
class Locality:
    """A town or village; its name alone is no key, for 41 names lie in two municipalities each."""

    geonameid: str
    name: str
    lat: float
    lon: float
    population: int
    municipality_code: str
    county_code: str


@dataclass(frozen=True)
class Postcode:
    """A postcode at the point of its postal town: every code of a town shares that one point.

    ``precision`` is the register's own word (locality or municipality_seat); ``in_cc0_list`` tells the codes
    of streets from those of boxes and mail customers.
    """

    code: str
    town: str
    municipality_code: str
    county_code: str
    lat: float
    lon: float
    precision: str
    in_cc0_list: bool


@dataclass(frozen=True)
class StateAgency:
    """A state body; ``org_nr`` is an attribute and no key, for 81 courts share one.

    ``name`` is the register's display name; where it names a court and the special courts within it, cut off
    in the middle of a word, ``name`` is the court's alone ("Förvaltningsrätten i Göteborg").
    ``address`` is the visiting address in ordinary case, or None (27 have none); ``postcode`` is None where
    the register says 00000. Point, municipality and county are None for the one body without any place.
    """

    name: str
    org_nr: str
    group: str
    short_name: str | None
    english_name: str | None
    website: str | None
    address: str | None
    postcode: str | None
    town: str | None
    municipality_code: str | None
    county_code: str | None
    lat: float | None
    lon: float | None
    coord_precision: str
    employees: int | None

    @property
    def is_court(self) -> bool:
        """Courts and tribunals, but not the administration that serves them."""
        listed = self.group.startswith("Sveriges domstolar") and self.name != "Domstolsverket"
        return listed or self.name.endswith("domstolen")

    @property
    def is_police(self) -> bool:
        return self.name in ("Polismyndigheten", "Säkerhetspolisen")


@dataclass(frozen=True)
class Alias:
    """Another name of a state body in lower case: a former name, an English one or an abbreviation."""

    alias: str
    official_name: str
    active: bool


@dataclass(frozen=True)
class Outline:
    """A generalised boundary for drawing, not for deciding what lies inside.

    ``polygons`` holds polygons of rings of (longitude, latitude), the first ring of each being its outer one.
    """

    code: str
    name: str
    polygons: tuple[tuple[Ring, ...], ...]


@lru_cache
def counties() -> tuple[County, ...]:
    """The 21 counties, by code."""

    def build(row: Row) -> County:
        return County(
            row.code("county_code", 2),
            row.text("county_letter"),
            row.text("county_name"),
            row.count("population"),
            row.degrees("lat"),
            row.degrees("lon"),
        )

    return read("counties.csv", build, lambda c: c.code)


@lru_cache
def municipalities() -> tuple[Municipality, ...]:
    """The 290 municipalities, by code."""

    def build(row: Row) -> Municipality:
        return Municipality(
            code=row.code("kommun_kod", 4),
            name=row.text("kommun_namn"),
            full_name=row.text("kommun_fullname"),
            county_code=row.code("county_code", 2),
            org_nr=row.text("org_nr"),
            population=row.count("population"),
            website=row.text("website"),
            seat=row.text("seat_name"),
            lat=row.degrees("seat_lat"),
            lon=row.degrees("seat_lon"),
        )

    return read("municipalities.csv", build, lambda m: m.code)


@lru_cache
def weights() -> tuple[Weight, ...]:
    """What markets are drawn by, one per municipality."""

    def build(row: Row) -> Weight:
        return Weight(row.code("kommun_kod", 4), row.count("population"), row.count("n_state_bodies"))

    return read("municipality_weights.csv", build, lambda w: w.municipality_code)


@lru_cache
def localities() -> tuple[Locality, ...]:
    """The 1,277 towns and villages."""

    def build(row: Row) -> Locality:
        return Locality(
            row.text("geonameid"),
            row.text("name_sv"),
            row.degrees("lat"),
            row.degrees("lon"),
            row.count("population"),
            row.code("kommun_kod", 4),
            row.code("county_code", 2),
        )

    return read("localities_se.csv", build, lambda loc: loc.geonameid)


@lru_cache
def postcodes() -> tuple[Postcode, ...]:
    """The 19,114 postcodes, in order."""

    def build(row: Row) -> Postcode:
        return Postcode(
            row.code("postcode", 5),
            row.text("locality"),
            row.code("kommun_kod", 4),
            row.code("county_code", 2),
            row.degrees("lat"),
            row.degrees("lon"),
            row.text("coord_precision"),
            row.text("in_cc0_list") == "1",
        )

    return read("postcodes_se.csv", build, lambda p: p.code)


@lru_cache
def state_agencies() -> tuple[StateAgency, ...]:
    """The 347 state bodies, by name."""
    return read("state_agencies.csv", _state_agency, lambda agency: agency.name)


def _state_agency(row: Row) -> StateAgency:
    located = row.optional("lat") is not None
    postcode, address, town = (
        row.optional("office_postcode"),
        row.optional("office_address"),
        row.optional("office_city"),
    )
    english = row.optional("name_en")
    return StateAgency(
        name=_WITHIN_COURT.sub("", row.text("name_display")),
        org_nr=row.text("org_nr"),
        group=row.text("scb_group"),
        short_name=row.optional("short_name"),
        english_name=None if english == "?" else english,
        website=row.optional("website"),
        address=address and address_case(address),
        postcode=None if postcode == "00000" else postcode,
        town=town and address_case(town),
        municipality_code=row.code("kommun_kod", 4) if located else None,
        county_code=row.code("county_code", 2) if located else None,
        lat=row.degrees("lat") if located else None,
        lon=row.degrees("lon") if located else None,
        coord_precision=row.text("coord_precision"),
        employees=row.optional_count("employees"),
    )


@lru_cache
def aliases() -> tuple[Alias, ...]:
    """The 2,229 other names of state bodies, of today's and of former ones."""

    def build(row: Row) -> Alias:
        return Alias(row.text("alias"), row.text("official_name"), row.text("active") == "1")

    return read("agency_aliases.csv", build)


@lru_cache
def outlines(level: Literal["kommun", "lan"]) -> tuple[Outline, ...]:
    """Outlines of the 290 municipalities (``kommun``) or the 21 counties (``lan``), for drawing."""
    file = f"{level}.geojson"
    text = text_of(file)
    try:
        return tuple(
            Outline(
                feature["properties"][f"{level}_kod"],
                feature["properties"][level],
                tuple(
                    tuple(tuple((float(x), float(y)) for x, y in ring) for ring in polygon)
                    for polygon in feature["geometry"]["coordinates"]
                ),
            )
            for feature in json.loads(text)["features"]
        )
    except (ValueError, KeyError, TypeError):
        raise RegisterError(f"The register {file} is broken: it is not the GeoJSON it should be.") from None


@lru_cache
def _by_code() -> tuple[dict[str, County], dict[str, Municipality], dict[str, Postcode]]:
    return (
        {county.code: county for county in counties()},
        {municipality.code: municipality for municipality in municipalities()},
        {postcode.code: postcode for postcode in postcodes()},
    )


def county(code: str) -> County | None:
    """The county of a two-digit code, or None."""
    return _by_code()[0].get(code)


def municipality(code: str) -> Municipality | None:
    """The municipality of a four-digit code, or None."""
    return _by_code()[1].get(code)


def postcode(code: str) -> Postcode | None:
    """The postcode of five digits (without blank), or None."""
    return _by_code()[2].get(code)
