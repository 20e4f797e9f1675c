"""Match rounds over the API: open, freeze, decide, publish, call off. Runs have a file of their own."""

from __future__ import annotations

from typing import Any

from flask import url_for

from platsverket import decisions, outcomes, rounds, runs
from platsverket.api_fields import paged
from platsverket.api_schemas import ShownDecision, ShownRound
from platsverket.desk_schemas import DecisionSchema
from platsverket.models import Decision, MatchRound
from platsverket.schemas import RoundSchema
from platsverket.views.api import examples
from platsverket.views.api.blueprint import LOCATION, PageQuery, api, listing, problems, secured, window
from platsverket.web import by, config, db, rule

TAGS = ["rounds"]


def shown(match_round: MatchRound) -> dict[str, Any]:
    return {name: getattr(match_round, name) for name in ShownRound().fields}


def shown_decision(decision: Decision) -> dict[str, Any]:
    same = ("ref", "kind", "start", "reason", "made_at", "stands_until", "removed_at")
    return {
        **{name: getattr(decision, name) for name in same},
        "need": decision.need.ref if decision.need else None,
        "agency": decision.agency.ref if decision.agency else None,
        "offer": decision.offer.ref,
        "made_by": decision.made_by.name,
    }


@api.route("/rounds", tags=TAGS)
@api.query(PageQuery)
@api.lists(paged(ShownRound, "Round"), examples.ROUND)
@secured
@rule("round.steer")
def list_rounds(asked: dict[str, Any]) -> Any:
    """List match rounds

    All of them, newest first; for coordinators.
    """
    found, total = rounds.search(db(), by(), **window(asked))
    return listing(asked, [shown(one) for one in found], total)


@api.route("/rounds", methods=["POST"], tags=TAGS)
@api.body(RoundSchema, examples.ROUND_BODY)
@api.answers(201, ShownRound, examples.ROUND | {"status": "gathering"}, "The round, open.", headers=LOCATION)
@secured
@rule("round.steer")
def post_round(values: dict[str, Any]) -> Any:
    """Open a match round

    Offers and requests gather until it is frozen.
    """
    match_round = rounds.open_round(db(), by(), config(), values)
    return shown(match_round), 201, {"Location": url_for("api.get_round", ref=match_round.ref)}


@api.route("/rounds/<ref:ref>", tags=TAGS)
@api.answers(200, ShownRound, examples.ROUND, "The round.")
@problems(404)
@secured
@rule("round.steer")
def get_round(ref: str) -> Any:
    """Read a match round

    Its dates and where it stands.
    """
    return shown(runs.steered(db(), by(), ref))


@api.route("/rounds/<ref:ref>/freeze", methods=["POST"], tags=TAGS)
@api.answers(200, ShownRound, examples.ROUND | {"status": "frozen"}, "The round, frozen.")
@problems(404, 409)
@secured
@rule("round.steer")
def freeze_round(ref: str) -> Any:
    """Freeze a match round

    Stores the market as it is now; runs see nothing else.
    """
    return shown(rounds.freeze(db(), by(), config(), ref))


@api.route("/rounds/<ref:ref>/cancellation", methods=["POST"], tags=TAGS)
@api.answers(200, ShownRound, examples.ROUND | {"status": "cancelled"}, "The round, called off.")
@problems(404, 409)
@secured
@rule("round.steer")
def cancel_round(ref: str) -> Any:
    """Call a match round off

    Before it is published; what was posted waits for the next one.
    """
    return shown(rounds.cancel(db(), by(), ref))


@api.route("/rounds/<ref:ref>/runs/<ref:run_ref>/publication", methods=["POST"], tags=TAGS)
@api.answers(200, ShownRound, examples.ROUND | {"status": "published"}, "The round, published.")
@problems(404, 409)
@secured
@rule("round.steer")
def publish_run(ref: str, run_ref: str) -> Any:
    """Publish a run

    Its plan becomes proposals with a deadline, once. What no longer holds is set aside, each with its reason.
    """
    return shown(rounds.publish(db(), by(), config(), ref, run_ref))


@api.route("/rounds/<ref:ref>/decisions", tags=TAGS)
@api.query(PageQuery)
@api.lists(paged(ShownDecision, "Decision"), examples.DECISION)
@problems(404)
@secured
@rule("round.steer")
def list_decisions(asked: dict[str, Any], ref: str) -> Any:
    """List a round's locks and bars

    Removed ones too, in the order they were made.
    """
    made = runs.steered(db(), by(), ref).decisions
    _needs, known = outcomes.named(db(), by(), offers=[one.offer.ref for one in made])
    seen = [
        shown_decision(one) for one in made if one.offer.ref in known
    ]  # not those on premises sealed from the reader
    part = window(asked)
    return listing(asked, seen[part["offset"] : part["offset"] + part["limit"]], len(seen))


@api.route("/rounds/<ref:ref>/decisions", methods=["POST"], tags=TAGS)
@api.body(DecisionSchema, examples.DECISION_BODY)
@api.answers(201, ShownDecision, examples.DECISION, "The decision, which the next run keeps.")
@problems(404, 409)
@secured
@rule("round.steer")
def post_decision(values: dict[str, Any], ref: str) -> Any:
    """Lock or bar

    A lock keeps a request in premises from a day; a bar keeps a request, an organisation or, where `whom` is
    `premises`, everybody out of premises.
    """
    return shown_decision(decisions.decide(db(), by(), config(), ref, values)), 201


@api.route("/rounds/<ref:ref>/decisions/<ref:decision_ref>", methods=["DELETE"], tags=TAGS)
@api.response(204, description="The decision no longer binds; it stays on record.")
@problems(404, 409)
@secured
@rule("round.steer")
def delete_decision(ref: str, decision_ref: str) -> Any:
    """Remove a lock or bar

    The next run is free of it.
    """
    decisions.undo(db(), by(), ref, decision_ref)
