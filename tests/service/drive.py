"""A test drive: people at eight signed-in browsers answer the proposals of a round on their pages, all at once."""

from __future__ import annotations

import multiprocessing as mp
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from platsverket import ledger
from platsverket.app import create_app
from platsverket.database import now, writing
from platsverket.models import MatchRound, Need, Offer, Proposal, Run, new_ref
from tests.conftest import settings
from tests.factories import PASSWORD
from tests.service.race import copied

SESSIONS = 8
PATIENCE = 20  # times that a person tries again when told that many are working
FIRST = date(2027, 3, 1)
REASONS = {"poster": "not_suitable", "lead": "too_far"}
Answers = dict[tuple[str, str], str]


def prepare(session: Session, match_round: MatchRound, run: Run, count: int) -> list[Proposal]:
    """So many open proposals that hold their seats: twenty on each of some premises, on different weeks."""

    @writing
    def store(session: Session) -> list[Proposal]:
        template, asked = session.get_one(Offer, 1), session.get_one(Need, 1)
        offers = [copied(template, Offer, seats=40) for _ in range(-(-count // 20))]
        needs = [copied(asked, Need, seats=3, title=f"Behov {i}") for i in range(count)]
        session.add_all([*offers, *needs])
        session.flush()
        made = []
        for i, need in enumerate(needs):
            start = FIRST + timedelta(days=7 * (i % 10))
            made.append(
                Proposal(
                    ref=new_ref(), round_id=match_round.id, run_id=run.id, need=need, offer=offers[i // 20],
                    offer_id=offers[i // 20].id, start=start, until=start + timedelta(days=11), weekdays=("tue", "thu"),
                    seats=3, km=1.0, fit=500, published_at=now(), answer_by=now() + timedelta(days=1),
                )
            )  # fmt: skip
        assert ledger.hold_all(session, made) == []
        session.add_all(made)
        return made

    return store(session)


def plan(refs: Sequence[str], seed: int = 1) -> Answers:
    """What each side will answer: three of four say yes."""
    rng = random.Random(seed)
    return {(ref, side): rng.choices(("accepted", "declined"), (3, 1))[0] for ref in sorted(refs) for side in REASONS}


def run(url: str, people: dict[str, list[str]], answers: Answers) -> list[str]:
    """Let everybody answer, each side's proposals shared out among its people; returns what went wrong.

    ``people`` holds the e-mail addresses of each side, eight in all. Every tenth answer is sent twice.
    """
    tasks: list[list[tuple[str, str, str]]] = []
    for side, emails in people.items():
        own = [(ref, side, answer) for (ref, of), answer in answers.items() if of == side]
        random.Random(side).shuffle(own)
        tasks += [own[i :: len(emails)] for i in range(len(emails))]
    emails = [email for side in people for email in people[side]]
    assert len(emails) == SESSIONS
    context = mp.get_context("spawn")
    barrier, results = context.Barrier(SESSIONS), context.Queue()
    runners = [
        context.Process(target=_person, args=(url, email, part, barrier, results))
        for email, part in zip(emails, tasks, strict=True)
    ]
    for runner in runners:
        runner.start()
    wrong = [problem for _ in runners for problem in results.get(timeout=600)]
    for runner in runners:
        runner.join()
    return wrong


def _person(url: str, email: str, tasks: list[tuple[str, str, str]], barrier: Any, out: Any) -> None:
    app = create_app(settings(url))
    app.config.update(WTF_CSRF_ENABLED=False)
    client, wrong = app.test_client(), []
    signed_in = _patiently(client, "/sign-in", {"email": email, "password": PASSWORD})
    if signed_in != 303:
        wrong.append(f"{email} could not sign in: {signed_in}")
    barrier.wait()
    for i, (ref, side, answer) in enumerate(tasks):
        form = {"answer": answer, "side": side, **({"reason": REASONS[side]} if answer == "declined" else {})}
        for _ in range(2 if i % 10 == 0 else 1):
            status = _patiently(client, f"/proposals/{ref}/answer", form)
            if status not in (303, 409):  # 409: the other side has said no meanwhile
                wrong.append(f"{side} {answer} {ref}: {status}")
    app.extensions["platsverket"].engine.dispose()
    out.put(wrong)


def _patiently(client: Any, path: str, form: dict[str, str]) -> int:
    for _ in range(PATIENCE):
        status: int = client.post(path, data=form).status_code
        if status != 503:
            return status
    return 503
