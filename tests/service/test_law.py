"""Each rule of law is kept on one side of its line and speaks on the other, and each names its source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from platsverket import law, words
from platsverket.law import Facts

PLAIN = Facts("municipality", "municipality", "owned", False, date(2027, 1, 1), date(2027, 3, 31))

CASES = [
    ("landlords_consent", {"holding": "leased", "consent": True}, {"holding": "leased"}),
    ("landlords_consent", {"holding": "owned"}, {"holding": None}),
    ("tenure", {"last_day": date(2027, 9, 30)}, {"last_day": date(2027, 10, 1)}),
    ("within_the_state", {"host_kind": "state"}, {"host_kind": "state", "guest_kind": "state"}),
    (
        "governments_consent",
        {"guest_kind": "state", "last_day": date(2032, 12, 31)},
        {"guest_kind": "state", "last_day": date(2033, 1, 1)},
    ),
    ("governments_consent", {"last_day": date(2036, 12, 31)}, {"guest_kind": "state", "last_day": date(2036, 12, 31)}),
]


@pytest.mark.parametrize(("code", "kept", "broken"), CASES)
def test_a_rule_is_kept_and_broken(code: str, kept: dict[str, object], broken: dict[str, object]) -> None:
    """The rule says nothing of the facts that keep it, and speaks of those that break it."""
    assert code not in [rule.code for rule in law.broken(replace(PLAIN, **kept))]
    assert code in [rule.code for rule in law.broken(replace(PLAIN, **broken))]


def test_every_rule_is_tried_has_words_and_a_source() -> None:
    """No rule without a kept and a broken case, a sentence and where it stands; only the landlord's no stops."""
    assert {rule.code for rule in law.RULES} == {case[0] for case in CASES} == set(words.LAW)
    assert all(rule.source and rule.effect in words.LAW_EFFECTS for rule in law.RULES)
    assert [rule.code for rule in law.RULES if rule.effect == law.STOPS] == ["landlords_consent"]
    assert law.broken(PLAIN) == []


def test_months_end_where_the_month_does() -> None:
    """Nine months after the last of May is the last of February, in leap years too."""
    assert law.months_later(date(2026, 5, 31), 9) == date(2027, 2, 28)
    assert law.months_later(date(2027, 5, 31), 9) == date(2028, 2, 29)
    assert law.months_later(date(2027, 4, 15), 9) == date(2028, 1, 15)
