"""What the API shows of each thing: one schema per noun, written out field by field; a model is never dumped.

What the reader may not see is null. Bodies are read with ``platsverket.schemas``, the ones that forms use.
"""

from __future__ import annotations

from marshmallow import fields

from platsverket.api_fields import Moment, Shown, maybe, one_of, text, texts
from platsverket.models import ROLES, WEEKDAYS
from platsverket.outcome_words import HELPS, REASONS


class ShownAgency(Shown):
    ref = text()
    kind = text(metadata=one_of("state", "region", "municipality"))
    name = text()
    org_nr = maybe()
    municipality_code = maybe()
    county_code = maybe()


class ShownFeature(Shown):
    code = text()
    group = text()
    sv = text(metadata={"description": "Its name in Swedish."})
    en = text(metadata={"description": "Its name in English."})


class ShownFeatures(Shown):
    items = fields.List(fields.Nested(ShownFeature))


class ShownPlace(Shown):
    label = text(metadata={"description": "Finds this very place again when given as a place."})
    kind = text()
    municipality_code = maybe()
    municipality = maybe()
    county_code = maybe()
    lat = fields.Float()
    lon = fields.Float()
    precision = text()


class ShownPlaces(Shown):
    items = fields.List(fields.Nested(ShownPlace))


class ShownSpan(Shown):
    from_ = fields.Date(data_key="from")
    until = fields.Date()


EXACT = "Whether the reader is shown all there is; if not, all but the municipality and a band of seats is null."


class ShownOffer(Shown):
    ref = text()
    status = text(metadata=one_of("open", "expired", "ended", "withdrawn"))
    exact = fields.Boolean(metadata={"description": EXACT})
    visibility = text(metadata=one_of("open", "restricted", "sealed"))
    agency = maybe()
    agency_name = maybe()
    title = maybe()
    description = maybe()
    place = maybe()
    address = maybe()
    municipality_code = maybe()
    municipality = maybe()
    lat = fields.Float(allow_none=True)
    lon = fields.Float(allow_none=True)
    precision = maybe()
    seats = fields.Integer(allow_none=True)
    seats_from = fields.Integer(metadata={"description": "At least this many seats."})
    area_m2 = fields.Integer(allow_none=True)
    spans = fields.List(fields.Nested(ShownSpan), allow_none=True)
    weekdays = texts(*WEEKDAYS, maybe=True)
    features = fields.Dict(
        keys=fields.String(),
        values=fields.String(metadata=one_of("yes", "no")),
        allow_none=True,
        metadata={"description": "Features that are known to be there or not; others are unknown."},
    )
    sharing = maybe("shared", "exclusive")
    minimum_days = fields.Integer(allow_none=True)
    cost_per_seat_day = fields.Integer(allow_none=True)
    holding = maybe("owned", "leased")
    only_agencies = texts(maybe=True)
    not_agencies = texts(maybe=True)
    coordinators = texts(maybe=True)
    contact_name = maybe()
    contact_email = maybe()
    contact_phone = maybe()
    posted_at = Moment(allow_none=True)
    changed_at = Moment(allow_none=True)
    valid_until = fields.Date(allow_none=True)


class ShownNeed(Shown):
    ref = text()
    status = text(metadata=one_of("open", "ended", "withdrawn"))
    agency = text()
    agency_name = text()
    title = text()
    description = text()
    place = text()
    municipality_code = maybe()
    municipality = maybe()
    lat = fields.Float()
    lon = fields.Float()
    precision = text()
    max_km = fields.Float()
    seats = fields.Integer()
    area_m2 = fields.Integer(allow_none=True)
    earliest_start = fields.Date()
    latest_start = fields.Date()
    days = fields.Integer()
    weekdays = texts(*WEEKDAYS)
    must = texts()
    wish = texts()
    priority = fields.Integer()
    waiting_since = fields.Date()
    contact_name = text()
    contact_email = text()
    contact_phone = text()
    posted_at = Moment()
    changed_at = Moment()


ANY_VALUE = {"type": ["integer", "number", "string", "array", "null"], "items": {"type": "string"}}


class ShownReason(Shown):
    code = text(metadata=one_of(*REASONS))
    offers = fields.Integer(
        allow_none=True,
        metadata={
            "description": "How many offers were left before; null for all but coordinators who may know of all."
        },
    )


class ShownHelp(Shown):
    change = text(metadata=one_of(*HELPS))
    from_ = fields.Raw(data_key="from", attribute="from", metadata=ANY_VALUE)
    to = fields.Raw(metadata=ANY_VALUE)
    offer = maybe()
    start = fields.Date(allow_none=True)


class ShownAnswer(Shown):
    round = text()
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
    need = text()
    offer = text()
    start = text(metadata={"format": "date"})
    code = text(metadata={"description": "Why the placement no longer held when the round was published."})


