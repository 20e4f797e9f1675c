"""A start with a mistake in it stops with one clear line and never with a traceback."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import data
from matching.market import GOALS
from platsverket.config import CHOICES, ROOT, Config, ConfigError, load

SECRET = {"PLATSVERKET_SECRET_KEY": "x" * 40}


def test_the_file_holds_every_setting_with_its_default() -> None:
    """config.toml as delivered is the defaults, and says so for each setting."""
    loaded = load(ROOT / "config.toml", SECRET)
    assert loaded == Config(secret_key=SECRET["PLATSVERKET_SECRET_KEY"])
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    for section in ("site", "database", "sign_in", "offers", "rounds", "jobs", "mail", "places", "statistics"):
        assert f"[{section}]" in text
        for name in getattr(loaded, section).__dataclass_fields__:
            assert f"\n{name} = " in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[offers]\nvalid_dys = 3", 'unknown setting "offers.valid_dys"'),
        ("colour = 1", 'unknown setting "colour"'),
        ('[offers]\nvalid_days = "3"', '"offers.valid_days" must be a whole number'),
        ("[offers]\nvalid_days = 0", "must be at least 1"),
        ("[offers]\nvalid_days = true", "must be a whole number"),
        ('[jobs]\nrunner = "cron"', "must be one of thread, worker"),
        ('offers = "x"', "is a section"),
        ("[site]\nlanguages = []", "must be a list"),
        ('[site]\nlanguages = ["sv", "xx"]', '"site.languages" may hold sv, en'),
        ('[rounds]\ngoals = ["most_seat"]', '"rounds.goals" may hold most_seats'),
        ('[rounds]\ngoals = ["best_fit", "best_fit"]', "each once"),
        ("[jobs]\nlease_seconds = 99999999999999", "at most 100000"),
        ("[mail]\ndigest_hour = 24", "at most 23"),
        ('[site]\naddress = "platsverket.se"', '"site.address" must be where'),
        ("[site", "cannot be read"),
        ('[map]\ntiles = "http://tiles.example/{z}/{x}/{y}.png"', '"map.tiles" must be an address'),
        ('[map]\ntiles = "https://tiles.example/{z}/{x}.png"', '"map.tiles" must be an address'),
        ("[map]\ntiles = \"https://a.example; script-src 'unsafe-inline'/{z}/{x}/{y}\"", '"map.tiles" must be'),
        ('[map]\ntiles = "https://tiles.example/{z}/{x}/{y}.png"', '"map.attribution" must say'),
        ('[places]\nprovider = "nominatim"', "nominatim_domain"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    """Each mistake names the setting and what it should be."""
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file, SECRET)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_goal_of_the_engine_can_be_configured() -> None:
    assert CHOICES["rounds.goals"] == GOALS


@pytest.mark.parametrize("env", [{}, {"PLATSVERKET_SECRET_KEY": "short"}])
def test_outside_the_demo_a_missing_or_weak_secret_stops_the_start(env: dict[str, str]) -> None:
    """Nothing is served with a secret that can be guessed."""
    with pytest.raises(ConfigError, match="PLATSVERKET_SECRET_KEY"):
        load(ROOT / "config.toml", env)


@pytest.mark.parametrize(
    ("command", "env", "says"),
    [
        (["serve"], {}, "PLATSVERKET_SECRET_KEY"),
        (["init"], {"PLATSVERKET_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "does not answer"),
        (["init"], {"PLATSVERKET_DATABASE_URL": "hello"}, "database address"),
        (["init"], {"PLATSVERKET_DATABASE_URL": "postgresql://127.0.0.1:port/x"}, "database address"),
        (["init"], {"PLATSVERKET_DATABASE_URL": "sqlite:///ROOT/README.md"}, "not a database"),
        (["init"], {"PLATSVERKET_DATABASE_URL": "mysql://x/y"}, "not supported"),
        (["init"], {"PLATSVERKET_DATABASE_URL": "sqlite:///TMP/no/folder/x"}, "x.sqlite/no/folder does not exist"),
        (["init"], {"PLATSVERKET_CONFIG": "no-such-file.toml"}, "is missing"),
        (["demo", "--county", "Atlantis", "--out", "x.json"], {}, "no county"),
        (["serve", "--demo"], {"PORT": "eighty", "PLATSVERKET_DATABASE_URL": "sqlite:///TMP"}, "PORT"),
    ],
)
def test_commands_answer_mistakes_with_one_line(
    tmp_path: Path, command: list[str], env: dict[str, str], says: str
) -> None:
    """Exit status 2, one line on standard error, no traceback."""
    env = {name: value.replace("TMP", str(tmp_path / "x.sqlite")) for name, value in env.items()}
    env = {name: value.replace("ROOT", str(ROOT)) for name, value in env.items()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PLATSVERKET_")}
    run = [sys.executable, "-m", "platsverket.cli", *command]
    done = subprocess.run(run, env={**clean, **env}, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_help_names_an_organisation_that_exists() -> None:
    """What stands as an example can be typed as it stands."""
    run = [sys.executable, "-m", "platsverket.cli", "user", "--help"]
    told = subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    (name,) = re.findall(r'"([^":]+):case_officer"', " ".join(told.split()))
    assert name in {organisation.name for organisation in data.organisations()}


def test_a_taken_port_stops_the_start_with_one_line(tmp_path: Path) -> None:
    """Said before any market is drawn, not after."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        env = {**os.environ, "PORT": port, "PLATSVERKET_DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite"}
        run = [sys.executable, "-m", "platsverket.cli", "demo", "--serve"]
        done = subprocess.run(run, env=env, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert done.returncode == 2
    assert (
        done.stderr.strip() == f"Port {port} on 127.0.0.1 cannot be used: another program uses it. Set PORT to another."
    )
    assert not list(tmp_path.iterdir())
