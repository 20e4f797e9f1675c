"""What the forms of premises and of requests have in common: where, several periods, drafts, all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from marshmallow import Schema, ValidationError

import data
from platsverket import drafts, places
from platsverket.errors import Fault, Refused
from platsverket.fields import REF, Whole
from platsverket.models import new_ref
from platsverket.schemas import MOST_SPANS, load
from platsverket.web import Typed, by, config, db, field_errors, page, submitted, typed

SPAN = re.compile(r"spans-([0-9]{1,4})-(from|until)")
Spans = list[tuple[str, str]]
# What a form shows besides its fields, where there is nothing of it.
NOTHING: dict[str, Any] = {
    "place_choices": [], "spans_changed": False, "copied": None, "earlier": [], "saved": None, "commitments": []
}  # fmt: skip
EARLIER = 3  # of the latest ones that an empty form offers to begin from


def municipality_name(code: str | None) -> str:
    """What people call the municipality with this code; nothing for an unknown one."""
    found = data.municipality(code) if code else None
    return found.name if found else ""


def chosen_place(values: dict[str, Any]) -> dict[str, Any]:
    """The values with the place that was chosen among several of one name, unless another name was typed since."""
    choice, asked = values.pop("place_choice", ""), values.pop("place_asked", "")
    if choice and values.get("place") == asked:
        values["place"] = choice
    return values


def again() -> Typed:
    """What was typed, as the form shows it again: with the place that was chosen in the place of the name asked."""
    return Typed(chosen_place(typed()))


def draft_ref() -> str:
    """The draft that the form was begun from, where it says one."""
    return _ref_in("draft")


def once() -> str:
    """The mark by which what is posted twice is known."""
    return _ref_in("once")


def _ref_in(name: str) -> str:
    ref = request.form.get(name, "")
    return ref if REF.fullmatch(ref) else ""


def check(noun: str, thing: Any, part: Any) -> Any:
    """What would be posted, in plain words, before it is; ``part``: the match round in which it would take part."""
    return page(
        f"{noun}s/check.html",
        **{noun: thing, "values": again(), "part": part, "draft": draft_ref(), "once": new_ref()},
        municipality=municipality_name,
    )


def save_draft(noun: str, shown: Callable[..., Any]) -> Any:
    """Keep what was typed as one's own draft; ``shown`` shows the form again where that cannot be done."""
    try:
        saved = drafts.save(db(), by(), config(), noun, again(), draft_ref())
    except Refused as refused:
        return shown(None, refused.status, values=again(), errors=field_errors(refused))
    flash(gettext("The draft has been saved. Go on here, or find it later on the start page."), "success")
    return redirect(url_for(f"{noun}s.draft", ref=saved.ref), 303)


def discard_draft(noun: str, ref: str, back: str) -> Any:
    """Ask whether a draft is to be thrown away; throw it away when that was said."""
    if not submitted():
        return page("drafts/discard.html", draft=drafts.read(db(), by(), config(), noun, ref))
    drafts.discard(db(), by(), noun, ref)
    flash(gettext("The draft has been thrown away."), "success")
    return redirect(back, 303)


def place_choices(refused: Refused) -> list[str]:
    """The places to choose among when the typed name means several."""
    return [place.label for fault in refused.fields.get("place", []) for place in fault.numbers.get("choices", [])]


def load_all(
    schema: Schema, values: dict[str, Any], faults: dict[str, list[Fault]], stored_place: str | None
) -> dict[str, Any]:
    """The loaded values; raises Refused("invalid") with the schema's faults, those already found and the place's.

    The place is only looked up beside other faults, so that all are told at once: else the service does it.
    """
    try:
        loaded = load(schema, values)
    except Refused as refused:
        raise Refused("invalid", fields={**_place_faults(values, stored_place), **refused.fields, **faults}) from None
    if faults:
        raise Refused("invalid", fields={**_place_faults(values, stored_place), **faults})
    return loaded


def _place_faults(values: dict[str, Any], stored_place: str | None) -> dict[str, list[Fault]]:
    text = str(values.get("place", "")).strip()
    if not text or text == stored_place:
        return {}
    try:
        places.located(text, config().places)
    except Refused as refused:
        return refused.fields
    return {}


@dataclass(frozen=True)
class Size:
    """The size typed as far as it can be read, and how many seats an area alone is counted as."""

    seats: int | None
    area: int | None
    counted: int
    m2_per_seat: int


def size(values: dict[str, Any], *, rounded_up: bool) -> Size:
    """What the form tells of seats and m² in each other; ``rounded_up``: for whoever asks, not for whoever offers."""
    seats, area = (_whole(values.get(name), most) for name, most in (("seats", 10_000), ("area_m2", 1_000_000)))
    each = config().offers.m2_per_seat
    return Size(seats, area, -(-(area or 0) // each) if rounded_up else max(1, (area or 0) // each), each)


def _whole(typed: Any, most: int) -> int | None:
    try:
        return Whole(1, most).deserialize(typed)
    except ValidationError:
        return None


def typed_spans(*, with_blank: bool = False) -> Spans:
    """The periods typed, in the order of their rows; a schema counts only rows that are not blank."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in request.form.items():
        if match := SPAN.fullmatch(name):
            rows.setdefault(int(match[1]), {})[match[2]] = value
    spans = [(row.get("from", ""), row.get("until", "")) for _, row in sorted(rows.items())]
    return spans if with_blank else [span for span in spans if any(end.strip() for end in span)]


def spans_asked_for() -> Spans | None:
    """The periods after the button that adds or removes one; None when another button was pressed."""
    spans = typed_spans(with_blank=True)
    remove = request.form.get("spans-remove", "")
    if remove.isdecimal() and int(remove[:5]) < len(spans):
        del spans[int(remove[:5])]
        return spans
    if "spans-add" in request.form or remove:
        return [*spans, ("", "")][:MOST_SPANS]
    return None


def with_spans(values: dict[str, Any], spans: Spans) -> dict[str, Any]:
    """The values with the periods under their rows' names, at least one row."""
    kept = {name: value for name, value in values.items() if not SPAN.fullmatch(name)}
    spans = spans or [("", "")]
    for row, (first, last) in enumerate(spans):
        kept |= {f"spans-{row}-from": first, f"spans-{row}-until": last}
    return kept


def typed_with_spans(spans: Spans) -> Typed:
    return Typed(with_spans(again(), spans))
