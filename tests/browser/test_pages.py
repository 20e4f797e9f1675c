"""Pages use the room that a screen gives them."""

from __future__ import annotations

import pytest

from tests.browser.furnished import Furnished

COMPUTER = 1280
NARROW_TO_WIDE = (320, 768, 1024, 1280)


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_published_round_fits_every_screen(furnished: Furnished, lang: str) -> None:
    """Neither the page nor, on a computer, any of its tables has to be moved sideways."""
    page = furnished.visitor("coordinator")
    for width in NARROW_TO_WIDE:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/rounds/{furnished.round}?lang={lang}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        blocks = page.locator(".table-block").evaluate_all("all => all.map(one => one.scrollWidth - one.clientWidth)")
        assert blocks and (width < COMPUTER or max(blocks) <= 0), blocks
    page.context.close()


def test_filters_and_marks_use_the_width_there_is(furnished: Furnished) -> None:
    """On a computer features stand in columns and weekdays in a row; a mark in a list keeps to one line."""
    page = furnished.visitor("officer")
    page.goto("/offers")
    page.locator("details.explain summary").click()
    left = "all => new Set(all.map(one => Math.round(one.getBoundingClientRect().left))).size"
    assert page.locator("input[name=must]").evaluate_all(left) >= 3
    assert page.locator("input[name=weekdays]").evaluate_all(left) == 7
    page.goto("/proposals")
    assert page.locator("td .ds-tag").evaluate_all("all => Math.max(...all.map(one => one.offsetHeight))") < 40
    page.goto(f"/offers/{furnished.offer_ref}")
    heading, mark = page.locator("h1").bounding_box(), page.locator("main .ds-tag").first.bounding_box()
    assert mark["y"] >= heading["y"] + heading["height"] and mark["x"] == heading["x"]
    page.context.close()
    page = furnished.visitor("lead")
    page.goto("/needs")
    assert page.locator("label[for=f-over]").bounding_box()["height"] < 40
    page.context.close()
