"""Two searches beside each other: what comes of them does not depend on which ends first."""

from threading import Event

import numpy as np
import pytest

from matching.goals import Total
from matching.solver import Control
from matching.solver.model import Found
from matching.solver.orders import Ask, in_two_orders
from matching.solver.problem import Tell, quietly

WORTH = Total(np.array([3, 1, 2, 5]))
AT_HAND = 4  # the worth of the plan at hand


def one_after_the_other(late: int, answers: list[Found]) -> Ask:
    """Two searches of which the ``late`` one ends when the other has."""
    ended = [Event(), Event()]

    def ask(order: int, control: Control, tell: Tell) -> Found:
        if order == late:
            assert ended[1 - order].wait(60)
        ended[order].set()
        return answers[order]

    return ask


def until_ended(control: Control, tell: Tell, chosen: list[int], bound: int) -> Found:
    """A search that finds a plan at once, and would go on for a minute if it were not ended."""
    tell(WORTH.value(np.array(chosen)), bound)
    while not control.over():
        pass
    return Found(np.array(chosen), bound)


@pytest.mark.parametrize("late", [0, 1])
def test_whichever_order_ends_first_the_plan_of_the_first_one_counts(late):
    """Both prove that 5 is best, with a plan of their own."""
    ask = one_after_the_other(late, [Found(np.array([0, 2]), 5), Found(np.array([3]), 5)])
    found = in_two_orders(ask, WORTH, AT_HAND, 9, Control(), quietly)
    assert (found.chosen.tolist(), found.bound) == ([0, 2], 5)


@pytest.mark.parametrize("proves", [0, 1])
def test_a_proof_in_either_order_ends_the_other(proves):
    control = Control(60)

    def ask(order: int, until: Control, tell: Tell) -> Found:
        return Found(np.array([3]), 5) if order == proves else until_ended(until, tell, [0, 2], 8)

    found = in_two_orders(ask, WORTH, AT_HAND, 9, control, quietly)
    assert not control.cut_short
    assert (found.chosen.tolist(), found.bound) == ([[3], [0, 2]][proves], 5)


def test_a_plan_that_reaches_the_limit_ends_the_search():
    control = Control(60)

    def ask(order: int, until: Control, tell: Tell) -> Found:
        return until_ended(until, tell, [0, 1], 8) if order else Found(np.array([0, 2]), 7)

    found = in_two_orders(ask, WORTH, AT_HAND, 5, control, quietly)
    assert not control.cut_short
    assert found.chosen.tolist() == [0, 2]


@pytest.mark.parametrize(("one", "other", "best"), [([0, 2], [3, 1], [3, 1]), ([3], [0, 2], [3]), ([3], [0], [3])])
def test_where_neither_proves_anything_the_better_plan_and_the_lower_limit_count(one, other, best):
    found = in_two_orders(
        lambda order, control, tell: Found(np.array([one, other][order]), [8, 7][order]),
        WORTH, AT_HAND, 9, Control(), quietly,
    )  # fmt: skip
    assert (found.chosen.tolist(), found.bound) == (best, 7)


@pytest.mark.parametrize("late", [0, 1])
def test_no_plan_is_told_where_none_is_better(late):
    """Order 0 has another plan as good as the one at hand or none, whichever it came to before order 1 proved it."""
    ask = one_after_the_other(late, [Found(np.array([0, 1]), 4), Found(None, 4)])
    found = in_two_orders(ask, WORTH, AT_HAND, 9, Control(), quietly)
    assert (found.chosen, found.bound) == (None, 4)


def test_a_proof_does_not_end_the_first_order_before_it_has_a_plan_as_good():
    """Order 1 proves that 5 is best while order 0 is at 4: order 0 goes on, and its plan counts."""
    proven = Event()

    def ask(order: int, control: Control, tell: Tell) -> Found:
        if order:
            proven.set()
            return Found(np.array([3]), 5)
        tell(4, 9)
        assert proven.wait(60)
        for _ in range(100_000):
            assert not control.over()
        tell(5, 9)
        return Found(np.array([0, 2]), 5)

    found = in_two_orders(ask, WORTH, AT_HAND, 9, Control(), quietly)
    assert (found.chosen.tolist(), found.bound) == ([0, 2], 5)


def test_an_order_that_ends_in_the_open_does_not_end_the_other():
    def ask(order: int, control: Control, tell: Tell) -> Found:
        if order:
            for _ in range(100_000):
                assert not control.over()
            return Found(np.array([3, 0]), 8)
        return Found(np.array([0, 2]), 9)

    found = in_two_orders(ask, WORTH, AT_HAND, 9, Control(), quietly)
    assert (found.chosen.tolist(), found.bound) == ([3, 0], 8)
