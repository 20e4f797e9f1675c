"""A calendar as a file that calendar programs read (iCalendar, RFC 5545), in the reader's language.

Everything lasts whole days, so each event begins on a date and ends on the date after its last day. A thing keeps its
UID however often it is read, so that a program changes its event and never doubles it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import icalendar
from flask_babel import gettext

from platsverket import words
from platsverket.calendars import Calendar
from platsverket.config import Config
from platsverket.models import MatchRound, Proposal, used_days
from platsverket.proposals import sides

BYDAY = {"mon": "MO", "tue": "TU", "wed": "WE", "thu": "TH", "fri": "FR", "sat": "SA", "sun": "SU"}
DAY = timedelta(days=1)


def file(content: Calendar, config: Config) -> bytes:
    """The file of a calendar, in the language of now."""
    made = icalendar.Calendar()
    made.add("prodid", f"-//{config.site.name}//platsverket//SV")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    name = content.feed.offer.title if content.feed.offer else config.site.name
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for stay in content.stays:
        for event in _stay(content, config, stay):
            made.add_component(event)
    for match_round in content.rounds:
        for event in _round(config, match_round):
            made.add_component(event)
    return bytes(made.to_ical())


def _event(
    config: Config, name: str, since: datetime, first: date, last: date, summary: str, path: str
) -> icalendar.Event:
    """An event of whole days; ``name`` is its own for good, ``since`` when it last changed."""
    site = config.site.address.rstrip("/")
    event = icalendar.Event()
    event.add("uid", f"{name}@{urlsplit(site).hostname}")
    event.add("dtstamp", since.astimezone(UTC))
    event.add("last-modified", since.astimezone(UTC))
    event.add("dtstart", first)
    event.add("dtend", last + DAY)
    event.add("summary", summary)
    event.add("transp", "TRANSPARENT")  # that premises are used makes nobody busy
    event.add("url", site + path)
    return event


def _stay(content: Calendar, config: Config, one: Proposal) -> Iterator[icalendar.Event]:
    agreement = one.agreement
    last = agreement.last_day if agreement else one.until
    days = used_days(one.start, last, one.weekdays)
    path = f"/agreements/{agreement.ref}" if agreement else f"/proposals/{one.ref}"
    if days:
        since = (agreement.ended_at or agreement.agreed_at) if agreement else one.published_at
        event = _event(config, f"stay-{one.ref}", since, days[0], days[-1], _who_and_where(content, one), path)
        if (days[-1] - days[0]).days + 1 > len(days):
            _on_weekdays(event, days, one.weekdays)
        event.add("status", "CONFIRMED" if agreement else "TENTATIVE")
        event.add("description", _details(one))
        if where := _where(content, one):
            event.add("location", where)
        yield event
    if not agreement and any(getattr(one, f"{side}_answer") is None for side in sides(content.by, one)):
        deadline = one.last_day_to_answer
        summary = gettext("Last day to answer: %(title)s", title=one.need.title)
        yield _event(config, f"answer-{one.ref}", one.published_at, deadline, deadline, summary, path)


def _on_weekdays(event: icalendar.Event, days: list[date], weekdays: tuple[str, ...]) -> None:
    """One day that comes again on its weekdays until the last one."""
    del event["dtend"]
    event.add("dtend", days[0] + DAY)
    event.add("rrule", {"freq": "WEEKLY", "until": days[-1], "byday": [BYDAY[day] for day in weekdays], "wkst": "MO"})


def _who_and_where(content: Calendar, one: Proposal) -> str:
    seats = words.ngettext("%(num)s seat", "%(num)s seats", one.seats)
    if "poster" in sides(content.by, one) and (content.feed.offer or "lead" not in sides(content.by, one)):
        text = gettext("%(agency)s in %(premises)s, %(seats)s", agency=one.need.agency.name,
                       premises=one.offer.title, seats=seats)  # fmt: skip
    elif one.ref in content.in_full:
        text = gettext("%(premises)s at %(agency)s, %(seats)s", premises=one.offer.title,
                       agency=one.offer.agency.name, seats=seats)  # fmt: skip
    else:
        text = gettext("A place for %(title)s, %(seats)s", title=one.need.title, seats=seats)
    return text if one.agreement else gettext("Proposal: %(text)s", text=text)


def _where(content: Calendar, one: Proposal) -> str:
    if one.ref not in content.in_full:
        return ""
    return ", ".join(part for part in (one.offer.address, one.offer.place) if part)


def _details(one: Proposal) -> str:
    lines = [one.need.title, f"{gettext('Weekdays')}: {words.weekdays(one.weekdays)}"]
    if one.agreement:
        lines.append(gettext("Agreement %(number)s", number=one.agreement.number))
    return "\n".join(lines)


def _round(config: Config, one: MatchRound) -> Iterator[icalendar.Event]:
    since = one.published_at or one.frozen_at or one.opened_at
    for moment, day, summary in (
        ("freezes", one.freezes_on, gettext("%(name)s is frozen: what is posted from now on waits", name=one.name)),
        ("publishes", one.publishes_on, gettext("%(name)s: proposals are published", name=one.name)),
        ("answers", one.answer_by, gettext("%(name)s: last day to answer", name=one.name)),
    ):
        yield _event(config, f"round-{one.ref}-{moment}", since, day, day, summary, "/")
