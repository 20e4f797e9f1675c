"""How much work each effort may do, in the same measures on every machine: a plan must not depend on its speed."""

from __future__ import annotations

from dataclasses import dataclass

CORES = 2  # that questions asked beside each other share, whatever the machine has


@dataclass(frozen=True)
class Effort:
    """How much work, never in seconds: columns of a relaxation, its rounds and the least gain of three of them,
    columns and nodes of an exact search, work units on patterns, how near its limit (a share of it) a crowded goal is
    left without patterns, the most patterns of some places chosen anew at once, neighbourhoods searched anew (of all
    goals together), work units of CP-SAT."""

    relaxed: int
    rounds: int
    gain: float
    columns: int
    nodes: int
    patterns: float
    enough: float
    recombined: int
    neighbourhoods: int
    work: float


EFFORTS = {
    "quick": Effort(400_000, 12, 5e-4, 8_000, 5, 4.0, 0.03, 1_200, 40, 1.0),
    "normal": Effort(10_000_000, 30, 1e-4, 30_000, 50, 8.0, 0.02, 1_800, 160, 10.0),
    "thorough": Effort(10_000_000, 100, 2e-5, 120_000, 500, 80.0, 0.0, 4_000, 800, 60.0),
}
# For the goals after one that stays far from its limit: what they gain may yet be lost to it.
HURRIED = Effort(400_000, 1, 1e-3, 0, 1, 0.0, 0.0, 0, 4, 1.0)
