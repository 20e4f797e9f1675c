"""A change that would help a request is put to its project leads; a yes changes the request, a no is kept."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket import needs, outbox, runs
from platsverket.access import Identity, demand, find, rows
from platsverket.config import Config
from platsverket.database import now, writing
from platsverket.errors import Refused
from platsverket.events import record
from platsverket.models import PROJECT_LEAD, Need, Offer, Question, Run, User

# How these are changed tells how far away or how large the premises are, which only open ones tell everybody.
MEASURES = ("max_km", "seats")
DAYS = ("earliest_start", "latest_start")


def askable(offer: Offer, change: str) -> bool:
    """Whether the question tells the project lead nothing about the premises that is hidden from them."""
    return offer.visibility == "open" or (offer.visibility == "restricted" and change not in MEASURES)


@writing
def ask(session: Session, by: Identity, ref: str, run_ref: str, values: dict[str, Any]) -> Question:
    """Ask whether a request may be changed as a run found would help: ``values`` name need, change and offer.

    Asked twice in a round it is one question. Raises Refused("not_found") for what the run did not find,
    ("round_cancelled"), and ("question_tells") where the question alone would tell what is hidden of the premises.
    """
    run = runs.done_run(session, by, ref, run_ref)
    if run.match_round.cancelled_at:
        raise Refused("round_cancelled")
    need = find(session, by, "need.read", Need, values["need"], lock=True)
    offer = find(session, by, "offer.read", Offer, values["offer"])
    change = _found(session, run, values)
    if not askable(offer, change["change"]):
        raise Refused("question_tells")
    if same := asked(session, by, run).get(key(need.ref, change["change"], change["to"])):
        return same
    question = Question(
        need=need, need_id=need.id, round_id=run.round_id, run_id=run.id, offer_id=offer.id, change=change["change"],
        before=change["from"], after=change["to"], start=date.fromisoformat(change["start"]),
        asked_at=now(), asked_by_id=by.user_id,
    )  # fmt: skip
    session.add(question)
    session.flush()
    record(session, by, "question.asked", "need", need.ref, agency_id=need.agency_id, question=question.ref)
    for lead in outbox.staff(session, need.agency_id, PROJECT_LEAD):
        outbox.tell(session, lead, "question.asked", f"question:{question.ref}", need=need.ref, title=need.title)
    return question


def _found(session: Session, run: Run, values: dict[str, Any]) -> dict[str, Any]:
    """The change of this name, in these premises, that the run verified."""
    for one in runs.plan_of(session, run)["unplaced"]:
        if one["need"] == values["need"]:
            for change in one["would_help"]:
                if (change["change"], change["offer"]) == (values["change"], values["offer"]):
                    found: dict[str, Any] = change
                    return found
    raise Refused("not_found")


def key(need_ref: str, change: str, after: Any) -> tuple[str, str, str]:
    """What makes two questions the same, whichever run they came of."""
    return need_ref, change, json.dumps(after)


def asked(session: Session, by: Identity, run: Run) -> dict[tuple[str, str, str], Question]:
    """The questions of a run's round that this coordinator may know of, by their key."""
    demand(by, "round.steer")
    query = select(Question).join(Question.offer).where(Question.round_id == run.round_id, rows(by, "offer.read"))
    return {key(q.need.ref, q.change, q.after): q for q in session.scalars(query.order_by(Question.id)).unique()}


def on(session: Session, by: Identity, need: Need) -> list[Question]:
    """The questions on a request, newest first, for those who may change it."""
    query = select(Question).join(Question.need).where(Question.need_id == need.id, rows(by, "need.edit"))
    return list(session.scalars(query.order_by(Question.id.desc())).unique())


def shown_in_full(session: Session, by: Identity, found: list[Question]) -> set[str]:
    """The refs of those questions whose premises this reader may know by name."""
    query = select(Question.ref).join(Question.offer).where(Question.id.in_([q.id for q in found]))
    return set(session.scalars(query.where(rows(by, "offer.address"))))


def waiting(session: Session, by: Identity, limit: int) -> list[Question]:
    """The questions that await an answer by this person, oldest first."""
    query = select(Question).join(Question.need).where(Question.answer.is_(None), rows(by, "need.edit"))
    query = query.where(Need.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Question.id).limit(limit)).unique())


@writing
def answer(session: Session, by: Identity, config: Config, ref: str, question_ref: str, said: str) -> Question:
    """Answer a question on one's own request, once; a yes changes the request in the same transaction.

    Raises Refused("question_answered") for another answer than before, ("question_outdated") for a yes to what the
    request no longer is, and whatever ``needs.change`` refuses.
    """
    need = find(session, by, "need.edit", Need, ref, seen="need.read", lock=True)
    query = select(Question).where(Question.ref == question_ref, Question.need_id == need.id)
    question = session.scalar(query.with_for_update(of=Question).execution_options(populate_existing=True))
    if question is None:
        raise Refused("not_found")
    if question.answer == said:
        return question
    if question.answer is not None:
        raise Refused("question_answered")
    if said == "yes":
        _change(session, by, config, need, question)
    question.answer, question.answered_at, question.answered_by_id = said, now(), by.user_id
    record(session, by, "question.answered", "need", ref, agency_id=need.agency_id, question=question.ref, answer=said)
    if asker := session.get(User, question.asked_by_id):
        outbox.tell(
            session, asker, "question.answered", f"answer:{question.ref}",
            answer=said, title=need.title, round=question.match_round.ref,
        )  # fmt: skip
    return question


def _change(session: Session, by: Identity, config: Config, need: Need, question: Question) -> None:
    values = needs.values_of(need)
    stands = values[question.change]
    if _plain(stands) != _plain(question.before):
        raise Refused("question_outdated")
    after = date.fromisoformat(question.after) if question.change in DAYS else question.after
    needs.changed(session, by, config, need.ref, {**values, question.change: after})


def _plain(value: Any) -> Any:
    """A value as it may be compared: days as text, lists without their order."""
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, list | tuple) else value
