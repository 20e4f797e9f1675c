"""Spare premises: search, post, copy, change, reconfirm, withdraw."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user

import data
from platsverket import (
    accounts,
    agencies,
    charts,
    drafts,
    forms,
    ledger,
    listing,
    listing_table,
    offer_maps,
    offers,
    place_picking,
    search_pages,
    search_words,
    taking_part,
    timeline_pictures,
    timelines,
)
from platsverket.access import allowed, find
from platsverket.database import this_day
from platsverket.errors import Refused
from platsverket.listing import Asked
from platsverket.models import CASE_OFFICER, COORDINATOR, ROLES, MatchRound, Offer
from platsverket.schemas import OfferSchema
from platsverket.search_schema import SearchSchema
from platsverket.web import (
    Typed,
    asked_day,
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
    this_page,
)
from platsverket.words import day, sentence

blueprint = Blueprint("offers", __name__, url_prefix="/offers")

WORKWEEK = ["mon", "tue", "wed", "thu", "fri"]
LISTS_OF_NAMES = ("only_agencies", "not_agencies")


@blueprint.get("")
@rule("offer.read")
def index() -> Any:
    values = search_pages.asked_for()
    mine = values["mine"] = "1" if values["mine"] and by().has(CASE_OFFICER) else ""
    try:
        loaded = forms.load_all(SearchSchema(), search_pages.stated(values), {}, None)
        asked = listing.asked(db(), by(), config(), loaded, mine=bool(mine))
    except Refused as refused:
        if not refused.fields:
            raise
        return _list(values, refused.status, errors=field_errors(refused), place_choices=forms.place_choices(refused))
    found = listing.of(db(), by(), config(), asked)
    view = request.args.get("view")
    if view == "csv":
        return csv_file(gettext("Spare premises"), *listing_table.of(listing.shown(db(), found.lines), config()))
    if view == "points":
        return {"points": offer_maps.points(db(), found.lines, config())}
    if view == "map":
        shown = offer_maps.of(db(), found.lines, asked, values, request.args.get("area", ""), config())
        return _list(values, asked=asked, found=found, total=found.total, map=shown)
    where = paging()
    lines = listing.shown(db(), found.lines[where.offset : where.offset + where.size])
    return _list(values, asked=asked, lines=lines, found=found, total=found.total, paging=where)


def _list(values: dict[str, Any], status: int = 200, **context: Any) -> Any:
    own = agencies.own(db(), by().agencies(*ROLES))
    asked: Asked | None = context.get("asked")
    return page(
        "offers/index.html", status, drafts=drafts.own(db(), by(), config(), "offer"),
        **{"place_choices": [], "found": None, "map": None, "lines": [], "paging": None, **context},
        values=values, query=search_pages.query(values), pages=search_pages, said=search_words, free=listing_table.free,
        counties=sorted((county.code, county.name) for county in data.counties()),
        agencies=[(agency.ref, agency.name) for agency in own],
        asking=asked.wanted.agency if asked else values["agency"], municipality=forms.municipality_name,
    )  # fmt: skip


@blueprint.get("/<ref>")
@rule("offer.read")
def show(ref: str) -> Any:
    offer, exact = offers.read(db(), by(), ref)
    if not exact:
        return page("offers/restricted.html", offer=offer, municipality=forms.municipality_name)
    if offer.visibility != "open":
        offers.note_address_read(db(), by(), ref)
    own = offer.agency_id in by().agencies(CASE_OFFICER)
    owed = ledger.commitments(db(), offer.id, this_day()) if own or by().has(COORDINATOR) else []
    part = taking_part.of_offer(db(), offer, this_day()) if own else None
    like = search_pages.query({**search_pages.filled_in(), "place": offer.place})
    return page(
        "offers/show.html", like=like,
        offer=offer, own=own, owed=owed, part=part, municipality=forms.municipality_name, weeks=_coming_weeks(offer),
    )  # fmt: skip


def _coming_weeks(offer: Offer) -> charts.Picture | None:
    """The premises' next half year, for those who may see how much of them is used."""
    if not allowed(db(), by(), "offer.occupancy", offer):
        return None
    today = this_day()
    found = timelines.of_offer(db(), by(), offer.ref, today, most=timeline_pictures.SHORT_WEEKS)
    return timeline_pictures.picture(found, today, _round_of(offer))


