"""An application with something of everything in it, to be tried by every kind of person, one route at a time."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from platsverket import accounts, calendars, decisions, drafts, proposals, rounds, searches, trials
from platsverket.models import CASE_OFFICER, PROJECT_LEAD, Need, Offer, Question, Run, User
from tests.factories import PASSWORD, Factory

MISSING = "2222222222"


@dataclass(frozen=True)
class Call:
    """One route and method, with the answer that a person got."""

    who: str
    method: str
    endpoint: str
    path: str
    things: str  # which offer stood in the path: "open", "restricted", "sealed", "missing"
    status: int = 0
    to: str = ""
    text: str = ""

    def __str__(self) -> str:
        return f"{self.who}: {self.method} {self.path} ({self.things}) answered {self.status}"


@dataclass
class World:
    """An application with something of everything in it, and people to try it as."""

    app: Flask
    make: Factory
    users: dict[str, User] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    clients: dict[str, tuple[FlaskClient, dict[str, str]]] = field(default_factory=dict)

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = self.app.test_client().get("/api/v1/openapi.json").json
        return found

    def routes(self) -> Iterator[tuple[Any, str, str]]:
        """Every rule with one of its methods, reading before writing; all but the way out, which is open to all."""
        found = [
            (rule, method)
            for rule in self.app.url_map.iter_rules()
            if rule.endpoint not in ("static", "start.sign_out")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        ]
        found.sort(key=lambda route: (route[1] != "GET", str(route[0]), route[1]))
        for rule, method in found:
            yield rule, method, getattr(self.app.view_functions[rule.endpoint], "rule", "")

    def path(self, rule: Any, who: str, offer: str) -> str:
        noun = str(rule).removeprefix("/api/v1").split("/")[1]
        refs = {
            "offers": self.refs.get(offer, MISSING), "needs": self.refs["need"], "rounds": self.refs["round"],
            "proposals": self.refs["proposal"], "agreements": self.refs["agreement"], "accounts": self.refs["account"],
            "me": self.refs.get(f"{rule.endpoint} of {who}", MISSING),
        }  # fmt: skip
        values = {
            "run_ref": self.refs["run"],
            "decision_ref": self.refs["decision"],
            "question_ref": self.refs["question"],
            "trial_ref": self.refs["trial"],
            "need_ref": self.refs["need"],
            "secret": self.refs["calendar"],
            "code": "no-room",
        }
        if "ref" in rule.arguments:
            values["ref"] = MISSING if offer == "missing" else refs[noun]
        if "/drafts/" in str(rule):
            values["ref"] = self.refs.get(f"{rule.endpoint} of {who}", MISSING) if offer == "open" else MISSING
        adapter = self.app.url_map.bind("localhost")
        return adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method=None)

    def call(self, who: str, rule: Any, method: str, offer: str = "open") -> Call:
        path, body = self.path(rule, who, offer), self.body(rule, who, method)
        client, headers = self.clients[who]
        self.make.session.rollback()  # on SQLite a test that is still reading would keep the service from writing
        if path.startswith("/api/"):
            answer = client.open(path, method=method, headers=headers, json=body)
        else:
            asked = {"kind": "bar", "need": self.refs["need"], "offer": self.refs["open"]}
            asked = asked if rule.endpoint in ("decisions.ask", "decisions.decide") else {}
            sent = "query_string" if method in ("GET", "HEAD") else "data"
            answer = client.open(path, method=method, **{sent: asked})
        to, text = answer.headers.get("Location", ""), _said(answer) + str(answer.headers)
        return Call(who, method, rule.endpoint, path, offer, answer.status_code, to, text)

    def body(self, rule: Any, who: str, method: str) -> Any:
        """The body that the API's own document shows, for an organisation of the caller's."""
        template = re.sub(r"<\w+:(\w+)>", r"{\1}", str(rule).removeprefix("/api/v1"))
        told = self.document["paths"].get(template, {}).get(method.lower(), {}).get("requestBody")
        if not told:
            return None
        body = dict(told["content"]["application/json"]["examples"]["example"]["value"])
        roles = self.users[who].memberships if who in self.users else []
        if "agency" in body and "place" in body and roles:
            body |= (
                {"agency": roles[0].agency.ref, "not_agencies": []}
                if "spans" in body
                else {"agency": roles[0].agency.ref}
            )
        return body

    def come_in(self, who: str, user: User | None) -> None:
        client, headers = self.app.test_client(), {}
        if user:
            make, asked = self.make, {"name": "test", "days": 30}
            by = make.identity(user)
            _, secret = accounts.make_token(make.session, by, make.config.sign_in, asked)
            spare, _ = accounts.make_token(make.session, by, make.config.sign_in, asked)
            self.users[who], self.refs[f"me.revoke of {who}"] = user, spare.ref
            self.refs[f"me.revoke_calendar of {who}"] = calendars.make(make.session, by)[0].ref
            if user.memberships:
                search = make.search_values(user.memberships[0].agency)
                saved = searches.save(make.session, by, make.config, search)
                self.refs[f"searches.remove of {who}"] = saved.ref
            self._begin(who, user)
            headers = {"Authorization": f"Bearer {secret}"}
            email = user.email
            make.session.rollback()
            assert client.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
        self.clients[who] = client, headers

    def _begin(self, who: str, user: User) -> None:
        """Drafts of one's own, of what one may post."""
        for noun, role in (("offer", CASE_OFFICER), ("need", PROJECT_LEAD)):
            if role in {membership.role for membership in user.memberships}:
                for name in ("draft", "discard"):
                    by = self.make.identity(user)
                    draft = drafts.save(self.make.session, by, self.make.config, noun, {"title": "Halvt"})
                    self.refs[f"{noun}s.{name} of {who}"] = draft.ref


