"""What the API shows of each thing: one schema per noun, written out field by field; a model is never dumped.

What the reader may not see is null. Bodies are read with ``platsverket.schemas``, the ones that forms use.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields

from platsverket.models import ROLES, WEEKDAYS
from platsverket.outcome_words import HELPS, REASONS


class Moment(fields.DateTime):
    """A time in UTC, written with Z."""

    def _serialize(self, value: datetime | None, attr: Any, obj: Any, **_: Any) -> str | None:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


class Shown(Schema):
    """An answer always has all its fields."""

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        field_obj.required = True


def _text(**kwargs: Any) -> fields.String:
    return fields.String(**kwargs)


def _maybe(*codes: str) -> fields.String:
    return fields.String(allow_none=True, metadata={"enum": [*codes, None]} if codes else {})


def _codes(*codes: str) -> dict[str, Any]:
    return {"enum": list(codes)}


def _texts(*codes: str, maybe: bool = False) -> Any:
    return fields.List(fields.String(metadata=_codes(*codes) if codes else {}), allow_none=maybe)


def paged(shown: type[Shown], name: str) -> type[Schema]:
    """The schema of one page of a list of these."""
    members = {
        "total": fields.Integer(metadata={"description": "How many there are in all.", "minimum": 0}),
        "page": fields.Integer(metadata={"minimum": 1}),
        "limit": fields.Integer(metadata={"minimum": 1, "maximum": 100}),
        "items": fields.List(fields.Nested(shown)),
    }
    return type(f"{name}Page", (Shown,), members)


class ShownAgency(Shown):
    ref = _text()
    kind = _text(metadata=_codes("state", "region", "municipality"))
    name = _text()
    org_nr = _maybe()
    municipality_code = _maybe()
    county_code = _maybe()


class ShownFeature(Shown):
    code = _text()
    group = _text()
    sv = _text(metadata={"description": "Its name in Swedish."})
    en = _text(metadata={"description": "Its name in English."})


class ShownFeatures(Shown):
    items = fields.List(fields.Nested(ShownFeature))


class ShownPlace(Shown):
    label = _text(metadata={"description": "Finds this very place again when given as a place."})
    kind = _text()
    municipality_code = _maybe()
    municipality = _maybe()
    county_code = _maybe()
    lat = fields.Float()
    lon = fields.Float()
    precision = _text()


class ShownPlaces(Shown):
    items = fields.List(fields.Nested(ShownPlace))


class ShownSpan(Shown):
    from_ = fields.Date(data_key="from")
    until = fields.Date()


EXACT = "Whether the reader is shown all there is; if not, all but the municipality and a band of seats is null."


class ShownOffer(Shown):
    ref = _text()
    status = _text(metadata=_codes("open", "expired", "ended", "withdrawn"))
    exact = fields.Boolean(metadata={"description": EXACT})
    visibility = _text(metadata=_codes("open", "restricted", "sealed"))
    agency = _maybe()
    agency_name = _maybe()
    title = _maybe()
    description = _maybe()
    place = _maybe()
    address = _maybe()
    municipality_code = _maybe()
    municipality = _maybe()
    lat = fields.Float(allow_none=True)
    lon = fields.Float(allow_none=True)
    precision = _maybe()
    seats = fields.Integer(allow_none=True)
    seats_from = fields.Integer(metadata={"description": "At least this many seats."})
    area_m2 = fields.Integer(allow_none=True)
    spans = fields.List(fields.Nested(ShownSpan), allow_none=True)
    weekdays = _texts(*WEEKDAYS, maybe=True)
    features = fields.Dict(
        keys=fields.String(),
        values=fields.String(metadata=_codes("yes", "no")),
        allow_none=True,
        metadata={"description": "Features that are known to be there or not; others are unknown."},
    )
    sharing = _maybe("shared", "exclusive")
    minimum_days = fields.Integer(allow_none=True)
    cost_per_seat_day = fields.Integer(allow_none=True)
    holding = _maybe("owned", "leased")
    only_agencies = _texts(maybe=True)
    not_agencies = _texts(maybe=True)
    coordinators = _texts(maybe=True)
    contact_name = _maybe()
    contact_email = _maybe()
    contact_phone = _maybe()
    posted_at = Moment(allow_none=True)
    changed_at = Moment(allow_none=True)
    valid_until = fields.Date(allow_none=True)


class ShownNeed(Shown):
    ref = _text()
    status = _text(metadata=_codes("open", "ended", "withdrawn"))
    agency = _text()
    agency_name = _text()
    title = _text()
    description = _text()
    place = _text()
    municipality_code = _maybe()
    municipality = _maybe()
    lat = fields.Float()
    lon = fields.Float()
    precision = _text()
    max_km = fields.Float()
    seats = fields.Integer()
    area_m2 = fields.Integer(allow_none=True)
    earliest_start = fields.Date()
    latest_start = fields.Date()
    days = fields.Integer()
    weekdays = _texts(*WEEKDAYS)
    must = _texts()
    wish = _texts()
    priority = fields.Integer()
    waiting_since = fields.Date()
    contact_name = _text()
    contact_email = _text()
    contact_phone = _text()
    posted_at = Moment()
    changed_at = Moment()


ANY_VALUE = {"type": ["integer", "number", "string", "array", "null"], "items": {"type": "string"}}


class ShownReason(Shown):
    code = _text(metadata=_codes(*REASONS))
    offers = fields.Integer(
        allow_none=True,
        metadata={
            "description": "How many offers were left before; null for all but coordinators who may know of all."
        },
    )


class ShownHelp(Shown):
    change = _text(metadata=_codes(*HELPS))
    from_ = fields.Raw(data_key="from", attribute="from", metadata=ANY_VALUE)
    to = fields.Raw(metadata=ANY_VALUE)
    offer = _maybe()
    start = fields.Date(allow_none=True)


class ShownAnswer(Shown):
    round = _text()
    published_at = Moment()
    set_aside = fields.String(
        allow_none=True,
        metadata={
            "description": "Why the place found for it no longer held at publication; empty where it may not be told."
        },
    )
    reasons = fields.List(fields.Nested(ShownReason))
    would_help = fields.List(
        fields.Nested(ShownHelp),
        metadata={
            "description": "Single changes that would have helped. Of an offer that the reader may not see in full "
            "only the kind of change is told."
        },
    )


class ShownNeedInFull(ShownNeed):
    without_proposal = fields.Nested(
        ShownAnswer,
        allow_none=True,
        metadata={"description": "Why the last published round made it no proposal; null where it did, or had none."},
    )


class ShownAside(Shown):
    need = _text()
    offer = _text()
    start = _text(metadata={"format": "date"})
    code = _text(metadata={"description": "Why the placement no longer held when the round was published."})


class ShownRound(Shown):
    ref = _text()
    name = _text()
    status = _text(metadata=_codes("gathering", "frozen", "running", "matched", "published", "cancelled"))
    opens_on = fields.Date()
    freezes_on = fields.Date()
    publishes_on = fields.Date()
    answer_by = fields.Date()
    goals = _texts()
    opened_at = Moment()
    frozen_at = Moment(allow_none=True)
    published_at = Moment(allow_none=True)
    cancelled_at = Moment(allow_none=True)
    market_sha256 = _maybe()
    set_aside = fields.List(fields.Nested(ShownAside))


class ShownRun(Shown):
    ref = _text()
    number = fields.Integer()
    status = _text(metadata=_codes("waiting", "running", "done", "failed"))
    effort = _text(metadata=_codes("quick", "normal", "thorough"))
    seed = fields.Integer()
    requested_at = Moment()
    started_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    stop_requested_at = Moment(allow_none=True)
    published_at = Moment(allow_none=True)
    is_refill = fields.Boolean(metadata={"description": "Whether it fills up a published round."})
    failure = _maybe()
    market_sha256 = _text()
    progress = fields.Dict(metadata={"description": "How far a run under way is: phase, goal, value and bound."})
    summary = fields.Dict(
        metadata={
            "description": "The outcome in figures, once done. Placements in premises sealed from the reader are not "
            "counted; where there are such premises the values and bounds of goals are null, and progress has none."
        }
    )


class ShownPlacement(Shown):
    need = _text()
    need_title = _text()
    guest = _text()
    offer = _text()
    host = _text()
    start = fields.Date()
    until = fields.Date()
    km = fields.Float()
    fit = fields.Integer()
    promised = fields.Boolean(metadata={"description": "Agreed or held before this round."})
    locked = fields.Boolean(metadata={"description": "Locked by a coordinator in this round."})


class ShownUnplaced(Shown):
    need = _text()
    need_title = _text()
    guest = _text()
    reasons = fields.List(
        fields.Dict(),
        metadata={
            "description": "Codes and how many offers were left before each; null to those from whom some are sealed."
        },
    )
    would_help = fields.List(
        fields.Dict(),
        metadata={"description": "Single changes that would help: change, from, to, offer, start."},
    )


class ShownDecision(Shown):
    ref = _text()
    kind = _text(metadata=_codes("lock", "bar"))
    need = _maybe()
    agency = _maybe()
    offer = _text()
    start = fields.Date(allow_none=True)
    reason = _text()
    made_at = Moment()
    made_by = _text()
    stands_until = fields.Date(allow_none=True)
    removed_at = Moment(allow_none=True)


ANSWERS = ("accepted", "declined")


class ShownProposal(Shown):
    ref = _text()
    status = _text(metadata=_codes("open", "agreed", "declined", "expired", "withdrawn"))
    round = _text()
    offer = _text()
    need = _text()
    start = fields.Date()
    until = fields.Date()
    weekdays = _texts(*WEEKDAYS)
    seats = fields.Integer()
    exact = fields.Boolean(metadata={"description": "Whether host, km and fit are shown; they would tell where it is."})
    host = _maybe()
    guest = _text()
    km = fields.Float(allow_none=True)
    fit = fields.Integer(allow_none=True)
    published_at = Moment()
    answer_by = Moment()
    poster_answer = _maybe(*ANSWERS)
    poster_answered_at = Moment(allow_none=True)
    poster_reason = _maybe()
    lead_answer = _maybe(*ANSWERS)
    lead_answered_at = Moment(allow_none=True)
    lead_reason = _maybe()
    withdrawn_at = Moment(allow_none=True)
    withdrawn_side = _maybe("poster", "lead")
    withdrawn_reason = _maybe()
    my_sides = fields.List(fields.String(metadata=_codes("poster", "lead")))
    agreement = _maybe()


class ShownAgreement(Shown):
    ref = _text()
    number = _text()
    status = _text(metadata=_codes("coming", "running", "ended", "ended_early"))
    proposal = _text()
    offer = _text()
    need = _text()
    host = _text()
    guest = _text()
    start = fields.Date()
    last_day = fields.Date()
    weekdays = _texts(*WEEKDAYS)
    seats = fields.Integer()
    agreed_at = Moment()
    ended_at = Moment(allow_none=True)
    ended_reason = _maybe()


class ShownEvent(Shown):
    at = Moment()
    kind = _text()
    noun = _text()
    ref = _text(attribute="noun_ref")
    actor = fields.Function(
        lambda event: event.actor.name if event.actor else None, metadata={"type": ["string", "null"]}
    )
    data = fields.Dict()


class ShownRole(Shown):
    agency = _text(attribute="agency.ref")
    agency_name = _text(attribute="agency.name")
    role = _text(metadata=_codes(*ROLES))


class ShownMe(Shown):
    ref = _text()
    name = _text()
    email = _text()
    language = _text(metadata=_codes("sv", "en"))
    is_administrator = fields.Boolean()
    roles = fields.List(fields.Nested(ShownRole), attribute="memberships")


class ShownApi(Shown):
    api_name = _text()
    api_version = _text()
    api_released = fields.Date()
    api_status = _text(metadata=_codes("active", "deprecated"))
    api_documentation = _text(metadata={"format": "uri-reference"})


class ShownFigure(Shown):
    county_code = _text(attribute="code")
    county = _text(attribute="name")
    premises = fields.Integer()
    seats = fields.Integer()


class ShownFigures(Shown):
    items = fields.List(fields.Nested(ShownFigure))


class ShownWords(Shown):
    code = _text()
    sv = _text()
    en = _text()
