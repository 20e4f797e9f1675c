"""The main pages of every role, on a computer and on a telephone, in Swedish: axe finds nothing, nothing sticks out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from platsverket import decisions, proposals, rounds
from platsverket.models import MatchRound, User
from tests.browser.conftest import Site
from tests.browser.person import Person

COMPUTER, TELEPHONE = 1280, 390
NARROW_TO_WIDE = (320, 768, 1024, 1280)


class Furnished:
    """A site where every page has something to show: a published round beside one that is being decided."""

    def __init__(self, site: Site, chromium: Any):
        self.site, self.chromium, make = site, chromium, site.make
        site.worker.stop()  # the factory works off its own runs
        self.host = make.agency("Integritetsskyddsmyndigheten")
        self.guest = make.agency("Länsstyrelsen i Västra Götalands län")
        self.officer, self.lead = make.officer(self.host), make.lead(self.guest)
        self.coordinator = make.coordinator(make.agency("Statskontoret"))
        self.admin = make.user(administrator=True)
        contact = "forvaltningsavdelningen@integritetsskyddsmyndigheten.example"
        self.offer = make.offer(self.host, self.officer, title="Kontor vid stationen", seats=10, contact_email=contact)
        for number in range(3):
            make.need(self.guest, self.lead, seats=2, title=f"Projektrum {number}")
        self.large = make.need(self.guest, self.lead, seats=12, title="Stort projektrum")
        by = make.identity(self.coordinator)
        published = make.matched(self.coordinator, name="Höstens omgång")
        self._bar(by, published)
        make.run(self.coordinator, published)
        self.run = published.runs[-1].ref
        rounds.publish(make.session, by, make.config, published.ref, self.run)
        self.round = published.ref
        self._as_large_as_a_country(published)
        first, second, *_ = proposals.search(make.session, by, round_ref=self.round)[0]
        self.proposal = second.ref
        self.agreement = self._agreed(first.ref)
        self.matched = make.matched(self.coordinator, name="Vinterns omgång")
        self.matched_ref, self.matched_run = self.matched.ref, self.matched.runs[-1].ref
        self.refs = {"offer": self.offer.ref, "large": self.large.ref}
        self.people: dict[str, User] = {
            "officer": self.officer, "lead": self.lead, "coordinator": self.coordinator, "admin": self.admin
        }  # fmt: skip
        self.emails = {role: person.email for role, person in self.people.items()}
        make.session.rollback()

    def _bar(self, by: Any, match_round: MatchRound) -> None:
        """A decision with its reason, and so a second run that follows it."""
        make = self.site.make
        values = {"kind": "bar", "need": self.large.ref, "agency": None, "offer": self.offer.ref, "start": None}
        said = {"reason": "Flytten är redan beställd och betald."}
        decisions.decide(make.session, by, make.config, match_round.ref, {**values, **said})

    def _as_large_as_a_country(self, match_round: MatchRound) -> None:
        """Figures as long as those of a national round, for they decide how wide its tables are."""
        for run in match_round.runs:
            goals = [{**goal, "value": 48_713, "bound": 48_989} for goal in run.summary["goals"]]
            counts = {"placed": 11_207, "needs": 12_450, "seats_placed": 48_713, "seats_asked": 61_204}
            run.summary, run.effort, run.seed = {**run.summary, **counts, "goals": goals}, "thorough", 2_026
            run.summary["seconds"] = 1_204.6
        self.site.make.session.commit()

    def _agreed(self, ref: str) -> str:
        make = self.site.make
        for person in (self.officer, self.lead):
            answered = proposals.answer(make.session, make.identity(person), ref, {"answer": "accepted"})
        assert answered.agreement
        return answered.agreement.ref

    def pages(self, role: str) -> list[str]:
        offer, large = f"/offers/{self.refs['offer']}", f"/needs/{self.refs['large']}"
        proposal, agreement = f"/proposals/{self.proposal}", f"/agreements/{self.agreement}"
        published, matched = f"/rounds/{self.round}", f"/rounds/{self.matched_ref}"
        decide = f"{matched}/decide?need={self.refs['large']}&offer={self.refs['offer']}&kind="
        return {
            "nobody": ["/", "/about", "/accessibility", "/privacy", "/for-systems", "/sign-in", "/nowhere"],
            "officer": ["/", "/offers", "/offers?mine=1", "/offers/new", offer, f"{offer}/edit", f"{offer}/withdraw",
                        "/proposals", proposal, f"{proposal}/decline", f"{proposal}/withdraw", "/agreements",
                        agreement, f"{agreement}/end",
                        "/events", "/me", "/me/tokens", "/me/calendars", "/me/substitute"],
            "lead": ["/", "/needs", "/needs/new", large, f"{large}/edit", f"{large}/withdraw", "/proposals", "/events",
                     "/me/searches", "/me/searches/new"],
            "coordinator": ["/", "/rounds", "/rounds/new", published, f"{published}/runs/{self.run}",
                            f"{published}/runs/{self.run}/figures", f"{published}/decisions",
                            f"{published}/runs/{self.run}/needs/{self.large.ref}",
                            f"{published}/runs/{self.run}/needs/{self.large.ref}?show=forbidden", matched,
                            f"{published}/runs/{self.run}?show=without", f"{matched}/runs/{self.matched_run}/publish",
                            f"{matched}/cancel", f"{decide}lock", f"{decide}bar", f"{large}/priority", "/events"],
            "admin": ["/", "/accounts", "/accounts/new", "/events", "/me"],
        }[role]  # fmt: skip

    def visitor(self, role: str) -> Any:
        if role == "nobody":
            return self.chromium.new_context(locale="sv-SE", base_url=self.site.url).new_page()
        return Person(self.chromium, self.site, self.emails[role], "script").page


@pytest.fixture
def furnished(chromium: Any, site: Site) -> Iterator[Furnished]:
    yield Furnished(site, chromium)


def test_axe_finds_nothing_on_any_main_page(furnished: Furnished) -> None:
    """With every part that can be opened open, at the widths of a computer and of a telephone."""
    found, axe = [], Axe()
    for role in ("nobody", *furnished.emails):
        page = furnished.visitor(role)
        for path in furnished.pages(role):
            answer = page.goto(path)
            assert answer.status == (404 if path == "/nowhere" else 200), path
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            for width in (COMPUTER, TELEPHONE):
                page.set_viewport_size({"width": width, "height": 900})
                for violation in axe.run(page).response["violations"]:
                    nodes = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
                    found.append(f"{role} {path} at {width}: {violation['id']}: {nodes}")
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    found.append(f"{role} {path} at {width}: wider than the screen")
        page.context.close()
    assert not found, "\n".join(found)


def test_axe_would_find_something(furnished: Furnished) -> None:
    """A button that says nothing is found: the test above does look."""
    page = furnished.visitor("nobody")
    page.goto("/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == ["button-name"]
    page.context.close()


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
    assert page.locator("input[name=features]").evaluate_all(left) >= 3
    assert page.locator("input[name=weekdays]").evaluate_all(left) == 7
    page.goto("/proposals")
    assert page.locator("td .ds-tag").evaluate_all("all => Math.max(...all.map(one => one.offsetHeight))") < 40
    page.goto(f"/offers/{furnished.refs['offer']}")
    heading, mark = page.locator("h1").bounding_box(), page.locator("main .ds-tag").first.bounding_box()
    assert mark["y"] >= heading["y"] + heading["height"] and mark["x"] == heading["x"]
    page.context.close()
    page = furnished.visitor("lead")
    page.goto("/needs")
    assert page.locator("label[for=f-over]").bounding_box()["height"] < 40
    page.context.close()
