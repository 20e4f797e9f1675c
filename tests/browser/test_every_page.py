"""Every page that the routes know, as every role, in both languages, light and dark, wide and narrow, with and without
script: a person who sees little, uses no mouse or has an old telephone can read and use it.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

import data
from tests.browser.conftest import Site
from tests.browser.furnished import NOBODY, Bare, Furnished, Page

# What an element is, and what it is to those who hear it or see its style; not what it says.
KIND = re.compile(r'<\w+(?:[^>"]*?(?:class|role|type|aria-\w+)="[^"]*")*')
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
COMPUTER, TELEPHONE, ZOOMED = 1280, 390, 320  # 320 px is also 400 % of 1280
MOST_KILOBYTES = 60
WITH_A_MAP = "map.js"

# axe's rules and one that it leaves off by itself; of a dark page, only what depends on its colours.
FULL = "{resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}"
COLOURS = "{resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block']}"
# A mark on a map stands where its thing is, also where that is near another (WCAG 2.2, 2.5.8, essential).
LOOK = """options => axe.run(document, options).then(said => said.violations
    .map(v => [v.id, v.nodes.filter(n => v.id !== 'target-size' || !n.html.includes('leaflet-'))])
    .filter(([, nodes]) => nodes.length)
    .map(([id, nodes]) => id + ': ' + nodes.slice(0, 3).map(n => n.html.slice(0, 140)).join(' ; ')))"""

WAYS = ((COMPUTER, True, FULL), (COMPUTER, False, COLOURS), (TELEPHONE, False, COLOURS), (TELEPHONE, True, FULL))
AGAIN = (WAYS[0], WAYS[-1])  # a page that has been looked at in all ways needs not be dark once more

# What axe does not ask of a page.
OWN = """() => {
    const all = chosen => [...document.querySelectorAll(chosen)], wrong = []
    const say = (what, found) => found.length && wrong.push(what + ': ' + found[0].outerHTML.slice(0, 140))
    say('a table without a caption', all('table').filter(one => !one.caption))
    say('a heading cell without a scope', all('th').filter(one => !one.scope))
    say('an order of its own for the keyboard', all('[tabindex]').filter(one => one.tabIndex > 0))
    say('a style or script in the page', all('[style], style, script:not([src]):not([type="application/json"])')
        .filter(one => !one.closest('.leaflet-container')))
    say('a table without rows', all('table').filter(one => one.tBodies[0] && !one.tBodies[0].rows.length))
    say('more than one main heading', all('h1').slice(1))
    const first = all('a, button, input, select, textarea, summary')[0]
    if (first.getAttribute('href') !== '#main') wrong.push('the first stop is not the way to the main content')
    return wrong
}"""
# Each stop of the keyboard in turn: it looks another way with the focus than without, and lies within the page.
STOPS = """() => {
    const wrong = [], stops = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
    const look = one => { const s = getComputedStyle(one), b = getComputedStyle(one, '::before')
        return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, b.boxShadow].join() }
    for (const one of document.querySelectorAll(stops)) {
        if (!one.checkVisibility({visibilityProperty: true}) || one.disabled || one.tabIndex < 0) continue
        document.activeElement.blur()
        const parts = [one, one.parentElement, one.closest('label'), one.nextElementSibling].filter(Boolean)
        const before = parts.map(look)
        one.focus()
        if (document.activeElement !== one) wrong.push('cannot be reached: ' + one.outerHTML.slice(0, 120))
        else if (parts.every((part, i) => look(part) === before[i]))
            wrong.push('unseen: ' + one.outerHTML.slice(0, 120))
    }
    return wrong
}"""
SAME = """raw => document.body.innerHTML === new DOMParser().parseFromString(raw, 'text/html').body.innerHTML"""
OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"


class Examination:
    """One look at all pages in one language; what is wrong is collected, so that all of it is told at once."""

    def __init__(self, furnished: Bare, lang: str):
        self.furnished, self.lang = furnished, lang
        self.found: list[str] = []
        self.reached: set[str] = set()
        self.known: set[tuple[str, str]] = set()
        self.titles: dict[str, str] = {}

    def of(self, role: str) -> None:
        page = self.furnished.visitor(role)
        page.on("console", lambda said: self._say(page.url, said.text) if self._is_fault(said) else None)
        page.on("pageerror", lambda error: self._say(page.url, str(error)))
        if role != NOBODY:
            assert page.get_by_role("button", name="Logga ut").count(), f"{role} is not signed in"
        for one in self.furnished.pages:
            answer = page.context.request.get(one.within(self.lang), max_redirects=0)
            elsewhere = answer.status == 303 and not answer.headers["location"].startswith("/sign-in")
            if elsewhere or answer.status == (404 if one.route == "/nowhere" else 200):
                self.reached.add(one.route)
            if answer.headers.get("content-type", "").startswith("text/html") and answer.status != 303:
                self.read(role, one, answer)
                kind = one.route if answer.status == 200 else "what is refused"  # which says the same of any page
                if self._is_new(role, kind, answer.text()):
                    self._examine(page, role, one, answer)
        page.context.close()

    def look_at(self, page: Any, role: str, one: Page) -> None:
        """A single page, whatever has been seen before."""
        answer = page.context.request.get(one.within(self.lang), max_redirects=0)
        self.read(role, one, answer)
        self._examine(page, role, one, answer)

    @staticmethod
    def _is_fault(said: Any) -> bool:
        """The browser itself writes down that a page was not found or had faults."""
        return said.type == "error" and "Failed to load resource" not in said.text

    def _is_new(self, role: str, route: str, html: str) -> bool:
        """Whether the page holds a kind of element that none of its route has had; the frame is new to each role."""
        kinds = {(route, kind) for kind in KIND.findall(html[html.index("<main") :])} | {(role, "frame")}
        new = not kinds <= self.known
        self.known |= kinds
        return new

    def _examine(self, page: Any, role: str, one: Page, answer: Any) -> None:
        where, raw = f"{role} {one.within(self.lang)}", answer.text()
        self._show(page, one, answer, raw)
        same = page.evaluate(SAME, raw)
        self.look(page, where)
        if not same:
            without = re.sub(r"<script\b[^>]*\bsrc=[^>]*></script>", "", raw).replace("noscript>", "div>")
            self._show(page, one, answer, without)
            self.look(page, f"{where} without script", AGAIN)
        for action, fields in page.evaluate(FORMS):
            blank = page.context.request.post(action, form=fields)
            if blank.status == 422:
                faults = blank.text()
                if not re.search(r"<title>(Fel|Error):", faults):
                    self._say(where, f"its title does not say that {action} has faults")
                self._show(page, one, blank, faults)
                self.look(page, f"{where} with faults", AGAIN)

    def read(self, role: str, one: Page, answer: Any) -> None:
        """What can be told of a page without a browser."""
        where = f"{role} {one.within(self.lang)}"
        if answer.status == 200:
            self._title(where, one, answer)
        if WITH_A_MAP not in answer.text():
            self._weigh(where, answer.text())

    def _title(self, where: str, one: Page, answer: Any) -> None:
        """No two pages have one title, and the language is said."""
        title = re.search(r"<title>(.*?)</title>", answer.text(), re.DOTALL)
        said = title[1] if title else ""
        path = one.path.split("?")[0]
        if self.titles.setdefault(said, path) != path:
            self._say(where, f"its title {said!r} is also that of {self.titles[said]}")
        if f'<html lang="{self.lang}"' not in answer.text():
            self._say(where, "the language of the page is not said")

    def _weigh(self, where: str, raw: str) -> None:
        weight = (len(gzip.compress(raw.encode())) + STATIC) / 1000
        if weight > MOST_KILOBYTES:
            self._say(where, f"weighs {weight:.0f} kB")

    def _show(self, page: Any, one: Page, answer: Any, html: str) -> None:
        """The page with exactly this text, with the headers it came with."""
        path = one.within(self.lang)
        kept = {n: v for n, v in answer.headers.items() if n in ("content-type", "content-security-policy")}
        page.route(f"**{path}", lambda route: route.fulfill(status=200, headers=kept, body=html))
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": COMPUTER, "height": 900})
        page.goto(path)
        page.unroute(f"**{path}")

    def look(self, page: Any, where: str, ways: Any = WAYS) -> None:
        """With everything that can be opened open."""
        page.evaluate(OPEN)
        page.evaluate(AXE + ";0")
        self._say_all(where, page.evaluate(OWN))
        for width, light, rules in ways:
            page.emulate_media(color_scheme="light" if light else "dark")
            page.set_viewport_size({"width": width, "height": 900})
            at = f"{where} at {width}{'' if light else ', dark'}"
            self._say_all(at, page.evaluate(f"({LOOK})({rules})"))
            if light:
                self._fits(page, at, width)
        page.set_viewport_size({"width": ZOOMED, "height": 900})
        self._fits(page, f"{where} at {ZOOMED}", ZOOMED)
        page.keyboard.press("Tab")  # from now on the browser shows the focus as to somebody at the keyboard
        self._say_all(where, page.evaluate(STOPS))

    def _fits(self, page: Any, where: str, width: int) -> None:
        if page.evaluate("document.documentElement.scrollWidth") > width:
            self._say(where, "wider than the screen")

    def _say_all(self, where: str, what: list[str]) -> None:
        for one in what:
            self._say(where, one)

    def _say(self, where: str, what: str) -> None:
        self.found.append(f"{where}: {what}")


# Forms in which something must be typed, with nothing typed: where they lead, and what a browser would send.
FORMS = """() => [...document.querySelectorAll('main form[method=post]')]
    .filter(form => [...form.elements].some(one => /^(text|email|password|date|textarea)$/.test(one.type)))
    .map(form => [form.action, Object.fromEntries([...form.elements].filter(one => one.name && one.type !== 'submit')
        .map(one => [one.name, one.type === 'hidden' ? one.value : '']))])"""
HERE = Path(__file__).parents[2] / "platsverket" / "static"
STATIC = sum(len(gzip.compress((HERE / name).read_bytes())) for name in ("app.css", "app.js"))


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_page_is_for_everybody(furnished: Furnished, lang: str) -> None:
    """Nothing is found on any page, by axe or by what axe does not ask."""
    examination = Examination(furnished, lang)
    for role in (NOBODY, *furnished.emails):
        examination.of(role)
    assert not examination.found, "\n".join(examination.found)
    unreached = {one.route for one in furnished.pages} - examination.reached
    assert not unreached, f"Nobody was shown a page of {sorted(unreached)}: furnish it."


WRONG = """<button></button><table><tr><th>Utan rubrik</th></tr></table>
    <table><caption>Tom</caption><tbody></tbody></table>
    <h1>Två</h1><p data-style="width: 900px">Bred</p><a href="/" tabindex="3">Först</a>
    <p data-style="color: #222">Syns inte i mörker</p><a href="/" data-style="outline: none; box-shadow: none">Osedd</a>
    <button data-style="all: unset">a</button><button data-style="all: unset">b</button>"""
# Put in by script, which may set a style where the page's own policy forbids it.
PUT_IN = """wrong => { const main = document.querySelector('main'); main.insertAdjacentHTML('beforeend', wrong)
    main.querySelectorAll('[data-style]').forEach(one => { one.style.cssText = one.dataset.style }) }"""


def test_an_examination_finds_what_is_wrong(chromium: Any, site: Site) -> None:
    """Each check does look: of a page with a fault of each kind all are told, at their width and in their colours."""
    bare = Bare(site, chromium)
    examination, page = Examination(bare, "sv"), bare.visitor(NOBODY)
    page.goto("/about?lang=sv")
    page.evaluate(PUT_IN, WRONG)
    examination.look(page, "/about")
    said = "\n".join(examination.found)
    for fault in (
        "/about at 1280: button-name", "/about at 390: wider", "/about at 320: wider", "a table without a caption",
        "a heading cell without a scope", "a table without rows", "more than one main heading", "a style or script",
        "an order of its own", "/about at 1280, dark: color-contrast", "at 1280: target-size",
        'unseen: <a href="/" data-style',
    ):  # fmt: skip
        assert fault in said, (fault, said)
    assert "/about at 1280: color-contrast" not in said
    examination.titles["Personuppgifter – Platsverket"] = "/about"
    examination.read(NOBODY, Page("/privacy", "/privacy"), page.context.request.get("/privacy"))
    assert [one for one in examination.found if "is also that of /about" in one], examination.found
    page.context.close()


def test_pages_with_nothing_to_show_say_so(chromium: Any, site: Site) -> None:
    """Before anybody has done anything every page opens, and none shows a table without rows."""
    bare = Bare(site, chromium)
    examination = Examination(bare, "sv")
    for role in (NOBODY, *bare.emails):
        examination.of(role)
    assert not examination.found, "\n".join(examination.found)


def test_long_lists_keep_to_their_page(chromium: Any, site: Site) -> None:
    """With five hundred premises each list shows a part of them, light enough and with ways to the rest."""
    bare = Bare(site, chromium)
    towns = data.municipalities()
    for number in range(500):
        town = towns[number % len(towns)]
        site.make.offer(bare.host, bare.officer, title=f"Rum {number}", place=f"{town.lat}, {town.lon}")
    site.make.session.rollback()
    examination = Examination(bare, "sv")
    page = bare.visitor("officer")
    for path in ("/", "/offers", "/offers?mine=1&page=25", "/offers?view=map", "/offers?place=Stockholm", "/events"):
        examination.look_at(page, "officer", Page(path, path))
        assert page.locator("main tbody tr").count() <= 100
    assert page.locator("nav.ds-pagination, .pages").count()
    page.context.close()
    assert not examination.found, "\n".join(examination.found)
