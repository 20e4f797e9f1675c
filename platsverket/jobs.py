"""Runs are worked off in the background: by a thread of the web process, or by ``platsverket worker``.

The run's own row is the queue: a worker claims it with a lease, renews the lease while the engine works, and stores
the plan only if the lease is still its own. A worker that dies falls silent, and the next one takes the run over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

import matching
from platsverket import prices, runs, trials
from platsverket.background import Background
from platsverket.config import Config
from platsverket.errors import Refused
from platsverket.models import Run

log = structlog.get_logger()


class Worker(Background):
    """Works off runs one at a time until told to stop."""

    def _once(self) -> bool:
        """A database that does not answer is asked again later."""
        try:
            return self.work_once()
        except (SQLAlchemyError, Refused) as error:
            log.warning("worker_waits", error=type(error).__name__)
            return False

    def work_once(self) -> bool:
        """Claim and work off one run, or one trial when no run waits; False when there was neither."""
        with self.sessions() as session:
            held = runs.claim(session, self.config)
        if held is None:
            return self._try_once()
        log.info("run_started", run=held.run_id)
        try:
            self._solve(held)
        except Exception:
            # Whatever the engine met, the worker lives on: the run is tried again, and parked after its last try.
            log.exception("run_broke", run=held.run_id)
            with self.sessions() as session:
                runs.store_failure(session, held, "retry")
        return True

    def _solve(self, held: runs.Claim) -> None:
        with self.sessions() as session:
            run = session.get_one(Run, held.run_id)
            market = matching.Market.from_json(runs.market_of(session, run))
            effort, seed = run.effort, run.seed
        pulse = _Pulse(self.sessions, self.config, held, runs.renew)
        pulse.start()
        try:
            plan = matching.solve(market, effort=effort, seed=seed, progress=pulse.note, stop=pulse.told_to_stop)
        finally:
            pulse.end()
        if self._ended.is_set() or pulse.lost:
            return
        with self.sessions() as session:
            kept = runs.store_plan(session, held, plan.to_json())
            if kept:
                prices.ask(session, held.run_id)
        log.info("run_done" if kept else "run_was_taken_over", run=held.run_id)

    def _try_once(self) -> bool:
        with self.sessions() as session:
            held = trials.claim(session, self.config)
        if held is None:
            return False
        pulse = _Pulse(self.sessions, self.config, held, trials.renew)
        pulse.start()
        try:
            self._try(held, pulse)
        except Exception:
            # As with a run: the trial is tried again, and parked after its last try.
            log.exception("trial_broke", trial=held.trial_id)
            with self.sessions() as session:
                trials.put_back(session, held)
        finally:
            pulse.end()
        return True

    def _try(self, held: trials.Claim, pulse: _Pulse) -> None:
        with self.sessions() as session:
            found = trials.solve(session, held, lambda: pulse.told_to_stop() or self._ended.is_set())
            if not (pulse.lost or self._ended.is_set()):
                trials.store(session, held, found)


class _Pulse(threading.Thread):
    """Renews a lease and stores progress beside the engine, and hears whether to stop."""

    def __init__(self, sessions: sessionmaker[Session], config: Config, held: Any, renew: Callable[..., str]):
        super().__init__(name="pulse", daemon=True)
        self.sessions, self.config, self.held, self._renew = sessions, config, held, renew
        self.lost = False
        self._told = False
        self._over = threading.Event()
        self._progress: dict[str, Any] = {}

    def note(self, progress: matching.Progress) -> None:
        self._progress = {
            "phase": progress.phase, "goal": progress.goal, "value": progress.value, "bound": progress.bound,
        }  # fmt: skip

    def told_to_stop(self) -> bool:
        return self._told or self.lost

    def run(self) -> None:
        while not self._over.wait(min(1.0, self.config.jobs.lease_seconds / 3)):
            try:
                with self.sessions() as session:
                    said = self._renew(session, self.config, self.held, self._progress)
            except (SQLAlchemyError, Refused):
                continue
            self.lost = said == "lost"
            self._told = self._told or said == "stop"

    def end(self) -> None:
        self._over.set()
        self.join()
