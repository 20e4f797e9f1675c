"""Somebody at a browser of their own, with script on a wide window or without script on a narrow one."""

import re
from typing import Any

from tests.browser.conftest import Site
from tests.factories import PASSWORD

WIDTHS = {"script": 1280, "no-script": 390}


def _beginning(text: str) -> re.Pattern[str]:
    """As the browser's own expressions take it, which want no escape before a blank."""
    return re.compile("^" + re.sub(r"([()?.])", r"\\\1", text))


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, chromium: Any, site: Site, email: str, way: str = "script", password: str = PASSWORD):
        size = {"width": WIDTHS[way], "height": 900}
        self.context = chromium.new_context(
            viewport=size, java_script_enabled=way == "script", locale="sv-SE", base_url=site.url
        )
        self.page, self.way = self.context.new_page(), way
        self.page.set_default_timeout(10_000)
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto("/sign-in")
        self.page.fill("#f-email", email)
        self.page.fill("#f-password", password)
        self.send()

    def open(self, path: str) -> str:
        """Go to a page; what its main part says."""
        self.page.goto(path)
        return self.shown()

    def follow(self, text: str) -> str:
        """Follow the first link or press the first button whose text begins so; what is shown then."""
        main, name = self.page.locator("main"), _beginning(text)
        self.press(main.get_by_role("link", name=name).or_(main.get_by_role("button", name=name)).first)
        return self.shown()

    def press(self, found: Any) -> None:
        """Click on it and wait until the page has been left, unless script puts the answer in place on it."""
        if found.evaluate("one => Boolean(one.closest('[hx-boost]'))"):
            found.click()
        else:
            with self.page.expect_navigation():
                found.click()
        self.page.wait_for_load_state()

    def wait_for(self, text: str) -> str:
        """Let the page ask by itself until it shows a link that begins so; what is shown then."""
        self.page.locator("main").get_by_role("link", name=_beginning(text)).first.wait_for()
        return self.shown()

    def shown(self) -> str:
        return str(self.page.locator("main").inner_text())

    def send(self) -> None:
        """Press the form's own button: the last of the last form on the page that is no lesser one."""
        form = self.page.locator("main form").last
        self.press(form.locator("button:visible:not([data-variant], .ds-sr-only)").last)

    def post(self) -> None:
        """Send the form, look at what it comes to, and post that."""
        self.send()
        self.page.locator("button[name=do][value=post]").wait_for()
        self.send()

    def fill(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            self.page.fill(f"#f-{name}", value)

    def tick(self, name: str, *values: str) -> None:
        fold = self.page.locator(f'.fold:not([open]):has(input[name="{name}"]) > summary')
        if fold.count():
            fold.click()
        for value in values:
            self.page.check(f'input[name="{name}"][value="{value}"]')
