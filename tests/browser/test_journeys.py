"""The three journeys in a real Chromium, from sign-in to agreement: once with script and once without."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.browser.person import Person


def _post_offer(person: Person, today: Any) -> None:
    """The case officer forgets the place, is told so beside it, keeps what was typed, and posts."""
    page = person.page
    page.goto("/offers/new")
    person.fill({"title": "Kontor vid stationen", "seats": "12", "area_m2": "180"})
    person.fill({"spans-0-from": str(today), "spans-0-until": str(today + timedelta(days=300))})
    person.tick("weekdays", "mon", "tue", "wed", "thu", "fri")
    person.tick("features-step_free", "yes")
    person.send()
    assert page.locator("head title").text_content().startswith("Fel:")
    assert page.locator(".ds-error-summary a[href='#f-place']").count() == 1
    assert page.input_value("#f-title") == "Kontor vid stationen"
    person.fill({"place": "Ostersund"})
    person.post()
    assert re.search(r"/offers/[2-9a-z]{10}$", page.url)
    assert "Östersund" in page.locator("main").inner_text()


def _post_need(person: Person, today: Any) -> None:
    page = person.page
    page.goto("/needs/new")
    person.fill({"title": "Projektrum för översynen", "place": "Östersund", "max_km": "12,5", "seats": "5"})
    first = today + timedelta(days=7)
    person.fill({"earliest_start": str(first), "latest_start": str(first + timedelta(days=28)), "days": "91"})
    person.tick("weekdays", "tue", "wed")
    person.tick("features-step_free", "must")
    person.post()
    assert re.search(r"/needs/[2-9a-z]{10}$", page.url)


def _run_round(person: Person, way: str) -> tuple[str, str]:
    """The coordinator opens, freezes and runs a round, looks at the outcome and publishes it; its two files."""
    page = person.page
    page.goto("/rounds/new")
    person.fill({"name": "Vårens omgång"})
    person.send()
    round_url = page.url
    person.press(page.locator("main a[href*='/freeze']"))  # its day is two weeks off, so the service asks first
    person.press(page.locator("form[action$='/freeze'] button"))
    person.press(page.locator("form[action$='/runs'] button").last)
    outcome = page.locator("main a.ds-button[href*='/runs/']").first
    for _ in range(60):
        if outcome.count():
            break
        if way == "script":
            page.wait_for_timeout(500)  # the page asks by itself
        else:
            page.goto(round_url)
    # The whole page tells of the ended run, also when nobody has opened it anew.
    assert page.locator("main a[href$='/publish']").count() == 1
    shown = page.locator("main").inner_text()
    assert "Matchad" in shown and "Matchas" not in shown and "Väntar" not in shown
    person.press(outcome)
    outcome_url = page.url.partition("?")[0]
    shown = page.locator("main").inner_text()
    assert "Projektrum för översynen" in shown
    files = tuple(page.request.get(f"{outcome_url}/{name}.json").text() for name in ("market", "plan"))
    page.goto(f"{outcome_url}/publish")
    person.send()
    return files[0], files[1]


def _accept(person: Person) -> None:
    page = person.page
    page.goto("/proposals")
    person.press(page.locator("main a[href^='/proposals/']").first)
    person.press(page.locator("form[action$='/answer'] button.ds-button").first)


@pytest.mark.parametrize("way", ["script", "no-script"])
def test_from_sign_in_to_agreement(chromium: Any, site: Site, way: str, tmp_path: Path) -> None:
    """Post, request, match, publish, accept twice: the agreement names both, and the checker agrees on the outcome."""
    make = site.make
    host, guest = make.agency("Länsstyrelsen i Jämtlands län"), make.agency("Region Väster")
    emails = {"officer": make.officer(host).email, "lead": make.lead(guest).email}
    emails["coordinator"] = make.coordinator(make.agency("Statskontoret")).email
    make.session.rollback()
    people = {role: Person(chromium, site, email, way) for role, email in emails.items()}

    _post_offer(people["officer"], make.today)
    _post_need(people["lead"], make.today)
    market, plan = _run_round(people["coordinator"], way)
    _check(tmp_path, market, plan)
    _accept(people["officer"])
    _accept(people["lead"])

    page = people["officer"].page
    page.goto("/agreements")
    people["officer"].press(page.locator("main a[href^='/agreements/']").first)
    text = page.locator("main").inner_text()
    assert "Länsstyrelsen i Jämtlands län" in text
    assert "Region Väster" in text
    assert [said for person in people.values() for said in person.said if "422" not in said] == []
    for person in people.values():
        person.context.close()


def _check(folder: Path, market: str, plan: str) -> None:
    """`python -m matching check` passes the files that the page offered, and the plan placed the one request."""
    (folder / "market.json").write_text(market, encoding="utf-8")
    (folder / "plan.json").write_text(plan, encoding="utf-8")
    command = [sys.executable, "-m", "matching", "check", str(folder / "market.json"), str(folder / "plan.json")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert len(json.loads(plan)["placements"]) == 1