def _said(answer: Any) -> str:
    """What an answer says; a PDF is read back."""
    if answer.mimetype != "application/pdf" or not answer.data:
        return str(answer.text)
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)


CANARIES = {
    kind: {
        "title": f"Titel{kind}x7q", "description": f"Text{kind}x7q", "contact_name": f"Namn{kind}x7q",
        "contact_email": f"post{kind}x7q@myndighet.example", "contact_phone": f"010-{kind}x7q",
    }
    for kind in ("restricted", "sealed", "lonely")
}  # fmt: skip
for kind, point in (("restricted", "63.17931"), ("sealed", "63.17942")):
    CANARIES[kind] |= {"address": f"Gata{kind}x7q", "place": point}
PLACES_OF = ("address", "place", "contact_name", "contact_email", "contact_phone")


def people(world: World) -> None:
    make = world.make
    home, other, third = make.agency("Hemmet"), make.agency("Andra"), make.agency("Tredje")
    world.come_in("stranger", None)
    for who, user in {
        "own officer": make.user((home, CASE_OFFICER)), "other officer": make.user((other, CASE_OFFICER)),
        "own lead": make.user((home, PROJECT_LEAD)), "other lead": make.user((other, PROJECT_LEAD)),
        "coordinator": make.coordinator(third), "other coordinator": make.coordinator(other),
        "administrator": make.user(administrator=True), "matched lead": make.user((third, PROJECT_LEAD)),
    }.items():  # fmt: skip
        world.come_in(who, user)


def things(world: World) -> None:
    """An open offer with a proposal and an agreement of home's own; closed ones promised to a third organisation."""
    make, users = world.make, world.users
    officer, lead, third = users["own officer"], users["own lead"], users["matched lead"]
    home, guest = officer.memberships[0].agency, third.memberships[0].agency
    world.refs["open"] = make.offer(home, officer, seats=20).ref
    named = [users["coordinator"].ref]
    for kind, day, rest in (("restricted", "sat", {}), ("sealed", "sun", {"coordinators": named})):
        closed = {**CANARIES[kind], **rest, "place": f"{CANARIES[kind]['place']}, 14.6357", "weekdays": [day]}
        world.refs[kind] = make.offer(home, officer, visibility=kind, seats=20, **closed).ref
        make.need(guest, third, weekdays=[day], title=f"Till {kind}")
    make.need(home, lead, seats=9000, **CANARIES["lonely"])
    make.need(home, lead, weekdays=["mon"])
    world.refs["need"] = make.need(home, lead).ref
    steerer = users["coordinator"]
    by = make.identity(steerer)
    match_round = make.round(steerer)
    ref = match_round.ref
    rounds.freeze(make.session, by, make.config, ref)
    bar = {"kind": "bar", "need": world.refs["need"], "agency": None, "offer": world.refs["sealed"], "start": None}
    decision = decisions.decide(make.session, by, make.config, ref, {**bar, "reason": f"Skäl{'sealed'}x7q"})
    make.run(steerer, match_round)
    run = match_round.runs[-1].ref
    rounds.publish(make.session, by, make.config, ref, run)
    world.refs |= {"round": ref, "run": run, "decision": decision.ref, "account": make.user().ref}
    world.refs["question"] = _question(world, match_round.runs[-1])
    tried = {"need": world.refs["need"], "offer": world.refs["open"]}
    world.refs["trial"] = trials.what_if(make.session, by, ref, run, tried).ref
    _agree(world)
    world.refs["calendar"] = calendars.make(make.session, make.identity(lead))[1]


def _question(world: World, run: Run) -> str:
    """What a coordinator asked about home's own request."""
    session = world.make.session
    need, offer = (session.scalars(select(m).where(m.ref == world.refs[n])).unique().one() for m, n in QUESTIONED)
    question = Question(
        need_id=need.id, round_id=run.round_id, run_id=run.id, offer_id=offer.id, change="seats", before=4, after=3,
        start=need.earliest_start, asked_at=run.requested_at, asked_by_id=world.users["coordinator"].id,
    )  # fmt: skip
    session.add(question)
    session.commit()
    return question.ref


QUESTIONED: tuple[tuple[Any, str], ...] = ((Need, "need"), (Offer, "open"))


def _agree(world: World) -> None:
    make = world.make
    officer, lead = (make.identity(world.users[who]) for who in ("own officer", "own lead"))
    own = [p for p in proposals.search(make.session, officer)[0] if p.offer.ref == world.refs["open"]]
    first, second = sorted(own, key=lambda p: p.need.ref == world.refs["need"])
    for by in (officer, lead):
        proposals.answer(make.session, by, second.ref, {"answer": "accepted", "reason": None, "side": None})
    world.refs |= {"proposal": first.ref, "agreement": second.agreement.ref if second.agreement else ""}
