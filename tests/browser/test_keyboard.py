"""The whole journey with the keyboard alone: no mouse, every stop reached by Tab in the order of the page, and seen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.browser.conftest import Site
from tests.factories import PASSWORD

MOST_STOPS = 150
BUTTON = "button.ds-button:not([data-variant], .ds-sr-only)"  # the form's own, not a lesser one
# Where the focus is: whether it is the wanted stop, its place in the page, whether it can be seen, and what it is.
FOCUS = """wanted => { const one = document.activeElement, at = one.getBoundingClientRect()
    const all = [...document.querySelectorAll('*')]
    return {there: one.matches(wanted), place: all.indexOf(one), what: one.outerHTML.slice(0, 120),
        seen: one === document.body || (at.bottom > 0 && at.top < innerHeight && at.width > 0)} }"""


class Keyboard:
    """Somebody at a browser who only ever presses keys."""

    def __init__(self, chromium: Any, site: Site, email: str):
        self.page = chromium.new_context(locale="sv-SE", base_url=site.url).new_page()
        self.page.set_default_timeout(10_000)
        self.page.goto("/")
        self.press("a[href='/sign-in']")
        self.type("#f-email", email)
        self.type("#f-password", PASSWORD)
        self._send()

    def to(self, wanted: str) -> None:
        """Press Tab until the focus is there: forwards only, and never out of sight."""
        before = -1
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            now = self.page.evaluate(FOCUS, wanted)
            assert now["seen"], f"The focus cannot be seen on {now['what']}"
            if now["there"]:
                return
            assert now["place"] >= before or now["place"] < 5, f"The focus goes back to {now['what']}"
            before = now["place"]
        raise AssertionError(f"{wanted} is not reached by Tab on {self.page.url}")

    def type(self, wanted: str, text: str) -> None:
        self.to(wanted)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def date(self, wanted: str, day: date) -> None:
        """A date field takes its parts in the order of the browser's own language: here month, day, year."""
        self.to(wanted)
        self.page.keyboard.type(f"{day:%m%d%Y}")
        assert self.page.input_value(wanted) == day.isoformat()

    def choose(self, wanted: str) -> None:
        self.to(wanted)
        self.page.keyboard.press("Space")

    def press(self, wanted: str) -> None:
        """Go to a link or button, press it and wait for the page it leads to."""
        self.to(wanted)
        self._send()

    def _send(self) -> None:
        self.page.evaluate("document.documentElement.dataset.left = 'yes'")
        self.page.keyboard.press("Enter")
        self.page.locator("html:not([data-left])").wait_for(state="attached")
        self.page.wait_for_load_state()

    def main_content(self) -> None:
        """The first stop of every page leads past its head."""
        self.page.keyboard.press("Tab")
        assert self.page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        self.page.keyboard.press("Enter")

    def done(self) -> None:
        self.page.context.close()


def test_from_sign_in_to_agreement_without_a_mouse(chromium: Any, site: Site) -> None:
    """The officer posts, the lead asks, the coordinator matches and publishes, both accept."""
    make = site.make
    host, guest = make.agency("Länsstyrelsen i Jämtlands län"), make.agency("Region Väster")
    emails = make.officer(host).email, make.lead(guest).email, make.coordinator(make.agency("Statskontoret")).email
    make.session.rollback()
    officer, lead, coordinator = (Keyboard(chromium, site, email) for email in emails)
    _post_offer(officer, make.today)
    _post_need(lead, make.today)
    _match(coordinator)
    for person in (officer, lead):
        _accept(person)
    assert "Överenskommelse" in lead.page.locator("main").inner_text()
    for person in (officer, lead, coordinator):
        person.done()


def _post_offer(officer: Keyboard, today: date) -> None:
    """A fault takes the focus to the summary, and the summary to the field."""
    officer.press("main a[href='/offers/new']")
    officer.main_content()
    officer.type("#f-title", "Kontor vid stationen")
    officer.type("#f-seats", "12")
    officer.date("#f-spans-0-until", today + timedelta(days=300))
    officer.press(f"main form {BUTTON}")
    assert officer.page.evaluate("document.activeElement.className") == "ds-error-summary"
    officer.to(".ds-error-summary a[href='#f-place']")
    officer.page.keyboard.press("Enter")
    assert officer.page.evaluate("document.activeElement.id") == "f-place"
    officer.page.keyboard.type("Östersund")
    _check_and_post(officer)


def _post_need(lead: Keyboard, today: date) -> None:
    lead.press("main a[href='/needs/new']")
    lead.main_content()
    lead.type("#f-title", "Projektrum för översynen")
    lead.type("#f-seats", "5")
    lead.type("#f-place", "Östersund")
    lead.type("#f-max_km", "12,5")
    first = today + timedelta(days=7)
    lead.date("#f-earliest_start", first)
    lead.date("#f-latest_start", first + timedelta(days=28))
    lead.type("#f-days", "91")
    lead.choose("input[name=weekdays][value=tue]")
    _check_and_post(lead)


def _check_and_post(person: Keyboard) -> None:
    person.press(f"main form {BUTTON}")
    person.press("button[name=do][value=post]")
    assert person.page.locator("main .ds-alert[data-color=success]").count() == 1


def _match(coordinator: Keyboard) -> None:
    page = coordinator.page
    coordinator.press("main a[href='/rounds/new']")
    coordinator.type("#f-name", "Vårens omgång")
    coordinator.press("main form button")
    coordinator.press("main a[href*='/freeze']")
    coordinator.press("form[action$='/freeze'] button")
    coordinator.press("form[action$='/runs'] button")
    page.locator("main a.ds-button[href*='/runs/']").first.wait_for(timeout=30_000)
    coordinator.press("main a.ds-button[href*='/runs/']")
    coordinator.press("main a[href$='/publish']")
    coordinator.press("form[action$='/publish'] button")


def _accept(person: Keyboard) -> None:
    person.page.goto("/")
    person.press("main a[href^='/proposals/']")
    person.press("form[action$='/answer'] button.ds-button")
