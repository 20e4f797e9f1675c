"""What a coordinator's forms and the API's bodies about a round's steering may hold."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from platsverket.errors import Fault
from platsverket.fields import Choice, Day, Ref, Whole, Words
from platsverket.schemas import Body


class DecisionSchema(Body):
    """A lock of one need in one offer from one day, or a bar of a need, an organisation or everybody from an offer.

    Everybody is barred only where ``whom`` says so, never because nobody was named.
    """

    kind = Choice(("lock", "bar"), required=True)
    need = Ref(load_default=None)
    agency = Ref(load_default=None)
    whom = Choice(
        ("need", "agency", "premises"),
        load_default=None,
        metadata={"description": "May be left out where a request or an organisation is named; premises is everybody."},
    )
    offer = Ref(required=True)
    start = Day(load_default=None)
    reason = Words(1000, lines=True, required=True)
    stands_until = Day(
        load_default=None, metadata={"description": "Its last day; the round's last day to answer when left out."}
    )

    @validates_schema(skip_on_field_errors=False)
    def _whom(self, data: dict[str, Any], **_: Any) -> None:
        if not {"need", "agency", "whom", "kind"} <= data.keys():
            return
        if data["kind"] == "lock":
            self._lock(data)
        else:
            self._bar(data)

    def _lock(self, data: dict[str, Any]) -> None:
        if data["need"] is None:
            raise ValidationError({"need": [Fault("required")]})
        if data["whom"] not in (None, "need"):
            raise ValidationError({"whom": [Fault("whom_differs")]})
        if "start" in data and data["start"] is None:
            raise ValidationError({"start": [Fault("required")]})

    def _bar(self, data: dict[str, Any]) -> None:
        named = [name for name in ("need", "agency") if data[name] is not None]
        if len(named) == 2:
            raise ValidationError({"need": [Fault("need_or_agency")]})
        if not named and data["whom"] is None:
            raise ValidationError({"whom": [Fault("for_whom")]})
        if data["whom"] not in (None, *(named or ["premises"])):
            raise ValidationError({"whom": [Fault("whom_differs")]})

    @post_load
    def _as_named(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "whom"}


class GoalsSchema(Body):
    """The place of each goal in the order, 1 for the most important; a goal without a place does not count."""

    most_seats = Whole(1, 6, load_default=None)
    most_needs = Whole(1, 6, load_default=None)
    longest_waiting = Whole(1, 6, load_default=None)
    best_fit = Whole(1, 6, load_default=None)
    least_change = Whole(1, 6, load_default=None)
    fair_share = Whole(1, 6, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def _each_place_once(self, data: dict[str, Any], **_: Any) -> None:
        taken: set[int] = set()
        for goal, place in data.items():
            if place in taken:
                raise ValidationError({goal: [Fault("place_taken", place=place)]})
            taken |= {place} - {None}
        if not taken:
            raise ValidationError({"most_seats": [Fault("some_goal")]})

    @post_load
    def _ordered(self, data: dict[str, Any], **_: Any) -> list[str]:
        return sorted((goal for goal in data if data[goal]), key=lambda goal: int(data[goal]))


class LockAllSchema(Body):
    """A lock of everything that a run placed for an organisation, or in premises."""

    agency = Ref(load_default=None)
    offer = Ref(load_default=None)
    reason = Words(1000, lines=True, required=True)
    stands_until = Day(load_default=None)


class QuestionSchema(Body):
    """Which of the changes that a run found helpful is put to the project lead."""

    need = Ref(required=True)
    change = Words(20, required=True)
    offer = Ref(required=True)


class WhatIfSchema(Body):
    """Which request to try in which premises."""

    need = Ref(required=True)
    offer = Ref(required=True)


class QuestionAnswerSchema(Body):
    answer = Choice(("yes", "no"), required=True)
