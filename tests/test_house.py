"""The house keeps its own rules: what may stand at the top, no names of registries or machines, tables as migrated."""

import re
import subprocess
from pathlib import Path

from alembic import command
from sqlalchemy import text

from platsverket.config import ROOT
from platsverket.database import connect
from platsverket.migrations import settings, upgrade

TOP = {
    "platsverket", "matching", "data", "tests", "config.toml", "pyproject.toml", "README.md", "Makefile", "LICENSE",
    "NOTICE", ".ci", ".gitignore", "requirements.txt", "requirements-test.txt",
}  # fmt: skip


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def test_the_top_level_holds_only_what_is_agreed() -> None:
    """Nothing is added beside the service, the engine, the data, the tests and what tools demand."""
    assert {name.split("/")[0] for name in _tracked()} <= TOP


def test_no_registry_is_named() -> None:
    """Lock files hold hashes, never where packages come from."""
    hosts = re.compile("(py" + r"pi|npm" + r"js|python" + r"hosted|debian)\.(org|com|net)")
    for name in _tracked():
        if Path(name).suffix in (".txt", ".json", ".toml", ".md", ".py", ".mjs", "") and (ROOT / name).is_file():
            assert not hosts.search((ROOT / name).read_text(encoding="utf-8", errors="replace")), name


def test_migrations_give_what_the_models_say_and_go_back(database_url: str) -> None:
    """Both databases: nothing left to migrate, and the last step can be undone and done again."""
    engine = connect(database_url)
    command.check(settings(engine))
    command.downgrade(settings(engine), "base")
    upgrade(engine)
    command.check(settings(engine))
    engine.dispose()


def test_events_can_neither_be_changed_nor_deleted(database_url: str) -> None:
    """The database itself refuses, also to somebody who writes SQL by hand; so it does to overbooking."""
    engine = connect(database_url)
    stored = (
        "INSERT INTO event (id, at, kind, noun, noun_ref, data) VALUES (1, '2027-01-01', 'x', 'offer', 'abc', '{}')"
    )
    with engine.begin() as connection:
        connection.execute(text(stored))
    for attack in (
        "UPDATE event SET kind = 'y'",
        "DELETE FROM event",
        "INSERT INTO seat_day (offer_id, day, capacity, agreed, held) VALUES (1, '2027-01-01', 4, 3, 2)",
        "INSERT INTO seat_day (offer_id, day, capacity, agreed, held) VALUES (999, '2027-01-01', 4, 1, 0)",
    ):
        refused = False
        try:
            with engine.begin() as connection:
                connection.execute(text(attack))
        except Exception:  # each database has its own way to say no
            refused = True
        assert refused, attack
    engine.dispose()
