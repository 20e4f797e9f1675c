"""Space requests: search, post, copy, change, withdraw; a coordinator sets the priority."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user

from platsverket import (
    agencies,
    counting,
    desk_words,
    drafts,
    forms,
    need_maps,
    needs,
    outcome_words,
    outcomes,
    place_picking,
    questions,
    search_pages,
    search_words,
    taking_part,
)
from platsverket.access import find
from platsverket.database import now, this_day
from platsverket.desk_schemas import QuestionAnswerSchema
from platsverket.errors import Refused
from platsverket.features import FEATURES
from platsverket.models import PROJECT_LEAD, Need
from platsverket.pins import Shown
from platsverket.schemas import NeedSchema, PrioritySchema, load
from platsverket.web import (
    Typed,
    by,
    config,
    csv_file,
    db,
    field_errors,
    form_values,
    kept,
    listed,
    page,
    paging,
    pressed,
    rule,
    submitted,
    typed,
)
from platsverket.words import sentence

blueprint = Blueprint("needs", __name__, url_prefix="/needs")
EVERY = 100_000  # more requests than there are


@blueprint.get("")
@rule("need.read")
def index() -> Any:
    text, over, where = request.args.get("text", "").strip(), bool(request.args.get("over")), paging()
    view = request.args.get("view")
    part = (EVERY, 0) if view in ("map", "csv", "points") else (where.size, where.offset)
    found, total = needs.search(db(), by(), text, *part, standing=not over)
    if view == "csv":
        return csv_file(gettext("Space requests"), *need_maps.table(found))
    if view == "points":
        return {"points": need_maps.points(found)}
    asked: dict[str, Any] = {"text": text or None, "over": 1 if over else None}
    shown: dict[str, Any] = {
        "needs": found,
        "total": total,
        "text": text,
        "over": over,
        "asked": asked,
        "map": None,
        "paging": where,
    }
    if view == "map":
        shown |= {"map": _map(found, asked), "paging": None}
    return page("needs/index.html", drafts=drafts.own(db(), by(), config(), "need"), **shown)


def _map(found: list[Need], asked: dict[str, Any]) -> Shown:
    area = request.args.get("area", "")
    return need_maps.of_needs(found, area, lambda to: url_for("needs.index", view="map", area=to, **asked))


@blueprint.get("/<ref>")
@rule("need.read")
def show(ref: str) -> Any:
    need = needs.read(db(), by(), ref)
    asked, own = questions.on(db(), by(), need), need.agency_id in by().agencies(PROJECT_LEAD)
    return page(
        "needs/show.html",
        questions=asked, questions_in_full=questions.shown_in_full(db(), by(), asked), desk=desk_words,
        need=need, own=own, part=taking_part.of_need(db(), need, this_day()) if own else None,
        proposals=needs.proposals_on(db(), by(), need), now=now(), municipality=forms.municipality_name,
        answer=outcomes.answer(db(), by(), need), told=outcome_words,
    )  # fmt: skip


@blueprint.route("/new", methods=["GET", "POST"])
@rule("need.post")
def new() -> Any:
    if kept():
        return _form(None, values=forms.again())
    if not submitted():
        # What a search has filled in is not to be lost by a press on a copy.
        earlier = [] if search_pages.filled_in() else needs.latest(db(), by(), forms.EARLIER)
        return _form(None, values=_fresh(), earlier=earlier)
    if pressed() == "draft":
        return forms.save_draft("need", _form)
    try:
        values = _read(None)
        if pressed() != "post":
            need = needs.as_posted(db(), by(), config(), values)
            return forms.check("need", need, taking_part.of_need(db(), need, this_day()))
        need = needs.post(db(), by(), config(), values, forms.draft_ref(), forms.once())
    except Refused as refused:
        return _again(None, refused)
    flash(gettext("The request has been posted."), "success")
    return redirect(url_for("needs.show", ref=need.ref), 303)


@blueprint.get("/<ref>/copy")
@rule("need.post")
def copy(ref: str) -> Any:
    need = find(db(), by(), "need.edit", Need, ref, seen="need.read")
    return _form(None, values=_values(need), copied=need)


@blueprint.route("/<ref>/edit", methods=["GET", "POST"])
@rule("need.edit")
def edit(ref: str) -> Any:
    need = find(db(), by(), "need.edit", Need, ref, seen="need.read")
    if need.withdrawn_at:
        raise Refused("need_withdrawn")
    if not submitted():
        return _form(need, values=forms.again() if kept() else _values(need))
    try:
        needs.change(db(), by(), config(), ref, _read(need))
    except Refused as refused:
        return _again(need, refused)
    flash(gettext("The request has been changed."), "success")
    return redirect(url_for("needs.show", ref=ref), 303)


@blueprint.route("/<ref>/withdraw", methods=["GET", "POST"])
@rule("need.edit")
def withdraw(ref: str) -> Any:
    need = find(db(), by(), "need.edit", Need, ref, seen="need.read")
    if not submitted():
        return page("needs/withdraw.html", need=need)
    needs.withdraw(db(), by(), ref)
    flash(gettext("The request has been withdrawn."), "success")
    return redirect(url_for("needs.show", ref=ref), 303)


@blueprint.route("/<ref>/priority", methods=["GET", "POST"])
@rule("need.prioritise")
def prioritise(ref: str) -> Any:
    need = needs.read(db(), by(), ref)
    if not submitted():
        return page("needs/priority.html", need=need, values={"priority": need.priority})
    try:
        wanted = load(PrioritySchema(), form_values())
        needs.prioritise(db(), by(), ref, wanted["priority"], wanted["reason"])
    except Refused as refused:
        if not refused.fields:
            raise
        return page("needs/priority.html", refused.status, need=need, values=typed(), errors=field_errors(refused))
    flash(gettext("The priority has been set."), "success")
    return redirect(url_for("needs.show", ref=ref), 303)


@blueprint.post("/<ref>/questions/<question_ref>")
@rule("need.edit")
def answer_question(ref: str, question_ref: str) -> Any:
    find(db(), by(), "need.edit", Need, ref, seen="need.read")
    said = load(QuestionAnswerSchema(), form_values())["answer"]
    questions.answer(db(), by(), config(), ref, question_ref, said)
    flash(gettext("Your answer has been sent to the coordinator."), "success")
    return redirect(url_for("needs.show", ref=ref), 303)


@blueprint.get("/drafts/<ref>")
@rule("need.post")
def draft(ref: str) -> Any:
    found = drafts.read(db(), by(), config(), "need", ref)
    until = drafts.kept_until(found, config())
    return _form(None, values=Typed(found.values), draft=ref, saved=found, kept_until=until)


@blueprint.route("/drafts/<ref>/discard", methods=["GET", "POST"])
@rule("need.post")
def discard(ref: str) -> Any:
    return forms.discard_draft("need", ref, url_for("needs.index"))


def _form(need: Need | None, status: int = 200, *, values: dict[str, Any], **context: Any) -> Any:
    values, picker = place_picking.pick(values)
    shown = {"place_choices": picker.choices, "errors": picker.errors}
    return page(
        "needs/form.html", status, picker=picker,
        **{**forms.NOTHING, **shown, "draft": forms.draft_ref(), **context},
        need=need, values=values, size=forms.size(values, rounded_up=True),
        count=_count(values), criterion=search_words.criterion,
        agencies=[(a.ref, a.name) for a in agencies.own(db(), by().agencies(PROJECT_LEAD))],
    )  # fmt: skip


def _count(values: dict[str, Any]) -> counting.Count | None:
    """What is counted for the form as it stands; nothing where script asks for another piece of the page alone."""
    return None if request.form.get("keep") in ("sizes", "where") else counting.of_typed(db(), by(), config(), values)


def _again(need: Need | None, refused: Refused) -> Any:
    """The same form with what was typed: for faults, and where a proposal or an agreement stands in the way."""
    if refused.code == "already_posted":
        flash(sentence(refused), "info")
        return redirect(url_for("needs.index"), 303)
    if not refused.fields and refused.code != "need_committed":
        raise refused
    choices = forms.place_choices(refused)
    return _form(
        need,
        refused.status,
        values=forms.again(),
        errors=field_errors(refused),
        place_choices=choices,
        commitments=refused.numbers.get("commitments", []),
    )


def _fresh() -> dict[str, Any]:
    """What a new form suggests: what a search led here with, within commuting distance, oneself as the contact."""
    user = current_user.user
    asked = search_pages.filled_in()
    asked |= {f"features-{code}": "must" for code in asked.pop("must", [])}
    return {"max_km": 20, "weekdays": [], "contact_name": user.name, "contact_email": user.email, **asked}


def _values(need: Need) -> dict[str, Any]:
    """A stored request as the form shows it."""
    values: dict[str, Any] = {name: getattr(need, name) for name in (*needs.PLAIN, "place", "seats")}
    values |= {f"features-{code}": state for state in ("must", "wish") for code in values.pop(state)}
    values["agency"], values["weekdays"] = need.agency.ref, list(need.weekdays)
    return values


def _read(need: Need | None) -> dict[str, Any]:
    values = forms.chosen_place(listed(form_values(), "weekdays"))
    asked = values.pop("features", {})
    asked = asked if isinstance(asked, dict) else {}
    for state in ("must", "wish"):
        values[state] = [code for code, chosen in asked.items() if chosen == state and code in FEATURES]
    return forms.load_all(NeedSchema(), values, {}, need.place if need else None)
