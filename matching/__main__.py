"""The two commands: ``python -m matching solve market.json`` and ``python -m matching check market.json plan.json``."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from matching import Market, Plan, Progress, check, solve
from matching.plan import EFFORTS
from matching.reading import UnusableError

UNUSABLE = 2


@click.group(help=__doc__)
def main() -> None:
    """See the module."""


@main.command("solve")
@click.argument("market_file", type=click.Path(path_type=Path), metavar="MARKET.JSON")
@click.option("--out", type=click.Path(path_type=Path), help="Where the plan goes; standard output by default.")
@click.option("--effort", type=click.Choice(EFFORTS), default="normal", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--time-limit", type=click.FloatRange(0), help="Seconds; a safety net that marks the plan cut_short.")
def solve_command(market_file: Path, out: Path | None, effort: str, seed: int, time_limit: float | None) -> None:
    """Find the best plan for a market; progress goes to standard error."""
    market = _market(market_file)
    if out is not None and not out.parent.is_dir():
        _unusable(f"{out}: the folder {out.parent} does not exist")
    output = _own_output()
    stop = threading.Event()
    display = _Display()
    outcome: list[Plan | BaseException] = []

    def run() -> None:
        try:
            outcome.append(
                solve(market, effort=effort, seed=seed, time_limit=time_limit, progress=display, stop=stop.is_set)
            )
        except BaseException as error:
            outcome.append(error)

    previous = signal.signal(signal.SIGINT, lambda number, frame: _interrupted(stop, number, frame))
    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    while worker.is_alive():  # the main thread stays free to hear Ctrl-C
        worker.join(0.1)
    signal.signal(signal.SIGINT, previous)
    display.end()
    plan = outcome[0]
    if isinstance(plan, MemoryError):
        _unusable(f"{market_file}: this market needs more memory than the machine has")
    if isinstance(plan, BaseException):
        raise plan
    _write(plan, out, output)


@main.command("check")
@click.argument("market_file", type=click.Path(path_type=Path), metavar="MARKET.JSON")
@click.argument("plan_file", type=click.Path(path_type=Path), metavar="PLAN.JSON")
def check_command(market_file: Path, plan_file: Path) -> None:
    """List every rule a plan breaks and each goal's value; exit status 1 where it breaks one."""
    market = _market(market_file)
    try:
        plan = Plan.read(plan_file)
    except UnusableError as error:
        _unusable(*(f"{plan_file}: {fault}" for fault in error.faults))
    report = check(market, plan)
    for fault in report.faults:
        click.echo(f"fault  {fault}")
    for note in report.notes:
        click.echo(f"note   {note}")
    for goal, value in report.goals.items():
        click.echo(f"goal   {goal} {value}")
    click.echo(f"{len(plan.placements)} placements, {len(report.faults)} faults")
    sys.exit(1 if report.faults else 0)


def _market(path: Path) -> Market:
    try:
        return Market.read(path)
    except UnusableError as error:
        _unusable(*(f"{path}: {fault}" for fault in error.faults))


def _unusable(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(UNUSABLE)


def _interrupted(stop: threading.Event, number: int, frame: FrameType | None) -> None:
    """The first Ctrl-C asks for the best plan so far; a second one ends at once."""
    if stop.is_set():
        os._exit(130)
    stop.set()


def _own_output() -> int:
    """Keep standard output for the plan alone: HiGHS prints a line of its own into it now and then."""
    own = os.dup(1)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.close(silence)
    return own


def _write(plan: Plan, out: Path | None, output: int) -> None:
    """Whole or not at all: a plan file never stands half written under its name."""
    if out is None:
        with os.fdopen(output, "wb") as own:
            own.write(plan.text().encode())
        return
    half = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        half.write_bytes(plan.text().encode())
        os.replace(half, out)
    except OSError as error:
        half.unlink(missing_ok=True)
        _unusable(f"{out}: the plan cannot be written: {error.strerror}")


class _Display:
    """Progress on standard error: one line that changes on a terminal, plain lines else."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = ""

    def __call__(self, progress: Progress) -> None:
        line = self._line(progress)
        if line == self._last:
            return
        self._last = line
        stamp = f"{progress.seconds:7.1f} s  {line}"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[2K{stamp}")
        else:
            sys.stderr.write(f"{stamp}\n")
        sys.stderr.flush()

    def _line(self, progress: Progress) -> str:
        if progress.goal is None:
            return progress.phase
        value = "–" if progress.value is None else f"{progress.value:,}"
        bound = "–" if progress.bound is None else f"{progress.bound:,}"
        gap = progress.gap
        shown = "" if gap is None else f"  gap {gap:.2%}"
        bar = ""
        if self._terminal and gap is not None:
            filled = round(20 * (1 - min(1.0, gap)))
            bar = f"  [{'█' * filled}{'·' * (20 - filled)}]"
        return f"{progress.goal}  value {value}  bound {bound}{shown}{bar}"

    def end(self) -> None:
        if self._terminal and self._last:
            sys.stderr.write("\n")


if __name__ == "__main__":
    main()
