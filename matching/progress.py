"""What a solve tells about itself while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where a solve stands: its phase (``building``, ``greedy``, ``goal``, ``explaining``, ``done``) and, for a goal,
    the best value so far and the proven upper limit (``None`` where there is none yet)."""

    phase: str
    goal: str | None = None
    value: int | None = None
    bound: int | None = None
    seconds: float = 0.0

    @property
    def gap(self) -> float | None:
        """How far below its bound the value may be, as a share of the bound."""
        if self.value is None or self.bound is None:
            return None
        return max(0.0, (self.bound - self.value) / self.bound) if self.bound > 0 else 0.0
