"""Solve the recipe's markets and the published instances, one process each, and print a table in Markdown.

Run ``python -m tests.bench [--effort quick|normal|thorough] [--limit SECONDS] [market ...]``. Processor seconds are the
measure that a busy machine does not blur; wall seconds and memory stand beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data import recipe
from matching import GoalResult, Market, Plan, check
from matching.candidates import placeable
from tests.bench import picture
from tests.bench.peers import PEERS
from tests.matching.test_published import temporal_knapsack

HERE = Path(__file__).parent
CHOOSY = 0.75  # so that two fifths to a half as many placements are allowed
DRAWN: dict[str, dict[str, Any]] = {
    "county": {"offers": 60, "needs": 90, "county": "12"},
    "national": {"offers": 1200, "needs": 1800},
    "scarce": {"offers": 400, "needs": 1200, "county": "01"},
    "choosy scarce": {"offers": 400, "needs": 1200, "county": "01", "must_fraction": CHOOSY},
    "crush": {"offers": 300, "needs": 2400, "county": "01"},
    "choosy crush": {"offers": 300, "needs": 2400, "county": "01", "must_fraction": CHOOSY},
    "load": {"offers": 10_000, "needs": 10_000},
    **{f"scale {size}": {"offers": size, "needs": size} for size in (500, 1000, 2000, 5000, 10_000, 20_000)},
}
PUBLISHED = {
    "tkp U2": HERE.parent / "matching" / "instances" / "U2.txt",
    "tkp I5": HERE / "I5.txt",
    "tkp U100": HERE / "U100.txt",
}
README = HERE.parent.parent / "README.md"
PICTURES = HERE.parent.parent / "platsverket" / "assets" / "pictures"
PICTURED = ("national", "scarce", "crush")
USUAL = (
    "county",
    "national",
    "scarce",
    "choosy scarce",
    "crush",
    "choosy crush",
    "tkp U2",
    "tkp I5",
    "tkp U100",
    "load",
)


def market(name: str) -> dict[str, Any]:
    if name in PUBLISHED:
        return dict(temporal_knapsack(PUBLISHED[name]))
    return dict(recipe.draw(seed=1, **DRAWN[name]).market())


Told = list[tuple[float, int, int]]  # second, value and bound of the first goal


def solved(name: str, effort: str, limit: float | None, folder: Path) -> tuple[str, float, Told]:
    """One row of the table: the whole command, reading and writing included, then a check; wall seconds; progress."""
    source, out = folder / "market.json", folder / "plan.json"
    source.write_text(json.dumps(market(name)))
    command = [sys.executable, "-m", "matching", "solve", str(source), "--out", str(out), "--effort", effort]
    command += [] if limit is None else ["--time-limit", str(limit)]
    began = time.monotonic()
    with (folder / "told").open("w") as told:
        process = subprocess.Popen(command, stderr=told)
        _, status, used = os.wait4(process.pid, 0)  # what this one process used, whatever ran before it
    wall = time.monotonic() - began
    if status:
        raise SystemExit(f"{name}: {' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    plan, read = Plan.read(out), Market.read(source)
    faults = check(read, plan).faults
    goals = "; ".join(_reached(g) for g in plan.goals if g.goal != "least_change")
    processor, memory = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    size = f"{len(read.offers):,} × {len(read.needs):,}, {len(placeable(read)[0]):,}"
    row = f"| **{name}** {size} | {plan.status} | {goals} | {len(faults)} | {processor:.0f} | {wall:.0f} | {memory:,} |"
    return row, wall, _first_goal((folder / "told").read_text(), plan.goals[0].goal)


def _reached(goal: GoalResult) -> str:
    if goal.value == goal.bound:
        return f"{goal.value:,} proven"
    return f"{goal.value:,} of {goal.bound:,} (−{1 - goal.value / goal.bound:.2%})" if goal.bound else f"{goal.value:,}"


def _first_goal(told: str, goal: str) -> Told:
    line = re.compile(rf"^ *([0-9.]+) s  {goal}  value ([0-9,]+)  bound ([0-9,]+)", re.MULTILINE)
    return [(float(at), *(int(n.replace(",", "")) for n in rest)) for at, *rest in line.findall(told)]


def peer(name: str, source: Path, seconds: float) -> str:
    """One row for a peer with as much time and as many cores: its goal values, nothing where it found no plan.

    A peer that takes no notice of its time is ended when a quarter more has gone.
    """
    command = [sys.executable, "-m", "tests.bench.peers", name, str(source), str(seconds)]
    began = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1.25 * seconds + 15)
        values = json.loads(done.stdout.splitlines()[-1])[:3]
    except (subprocess.SubprocessError, ValueError, IndexError):
        values = []
    told = "; ".join(f"{value:,}" for value in values) or "no plan"
    return f"| {name} | | {told} | | | {time.monotonic() - began:.0f} | |"


def table(asked: argparse.Namespace) -> tuple[str, list[tuple[str, float, Told]]]:
    """The rows of the markets asked for, each with its peers, printed as they come."""
    rows = [
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, OR-Tools {version('ortools')}, effort `{asked.effort}`.",
        "",
        "| market: offers × needs, allowed placements | status | goals in order: value of proven bound | faults "
        "| processor s | wall s | memory MB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    sys.stdout.write("\n".join(rows) + "\n")
    seen = []
    for name in asked.markets:
        with tempfile.TemporaryDirectory() as folder:
            row, wall, told = solved(name, asked.effort, asked.limit, Path(folder))
            seen.append((row, wall, told))
            for text in (row, *(peer(one, Path(folder) / "market.json", wall) for one in PEERS if asked.peers)):
                rows.append(text)
                sys.stdout.write(text + "\n")
                sys.stdout.flush()
    return "\n".join(rows), seen


def write(kind: str, text: str, drawn: str) -> None:
    """Put a table between its two marks in README, and the picture beside the others."""
    (PICTURES / f"{kind}.svg").write_text(drawn)
    before, rest = README.read_text().split(f"<!-- {kind} -->\n")
    after = rest.split(f"<!-- {kind} ends -->")[1]
    README.write_text(f"{before}<!-- {kind} -->\n{text}\n<!-- {kind} ends -->{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("markets", nargs="*", default=USUAL, help=f"any of {', '.join([*DRAWN, *PUBLISHED])}")
    parser.add_argument("--effort", choices=("quick", "normal", "thorough"), default="normal")
    parser.add_argument("--peers", action="store_true", help="also greedy, CP-SAT, HiGHS and CBC in the same time")
    parser.add_argument("--limit", type=float, help="seconds of the whole command")
    parser.add_argument("--write", choices=("bench", "growth"), help="put the table and its picture into README")
    asked = parser.parse_args()
    text, seen = table(asked)
    if asked.write == "bench":
        panels = [
            (name, [(at, value) for at, value, _ in told], [(at, bound) for at, _, bound in told])
            for name, (_, _, told) in zip(asked.markets, seen, strict=True)
            if name in PICTURED
        ]
        write("bench", text, picture.over_time(panels))
    if asked.write == "growth":
        count = re.compile(r", ([0-9,]+) \|")
        sizes = [int(count.findall(row)[0].replace(",", "")) for row, _, _ in seen]
        write("growth", text, picture.growth(list(zip(sizes, (wall for _, wall, _ in seen), strict=True))))


if __name__ == "__main__":
    main()
