"""A round is frozen, run, decided on, run again and published; what no longer holds is set aside with its reason."""

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from platsverket import decisions, events, needs, offers, outcomes, proposals, rounds, runs, steps
from platsverket.database import now
from platsverket.errors import Refused
from platsverket.jobs import Worker
from platsverket.models import Agreement, Event, OfferSpan, Run, User
from tests.factories import Factory

ASKED = {"effort": "quick", "seed": None}
ACCEPT = {"answer": "accepted", "reason": None, "side": None}


def _publish(make: Factory, by: User, match_round: object) -> list[tuple[str, str]]:
    """Publish the latest run; what was set aside as (need, code)."""
    published = rounds.publish(
        make.session,
        make.identity(by),
        make.config,
        match_round.ref,
        match_round.runs[-1].ref,
    )
    return [(one["need"], one["code"]) for one in published.set_aside]


def test_what_the_engine_cannot_read_is_named_and_freezes_nothing(make: Factory) -> None:
    """A value that slipped past the forms is told by the name of what is posted, not by an error of ours."""
    offer, coordinator = make.offer(make.agency(), title="Rummet i havet"), make.coordinator()
    match_round = make.round(coordinator)
    (span,) = offer.spans
    make.session.add(OfferSpan(offer_id=offer.id, first_day=span.first_day + timedelta(days=1), last_day=span.last_day))
    make.session.commit()
    make.session.expire_all()
    with pytest.raises(Refused) as caught:
        rounds.freeze(make.session, make.identity(coordinator), make.config, match_round.ref)
    assert (caught.value.code, caught.value.numbers) == ("market_impossible", {"things": ["Rummet i havet"]})
    make.session.expire_all()
    assert match_round.frozen_at is None


def test_only_coordinators_steer(make: Factory) -> None:
    """Everybody else is refused every step of a round."""
    match_round = make.round(make.coordinator())
    for user in (make.officer(make.agency()), make.lead(make.agency()), make.user(administrator=True)):
        with pytest.raises(Refused, match="forbidden"):
            rounds.freeze(make.session, make.identity(user), make.config, match_round.ref)


def test_a_frozen_market_does_not_see_what_comes_later(make: Factory) -> None:
    """What is posted after the freeze waits for the next round; the frozen market keeps its fingerprint."""
    by = make.coordinator()
    make.offer(make.agency())
    make.need(make.agency())
    match_round = make.matched(by)
    before = match_round.market_sha256
    make.offer(make.agency())
    make.run(by, match_round)
    market, plan = runs.exported(make.session, make.identity(by), match_round.ref, match_round.runs[-1].ref)
    assert (len(market["offers"]), len(market["needs"]), len(plan["placements"])) == (1, 1, 1)
    assert match_round.market_sha256 == before
    with pytest.raises(Refused, match="round_not_gathering"):
        rounds.freeze(make.session, make.identity(by), make.config, match_round.ref)


