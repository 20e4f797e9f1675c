"""Prices of needs and settled goals, and how far from the best known ones better ones are sought (a box that moves and
breathes: Marsten, Hogan and Blankenship 1975)."""

from __future__ import annotations

from dataclasses import dataclass

from matching.table import Floats

_START, _LEAST = 0.2, 0.01  # how wide the box is at first, and at least
_MUCH, _GOOD = 4.0, 0.4  # times as wide, when a round proves so much of what it could
_SOME, _FAIR = 2.0, 0.1
_NARROWER, _CLOSER, _TWICE = 0.7, 0.2, 2  # when so many rounds in a row prove nothing; if the box held nothing back
_WIDEST = 1e3


@dataclass(frozen=True)
class Prices:
    """What the needs pay (≥ 0, any where a need must be placed) and what each kept goal is worth (≥ 0)."""

    need: Floats
    kept: Floats

    def between(self, other: Prices, share: float) -> Prices:
        """``share`` of these and the rest of the others."""
        return Prices(
            share * self.need + (1 - share) * other.need,
            share * self.kept + (1 - share) * other.kept,
        )


class Box:
    """How far prices may go from the best known, in steps that grow where the programme proves right."""

    def __init__(self) -> None:
        self.wide = _START
        self._in_vain = 0

    def learn(self, before: float, after: float, possible: float, fresh: int, bent: bool) -> None:
        """After a round that proved ``after`` where ``possible`` was hoped for; ``bent``: with the box in the way."""
        proved = before - after
        self._in_vain = 0 if proved > 0 else self._in_vain + 1
        if not fresh or proved > _GOOD * (before - possible):
            self.wide *= _MUCH
        elif proved > _FAIR * (before - possible):
            self.wide *= _SOME
        elif self._in_vain >= _TWICE:
            self.wide *= _NARROWER if bent else _CLOSER
        self.wide = min(max(self.wide, _LEAST), _WIDEST)
