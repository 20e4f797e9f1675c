"""A site where every page has something to show, and all its pages as each role finds them, taken from the routes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from werkzeug.routing import Rule

from platsverket import accounts, calendars, decisions, drafts, messages, proposals, rounds, searches, trials
from platsverket.models import MatchRound, Need, Question, User
from tests.browser.conftest import Site
from tests.browser.person import Person

NOBODY = "nobody"
# Names as long as those of real organisations and of rooms that somebody wanted to describe exactly.
HOST, GUEST = "Integritetsskyddsmyndigheten", "Samordningsförbundet Finsam i Gävle, Älvkarleby och Hofors kommuner"
LONG = (
    "Förvaltningsutvecklingsprojektledningskontorslokal med höj- och sänkbara skrivbord, sammanträdesrum och hörslinga"
)
# What a page shows depends on its query here: each of these is a page of its own.
QUERIES = {
    "offers.index": ["", "mine=1", "text=finns+inte", "seats=x", "view=map", "place=Östersund&seats=2"],
    "needs.index": ["", "text=finns+inte", "view=map"],
    "proposals.index": ["", "show=to-answer"],
    "rounds.outcome": ["", "show=without"],
    "desk.alternatives_of": ["", "show=forbidden"],
    "events.index": ["", "noun=offer"],
}


@dataclasses.dataclass(frozen=True)
class Page:
    """A page by its address, and the route it belongs to."""

    route: str
    path: str

    def within(self, lang: str) -> str:
        return f"{self.path}{'&' if '?' in self.path else '?'}lang={lang}"


class Bare:
    """People of every role, and nothing that they have done."""

    def __init__(self, site: Site, chromium: Any):
        self.site, self.chromium, self.make = site, chromium, site.make
        site.worker.stop()  # the factory works off its own runs
        make = site.make
        self.host, self.guest = make.agency(HOST), make.agency(GUEST, kind="municipality")
        self.officer, self.lead = make.officer(self.host), make.lead(self.guest)
        self.coordinator = make.coordinator(make.agency("Statskontoret"))
        self.admin = make.user(administrator=True)
        self.people: dict[str, User] = {
            "officer": self.officer, "lead": self.lead, "coordinator": self.coordinator, "admin": self.admin
        }  # fmt: skip
        self._furnish()
        self.things = self._things()
        self.pages = list(self._pages())
        self.emails = {role: person.email for role, person in self.people.items()}
        make.session.rollback()  # on SQLite a session that is still reading would keep the site from writing

    def _furnish(self) -> None:
        """Nothing."""

    def _things(self) -> dict[str, list[dict[str, str]]]:
        """The values of a route's parameters, by how its address begins; pages without any need none."""
        return {}

    def _pages(self) -> Iterator[Page]:
        """Every address under which something can be read in a browser, each with all that there is to fill it."""
        adapter = self.site.app.url_map.bind("localhost")
        for rule in sorted(self.site.app.url_map.iter_rules(), key=str):
            route = str(rule)
            if "GET" not in (rule.methods or ()) or route.startswith(("/api/", "/static/")):
                continue
            for values in self._values(rule):
                for query in self._queries(rule.endpoint):
                    yield Page(route, adapter.build(rule.endpoint, values) + (query and f"?{query}"))
        yield Page("/nowhere", "/nowhere")

    def _values(self, rule: Rule) -> list[dict[str, str]]:
        return [] if rule.arguments else [{}]

    def _queries(self, endpoint: str) -> list[str]:
        return QUERIES.get(endpoint, [""])

    def visitor(self, role: str) -> Any:
        """A browser's page of somebody in this role, signed in; of a stranger for ``NOBODY``."""
        if role == NOBODY:
            return self.chromium.new_context(locale="sv-SE", base_url=self.site.url).new_page()
        return Person(self.chromium, self.site, self.emails[role], "script").page


