"""A run and its outcome in sentences: how far it is, what was reached, why a need has no place, what would help.

Like ``words``, this only turns codes with numbers into the reader's language; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext

import data
from platsverket.models import Decision, Need, Offer
from platsverket.words import FEATURES, GOALS, day, number, weekdays

_ = lazy_gettext

PLAN_STATUS = {
    "optimal": _("Proven best possible"),
    "feasible": _("A good plan; not proven best possible"),
    "cut_short": _("Stopped before it was done; the best plan so far was kept"),
}
RUN_FAILURES = {
    "tried_too_often": _(
        "The run broke off several times and was put aside. Nothing in the round has changed. Run again; if it "
        "happens once more, tell the administrator of the service."
    ),
    "plan_has_faults": _(
        "The outcome did not pass the independent check, so it was thrown away. Nothing in the round has changed. "
        "Run again, and tell the administrator of the service."
    ),
}
FAILED = _("The run ended without an outcome. Nothing in the round has changed. Run again.")
PHASES = {
    "building": _("Finding every place that each request could have"),
    "greedy": _("Making a first plan"),
    "explaining": _("Working out why requests have no place, and what would help"),
    "done": _("Checking and storing the outcome"),
}
REASON_NAMES = {
    "near": _("Distance"),
    "size": _("Size"),
    "features": _("Features"),
    "weekdays": _("Weekdays"),
    "dates": _("Dates"),
    "admission": _("Not admitted"),
    "barred": _("Ruled out"),
    "feature_unknown": _("Feature unknown"),
    "taken": _("Taken by others"),
}
REASONS = {
    "near": _("No premises lie within %(km)s km. Premises compared: %(offers)s."),
    "size": _("Premises near enough: %(offers)s, but none of them is large enough."),
    "features": _(
        "Premises near and large enough: %(offers)s, but none of them is known to have all that is required."
    ),
    "weekdays": _("Premises that otherwise suit: %(offers)s, but none of them is open on all the weekdays asked for."),
    "dates": _("Premises that otherwise suit: %(offers)s, but none of them is free for the whole time."),
    "admission": _("Premises that otherwise suit: %(offers)s, but none of them admits %(agency)s."),
    "barred": _("Premises that suit: %(offers)s, but coordinators have ruled them out."),
    "feature_unknown": _(
        "Premises that would suit if they have a feature nobody has answered for: %(offers)s. Ask them."
    ),
    "taken": _("Premises that suit: %(offers)s, but other requests have the seats."),
}
REASONS_UNCOUNTED = {
    "near": _("No premises lie near enough."),
    "size": _("There are premises near enough, but none of them is large enough."),
    "features": _("There are premises near and large enough, but none is known to have all that is required."),
    "weekdays": _("There are premises that otherwise suit, but none is open on all the weekdays asked for."),
    "dates": _("There are premises that otherwise suit, but none is free for the whole time."),
    "admission": _("There are premises that otherwise suit, but none of them admits %(agency)s."),
    "barred": _("There are premises that suit, but coordinators have ruled them out."),
    "feature_unknown": _("Some premises would suit if they have a feature that nobody has answered for."),
    "taken": _("There are premises that suit, but other requests have the seats."),
}
HELPS = {
    "seats": _("With %(to)s seats instead of %(from)s there is room in %(premises)s from %(start)s."),
    "max_km": _("If it may lie %(to)s km away instead of %(from)s there is room in %(premises)s from %(start)s."),
    "latest_start": _("With a start on %(to)s, not %(from)s at the latest, there is room in %(premises)s."),
    "earliest_start": _("With a start already on %(to)s, not %(from)s at the earliest, there is room in %(premises)s."),
    "days": _("For %(to)s days instead of %(from)s there is room in %(premises)s from %(start)s."),
    "weekdays": _("On %(to)s instead of %(from)s there is room in %(premises)s from %(start)s."),
    "must": _("Without the requirement “%(dropped)s” there is room in %(premises)s from %(start)s."),
}
HELPS_IN_PART = {
    "seats": _("With fewer seats there is room in premises that are shown only in part."),
    "max_km": _("If it may lie further away there is room in premises that are shown only in part."),
    "latest_start": _("With a later start there is room in premises that are shown only in part."),
    "earliest_start": _("With an earlier start there is room in premises that are shown only in part."),
    "days": _("For a shorter time there is room in premises that are shown only in part."),
    "weekdays": _("On fewer weekdays there is room in premises that are shown only in part."),
    "must": _("With one requirement less there is room in premises that are shown only in part."),
}
IMPOSSIBLE = {
    "lock_barred": _("A lock contradicts a decision that rules the same premises out. Remove that decision first."),
    "lock_dates": _("The premises are not free for the whole time from that day. Choose another day."),
    "lock_capacity": _("Together the locks would need more seats than the premises have. Remove another lock first."),
    "lock_exclusive": _("The premises take one guest at a time, and another request is locked there then."),
    "need_repeated": _("The request is already locked to a place, or has one since before. Remove that lock first."),
    "unknown_need": _("The request was posted after the round was frozen, so it is not in this round."),
    "unknown_offer": _("The premises were posted after the round was frozen, so they are not in this round."),
    "unknown_agency": _("The organisation has no request or premises in this round."),
}
OTHERWISE_IMPOSSIBLE = _("This contradicts the round’s input or another decision, so nothing was recorded.")

LOCKABLE = {"max_km", "must", "latest_start", "earliest_start"}  # what a lock may set aside by itself


def impossible(codes: Iterable[str]) -> list[str]:
    """Why a lock or a decision to rule out cannot stand, one sentence per code of the engine."""
    return [str(IMPOSSIBLE.get(code, OTHERWISE_IMPOSSIBLE)) for code in codes]


def reason(need: Need, entry: Mapping[str, Any]) -> str:
    """Why a need has no place: one reason of a plan, {"code", "offers"}, as a sentence; without a number where None."""
    if entry["offers"] is None:
        return str(REASONS_UNCOUNTED[entry["code"]]) % {"agency": need.agency.name}
    numbers = {"offers": number(entry["offers"]), "km": number(need.max_km), "agency": need.agency.name}
    return str(REASONS[entry["code"]]) % numbers


def helps(entry: Mapping[str, Any], premises: str, start: date) -> str:
    """What would help: one verified change of a plan, {"change", "from", "to"}, as a sentence."""
    change, old, new = entry["change"], entry["from"], entry["to"]
    return str(HELPS[change]) % {**changed(change, old, new), "premises": premises, "start": day(start)}


def changed(change: str, old: Any, new: Any) -> dict[str, str]:
    """The values of a change as sentences write them: from, to, and which requirement is dropped."""
    dropped = [str(FEATURES.get(code, code)) for code in old if code not in new] if change == "must" else []
    return {"from": _value(change, old), "to": _value(change, new), "dropped": ", ".join(dropped)}


def helps_reader(entry: Mapping[str, Any]) -> str:
    """The same for a request's own readers, some of whom see the premises only in part: then ``offer`` is None."""
    if entry["offer"] is None:
        return str(HELPS_IN_PART[entry["change"]])
    return helps(entry, entry["offer"].title, entry["start"])


