"""The organisations that may share premises, each with a stable key of our own."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from data.registers import Municipality, StateAgency, counties, municipalities, state_agencies
from data.spelling import slug

Kind = Literal["state", "region", "municipality"]
Precision = Literal["postcode", "locality", "municipality", "none"]

GOTLAND = "09"

# The register's words for how a point was found, in ours. No agency's point is better than its postal town.
_PRECISION: dict[str, Precision] = {
    "postcode_locality": "postcode",
    "postal_postcode": "postcode",
    "city_name": "locality",
    "none": "none",
}


@dataclass(frozen=True)
class Organisation:
    """One organisation: ``key`` names it, ``org_nr`` is an attribute (81 courts share one) or None.

    ``address`` is a visiting address to read; ``lat`` and ``lon`` are only as good as ``precision``.
    """

    key: str
    kind: Kind
    name: str
    org_nr: str | None
    municipality_code: str | None
    county_code: str | None
    lat: float | None
    lon: float | None
    address: str | None
    precision: Precision


@lru_cache
def organisations() -> tuple[Organisation, ...]:
    """State bodies, regions and municipalities: 347, 20 and 290.

    The registers hold no regions: neither their names (Södermanland's calls itself Region Sörmland, so a
    name made of the county's would be false) nor their numbers nor where they sit. But each county except
    Gotland has exactly one, so 20 entries describe it ("Regionen i Uppsala län") with no number and no place,
    to be completed by an administrator. On Gotland the municipality is the region: municipality:0980.
    """
    return (
        *(_state(agency) for agency in state_agencies()),
        *(
            Organisation(
                f"region:{county.code}",
                "region",
                f"Regionen i {county.name}",
                None,
                None,
                county.code,
                None,
                None,
                None,
                "none",
            )
            for county in counties()
            if county.code != GOTLAND
        ),
        *(_municipality(municipality) for municipality in municipalities()),
    )


@lru_cache
def _by_key() -> dict[str, Organisation]:
    return {organisation.key: organisation for organisation in organisations()}


def organisation(key: str) -> Organisation | None:
    """The organisation of a key such as ``state:skatteverket`` or ``municipality:0180``, or None."""
    return _by_key().get(key)


def state_key(agency: StateAgency) -> str:
    """The key of a state body."""
    return f"state:{slug(agency.name)}"


def _state(agency: StateAgency) -> Organisation:
    return Organisation(
        key=state_key(agency),
        kind="state",
        name=agency.name,
        org_nr=agency.org_nr,
        municipality_code=agency.municipality_code,
        county_code=agency.county_code,
        lat=agency.lat,
        lon=agency.lon,
        address=_address(agency),
        precision=_PRECISION[agency.coord_precision],
    )


def _address(agency: StateAgency) -> str | None:
    if not agency.address:
        return None
    code = f"{agency.postcode[:3]} {agency.postcode[3:]}" if agency.postcode else ""
    town = " ".join(part for part in (code, agency.town) if part)
    return f"{agency.address}, {town}" if town else agency.address


def _municipality(place: Municipality) -> Organisation:
    return Organisation(
        key=f"municipality:{place.code}",
        kind="municipality",
        name=place.full_name,
        org_nr=place.org_nr,
        municipality_code=place.code,
        county_code=place.county_code,
        lat=place.lat,
        lon=place.lon,
        address=None,
        precision="municipality",
    )