def _round_of(offer: Offer) -> list[MatchRound]:
    part = taking_part.of_offer(db(), offer, this_day())
    return [part.match_round] if part and part.match_round else []


@blueprint.get("/<ref>/timeline")
@rule("offer.occupancy")
def timeline(ref: str) -> Any:
    offer, today = find(db(), by(), "offer.occupancy", Offer, ref), this_day()
    found = timelines.of_offer(db(), by(), ref, today, asked_day())
    place: dict[str, Any] = {"ref": ref, "from": found.window.first.isoformat()}
    return page(
        "timelines/offer.html",
        offer=offer, timeline=found, picture=timeline_pictures.picture(found, today, _round_of(offer)),
        rows=timeline_pictures.table(found), kinds=timeline_pictures.KINDS, turned=lambda changed: this_page(**changed),
        csv_url=url_for("offers.timeline_file", **place),
    )  # fmt: skip


@blueprint.get("/<ref>/timeline.csv")
@rule("offer.occupancy")
def timeline_file(ref: str) -> Any:
    found = timelines.of_offer(db(), by(), ref, this_day(), asked_day())
    offer = find(db(), by(), "offer.occupancy", Offer, ref)
    return csv_file(f"{offer.title} {found.window.first}", *timeline_pictures.csv_rows(found))


@blueprint.route("/new", methods=["GET", "POST"])
@rule("offer.post")
def new() -> Any:
    if kept():
        return _form(None, values=forms.again())
    if not submitted():
        return _form(None, values=_fresh(), earlier=offers.latest(db(), by(), forms.EARLIER))
    spans = forms.spans_asked_for()
    if spans is not None:
        return _form(None, values=forms.typed_with_spans(spans), spans_changed=True)
    if pressed() == "draft":
        return forms.save_draft("offer", _form)
    try:
        values = _read(None)
        if pressed() != "post":
            offer = offers.as_posted(db(), by(), config(), values)
            return forms.check("offer", offer, taking_part.of_offer(db(), offer, this_day()))
        offer = offers.post(db(), by(), config(), values, forms.draft_ref(), forms.once())
    except Refused as refused:
        return _again(None, refused)
    flash(gettext("The premises have been posted."), "success")
    return redirect(url_for("offers.show", ref=offer.ref), 303)


@blueprint.get("/<ref>/copy")
@rule("offer.post")
def copy(ref: str) -> Any:
    offer = find(db(), by(), "offer.edit", Offer, ref, seen="offer.read")
    return _form(None, values=_values(offer), copied=offer)


@blueprint.route("/<ref>/edit", methods=["GET", "POST"])
@rule("offer.edit")
def edit(ref: str) -> Any:
    offer = find(db(), by(), "offer.edit", Offer, ref, seen="offer.read")
    if offer.withdrawn_at:
        raise Refused("offer_withdrawn")
    if not submitted():
        return _form(offer, values=forms.again() if kept() else _values(offer))
    spans = forms.spans_asked_for()
    if spans is not None:
        return _form(offer, values=forms.typed_with_spans(spans), spans_changed=True)
    try:
        offers.change(db(), by(), config(), ref, _read(offer))
    except Refused as refused:
        return _again(offer, refused)
    flash(gettext("The premises have been changed."), "success")
    return redirect(url_for("offers.show", ref=ref), 303)


@blueprint.post("/<ref>/reconfirm")
@rule("offer.edit")
def reconfirm(ref: str) -> Any:
    offer = offers.reconfirm(db(), by(), config(), ref)
    until = day(offer.valid_until)
    thanks = gettext("Thank you. The premises take part until %(until)s, and can be reconfirmed again.", until=until)
    flash(thanks, "success")
    return redirect(url_for("offers.show", ref=ref), 303)


