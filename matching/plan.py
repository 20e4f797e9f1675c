"""A plan is what comes out of a match: placements, what stayed unplaced and why, goal values and proven bounds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from matching import reading
from matching.market import GOALS
from matching.reading import REQUIRED, Faults, UnusableError

FORMAT = "platsverket-plan/1"
STATUSES = ("optimal", "feasible", "cut_short")
EFFORTS = ("quick", "normal", "thorough")


class PlanError(UnusableError):
    """The plan file has faults; ``faults`` names each with its path, code and numbers."""


@dataclass(frozen=True)
class Placement:
    """A need at an offer from ``start`` until ``until``; ``km`` is rounded for reading, ``fit`` is exact."""

    need: str
    offer: str
    start: date
    until: date
    km: float
    fit: int


@dataclass(frozen=True)
class Unplaced:
    """A need without a placement: reasons as codes with numbers, and single changes that would give it a place."""

    need: str
    reasons: tuple[dict[str, Any], ...] = ()
    would_help: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class GoalResult:
    """What was reached for a goal, and a proven upper limit (``None`` where none was proven)."""

    goal: str
    value: int
    bound: int | None = None


@dataclass(frozen=True)
class Plan:
    """The outcome of a match."""

    market_sha256: str
    status: str
    placements: tuple[Placement, ...]
    unplaced: tuple[Unplaced, ...]
    goals: tuple[GoalResult, ...]
    effort: str = "normal"
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @staticmethod
    def from_json(value: object) -> Plan:
        """The plan in a parsed JSON value; raises :class:`PlanError` with every fault found."""
        faults = Faults()
        read = faults.record(value, "$", _PLAN)
        if read is None or faults.found:
            raise PlanError(faults.found)
        del read["format"]
        return Plan(**read)

    @staticmethod
    def read(source: str | Path | bytes) -> Plan:
        """The plan in a file or in bytes; raises :class:`PlanError`, also for what is no JSON at all."""
        try:
            value = reading.load(source)
        except UnusableError as error:
            raise PlanError(error.faults) from None
        return Plan.from_json(value)

    def to_json(self) -> dict[str, Any]:
        """The plan as the JSON value that ``from_json`` reads back."""
        return {
            "format": FORMAT,
            "market_sha256": self.market_sha256,
            "status": self.status,
            "placements": [
                {
                    "need": p.need,
                    "offer": p.offer,
                    "start": p.start.isoformat(),
                    "until": p.until.isoformat(),
                    "km": p.km,
                    "fit": p.fit,
                }
                for p in self.placements
            ],
            "unplaced": [
                {"need": u.need, "reasons": list(u.reasons), "would_help": list(u.would_help)} for u in self.unplaced
            ],
            "goals": [{"goal": g.goal, "value": g.value, "bound": g.bound} for g in self.goals],
            "effort": self.effort,
            "seed": self.seed,
            "versions": dict(self.versions),
            "seconds": self.seconds,
        }

    def text(self) -> str:
        """The plan file, byte for byte the same for equal plans."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n"


def _facts(faults: Faults, value: Any, path: str) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        faults.add(path, "type", value=reading.shown(value), expected="an object")
        return None
    return value


def _built(kind: Any, fields: dict[str, Any]) -> reading.Reader:
    def read(faults: Faults, value: Any, path: str) -> Any:
        found = faults.record(value, path, fields)
        return None if found is None else kind(**found)

    return read


_PLACEMENT = {
    "need": (reading.text, REQUIRED),
    "offer": (reading.text, REQUIRED),
    "start": (reading.day, REQUIRED),
    "until": (reading.day, REQUIRED),
    "km": (reading.number(0), REQUIRED),
    "fit": (reading.whole(), REQUIRED),
}
_UNPLACED = {
    "need": (reading.text, REQUIRED),
    "reasons": (reading.listing(_facts), ()),
    "would_help": (reading.listing(_facts), ()),
}
_GOAL = {
    "goal": (reading.one_of(*GOALS), REQUIRED),
    "value": (reading.whole(), REQUIRED),
    "bound": (reading.or_null(reading.whole()), None),
}
_PLAN = {
    "format": (reading.exactly(FORMAT), REQUIRED),
    "market_sha256": (reading.text, REQUIRED),
    "status": (reading.one_of(*STATUSES), REQUIRED),
    "placements": (reading.listing(_built(Placement, _PLACEMENT)), REQUIRED),
    "unplaced": (reading.listing(_built(Unplaced, _UNPLACED)), REQUIRED),
    "goals": (reading.listing(_built(GoalResult, _GOAL)), REQUIRED),
    "effort": (reading.one_of(*EFFORTS), "normal"),
    "seed": (reading.whole(), 0),
    "versions": (_facts, {}),
    "seconds": (reading.number(0), 0.0),
}
