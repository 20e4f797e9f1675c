"""Looking for premises in a real Chromium: list and map agree, and a search on a phone becomes a request."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Site
from tests.browser.person import Person

PLACES = {
    "Vid torget": "63.1792, 14.6357", "Vid sjön": "63.20, 14.60", "I Brunflo": "Brunflo", "I Åre": "Åre",
    "Vid kusten": "Sundsvall",
}  # fmt: skip


def _furnished(site: Site) -> Any:
    """Premises around Östersund and elsewhere, one too small, one restricted; and a project lead."""
    make = site.make
    host = make.agency("Länsstyrelsen i Jämtlands län")
    officer = make.officer(host)
    for title, place in PLACES.items():
        make.offer(host, officer, title=title, place=place, seats=8)
    make.offer(host, officer, title="Trångt", seats=2)
    make.offer(host, officer, title="Hemligt", visibility="restricted")
    lead = make.lead(make.agency("Projektmyndigheten"))
    make.session.commit()
    return lead


def _listed(page: Any) -> set[str]:
    return set(page.locator("tbody th a").all_inner_texts())


def _beside_the_map(page: Any) -> set[str]:
    return set(page.locator(".map-list a").all_inner_texts())


def _on_the_live_map(page: Any) -> set[str]:
    """What script put on the map: every mark opened by keyboard, clusters looked closer at until each stands alone."""
    page.locator(".atlas[data-ready]").wait_for()
    found: set[str] = set()
    for _ in range(30):
        pins = page.locator(".live-pin:not(.live-many)")
        found |= {(pin.get_attribute("aria-label") or "").split(",")[0] for pin in pins.all()}
        many = page.locator(".live-many")
        if not many.count():
            break
        many.first.focus()
        page.keyboard.press("Enter")
    return found


@pytest.mark.parametrize("way", ["script", "no-script"])
def test_the_search_and_the_map_show_the_same_hits(site: Site, chromium: Any, way: str) -> None:
    """The list, the list beside the map and the marks themselves name the same premises, and no others."""
    lead = _furnished(site)
    person = Person(chromium, site, lead.email, way)
    page = person.page
    page.emulate_media(reduced_motion="reduce")
    person.open("/offers")
    person.fill({"place": "Östersund", "max_km": "90", "seats": "6"})
    person.press(page.locator("form.filters button").last)
    hits = _listed(page)
    assert hits == {"Vid torget", "Vid sjön", "I Brunflo", "I Åre"}
    person.follow("Karta")
    assert _beside_the_map(page) == hits
    assert page.input_value("#f-place") == "Östersund" and page.input_value("#f-max_km") == "90"
    if way == "no-script":
        numbers = [int(text) for text in page.locator(".atlas a.pin text").all_text_contents()]
        alone = page.locator(".atlas a.pin:not(:has(text))").count()
        assert sum(numbers) + alone == len(hits)
    else:
        assert not page.locator(".atlas > svg").is_visible()
        assert _on_the_live_map(page) == hits
        assert page.evaluate("document.querySelector('.live').getAttribute('aria-label')").startswith("Karta med 4")
        assert "Östersund" in page.locator(".live-name").all_inner_texts()
    if way == "script":  # axe itself needs it
        assert Axe().run(page).violations_count == 0
    person.follow("Lista")
    assert _listed(page) == hits
    assert person.said == []


def test_a_mark_is_opened_by_keyboard_and_leads_to_its_premises(site: Site, chromium: Any) -> None:
    """Enter on a mark opens its name as a link, which has the focus; Escape closes it in the reader's language."""
    lead = _furnished(site)
    person = Person(chromium, site, lead.email)
    page = person.page
    person.open("/offers?view=map&place=Sundsvall&max_km=20")
    page.locator(".atlas[data-ready]").wait_for()
    page.locator(".live-pin").focus()
    page.keyboard.press("Enter")
    link = page.locator(".live-popup a")
    link.wait_for()
    assert page.get_by_role("button", name="Stäng").count() == 1
    page.locator(".live-popup a:focus").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/offers/[2-9a-z]{10}$"))
    assert page.locator("h1").inner_text() == "Vid kusten"
    assert person.said == []


def test_the_live_map_keeps_to_colours_that_are_forced(site: Site, chromium: Any) -> None:
    """Who has colours of their own sees lines in them and no areas that hide what lies beneath."""
    lead = _furnished(site)
    person = Person(chromium, site, lead.email)
    page = person.page
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto("/offers?view=map")
    page.locator(".live path.live-county").first.wait_for(state="attached")
    look = "one => [getComputedStyle(one).fill, getComputedStyle(one).forcedColorAdjust]"
    assert page.locator(".live path.live-county").first.evaluate(look) == ["none", "none"]
    name = page.locator(".live-name").first
    assert name.evaluate("one => getComputedStyle(one.firstChild).color === getComputedStyle(one).color")


def test_without_an_answer_the_picture_stays(site: Site, chromium: Any) -> None:
    """Where script cannot fetch what to draw, the map drawn on the server is still there."""
    lead = _furnished(site)
    person = Person(chromium, site, lead.email)
    person.page.route("**/*view=points*", lambda route: route.abort())
    person.open("/offers?view=map")
    person.page.wait_for_load_state("networkidle")
    person.page.locator(".atlas > svg").wait_for()
    assert person.page.locator(".live").count() == 0


@pytest.mark.parametrize("way", ["script", "no-script"])
def test_a_project_lead_finds_and_requests_a_place_on_a_phone(site: Site, chromium: Any, way: str) -> None:
    """Room near Östersund for six from March on: found, looked at, and requested with what was asked for."""
    lead = _furnished(site)
    person = Person(chromium, site, lead.email, way)
    page = person.page
    page.set_viewport_size({"width": 390, "height": 844})
    first = site.make.today + timedelta(days=97)
    page.goto("/offers")
    person.fill({"place": "Östersund", "max_km": "30", "seats": "6", "earliest_start": str(first)})
    page.locator("form.filters button").last.click()
    page.wait_for_url("**seats=6**")
    assert _listed(page) == {"Vid torget", "Vid sjön", "I Brunflo"}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    person.follow("Vid torget")
    assert page.locator("h1").inner_text() == "Vid torget"
    page.go_back()
    person.follow("Anmäl behov av en sådan lokal")
    assert page.input_value("#f-place") == "Östersund" and page.input_value("#f-seats") == "6"
    assert page.input_value("#f-max_km") == "30" and page.input_value("#f-earliest_start") == str(first)
    person.fill({"title": "Sex personer i mars", "latest_start": str(first + timedelta(days=14)), "days": "60"})
    person.tick("weekdays", "tue", "wed")
    person.post()
    assert re.search(r"/needs/[2-9a-z]{10}$", page.url)
    assert page.locator("h1").inner_text() == "Sex personer i mars"
    assert person.said == []
