"""Proposals and agreements over the API: list, read, answer, end."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from platsverket import proposals
from platsverket.access import allowed
from platsverket.api_fields import paged
from platsverket.api_schemas import ShownAgreement, ShownProposal
from platsverket.database import now, this_day
from platsverket.errors import Fault
from platsverket.fields import Ref
from platsverket.models import Agreement, Proposal
from platsverket.schemas import AnswerSchema, EndSchema, WithdrawSchema
from platsverket.views.api import examples
from platsverket.views.api.blueprint import PageQuery, api, listing, problems, secured, window
from platsverket.web import by, db, rule

SAME = (
    "ref", "start", "until", "weekdays", "seats", "published_at", "answer_by", "poster_answer", "poster_answered_at",
    "poster_reason", "lead_answer", "lead_answered_at", "lead_reason",
    "withdrawn_at", "withdrawn_side", "withdrawn_reason",
)  # fmt: skip
TERMS = ("start", "weekdays", "seats")


class ProposalQuery(PageQuery):
    unanswered = fields.Boolean(
        load_default=False, truthy={"true"}, falsy={"false"}, error_messages={"invalid": [Fault("choice")]},
        metadata={"description": "Only those that wait for the reader's answer."},
    )  # fmt: skip
    round = Ref(load_default=None, metadata={"description": "Only those of this round."})


def shown(proposal: Proposal) -> dict[str, Any]:
    sides = proposals.sides(by(), proposal)
    exact = _exact(proposal, sides)
    return {
        **{name: getattr(proposal, name) for name in SAME},
        "status": proposal.status(now()),
        "round": proposal.match_round.ref,
        "offer": proposal.offer.ref,
        "need": proposal.need.ref,
        "exact": exact,
        "host": proposal.offer.agency.name if exact else None,
        "guest": proposal.need.agency.name,
        "km": proposal.km if exact else None,
        "fit": proposal.fit if exact else None,
        "my_sides": sides,
        "agreement": proposal.agreement.ref if proposal.agreement else None,
    }


def _exact(proposal: Proposal, sides: list[str]) -> bool:
    """Distances would tell where closed premises lie, so only those who may know that are told."""
    if proposal.offer.visibility == "open" or "poster" in sides:
        return True
    return bool(sides) and allowed(db(), by(), "offer.address", proposal.offer)


def shown_agreement(agreement: Agreement) -> dict[str, Any]:
    proposal = agreement.proposal
    same = ("ref", "number", "last_day", "agreed_at", "ended_at", "ended_reason")
    return {
        **{name: getattr(agreement, name) for name in same},
        **{name: getattr(proposal, name) for name in TERMS},
        "status": agreement.status(this_day()),
        "proposal": proposal.ref,
        "offer": proposal.offer.ref,
        "need": proposal.need.ref,
        "host": proposal.offer.agency.name,
        "guest": proposal.need.agency.name,
    }


@api.route("/proposals", tags=["proposals"])
@api.query(ProposalQuery)
@api.lists(paged(ShownProposal, "Proposal"), examples.PROPOSAL)
@secured
@rule("proposal.read")
def list_proposals(asked: dict[str, Any]) -> Any:
    """List proposals

    Those of one's own organisations, for coordinators all; open ones first, soonest deadline first.
    """
    found, total = proposals.search(
        db(), by(), **window(asked), unanswered=asked["unanswered"], round_ref=asked["round"] or ""
    )
    return listing(asked, [shown(one) for one in found], total)


@api.route("/proposals/<ref:ref>", tags=["proposals"])
@api.answers(200, ShownProposal, examples.PROPOSAL, "The proposal.")
@problems(404)
@secured
@rule("proposal.read")
def get_proposal(ref: str) -> Any:
    """Read a proposal

    Its terms, its deadline and both sides' answers so far.
    """
    return shown(proposals.read(db(), by(), ref))


@api.route("/proposals/<ref:ref>/answer", methods=["POST"], tags=["proposals"])
@api.body(AnswerSchema, examples.ANSWER_BODY)
@api.answers(200, ShownProposal, examples.PROPOSAL, "The proposal with the answer.")
@problems(404, 409)
@secured
@rule("proposal.answer")
def answer_proposal(values: dict[str, Any], ref: str) -> Any:
    """Answer a proposal

    Accept or decline for one's own side, before the deadline; declining needs a reason. When both have accepted there
    is an agreement. The same answer twice is one answer.
    """
    return shown(proposals.answer(db(), by(), ref, values))


@api.route("/proposals/<ref:ref>/withdraw", methods=["POST"], tags=["proposals"])
@api.body(WithdrawSchema, examples.WITHDRAW_BODY)
@api.answers(200, ShownProposal, examples.PROPOSAL | {"status": "withdrawn"}, "The proposal, withdrawn.")
@problems(404, 409)
@secured
@rule("proposal.answer")
def withdraw_proposal(values: dict[str, Any], ref: str) -> Any:
    """Withdraw a proposal

    For one's own side, whether it has accepted or not, as long as not both have; the seats are free at once.
    """
    return shown(proposals.withdraw(db(), by(), ref, values))


@api.route("/agreements", tags=["agreements"])
@api.query(PageQuery)
@api.lists(paged(ShownAgreement, "Agreement"), examples.AGREEMENT)
@secured
@rule("agreement.read")
def list_agreements(asked: dict[str, Any]) -> Any:
    """List agreements

    Those of one's own organisations, for coordinators all; newest first.
    """
    found, total = proposals.agreements(db(), by(), **window(asked))
    return listing(asked, [shown_agreement(one) for one in found], total)


@api.route("/agreements/<ref:ref>", tags=["agreements"])
@api.answers(200, ShownAgreement, examples.AGREEMENT, "The agreement.")
@problems(404)
@secured
@rule("agreement.read")
def get_agreement(ref: str) -> Any:
    """Read an agreement

    Its number, its parties and its terms.
    """
    return shown_agreement(proposals.read_agreement(db(), by(), ref))


@api.route("/agreements/<ref:ref>/end", methods=["POST"], tags=["agreements"])
@api.body(EndSchema, examples.END_BODY)
@api.answers(200, ShownAgreement, examples.AGREEMENT | {"status": "ended_early"}, "The agreement, shortened.")
@problems(404, 409)
@secured
@rule("agreement.end")
def end_agreement(values: dict[str, Any], ref: str) -> Any:
    """End an agreement before its time

    The days after `last_day` are free again.
    """
    return shown_agreement(proposals.end_agreement(db(), by(), ref, values["last_day"], values["reason"]))