def test_the_exported_files_pass_the_checker_with_the_same_values(make: Factory, tmp_path: Path) -> None:
    """`python -m matching check` agrees with the stored outcome, goal by goal."""
    by = make.coordinator()
    make.offer(make.agency(), seats=6)
    for _ in range(3):
        make.need(make.agency())
    match_round = make.matched(by)
    market, plan = runs.exported(make.session, make.identity(by), match_round.ref, match_round.runs[-1].ref)
    for name, content in (("market.json", market), ("plan.json", plan)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    command = [sys.executable, "-m", "matching", "check", str(tmp_path / "market.json"), str(tmp_path / "plan.json")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert match_round.runs[-1].summary["goals"] == plan["goals"]
    assert match_round.runs[-1].summary["placed"] == len(plan["placements"]) == 1


def test_a_bar_and_a_lock_steer_the_next_run(make: Factory) -> None:
    """A bar empties the place, a lock fills it with the one that is locked; both keep reason and author."""
    by = make.coordinator()
    steerer = make.identity(by)
    guest = make.agency()
    offer = make.offer(make.agency(), seats=4)
    first, second = make.need(guest, seats=4, title="Ett"), make.need(make.agency(), seats=4, title="Två")
    match_round = make.matched(by)
    _, plan = runs.exported(make.session, steerer, match_round.ref, match_round.runs[-1].ref)
    (placed,) = plan["placements"]
    other = second if placed["need"] == first.ref else first
    lock = {
        "kind": "lock", "need": other.ref, "agency": None, "offer": offer.ref,
        "start": other.earliest_start + timedelta(days=1), "reason": "Behöver ligga nära",
    }  # fmt: skip
    decisions.decide(make.session, steerer, make.config, match_round.ref, lock)
    make.run(by, match_round)
    _, plan = runs.exported(make.session, steerer, match_round.ref, match_round.runs[-1].ref)
    assert [p["need"] for p in plan["placements"]] == [other.ref]
    bar = {"kind": "bar", "need": None, "agency": guest.ref, "offer": offer.ref, "start": None, "reason": "Säkerhet"}
    if other is first:
        with pytest.raises(Refused, match="decision_impossible"):
            decisions.decide(make.session, steerer, make.config, match_round.ref, bar)
    else:
        decisions.decide(make.session, steerer, make.config, match_round.ref, bar)
    assert match_round.decisions[0].reason == "Behöver ligga nära"
    assert match_round.decisions[0].made_by.id == by.id


def test_contradicting_decisions_are_refused_and_leave_nothing(make: Factory) -> None:
    """Two locks that do not fit together are refused with what contradicts, and only the first stands."""
    by = make.coordinator()
    offer = make.offer(make.agency(), seats=4)
    both = [make.need(make.agency(), seats=4) for _ in range(2)]
    match_round = make.matched(by)

    def lock(need: object) -> None:
        values = {
            "kind": "lock", "need": need.ref, "agency": None, "offer": offer.ref,
            "start": make.today + timedelta(days=3), "reason": "Skäl",
        }  # fmt: skip
        decisions.decide(make.session, make.identity(by), make.config, match_round.ref, values)

    lock(both[0])
    with pytest.raises(Refused, match="decision_impossible"):
        lock(both[1])
    make.session.expire_all()
    assert len([d for d in match_round.decisions if d.removed_at is None]) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("need_withdrawn", "need_withdrawn"),
        ("offer_withdrawn", "offer_withdrawn"),
        ("offer_expired", "offer_expired"),
        ("too_small", "size"),
        ("other_weekdays", "weekdays"),
        ("other_dates", "dates"),
        ("not_admitted", "admission"),
    ],
)
def test_publication_sets_aside_what_no_longer_holds(make: Factory, change: str, code: str) -> None:
    """Between the run and its publication the world may change: each such placement is set aside with its code."""
    by = make.coordinator()
    host, guest = make.agency(), make.agency()
    officer, lead = make.officer(host), make.lead(guest)
    offer, need = make.offer(host, by=officer), make.need(guest, by=lead)
    match_round = make.matched(by)
    as_officer = make.identity(officer)

    def rewrite(**values: object) -> None:
        offers.change(make.session, as_officer, make.config, offer.ref, make.offer_values(host, **values))

    if change == "need_withdrawn":
        needs.withdraw(make.session, make.identity(lead), need.ref)
    elif change == "offer_withdrawn":
        offers.withdraw(make.session, as_officer, offer.ref)
    elif change == "offer_expired":
        offer.valid_until = make.today - timedelta(days=1)
        make.session.commit()
    elif change == "too_small":
        rewrite(seats=3)
    elif change == "other_weekdays":
        rewrite(weekdays=["mon"])
    elif change == "other_dates":
        rewrite(spans=[(make.today + timedelta(days=200), make.today + timedelta(days=300))])
    else:
        rewrite(not_agencies=[guest.ref])
    assert _publish(make, by, match_round) == [(need.ref, code)]
    assert proposals.search(make.session, make.identity(by), round_ref=match_round.ref)[1] == 0


def test_a_second_round_sees_only_what_is_left(make: Factory) -> None:
    """What is held or agreed enters the next round locked, so its seats are not given out twice."""
    by = make.coordinator()
    host, guest = make.agency(), make.agency()
    officer, lead = make.officer(host), make.lead(guest)
    make.offer(host, by=officer, seats=6)
    make.need(guest, by=lead, seats=4, max_km=20.0)
    (first,) = make.published(by)
    make.need(make.agency(), seats=4)
    make.need(make.agency(), seats=2)
    second = make.matched(by, name="Omgång 2")
    market, plan = runs.exported(make.session, make.identity(by), second.ref, second.runs[-1].ref)
    assert [lock["need"] for lock in market["decisions"]["locked"]] == [first.need.ref]
    assert first.need.ref in {p["need"] for p in plan["placements"]}
    assert _publish(make, by, second) == []
    for proposal in proposals.search(make.session, make.identity(by), limit=50)[0]:
        for user in (officer, make.lead(proposal.need.agency)):
            proposals.answer(make.session, make.identity(user), proposal.ref, dict(ACCEPT))
    seats = [a.proposal.seats for a in make.session.scalars(select(Agreement)).unique()]
    assert sum(seats) >= 6


