"""Makes what a test needs through the same services that pages and API call."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from platsverket import accounts, needs, offers, proposals, refills, rounds
from platsverket.access import Identity
from platsverket.config import Config
from platsverket.database import now, this_day, writing
from platsverket.jobs import Worker
from platsverket.models import (
    CASE_OFFICER,
    COORDINATOR,
    PROJECT_LEAD,
    WEEKDAYS,
    Agency,
    MatchRound,
    Need,
    Offer,
    Proposal,
    User,
)

PASSWORD = "ett langt losenord 123"
accounts.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # a good hash is meant to be slow
WORKWEEK = ["mon", "tue", "wed", "thu", "fri"]
USED = ["tue", "wed"]


class Factory:
    def __init__(self, session: Session, config: Config):
        self.session, self.config = session, config
        self._count = 0
        self.today = this_day()

    def next(self) -> int:
        self._count += 1
        return self._count

    def agency(self, name: str = "", kind: str = "state", **values: Any) -> Agency:
        number = self.next()
        name = name or f"Myndighet {number}"

        @writing
        def add(session: Session) -> Agency:
            agency = Agency(key=f"test:{number}:{name}", kind=kind, name=name, org_nr="202100-2742", **values)
            session.add(agency)
            return agency

        return add(self.session)

    def user(self, *roles: tuple[Agency, str], administrator: bool = False, email: str = "", name: str = "") -> User:
        """A person with roles; the password is PASSWORD."""
        number = self.next()

        @writing
        def add(session: Session) -> User:
            values = {
                "email": email or f"person{number}@myndighet.example",
                "name": name or f"Person {number}",
                "language": "sv",
                "is_administrator": administrator,
                "roles": [f"{agency.ref}:{role}" for agency, role in roles],
            }
            return accounts.add(session, Identity(), values, PASSWORD)[0]

        return add(self.session)

    def officer(self, agency: Agency) -> User:
        return self.user((agency, CASE_OFFICER))

    def lead(self, agency: Agency) -> User:
        return self.user((agency, PROJECT_LEAD))

    def coordinator(self, agency: Agency | None = None) -> User:
        return self.user((agency or self.agency(), COORDINATOR))

    def identity(self, user: User) -> Identity:
        return accounts.identity(user)

    def offer_values(self, agency: Agency, **values: Any) -> dict[str, Any]:
        """Values as OfferSchema loads them: 10 seats in Östersund, free all workdays for a year from today."""
        return {
            "agency": agency.ref, "title": "Kontor i Östersund", "description": "", "place": "63.1792, 14.6357",
            "address": "Storgatan 1", "visibility": "open", "seats": 10, "area_m2": None,
            "spans": [(self.today, self.today + timedelta(days=365))], "weekdays": WORKWEEK,
            "features": {"step_free": "yes"}, "sharing": "shared", "minimum_days": 1,
            "cost_per_seat_day": None, "holding": "owned", "only_agencies": [],
            "not_agencies": [], "coordinators": [], "contact_name": "Kim Berg",
            "contact_email": "kim.berg@myndighet.example", "contact_phone": "", **values,
        }  # fmt: skip

    def offer(self, agency: Agency, by: User | None = None, **values: Any) -> Offer:
        by = by or self.officer(agency)
        return offers.post(self.session, self.identity(by), self.config, self.offer_values(agency, **values))

    def used_day(self, ahead: int = 1) -> date:
        """The first day, at least so many days ahead, on which what ``need_values`` ask for is used."""
        days = (self.today + timedelta(days=ahead + more) for more in range(7))
        return next(day for day in days if WEEKDAYS[day.weekday()] in USED)

    def need_values(self, agency: Agency, **values: Any) -> dict[str, Any]:
        """Values as NeedSchema loads them: 4 seats in Östersund, 28 days from tomorrow or up to three weeks later."""
        return {
            "agency": agency.ref, "title": "Projektrum", "description": "", "place": "63.1767, 14.6361",
            "max_km": 20.0, "seats": 4, "area_m2": None, "earliest_start": self.today + timedelta(days=1),
            "latest_start": self.today + timedelta(days=22), "days": 28, "weekdays": [*USED], "must": [],
            "wish": [], "contact_name": "", "contact_email": "", "contact_phone": "", **values,
        }  # fmt: skip

    def need(self, agency: Agency, by: User | None = None, **values: Any) -> Need:
        by = by or self.lead(agency)
        return needs.post(self.session, self.identity(by), self.config, self.need_values(agency, **values))

    def search_values(self, agency: Agency, **values: Any) -> dict[str, Any]:
        """Values as SavedSearchSchema loads them: what ``need_values`` ask for."""
        need = self.need_values(agency)
        kept = (
            "agency",
            "place",
            "max_km",
            "seats",
            "area_m2",
            "earliest_start",
            "latest_start",
            "days",
            "weekdays",
            "must",
        )
        return {"name": "Nära stationen", **{name: need[name] for name in kept}, **values}

    def round(self, by: User, **values: Any) -> MatchRound:
        dates = {
            "name": "Omgång 1", "opens_on": self.today, "freezes_on": self.today,
            "publishes_on": self.today + timedelta(days=1), "answer_by": self.today + timedelta(days=14),
        }  # fmt: skip
        return rounds.open_round(self.session, self.identity(by), self.config, {**dates, **values})

    def matched(self, by: User, **values: Any) -> MatchRound:
        """A round opened, frozen and run once."""
        match_round = self.round(by, **values)
        rounds.freeze(self.session, self.identity(by), self.config, match_round.ref)
        self.run(by, match_round)
        return match_round

    def run(self, by: User, match_round: MatchRound) -> None:
        asked = {"effort": "quick", "seed": None}
        rounds.request_run(self.session, self.identity(by), self.config, match_round.ref, asked)
        from sqlalchemy.orm import sessionmaker

        assert Worker(sessionmaker(self.session.get_bind(), expire_on_commit=False), self.config).work_once()
        self.session.rollback()
        self.session.expire_all()

    def filled_up(self, later: timedelta = timedelta(minutes=2)) -> None:
        """The clock, a worker and the clock again, after what came free has been quiet for a while."""
        from sqlalchemy.orm import sessionmaker

        self.session.rollback()
        refills.call_out(self.session, self.config, now() + later)
        self.session.rollback()
        Worker(sessionmaker(self.session.get_bind(), expire_on_commit=False), self.config).work_once()
        refills.call_out(self.session, self.config, now() + later)
        self.session.rollback()
        self.session.expire_all()

    def published(self, by: User, **values: Any) -> list[Proposal]:
        """The proposals of a round that is opened, frozen, run and published."""
        match_round = self.matched(by, **values)
        run = match_round.runs[-1]
        assert run.status == "done", run.failure
        rounds.publish(self.session, self.identity(by), self.config, match_round.ref, run.ref)
        return proposals.search(self.session, self.identity(by), limit=100, round_ref=match_round.ref)[0]
