"""The words for every code: one table each, in the catalogue, read by pages, API and commands alike.

A code without words is a fault that the tests find; nothing here decides anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask_babel import format_date as babel_date
from flask_babel import format_decimal as babel_decimal
from flask_babel import get_locale, get_translations, gettext, lazy_gettext
from markupsafe import Markup, escape

from platsverket import deal_codes, desk_codes
from platsverket.database import STOCKHOLM
from platsverket.errors import Fault, Refused
from platsverket.refusal_words import FAULTS as FAULTS
from platsverket.refusal_words import HTTP as HTTP
from platsverket.refusal_words import REFUSALS as REFUSALS

_ = lazy_gettext

FEATURES = {
    "step_free": _("Step-free access"),
    "accessible_toilet": _("Accessible toilet"),
    "lift": _("Lift"),
    "hearing_loop": _("Hearing loop"),
    "parking": _("Parking"),
    "bicycle_parking": _("Bicycle parking"),
    "meeting_room": _("Meeting room"),
    "kitchen": _("Kitchen"),
    "lunch_room": _("Lunch room"),
    "shower": _("Shower"),
    "whiteboard": _("Whiteboard"),
    "screen": _("Screen or projector"),
    "video": _("Video meeting equipment"),
    "height_adjustable_desks": _("Height-adjustable desks"),
    "printer": _("Printer"),
    "guest_network": _("Network for guests"),
    "own_entrance": _("Entrance of its own"),
    "lockable_zone": _("Zone that can be locked"),
    "staffed_reception": _("Staffed reception"),
    "lockable_storage": _("Lockable storage"),
    "quiet": _("Quiet room"),
    "workshop": _("Room for workshops"),
    "small_groups": _("Room for small groups"),
    "call_booth": _("Call booth"),
    "social": _("Place to meet and talk"),
}
# What is not told by the name alone.
FEATURE_HELP = {
    "step_free": _("From the street to the room, without stairs or high thresholds."),
    "accessible_toilet": _("With room for a wheelchair, and support rails."),
    "hearing_loop": _("Makes speech clearer to those who use a hearing aid."),
    "parking": _("At least one space for guests."),
    "kitchen": _("Where food can be heated."),
    "lunch_room": _("Where one can sit and eat."),
    "video": _("Camera, microphone and screen in one room."),
    "guest_network": _("Wireless internet without an account at the host."),
    "own_entrance": _("Guests need not pass through the host’s rooms."),
    "lockable_zone": _("A part to which only the guests have keys."),
    "staffed_reception": _("Somebody receives visitors."),
    "lockable_storage": _("A cupboard or store that can be locked overnight."),
    "quiet": _("Where nobody talks or telephones."),
    "workshop": _("Space to move the furniture and work in groups."),
    "small_groups": _("For two to four people."),
    "call_booth": _("For one person on a call or in a video meeting."),
    "social": _("Sofas or a break room, for instance."),
}
FEATURE_GROUPS = {
    "access": _("Access"),
    "facilities": _("Facilities"),
    "equipment": _("Equipment"),
    "security": _("Security"),
    "kinds_of_place": _("Kinds of place"),
}
FEATURE_STATES = {"yes": _("Yes"), "no": _("No"), "unknown": _("Unknown")}
WEEKDAYS = {
    "mon": _("Monday"), "tue": _("Tuesday"), "wed": _("Wednesday"), "thu": _("Thursday"),
    "fri": _("Friday"), "sat": _("Saturday"), "sun": _("Sunday"),
}  # fmt: skip
SHORT_WEEKDAYS = {
    "mon": _("Mon"), "tue": _("Tue"), "wed": _("Wed"), "thu": _("Thu"),
    "fri": _("Fri"), "sat": _("Sat"), "sun": _("Sun"),
}  # fmt: skip
ROLES = {
    "case_officer": _("Case officer"),
    "project_lead": _("Project lead"),
    "coordinator": _("Coordinator"),
}
SHARING = {"shared": _("Shared with others"), "exclusive": _("One guest at a time")}
VISIBILITY = {"open": _("Open"), "restricted": _("Restricted"), "sealed": _("Sealed")}
PRECISION = {
    "pin": _("the point that was given"),
    "address": _("the street address"),
    "postcode": _("the centre of the postal town"),
    "locality": _("the centre of the locality"),
    "municipality": _("the main town of the municipality"),
}
PLACE_KINDS = {
    "agency": _("organisation"),
    "postcode": _("postcode"),
    "locality": _("locality"),
    "municipality": _("municipality"),
    "pin": _("point"),
    "address": _("address"),
}
OFFER_STATUS = {
    "open": _("Takes part"), "expired": _("Needs reconfirming"), "ended": _("Over"), "withdrawn": _("Withdrawn"),
}  # fmt: skip
NEED_STATUS = {"open": _("Current"), "ended": _("Over"), "withdrawn": _("Withdrawn")}
ROUND_STATUS = {
    "gathering": _("Gathering"),
    "frozen": _("Frozen"),
    "running": _("Being matched"),
    "matched": _("Matched"),
    "published": _("Published"),
    "cancelled": _("Called off"),
}
RUN_STATUS = {"waiting": _("Waiting"), "running": _("Running"), "done": _("Done"), "failed": _("Failed")}
PROPOSAL_STATUS = {
    "open": _("Awaiting answers"),
    "agreed": _("Agreed"),
    "declined": _("Declined"),
    "expired": _("Not answered in time"),
    "withdrawn": _("Withdrawn"),
}
AGREEMENT_STATUS = {
    "coming": _("Coming"), "running": _("Running"), "ended": _("Ended"), "ended_early": _("Ended early"),
}  # fmt: skip
ANSWERS = {"accepted": _("Accepted"), "declined": _("Declined")}
EFFORTS = {"quick": _("Quick"), "normal": _("Normal"), "thorough": _("Thorough")}
GOALS = {
    "most_seats": _("As many seats as possible"),
    "most_needs": _("As many requests as possible"),
    "longest_waiting": _("Those who have waited longest"),
    "best_fit": _("The best fit"),
    "least_change": _("As little change as possible"),
    "fair_share": _("A fair share for every organisation"),
}
RULES = {
    "near": _("distance"),
    "size": _("size"),
    "features": _("features"),
    "weekdays": _("weekdays"),
    "dates": _("dates"),
    "admission": _("which organisations the premises admit"),
    "barred": _("a coordinator's decision"),
}
DECLINE_REASONS = {
    "place_no_longer_free": _("The premises are no longer free"),
    "not_suitable": _("The premises do not suit"),
    "too_far": _("It is too far away"),
    "wrong_dates": _("The dates do not suit"),
    "security": _("Security"),
    "cost": _("Cost"),
    "need_solved": _("The request has been met in another way"),
    "other": _("Another reason"),
}
END_REASONS = {
    "need_ended": _("The space is no longer needed"),
    "premises_needed": _("The host needs the premises"),
    "moved": _("Moving elsewhere"),
    "other": _("Another reason"),
}
FREED, HOLDING, STEPS = deal_codes.FREED, deal_codes.HOLDING, deal_codes.STEPS
LAW, LAW_EFFECTS = deal_codes.LAW, deal_codes.LAW_EFFECTS
WITHDRAWN = {**DECLINE_REASONS, **END_REASONS}
ASIDE = {
    "need_withdrawn": _("the request has been withdrawn"),
    "need_no_longer_open": _("the request is over, or already has a place"),
    "offer_withdrawn": _("the premises have been withdrawn"),
    "offer_expired": _("the premises were not reconfirmed in time"),
    "offer_over": _("the premises are no longer offered"),
    "taken": _("the seats have been taken in the meantime"),
    "near": _("the premises now lie too far away"),
    "size": _("the premises are now too small"),
    "features": _("the premises now lack a feature that is required"),
    "weekdays": _("the premises are no longer open on the weekdays asked for"),
    "dates": _("the dates no longer fit"),
    "admission": _("the premises do not admit the organisation"),
    "barred": _("a coordinator has ruled it out"),
}
DECISIONS = {"lock": _("A lock"), "bar": _("A bar")}
SIDES = {"poster": _("the host"), "lead": _("the guest")}
MAIL = {"at_once": _("at once"), "daily": _("once a day")}
PRIORITIES = {1: _("Normal"), 2: _("Important"), 3: _("Urgent")}

# What the fields of forms are called in the list of faults above them.
FIELDS = {
    "agency": _("Organisation"),
    "title": _("Name"),
    "name": _("Name"),
    "description": _("Description"),
    "place": _("Place"),
    "address": _("Address"),
    "visibility": _("Visibility"),
    "seats": _("Seats"),
    "area_m2": _("Area"),
    "spans": _("Periods"),
    "weekdays": _("Weekdays"),
    "features": _("Features"),
    "sharing": _("Sharing"),
    "minimum_days": _("Shortest stay"),
    "only_agencies": _("Only these organisations"),
    "not_agencies": _("Not these organisations"),
    "coordinators": _("Coordinators"),
    "contact_name": _("Name of the contact"),
    "contact_email": _("E-mail of the contact"),
    "contact_phone": _("Telephone of the contact"),
    "max_km": _("Largest distance"),
    "earliest_start": _("Earliest start"),
    "latest_start": _("Latest start"),
    "days": _("Number of days"),
    "must": _("Required features"),
    "wish": _("Features wished for"),
    "priority": _("Priority"),
    "reason": _("Reason"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "current": _("Current password"),
    "new": _("New password"),
    "language": _("Language"),
    "is_administrator": _("Administrator"),
    "roles": _("Roles"),
    "county": _("County"),
    "text": _("Name or place"),
    "first_day": _("Free from"),
    "last_day": _("Free until"),
    "opens_on": _("Opens"),
    "freezes_on": _("Freezes"),
    "publishes_on": _("Publishes"),
    "answer_by": _("Answers by"),
    "effort": _("How thoroughly"),
    "seed": _("Lottery number"),
    "start": _("First day"),
    **deal_codes.FIELDS,
    **desk_codes.FIELDS,
}
SPAN_FIELDS = {"from": _("First day of period %(number)s"), "until": _("Last day of period %(number)s")}


def sentence(what: Refused | Fault) -> str:
    """The sentence of a refusal or a fault in the reader's language."""
    if isinstance(what, Refused) and what.code == "invalid" and what.fields:
        return str(REFUSALS["invalid"])
    table = REFUSALS if isinstance(what, Refused) else FAULTS
    words = table.get(what.code) or FAULTS.get(what.code) or what.code
    return str(words) % {name: shown(value) for name, value in what.numbers.items()} if what.numbers else str(words)


