"""A race for the last seats: processes accept competing proposals as fast as they can, and the outcome is counted.

``run(url, protected=False)`` is the control: the same accepts with SQLAlchemy's default transactions and a ledger
that reads, compares and writes. It must overbook, or the race proves nothing.
"""

from __future__ import annotations

import multiprocessing as mp
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import create_engine, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from platsverket import ledger, proposals
from platsverket.access import Identity
from platsverket.database import connect, now, writing
from platsverket.errors import Refused
from platsverket.models import (
    CASE_OFFICER,
    PROJECT_LEAD,
    WEEKDAYS,
    Agreement,
    MatchRound,
    Need,
    Offer,
    Proposal,
    Run,
    SeatDay,
    used_days,
)

PROCESSES = 8
OFFERS, SEATS = 5, 12
DAYS, LONGEST = 60, 14
FIRST = date(2027, 3, 1)
ACCEPT = {"answer": "accepted", "reason": None, "side": None}


@dataclass(frozen=True)
class Count:
    """What a race left behind."""

    accepted: int
    agreements: int
    days_over: int
    wrongly_refused: int
    errors: tuple[str, ...]


def run(url: str, host_id: int, guest_id: int, *, accepts: int, protected: bool) -> Count:
    """Race through so many accepts (two for each proposal stored by ``prepare``) and count the outcome."""
    engine = connect(url)
    with sessionmaker(engine)() as session:
        refs = list(session.scalars(select(Proposal.ref).order_by(Proposal.id)))
    tasks = [(ref, side) for ref in refs for side in (CASE_OFFICER, PROJECT_LEAD)][:accepts]
    random.Random(1).shuffle(tasks)
    context = mp.get_context("spawn")
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    agency_of = {CASE_OFFICER: host_id, PROJECT_LEAD: guest_id}
    runners = [
        context.Process(target=_runner, args=(url, tasks[i::PROCESSES], agency_of, protected, barrier, results))
        for i in range(PROCESSES)
    ]
    for runner in runners:
        runner.start()
    found = [results.get(timeout=600) for _ in runners]
    for runner in runners:
        runner.join()
    with sessionmaker(engine)() as session:
        count = _count(session, sum(done for done, _ in found), tuple(e for _, errors in found for e in errors))
    engine.dispose()
    return count


def prepare(session: Session, match_round: MatchRound, run: Run, pairs: int) -> None:
    """Competing proposals on a few offers, whose seats nobody holds yet: about three times what fits."""
    rng = random.Random(2)
    at = now()

    @writing
    def store(session: Session) -> None:
        template = session.scalars(select(Offer)).first()
        asked = session.scalars(select(Need)).first()
        assert template and asked
        offers = [copied(template, Offer, seats=SEATS) for _ in range(OFFERS)]
        session.add_all(offers)
        session.flush()
        days = [FIRST + timedelta(days=i) for i in range(DAYS + LONGEST)]
        session.add_all(
            SeatDay(offer_id=o.id, day=day, capacity=SEATS, agreed=0, held=0) for o in offers for day in days
        )
        for _ in range(pairs):
            need = copied(asked, Need, seats=rng.randint(1, 4))
            start = FIRST + timedelta(days=rng.randrange(DAYS))
            session.add(
                Proposal(
                    round_id=match_round.id, run_id=run.id, need=need, offer=rng.choice(offers), start=start,
                    until=start + timedelta(days=rng.randrange(LONGEST)), weekdays=WEEKDAYS,
                    seats=need.seats, km=1.0, fit=500, published_at=at, answer_by=at + timedelta(days=1),
                )
            )  # fmt: skip

    store(session)


def copied(thing: Any, model: Any, **changes: Any) -> Any:
    left_out = ("id", "ref")
    values = {c.key: getattr(thing, c.key) for c in model.__table__.columns if c.key not in left_out}
    return model(**{**values, **changes})


def _runner(
    url: str, tasks: list[tuple[str, str]], agency_of: dict[str, int], protected: bool, barrier: Any, out: Any
) -> None:
    engine = connect(url, 30) if protected else create_engine(url)
    if not protected:
        _take_protection_off()
    make = sessionmaker(engine, expire_on_commit=False)
    done, errors = 0, []
    barrier.wait()
    for ref, role in tasks:
        by = Identity(1, "Race", frozenset({(agency_of[role], role)}))
        try:
            with make() as session:
                proposals.answer(session, by, ref, dict(ACCEPT))
            done += 1
        except Refused as refused:
            if refused.code not in ("no_room", "busy"):
                errors.append(refused.code)
        except OperationalError as error:
            if protected:
                errors.append(str(error.orig))
    engine.dispose()
    out.put((done, errors))


def _take_protection_off() -> None:
    """A ledger as one writes it first: read what is taken, compare, and write the sum; and no locks."""

    def shift(session: Session, offer: Offer, days: list[date], *, agreed: int = 0, held: int = 0) -> None:
        with session.no_autoflush:
            wanted = select(SeatDay.day, SeatDay.agreed).where(SeatDay.offer_id == offer.id, SeatDay.day.in_(days))
            taken = dict(session.execute(wanted).tuples().all())
        if any(units + agreed > SEATS for units in taken.values()):
            raise Refused("no_room")
        for day, units in sorted(taken.items()):
            changed = update(SeatDay).where(SeatDay.offer_id == offer.id, SeatDay.day == day)
            session.execute(changed.values(agreed=units + agreed))

    def no_lock(session: Session, offer_ids: Any) -> None:
        pass

    ledger._shift, ledger.lock_offers = shift, no_lock


def _count(session: Session, accepted: int, errors: tuple[str, ...]) -> Count:
    """Seat-days over, counted from the agreements themselves, and refusals for which there was room after all."""
    load: Counter[tuple[int, date]] = Counter()
    agreed = list(session.scalars(select(Agreement)).unique())
    for agreement in agreed:
        p = agreement.proposal
        for day in used_days(p.start, p.until, p.weekdays):
            load[p.offer_id, day] += p.seats
    over = sum(units > SEATS for units in load.values())
    wrongly = 0
    for p in session.scalars(select(Proposal)).unique():
        answered_once = (p.poster_answer is None) != (p.lead_answer is None)
        fits = all(load[p.offer_id, day] + p.seats <= SEATS for day in used_days(p.start, p.until, p.weekdays))
        wrongly += answered_once and fits
    return Count(accepted, len(agreed), over, wrongly, errors)
