"""A run that a coordinator stops ends with the best plan it has, says so, and can be published like any other."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import sessionmaker

import matching
from platsverket import jobs, rounds, runs
from platsverket.jobs import Worker
from platsverket.models import Proposal
from tests.factories import Factory


def test_a_stopped_run_keeps_its_best_plan(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine hears of the stop while it works; what it has by then is kept, checked, and marked as cut short."""
    by = make.coordinator()
    for seats in (5, 7, 9):
        make.offer(make.agency(), seats=seats)
    for seats in (2, 3, 4, 5, 6) * 2:
        make.need(make.agency(), seats=seats)
    match_round = make.round(by)
    who, ref = make.identity(by), match_round.ref
    rounds.freeze(make.session, who, make.config, ref)
    run = rounds.request_run(make.session, who, make.config, ref, {"effort": "quick", "seed": None})
    rounds.request_stop(make.session, who, ref, run.ref)
    solve, waited = matching.solve, threading.Event()

    def told(market: Any, **asked: Any) -> Any:
        while not asked["stop"]():
            waited.wait(0.01)
        return solve(market, **asked)

    monkeypatch.setattr(jobs.matching, "solve", told)
    make.session.rollback()
    config = replace(make.config, jobs=replace(make.config.jobs, lease_seconds=1))
    assert Worker(sessionmaker(make.session.get_bind(), expire_on_commit=False), config).work_once()
    make.session.expire_all()
    assert (run.status, run.summary["status"]) == ("done", "cut_short")
    placed = runs.plan_of(make.session, run)["placements"]
    assert placed and run.summary["placed"] == len(placed)
    rounds.publish(make.session, who, make.config, ref, run.ref)
    assert make.session.query(Proposal).count() == len(placed)
