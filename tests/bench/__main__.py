"""Solve the recipe's markets and the published instances, one process each, and print a table in Markdown.

Run ``python -m tests.bench [--effort quick|normal|thorough] [--limit SECONDS] [market ...]``. Processor seconds are the
measure that a busy machine does not blur; wall seconds and memory stand beside them.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data import recipe
from matching import Market, Plan, check
from tests.bench.peers import PEERS
from tests.matching.test_published import temporal_knapsack

HERE = Path(__file__).parent
DRAWN: dict[str, dict[str, Any]] = {
    "county": {"offers": 60, "needs": 90, "county": "12"},
    "national": {"offers": 1200, "needs": 1800},
    "scarce": {"offers": 400, "needs": 1200, "county": "01"},
    "crush": {"offers": 300, "needs": 2400, "county": "01"},
    "load": {"offers": 10_000, "needs": 10_000},
    "scale 500": {"offers": 500, "needs": 500},
    "scale 2000": {"offers": 2000, "needs": 2000},
    "scale 5000": {"offers": 5000, "needs": 5000},
    "scale 20000": {"offers": 20_000, "needs": 20_000},
}
PUBLISHED = {
    "tkp U2": HERE.parent / "matching" / "instances" / "U2.txt",
    "tkp I5": HERE / "I5.txt",
    "tkp U100": HERE / "U100.txt",
}
USUAL = ("county", "national", "scarce", "crush", "tkp U2", "tkp I5", "tkp U100")


def market(name: str) -> dict[str, Any]:
    if name in PUBLISHED:
        return dict(temporal_knapsack(PUBLISHED[name]))
    return dict(recipe.draw(seed=1, **DRAWN[name]).market())


def solved(name: str, effort: str, limit: float | None, folder: Path) -> tuple[str, float]:
    """One row of the table: the whole command, reading and writing included, then a check; and its wall seconds."""
    source, out = folder / "market.json", folder / "plan.json"
    source.write_text(json.dumps(market(name)))
    command = [sys.executable, "-m", "matching", "solve", str(source), "--out", str(out), "--effort", effort]
    command += [] if limit is None else ["--time-limit", str(limit)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    plan = Plan.read(out)
    faults = check(Market.read(source), plan).faults
    goals = ", ".join(f"{g.goal} {g.value:,} of {g.bound:,}" for g in plan.goals if g.bound)
    memory = after.ru_maxrss // 1024  # the largest child so far
    return f"| {name} | {plan.status} | {goals} | {len(faults)} | {processor:.0f} | {wall:.0f} | {memory:,} |", wall


def peer(name: str, source: Path, seconds: float) -> str:
    """One row for a peer with as much time and as many cores: its goal values, nothing where it found no plan."""
    command = [sys.executable, "-m", "tests.bench.peers", name, str(source), str(seconds)]
    began = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=2 * seconds + 60)
        values = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError):
        values = []
    told = ", ".join(f"{value:,}" for value in values) or "no plan"
    return f"| – {name} | | {told} | | | {time.monotonic() - began:.0f} | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("markets", nargs="*", default=USUAL, help=f"any of {', '.join([*DRAWN, *PUBLISHED])}")
    parser.add_argument("--effort", choices=("quick", "normal", "thorough"), default="normal")
    parser.add_argument("--peers", action="store_true", help="also greedy, CP-SAT, HiGHS and CBC in the same time")
    parser.add_argument("--limit", type=float, help="seconds of the whole command")
    asked = parser.parse_args()
    write = sys.stdout.write
    write(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}, ")
    write(f"OR-Tools {version('ortools')}, effort {asked.effort}\n\n")
    write("| market | status | goals: value of proven bound | faults | processor s | wall s | most memory MB |\n")
    write("| --- | --- | --- | --- | --- | --- | --- |\n")
    for name in asked.markets:
        with tempfile.TemporaryDirectory() as folder:
            row, wall = solved(name, asked.effort, asked.limit, Path(folder))
            write(row + "\n")
            for one in PEERS if asked.peers else ():
                sys.stdout.flush()
                write(peer(one, Path(folder) / "market.json", wall) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
