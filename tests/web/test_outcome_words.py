"""Every code that the engine can answer with has a sentence, and the sentence carries its numbers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from matching.market import GOALS
from matching.plan import STATUSES
from matching.rules import RULES
from platsverket import outcome_words as told
from platsverket.models import Agency, Need, Offer

ENGINE = Path(__file__).parents[2] / "matching"
START = date(2027, 3, 1)


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    with app.test_request_context("/?lang=en"):
        yield


NEED = Need(max_km=2.5, agency=Agency(name="Gästmyndigheten"))


def written(name: str, pattern: str) -> set[str]:
    """The codes that stand in an engine's file."""
    return set(re.findall(pattern, (ENGINE / name).read_text(encoding="utf-8")))


def test_every_reason_is_a_sentence() -> None:
    """The rules of a placement, and the two reasons beyond them, each say how many premises were left."""
    codes = {rule.code for rule in RULES} | written("explain.py", r'"code": "(\w+)"')
    assert codes == set(told.REASONS) == set(told.REASON_NAMES)
    for code in codes:
        sentence = told.reason(NEED, {"code": code, "offers": 1234})
        assert "1,234" in sentence and "%" not in sentence
    assert "within 2.5 km" in told.reason(NEED, {"code": "near", "offers": 3})
    assert "admits Gästmyndigheten" in told.reason(NEED, {"code": "admission", "offers": 3})


@pytest.mark.parametrize(
    ("change", "was", "to", "said"),
    [
        ("seats", 12, 10, "With 10 seats instead of 12 there is room in Salen from 1 March 2027."),
        ("max_km", 2.0, 2.5, "If it may lie 2.5 km away instead of 2 there is room in Salen from 1 March 2027."),
        (
            "latest_start",
            "2027-02-01",
            "2027-03-01",
            "With a start on 1 March 2027, not 1 February 2027 at the latest, there is room in Salen.",
        ),
        (
            "earliest_start",
            "2027-03-15",
            "2027-03-01",
            "With a start already on 1 March 2027, not 15 March 2027 at the earliest, there is room in Salen.",
        ),
        ("days", 212, 165, "For 165 days instead of 212 there is room in Salen from 1 March 2027."),
        ("weekdays", ["mon", "tue"], ["mon"], "On Mon instead of Mon, Tue there is room in Salen from 1 March 2027."),
        (
            "must",
            ["lift", "video"],
            ["video"],
            "Without the requirement “Lift” there is room in Salen from 1 March 2027.",
        ),
    ],
)
def test_what_would_help_is_a_sentence(change: str, was: object, to: object, said: str) -> None:
    """Each single change tells from what to what, where and when."""
    assert told.helps({"change": change, "from": was, "to": to}, "Salen", START) == said


def test_every_change_of_the_engine_is_known() -> None:
    """The fields that the engine may change are exactly those with a sentence."""
    assert written("explain.py", r'_Relaxed\(at, "(\w+)"') == set(told.HELPS)
    assert set(told.HELPS) >= told.LOCKABLE


def test_every_status_phase_and_contradiction_has_words() -> None:
    """Plan statuses, phases of a run, goals, and what the engine says of locks that cannot stand."""
    assert set(told.PLAN_STATUS) == set(STATUSES)
    phases = set(
        re.findall(r"``(\w+)``", ast.get_docstring(ast.parse((ENGINE / "progress.py").read_text()).body[-1]) or "")
    )
    assert phases - {"goal", "None"} == set(told.PHASES)
    contradictions = written("market_file.py", r'"(lock_\w+|need_repeated)"')
    assert contradictions and contradictions <= set(told.IMPOSSIBLE)
    assert told.impossible(["lock_dates", "something_new"])[1] == str(told.OTHERWISE_IMPOSSIBLE)
    assert told.failure("tried_too_often") != told.failure("something_new")
    for goal in GOALS:
        text, step, steps = told.progress({"phase": "goal", "goal": goal, "value": 5, "bound": None}, [goal])
        assert "5 so far" in text and (step, steps) == (3, 5)
    assert [told.progress({"phase": p}, ["most_seats"])[1] for p in ("building", "greedy", "explaining", "done")] == [
        1, 2, 4, 5,
    ]  # fmt: skip
    assert told.progress({}, ["most_seats"])[:2] == ("Starting", 0)


def test_a_gap_is_never_rounded_up_to_all() -> None:
    """99,96 per cent is not told as a hundred; a proven best is told as such; nothing proven says so."""
    assert told.proven({"value": 9996, "bound": 10000}) == "99.9 % of what is provably possible"
    assert told.proven({"value": 987, "bound": 1000}) == "98.7 % of what is provably possible"
    assert told.proven({"value": 0, "bound": 0}) == "proven best possible"
    assert told.proven({"value": 5, "bound": None}) == "how much more is possible is not proven"


def test_a_place_is_told_in_full_or_by_its_municipality() -> None:
    """Who may not know more reads the municipality, never the address."""
    offer = Offer(title="Huset", address="Storgatan 1", place="83131 Östersund", municipality_code="2380")
    assert told.whereabouts(offer, True) == "Storgatan 1, 83131 Östersund"
    assert told.whereabouts(offer, False) == "Östersund"
    assert told.premises(offer, False) == "Restricted premises in Östersund"
