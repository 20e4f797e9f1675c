"""The clock calls out what is due, in a thread of the web process or in ``platsverket worker``.

Nothing is remembered here: each thing due is found by what is stored and done in a transaction that claims it, so
what was missed while nobody ran is made up, and two clocks do it once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from platsverket import deal_moments, drafts, mailing, proposals, refills, round_moments, searches
from platsverket.background import Background
from platsverket.config import Config
from platsverket.database import clock as database_clock
from platsverket.errors import Refused

log = structlog.get_logger()

# What the clock calls out, in this order: each finds what is due by the moment it is given, does it once, and reads
# before it writes, for it is called every few seconds. Mail comes last, to take with it what the others tell.
DUE: tuple[Callable[[Session, Config, datetime], object], ...] = (
    proposals.expire_due,
    round_moments.call_out,
    refills.call_out,
    deal_moments.call_out,
    searches.look,
    drafts.clear_old,
    mailing.send_due,
)


class Clock(Background):
    """Calls out what is due every few seconds until told to stop; ``tick`` does so once, at any moment given."""

    pause = 5.0

    def _once(self) -> bool:
        """Tick by the database's time, so that all who keep the clock agree on what is due and whose lease is over."""
        try:
            with self.sessions() as session:
                at = database_clock(session)
        except SQLAlchemyError as error:
            log.warning("clock_waits", error=type(error).__name__)
        else:
            self.tick(at)
        return False

    def tick(self, at: datetime) -> None:
        """Call out all that is due at ``at``; what fails is called out again at the next tick, and stops no other."""
        for due in DUE:
            try:
                with self.sessions() as session:
                    due(session, self.config, at)
            except (SQLAlchemyError, Refused) as error:
                log.warning("clock_waits", due=due.__module__, error=type(error).__name__)
            except Exception:
                log.exception("clock_broke", due=due.__module__)
