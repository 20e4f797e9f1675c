"""The map of a proposal: both points and towns with their names."""

from __future__ import annotations

import pytest

from platsverket import maps

STOCKHOLM, SUNDBYBERG, OSTERSUND = (59.3293, 18.0686), (59.3610, 17.9710), (63.1767, 14.6361)


@pytest.mark.parametrize(("asked", "premises"), [(STOCKHOLM, SUNDBYBERG), (OSTERSUND, OSTERSUND), (STOCKHOLM, None)])
def test_names_of_towns_cover_neither_each_other_nor_the_points(asked: maps.Point, premises: maps.Point | None) -> None:
    """Around Stockholm towns lie close: of two that would cover each other only the larger is named."""
    drawn = maps.around(asked, premises, "0183")
    boxes = [town.box(maps.NAME_SIZE) for town in drawn.towns]
    boxes += [(x - maps.POINT, y - maps.POINT, x + maps.POINT, y + maps.POINT) for x, y in _apart(drawn)]
    assert len(drawn.towns) >= 2
    for i, one in enumerate(boxes):
        assert one[0] >= 0 and one[2] <= maps.WIDTH
        for other in boxes[:i]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


def _apart(drawn: maps.Map) -> set[tuple[float, float]]:
    """The points drawn, one in the place of two that lie on each other."""
    return {drawn.asked, drawn.premises or drawn.asked}
