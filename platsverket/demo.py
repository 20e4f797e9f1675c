"""The demo: a drawn market becomes offers and requests, four people may sign in, and a first round is matched."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.drawn import DrawnMarket, DrawnNeed, DrawnOffer
from data.spelling import slug
from platsverket import accounts, rounds
from platsverket.access import ANONYMOUS, Identity
from platsverket.agencies import store_register
from platsverket.config import Config
from platsverket.database import STOCKHOLM, now, this_day, writing
from platsverket.events import record
from platsverket.models import (
    CASE_OFFICER,
    COORDINATOR,
    PROJECT_LEAD,
    REF_ALPHABET,
    REF_LENGTH,
    Agency,
    MatchRound,
    Need,
    Offer,
    OfferAdmission,
    OfferSpan,
    Run,
    User,
)

PASSWORD = "platsverket-demo"
COORDINATING = "Statskontoret"
HOSTING = ("Lokalansvarig", "Fastighetsenheten", "Servicechef", "Intern service")
ASKING = ("Projektkontoret", "Uppdragsledare", "Verksamhetsstöd", "Enhetschef")


@dataclass(frozen=True)
class DemoUser:
    email: str
    name: str
    role: str | None  # None: administrator


OFFICER = DemoUser("handlaggare@demo.example", "Hanna Handläggare", CASE_OFFICER)
LEAD = DemoUser("projektledare@demo.example", "Pelle Projektledare", PROJECT_LEAD)
STEERER = DemoUser("samordnare@demo.example", "Samira Samordnare", COORDINATOR)
ADMINISTRATOR = DemoUser("admin@demo.example", "Ada Administratör", None)
USERS = (OFFICER, LEAD, STEERER, ADMINISTRATOR)


def filled(session: Session) -> bool:
    """Whether there is anything in the database that a demo market must not mix with."""
    return bool(session.scalar(select(func.count(Offer.id)))) or bool(session.scalar(select(func.count(User.id))))


@writing
def fill(session: Session, config: Config, market: DrawnMarket, seed: int) -> None:
    """Store a drawn market and the demo's people, all or nothing.

    The refs are drawn too: the same seed gives the same market to the engine, and so the same outcome.
    """
    store_register(session)
    agencies = {a.key: a for a in session.scalars(select(Agency))}
    refs = _refs(random.Random(seed))
    people = _people(session, agencies, market)
    lead = people[LEAD.email]
    for offer in market.offers:
        session.add(_offer(config, offer, agencies, next(refs)))
    for need in market.needs:
        session.add(_need(need, agencies, next(refs), lead.id))
    record(
        session, ANONYMOUS, "demo.filled", "demo", "demo", offers=len(market.offers), needs=len(market.needs), seed=seed
    )


def _refs(rng: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        ref = "".join(rng.choice(REF_ALPHABET) for _ in range(REF_LENGTH))
        if ref not in seen:
            seen.add(ref)
            yield ref


def _people(session: Session, agencies: dict[str, Agency], market: DrawnMarket) -> dict[str, User]:
    """The officer works where most is offered, the lead where most is asked for, so that they meet in a round."""
    most_offers = Counter(o.organisation for o in market.offers).most_common(1)[0][0]
    most_needs = Counter(n.organisation for n in market.needs if n.organisation != most_offers).most_common(1)[0][0]
    steering = next((a for a in agencies.values() if a.name == COORDINATING), agencies[most_needs])
    home = {CASE_OFFICER: agencies[most_offers], PROJECT_LEAD: agencies[most_needs], COORDINATOR: steering}
    found = {}
    for person in USERS:
        values = {
            "email": person.email,
            "name": person.name,
            "language": "sv",
            "is_administrator": person.role is None,
            "roles": [f"{home[person.role].ref}:{person.role}"] if person.role else [],
        }
        found[person.email], _ = accounts.add(session, ANONYMOUS, values, PASSWORD)
    return found


def _offer(config: Config, o: DrawnOffer, agencies: dict[str, Agency], ref: str) -> Offer:
    posted = now()
    offer = Offer(
        ref=ref,
        agency=agencies[o.organisation],
        title=o.title,
        place=f"{o.postcode[:3]} {o.postcode[3:]} {o.locality}",
        municipality_code=o.municipality_code,
        lat=o.lat,
        lon=o.lon,
        precision="postcode",
        seats=o.seats,
        area_m2=o.area_m2,
        weekdays=o.weekdays,
        features={code: state for code, state in o.features.items() if state != "unknown"},
        sharing=o.sharing,
        minimum_days=o.minimum_days,
        posted_at=posted,
        changed_at=posted,
        valid_until=posted.date() + timedelta(days=config.offers.valid_days),
        **_contact(HOSTING, "lokaler", agencies[o.organisation], ref),
        spans=[OfferSpan(first_day=first, last_day=last) for first, last in o.spans],
    )
    for keys, admitted in ((o.only_agencies or (), True), (o.not_agencies, False)):
        offer.admissions += [OfferAdmission(agency=agencies[key], admitted=admitted) for key in keys]
    return offer


def _need(n: DrawnNeed, agencies: dict[str, Agency], ref: str, lead_id: int) -> Need:
    posted = datetime.combine(n.waiting_since, time(9), STOCKHOLM)
    return Need(
        ref=ref,
        agency=agencies[n.organisation],
        posted_by_id=lead_id,
        title=n.title,
        place=f"{n.postcode[:3]} {n.postcode[3:]} {n.locality}",
        municipality_code=n.municipality_code,
        lat=n.lat,
        lon=n.lon,
        precision="postcode",
        max_km=n.max_km,
        seats=n.seats,
        area_m2=n.area_m2,
        earliest_start=n.earliest_start,
        latest_start=n.latest_start,
        days=n.days,
        weekdays=n.weekdays,
        must=list(n.must),
        wish=list(n.wish),
        priority=n.priority,
        waiting_since=n.waiting_since,
        posted_at=posted,
        changed_at=posted,
        **_contact(ASKING, "projekt", agencies[n.organisation], ref),
    )


def _contact(functions: tuple[str, ...], mailbox: str, agency: Agency, ref: str) -> dict[str, str]:
    """Invented: a function of the organisation and a mailbox at a name that nobody can have."""
    function = functions[REF_ALPHABET.index(ref[0]) % len(functions)]
    return {"contact_name": function, "contact_email": f"{mailbox}@{slug(agency.name)[:60].strip('-')}.example"}


def first_round(session: Session, config: Config) -> Run | None:
    """The demo's first round, opened, frozen and with a run waiting; None where that has been done before."""
    match_round = session.scalar(select(MatchRound).order_by(MatchRound.id).limit(1))
    if match_round is not None and match_round.runs:
        latest = match_round.runs[-1]
        if latest.ended_at is None:
            return latest
        if latest.failure is None:
            return None
    by = steerer(session)
    today = this_day()
    if match_round is None:
        dates = {
            "opens_on": today,
            "freezes_on": today,
            "publishes_on": today + timedelta(days=7),
            "answer_by": today + timedelta(days=7 + config.rounds.answer_days),
        }
        match_round = rounds.open_round(session, by, config, {"name": "Första omgången", **dates})
    if match_round.frozen_at is None:
        rounds.freeze(session, by, config, match_round.ref)
    return rounds.request_run(session, by, config, match_round.ref, {"effort": None, "seed": None})


def first_outcome(session: Session) -> Run | None:
    """The latest finished run of the demo's first round, whatever rounds came after it."""
    first = select(func.min(MatchRound.id)).scalar_subquery()
    done = select(Run).where(Run.round_id == first, Run.ended_at.is_not(None), Run.failure.is_(None), ~Run.is_refill)
    return session.scalar(done.order_by(Run.number.desc()).limit(1))


def steerer(session: Session) -> Identity:
    return accounts.identity(session.scalar(select(User).where(User.email == STEERER.email)))
