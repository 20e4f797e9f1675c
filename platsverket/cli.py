"""The commands: set up, demo, serve, work off rounds, people, export; mistakes answer with one line."""

from __future__ import annotations

import errno
import functools
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from platsverket import accounts, agencies, bundles, demo
from platsverket.access import ANONYMOUS, Identity
from platsverket.clock import Clock
from platsverket.config import Config, ConfigError, load
from platsverket.database import connect, ping, sessions, this_day, writing
from platsverket.errors import Refused
from platsverket.jobs import Worker
from platsverket.migrations import upgrade
from platsverket.models import Agency, MatchRound, Run
from platsverket.schemas import AccountSchema
from platsverket.schemas import load as load_values

out = Console(highlight=False)
SIZES = ("national", "county", "load")


def _plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Answer what a person can mend with one line and exit status 2."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        from data import RegisterError

        try:
            command(*args, **kwargs)
        except (ConfigError, RegisterError) as error:
            click.echo(str(error), err=True)
            sys.exit(2)
        except Refused as refused:
            click.echo(_said(refused), err=True)
            sys.exit(2)

    return run


def _said(refused: Refused) -> str:
    """A refusal in English, for a terminal."""
    from flask import Flask
    from flask_babel import Babel, force_locale

    from platsverket.words import sentence

    app = Flask("platsverket")
    Babel(app)
    with app.app_context(), force_locale("en"):
        if not refused.fields:
            return sentence(refused)
        return " ".join(f"{name}: {sentence(f)}" for name, faults in refused.fields.items() for f in faults)


