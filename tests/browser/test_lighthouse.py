"""Lighthouse, as it sees pages on a telephone with a slow network: no faults, and quick."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import CHROMIUM
from tests.browser.furnished import NOBODY, Furnished

LIGHTHOUSE = Path(__file__).parent / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
LEAST = {"accessibility": 1.0, "best-practices": 1.0, "seo": 1.0, "performance": 0.95}
TRIES = 3  # it sometimes misses the beginning of its own recording, and other tests run on the machine at the same time


def test_the_pages_that_people_meet_first_leave_nothing_to_wish(furnished: Furnished, tmp_path: Path) -> None:
    """The start page, the search, a form and the desk reach what is asked of them in everything."""
    if not LIGHTHOUSE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Lighthouse is not installed, and CI must run it: make lighthouse installs it.")
        pytest.skip("Lighthouse is not installed: make lighthouse installs it (needs Node).")
    short = []
    for role, path in (
        (NOBODY, "/"),
        ("lead", "/offers"),
        ("lead", "/needs/new"),
        ("coordinator", f"/rounds/{furnished.round}/runs/{furnished.run}"),
    ):
        page = furnished.visitor(role)
        cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
        page.context.close()
        reached = _best(f"{furnished.site.url}{path}", cookies, tmp_path)
        short += [f"{path}: {name} {reached[name]}" for name, least in LEAST.items() if (reached[name] or 0) < least]
    assert not short, "\n".join(short)


def _best(url: str, cookies: str, folder: Path) -> dict[str, Any]:
    best: dict[str, Any] = dict.fromkeys(LEAST)
    for _ in range(TRIES):
        scores = _scores(url, cookies, folder / "report.json")
        best = {name: max(best[name] or 0, scores.get(name) or 0) for name in LEAST}
        if all(best[name] >= least for name, least in LEAST.items()):
            break
    return best


def _scores(url: str, cookies: str, report: Path) -> dict[str, Any]:
    command = [
        LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={report}", "--disable-full-page-screenshot",
        "--chrome-flags=--headless=new --no-sandbox", f"--only-categories={','.join(LEAST)}",
        f"--extra-headers={json.dumps({'Cookie': cookies})}",
    ]  # fmt: skip
    report.unlink(missing_ok=True)
    subprocess.run(command, env={**os.environ, "CHROME_PATH": str(CHROMIUM)}, timeout=120, check=False)
    if not report.exists():
        return {}
    return {name: part["score"] for name, part in json.loads(report.read_text())["categories"].items()}