MOST_TOLD = 20


def named(errors: dict[str, list[str]], **labels: str) -> dict[str, list[str]]:
    """The faults of a form with the name of the field before each, for the list above the form.

    ``labels`` name the fields that this form calls something else than FIELDS does. What is no field of the form is
    named as it was sent, under "_schema", and no more than MOST_TOLD of all that.
    """
    told: dict[str, list[str]] = {}
    unknown: list[str] = []
    for name, faults in errors.items():
        label = _label(name, labels)
        if label or name in ("", "_schema"):
            told[name] = [_labelled(label, fault) for fault in faults]
        else:
            unknown += [_labelled(name[:80], fault) for fault in faults]
    unknown.sort()
    if len(unknown) > MOST_TOLD:
        more = len(unknown) - MOST_TOLD
        unknown[MOST_TOLD:] = [ngettext("And %(num)s more.", "And %(num)s more.", more)]
    if unknown:
        told["_schema"] = [*told.get("_schema", []), *unknown]
    return told


def _label(name: str, labels: dict[str, str]) -> str:
    stem, *rest = name.split("-")
    if stem == "spans" and len(rest) == 2 and rest[0].isdecimal() and rest[1] in SPAN_FIELDS:
        return str(SPAN_FIELDS[rest[1]]) % {"number": int(rest[0]) + 1}
    return str(labels.get(name) or FIELDS.get(name, ""))


