"""A round's dates come by themselves: at each moment the clock does what it says, once, also after a stop.

A day begins at midnight in Stockholm. A moment is a condition on rounds and what to do with one that meets it: the
round's row is held, the moment claimed and its work done in one transaction. What a person did before needs no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from platsverket import accounts, claims, outbox, proposals, round_news, rounds
from platsverket.access import ANONYMOUS
from platsverket.config import Config
from platsverket.database import STOCKHOLM, writing
from platsverket.errors import Refused
from platsverket.events import record
from platsverket.models import CASE_OFFICER, Agency, MatchRound, Offer, Proposal, User, standing_offers

log = structlog.get_logger()
Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True)
class Moment:
    """When something happens to a round, and what."""

    name: str
    due: Callable[[Config, date], Conditions]
    work: Callable[[Session, Config, MatchRound, datetime], None]


def call_out(session: Session, config: Config, at: datetime) -> None:
    """Do with every round what is due by ``at`` and has not been done; a round that cannot be does not stop others."""
    today = at.astimezone(STOCKHOLM).date()
    for moment in MOMENTS:
        for ref in session.scalars(_due(moment, config, today).with_only_columns(MatchRound.ref)).all():
            try:
                _do(session, config, moment, ref, at)
            except (Refused, SQLAlchemyError) as error:
                log.warning("moment_waits", moment=moment.name, round=ref, error=str(error).splitlines()[0])
            except Exception:  # whatever it met, the other rounds have their moments too
                log.exception("moment_broke", moment=moment.name, round=ref)


def _due(moment: Moment, config: Config, today: date) -> Select[MatchRound]:
    done = claims.made(moment.name + ":" + MatchRound.ref)
    standing = [MatchRound.cancelled_at.is_(None), *moment.due(config, today), ~done]
    return select(MatchRound).where(*standing).order_by(MatchRound.id)


@writing
def _do(session: Session, config: Config, moment: Moment, ref: str, at: datetime) -> None:
    today = at.astimezone(STOCKHOLM).date()
    held = _due(moment, config, today).where(MatchRound.ref == ref).with_for_update()
    match_round = session.scalar(held.execution_options(populate_existing=True))
    if match_round is not None and claims.first(session, f"{moment.name}:{ref}", at):
        moment.work(session, config, match_round, at)


# Reconfirming before the freeze


def _freezes_soon(config: Config, today: date) -> Conditions:
    last = today + timedelta(days=config.rounds.reconfirm_days)
    return [MatchRound.frozen_at.is_(None), MatchRound.freezes_on <= last, MatchRound.freezes_on > today]


def _remind_to_reconfirm(session: Session, config: Config, match_round: MatchRound, at: datetime) -> None:
    """Whoever posted premises that would be out of the round for want of reconfirming hears of it in time."""
    lapsing = (*standing_offers(at.astimezone(STOCKHOLM).date()), Offer.valid_until < match_round.freezes_on)
    counted = select(Agency, func.count(Offer.id)).join(Offer, Offer.agency_id == Agency.id).where(*lapsing)
    for agency, count in session.execute(counted.group_by(Agency.id).order_by(Agency.id)).all():
        for user in outbox.staff(session, agency.id, CASE_OFFICER):
            key = f"offers.reconfirm:{match_round.ref}:{agency.ref}"
            outbox.tell(
                session, user, "offers.reconfirm", key, at=at,
                agency=agency.name, count=count, name=match_round.name, freezes_on=match_round.freezes_on,
            )  # fmt: skip


# Freezing


def _freezes(config: Config, today: date) -> Conditions:
    return [MatchRound.frozen_at.is_(None), MatchRound.freezes_on <= today]


def _freeze(session: Session, config: Config, match_round: MatchRound, at: datetime) -> None:
    """The round is frozen with what its opener may know of, so with the sealed premises that name them."""
    about: outbox.Values = {
        "round": match_round.ref,
        "name": match_round.name,
        "publishes_on": match_round.publishes_on,
    }
    try:
        with session.begin_nested():
            seeing, today = accounts.eyes_of(session, match_round.opened_by_id), at.astimezone(STOCKHOLM).date()
            told = rounds.freeze_as_it_is(session, seeing, config, match_round, at=at, today=today, actor=ANONYMOUS)
    except Refused as refused:
        record(session, ANONYMOUS, "round.freeze_failed", "round", match_round.ref, code=refused.code)
        for user in steering(session, match_round):
            outbox.tell(session, user, "round.freeze_failed", f"freeze_failed:{match_round.ref}", at=at, **about)
        return
    for user in steering(session, match_round):
        outbox.tell(session, user, "round.frozen", f"frozen:{match_round.ref}", at=at, **about, **told)


def steering(session: Session, match_round: MatchRound) -> list[User]:
    """Whom a round's news concern: who opened it, or all coordinators where that person steers no more."""
    everybody = accounts.coordinators(session)
    return [user for user in everybody if user.id == match_round.opened_by_id] or everybody


# Publishing and closing


def _publishes(config: Config, today: date) -> Conditions:
    return [MatchRound.published_at.is_(None), MatchRound.publishes_on <= today, MatchRound.answer_by >= today]


def _remind_to_publish(session: Session, config: Config, match_round: MatchRound, at: datetime) -> None:
    about: outbox.Values = {
        "round": match_round.ref,
        "name": match_round.name,
        "answer_by": match_round.answer_by,
    }
    for user in steering(session, match_round):
        outbox.tell(session, user, "round.publish_due", f"publish_due:{match_round.ref}", at=at, **about)


def _is_published(config: Config, today: date) -> Conditions:
    return [MatchRound.published_at.is_not(None), MatchRound.answer_by >= today]


def _tell_the_others(session: Session, config: Config, match_round: MatchRound, at: datetime) -> None:
    round_news.tell_of_nothing_found(session, match_round, at)


def _closes(config: Config, today: date) -> Conditions:
    # A proposal that filled up later may have a later last day of its own.
    waits = exists().where(Proposal.round_id == MatchRound.id, Proposal.holds_seats)
    return [MatchRound.published_at.is_not(None), MatchRound.answer_by < today, ~waits]


def _close(session: Session, config: Config, match_round: MatchRound, at: datetime) -> None:
    """Nobody can answer any more, and what nobody answered has been let go: the coordinator hears how it went."""
    match_round.closed_at = at
    record(session, ANONYMOUS, "round.closed", "round", match_round.ref, name=match_round.name)
    for user in steering(session, match_round):
        tally = proposals.tally(session, accounts.identity(user), match_round.ref)
        outbox.tell(
            session, user, "round.closed", f"closed:{match_round.ref}", at=at,
            round=match_round.ref, name=match_round.name, **tally,
        )  # fmt: skip


MOMENTS = (
    Moment("reconfirm", _freezes_soon, _remind_to_reconfirm),
    Moment("freeze", _freezes, _freeze),
    Moment("publish", _publishes, _remind_to_publish),
    Moment("outcome", _is_published, _tell_the_others),
    Moment("close", _closes, _close),
)
