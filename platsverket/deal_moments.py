"""What is due about deals: reminders before the deadline, an alarm when answers stall, word of a refill to release."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from platsverket import accounts, claims, news, outbox, refills
from platsverket.access import rows
from platsverket.config import Config
from platsverket.database import writing
from platsverket.models import MatchRound, Proposal
from platsverket.round_moments import steering

AT_A_TIME = 100  # so that nobody else who writes waits long
FRESH = timedelta(days=1)  # whoever has just heard of a proposal is not reminded of it


def call_out(session: Session, config: Config, at: datetime) -> None:
    """Tell what is due by ``at``, once."""
    if session.scalar(_to_remind(config, at).limit(1)):
        _remind(session, config, at)
    for round_ref, answer_by in session.execute(_stalled(config, at)).all():
        key = f"stalled:{round_ref}:{answer_by:%Y-%m-%d}"
        if not _claimed(session, key):
            _alarm(session, key, round_ref, answer_by, at)
    if config.rounds.refill == "released" and (found := refills.ready(session)):
        key = f"refill_ready:{found[1]}"
        if not _claimed(session, key):
            _ready(session, key, found[0], at)


def _claimed(session: Session, key: str) -> bool:
    return bool(session.scalar(select(claims.made(literal(key)))))


# A side that has not answered is reminded


def _to_remind(config: Config, at: datetime) -> Select[int]:
    soon = at + timedelta(days=config.rounds.reminder_days)
    return select(Proposal.id).where(
        Proposal.holds_seats,
        Proposal.answer_by > at,
        Proposal.answer_by <= soon,
        Proposal.published_at <= at - FRESH,
        ~claims.made("reminder:" + Proposal.ref),
    )


@writing
def _remind(session: Session, config: Config, at: datetime) -> None:
    due = _to_remind(config, at).order_by(Proposal.id).limit(AT_A_TIME)
    found = session.scalars(select(Proposal).where(Proposal.id.in_(due)).order_by(Proposal.id)).unique().all()
    news.remind(session, [one for one in found if claims.first(session, f"reminder:{one.ref}", at)])


# A coordinator hears of what stalls


def _stalled(config: Config, at: datetime) -> Select[str, datetime]:
    """Rounds and deadlines that are near while answers are missing."""
    soon = at + timedelta(days=config.rounds.alarm_days)
    near = (Proposal.answer_by > at, Proposal.answer_by <= soon, Proposal.published_at <= at - FRESH)
    found = select(MatchRound.ref, Proposal.answer_by).join(Proposal, Proposal.round_id == MatchRound.id)
    return found.where(Proposal.holds_seats, *near).distinct()


@writing
def _alarm(session: Session, key: str, round_ref: str, answer_by: datetime, at: datetime) -> None:
    if not claims.first(session, key, at):
        return
    match_round = session.scalars(select(MatchRound).where(MatchRound.ref == round_ref)).one()
    missing = (Proposal.round_id == match_round.id, Proposal.holds_seats, Proposal.answer_by == answer_by)
    for user in steering(session, match_round):
        known = rows(accounts.identity(user), "proposal.read")
        found = session.scalars(select(Proposal).where(*missing, known)).unique().all()
        if found:
            outbox.tell(
                session, user, "round.stalled", key, at=at,
                round=round_ref, name=match_round.name, count=len(found), answer_by=found[0].last_day_to_answer,
            )  # fmt: skip


@writing
def _ready(session: Session, key: str, round_ref: str, at: datetime) -> None:
    if claims.first(session, key, at):
        match_round = session.scalars(select(MatchRound).where(MatchRound.ref == round_ref)).one()
        for user in steering(session, match_round):
            outbox.tell(session, user, "round.refill_ready", key, at=at, round=round_ref, name=match_round.name)
