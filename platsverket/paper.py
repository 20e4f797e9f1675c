"""The draft of an agreement as a tagged PDF (PDF/UA-1), in Swedish or English, with what law asks of it.

The typesetter refuses to write a PDF/UA file that lacks a title, a language or a text in place of a picture.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst
from flask_babel import force_locale, gettext

from platsverket import agreements, law, words
from platsverket.models import Agreement, Need, Offer
from platsverket.outcome_words import whereabouts

TEMPLATE = Path(__file__).parent / "templates" / "agreements" / "draft.typ"


def draft(agreement: Agreement, language: str, *, exact: bool, service: str) -> bytes:
    """The PDF; without ``exact`` the place, the host's contact and the premises' name are left out."""
    with force_locale(language):
        content = _content(agreement, language, exact=exact, service=service)
    return bytes(
        typst.compile(
            TEMPLATE,
            root=TEMPLATE.parent,
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
            pdf_standards=["ua-1"],
        )
    )


def _content(agreement: Agreement, language: str, *, exact: bool, service: str) -> dict[str, Any]:
    terms = agreement.proposal
    host, guest = terms.offer.agency, terms.need.agency
    hidden = gettext("Shown to the parties")
    return {
        "lang": language,
        "title": gettext("Draft agreement %(number)s", number=agreement.number),
        "author": service,
        "page": gettext("Page"),
        "what": gettext("What"),
        "how": gettext("What is agreed"),
        "lead": [
            gettext(
                "Draft of an agreement on the use of premises, made from what both sides accepted on %(day)s.",
                day=words.day(agreement.agreed_at.date()),
            )
        ],
        "parts": [
            {"heading": gettext("Parties"), "rows": _parties(agreement, exact, hidden)},
            {"heading": gettext("The premises and the time"), "rows": _terms(agreement, exact, hidden)},
            {"heading": gettext("Cost"), "rows": _cost(agreement) if exact else [[gettext("Basis"), hidden]]},
            {"heading": gettext("Work environment"), "rows": _environment(agreement, exact, hidden)},
            {"heading": gettext("What the law asks for"), "lines": asked_by_law(agreement)},
        ],
        "signatures": {
            "heading": gettext("Signatures"),
            "text": gettext("The agreement holds when both sides have signed it."),
            "sides": [
                gettext("For the host, %(agency)s", agency=host.name if exact else hidden),
                gettext("For the guest, %(agency)s", agency=guest.name),
            ],
            "lines": [[gettext("Place and date:")] * 2, [gettext("Signature:")] * 2, [gettext("Name:")] * 2],
        },
    }


def _parties(agreement: Agreement, exact: bool, hidden: str) -> list[list[str]]:
    offer, need = agreement.proposal.offer, agreement.proposal.need
    return [
        [gettext("Host"), _agency(offer) if exact else hidden],
        [gettext("Contact at the host"), _contact(offer) if exact else hidden],
        [gettext("Guest"), _agency(need)],
        [gettext("Contact at the guest"), _contact(need)],
    ]


def _agency(thing: Offer | Need) -> str:
    name, number = thing.agency.name, thing.agency.org_nr
    return gettext("%(name)s, organisation number %(number)s", name=name, number=number) if number else name


def _contact(thing: Offer | Need) -> str:
    found = [part for part in (thing.contact_name, thing.contact_phone, thing.contact_email) if part]
    return ", ".join(found) or gettext("No contact is given")


def _terms(agreement: Agreement, exact: bool, hidden: str) -> list[list[str]]:
    terms, days = agreement.proposal, agreements.days(agreement)
    return [
        [gettext("Premises"), terms.offer.title if exact else hidden],
        [gettext("Place"), whereabouts(terms.offer, exact)],
        [gettext("For"), terms.need.title],
        [gettext("Dates"), words.span(terms.start, agreement.last_day)],
        [gettext("Weekdays"), words.weekdays(terms.weekdays)],
        [gettext("Seats"), words.number(terms.seats)],
        [gettext("Days of use"), words.number(days)],
        [gettext("Seat-days"), words.number(days * terms.seats)],
        [gettext("Sharing"), str(words.SHARING[terms.offer.sharing])],
    ]


def _cost(agreement: Agreement) -> list[list[str]]:
    each, whole = agreement.proposal.offer.cost_per_seat_day, agreements.cost(agreement)
    if each is None or whole is None:
        return [[gettext("Basis"), gettext("The host’s own cost. It is not given; the parties settle it here:")]]
    return [
        [gettext("Basis"), gettext("The host’s own cost, without profit.")],
        [gettext("For one seat and day"), gettext("%(kronor)s kronor", kronor=words.number(each))],
        [gettext("For the whole time"), gettext("%(kronor)s kronor", kronor=words.number(whole))],
    ]


def _environment(agreement: Agreement, exact: bool, hidden: str) -> list[list[str]]:
    named = agreement.environment_coordinator or agreement.proposal.offer.contact_name
    why = gettext(
        "Whoever is in charge of a workplace that several share coordinates it "
        "(3 kap. 7 d § arbetsmiljölagen, 1977:1160)."
    )
    coordinates = (named or gettext("The host names somebody here:")) if exact else hidden
    return [[gettext("Coordinates the work environment"), coordinates], [gettext("Why the host"), why]]


def asked_by_law(agreement: Agreement) -> list[str]:
    """What the rules say of this agreement, each with its source; and the landlord's consent once it is recorded."""
    told = [f"{words.LAW[rule.code]} ({rule.source})" for rule in law.broken(agreements.facts(agreement))]
    if agreement.consent_on:
        told.append(
            gettext(
                "The landlord, %(landlord)s, consented on %(day)s.",
                landlord=agreement.consent_from, day=words.day(agreement.consent_on),
            )
        )  # fmt: skip
    return told or [gettext("Nothing more than what stands here.")]