class ShownRound(Shown):
    ref = text()
    name = text()
    status = text(metadata=one_of("gathering", "frozen", "running", "matched", "published", "cancelled"))
    opens_on = fields.Date()
    freezes_on = fields.Date()
    publishes_on = fields.Date()
    answer_by = fields.Date()
    goals = texts()
    opened_at = Moment()
    frozen_at = Moment(allow_none=True)
    published_at = Moment(allow_none=True)
    cancelled_at = Moment(allow_none=True)
    market_sha256 = maybe()
    set_aside = fields.List(fields.Nested(ShownAside))


class ShownRun(Shown):
    ref = text()
    number = fields.Integer()
    status = text(metadata=one_of("waiting", "running", "done", "failed"))
    effort = text(metadata=one_of("quick", "normal", "thorough"))
    seed = fields.Integer()
    requested_at = Moment()
    started_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    stop_requested_at = Moment(allow_none=True)
    published_at = Moment(allow_none=True)
    is_refill = fields.Boolean(metadata={"description": "Whether it fills up a published round."})
    failure = maybe()
    market_sha256 = text()
    progress = fields.Dict(metadata={"description": "How far a run under way is: phase, goal, value and bound."})
    summary = fields.Dict(
        metadata={
            "description": "The outcome in figures, once done. Placements in premises sealed from the reader are not "
            "counted; where there are such premises the values and bounds of goals are null, and progress has none."
        }
    )


class ShownPlacement(Shown):
    need = text()
    need_title = text()
    guest = text()
    offer = text()
    host = text()
    start = fields.Date()
    until = fields.Date()
    km = fields.Float()
    fit = fields.Integer()
    promised = fields.Boolean(metadata={"description": "Agreed or held before this round."})
    locked = fields.Boolean(metadata={"description": "Locked by a coordinator in this round."})


class ShownUnplaced(Shown):
    need = text()
    need_title = text()
    guest = text()
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
    ref = text()
    kind = text(metadata=one_of("lock", "bar"))
    need = maybe()
    agency = maybe()
    offer = text()
    start = fields.Date(allow_none=True)
    reason = text()
    made_at = Moment()
    made_by = text()
    stands_until = fields.Date(allow_none=True)
    removed_at = Moment(allow_none=True)


ANSWERS = ("accepted", "declined")


class ShownProposal(Shown):
    ref = text()
    status = text(metadata=one_of("open", "agreed", "declined", "expired", "withdrawn"))
    round = text()
    offer = text()
    need = text()
    start = fields.Date()
    until = fields.Date()
    weekdays = texts(*WEEKDAYS)
    seats = fields.Integer()
    exact = fields.Boolean(metadata={"description": "Whether host, km and fit are shown; they would tell where it is."})
    host = maybe()
    guest = text()
    km = fields.Float(allow_none=True)
    fit = fields.Integer(allow_none=True)
    published_at = Moment()
    answer_by = Moment()
    poster_answer = maybe(*ANSWERS)
    poster_answered_at = Moment(allow_none=True)
    poster_reason = maybe()
    lead_answer = maybe(*ANSWERS)
    lead_answered_at = Moment(allow_none=True)
    lead_reason = maybe()
    withdrawn_at = Moment(allow_none=True)
    withdrawn_side = maybe("poster", "lead")
    withdrawn_reason = maybe()
    my_sides = fields.List(fields.String(metadata=one_of("poster", "lead")))
    agreement = maybe()


class ShownAgreement(Shown):
    ref = text()
    number = text()
    status = text(metadata=one_of("coming", "running", "ended", "ended_early"))
    proposal = text()
    offer = text()
    need = text()
    host = text()
    guest = text()
    start = fields.Date()
    last_day = fields.Date()
    weekdays = texts(*WEEKDAYS)
    seats = fields.Integer()
    agreed_at = Moment()
    ended_at = Moment(allow_none=True)
    ended_reason = maybe()


class ShownEvent(Shown):
    at = Moment()
    kind = text()
    noun = text()
    ref = text(attribute="noun_ref")
    actor = fields.Function(
        lambda event: event.actor.name if event.actor else None, metadata={"type": ["string", "null"]}
    )
    data = fields.Dict()


class ShownRole(Shown):
    agency = text(attribute="agency.ref")
    agency_name = text(attribute="agency.name")
    role = text(metadata=one_of(*ROLES))


class ShownMe(Shown):
    ref = text()
    name = text()
    email = text()
    language = text(metadata=one_of("sv", "en"))
    is_administrator = fields.Boolean()
    roles = fields.List(fields.Nested(ShownRole), attribute="memberships")


class ShownApi(Shown):
    api_name = text()
    api_version = text()
    api_released = fields.Date()
    api_status = text(metadata=one_of("active", "deprecated"))
    api_documentation = text(metadata={"format": "uri-reference"})


class ShownFigure(Shown):
    county_code = text(attribute="code")
    county = text(attribute="name")
    premises = fields.Integer()
    seats = fields.Integer()


class ShownFigures(Shown):
    items = fields.List(fields.Nested(ShownFigure))


class ShownWords(Shown):
    code = text()
    sv = text()
    en = text()
