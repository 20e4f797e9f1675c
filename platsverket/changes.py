"""What differs between two plans of one market: who gained a place, who lost one, who moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

KINDS = ("gained", "lost", "moved", "shifted")  # shifted: the same premises from another day


@dataclass(frozen=True)
class Change:
    """What became of one need: its placement ({"need", "offer", "start", …}) before and after; None is no place."""

    need: str
    kind: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def between(
    before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]], hidden: Iterable[str] = ()
) -> list[Change]:
    """The changes from one plan's placements to another's, by need; none that touches premises in ``hidden``."""
    closed = set(hidden)
    earlier, later = ({p["need"]: p for p in placements} for placements in (before, after))
    found = []
    for need in sorted(earlier.keys() | later.keys()):
        was, now = earlier.get(need), later.get(need)
        kind = _kind(was, now)
        if kind and not any(place and place["offer"] in closed for place in (was, now)):
            found.append(Change(need, kind, was, now))
    return found


def _kind(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str | None:
    if before is None or after is None:
        return "gained" if after else "lost"
    if before["offer"] != after["offer"]:
        return "moved"
    return "shifted" if before["start"] != after["start"] else None


def place(placement: Any) -> dict[str, Any]:
    """What is kept of an engine's placement to tell of a change."""
    return {"need": placement.need, "offer": placement.offer, "start": placement.start.isoformat()}


def places(change: Change) -> set[str]:
    """The premises that a change touches."""
    return {one["offer"] for one in (change.before, change.after) if one}


def tally(changes: Iterable[Change]) -> dict[str, int]:
    """How many there are of each kind."""
    counted = Counter(change.kind for change in changes)
    return {kind: counted[kind] for kind in KINDS}
