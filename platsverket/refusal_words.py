"""The sentences of every fault, refusal and HTTP status, by code; ``words.sentence`` fills in their numbers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from platsverket import deal_codes, desk_codes

FAULTS = {
    "required": _("This must be filled in."),
    "text": _("Write text here."),
    "control_characters": _("There are invisible control characters here. Type the text again."),
    "too_long": _("Write at most %(most)s characters. Now there are %(length)s."),
    "email": _("Write an e-mail address such as name@agency.se."),
    "phone": _("Write a telephone number such as 010-123 45 67."),
    "whole_number": _("Write a whole number, such as 12."),
    "length": _("Write the length in days or in weeks, such as 56 or 8 weeks."),
    "number": _("Write a number, such as 12 or 2.5."),
    "range": _("Write a number from %(least)s to %(most)s."),
    "date": _("Write a date as year-month-day, such as 2027-03-01."),
    "no_such_date": _("There is no such date. Check the month and the day."),
    "year": _("Write a date between the years %(least)s and %(most)s."),
    "choice": _("Choose one of the alternatives."),
    "choose_at_least": _("Choose at least one."),
    "too_many": _("There can be at most %(most)s. Take some away."),
    "features": _("Answer yes, no or unknown for features in the list."),
    "list": _("This must be a list."),
    "object": _("This must be an object with named values."),
    "unknown_field": _("This name is not known here. Remove it."),
    "value": _("The value cannot be read. (%(says)s)"),
    "until_before_from": _("The last day must not be before the first day. Change one of them."),
    "spans_overlap": _("The periods overlap on %(day)s. Put them together or move one."),
    "periods_over": _("All periods are already over. Give one that ends today or later."),
    "longer_than_periods": _(
        "No period is that long: the longest has %(longest)s days. Give a shorter stay or a longer period."
    ),
    "outside_periods": _("None of these weekdays falls within the periods. Choose others, or change the periods."),
    "too_little_area": _("%(seats)s seats have no room on so few square metres. Check both figures."),
    "sealed_to_all": _(
        "Name at least one coordinator. Sealed premises can only be matched by somebody who may know of them."
    ),
    "seats_or_area": _("Give the number of seats or the area, or both."),
    "both_admitted_and_not": _(
        "The same organisation cannot be both admitted and turned away. Take it out of one of the lists."
    ),
    "latest_before_earliest": _("The latest start must not be before the earliest start. Change one of them."),
    "dates_in_order": _("The dates must come in order: opens, freezes, publishes, answers by."),
    "need_or_agency": _("Rule out either a request or an organisation, not both."),
    "for_whom": _("Name a request or an organisation. To rule the premises out for everybody, write premises here."),
    "whom_differs": _("This does not agree with the request or organisation that is named. Correct one of them."),
    "password_length": _("The password must have from %(least)s to %(most)s characters."),
    "in_the_past": _("This day has already passed. Give today or a later day."),
    "not_own_agency": _("Choose an organisation for which you have this role."),
    "email_taken": _("There is already an account with this e-mail address."),
    "own_administrator": _("You cannot take the role of administrator from yourself."),
    "wrong_current_password": _("This is not your current password."),
    "place_unknown": _(
        "We do not find this place. Write a municipality, a locality, a postcode, an agency or coordinates "
        "such as 59.33, 18.06."
    ),
    "place_for_distance": _("Write the place that the distance is counted from, or leave the distance empty."),
    "place_outside_sweden": _(
        "This point lies outside Sweden. Check the coordinates: latitude first, such as 59.33, 18.06."
    ),
    "agency_unknown": _("There is no organisation with the name %(name)s here. Check the spelling."),
    "agency_ambiguous": _("Several organisations match %(name)s. Write the whole name: %(choices)s."),
    "place_ambiguous": _("There are several places with this name. Choose one: %(choices)s."),
    "last_day": _("Choose a day from %(earliest)s to %(latest)s."),
    **deal_codes.FAULTS,
    **desk_codes.FAULTS,
}
REFUSALS = {
    "invalid": _("Something is missing or not right. See each field."),
    "not_found": _("The page or the thing you look for does not exist, or is not yours to see."),
    "forbidden": _("The roles you have do not cover this."),
    "not_signed_in": _("Sign in to go on."),
    "bad_token": _("The API token is missing, wrong or has expired. Make a new one under My account."),
    "database_down": _("The service does not reach its database just now. Try again in a moment."),
    "busy": _("Many are working at the same time just now. Nothing was changed. Try again in a moment."),
    "wrong_password": _("The e-mail address or the password is wrong."),
    "too_many_attempts": _("Too many failed attempts. Wait %(minutes)s minutes and try again."),
    "already_posted": _("It has been posted already, and stands in the list below."),
    "too_many_drafts": _(
        "You have %(most)s drafts, and more cannot be kept. Post one or throw one away, then save again."
    ),
    "draft_too_large": _("So much text cannot be kept as a draft: at most %(most)s characters. Shorten the texts."),
    "too_many_searches": _(
        "You already have %(most)s saved searches, which is the most you can have. Remove one first."
    ),
    "own_account": _("You cannot close your own account. Ask another administrator."),
    "offer_withdrawn": _(
        "The premises have been withdrawn and can no longer be changed. Copy them to post them again."
    ),
    "need_withdrawn": _("The request has been withdrawn and can no longer be changed. Copy it to post it again."),
    "committed": _(
        "This cannot be done while others rely on the premises. What is listed here would have to be given up first."
    ),
    "need_committed": _(
        "The request has a proposal or an agreement. Decline the proposal or end the agreement first, "
        "then change the request."
    ),
    "round_not_gathering": _("The round has already been frozen or called off."),
    "market_impossible": _(
        "What is posted cannot be matched as it stands. Ask those who posted it to open and save it again: %(things)s."
    ),
    "round_not_frozen": _("This can be done only while the round is frozen, and not yet published or called off."),
    "round_not_matched": _("There is no finished run to publish, or one is still under way."),
    "round_published": _("%(name)s has already published the round, on %(at)s. Nothing was changed."),
    "run_under_way": _("A run is already under way. Wait for it, or stop it."),
    "run_not_done": _("The run is not done, so there is no outcome to show yet."),
    "sealed_in_market": _(
        "The files of this round contain sealed premises that you may not know of. "
        "Ask a coordinator who may to fetch them."
    ),
    "answer_time_over": _("The last day to answer has passed. Open a new round."),
    "decision_impossible": _("The decision contradicts the round’s input or another decision that stands."),
    "proposal_expired": _("The time to answer has run out, so the seats have been let go."),
    "proposal_agreed": _(
        "Both sides have accepted, so there is an agreement. It can be ended early, on the page of the agreement."
    ),
    "already_accepted": _("Your side has already accepted, and an answer cannot be changed."),
    "proposal_closed": _("The proposal has already been settled."),
    "already_answered": _("Your side has already answered otherwise, and an answer cannot be changed."),
    "no_room": _("The seats are no longer there: others have taken them in the meantime. Nothing was changed."),
    "agreement_over": _("The agreement has already ended."),
    "geocoder_unavailable": _("The place search does not answer just now. Try again, or give coordinates."),
    "json": _("The body is not JSON that can be understood: one object in UTF-8, each name once, no NaN."),
    "media_type": _("Send the body as application/json."),
    "stale": _("Somebody else has changed this since you opened it. Read it again and repeat your change."),
    **deal_codes.REFUSALS,
    **desk_codes.REFUSALS,
}
HTTP = {
    400: (_("The request could not be understood"), _("Go back and try again.")),
    401: (_("Sign in first"), _("Sign in and open the page again.")),
    403: (
        _("You may not do this"),
        _("If you should be able to, ask the administrator of the service for the role."),
    ),
    404: (_("The page is not here"), _("Check the address, or start from the start page.")),
    405: (_("This cannot be done that way"), _("Go back and use the page's own links and buttons.")),
    409: (_("That cannot be done right now"), _("Open the page again to see how things stand now.")),
    412: (_("It has changed in the meantime"), _("Open the page again to see how things stand now.")),
    413: (_("Too much was sent"), _("Send less at a time.")),
    414: (_("The address is too long"), _("Shorten it, or start from the start page.")),
    415: (_("The format is not supported"), _("Send the content in the format that is described.")),
    422: (_("Something is not right"), _("Go back, correct it and send again.")),
    429: (_("Too many attempts"), _("Wait a while and try again.")),
    431: (_("The browser sent too much"), _("Remove this site’s cookies in the browser and try again.")),
    500: (
        _("Something went wrong with us"),
        _("Nothing was changed. Try again; if it happens again, tell us what you did."),
    ),
    503: (_("Please try again in a moment"), _("Wait some seconds and send again.")),
}
