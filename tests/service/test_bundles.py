"""A published round is exported as files that anyone can check, and solved once more from them years later."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from platsverket import bundles, decisions, rounds
from platsverket.cli import main
from platsverket.models import MatchRound
from tests.factories import Factory


@pytest.fixture
def published(make: Factory) -> MatchRound:
    """A round with a decision, run twice and published."""
    by = make.coordinator()
    offers = [make.offer(make.agency(), seats=6) for _ in range(2)]
    needs = [make.need(make.agency(), seats=4) for _ in range(3)]
    match_round = make.matched(by)
    bar = {"kind": "bar", "need": needs[0].ref, "agency": None, "offer": offers[0].ref, "start": None}
    decisions.decide(make.session, make.identity(by), make.config, match_round.ref, {**bar, "reason": "Vattenskada."})
    make.run(by, match_round)
    rounds.publish(make.session, make.identity(by), make.config, match_round.ref, match_round.runs[-1].ref)
    make.session.rollback()
    return match_round


def _call(make: Factory, *arguments: object) -> Result:
    env = {"PLATSVERKET_DATABASE_URL": make.config.database.url}
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=env)


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_an_exported_round_is_solved_again_to_the_same_outcome(
    make: Factory, published: MatchRound, tmp_path: Path, name: str
) -> None:
    """One command writes the bundle, one says that the outcome is the same; decisions stand in it."""
    where = tmp_path / name
    assert _call(make, "export", published.ref, "--out", where).exit_code == 0
    files = bundles.read(where)
    manifest, told = json.loads(files["bundle.json"]), json.loads(files["decisions.json"])
    assert (manifest["run"]["number"], manifest["round"]["name"]) == (2, "Omgång 1")
    assert set(manifest["versions"]) == {"matching", "ortools"} and manifest["policy"]["goals"][0] == "most_seats"
    assert [(d["reason"], d["kind"]) for d in told] == [("Vattenskada.", "bar")] and told[0]["made_by"]
    answer = _call(make, "replay", where)
    assert answer.exit_code == 0 and "The same outcome: 2 placements" in answer.output


def test_the_same_round_is_the_same_archive(make: Factory, published: MatchRound, tmp_path: Path) -> None:
    """Written twice, not a byte differs."""
    for name in ("one.zip", "two.zip"):
        _call(make, "export", published.ref, "--out", tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_what_was_altered_or_comes_out_otherwise_is_told(make: Factory, published: MatchRound, tmp_path: Path) -> None:
    """A changed value, a changed market and a lost placement each end with status 1 and a line that says what."""
    _call(make, "export", published.ref, "--out", tmp_path)
    kept = bundles.read(tmp_path)
    plan = json.loads(kept["plan.json"])
    plan["goals"][0]["value"] -= 1
    lost = {**json.loads(kept["plan.json"]), "placements": plan["placements"][:1]}
    market = json.loads(kept["market.json"])
    market["offers"][0]["seats"] = 60
    for changed, said in (
        ({"plan.json": plan}, "The kept plan breaks a rule"),
        ({"plan.json": lost}, "1 placements differ"),
        ({"market.json": market}, "market.json is not as it was exported"),
    ):
        bundles.write({**kept, **{name: json.dumps(value) for name, value in changed.items()}}, tmp_path)
        answer = _call(make, "replay", tmp_path)
        assert answer.exit_code == 1 and said in answer.output, answer.output
        assert "is not as it was exported" in answer.output


def test_a_stopped_run_is_told_apart(make: Factory, published: MatchRound, tmp_path: Path) -> None:
    """What was stopped before it was done cannot be expected to come out the same, and is not called another truth."""
    _call(make, "export", published.ref, "--out", tmp_path)
    kept = bundles.read(tmp_path)
    plan = {**json.loads(kept["plan.json"]), "status": "cut_short"}
    found = bundles.replay({**kept, "plan.json": json.dumps(plan)})
    assert found.stopped and not found.same
    assert not replace(found, identical=True).same  # a hash that has changed speaks against it all the same


@pytest.mark.parametrize("broken", ["missing", "no zip", "no json", "other format", "no market", "half a zip"])
def test_what_is_no_bundle_is_answered_with_one_line(
    make: Factory, published: MatchRound, tmp_path: Path, broken: str
) -> None:
    """No traceback, exit status 2, and the file is named."""
    where = tmp_path / "bundle"
    _call(make, "export", published.ref, "--out", where)
    if broken == "missing":
        (where / "plan.json").unlink()
    elif broken in ("no zip", "half a zip"):
        where = tmp_path / "bundle.zip"
        where.write_bytes(b"no zip at all")
        if broken == "half a zip":
            with zipfile.ZipFile(where, "w") as archive:
                archive.writestr("market.json", "{}")
    else:
        name, text = {
            "no json": ("bundle.json", "{"), "other format": ("bundle.json", "[]"), "no market": ("market.json", "{}")
        }[broken]  # fmt: skip
        (where / name).write_text(text, encoding="utf-8")
    answer = _call(make, "replay", where)
    assert answer.exit_code == 2 and len(answer.stderr.strip().splitlines()) == 1, answer.output
    assert "bundle" in answer.stderr or "market.json" in answer.stderr
    assert _call(make, "export", "2222222222").exit_code == 2
