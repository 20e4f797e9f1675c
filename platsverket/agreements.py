"""From an agreement to the day a guest moves in: what the host records, who has signed, which steps are done."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from platsverket import law, proposals
from platsverket.access import Identity, find
from platsverket.database import now, this_day, writing
from platsverket.errors import Refused
from platsverket.events import record
from platsverket.models import STEPS, Agreement, MoveInStep, used_days


def facts(agreement: Agreement) -> law.Facts:
    """What the rules of law look at, as things stand."""
    terms = agreement.proposal
    return law.Facts(
        terms.offer.agency.kind, terms.need.agency.kind, terms.offer.holding, agreement.consent_on is not None,
        terms.start, agreement.last_day,
    )  # fmt: skip


def days(agreement: Agreement) -> int:
    terms = agreement.proposal
    return len(used_days(terms.start, agreement.last_day, terms.weekdays))


def cost(agreement: Agreement) -> int | None:
    """What the whole stay costs the host, in kronor; None where no cost is given."""
    each = agreement.proposal.offer.cost_per_seat_day
    return None if each is None else each * agreement.proposal.seats * days(agreement)


@writing
def prepare(session: Session, by: Identity, ref: str, values: dict[str, Any]) -> Agreement:
    """The host records the landlord's consent and who coordinates the work environment, until both have signed."""
    agreement = _held(session, by, ref, "agreement.prepare")
    if agreement.poster_signed_at and agreement.lead_signed_at:
        raise Refused("already_signed")
    for name in ("consent_from", "consent_on", "environment_coordinator"):
        setattr(agreement, name, values[name])
    consent = {"consent_from": values["consent_from"], "consent_on": str(values["consent_on"] or "")}
    record(session, by, "agreement.prepared", "agreement", ref, **consent)
    return agreement


@writing
def sign(session: Session, by: Identity, ref: str, side: str | None) -> Agreement:
    """Note that one's side has signed; twice is once.

    Raises Refused("cannot_be_signed") naming the rules of law that are not kept.
    """
    agreement = _held(session, by, ref)
    side = proposals.side_of(by, agreement.proposal, side)
    if getattr(agreement, f"{side}_signed_at"):
        return agreement
    if stopped := law.stops(facts(agreement)):
        raise Refused("cannot_be_signed", rules=[rule.code for rule in stopped])
    setattr(agreement, f"{side}_signed_at", now())
    setattr(agreement, f"{side}_signed_by", by.name)
    record(session, by, "agreement.signed", "agreement", ref, side=side, number=agreement.number)
    return agreement


@writing
def set_step(session: Session, by: Identity, ref: str, values: dict[str, Any]) -> MoveInStep:
    """Plan a step to move-in for a day, or note that it is done or not; either side may."""
    agreement = _held(session, by, ref)
    step = next((one for one in agreement.steps if one.code == values["step"]), None)
    if step is None:
        step = MoveInStep(code=values["step"])
        agreement.steps.append(step)
    step.day = values["day"]
    if values["done"] != bool(step.done_at):
        step.done_at, step.done_by = (now(), by.name) if values["done"] else (None, "")
    record(
        session, by, "agreement.step", "agreement", ref,
        step=values["step"], day=values["day"].isoformat() if values["day"] else None, done=values["done"],
    )  # fmt: skip
    return step


def steps(agreement: Agreement) -> list[MoveInStep]:
    """All steps in their order, those that nobody has touched too."""
    known = {step.code: step for step in agreement.steps}
    return [known.get(code) or MoveInStep(code=code, done_by="") for code in STEPS]


def _held(session: Session, by: Identity, ref: str, action: str = "agreement.sign") -> Agreement:
    agreement = find(session, by, action, Agreement, ref, seen="agreement.read", lock=True)
    if agreement.status(this_day()) not in ("coming", "running"):
        raise Refused("agreement_over")
    return agreement