@blueprint.route("/<ref>/withdraw", methods=["GET", "POST"])
@rule("offer.edit")
def withdraw(ref: str) -> Any:
    offer = find(db(), by(), "offer.edit", Offer, ref, seen="offer.read")
    if not submitted():
        return page("offers/withdraw.html", offer=offer, owed=ledger.commitments(db(), offer.id, this_day()))
    offers.withdraw(db(), by(), ref)
    flash(gettext("The premises have been withdrawn."), "success")
    return redirect(url_for("offers.show", ref=ref), 303)


@blueprint.get("/drafts/<ref>")
@rule("offer.post")
def draft(ref: str) -> Any:
    found = drafts.read(db(), by(), config(), "offer", ref)
    until = drafts.kept_until(found, config())
    return _form(None, values=Typed(found.values), draft=ref, saved=found, kept_until=until)


@blueprint.route("/drafts/<ref>/discard", methods=["GET", "POST"])
@rule("offer.post")
def discard(ref: str) -> Any:
    return forms.discard_draft("offer", ref, url_for("offers.index", mine=1))


def _form(offer: Offer | None, status: int = 200, *, values: dict[str, Any], **context: Any) -> Any:
    values, picker = place_picking.pick(values)
    shown = {"place_choices": picker.choices, "errors": picker.errors}
    return page(
        "offers/form.html", status, picker=picker,
        **{**forms.NOTHING, **shown, "draft": forms.draft_ref(), **context},
        offer=offer, values=values, size=forms.size(values, rounded_up=False),
        agencies=[(a.ref, a.name) for a in agencies.own(db(), by().agencies(CASE_OFFICER))],
        coordinators=[(u.ref, u.name) for u in accounts.coordinators(db())],
    )  # fmt: skip


def _again(offer: Offer | None, refused: Refused) -> Any:
    """The same form with what was typed: for faults, and where others rely on the premises."""
    if refused.code == "already_posted":
        flash(sentence(refused), "info")
        return redirect(url_for("offers.index", mine=1), 303)
    if not refused.fields and refused.code != "committed":
        raise refused
    values, choices = forms.typed_with_spans(forms.typed_spans()), forms.place_choices(refused)
    return _form(
        offer,
        refused.status,
        values=values,
        errors=field_errors(refused),
        place_choices=choices,
        commitments=refused.numbers.get("commitments", []),
    )


def _fresh() -> dict[str, Any]:
    """What a new form suggests: the working week, from today, oneself as the contact."""
    user = current_user.user
    values = {
        "weekdays": WORKWEEK, "visibility": "open", "sharing": "shared", "minimum_days": 1,
        "contact_name": user.name, "contact_email": user.email,
    }  # fmt: skip
    return forms.with_spans(values, [(this_day().isoformat(), "")])


def _values(offer: Offer) -> dict[str, Any]:
    """Stored premises as the form shows them."""
    values: dict[str, Any] = {name: getattr(offer, name) for name in (*offers.PLAIN, "place", "seats")}
    values |= {f"features-{code}": state for code, state in values.pop("features").items()}
    values["agency"], values["weekdays"] = offer.agency.ref, list(offer.weekdays)
    values |= {field: "\n".join(a.name for a in getattr(offer, field)) for field in LISTS_OF_NAMES}
    values["coordinators"] = [c.user.ref for c in offer.coordinators]
    return forms.with_spans(values, [(s.first_day.isoformat(), s.last_day.isoformat()) for s in offer.spans])


def _read(offer: Offer | None) -> dict[str, Any]:
    values = forms.chosen_place(listed(form_values(), "weekdays", "coordinators"))
    faults = {}
    for field in LISTS_OF_NAMES:
        names = [line.strip() for line in str(values.get(field, "")).splitlines() if line.strip()]
        values[field] = []
        try:
            values[field] = [agency.ref for agency in agencies.by_names(db(), names, field)]
        except Refused as refused:
            faults.update(refused.fields)
    return forms.load_all(OfferSchema(), values, faults, offer.place if offer else None)
