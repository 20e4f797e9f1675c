"""Nobody sees or does what is not theirs: every route, method and person of the application, tried one by one.

What each kind of person may do follows the table "Who may see and do what"; it stands here once more, on its own, so
that a slip in the policy, in a view or in a template shows.
"""

from __future__ import annotations

import functools
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from platsverket import accounts, calendars, decisions, drafts, proposals, rounds, searches, trials
from platsverket.access import POLICY
from platsverket.app import create_app
from platsverket.models import CASE_OFFICER, PROJECT_LEAD, Model, Need, Offer, Question, Run, User
from tests.conftest import settings
from tests.factories import PASSWORD, Factory

# The people, and what each action is to them on things of the organisation called "home": "yes", "no" (403: the role
# never does this), "hidden" (404: it is not there for them) or "known" (403: they may see it, not do this to it).
# Everything is "sign in" to a stranger, but what is public.
PEOPLE = ("own officer", "other officer", "own lead", "other lead", "coordinator", "administrator")
TABLE: dict[str, tuple[str, ...]] = {
    "public": ("yes",) * 6,
    "self": ("yes",) * 6,
    "event.read": ("yes",) * 6,
    "offer.read": ("yes", "yes", "yes", "yes", "yes", "no"),
    "offer.occupancy": ("yes", "hidden", "no", "no", "yes", "no"),
    "offer.post": ("yes", "yes", "no", "no", "no", "no"),
    "offer.edit": ("yes", "known", "no", "no", "no", "no"),
    "need.read": ("yes", "hidden", "yes", "hidden", "yes", "no"),
    "need.post": ("no", "no", "yes", "yes", "no", "no"),
    "need.edit": ("no", "no", "yes", "hidden", "no", "no"),
    "need.prioritise": ("no", "no", "no", "no", "yes", "no"),
    "draft.edit": ("yes", "yes", "yes", "yes", "no", "no"),
    "round.steer": ("no", "no", "no", "no", "yes", "no"),
    "proposal.read": ("yes", "hidden", "yes", "hidden", "yes", "no"),
    "proposal.answer": ("yes", "hidden", "yes", "hidden", "no", "no"),
    "agreement.read": ("yes", "hidden", "yes", "hidden", "yes", "no"),
    "agreement.end": ("yes", "hidden", "yes", "hidden", "no", "no"),
    "agreement.sign": ("yes", "hidden", "yes", "hidden", "no", "no"),
    "agreement.prepare": ("yes", "hidden", "no", "no", "no", "no"),
    "account.manage": ("no", "no", "no", "no", "no", "yes"),
}
ANSWERS = {"no": 403, "known": 403, "hidden": 404}
MISSING = "2222222222"
# One copies what is one's own.
AS_IF = {"offers.copy": "offer.edit", "needs.copy": "need.edit"}


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


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("access") / "world.sqlite"
    shutil.copy(sqlite_template, path)
    app = create_app(settings(f"sqlite:///{path}"))
    app.config.update(PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    service = app.extensions["platsverket"]
    with service.sessions() as session:
        found = World(app, Factory(session, service.config))
        _people(found)
        _things(found)
        yield found
    service.engine.dispose()


def _people(world: World) -> None:
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


def _things(world: World) -> None:
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


def test_every_route_says_what_it_does(world: World) -> None:
    """A route without a rule, or with one that the policy or the table does not know, fails here."""
    for rule, method, action in world.routes():
        assert action in POLICY, f"{method} {rule} names no action of the policy"
        assert action in TABLE, f"{method} {rule}: say in TABLE who may do {action}"
    assert set(POLICY) - {"offer.address"} == set(TABLE)


def _expected(rule: Any, action: str, who: str) -> str:
    if who == "stranger":
        return "yes" if action == "public" else "sign in"
    answer = TABLE[action][PEOPLE.index(who)]
    wide = "ref" not in rule.arguments  # a list or a form for a new thing: nothing of anybody's is named
    if answer in ("hidden", "known") and wide:
        return "yes"
    if answer == "yes" and rule.endpoint in AS_IF:
        return TABLE[AS_IF[rule.endpoint]][PEOPLE.index(who)]
    return answer


def _fits(call: Call, expected: str) -> bool:
    to_sign_in = call.status == 303 and call.to.startswith("/sign-in")
    if expected == "sign in":
        return call.status == 401 if call.path.startswith("/api/") else to_sign_in
    if expected in ANSWERS:
        return call.status == ANSWERS[expected]
    return call.status < 500 and call.status not in (401, 403, 404, 405) and not to_sign_in


def test_looking_changes_nothing(world: World) -> None:
    """HEAD and OPTIONS on every route, as everybody, leave every row as it was, and HEAD answers as GET does."""
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        before = _rows(world)
        for who in world.clients:
            head = world.call(who, rule, "HEAD")
            world.call(who, rule, "OPTIONS")
            assert head.status == world.call(who, rule, "GET").status, str(head)
        assert _rows(world) == before, f"{rule} was only looked at"


def _rows(world: World) -> dict[str, list[Any]]:
    """Every row of every table, but for the events by which reading itself is put on record."""
    world.make.session.rollback()
    found = {table.name: list(world.make.session.execute(select(table))) for table in Model.metadata.sorted_tables}
    found["event"] = [event for event in found["event"] if event.kind not in ("offer.address_read", "round.exported")]
    return found


def test_sealed_premises_are_to_others_as_if_they_were_not_there(world: World) -> None:
    """For all but their owner and the named coordinator, sealed premises answer exactly as a name that nothing has."""
    for rule, method, _ in world.routes():
        if "ref" in rule.arguments and "/offers/" in str(rule):
            for who in ("stranger", "other officer", "own lead", "other lead", "other coordinator", "administrator"):
                sealed, missing = world.call(who, rule, method, "sealed"), world.call(who, rule, method, "missing")
                assert (sealed.status, sealed.to.replace(world.refs["sealed"], MISSING)) == (
                    missing.status, missing.to
                ), str(sealed)  # fmt: skip
                assert sealed.status != 200, str(sealed)


def test_hidden_fields_are_in_no_answer(world: World) -> None:
    """A canary in each hidden field of closed premises and of requests turns up in nothing that others can read."""
    seen: dict[str, set[str]] = {}
    for call in _readings(world):
        assert call.status < 500, str(call)
        for kind, canaries in CANARIES.items():
            for name, canary in canaries.items():
                if canary in call.text:
                    seen.setdefault(kind, set()).add(call.who)
                    assert _may_read(call, kind, name), f"{call} tells the {name} of what is {kind}"
    # The canaries live: whoever may read them does.
    assert seen == {
        "restricted": {"own officer", "coordinator", "other coordinator"},
        "sealed": {"own officer", "coordinator"},
        "lonely": {"own lead", "coordinator", "other coordinator"},
    }


def _readings(world: World) -> Iterator[Call]:
    for rule, method, _ in world.routes():
        if method != "GET":
            continue
        kinds = ("restricted", "sealed") if "ref" in rule.arguments and "/offers/" in str(rule) else ("open",)
        for who in world.clients:
            for kind in kinds:
                yield world.call(who, rule, method, kind)


def _may_read(call: Call, kind: str, name: str) -> bool:
    if kind == "lonely":
        return call.who in ("own lead", "coordinator", "other coordinator")
    if call.who == "own officer":
        return True
    if call.who not in ("coordinator", "other coordinator") or (kind, call.who) == ("sealed", "other coordinator"):
        return False
    # A coordinator reads places and contacts of closed premises only where the reading is put on record.
    recorded = ("api.get_offer", "offers.show", "api.get_market", "rounds.market_file")
    return name not in PLACES_OF or call.endpoint in recorded


def test_every_person_gets_what_the_table_says_of_every_route(world: World) -> None:
    """Each route and method as each person, on things of one organisation: never more and never less than the table."""
    surprises = []
    plan = sorted(
        ((rule, method, action, who) for rule, method, action in world.routes() for who in ("stranger", *PEOPLE)),
        # Who may not, tries first: what those who may do cannot hide a door that stands open.
        key=lambda one: (one[1] != "GET", _expected(one[0], one[2], one[3]) == "yes"),
    )
    for rule, method, action, who in plan:
        expected = _expected(rule, action, who)
        call = world.call(who, rule, method)
        if not _fits(call, expected):
            surprises.append(f"{call}, expected: {expected}")
    assert not surprises, "\n".join(surprises)
