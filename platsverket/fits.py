"""How well a placement fits, told apart by its four criteria: distance, start, wishes, use of the seats.

The engine adds up the same four terms to a placement's fit points; here each is kept with the facts behind it, from the
market as it was frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

DISTANCE, OTHER = 400, 200  # the most points for the distance, and for each of the other three


@dataclass(frozen=True)
class Fit:
    """The facts behind each term, and its points, rounded."""

    km: float
    max_km: float
    delay: int  # days after the earliest start
    window: int  # days from the earliest start to the latest
    met: int  # wishes that are met
    wished: int
    seats: int  # that the request uses
    of: int  # that the premises have
    distance: int
    promptness: int
    comfort: int
    fullness: int


def told(need: dict[str, Any], offer: dict[str, Any], start: date, km: float) -> Fit:
    """The fit of a need and an offer of a market file, from this start and at this distance."""
    earliest, latest = (date.fromisoformat(need[name]) for name in ("earliest_start", "latest_start"))
    delay, window = (start - earliest).days, (latest - earliest).days
    wished = len(need["wish"])
    met = len(set(need["wish"]) & set(offer["features"]))
    reach = need["max_km"]
    return Fit(
        km=km, max_km=reach, delay=delay, window=window, met=met, wished=wished, seats=need["seats"], of=offer["seats"],
        distance=round(DISTANCE * max(0.0, 1 - km / reach)) if reach else DISTANCE,
        promptness=round(OTHER * (window - delay) / window) if window else OTHER,
        comfort=round(OTHER * met / wished) if wished else OTHER,
        fullness=round(OTHER * need["seats"] / offer["seats"]),
    )  # fmt: skip