def _labelled(label: str, fault: str) -> str:
    return gettext("%(field)s: %(fault)s", field=label, fault=fault) if label else fault


def shown(value: Any) -> str:
    """A value inside a sentence: dates and numbers as the reader writes them, lists with commas."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)
    return str(getattr(value, "label", value))


def feature(code: str) -> str:
    return str(FEATURES.get(code, code))


def features_of(states: dict[str, str], state: str) -> str:
    """The features that stand at "yes" or "no", in the order in which forms ask for them."""
    return ", ".join(str(name) for code, name in FEATURES.items() if states.get(code) == state)


def commitment(one: Any) -> tuple[str, str]:
    """What a commitment of the ledger is called, and for whom, how many and when."""
    name = gettext("Agreement %(number)s", number=one.number) if one.number else gettext("Proposal awaiting answers")
    seats = ngettext("%(num)s seat", "%(num)s seats", one.seats)
    return name, f"{one.agency}, {seats}, {span(one.start, one.until)}"


LONG = "myndighet|verket|styrelsen|nämnden|inspektionen|redogörelse|kommelse"
SEAM = re.compile(rf"(?<=\w{{8}})(?=(?:{LONG})\w*)|(?<=\b[Aa]rbets)(?=platser)|(?<=\b[Öö]verens)(?=kommelse)")
TAG = re.compile(r"(<[^>]*>)")


def soft(text: Any) -> Markup:
    """A text or markup whose long words may be divided at their seams, for a narrow screen divides them anywhere."""
    parts = TAG.split(str(escape(text)))
    parts[::2] = [SEAM.sub("\u00ad", part) for part in parts[::2]]
    return Markup("".join(parts))


def email(address: str) -> Markup:
    """An e-mail address that a narrow screen divides after its @ and its dots."""
    return Markup(re.sub(r"([@.])", r"\1<wbr>", str(escape(address))))


def seat_band(seats: int, width: int) -> str:
    """All that restricted premises say of their size: between which round numbers their seats lie."""
    least = seats // width * width
    return f"{number(max(1, least))}–{number(least + width - 1)}"


def number(value: float, decimals: int | None = None) -> str:
    """1 234,5 in Swedish (thin spaces), 1,234.5 in English; ``decimals`` fixes their number."""
    pattern = "#,##0.###" if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    text = babel_decimal(value, format=pattern)
    return text.replace("\u00a0", "\u202f") if str(get_locale()).startswith("sv") else text


def counted(singular: str, plural: str, num: int, **values: Any) -> Markup:
    """The text for so many, with the number written as all others are; known as ngettext, so that texts are found."""
    text = get_translations().ungettext(singular, plural, num)
    return Markup(text) % {"num": number(num), **values}


ngettext = counted


def day(value: date) -> str:
    """1 mars 2027, 1 March 2027."""
    text = babel_date(value, format="d MMMM y", rebase=False)
    return str(text)


def span(first: date, last: date) -> str:
    """From the first day to the last; a single day is written once."""
    return day(first) if first == last else gettext("%(start)s to %(until)s", start=day(first), until=day(last))


def length(days: int) -> str:
    """56 dagar (8 veckor), 57 dagar: whole weeks are told too."""
    weeks, rest = divmod(days, 7)
    text = ngettext("%(num)s day", "%(num)s days", days)
    whole = ngettext("%(num)s week", "%(num)s weeks", weeks)
    return text if rest else f"{text} ({whole})"


def week(monday: date) -> str:
    """v. 9 2027, week 9 2027: the ISO week that begins on this day."""
    year, number_of_week, _weekday = monday.isocalendar()
    return gettext("week %(week)s %(year)s", week=number_of_week, year=year)


def moment(value: datetime) -> str:
    """1 mars 2027 kl. 14:05, in Stockholm's time."""
    local = value.astimezone(STOCKHOLM)
    return gettext("%(day)s at %(time)s", day=day(local.date()), time=local.strftime("%H:%M"))


def weekdays(codes: Iterable[str]) -> str:
    """Mon–Fri for a run of three or more, else the days with commas."""
    order = list(WEEKDAYS)
    found = sorted({order.index(code) for code in codes})
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"{SHORT_WEEKDAYS[order[found[0]]]}–{SHORT_WEEKDAYS[order[found[-1]]]}"
    return ", ".join(str(SHORT_WEEKDAYS[order[i]]) for i in found)
