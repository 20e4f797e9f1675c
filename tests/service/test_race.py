"""Never overbooked: 2,000 accepts by eight processes for the same seats, and a control that must overbook."""

import os

import pytest
from sqlalchemy import text

from tests.factories import Factory
from tests.service import race

ACCEPTS = int(os.environ.get("PLATSVERKET_RACE_ACCEPTS", "2000"))


CONTROL_ACCEPTS = min(ACCEPTS, 600)  # enough to overbook, every time


@pytest.mark.parametrize(
    ("protected", "accepts"), [(True, ACCEPTS), (False, CONTROL_ACCEPTS)], ids=["protected", "control"]
)
def test_concurrent_accepts_never_overbook(make: Factory, protected: bool, accepts: int) -> None:
    """With the protection 0 seat-days are over and nobody is refused who fits; without it seats are sold twice."""
    host, guest = make.agency(), make.agency()
    make.offer(host)
    make.need(guest)
    match_round = make.matched(make.coordinator())
    run = match_round.runs[-1]
    race.prepare(make.session, match_round, run, accepts // 2)
    host_id, guest_id = host.id, guest.id
    make.session.rollback()  # an open reading transaction would make SQLite's writers wait
    count = race.run(make.config.database.url, host_id, guest_id, accepts=accepts, protected=protected)
    assert count.errors == ()
    assert count.agreements > 20
    if protected:
        assert (count.days_over, count.wrongly_refused) == (0, 0)
        assert count.accepted >= accepts // 2 + count.agreements
        over = "SELECT count(*) FROM seat_day WHERE agreed + held > capacity"
        assert make.session.execute(text(over)).scalar() == 0
    else:
        assert count.days_over > 0
