"""Pictures of figures are read on a telephone, in the dark and without colours: measured in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from platsverket import decisions, runs
from platsverket.models import MatchRound, User
from tests.browser.conftest import Site
from tests.browser.person import Person

LEAST_WEEK, LEAST_TEXT, LEAST_GRAPHIC_CONTRAST, LEAST_TEXT_CONTRAST = 3, 12, 3.0, 4.5
# What stands out from what: the colours as the browser has worked them out.
COLOURS = """() => {
  const of = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
  return {ink: of('.chart-patterns .ink', 'fill'), ground: of('.chart-patterns .ground', 'fill'),
          solid: of('.chart-key .look-solid', 'fill'), edge: of('.chart .edge', 'stroke'),
          text: of('.chart text', 'fill'), page: of('body', 'backgroundColor')};
}"""
TEXTS = """() => [...document.querySelectorAll('.chart text')]
  .filter(one => one.getClientRects().length)
  .map(one => parseFloat(getComputedStyle(one).fontSize) * (one.getCTM ? one.getScreenCTM().a : 1))"""


class Pictures:
    """A site with premises in use, and the pages that show it in pictures."""

    def __init__(self, site: Site, chromium: Any):
        self.site, self.chromium, make = site, chromium, site.make
        site.worker.stop()
        host, guest = make.agency("Integritetsskyddsmyndigheten"), make.agency("Länsstyrelsen i Västra Götalands län")
        officer, lead, self.coordinator = make.officer(host), make.lead(guest), make.coordinator()
        far = [(make.today - timedelta(days=90), make.today + timedelta(days=900))]
        for _ in range(5):
            self.offer = make.offer(host, officer, seats=12, spans=far).ref
            make.need(guest, lead, seats=4)
            make.need(guest, lead, seats=400)  # finds no place, and so is wanted on the map
        make.published(self.coordinator, name="Höstens omgång")
        make.need(guest, lead, seats=3)
        self.round = self._locked(make.matched(self.coordinator, name="Vinterns omgång"), self.coordinator)
        self.email = self.coordinator.email
        make.session.rollback()

    def _locked(self, match_round: MatchRound, by: User) -> str:
        make = self.site.make
        run = match_round.runs[-1]
        promised = runs.promised(make.session, run)
        placed = next(p for p in runs.plan_of(make.session, run)["placements"] if p["need"] not in promised)
        start = make.today.fromisoformat(placed["start"])
        values = {"kind": "lock", "need": placed["need"], "agency": None, "offer": placed["offer"], "start": start}
        decisions.decide(make.session, make.identity(by), make.config, match_round.ref, {**values, "reason": "Lovat."})
        make.run(by, match_round)
        self.run = match_round.runs[-1].ref
        return match_round.ref

    @property
    def weeks(self) -> list[str]:
        return [
            f"/offers/{self.offer}/timeline", f"/rounds/{self.round}/timeline",
            f"/rounds/{self.round}/runs/{self.run}/timeline",
        ]  # fmt: skip

    @property
    def pages(self) -> list[str]:
        return [
            *self.weeks,
            f"/offers/{self.offer}",
            "/statistics",
            "/statistics/wanted",
            "/statistics/wanted?county=23",
        ]


@pytest.fixture
def pictures(chromium: Any, site: Site) -> Iterator[Pictures]:
    yield Pictures(site, chromium)


def _contrast(one: str, other: str) -> float:
    """Of two colours as browsers write them, by WCAG 2.1."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [float(part) / 255 for part in colour.split("(")[1].rstrip(")").split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_pictures_are_read_at_every_width(pictures: Pictures) -> None:
    """No page has to be moved sideways, no week is too thin to be seen, and no text too small to be read."""
    page = Person(pictures.chromium, pictures.site, pictures.email).page
    for path in pictures.pages:
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            sizes = page.evaluate(TEXTS)
            limit = LEAST_TEXT if width > 320 else LEAST_TEXT - 2  # a map shrinks on the narrowest telephones
            assert sizes and min(sizes) >= limit, (path, width, min(sizes))
            if path in pictures.weeks:
                weeks = page.locator(".chart .over").evaluate_all(
                    "all => all.map(o => o.getBoundingClientRect().width)"
                )
                assert len(weeks) == 52 and min(weeks) >= LEAST_WEEK, (path, width, min(weeks))
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_stand_out_by_pattern_and_by_contrast(pictures: Pictures, scheme: str) -> None:
    """Each kind has a pattern of its own that is there, dark enough against its ground, in both schemes."""
    page = Person(pictures.chromium, pictures.site, pictures.email).page
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/rounds/{pictures.round}/timeline")
    found = page.evaluate(COLOURS)
    for pair in (("ink", "ground"), ("solid", "page"), ("edge", "page")):
        assert _contrast(*(found[name] for name in pair)) >= LEAST_GRAPHIC_CONTRAST, (scheme, pair)
    assert _contrast(found["text"], found["page"]) >= LEAST_TEXT_CONTRAST
    fills = "all => [...new Set(all.map(one => one.getAttribute('fill')))]"
    drawn = set(page.locator(".chart-plot rect[fill]").evaluate_all(fills))
    assert {"url(#pattern-stripes)", "url(#pattern-dots)"} <= drawn
    missing = "all => all.filter(one => !document.getElementById(one.getAttribute('fill').slice(5, -1))).length"
    assert page.locator("[fill^='url']").evaluate_all(missing) == 0
    page.context.close()


def test_pictures_need_no_colours(pictures: Pictures) -> None:
    """With the colours of the system alone, ink and ground are the system's, as far apart as its text."""
    page = Person(pictures.chromium, pictures.site, pictures.email).page
    page.emulate_media(forced_colors="active")
    page.goto(pictures.weeks[0])
    found = page.evaluate(COLOURS)
    assert (
        _contrast(found["ink"], found["ground"]) > 15
        and found["ink"] == found["solid"] == found["edge"] == found["text"]
    )
    page.emulate_media(media="print", forced_colors="none")
    printed = page.evaluate(COLOURS)
    assert (printed["ink"], printed["ground"]) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    page.context.close()


def test_the_tables_open_without_script(pictures: Pictures) -> None:
    """What a picture shows can be read as a table, and fetched as a file, in a browser without script."""
    person = Person(pictures.chromium, pictures.site, pictures.email, "no-script")
    person.open(pictures.weeks[0])
    person.page.locator("details.chart-table summary").first.click()
    assert person.page.locator("details.chart-table tbody tr").count() == 52
    with person.page.expect_download() as download:
        person.page.locator("a[href*='timeline.csv']").first.click()
    assert download.value.suggested_filename.endswith(".csv") and not person.said
    person.context.close()
