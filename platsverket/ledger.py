"""The seat-day ledger: what is agreed and held of each offer on each day, and the only code that moves it.

``platsverket.models.SeatDay`` holds one row per offer and day, created when first needed; the database's own CHECK
refuses more than fits. Units are seats for a shared offer and 1 for an exclusive one, whose capacity is 1.
Every function runs inside the caller's writing transaction and, on PostgreSQL, under a lock on the offer's row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exc, select, update
from sqlalchemy.orm import Session

from platsverket.access import ANONYMOUS
from platsverket.database import insert, now
from platsverket.errors import Refused
from platsverket.events import record
from platsverket.models import Agreement, Freed, Offer, Proposal, SeatDay, used_days


@dataclass(frozen=True)
class Commitment:
    """What an offer has promised: an agreement, or a proposal whose seats are held."""

    kind: str  # "agreement" or "proposal"
    ref: str
    number: str | None
    agency: str
    title: str
    start: date
    until: date
    weekdays: tuple[str, ...]
    seats: int

    def days(self) -> list[date]:
        return used_days(self.start, self.until, self.weekdays)


def lock_offers(session: Session, offer_ids: Iterable[int]) -> None:
    """Hold the rows of these offers, always in the same order, so that two writers never wait for each other."""
    ordered = sorted(set(offer_ids))
    if ordered:
        session.execute(select(Offer.id).where(Offer.id.in_(ordered)).order_by(Offer.id).with_for_update())


def hold_all(session: Session, proposals: Sequence[Proposal]) -> list[Proposal]:
    """Take the seats of new proposals, in their order; returns those for which others have left no room.

    The caller has locked the offers' rows, so what is read here still holds when it is written; many are written
    at once, for whoever else wants to write waits meanwhile. The ones without room are not to be stored.
    """
    free = _free(session, {p.offer_id for p in proposals})
    held: Counter[tuple[int, date]] = Counter()
    capacity: dict[int, int] = {}
    refused = []
    for proposal in proposals:
        offer, days = proposal.offer, _days(proposal)
        units = _units(offer, proposal.seats)
        capacity[offer.id] = _capacity(offer)
        if any(units > free.get((offer.id, day), capacity[offer.id]) - held[offer.id, day] for day in days):
            refused.append(proposal)
            continue
        proposal.holds_seats = True
        held.update(dict.fromkeys(((offer.id, day) for day in days), units))
    if held:
        rows = [
            {"offer_id": offer_id, "day": day, "capacity": capacity[offer_id], "agreed": 0, "held": units}
            for (offer_id, day), units in sorted(held.items())
        ]
        fresh = insert(session, SeatDay)
        more = {"held": SeatDay.held + fresh.excluded.held}
        session.execute(fresh.on_conflict_do_update(index_elements=["offer_id", "day"], set_=more), rows)
    return refused


def _free(session: Session, offer_ids: set[int]) -> dict[tuple[int, date], int]:
    """Units left on the days that have a row; on the others all of the offer's capacity is."""
    left = SeatDay.capacity - SeatDay.agreed - SeatDay.held
    query = select(SeatDay.offer_id, SeatDay.day, left).where(SeatDay.offer_id.in_(sorted(offer_ids)))
    return {(offer_id, day): units for offer_id, day, units in session.execute(query)}


def agree(session: Session, proposal: Proposal) -> None:
    """Turn held seats into agreed ones; where they are no longer held, take them anew or raise Refused("no_room")."""
    units = _units(proposal.offer, proposal.seats)
    held = -units if proposal.holds_seats else 0
    _shift(session, proposal.offer, _days(proposal), agreed=units, held=held)
    proposal.holds_seats = False


def let_go(session: Session, proposal: Proposal, cause: str) -> None:
    """Give back what an open proposal held, for one of ``models.deals.FREED_BY``."""
    if proposal.holds_seats:
        freed(session, proposal.offer_id, cause)
        _shift(session, proposal.offer, _days(proposal), held=-_units(proposal.offer, proposal.seats))
        proposal.holds_seats = False


def end(session: Session, agreement: Agreement, last_day: date) -> None:
    """Give back an agreement's days after ``last_day``."""
    proposal = agreement.proposal
    days = [d for d in _days(proposal) if last_day < d <= agreement.last_day]
    _shift(session, proposal.offer, days, agreed=-_units(proposal.offer, proposal.seats))
    if days:
        freed(session, proposal.offer_id, "ended")


def freed(session: Session, offer_id: int, cause: str) -> None:
    """Note that an offer has more room than before, so that the round in force is filled up."""
    session.add(Freed(at=now(), offer_id=offer_id, cause=cause))


