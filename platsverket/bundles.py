"""A round as files that anyone can keep, check and solve once more: market, plan, decisions, versions, hashes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

import matching
from platsverket import runs
from platsverket.access import Identity
from platsverket.models import Decision, MatchRound, Run

FORMAT = "platsverket-bundle/1"
PARTS = ("market.json", "plan.json", "decisions.json")
MANIFEST = "bundle.json"
MOST_BYTES = 512_000_000  # of one file: a national market has 2 MB
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same bundle is the same archive, whenever it is written


class BundleError(Exception):
    """One line that says what is wrong with a bundle."""


def of_run(session: Session, by: Identity, match_round: MatchRound, run: Run) -> dict[str, str]:
    """The files of a finished run, by name: what the engine was given and found, who decided what, and the hashes.

    Raises what ``runs.exported`` refuses.
    """
    market, plan = runs.exported(session, by, match_round.ref, run.ref)
    made = [_decision(d) for d in match_round.decisions]
    files = {"market.json": _text(market), "plan.json": _text(plan), "decisions.json": _text(made)}
    days = ("opens_on", "freezes_on", "publishes_on", "answer_by")
    manifest = {
        "format": FORMAT,
        "round": {
            "ref": match_round.ref, "name": match_round.name, "set_aside": match_round.set_aside,
            **{name: getattr(match_round, name).isoformat() for name in days},
            "frozen_at": _moment(match_round.frozen_at), "published_at": _moment(match_round.published_at),
        },
        "run": {
            "ref": run.ref, "number": run.number, "effort": run.effort, "seed": run.seed,
            "requested_at": _moment(run.requested_at), "published_at": _moment(run.published_at),
        },
        "policy": market["policy"],
        "versions": plan["versions"],
        "market_sha256": run.market_sha256,
        "sha256": {name: _hash(text) for name, text in files.items()},
    }  # fmt: skip
    return {**files, MANIFEST: _text(manifest)}


def _decision(d: Decision) -> dict[str, Any]:
    return {
        "ref": d.ref, "kind": d.kind, "need": d.need.ref if d.need else None,
        "agency": d.agency.ref if d.agency else None, "offer": d.offer.ref,
        "start": d.start.isoformat() if d.start else None, "reason": d.reason, "made_by": d.made_by.name,
        "made_at": _moment(d.made_at), "stands_until": d.stands_until.isoformat() if d.stands_until else None,
        "removed_at": _moment(d.removed_at),
    }  # fmt: skip


def _moment(value: Any) -> str | None:
    return value.isoformat() if value else None


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(files: dict[str, str], where: Path) -> None:
    """Write a bundle as a folder, or as one file where the name ends in .zip; raises OSError."""
    if where.suffix.lower() != ".zip":
        where.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (where / name).write_text(text, encoding="utf-8")
        return
    where.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(where, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), text.encode(), zipfile.ZIP_DEFLATED)


def read(where: Path) -> dict[str, str]:
    """The files of a bundle, from a folder or an archive; raises BundleError with one line."""
    names = (*PARTS, MANIFEST)
    try:
        if where.is_dir():
            return {name: (where / name).read_text(encoding="utf-8") for name in names}
        with zipfile.ZipFile(where) as archive:
            if any(archive.getinfo(name).file_size > MOST_BYTES for name in names):
                raise BundleError(f"{where} unpacks to more than a bundle ever holds.")
            return {name: archive.read(name).decode("utf-8") for name in names}
    except KeyError as error:
        raise BundleError(f"{where} is no bundle: {error.args[0]}") from None
    except FileNotFoundError as error:
        raise BundleError(f"{where} is no bundle: {Path(str(error.filename)).name} is missing.") from None
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError, RuntimeError) as error:
        raise BundleError(f"{where} cannot be read: {error}.") from None


@dataclass(frozen=True)
class Replay:
    """What solving a bundle once more showed; ``same`` only where nothing at all speaks against it."""

    altered: list[str]  # files that no longer have the hash that the bundle names
    faults: list[str]  # rules that the kept plan breaks, and goal values that it states wrongly
    stopped: bool  # the run was stopped before it was done: no solve can stop at the same point
    versions: tuple[dict[str, str], dict[str, str]]  # then and now
    placements: int
    differing: int  # placements that one of the two plans has and the other has not
    goals: list[tuple[str, Any, Any]]  # goal, kept value and bound, and those of now, where they differ
    identical: bool  # all of the plan but its seconds and versions

    @property
    def same(self) -> bool:
        return self.identical and not (self.altered or self.faults)


def replay(files: dict[str, str]) -> Replay:
    """Check a bundle and solve its market once more, as its run was solved; raises BundleError for what is unusable."""
    manifest, market, plan = _usable(files)
    sums = manifest.get("sha256")
    sums = sums if isinstance(sums, dict) else {}
    altered = [name for name in PARTS if sums.get(name) != _hash(files[name])]
    if manifest.get("market_sha256") != market.sha256 and "market.json" not in altered:
        altered.append("market.json")
    report = matching.check(market, plan)
    found = matching.solve(market, effort=plan.effort, seed=plan.seed)
    kept, now = _comparable(plan), _comparable(found)
    places = [{json.dumps(p, sort_keys=True) for p in one["placements"]} for one in (kept, now)]
    goals = [{g["goal"]: (g["value"], g["bound"]) for g in one["goals"]} for one in (kept, now)]
    return Replay(
        altered=altered,
        faults=[str(fault) for fault in report.faults],
        stopped=plan.status == "cut_short",
        versions=(dict(plan.versions), dict(found.versions)),
        placements=len(plan.placements),
        differing=len(places[0] ^ places[1]),
        goals=[(n, *pair) for n in goals[0] | goals[1] if len(set(pair := [g.get(n) for g in goals])) > 1],
        identical=kept == now,
    )


def _usable(files: dict[str, str]) -> tuple[dict[str, Any], matching.Market, matching.Plan]:
    try:
        manifest = json.loads(files[MANIFEST])
    except ValueError:
        raise BundleError(f"{MANIFEST} is not JSON that can be understood.") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BundleError(f'{MANIFEST} is not of the format "{FORMAT}".')
    try:
        market, plan = (files[name].encode() for name in PARTS[:2])
        return manifest, matching.Market.read(market), matching.Plan.read(plan)
    except (matching.MarketError, matching.PlanError) as error:
        kind = "market.json" if isinstance(error, matching.MarketError) else "plan.json"
        raise BundleError(f"{kind} cannot be used: {error.faults[0]}") from None


def _comparable(plan: matching.Plan) -> dict[str, Any]:
    return {name: value for name, value in plan.to_json().items() if name not in ("seconds", "versions")}
