"""The clock is kept by the web process by default, and by ``platsverket worker`` where there is one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from platsverket import cli
from platsverket.clock import Clock
from platsverket.config import Config
from platsverket.jobs import Worker
from platsverket.serving import Server


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was started and stopped, in order."""
    done: list[str] = []
    for thing, name in ((Clock, "clock"), (Worker, "rounds")):
        for deed in ("start", "run", "stop"):
            monkeypatch.setattr(thing, deed, lambda _self, said=f"{name} {deed}": done.append(said))
    return done


@pytest.mark.parametrize(("runner", "started"), [("thread", ["rounds start", "clock start"]), ("worker", [])])
def test_the_web_process_keeps_the_clock_where_it_runs_rounds(
    web_config: Config, kept: list[str], runner: str, started: list[str]
) -> None:
    config = replace(web_config, jobs=replace(web_config.jobs, runner=runner))
    app = Server(config, "127.0.0.1", 0).load()
    assert kept == started
    app.extensions["platsverket"].engine.dispose()


def test_a_worker_keeps_the_clock_beside_its_rounds(sqlite_url: str, kept: list[str]) -> None:
    answer = CliRunner().invoke(cli.main, ["worker"], env={"PLATSVERKET_DATABASE_URL": sqlite_url})
    assert answer.exit_code == 0, answer.output
    assert kept == ["clock start", "rounds run", "clock stop"]
