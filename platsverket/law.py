"""What law asks of an agreement: one table of rules, each with its source, what it does and when it is kept.

Facts in, rules out; nothing here knows a database or a language. A rule that *stops* has to be kept before anybody can
sign; one that *warns* tells the parties what to settle; one that *labels* says which law the agreement stands under.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

STOPS, WARNS, LABELS = "stops", "warns", "labels"
TENURE_MONTHS, CONSENT_YEARS = 9, 6


@dataclass(frozen=True)
class Facts:
    """What the rules look at. ``holding`` is "owned", "leased" or not stated; kinds are those of organisations."""

    host_kind: str
    guest_kind: str
    holding: str | None
    consent: bool  # the landlord's, with name and day
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Rule:
    code: str  # its words stand in ``deal_codes.LAW``
    effect: str
    source: str
    kept: Callable[[Facts], bool]


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months on, or the last one where that month is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def _within(facts: Facts, months: int) -> bool:
    """A stay of exactly so many months ends the day before the same day of the month."""
    return facts.last_day < months_later(facts.first_day, months)


RULES = (
    Rule(
        "landlords_consent",
        STOPS,
        "12 kap. 39 och 41 §§ jordabalken (1970:994)",
        # Who has not said how the premises are held may be a tenant.
        lambda facts: facts.holding == "owned" or facts.consent,
    ),
    Rule(
        "tenure",
        WARNS,
        "12 kap. 56 § jordabalken (1970:994); hyresnämndens blankett HN 5",
        lambda facts: _within(facts, TENURE_MONTHS),
    ),
    Rule(
        "within_the_state",
        LABELS,
        "Staten är en juridisk person; Ekonomistyrningsverket, Hyresjuridik och lokalplanering",
        lambda facts: (facts.host_kind, facts.guest_kind) != ("state", "state"),
    ),
    Rule(
        "governments_consent",
        WARNS,
        "9 § förordningen (1993:528) om statliga myndigheters lokalförsörjning",
        lambda facts: facts.guest_kind != "state" or _within(facts, 12 * CONSENT_YEARS),
    ),
)


def broken(facts: Facts) -> list[Rule]:
    """The rules that have something to say about these facts, in the table's order."""
    return [rule for rule in RULES if not rule.kept(facts)]


def stops(facts: Facts) -> list[Rule]:
    """Those that have to be kept before anybody can sign."""
    return [rule for rule in broken(facts) if rule.effect == STOPS]