class Furnished(Bare):
    """One of everything in each of its states: a published round, one being decided, one that runs, one called off."""

    def _furnish(self) -> None:
        self._premises_and_requests()
        self._published()
        self.matched = self.make.matched(self.coordinator, name="Vinterns omgång")
        self.matched_ref, self.matched_run = self.matched.ref, self.matched.runs[-1].ref
        self._rest()

    def _premises_and_requests(self) -> None:
        make = self.make
        contact = "forvaltningsavdelningen@integritetsskyddsmyndigheten.example"
        self.offer = make.offer(self.host, self.officer, title=LONG, seats=10, contact_email=contact)
        self.offer_ref = self.offer.ref
        other = make.agency("Kungliga biblioteket")
        self.restricted = make.offer(other, title="Läsesal", visibility="restricted", weekdays=["sun"]).ref
        for number in range(4):
            make.need(self.guest, self.lead, seats=2, title=f"Projektrum {number}")
        self.large = make.need(self.guest, self.lead, seats=12, title=f"Stort rum: {LONG}"[:120])

    def _published(self) -> None:
        """A round with two runs, the second by a decision; of its proposals one is agreed, one declined, two open."""
        make, by = self.make, self.make.identity(self.coordinator)
        published = make.matched(self.coordinator, name="Höstens omgång")
        bar = {"kind": "bar", "need": self.large.ref, "agency": None, "offer": self.offer.ref, "start": None}
        said = {"reason": "Flytten är redan beställd och betald."}
        self.decision = decisions.decide(make.session, by, make.config, published.ref, {**bar, **said}).ref
        make.run(self.coordinator, published)
        self.runs = [run.ref for run in published.runs]
        self.run = self.runs[-1]
        rounds.publish(make.session, by, make.config, published.ref, self.run)
        self.round = published.ref
        self._as_large_as_a_country(published)
        found = proposals.search(make.session, by, round_ref=self.round)[0]
        first, self.proposal, declined, *_ = (one.ref for one in found)
        self.proposals = [first, self.proposal, declined]
        self.agreement = self._agreed(first)
        no = {"answer": "declined", "reason": "wrong_dates", "side": None}
        proposals.answer(make.session, make.identity(self.lead), declined, no)
        text = {"text": "Finns det plats för cyklar?", "side": None}
        messages.write(make.session, make.identity(self.lead), self.proposal, text)

    def _as_large_as_a_country(self, match_round: MatchRound) -> None:
        """Figures as long as those of a national round, for they decide how wide its tables are."""
        for run in match_round.runs:
            goals = [{**goal, "value": 48_713, "bound": 48_989} for goal in run.summary["goals"]]
            counts = {"placed": 11_207, "needs": 12_450, "seats_placed": 48_713, "seats_asked": 61_204}
            run.summary, run.effort, run.seed = {**run.summary, **counts, "goals": goals}, "thorough", 2_026
            run.summary["seconds"] = 1_204.6
        self.make.session.commit()

    def _agreed(self, ref: str) -> str:
        for person in (self.officer, self.lead):
            by = self.make.identity(person)
            answered = proposals.answer(
                self.make.session, by, ref, {"answer": "accepted", "reason": None, "side": None}
            )
        assert answered.agreement
        return answered.agreement.ref

    def _rest(self) -> None:
        """Rounds in their other states, a trial, a question, a calendar, a saved search, a token and two drafts."""
        make, session = self.make, self.make.session
        by, lead = make.identity(self.coordinator), make.identity(self.lead)
        self.gathering = make.round(self.coordinator, name="Vårens omgång").ref
        self.cancelled = make.round(self.coordinator, name="Den inställda omgången").ref
        rounds.cancel(session, by, self.cancelled)
        self.running = make.round(self.coordinator, name="Sommarens omgång")
        rounds.freeze(session, by, make.config, self.running.ref)
        rounds.request_run(session, by, make.config, self.running.ref, {"effort": "quick", "seed": None})
        session.refresh(self.running)
        tried = {"need": self.large.ref, "offer": self.offer.ref}
        self.trial = trials.what_if(session, by, self.matched_ref, self.matched_run, tried).ref
        self._ask()
        self.calendar = calendars.make(session, lead)[1]
        searches.save(session, lead, make.config, make.search_values(self.guest, name=LONG[:80]))
        self.drafts = {}
        for noun, person in (("offer", self.officer), ("need", self.lead)):
            begun = {"title": f"{LONG} {noun}", "seats": "tolv"}
            self.drafts[noun] = drafts.save(session, make.identity(person), make.config, noun, begun).ref
        accounts.make_token(session, lead, make.config.sign_in, {"name": "Ekonomisystemet", "days": 30})

    def _ask(self) -> None:
        """A question to the project lead that waits for its answer."""
        session = self.make.session
        run = self.matched.runs[-1]
        need = session.scalars(select(Need).where(Need.ref == self.large.ref)).unique().one()
        question = Question(
            need_id=need.id, round_id=run.round_id, run_id=run.id, offer_id=self.offer.id, change="seats", before=12,
            after=10, start=need.earliest_start, asked_at=run.requested_at, asked_by_id=self.coordinator.id,
        )  # fmt: skip
        session.add(question)
        session.commit()

    def _things(self) -> dict[str, list[dict[str, str]]]:
        published = {"ref": self.round, "run_ref": self.run, "need_ref": self.large.ref}
        matched = {"ref": self.matched_ref, "run_ref": self.matched_run, "need_ref": self.large.ref}
        return {
            "offers": [{"ref": self.offer.ref}, {"ref": self.restricted}],
            "needs": [{"ref": self.large.ref}],
            "offers/drafts": [{"ref": self.drafts["offer"]}],
            "needs/drafts": [{"ref": self.drafts["need"]}],
            "rounds": [
                published, {**matched, "trial_ref": self.trial}, {"ref": self.gathering}, {"ref": self.cancelled},
                {"ref": self.running.ref, "run_ref": self.running.runs[-1].ref},
            ],
            "proposals": [{"ref": ref} for ref in self.proposals],
            "agreements": [{"ref": self.agreement}],
            "accounts": [{"ref": self.lead.ref}],
            "calendar": [{"secret": self.calendar}],
        }  # fmt: skip

    def _values(self, rule: Rule) -> list[dict[str, str]]:
        if not rule.arguments:
            return [{}]
        known = self.things.get(str(rule).split("<")[0].strip("/"), [])
        found = [{name: one[name] for name in rule.arguments} for one in known if rule.arguments <= set(one)]
        assert found, f"{rule}: say in Furnished.things what its page is to show"
        return found

    def _queries(self, endpoint: str) -> list[str]:
        about = f"need={self.large.ref}&offer={self.offer.ref}"
        runs = "&".join(f"run={run}" for run in self.runs)
        here = {
            "decisions.ask": [f"{about}&kind=lock", f"{about}&kind=bar"],
            "desk.compare": [runs, ""],
        }
        return here.get(endpoint) or super()._queries(endpoint)