def test_days_that_are_over_never_stop_a_round(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Premises may hold less than they once did: a round freezes although they were fuller on days gone by."""
    by, owner = make.coordinator(), make.agency()
    monday = make.today + timedelta(days=7 - make.today.weekday())
    poster = make.officer(owner)
    offer = make.offer(owner, poster, seats=10, weekdays=["mon"])
    terms = {"earliest_start": monday, "latest_start": monday, "weekdays": ["mon"]}
    needs_ = [make.need(make.agency(), seats=6, days=28, **terms), make.need(make.agency(), seats=4, days=9, **terms)]
    make.published(by)
    for proposal in proposals.search(make.session, make.identity(by), limit=9)[0]:
        for who in (poster, make.session.get_one(User, proposal.need.posted_by_id)):
            proposals.answer(make.session, make.identity(who), proposal.ref, ACCEPT)
    later = monday + timedelta(days=8)
    for module in (offers, rounds, needs, proposals):
        monkeypatch.setattr(module, "this_day", lambda: later)
    values = make.offer_values(owner, seats=6, weekdays=["mon"])
    offers.change(make.session, make.identity(poster), make.config, offer.ref, values)
    dates = {"freezes_on": later, "publishes_on": later, "answer_by": later + timedelta(days=14)}
    match_round = make.round(by, **dates)
    frozen = rounds.freeze(make.session, make.identity(by), make.config, match_round.ref)
    market = json.loads(frozen.market or "{}")
    assert {lock["start"] for lock in market["decisions"]["locked"]} == {later.isoformat()}
    assert {n["days"] for n in market["needs"]} == {20, 1} and len(needs_) == 2


def test_a_decision_made_twice_is_one_decision(make: Factory) -> None:
    """Sent twice, it is recorded once, and one removal undoes it."""
    by = make.coordinator()
    offer, need = make.offer(make.agency()), make.need(make.agency())
    match_round = make.matched(by)
    bar = {"kind": "bar", "need": need.ref, "agency": None, "offer": offer.ref, "start": None, "reason": "Fel hiss"}
    first = decisions.decide(make.session, make.identity(by), make.config, match_round.ref, bar)
    again = decisions.decide(make.session, make.identity(by), make.config, match_round.ref, bar)
    assert first.ref == again.ref
    decisions.undo(make.session, make.identity(by), match_round.ref, first.ref)
    standing = runs.steered(make.session, make.identity(by), match_round.ref).decisions
    assert [d.removed_at is None for d in standing] == [False]


def test_publishing_twice_is_refused(make: Factory) -> None:
    """One publication wins; the second is told, and nothing is doubled."""
    by = make.coordinator()
    make.offer(make.agency())
    make.need(make.agency())
    match_round = make.matched(by)
    assert _publish(make, by, match_round) == []
    with pytest.raises(Refused, match="round_published"):
        _publish(make, by, match_round)
    assert proposals.search(make.session, make.identity(by))[1] == 1


def test_a_worker_that_wakes_late_stores_nothing(make: Factory) -> None:
    """A run taken over from a silent worker is the new worker's alone; the old one's plan does not count."""
    by = make.coordinator()
    make.offer(make.agency())
    make.need(make.agency())
    match_round = make.round(by)
    rounds.freeze(make.session, make.identity(by), make.config, match_round.ref)
    run = rounds.request_run(make.session, make.identity(by), make.config, match_round.ref, dict(ASKED))
    late = runs.claim(make.session, make.config)
    assert late is not None
    assert runs.claim(make.session, make.config) is None  # held
    run.lease_until = now() - timedelta(seconds=1)
    make.session.commit()
    new = runs.claim(make.session, make.config)
    assert new is not None
    assert new.token != late.token
    assert runs.renew(make.session, make.config, late, {}) == "lost"
    plan = {"format": "platsverket-plan/1", "market_sha256": run.market_sha256, "status": "feasible", "placements": []}
    plan |= {"unplaced": [], "goals": [], "effort": "quick", "seed": 0, "versions": {}, "seconds": 0.1}
    assert runs.store_plan(make.session, late, plan) is False
    make.session.expire_all()
    assert make.session.get_one(Run, run.id).plan is None


def test_a_plan_with_faults_is_not_kept(make: Factory) -> None:
    """A plan that the checker finds fault with fails its run, with an event, and can never be published."""
    by, offer = make.coordinator(), make.offer(make.agency(), seats=2)
    need = make.need(make.agency(), seats=3)
    match_round = make.matched(by)
    plan = runs.plan_of(make.session, match_round.runs[0])
    start, until = need.earliest_start, need.earliest_start + timedelta(days=need.days - 1)
    forced = {"need": need.ref, "offer": offer.ref, "start": start.isoformat(), "until": until.isoformat()}
    run = rounds.request_run(make.session, make.identity(by), make.config, match_round.ref, dict(ASKED))
    held = runs.claim(make.session, make.config)
    assert held is not None
    found = {**plan, "placements": [{**forced, "km": 0.0, "fit": 0}], "unplaced": []}
    assert runs.store_plan(make.session, held, found) is True
    make.session.expire_all()
    assert (run.status, run.failure, run.plan) == ("failed", "plan_has_faults", None)
    last = make.session.scalars(select(Event).where(Event.noun == "round").order_by(Event.id.desc())).first()
    assert last and (last.kind, last.data["run"]) == ("round.run_failed", run.ref)


def test_a_run_that_always_breaks_is_parked(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its tries a run is marked as failed with its event, and the round can be run again."""
    import matching

    by = make.coordinator()
    make.offer(make.agency())
    match_round = make.round(by)
    rounds.freeze(make.session, make.identity(by), make.config, match_round.ref)
    rounds.request_run(make.session, make.identity(by), make.config, match_round.ref, dict(ASKED))

    def broken(*args: object, **kwargs: object) -> None:
        raise MemoryError("too large")

    with monkeypatch.context() as patched:
        patched.setattr(matching, "solve", broken)
        worker = Worker(sessionmaker(make.session.get_bind(), expire_on_commit=False), make.config)
        for _ in range(make.config.jobs.tries + 1):
            worker.work_once()
    make.session.rollback()
    make.session.expire_all()
    assert match_round.runs[0].failure == "tried_too_often"
    kinds = [e.kind for e in make.session.scalars(select(Event).where(Event.noun == "round"))]
    assert kinds.count("round.run_failed") == 1
    make.run(by, match_round)
    assert match_round.runs[-1].status == "done"


@pytest.mark.parametrize("name", ["need", "offer"])
def test_what_is_being_withdrawn_is_waited_for_at_publication(make: Factory, name: str) -> None:
    """A withdrawal under way when the round is published comes first: no proposal is made of what is gone."""
    by = make.coordinator()
    things = {"offer": make.offer(make.agency()), "need": make.need(make.agency())}
    match_round = make.matched(by)
    refs, steerer, its_id = (match_round.ref, match_round.runs[-1].ref), make.identity(by), things[name].id
    make.session.rollback()
    open_session = sessionmaker(make.session.get_bind(), expire_on_commit=False)
    aside: list[str] = []

    def publish() -> None:
        with open_session() as session:
            aside.extend(one["code"] for one in rounds.publish(session, steerer, make.config, *refs).set_aside)

    with open_session() as other:
        other.connection(execution_options={"writes": True})
        other.get_one(type(things[name]), its_id).withdrawn_at = now()
        other.flush()
        publishing = threading.Thread(target=publish)
        publishing.start()
        publishing.join(0.5)  # long enough for a publication that does not wait to have been made
        other.commit()
    publishing.join()
    assert aside == [f"{name}_withdrawn"]


def test_after_publication_its_answers_are_awaited_and_its_lack_is_explained(make: Factory) -> None:
    """The coordinator counts what awaits answers; a request without a place reads why, and one that has it nothing."""
    host, guest, coordinator = make.agency(), make.agency(), make.coordinator()
    make.offer(host), make.need(guest)
    lead = make.lead(guest)
    large = make.need(guest, lead, seats=12)
    [proposal] = make.published(coordinator)
    [(match_round, open_ones)] = steps.next_steps(make.session, make.identity(coordinator)).awaited
    assert (match_round.ref, open_ones) == (proposal.match_round.ref, 1)
    assert steps.next_steps(make.session, make.identity(lead)).awaited == []
    told = outcomes.answer(make.session, make.identity(lead), large)
    assert told and told.reasons == [{"code": "size", "offers": None}]
    assert outcomes.answer(make.session, make.identity(lead), proposal.need) is None
    named = events.names(make.session, events.search(make.session, make.identity(coordinator))[0])
    assert named[match_round.ref] == match_round.name and named[proposal.ref] == proposal.need.title


def test_a_request_that_has_waited_past_its_first_day_is_placed_from_today_on(make: Factory) -> None:
    """Nobody is proposed a stay that has begun before the round is matched."""
    offer, need = make.offer(make.agency()), make.need(make.agency())
    offer.spans[0].first_day = make.today - timedelta(days=60)
    need.earliest_start = make.today - timedelta(days=20)
    make.session.commit()
    [proposal] = make.published(make.coordinator())
    assert proposal.start == make.used_day(0)


def test_a_stay_that_is_over_can_no_longer_be_answered(make: Factory) -> None:
    """The time to answer ends with the stay where that comes before the round's last day to answer."""
    make.offer(make.agency()), make.need(make.agency(), days=7)
    [proposal] = make.published(make.coordinator())
    assert proposal.last_day_to_answer == proposal.until < proposal.match_round.answer_by
