"""The two commands, as someone in a terminal meets them: files, exit statuses, Ctrl-C, one clear line for bad input."""

import json
import os
import signal
import subprocess
import sys

import pytest

from matching import Market, Plan, check
from tests.matching.markets import drawn, market, need, offer


def run(*arguments, timeout=60):
    done = subprocess.run(
        [sys.executable, "-m", "matching", *map(str, arguments)], capture_output=True, timeout=timeout, check=False
    )
    assert b"Traceback" not in done.stderr + done.stdout
    return done


@pytest.fixture
def market_file(tmp_path):
    path = tmp_path / "market.json"
    path.write_text(json.dumps(market([offer(), offer("o2", seats=5)], [need(f"n{i}") for i in range(5)])))
    return path


def crowded(size):
    """A market too hard to finish within a test: many needs of odd sizes over a few offers."""
    offers = [offer(f"o{i}", seats=50 + i) for i in range(8)]
    needs = [
        need(f"n{i}", seats=3 + i * 7 % 23, days=10 + i * 13 % 80, latest_start="2027-05-01", priority=1 + i % 3)
        for i in range(size)
    ]
    return market(offers, needs)


def test_solve_writes_a_plan_that_checks(market_file, tmp_path):
    """The plan goes to --out, progress to standard error, and check agrees with exit status 0."""
    out = tmp_path / "plan.json"
    done = run("solve", market_file, "--out", out, "--effort", "quick", "--seed", 3)
    assert done.returncode == 0 and done.stdout == b""
    assert b"most_seats  value 12  bound 12" in done.stderr and b"\x1b" not in done.stderr
    plan = Plan.read(out)
    assert (plan.status, plan.effort, plan.seed) == ("optimal", "quick", 3)
    assert check(Market.read(market_file), plan).faults == []
    checked = run("check", market_file, out)
    assert checked.returncode == 0 and b"goal   most_seats 12" in checked.stdout


def test_solve_writes_to_standard_output(market_file):
    done = run("solve", market_file)
    assert Plan.read(done.stdout).status == "optimal"


def test_check_names_every_fault(market_file, tmp_path):
    """Exit status 1, one line per fault with its ids and dates, and the true goal values."""
    out = tmp_path / "plan.json"
    run("solve", market_file, "--out", out)
    plan = json.loads(out.read_text())
    first = plan["placements"][0]
    plan["placements"] = [
        {**first, "need": f"n{i}", "offer": "o1", "start": "2027-02-01", "until": "2027-02-28"} for i in range(4)
    ]
    plan["placements"].append({**first, "need": "n4", "offer": "o2", "start": "2027-02-02"})
    out.write_text(json.dumps(plan))
    done = run("check", market_file, out)
    text = done.stdout.decode()
    assert done.returncode == 1
    assert 'fault  offer "o1", 2027-02-01: 16 seats in use, the offer has 10' in text
    assert 'fault  need "n4", offer "o2", 2027-02-02: breaks the rule' in text
    assert "fault  plan: the goal most_seats is worth 20, the plan states 12" in text


BAD = {
    "missing.json": None,
    "empty.json": b"",
    "latin.json": b'{"format": "\xe5"}',
    "half.json": b'{"format": "platsverket',
    "deep.json": b"[" * 300_000,
    "number.json": b"1",
    "binary.json": bytes(range(256)),
    "key.json": b'{"a\xc3\xa5\\n\\u0000": 1}',
}


@pytest.mark.parametrize("name", BAD)
def test_unusable_files_end_with_status_2(name, market_file, tmp_path):
    """A clear line on standard error that names the file, for a market as for a plan; nothing is solved."""
    path = tmp_path / name
    if BAD[name] is not None:
        path.write_bytes(BAD[name])
    for arguments in (("solve", path), ("check", path, path), ("check", market_file, path)):
        done = run(*arguments)
        assert done.returncode == 2 and done.stdout == b""
        lines = done.stderr.decode().splitlines()
        assert lines and all(str(path) in line and ": $" in line for line in lines)


def test_all_faults_of_a_market_are_listed(tmp_path):
    path = tmp_path / "market.json"
    path.write_text(json.dumps(market([offer(seats=0)], [need(days=0), need()])))
    done = run("solve", path, "--out", tmp_path / "plan.json")
    assert done.returncode == 2 and not (tmp_path / "plan.json").exists()
    assert [line.split(": ")[1] for line in done.stderr.decode().splitlines()] == [
        "$.offers[0].seats",
        "$.needs[0].days",
        "$.needs[1].id",
    ]


def test_a_folder_that_is_not_there_is_said_before_solving(market_file, tmp_path):
    done = run("solve", market_file, "--out", tmp_path / "none" / "plan.json")
    assert done.returncode == 2 and b"does not exist" in done.stderr


def test_time_limit_gives_a_valid_plan_marked_cut_short(tmp_path):
    path = tmp_path / "market.json"
    path.write_text(json.dumps(crowded(250)))
    out = tmp_path / "plan.json"
    assert run("solve", path, "--out", out, "--effort", "thorough", "--time-limit", 1).returncode == 0
    plan = Plan.read(out)
    assert plan.status == "cut_short" and plan.goals[0].bound is not None and plan.placements
    assert run("check", path, out).returncode == 0


def test_interrupt_returns_the_best_plan_so_far(tmp_path):
    """Ctrl-C during solve: exit status 0, a plan that checks, marked cut_short."""
    path, out = tmp_path / "market.json", tmp_path / "plan.json"
    path.write_text(json.dumps(crowded(250)))
    command = [sys.executable, "-m", "matching", "solve", str(path), "--out", str(out), "--effort", "thorough"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    for line in process.stderr:
        if b"most_seats" in line:
            process.send_signal(signal.SIGINT)
            break
    process.stderr.read()
    assert process.wait(60) == 0
    assert Plan.read(out).status == "cut_short"
    assert run("check", path, out).returncode == 0


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_drawn_market_goes_through_both_commands(seed, tmp_path):
    path, out = tmp_path / "market.json", tmp_path / "plan.json"
    path.write_text(json.dumps(drawn(seed)))
    assert run("solve", path, "--out", out).returncode == 0
    assert run("check", path, out).returncode == 0
