"""What is stored: facts and their times. A status is always computed from them, never stored.

Every public thing has a ``ref`` (random, short, lower case) that stands in addresses and files; the integer keys
never leave the database. Dates are calendar dates, times are UTC.
"""

from __future__ import annotations

from platsverket.models.base import NAMES, REF_ALPHABET, REF_LENGTH, WEEKDAYS, Model, Utc, Weekdays, new_ref
from platsverket.models.calendars import CalendarFeed
from platsverket.models.claims import Claim
from platsverket.models.deals import (
    DECLINE_REASONS,
    STEPS,
    WITHDRAW_REASONS,
    Agreement,
    Freed,
    Message,
    MoveInStep,
    Proposal,
    SeatDay,
    used_days,
)
from platsverket.models.drafts import Draft
from platsverket.models.events import Event
from platsverket.models.mail import OutboxMail
from platsverket.models.needs import Need
from platsverket.models.offers import Offer, OfferAdmission, OfferCoordinator, OfferSpan, standing_offers
from platsverket.models.people import (
    AT_ONCE,
    CASE_OFFICER,
    COORDINATOR,
    DAILY,
    PROJECT_LEAD,
    ROLES,
    Agency,
    ApiToken,
    Membership,
    SignIn,
    SignInAttempt,
    Substitution,
    User,
)
from platsverket.models.questions import Question
from platsverket.models.rounds import Decision, MatchRound, Run
from platsverket.models.searches import SavedSearch
from platsverket.models.trials import Trial

__all__ = [
    "AT_ONCE",
    "CASE_OFFICER",
    "COORDINATOR",
    "DAILY",
    "DECLINE_REASONS",
    "NAMES",
    "PROJECT_LEAD",
    "REF_ALPHABET",
    "REF_LENGTH",
    "ROLES",
    "STEPS",
    "WEEKDAYS",
    "WITHDRAW_REASONS",
    "Agency",
    "Agreement",
    "ApiToken",
    "CalendarFeed",
    "Claim",
    "Decision",
    "Draft",
    "Event",
    "Freed",
    "MatchRound",
    "Membership",
    "Message",
    "Model",
    "MoveInStep",
    "Need",
    "Offer",
    "OfferAdmission",
    "OfferCoordinator",
    "OfferSpan",
    "OutboxMail",
    "Proposal",
    "Question",
    "Run",
    "SavedSearch",
    "SeatDay",
    "SignIn",
    "SignInAttempt",
    "Substitution",
    "Trial",
    "User",
    "Utc",
    "Weekdays",
    "new_ref",
    "standing_offers",
    "used_days",
]
