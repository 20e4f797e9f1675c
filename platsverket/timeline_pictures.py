"""A timeline as people see it: a picture with its words, the same as a table, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date, gettext, lazy_gettext

from platsverket import charts, words
from platsverket.database import STOCKHOLM
from platsverket.models import MatchRound
from platsverket.timelines import Line, Timeline
from platsverket.words import number

_ = lazy_gettext

KINDS = {
    "agreed": _("Under agreement"),
    "proposed": _("Proposed, awaiting answers"),
    "promised": _("Promised before the round"),
    "placed": _("Placed by this run"),
    "locked": _("Locked by a coordinator"),
    "free": _("Left free"),
    "closed": _("Not offered"),
}
DAYS = {
    "today": _("Today"),
    "freeze": _("Freeze %(day)s"),
    "publish": _("Publication %(day)s"),
    "answer": _("Answer by %(day)s"),
}
SHORT_WEEKS = 26
STRIP = 24  # pixels: how high one premises' row is
QUARTERS = (1, 4, 7, 10)


def picture(timeline: Timeline, today: date, rounds: Sequence[MatchRound] = ()) -> charts.Picture:
    counts = {**timeline.used, "free": timeline.free}
    values = {kind: [int(n) for n in weeks] for kind, weeks in counts.items()}
    wide = 100 / timeline.window.weeks
    empty = charts.runs_of([not offered for offered in timeline.offered])
    return charts.Picture(
        kinds=[(kind, str(KINDS[kind])) for kind in (*values, *(["closed"] if empty else []))],
        columns=charts.columns(values, float(timeline.offered.max(initial=0))),
        closed=[(round(first * wide, 3), round((after - first) * wide, 3)) for first, after in empty],
        labels=_months(timeline),
        marks=charts.marks(_days(timeline, today, rounds)),
        texts=list(_week_texts(timeline)),
        told=summary(timeline),
        levels=[],
    )


def _months(timeline: Timeline) -> list[charts.Label]:
    """Where each month begins; January bears its year in place of its name."""
    window, found = timeline.window, []
    firsts = [day for i in range(7 * window.weeks) if (day := window.first + timedelta(days=i)).day == 1]
    year_told = any(day.month == 1 for day in firsts)
    for i, day in enumerate(firsts):
        place = window.place(day) or 0
        if place > 0.97:  # its name would not fit
            continue
        if day.month == 1:
            text = str(day.year)
        else:
            text = str(format_date(day, "MMM y" if i == 0 and not year_told else "MMM", rebase=False))
        minor = day.month not in QUARTERS and len(firsts) > 4
        found.append(charts.Label(text, round(100 * place, 3), minor))
    return found


def _days(timeline: Timeline, today: date, rounds: Sequence[MatchRound]) -> list[tuple[str, str, float]]:
    asked = [("today", today)]
    for one in rounds:
        published = one.published_at.astimezone(STOCKHOLM).date() if one.published_at else one.publishes_on
        asked += [("freeze", one.freezes_on), ("publish", published), ("answer", one.answer_by)]
    found = []
    for kind, day in asked:
        place = timeline.window.place(day)
        if place is not None:
            told = str(DAYS[kind]) % {"day": format_date(day, "d MMM", rebase=False)}
            found.append((kind, told, place))
    return found


def _week_texts(timeline: Timeline) -> Iterator[str]:
    for row in table(timeline):
        if not row["offered"]:
            yield gettext("%(week)s: not offered", week=row["week"])
            continue
        parts = [f"{str(KINDS[kind]).lower()} {number(row[kind])}" for kind in (*timeline.used, "free")]
        yield f"{row['week']}: {', '.join(parts)}"


def table(timeline: Timeline) -> list[dict[str, Any]]:
    """One row for each week: its number, its days, and seat-days of each kind."""
    free = timeline.free
    return [
        {
            "week": words.week(first),
            "first": first,
            "last": first + timedelta(days=6),
            "offered": int(timeline.offered[i]),
            **{kind: int(weeks[i]) for kind, weeks in timeline.used.items()},
            "free": int(free[i]),
        }
        for i, first in enumerate(timeline.window.mondays())
    ]


def csv_rows(timeline: Timeline) -> tuple[list[str], list[list[Any]]]:
    kinds = ["offered", *timeline.used, "free"]
    head = [gettext("Week"), gettext("First day"), gettext("Last day"), *(_heading(kind) for kind in kinds)]
    rows = [[row["week"], row["first"], row["last"], *(row[kind] for kind in kinds)] for row in table(timeline)]
    return head, rows


def _heading(kind: str) -> str:
    name = gettext("Offered") if kind == "offered" else str(KINDS[kind])
    return gettext("%(what)s, seat-days", what=name)


def csv_of_lines(timeline: Timeline, names: Mapping[str, tuple[str, str]]) -> tuple[list[str], list[list[Any]]]:
    """Each of the premises with what is used of it in all, and week by week."""
    weeks = [words.week(first) for first in timeline.window.mondays()]
    head = [gettext("Premises"), gettext("Organisation"), _heading("offered")]
    head += [*(_heading(kind) for kind in timeline.used), *(gettext("Used, %(week)s", week=week) for week in weeks)]
    rows = [
        [*names[line.ref], line.all_offered, *(int(line.used[kind].sum()) for kind in timeline.used)]
        + [int(n) for n in line.taken]
        for line in timeline.lines
    ]
    return head, rows


def strip(line: Line) -> list[charts.Box]:
    """A premises' weeks as a thin row: how much of what is offered is used."""
    values = {kind: [float(n) for n in weeks] for kind, weeks in line.used.items()}
    totals = [float(n) for n in line.offered]
    values["free"] = [float(n) for n in line.offered - line.taken]
    closed = charts.runs_of([not total for total in totals])
    wide = 100 / len(totals)
    boxes = charts.strips(values, totals, STRIP)
    return boxes + [
        charts.Box("closed", round(first * wide, 3), round((after - first) * wide, 3), 0.0, float(STRIP))
        for first, after in closed
    ]


def share(used: int, offered: int) -> str:
    return gettext("%(percent)s %%", percent=number(100 * used / offered, 0)) if offered else "–"


def summary(timeline: Timeline) -> str:
    """What the picture says, in sentences."""
    window, offered = timeline.window, timeline.total("offered")
    when = {"first": words.week(window.first), "last": words.week(window.mondays()[-1])}
    if not offered:
        return gettext("Nothing is offered from %(first)s to %(last)s.", **when)
    used = offered - timeline.total("free")
    told = gettext(
        "From %(first)s to %(last)s, %(percent)s %% of the seat-days are taken: %(used)s of %(offered)s.",
        percent=number(100 * used / offered, 0), used=number(used), offered=number(offered), **when,
    )  # fmt: skip
    return f"{told} {_room(timeline)}"


def _room(timeline: Timeline) -> str:
    """In which weeks there is most room."""
    free = [int(n) for n in timeline.free]
    most = max(free)
    if not most:
        return gettext("No week has any room left.")
    best = [week for week, n in zip(timeline.window.mondays(), free, strict=True) if n == most]
    return gettext(
        "There is most room in %(week)s, with %(free)s free seat-days.", week=words.week(best[0]), free=number(most)
    )
