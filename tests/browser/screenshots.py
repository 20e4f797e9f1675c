"""Screenshots of the main pages of a demo county, at the widths of a computer and of a telephone: make screenshots.

All land in var/screenshots; the four that README shows are put where README finds them.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner
from playwright.sync_api import sync_playwright

from platsverket import demo
from platsverket.cli import main as command
from platsverket.config import ROOT, load
from platsverket.database import this_day
from tests.browser.conftest import CHROMIUM, FLAGS, served
from tests.browser.person import Person

SIZES = {1280: 900, 390: 844}
SHOWN = {("start", 1280): "start.png", ("search-map", 1280): "map.png", ("outcome", 1280): "outcome.png",
         ("request-form", 390): "form.png"}  # fmt: skip
OFFICER, LEAD, COORDINATOR = (user.email for user in demo.USERS[:3])


def pages(found: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Each picture's person and address."""
    first = this_day() + timedelta(days=60)
    window = f"earliest_start={first}&latest_start={first + timedelta(days=28)}&days=28"
    search = f"place=Stockholm&max_km=10&seats=4&{window}&weekdays=tue"
    return {
        "start": ("", "/"), "statistics": ("", "/statistics"), "offer-steps": (OFFICER, "/"),
        "offers": (OFFICER, "/offers?mine=1"), "offer-form": (OFFICER, "/offers/new"),
        "search": (LEAD, f"/offers?{search}"), "search-map": (LEAD, f"/offers?{search}&view=map"),
        "request-form": (LEAD, "/needs/new"), "proposals": (LEAD, "/proposals"), "rounds": (COORDINATOR, "/rounds"),
        "round": (COORDINATOR, found["round"]), "outcome": (COORDINATOR, found["run"]),
        "outcome-map": (COORDINATOR, f"{found['run']}/map"), "timeline": (COORDINATOR, f"{found['round']}/timeline"),
    }  # fmt: skip


def take(folder: Path, browser: Any, site: Any) -> Iterator[tuple[str, int, Path]]:
    people: dict[str, Any] = {"": browser.new_context(locale="sv-SE", base_url=site.url).new_page()}
    for email in (OFFICER, LEAD, COORDINATOR):
        people[email] = Person(browser, site, email, password=demo.PASSWORD).page
    desk = people[COORDINATOR]
    desk.goto("/rounds")
    found = {"round": desk.locator("main a[href^='/rounds/']:not([href$='/new'])").first.get_attribute("href")}
    desk.goto(found["round"])
    links = desk.locator("main a[href*='/runs/']").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    found["run"] = next(link for link in links if re.search(r"/runs/[0-9a-z]{10}$", link))
    for name, (email, path) in pages(found).items():
        for width, height in SIZES.items():
            people[email].set_viewport_size({"width": width, "height": height})
            people[email].goto(path, wait_until="networkidle")
            file = folder / f"{name}-{width}.png"
            people[email].evaluate("document.querySelector('.with-map')?.scrollIntoView()")
            people[email].screenshot(path=file)
            yield name, width, file


def run() -> None:
    folder = ROOT / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        os.environ["PLATSVERKET_DATABASE_URL"] = f"sqlite:///{place}/demo.sqlite"
        filled = CliRunner().invoke(command, ["demo", "--size", "county"])
        if filled.exit_code:
            raise SystemExit(filled.output)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--lang=sv-SE"], env={**os.environ, "LANGUAGE": "sv"}
        )
        with served(load(demo=True)) as site:
            for name, width, file in take(folder, browser, site):
                click.echo(file.relative_to(ROOT))
                if (name, width) in SHOWN:
                    shutil.copy(file, ROOT / "platsverket" / "assets" / "pictures" / SHOWN[name, width])
        browser.close()


if __name__ == "__main__":
    run()
