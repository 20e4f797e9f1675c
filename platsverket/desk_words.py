"""What coordinators read at their desk, in sentences: fit by criterion, what has changed, what an outcome comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from platsverket.fits import DISTANCE, OTHER, Fit
from platsverket.models import Question
from platsverket.outcome_words import changed, proven
from platsverket.prices import Price
from platsverket.words import GOALS, number
from platsverket.words import counted as ngettext

_ = lazy_gettext

DECISION_STATES = {"standing": _("Stands"), "over": _("Over"), "removed": _("Removed")}
FORBIDDEN = {
    "near": _("too far away"),
    "size": _("too small"),
    "features": _("lacks a feature that is required"),
    "weekdays": _("not open on all the weekdays"),
    "dates": _("not free for the whole time"),
    "admission": _("does not admit the organisation"),
    "barred": _("ruled out by a coordinator"),
}
CHANGES = {
    "gained": _("gets a place"),
    "lost": _("loses its place"),
    "moved": _("moves to other premises"),
    "shifted": _("gets another first day"),
}
QUESTIONS = {
    "seats": _("Would %(to)s instead of %(from)s seats do?"),
    "max_km": _("May it lie up to %(to)s km away, instead of %(from)s?"),
    "latest_start": _("May it start as late as %(to)s, instead of %(from)s at the latest?"),
    "earliest_start": _("May it start as early as %(to)s, instead of %(from)s at the earliest?"),
    "days": _("Would %(to)s instead of %(from)s days do?"),
    "weekdays": _("Would the weekdays %(to)s do, instead of %(from)s?"),
    "must": _("Can you do without “%(dropped)s”?"),
}
QUESTION_STATES = {
    "": _("The project lead has been asked"),
    "yes": _("The project lead said yes"),
    "no": _("The project lead said no"),
}
PLACED_KINDS = {
    "new": _("New in this round"),
    "locked": _("Locked in this round"),
    "promised": _("Promised before the round"),
}


def fit(one: Fit) -> list[str]:
    """The four criteria of a placement's fit, each in a sentence with its points."""
    far = gettext("%(km)s km away, at most %(most)s", km=number(one.km, 1), most=number(one.max_km))
    use = gettext("uses %(seats)s of %(of)s seats", seats=number(one.seats), of=number(one.of))
    told = [(far, one.distance, DISTANCE), (_start(one), one.promptness, OTHER)]
    told += [(_wishes(one), one.comfort, OTHER), (use, one.fullness, OTHER)]
    return [
        gettext("%(what)s (%(points)s of %(most)s)", what=_capital(what), points=number(points), most=number(most))
        for what, points, most in told
    ]


def _start(one: Fit) -> str:
    if one.delay < 0:
        return str(
            ngettext(
                "starts %(num)s day before what was asked for",
                "starts %(num)s days before what was asked for",
                -one.delay,
            )
        )
    if one.delay == 0:
        return gettext("starts on the earliest day")
    return str(
        ngettext("starts %(num)s day after the earliest day", "starts %(num)s days after the earliest day", one.delay)
    )


def _wishes(one: Fit) -> str:
    if not one.wished:
        return gettext("has no wishes to meet")
    return gettext("meets %(met)s of %(wished)s wishes", met=number(one.met), wished=number(one.wished))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def headline(figures: Mapping[str, Any]) -> str:
    """An outcome in a sentence: requests and seats placed, and how near that is to what is provably possible."""
    placed = gettext(
        "%(placed)s of %(needs)s requests have a place, with %(seats)s of %(asked)s seats.",
        placed=number(figures["placed"]), needs=number(figures["needs"]), seats=number(figures["seats_placed"]),
        asked=number(figures["seats_asked"]),
    )  # fmt: skip
    goal = figures["goals"][0] if figures["goals"] else None
    if goal is None or goal["value"] is None:
        return placed
    return gettext("%(placed)s For the most important goal that is %(proven)s.", placed=placed, proven=proven(goal))


def question(one: Question) -> str:
    """What a project lead is asked, in a sentence."""
    return str(QUESTIONS[one.change]) % changed(one.change, one.before, one.after)


def forbidden(rules: Iterable[str]) -> str:
    """Which rules forbid premises, in a sentence."""
    return _capital(", ".join(str(FORBIDDEN[code]) for code in rules)) + "."


def price(one: Price | None) -> str:
    """What a run would gain without a decision, in a sentence."""
    if one is None:
        return gettext("Worked out after the next run.")
    if one.status == "failed":
        return gettext("Could not be worked out.")
    if one.status != "done":
        return gettext("Being worked out.")
    if one.hidden:
        return gettext("Not shown, for it counts sealed premises too.")
    if not one.goals:
        return gettext("Nothing that a quick trial finds.")
    gains = [f"{GOALS[goal]} {more(value)}" for goal, value in one.goals.items() if value]
    told = gettext("Without it in run %(number)s: %(gains)s.", number=one.run.number, gains="; ".join(gains))
    return " ".join([told, *_would(one.tally)])


def gain(value: int) -> str:
    """What a goal would gain or lose, in words."""
    if value == 0:
        return gettext("as before")
    return (
        gettext("%(change)s better", change=more(value))
        if value > 0
        else gettext("%(change)s worse", change=more(value))
    )


def more(value: float, decimals: int = 0) -> str:
    """A difference with its sign: +3, −2, or ±0."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return sign + number(abs(value), decimals)


def since(tally: Mapping[str, int]) -> list[str]:
    """How many requests gained, lost or moved, one sentence each; none for what did not happen."""
    gained, lost, moved, shifted = (tally[kind] for kind in ("gained", "lost", "moved", "shifted"))
    told = [
        (gained, ngettext("%(num)s request got a place.", "%(num)s requests got a place.", gained)),
        (lost, ngettext("%(num)s request lost its place.", "%(num)s requests lost their place.", lost)),
        (moved, ngettext("%(num)s request changed premises.", "%(num)s requests changed premises.", moved)),
        (shifted, ngettext("%(num)s request got another day.", "%(num)s requests got another day.", shifted)),
    ]
    return [str(sentence) for count, sentence in told if count]


def _would(tally: Mapping[str, int]) -> list[str]:
    """The same of what has not happened: how many would gain, lose or move."""
    gained, lost, moved, shifted = (tally[kind] for kind in ("gained", "lost", "moved", "shifted"))
    told = [
        (gained, ngettext("%(num)s request would get a place.", "%(num)s requests would get a place.", gained)),
        (lost, ngettext("%(num)s request would lose its place.", "%(num)s requests would lose their place.", lost)),
        (moved, ngettext("%(num)s request would change premises.", "%(num)s requests would change premises.", moved)),
        (
            shifted,
            ngettext("%(num)s request would get another day.", "%(num)s requests would get another day.", shifted),
        ),
    ]
    return [str(sentence) for count, sentence in told if count]
