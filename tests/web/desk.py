"""A host with premises, a guest with a request, and a coordinator, each signed in and reading English."""

from __future__ import annotations

import re
from functools import cached_property
from html import unescape
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import sessionmaker

from platsverket import rounds
from platsverket.jobs import Worker
from platsverket.models import MatchRound, Proposal, Run, User
from tests.conftest import Web
from tests.factories import PASSWORD


class Visitor(Web):
    """A browser beside which the test's own session never keeps a read lock that a writer would wait for."""

    def get(self, path: str, **kwargs: Any) -> Any:
        self.make.session.commit()
        return super().get(path, **kwargs)

    def post(self, path: str, form: dict[str, Any] | None = None) -> Any:
        self.make.session.commit()
        return super().post(path, form)


class Desk:
    def __init__(self, web: Web):
        self.web, self.make = web, web.make
        self.host, self.guest = web.make.agency("Värdmyndigheten"), web.make.agency("Gästmyndigheten")
        self.users = {
            "officer": web.make.officer(self.host),
            "lead": web.make.lead(self.guest),
            "coordinator": web.make.coordinator(),
        }

    @cached_property
    def officer(self) -> Visitor:
        return self.reading(self.users["officer"])

    @cached_property
    def lead(self) -> Visitor:
        return self.reading(self.users["lead"])

    @cached_property
    def coordinator(self) -> Visitor:
        return self.reading(self.users["coordinator"])

    def reading(self, user: User) -> Visitor:
        visitor = Visitor(self.web.app, self.make)
        assert visitor.post("/sign-in", {"email": user.email, "password": PASSWORD}).status_code == 303
        with visitor.client.session_transaction() as session:
            session["lang"] = "en"
        return visitor

    def offer(self, **values: Any) -> Any:
        return self.make.offer(self.host, self.users["officer"], **values)

    def need(self, **values: Any) -> Any:
        return self.make.need(self.guest, self.users["lead"], **values)

    def matched(self, **values: Any) -> tuple[MatchRound, Run]:
        match_round = self.make.matched(self.users["coordinator"], **values)
        return match_round, match_round.runs[-1]

    def published(self, **values: Any) -> list[Proposal]:
        return self.make.published(self.users["coordinator"], **values)

    def asked_run(self, match_round: MatchRound) -> Run:
        """A run that waits for a worker."""
        by = self.make.identity(self.users["coordinator"])
        return rounds.request_run(
            self.make.session, by, self.make.config, match_round.ref, {"effort": "quick", "seed": None}
        )

    def work(self) -> None:
        """Work off the run that waits."""
        self.make.session.rollback()
        assert Worker(sessionmaker(self.make.session.get_bind(), expire_on_commit=False), self.make.config).work_once()

    def queries(self, path: str, reader: Web | None = None) -> int:
        """How many queries a page asks of the database; the coordinator's where nobody else is named."""
        asked: list[int] = []
        engine, reader = self.web.app.extensions["platsverket"].engine, reader or self.coordinator

        def listener(*_: Any) -> None:
            asked.append(1)

        event.listen(engine, "before_cursor_execute", listener)
        answer = reader.get(path)
        event.remove(engine, "before_cursor_execute", listener)
        assert answer.status_code == 200, answer.text
        return len(asked)

    def fresh(self) -> None:
        """Read anew what the application has written."""
        self.make.session.rollback()
        self.make.session.expire_all()


def text(answer: Any) -> str:
    """What a page says, without its markup."""
    main = answer.text.split("<main", 1)[-1].split("</main>")[0]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))
