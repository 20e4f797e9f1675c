"""Organisations come from the registers; here they are found, and stored once."""

import re
from collections.abc import Iterable

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

import data
from data.spelling import fold, spelled_out
from platsverket.errors import Fault, Refused, invalid
from platsverket.models import Agency


def store_register(session: Session) -> int:
    """Add the registers' organisations that are not stored yet; returns how many. Runs in the caller's transaction."""
    known = set(session.scalars(select(Agency.key)))
    fresh = [one for one in data.organisations() if one.key not in known]
    session.add_all(
        Agency(
            key=one.key,
            kind=one.kind,
            name=one.name,
            org_nr=one.org_nr,
            municipality_code=one.municipality_code,
            county_code=one.county_code,
            lat=one.lat,
            lon=one.lon,
        )
        for one in fresh
    )
    session.flush()
    return len(fresh)


def by_refs(session: Session, refs: Iterable[str], field: str) -> list[Agency]:
    """The organisations with these refs, in their order; raises a fault at ``field`` for one that does not exist."""
    wanted = list(refs)
    found = {a.ref: a for a in session.scalars(select(Agency).where(Agency.ref.in_(wanted)))}
    if len(found) < len(set(wanted)):
        raise invalid(**{field: Fault("choice")})
    return [found[ref] for ref in wanted]


def search(session: Session, text: str, limit: int = 20, offset: int = 0) -> tuple[list[Agency], int]:
    """Organisations whose name contains ``text``, by name, and how many there are in all."""
    query = select(Agency)
    if text:
        name, wanted = func.lower(Agency.name), text.lower()
        spellings = {wanted, _of_county(wanted)}
        query = query.where(or_(*(name.contains(spelling, autoescape=True) for spelling in sorted(spellings))))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return list(session.scalars(query.order_by(Agency.name, Agency.id).limit(limit).offset(offset))), total


# Where the name that a region goes by is not made of its county's.
OWN_NAMES = {
    "region sormland": "regionen i södermanlands län",
    "region jamtland harjedalen": "regionen i jämtlands län",
    "vastra gotalandsregionen": "regionen i västra götalands län",
    "region gotland": "gotlands kommun",
}


def _of_county(name: str) -> str:
    """What calls itself "Region Skåne" is stored by its county: "Regionen i Skåne län"."""
    return OWN_NAMES.get(fold(name)) or re.sub(r"^region (.+?)( län| lan)?$", r"regionen i \1", name)


def own(session: Session, ids: Iterable[int]) -> list[Agency]:
    """The organisations in which a person has a role, by name."""
    return list(session.scalars(select(Agency).where(Agency.id.in_(ids)).order_by(Agency.name)))


MOST_SUGGESTED, MOST_NAMED = 5, 100


def by_names(session: Session, names: Iterable[str], field: str) -> list[Agency]:
    """The organisations that people mean by these names: a whole name in any spelling, or a part that only one has.

    Raises Refused("invalid") with a fault at ``field`` for each name that fits none or several, or for too many.
    """
    names = list(names)
    if len(names) > MOST_NAMED:
        raise invalid(**{field: Fault("too_many", most=MOST_NAMED)})
    known = [(fold(agency.name), agency) for agency in session.scalars(select(Agency).order_by(Agency.name))]
    found: dict[int, Agency] = {}
    faults = []
    for name in names:
        fits = _called(known, fold(name))
        if len(fits) == 1:
            found[fits[0].id] = fits[0]
        elif fits:
            choices = [a.name for a in fits[:MOST_SUGGESTED]] + ["…"] * (len(fits) > MOST_SUGGESTED)
            faults.append(Fault("agency_ambiguous", name=name, choices=choices))
        else:
            faults.append(Fault("agency_unknown", name=name))
    if faults:
        raise Refused("invalid", fields={field: faults})
    return list(found.values())


def _called(known: list[tuple[str, Agency]], wanted: str) -> list[Agency]:
    """Those of this folded name, else those with it as a part, else those spelled with aa, ae and oe, or by county."""
    if whole := [agency for folded, agency in known if folded == wanted]:
        return whole
    if not wanted:
        return []
    if part := [agency for folded, agency in known if wanted in folded]:
        return part
    return [a for folded, a in known if fold(_of_county(wanted)) in folded or wanted in spelled_out(a.name)]
