"""Nobody sees or does what is not theirs: every route, method and person of the application, tried one by one.

What each kind of person may do follows the table "Who may see and do what"; it stands here once more, on its own, so
that a slip in the policy, in a view or in a template shows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from platsverket.access import POLICY
from platsverket.app import create_app
from platsverket.models import Model
from tests.conftest import settings
from tests.factories import Factory
from tests.web.world import CANARIES, MISSING, PLACES_OF, Call, World, people, things

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
# One copies what is one's own.
AS_IF = {"offers.copy": "offer.edit", "needs.copy": "need.edit"}


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("access") / "world.sqlite"
    shutil.copy(sqlite_template, path)
    app = create_app(settings(f"sqlite:///{path}"))
    app.config.update(PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    service = app.extensions["platsverket"]
    with service.sessions() as session:
        found = World(app, Factory(session, service.config))
        people(found)
        things(found)
        yield found
    service.engine.dispose()


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