def _value(change: str, value: Any) -> str:
    if change == "weekdays":
        return weekdays(value)
    if change in ("latest_start", "earliest_start"):
        return day(date.fromisoformat(value))
    return "" if change == "must" else number(value)


def proven(goal: Mapping[str, Any]) -> str:
    """How near a goal's value is to what is provably possible: {"value", "bound"} in words, never rounded up to all.

    Without a value for those from whom premises are sealed.
    """
    value, bound = goal["value"], goal["bound"]
    if value is None:
        return gettext("not shown, for it counts sealed premises too")
    if bound is None:
        return gettext("how much more is possible is not proven")
    if value >= bound:
        return gettext("proven best possible")
    percent = number(1000 * value // bound / 10, 1)
    return gettext("%(percent)s %% of what is provably possible", percent=percent)


def goals(names: Iterable[str]) -> str:
    return " · ".join(str(GOALS[name]) for name in names)


def date_of(text: str) -> date:
    return date.fromisoformat(text)


def as_day(text: str) -> str:
    return day(date.fromisoformat(text))


def decision(one: Decision, offer_known: bool) -> str:
    """What a coordinator decided, in a sentence; sealed premises keep their name from those they do not name."""
    premises = one.offer.title if offer_known else gettext("sealed premises")
    if one.agency:
        return gettext("All requests of %(agency)s: not in %(premises)s", agency=one.agency.name, premises=premises)
    if one.need is None:
        return gettext("All requests: not in %(premises)s", premises=premises)
    need = one.need.title
    if one.kind == "bar":
        return gettext("%(need)s: not in %(premises)s", need=need, premises=premises)
    start = day(one.start) if one.start else ""
    return gettext("%(need)s: in %(premises)s from %(start)s", need=need, premises=premises, start=start)


def failure(code: str | None) -> str:
    return str(RUN_FAILURES.get(code or "", FAILED))


def progress(given: Mapping[str, Any], goals: list[str]) -> tuple[str, int, int]:
    """How far a run is, for people: what it works on and has reached, which step that is, and of how many."""
    steps = len(goals) + 4
    phase, goal = given.get("phase"), given.get("goal")
    if phase == "goal" and goal in goals:
        return _about_goal(given), 3 + goals.index(goal), steps
    order = {"building": 1, "greedy": 2, "explaining": steps - 1, "done": steps}
    if phase not in order:
        return gettext("Starting"), 0, steps
    return str(PHASES[phase]), order[phase], steps


def _about_goal(given: Mapping[str, Any]) -> str:
    goal, value, bound = str(GOALS[given["goal"]]), given.get("value"), given.get("bound")
    if value is None:
        return gettext("Working on the goal “%(goal)s”.", goal=goal)
    if bound is None:
        return gettext("Working on the goal “%(goal)s”: %(value)s so far.", goal=goal, value=number(value))
    return gettext(
        "Working on the goal “%(goal)s”: %(value)s so far, proven limit %(bound)s (%(proven)s).",
        goal=goal, value=number(value), bound=number(bound), proven=proven({"value": value, "bound": bound}),
    )  # fmt: skip


def whereabouts(offer: Offer, exact: bool) -> str:
    """The place of premises: all of it, or only the municipality for those who may not know more."""
    if exact:
        return ", ".join(part for part in (offer.address, offer.place) if part)
    town = data.municipality(offer.municipality_code or "")
    return town.name if town else gettext("Place not shown")


def premises(offer: Offer, exact: bool) -> str:
    return (
        offer.title
        if exact
        else gettext("Restricted premises in %(municipality)s", municipality=whereabouts(offer, False))
    )