def take_up(session: Session, at: datetime, run_id: int | None = None) -> Counter[str]:
    """All that came free is in a market now, a refill's where ``run_id`` names it; returns how often by which cause."""
    waiting = session.scalars(select(Freed).where(Freed.taken_up_at.is_(None)).with_for_update()).all()
    for one in waiting:
        one.taken_up_at, one.run_id = at, run_id
    return Counter(one.cause for one in waiting)


def release_expired(session: Session, at: datetime) -> int:
    """Give back the seats of every proposal whose time to answer is out; returns how many there were."""
    late = session.scalars(
        select(Proposal).where(Proposal.holds_seats, Proposal.answer_by <= at).order_by(Proposal.offer_id)
    ).all()
    lock_offers(session, [p.offer_id for p in late])
    expired = 0
    for proposal in late:
        session.refresh(proposal, with_for_update={"of": Proposal})
        if not proposal.holds_seats:
            continue
        let_go(session, proposal, "expired")
        proposal.expired_at = at
        record(session, ANONYMOUS, "proposal.expired", "proposal", proposal.ref)
        expired += 1
    session.flush()
    return expired


def commitments(session: Session, offer_id: int, today: date) -> list[Commitment]:
    """What an offer still owes from ``today`` on, earliest first."""
    agreed = session.scalars(
        select(Agreement)
        .join(Agreement.proposal)
        .where(Proposal.offer_id == offer_id, Agreement.last_day >= today, Agreement.last_day >= Proposal.start)
    ).unique()
    held = session.scalars(select(Proposal).where(Proposal.offer_id == offer_id, Proposal.holds_seats)).unique()
    found = [commitment(one) for one in [*(a.proposal for a in agreed), *held]]
    return sorted(found, key=lambda c: (c.start, c.ref))


def commitment(p: Proposal) -> Commitment:
    """What a proposal promises: its agreement where there is one, else the seats that are held."""
    guest = (p.need.agency.name, p.need.title, p.start)
    if made := p.agreement:
        return Commitment("agreement", made.ref, made.number, *guest, made.last_day, p.weekdays, p.seats)
    return Commitment("proposal", p.ref, None, *guest, p.until, p.weekdays, p.seats)


def unfit(
    owed: Sequence[Commitment],
    *,
    seats: int,
    exclusive: bool,
    weekdays: Sequence[str],
    spans: Sequence[tuple[date, date]],
    today: date,
) -> list[Commitment]:
    """Which commitments would not fit an offer of these terms: what would have to be given up first.

    A commitment on a day that would be overfull is named with all that share the day.
    """
    load: Counter[date] = Counter()
    for one in owed:
        for day in one.days():
            load[day] += 1 if exclusive else one.seats
    over = {day for day, units in load.items() if day >= today and units > (1 if exclusive else seats)}
    return [
        one
        for one in owed
        if not set(one.weekdays) <= set(weekdays)
        or not any(first <= one.start and one.until <= last for first, last in spans)
        or not over.isdisjoint(one.days())
    ]


def recount(session: Session, offer: Offer, owed: Sequence[Commitment], today: date) -> None:
    """Make the rows from ``today`` on anew after an offer's seats or sharing changed."""
    session.flush()
    future = (SeatDay.offer_id == offer.id, SeatDay.day >= today)
    session.execute(update(SeatDay).where(*future).values(agreed=0, held=0))
    session.execute(update(SeatDay).where(*future).values(capacity=_capacity(offer)))
    for one in owed:
        units = _units(offer, one.seats)
        days = [d for d in one.days() if d >= today]
        _shift(session, offer, days, **{"agreed" if one.kind == "agreement" else "held": units})


def _days(proposal: Proposal) -> list[date]:
    return used_days(proposal.start, proposal.until, proposal.weekdays)


def _capacity(offer: Offer) -> int:
    return 1 if offer.sharing == "exclusive" else offer.seats


def _units(offer: Offer, seats: int) -> int:
    return 1 if offer.sharing == "exclusive" else seats


def _shift(session: Session, offer: Offer, days: list[date], *, agreed: int = 0, held: int = 0) -> None:
    if not days:
        return
    fresh = [{"offer_id": offer.id, "day": day, "capacity": _capacity(offer), "agreed": 0, "held": 0} for day in days]
    session.execute(insert(session, SeatDay).on_conflict_do_nothing(), fresh)
    # The savepoint lets a publication set one placement aside and go on with the others.
    try:
        with session.begin_nested():
            session.execute(
                update(SeatDay)
                .where(SeatDay.offer_id == offer.id, SeatDay.day.in_(days))
                .values(agreed=SeatDay.agreed + agreed, held=SeatDay.held + held)
                .execution_options(synchronize_session=False)
            )
    except exc.IntegrityError as error:
        raise Refused("no_room", offer=offer.ref) from error
