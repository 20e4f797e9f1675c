"""The statistics of a year as people see them: pictures with their words, tables with what is left out, and files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from flask_babel import format_date, gettext, lazy_gettext

from platsverket import charts, outlines
from platsverket.wanted import Demand
from platsverket.words import SHORT_WEEKDAYS, WEEKDAYS, number
from platsverket.yearly import Table, Year

_ = lazy_gettext

MEASURES = {
    "offered": _("Offered"),
    "asked": _("Asked for"),
    "without": _("Without place"),
    "proposed": _("Proposed, awaiting answers"),
    "agreed": _("Under agreement"),
    "used": _("Of which used"),
}
OF_ORGANISATIONS = {
    "offered": _("Offered as host"),
    "agreed": _("Lent as host"),
    "asked": _("Asked for as guest"),
    "got": _("Borrowed as guest"),
}
KINDS = {
    "agreed": _("Under agreement"),
    "proposed": _("Proposed, awaiting answers"),
    "offered": _("Offered besides"),
    "asked": _("Asked for"),
}
TABLES = {
    "counties": _("By county"),
    "months": _("By month"),
    "weekdays": _("By weekday"),
    "organisations": _("By organisation"),
    "demand": _("Seats without place, by county"),
}
MAP_WIDTH, MAP_HEIGHT = 400, 920
LABEL_WIDE, LABEL_HIGH = 24, 14  # the room a figure needs; where there is less, the table and a title tell it
MOST_ASKED = 1.5  # of what is offered: a line that would stand further out stands here
LEVELS = (30, 10, 3)  # the darkest pattern begins at a third of the highest value, and so on


def shown(value: int | None) -> str:
    """A figure, or that it is left out."""
    return gettext("not shown") if value is None else number(value)


def area_shown(found: Year) -> str:
    """The m² for each guest; where nobody has been a guest nothing is left out either."""
    if found.area_used is not None:
        return number(found.area_used, 1)
    if found.counties.total()["used"] == 0:
        return gettext("no guests yet")
    return gettext("area not stated") if found.full else shown(None)


def name_of(row: Mapping[str, Any]) -> str:
    """What a row is called: its county, month or weekday."""
    code = row["code"]
    if code in WEEKDAYS:
        return str(WEEKDAYS[code])
    if re.fullmatch(r"\d{4}-\d{2}", code):
        return str(format_date(date.fromisoformat(f"{code}-01"), "LLLL y", rebase=False))
    return row["name"] or gettext("County unknown")


def period(found: Year) -> str:
    """2027, or: september 2026 to februari 2027."""
    if found.period.is_year:
        return str(found.period.first.year)
    first, last = (str(format_date(day, "LLLL y", rebase=False)) for day in (found.period.first, found.period.last))
    return first if first == last else gettext("%(start)s to %(until)s", start=first, until=last)


# Pictures


def months(found: Year, today: date) -> charts.Picture:
    first, last = found.period.first, found.period.last
    passed = (today - first).days / ((last - first).days + 1)
    marks = charts.marks([("today", gettext("Today"), passed)] if 0 <= passed < 1 else [])
    names = [str(format_date(date.fromisoformat(f"{code}-01"), "MMM", rebase=False)) for code in found.months.codes]
    return _columns(found.months, names, marks, months_told(found), every=2 if len(names) <= 12 else 4)


def weekdays(found: Year) -> charts.Picture:
    names = [str(SHORT_WEEKDAYS[code]) for code in found.weekdays.codes]
    return _columns(found.weekdays, names, [], weekdays_told(found))


def _columns(table: Table, names: Sequence[str], marks: list[charts.Mark], told: str, every: int = 1) -> charts.Picture:
    parts = [_parts(table, i) for i in range(len(names))]
    values = {kind: [one[kind] for one in parts] for kind in ("agreed", "proposed", "offered")}
    asked = [table.told["asked"].cells[i] or 0 for i in range(len(names))]
    highest = max(*(sum(one.values()) for one in parts), *asked)
    picture = charts.columns(values, highest)
    scale = (picture.height - charts.ROOM) / picture.ticks[-1].value
    wide = 100 / len(names)
    hidden = charts.runs_of([cell is None for cell in table.told["offered"].cells])
    texts = [f"{name_of({'code': code, 'name': ''})}: {_figures(table, i)}" for i, code in enumerate(table.codes)]
    return charts.Picture(
        kinds=_kinds(bool(hidden)),
        columns=picture,
        closed=[(round(first * wide, 3), round((after - first) * wide, 3)) for first, after in hidden],
        labels=[
            charts.Label(name, round((i + 0.5) * wide, 3), minor=i % every > 0, middle=True)
            for i, name in enumerate(names)
        ],
        marks=marks,
        texts=texts,
        told=told,
        levels=[
            charts.Edge(round((i + 0.15) * wide, 3), round((i + 0.85) * wide, 3), round(picture.height - n * scale, 1))
            for i, n in enumerate(asked)
            if n
        ],
    )


def _kinds(hidden: bool) -> list[tuple[str, str]]:
    found = [(kind, str(name)) for kind, name in KINDS.items()]
    return [*found, ("closed", gettext("Too few to be shown"))] if hidden else found


def _parts(table: Table, i: int) -> dict[str, float]:
    """What a column or bar is made of; what is left out of the figures is not drawn either."""
    offered, agreed, proposed = (table.told[measure].cells[i] or 0 for measure in ("offered", "agreed", "proposed"))
    return {"agreed": agreed, "proposed": proposed, "offered": max(0, offered - agreed - proposed)}


def _figures(table: Table, i: int) -> str:
    told = {measure: shown(table.told[measure].cells[i]) for measure in ("offered", "agreed", "asked")}
    return gettext("agreed %(agreed)s, offered %(offered)s, asked for %(asked)s", **told)


def counties(found: Year) -> list[charts.Bar]:
    """One bar for each county where anything is offered, the largest first: each as long as what is offered there."""
    table = found.counties
    order = sorted(range(len(table.codes)), key=lambda i: (-(table.told["offered"].cells[i] or 0), table.codes[i]))
    rows = []
    for i in order:
        offered, agreed, asked = (table.told[measure].cells[i] for measure in ("offered", "agreed", "asked"))
        if not offered:
            continue
        figures = gettext("offered: %(offered)s", offered=number(offered))
        if agreed is not None:
            percent = _percent(agreed, offered)
            told = {"agreed": number(agreed), "offered": number(offered), "percent": percent}
            figures = gettext("%(percent)s %%: %(agreed)s of %(offered)s", **told)
        shares = {kind: value / offered for kind, value in _parts(table, i).items()}
        line = None if asked is None else min(asked / offered, MOST_ASKED)
        rows.append((name_of({"code": table.codes[i], "name": table.names[i]}), figures, shares, line))
    return charts.bars(rows)


def county_kinds() -> list[tuple[str, str]]:
    return _kinds(hidden=False)


# Words


def headline(found: Year) -> str:
    """The year in two sentences."""
    total = found.counties.total()
    if not total["offered"]:
        return gettext("Too little is offered in %(year)s for figures to be shown.", year=period(found))
    offered, agreed, without = total["offered"], total["agreed"], total["without"]
    told = gettext("In %(year)s, %(offered)s seat-days are offered.", year=period(found), offered=number(offered))
    if agreed == 0:
        told += " " + gettext("None of them is under agreement yet.")
    elif agreed is not None:
        percent = _percent(agreed, offered)
        told += " " + gettext(
            "%(agreed)s of them are under agreement, %(percent)s %%.", agreed=number(agreed), percent=percent
        )
    if without:
        told += " " + gettext("%(without)s seat-days are asked for and have no place.", without=number(without))
    return told


def months_told(found: Year) -> str:
    return _highest(found.months, gettext("Most is under agreement in %(name)s, with %(value)s seat-days."))


def weekdays_told(found: Year) -> str:
    return _highest(found.weekdays, gettext("%(name)s is the day with most agreed, %(value)s seat-days in all."))


def counties_told(found: Year) -> str:
    return _highest(found.counties, gettext("Most is under agreement in %(name)s, with %(value)s seat-days."))


def _percent(part: int, whole: int) -> str:
    """Whole percent, and a decimal where there are few of them."""
    return number(100 * part / whole, 1 if 0 < part < whole / 10 else 0)


def _highest(table: Table, sentence: str) -> str:
    cells = table.told["agreed"].cells
    value, i = max((value or 0, -i) for i, value in enumerate(cells))
    if table.total()["agreed"] == 0:
        return gettext("Nothing is under agreement yet.")
    if not value:
        return gettext("Nothing under agreement can be shown.")
    return sentence % {"name": name_of({"code": table.codes[-i], "name": table.names[-i]}), "value": number(value)}


def demand_told(found: Demand) -> str:
    rows = [row for row in found.rows() if row["seats"]]
    if not rows:
        return gettext("There are not enough requests without place to show where they are.")
    first = rows[:3]
    places = ", ".join(f"{name_of(row)} ({number(row['seats'])})" for row in first)
    if found.told.total is None:
        return gettext("Most seats are wanted in %(places)s.", places=places)
    return gettext(
        "%(total)s seats are wanted today and have no place. Most are wanted in %(places)s.",
        total=number(found.told.total), places=places,
    )  # fmt: skip


# The map


@dataclass(frozen=True)
class Area:
    """A county on the map: its outline, how dark it is, and its figure with where it stands."""

    path: str
    kind: str
    name: str
    figure: str
    x: float
    y: float
    labelled: bool  # where the figure neither lies on another's nor is larger than the area


@dataclass(frozen=True)
class Map:
    width: int
    height: int
    areas: list[Area]
    kinds: list[tuple[str, str]]
    told: str


def demand_map(found: Demand) -> Map:
    """Sweden's counties or a county's municipalities, darker the more seats are wanted there; each with its figure."""
    level: outlines.Level = "kommun" if found.county else "lan"
    frame = (
        outlines.county(found.county, MAP_WIDTH, MAP_WIDTH) if found.county else outlines.whole(MAP_WIDTH, MAP_HEIGHT)
    )
    drawn = outlines.paths(level, frame)
    limits = _limits(max((n or 0 for n in found.told.cells), default=0))
    areas: list[Area] = []
    order = sorted(range(len(found.codes)), key=lambda i: -(found.told.cells[i] or 0))  # larger figures find room first
    for i in order:
        code, value = found.codes[i], found.told.cells[i]
        if code not in drawn:
            continue
        ring = max(outlines.outlines(level)[code], key=_area)
        x, y = _middle(ring, frame)
        figure = number(value) if value else ""
        wide, high = np.ptp(ring, axis=0) * frame.scale
        free = all(abs(a.x - x) > LABEL_WIDE * 1.4 or abs(a.y - y) > LABEL_HIGH for a in areas if a.labelled)
        labelled = bool(figure and wide > LABEL_WIDE and high > LABEL_HIGH and free)
        areas.append(Area(drawn[code], _level(value, limits), found.names[i], figure, x, y, labelled))
    used = {area.kind for area in areas}
    kinds = [(kind, label) for kind, label in _level_names(limits) if kind in used]
    return Map(frame.width, frame.height, areas, kinds, demand_told(found))


def _limits(most: int) -> list[int]:
    """Where each darker pattern begins: round numbers, each about three times the one before."""
    found = []
    for part in LEVELS:
        rough = max(1, most / part)
        power = 10 ** (len(str(int(rough))) - 1)
        found.append(max(1, round(rough / power) * power))
    return sorted(set(found))


def _level(value: int | None, limits: Sequence[int]) -> str:
    if value is None:
        return "closed"
    return f"level{sum(value >= limit for limit in limits)}" if value else "none"


def _level_names(limits: Sequence[int]) -> list[tuple[str, str]]:
    edges = [1, *limits]
    found = [("none", gettext("None"))]
    for i, begin in enumerate(edges):
        last = edges[i + 1] - 1 if i + 1 < len(edges) else None
        text = gettext("%(from_)s or more", from_=number(begin)) if last is None else f"{number(begin)}–{number(last)}"
        found.append((f"level{i}", text))
    return [*found, ("closed", gettext("Too few to be shown"))]


def _middle(ring: outlines.Floats, frame: outlines.Frame) -> tuple[float, float]:
    """The centre of gravity of what the ring encloses."""
    x, y = ring[:-1, 0] - ring[0, 0], ring[:-1, 1] - ring[0, 1]
    after_x, after_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * after_y - after_x * y
    east = float(((x + after_x) * cross).sum() / (3 * cross.sum()) + ring[0, 0])
    north = float(((y + after_y) * cross).sum() / (3 * cross.sum()) + ring[0, 1])
    ((left, top),) = frame.points(np.array([[east, north]]))
    return round(float(left), 1), round(float(top), 1)


def _area(ring: outlines.Floats) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2)


# Files


def csv_of(found: Year, which: str) -> tuple[list[str], list[list[Any]]]:
    """One of the year's tables as a file; what is left out is empty, and its sum stands in a row of its own."""
    table: Table = getattr(found, which)
    names = OF_ORGANISATIONS if which == "organisations" else MEASURES
    head = [str(TABLES[which]), *(gettext("%(what)s, seat-days", what=str(names[m])) for m in table.told)]
    listed = table.largest_first() if which == "organisations" else table.rows()
    rows = [[name_of(row), *(row[measure] for measure in table.told)] for row in listed]
    if rest := table.rest():
        rows.append([gettext("Left out, together"), *(rest[measure] for measure in table.told)])
    rows.append([gettext("All"), *(table.total()[measure] for measure in table.told)])
    return head, rows


def csv_of_demand(found: Demand) -> tuple[list[str], list[list[Any]]]:
    rows: list[list[Any]] = [[name_of(row), row["seats"]] for row in found.rows()]
    if None in found.told.cells:
        rows.append([gettext("Left out, together"), found.told.rest])
    rows.append([gettext("All"), found.told.total])
    place = gettext("Municipality") if found.county else gettext("County")
    return [place, gettext("Seats wanted without place")], rows
