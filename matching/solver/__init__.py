"""The solver behind its door: arrays in, chosen columns and proven bounds out. Only this package imports OR-Tools."""

from __future__ import annotations

from matching.solver.problem import Answer, Control, Problem
from matching.solver.search import solve

__all__ = ["Answer", "Control", "Problem", "solve"]
