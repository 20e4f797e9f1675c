"""The forms of premises and requests in a real Chromium: every fault mended, nothing typed ever lost, with and without
script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from platsverket.models import Need, Offer
from tests.browser.conftest import Site
from tests.browser.person import Person
from tests.factories import PASSWORD

pytestmark = pytest.mark.parametrize("way", ["script", "no-script"])


class Desk:
    """A host with an officer, a guest with a lead, and a coordinator to name."""

    def __init__(self, chromium: Any, site: Site, way: str):
        self.site, make = site, site.make
        site.worker.stop()
        host, guest = make.agency("Länsstyrelsen i Jämtlands län"), make.agency("Region Väster")
        self.emails = {"officer": make.officer(host).email, "lead": make.lead(guest).email}
        make.coordinator(make.agency("Statskontoret"))
        for number in range(3):
            make.offer(host, seats=6 + number, place="Östersund", features={"step_free": "yes" if number else "no"})
        make.session.rollback()
        self.today, self.chromium, self.way = make.today, chromium, way
        self.people: list[Person] = []

    def person(self, role: str) -> Person:
        self.people.append(Person(self.chromium, self.site, self.emails[role], self.way))
        return self.people[-1]

    def count(self, model: type[Any]) -> int:
        session = self.site.make.session
        session.rollback()
        found = int(session.query(model).count())
        session.rollback()  # a reader would hold up who writes
        return found

    def whole_offer(self, person: Person) -> None:
        person.fill({"title": "Kontor vid stationen", "place": "Östersund", "seats": "12", "area_m2": "180"})
        person.fill({"spans-0-from": str(self.today), "spans-0-until": str(self.today + timedelta(days=300))})

    def whole_need(self, person: Person) -> None:
        first = self.today + timedelta(days=7)
        person.fill({"title": "Projektrum", "place": "Östersund", "max_km": "12,5", "seats": "5", "days": "28"})
        person.fill({"earliest_start": str(first), "latest_start": str(first + timedelta(days=28))})
        person.tick("weekdays", "tue", "wed")


@pytest.fixture
def desk(chromium: Any, site: Site, way: str) -> Iterator[Desk]:
    desk = Desk(chromium, site, way)
    yield desk
    # Refused forms are told by the browser as errors; nothing else may be.
    expected = ("422", "401", "400", "409")
    assert [said for one in desk.people for said in one.said if not any(code in said for code in expected)] == []
    for person in desk.people:
        person.context.close()


def faults(person: Person) -> dict[str, str]:
    """What the summary lists: field and sentence; each link leads to its field and gives it the focus."""
    page = person.page
    assert (
        page.locator("head title").text_content().startswith("Fel:") and page.locator(".ds-error-summary").count() == 1
    )
    found: dict[str, str] = {}
    for link in page.locator(".ds-error-summary a").all():
        target = str(link.get_attribute("href"))
        link.click()
        assert page.locator(f"{target}:focus").count() == 1, target
        found[target.removeprefix("#f-")] = link.inner_text()
    return found


def test_premises_with_every_kind_of_fault_are_mended_and_posted(desk: Desk) -> None:
    """Each fault at its field in a sentence that says what to do; what was right stays; mended, it is posted."""
    officer = desk.person("officer")
    page = officer.page
    page.goto("/offers/new")
    desk.whole_offer(officer)
    officer.fill({"title": "", "place": "Ingenstans alls", "seats": "tolv", "area_m2": "0", "minimum_days": "9999"})
    officer.fill({"spans-0-until": str(desk.today - timedelta(days=9)), "cost_per_seat_day": "gratis"})
    officer.fill({"contact_email": "kim", "contact_phone": "ring", "only_agencies": "Skojverket"})
    officer.fill({"description": "Kvar i fältet"})
    for day in ("mon", "tue", "wed", "thu", "fri"):
        page.uncheck(f'input[name="weekdays"][value="{day}"]')
    officer.tick("visibility", "sealed")
    officer.send()
    found = faults(officer)
    assert {
        "title", "place", "seats", "area_m2", "spans-0-until", "weekdays", "cost_per_seat_day", "contact_email",
        "contact_phone", "only_agencies", "coordinators",
    } <= found.keys()  # fmt: skip
    for sentence in found.values():
        assert ": " in sentence and sentence.endswith("."), sentence
    assert page.input_value("#f-description") == "Kvar i fältet" and page.input_value("#f-seats") == "tolv"
    desk.whole_offer(officer)
    officer.fill({"minimum_days": "7", "cost_per_seat_day": "90", "only_agencies": "Region Väster"})
    officer.fill({"contact_email": "kim@myndighet.example", "contact_phone": "010-123 45 67"})
    officer.tick("weekdays", "mon", "tue")
    officer.tick("visibility", "open")
    officer.post()
    assert "Kvar i fältet" in officer.shown() and desk.count(Offer) == 4


def test_a_request_with_every_kind_of_fault_is_mended_and_posted(desk: Desk) -> None:
    """The place that there are several of is chosen among them; the rest as for premises."""
    lead = desk.person("lead")
    page = lead.page
    page.goto("/needs/new")
    lead.fill({"place": "Ekeby", "max_km": "nära", "days": "0", "contact_email": "kim", "contact_phone": "ring"})
    lead.fill({"earliest_start": str(desk.today + timedelta(days=9)), "latest_start": str(desk.today)})
    lead.send()
    found = faults(lead)
    assert {
        "title", "place", "max_km", "seats", "latest_start", "days", "weekdays", "contact_email", "contact_phone"
    } <= found.keys()  # fmt: skip
    desk.whole_need(lead)
    lead.fill({"place": "Ekeby", "contact_email": "", "contact_phone": ""})
    page.get_by_label("Ekeby (Bjuv)").check()
    lead.post()
    assert "Bjuv" in lead.shown() and desk.count(Need) == 1


def test_the_place_is_picked_by_keyboard_alone(desk: Desk, way: str) -> None:
    """With script the arrows go through the suggestions; without it a button searches and radios are chosen among."""
    officer = desk.person("officer")
    page, keys = officer.page, officer.page.keyboard
    page.goto("/offers/new")
    page.focus("#f-title")
    keys.type("Kontoret")
    keys.press("Tab")
    assert page.locator("#f-place:focus").count() == 1
    keys.type("Ekeby")
    if way == "script":
        page.locator("[role=option]").first.wait_for()
        assert page.get_attribute("#f-place", "aria-expanded") == "true"
        keys.press("Escape")
        assert page.get_attribute("#f-place", "aria-expanded") == "false" and page.input_value("#f-place") == "Ekeby"
        keys.press("ArrowDown")
        page.locator("[role=option]").first.wait_for()
        keys.press("ArrowDown")
        keys.press("ArrowDown")
        marked = page.locator("[role=option][aria-selected=true]")
        assert page.get_attribute("#f-place", "aria-activedescendant") == marked.get_attribute("id")
        wanted = marked.get_attribute("data-label")
        keys.press("Enter")
        assert page.input_value("#f-place") == wanted and page.url.endswith("/offers/new")
        expect(page.locator("#picked")).to_contain_text("Avstånd räknas från")  # where it is, said at once
    else:
        keys.press("Tab")
        assert page.get_by_role("button", name="Sök platsen").and_(page.locator(":focus")).count() == 1
        with page.expect_navigation():
            keys.press("Enter")
        assert page.input_value("#f-title") == "Kontoret"
        page.focus("#f-place-choice-1")
        keys.press("Space")
        wanted = page.input_value("#f-place-choice-1")
    officer.fill({"seats": "4", "spans-0-until": str(desk.today + timedelta(days=90))})
    page.focus("#f-seats")
    keys.press("Enter")
    page.get_by_role("heading", name="Kontrollera och anmäl lokalen").wait_for()
    assert str(wanted) in officer.shown()


def test_the_language_is_switched_in_the_middle_of_a_form(desk: Desk) -> None:
    """There and back with everything typed, by a button that works without script too."""
    officer = desk.person("officer")
    page = officer.page
    page.goto("/offers/new")
    desk.whole_offer(officer)
    officer.fill({"description": "Två rum\nmed fönster", "seats": "tolv"})
    officer.tick("features-lift", "no")
    for language, lang in (("English", "en"), ("Svenska", "sv")):
        if page.locator(".menu > summary").is_visible():
            page.locator(".menu > summary").click()
        officer.press(page.get_by_role("button", name=language))
        assert page.locator("html").get_attribute("lang") == lang
        assert page.input_value("#f-description") == "Två rum\nmed fönster" and page.input_value("#f-seats") == "tolv"
        assert page.is_checked("input[name=features-lift][value=no]")
    assert desk.count(Offer) == 3


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(desk: Desk, way: str) -> None:
    """Signed out in another tab: sign in, the form is there as it was typed and not posted; then it is."""
    lead = desk.person("lead")
    page = lead.page
    page.goto("/needs/new")
    desk.whole_need(lead)
    lead.fill({"description": "Nästan klar"})
    lead.tick("features-step_free", "must")
    other = lead.context.new_page()
    other.goto("/")
    if other.locator(".menu > summary").is_visible():
        other.locator(".menu > summary").click()
    with other.expect_navigation():
        other.get_by_role("button", name="Logga ut").click()
    lead.send()
    assert "Det du skrev finns kvar" in lead.shown()
    lead.fill({"email": desk.emails["lead"], "password": PASSWORD})
    lead.send()
    if way == "no-script":
        lead.follow("Gå vidare till formuläret")
    page.locator("#f-title").wait_for()
    assert "Inget är sparat ännu." in lead.shown() and desk.count(Need) == 0
    assert page.input_value("#f-description") == "Nästan klar"
    assert page.is_checked("input[name=features-step_free][value=must]")
    assert page.is_checked("input[name=weekdays][value=tue]") and not page.is_checked("input[name=weekdays][value=mon]")
    lead.post()
    assert "Nästan klar" in lead.shown() and desk.count(Need) == 1


def test_the_count_follows_what_is_written(desk: Desk, way: str) -> None:
    """Live with script, by a button without; it says what shuts out most."""
    lead = desk.person("lead")
    page = lead.page
    page.goto("/needs/new")
    desk.whole_need(lead)
    lead.fill({"seats": "7"})
    lead.tick("features-step_free", "must")
    if way == "no-script":
        lead.press(page.get_by_role("button", name="Räkna nu"))
    page.get_by_text("Just nu passar 2 lokaler.").wait_for()
    lead.fill({"seats": "8"})
    if way == "no-script":
        lead.press(page.get_by_role("button", name="Räkna nu"))
    page.get_by_text("Just nu passar 1 lokal.").wait_for()
    assert "Störst skillnad: utan" in page.locator("#count").inner_text()
    assert page.input_value("#f-title") == "Projektrum" and page.is_checked("input[name=weekdays][value=wed]")


def test_back_from_the_summary_the_form_is_as_it_was_left(desk: Desk) -> None:
    """The browser's own way back, and the summary's."""
    officer = desk.person("officer")
    page = officer.page
    page.goto("/offers/new")
    desk.whole_offer(officer)
    officer.fill({"description": "Kvar i fältet"})
    page.uncheck('input[name="weekdays"][value="mon"]')
    officer.send()
    page.get_by_role("heading", name="Kontrollera och anmäl lokalen").wait_for()
    page.go_back()
    page.locator("#f-title").wait_for()
    expect(page.locator("#f-place")).to_have_value("Östersund")  # the script gives it back once it has been read
    assert (
        page.input_value("#f-title") == "Kontor vid stationen" and page.input_value("#f-description") == "Kvar i fältet"
    )
    assert not page.is_checked('input[name="weekdays"][value="mon"]')
    assert page.input_value("#f-place") == "Östersund" and page.input_value("#f-seats") == "12"
    officer.send()
    page.get_by_role("heading", name="Kontrollera och anmäl lokalen").wait_for()
    officer.follow("Tillbaka till formuläret")
    assert page.input_value("#f-description") == "Kvar i fältet"
    assert not page.is_checked('input[name="weekdays"][value="mon"]')
