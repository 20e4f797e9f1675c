"""The words of every mail, by its kind: subject, text and where its link leads, in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from platsverket import deal_mails, desk_codes, outbox, words

# What a value of this name is called where its text is a code.
CODES: dict[str, dict[Any, Any]] = {
    "reason": words.WITHDRAWN,
    "side": words.SIDES,
    "answer": desk_codes.YES_NO,
}


@dataclass(frozen=True)
class Kind:
    """A mail's subject, its text (paragraphs stand on lines of their own), and a page of ours to go on to."""

    subject: Any
    text: Any
    path: str  # such as "/rounds/{round}": filled with the values of that name
    link: Any


KINDS = {
    "round.frozen": Kind(
        _("%(name)s is frozen"),
        _(
            "The match round %(name)s was frozen when its day came: %(offers)s premises and %(needs)s requests.\n"
            "Run the matching, read the outcome and publish it by %(publishes_on)s."
        ),
        "/rounds/{round}",
        _("Open the match round"),
    ),
    "question.asked": Kind(
        _("A question about %(title)s"),
        _(
            "A change of your space request %(title)s would give it a place in the match round. A coordinator asks "
            "whether you accept the change.\n"
            "Read the question and answer yes or no. Nothing is changed until you say yes."
        ),
        "/needs/{need}#questions",
        _("Read the question"),
    ),
    "question.answered": Kind(
        _("An answer about %(title)s"),
        _("The project lead answered your question about the space request %(title)s: %(answer)s."),
        "/rounds/{round}",
        _("Open the match round"),
    ),
    "round.freeze_failed": Kind(
        _("%(name)s could not be frozen"),
        _(
            "The day to freeze the match round %(name)s has come, but what is posted cannot be matched as it stands.\n"
            "Freeze it yourself: the page then says what stands in the way."
        ),
        "/rounds/{round}",
        _("Open the match round"),
    ),
    "round.publish_due": Kind(
        _("%(name)s is to be published today"),
        _(
            "People have been told that the proposals of the match round %(name)s come today. "
            "They are to be answered by %(answer_by)s."
        ),
        "/rounds/{round}",
        _("Open the match round"),
    ),
    "round.closed": Kind(
        _("%(name)s: the time to answer is over"),
        _(
            "The proposals of the match round %(name)s can no longer be answered.\n"
            "Agreed: %(agreed)s. Declined: %(declined)s. Not answered in time: %(expired)s."
        ),
        "/rounds/{round}",
        _("Open the match round"),
    ),
    "offers.reconfirm": Kind(
        _("Reconfirm your premises before %(freezes_on)s"),
        _(
            "The match round %(name)s is frozen on %(freezes_on)s. Premises of %(agency)s that must be reconfirmed "
            "before then to take part: %(count)s.\n"
            "Say of each whether it is still free."
        ),
        "/offers?mine=1",
        _("Open your premises"),
    ),
    "needs.nothing_found": Kind(
        _("%(name)s is published: requests without a proposal"),
        _(
            "The match round %(name)s has been published. Requests of %(agency)s that got no proposal: %(count)s.\n"
            "The page of each request tells why, and what would help. They take part again in the next round, and "
            "also when something comes free in this one."
        ),
        "/needs",
        _("Open your requests"),
    ),
    "offers.nothing_found": Kind(
        _("%(name)s is published: premises without a proposal"),
        _(
            "The match round %(name)s has been published. Premises of %(agency)s that got no proposal: %(count)s.\n"
            "They take part again in the next round."
        ),
        "/offers?mine=1",
        _("Open your premises"),
    ),
    "search.found": Kind(
        _("Premises for your search %(name)s"),
        _(
            "Premises that fit your saved search %(name)s have been posted or changed: %(premises)s, %(agency)s.\n"
            "Place: %(place)s. Seats: %(seats)s.\n"
            "To be sure of taking part in the next match round, post a space request."
        ),
        "/offers/{offer}",
        _("Show the premises"),
    ),
    **{kind: Kind(*parts) for kind, parts in deal_mails.MAILS.items()},
}


@dataclass(frozen=True)
class Told:
    """One thing told, as it is read: a subject, paragraphs, and a link with its text."""

    subject: str
    paragraphs: list[str]
    url: str
    link: str


def read(kind: str, data: dict[str, Any], site: str) -> Told:
    """What a mail of this kind says, in the language of now; ``site`` is the address its link begins with."""
    one, values = KINDS[kind], outbox.told(data)
    shown = {name: str(CODES.get(name, {}).get(value) or words.shown(value)) for name, value in values.items()}
    subject, text = " ".join((str(one.subject) % shown).split()), str(one.text) % shown
    refs = {name: value for name, value in values.items() if isinstance(value, str)}
    return Told(subject, text.split("\n"), site.rstrip("/") + one.path.format(**refs), str(one.link))


def many(count: int) -> str:
    """The subject of a day's news."""
    return gettext("News from Platsverket: %(count)s", count=words.number(count))