@click.group()
def main() -> None:
    """Platsverket: lets Sweden's public sector share its premises."""
    logging.basicConfig(level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _database(config: Config) -> Any:
    engine = connect(config.database.url, config.database.lock_wait_seconds)
    ping(engine)
    upgrade(engine)
    return sessions(engine)


@main.command()
@_plainly
def init() -> None:
    """Create or upgrade the database and store the registers' organisations."""
    with _database(load(serving=False))() as session:
        added = writing(agencies.store_register)(session)
    out.print(f"The database is ready; {added} organisations were added.")


@main.command("demo")
@click.option("--size", type=click.Choice(SIZES), default="national", show_default=True, help="A preset of the recipe.")
@click.option("--offers", type=click.IntRange(1, 100_000), help="Number of offers, instead of the preset's.")
@click.option("--needs", type=click.IntRange(1, 100_000), help="Number of requests, instead of the preset's.")
@click.option("--county", help="Only this county (code or name).")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Draws the market.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The market's day; today when left out.")
@click.option(
    "--out", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write a market file, store nothing."
)
@click.option("--serve", is_flag=True, help="Serve the site when the first round is matched.")
@_plainly
def demo_command(
    size: str,
    offers: int | None,
    needs: int | None,
    county: str | None,
    seed: int,
    as_of: Any,
    file: Path | None,
    serve: bool,
) -> None:
    """Draw a realistic market from the registers; store it with a first match round, or write it to a file."""
    asked: dict[str, Any] = {"size": size, "offers": offers, "needs": needs, "county": county, "seed": seed}
    day = as_of.date() if as_of else this_day()
    if file is not None:
        _write(file, _drawn(day, **asked).market())
        return
    config = load(demo=True)
    if serve:
        _address()  # a taken port is better said before the work than after
    make = _database(config)
    with make() as session:
        if not demo.filled(session):
            with out.status("Drawing a market from the registers …"):
                drawn = _drawn(day, **asked)
                demo.fill(session, config, drawn, seed)
            out.print(f"Stored {len(drawn.offers)} offers and {len(drawn.needs)} requests.")
        _match_first(session, make, config)
    _tell_sign_ins()
    if serve:
        _serve(config)


def _drawn(day: date, *, size: str, offers: int | None, needs: int | None, county: str | None, seed: int) -> Any:
    from data import recipe

    preset_offers, preset_needs = recipe.PRESETS[size]
    county = county or ("Stockholms län" if size == "county" else None)
    try:
        code = recipe.county_code(county) if county else None
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return recipe.draw(offers or preset_offers, needs or preset_needs, county=code, seed=seed, as_of=day)


def _write(file: Path, content: dict[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.") from None


def _match_first(session: Session, make: Any, config: Config) -> None:
    run = demo.first_round(session, config)
    if run is not None:
        _watch(session, Worker(make, config), run)
    done = demo.first_outcome(session)
    if done is None:
        raise ConfigError("The first run failed; what happened stands above. Start again to try once more.")
    out.print(_table(done))


def _watch(session: Session, worker: Worker, run: Run) -> None:
    """Work off the run while showing how far it is."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    worker.start()
    try:
        with Progress(*columns, console=out, transient=True) as bar:
            task = bar.add_task("Matching", total=None)
            while run.ended_at is None:
                time.sleep(0.3)
                session.rollback()
                session.refresh(run)
                bar.update(task, description=_how_far(run.progress))
            session.rollback()
    finally:
        worker.stop()


def _how_far(progress: dict[str, Any]) -> str:
    goal, value, bound = progress.get("goal"), progress.get("value"), progress.get("bound")
    if not goal:
        return f"Matching: {progress.get('phase', 'starting')}"
    return f"Matching: {goal} {'–' if value is None else value} of at most {'–' if bound is None else bound}"


def _table(run: Run) -> Table:
    summary = run.summary
    title = f"{run.match_round.name}, run {run.number}: {summary['status']}"
    table = Table(title=title, title_justify="left")
    for name in ("", "reached", "of", "share"):
        table.add_column(name, justify="left" if not name else "right")
    placed = [("requests placed", summary["placed"], summary["needs"])]
    placed += [("requests unplaced", summary["unplaced"], summary["needs"])]
    placed += [("seats placed", summary["seats_placed"], summary["seats_asked"])]
    bounds = [(f"{g['goal']}, proven bound", g["value"], g["bound"]) for g in summary["goals"]]
    for name, value, whole in placed + bounds:
        share = f"{value / whole:.1%}" if whole else "–"
        table.add_row(name, f"{value:,}", "–" if whole is None else f"{whole:,}", share)
    return table


def _tell_sign_ins() -> None:
    table = Table(title=f"Sign in with the password {demo.PASSWORD}", title_justify="left")
    table.add_column("e-mail")
    table.add_column("role")
    for person in demo.USERS:
        table.add_row(person.email, (person.role or "administrator").replace("_", " "))
    out.print(table)


@main.command()
@click.option("--demo", "as_demo", is_flag=True, help="Plain http on this machine, with the demo's own secret.")
@_plainly
def serve(as_demo: bool) -> None:
    """Serve the site on PORT (8000), on the address HOST (127.0.0.1)."""
    config = load(demo=as_demo)
    _database(config)
    _serve(config)


def _serve(config: Config) -> None:
    from platsverket.serving import Server

    host, port = _address()
    out.print(f"Platsverket is served on http://{host}:{port}. Stop it with Ctrl-C.")
    Server(config, host, port).run()


def _address() -> tuple[str, int]:
    """Where to serve; a port that cannot be had stops the start with one line."""
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(f'PORT must be a number from 1 to 65535, not "{port}".')
    try:
        socket.create_server((host, int(port))).close()
    except OSError as error:
        reason = "another program uses it" if error.errno == errno.EADDRINUSE else error.strerror
        raise ConfigError(f"Port {port} on {host} cannot be used: {reason}. Set PORT to another.") from None
    return host, int(port)


@main.command()
@_plainly
def worker() -> None:
    """Work off match rounds and keep the clock until stopped, in a process of its own (jobs.runner = "worker")."""
    config = load(serving=False)
    make = _database(config)
    one, clock = Worker(make, config), Clock(make, config)
    clock.start()
    try:
        one.run()
    except KeyboardInterrupt:
        one.stop()
    finally:
        clock.stop()


@main.command()
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--administrator", is_flag=True, help="May manage accounts.")
@click.option("--role", "roles", multiple=True, help='"organisation:role", such as "Skatteverket:case_officer".')
@_plainly
def user(email: str, name: str, administrator: bool, roles: tuple[str, ...]) -> None:
    """Add a person and print their first password."""
    with _database(load(serving=False))() as session:
        values = {"email": email, "name": name, "is_administrator": administrator, "roles": _roles(session, roles)}
        loaded = load_values(AccountSchema(), values)
        _, password = writing(accounts.add)(session, ANONYMOUS, loaded)
    out.print(f"{email} can sign in with the password {password}")


def _roles(session: Session, roles: tuple[str, ...]) -> list[str]:
    found = []
    for entry in roles:
        name, _, role = entry.rpartition(":")
        refs = session.scalars(select(Agency.ref).where(Agency.name == name)).all()
        if len(refs) != 1:
            raise ConfigError(
                f'There is no organisation named "{name}". Run "platsverket init" first, or check the name.'
            )
        found.append(f"{refs[0]}:{role}")
    return found


@main.command("export")
@click.argument("round_ref")
@click.option(
    "--run", "number", type=click.IntRange(1), help="The run's number; the published or latest one when left out."
)
@click.option(
    "--out", "where", type=click.Path(path_type=Path), default=Path("."), show_default=True,
    help="A folder, or a file whose name ends in .zip.",
)  # fmt: skip
@_plainly
def export(round_ref: str, number: int | None, where: Path) -> None:
    """Write a run as a bundle: market, plan, decisions, versions and hashes, for "replay" and "python -m matching"."""
    with _database(load(serving=False))() as session:
        match_round = session.scalar(select(MatchRound).where(MatchRound.ref == round_ref))
        if match_round is None:
            raise ConfigError(f'There is no round "{round_ref}".')
        done = [r for r in match_round.runs if r.status == "done" and number in (None, r.number)]
        if not done:
            raise ConfigError("That round has no such finished run.")
        run = max(done, key=lambda r: (r.published_at is not None and not r.is_refill, r.number))
        steering = Identity(None, roles=frozenset({(0, "coordinator")}))
        files = bundles.of_run(session, steering, match_round, run)
    try:
        bundles.write(files, where)
    except OSError as error:
        raise ConfigError(f"{where} cannot be written: {error.strerror}.") from None
    out.print(f"Wrote run {run.number} of {match_round.name} to {where}: {', '.join(sorted(files))}.")


@main.command("replay")
@click.argument("where", type=click.Path(path_type=Path), metavar="BUNDLE")
@_plainly
def replay(where: Path) -> None:
    """Solve an exported run once more and say whether the outcome is the same; exit status 1 where it is not."""
    try:
        files = bundles.read(where)
        with out.status("Solving once more …"):
            found = bundles.replay(files)
    except bundles.BundleError as error:
        raise ConfigError(str(error)) from None
    for line in _replayed(found):
        click.echo(line)
    sys.exit(0 if found.same else 1)


def _replayed(found: bundles.Replay) -> Iterator[str]:
    """What a replay showed, line by line."""
    for name in found.altered:
        yield f"{name} is not as it was exported: its hash has changed."
    yield from (f"The kept plan breaks a rule: {fault}" for fault in found.faults)
    then, now = found.versions
    if then != now:
        yield "Solved then with {}, now with {}.".format(*(", ".join(map(" ".join, v.items())) for v in (then, now)))
    if found.identical:
        yield f"The same outcome: {found.placements} placements, every goal, every proven bound and every reason."
        return
    if found.stopped:
        yield "The run was stopped before it was done, so it cannot be expected to come out the same."
    yield f"Another outcome: {found.differing} placements differ."
    yield from (f"{goal}: kept {_reached(kept)}, now {_reached(new)}." for goal, kept, new in found.goals)


def _reached(result: tuple[int, int | None] | None) -> str:
    if result is None:
        return "not counted"
    value, bound = result
    return f"{value:,} with no proven bound" if bound is None else f"{value:,} of at most {bound:,}"


if __name__ == "__main__":
    main()
