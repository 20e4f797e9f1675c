"""A whole round in a real Chromium, in five signed-in roles: from new accounts to a signed agreement and a replay."""

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import icalendar
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from platsverket.cli import main
from platsverket.clock import Clock
from platsverket.config import Config
from platsverket.database import now
from platsverket.models import CASE_OFFICER, COORDINATOR, PROJECT_LEAD
from tests.browser.conftest import Site, served
from tests.browser.person import Person
from tests.conftest import with_mail
from tests.mailserver import MailServer, plain

OFFICER, LEAD, SUBJECT_LEAD, COORDINATES = (f"{who}@pv.example" for who in ("kim", "bo", "lo", "siv"))
HOST, FIRST, SECOND = "Länsstyrelsen i Jämtlands län", "Region Väster", "Skolverket"
REASON = "Rum 3 har en vattenskada, och provet kan inte flyttas."


class House:
    """The site with its clock and its worker, which do what is due when the journey says so, and its people."""

    def __init__(self, chromium: Any, site: Site, mails: MailServer):
        self.chromium, self.site, self.mails = chromium, site, mails
        self.people: list[Person] = []
        service = site.app.extensions["platsverket"]
        self._clock = Clock(service.sessions, service.config)
        self._later = timedelta(0)

    def sign_in(self, email: str, **how: str) -> Person:
        self.site.make.session.rollback()
        self.people.append(Person(self.chromium, self.site, email, **how))
        return self.people[-1]

    def work(self) -> None:
        while self.site.worker.work_once():
            pass

    def minutes_pass(self, minutes: int = 2) -> None:
        self._later += timedelta(minutes=minutes)
        self._clock.tick(now() + self._later)

    def mail(self, email: str, subject: str) -> str:
        """The text of the one mail with this subject that somebody has been sent."""
        [found] = [plain(mail) for mail in self.mails.to(email) if mail["Subject"] == subject]
        return found

    def link_in(self, email: str, subject: str) -> str:
        """Where the one mail with this subject leads."""
        [link] = re.findall(r"https?://\S+", self.mail(email, subject).partition("\n-- ")[0])[:1]
        return str(link)


@pytest.fixture
def house(chromium: Any, web_config: Config, mail_server: MailServer) -> Iterator[House]:
    with served(with_mail(web_config, mail_server)) as site:
        yield House(chromium, site, mail_server)


def test_a_whole_round_in_five_roles(house: House, web_config: Config, tmp_path: Path) -> None:
    """What one side declines is offered on; the second proposal ends in a signed paper, a calendar and a replay."""
    make = house.site.make
    agencies = [make.agency(HOST), make.agency(FIRST, kind="region"), make.agency(SECOND)]
    officer = house.sign_in(make.user((agencies[0], CASE_OFFICER), email=OFFICER).email)
    lead = house.sign_in(make.user((agencies[1], PROJECT_LEAD), email=LEAD).email)
    coordinator = house.sign_in(make.user((make.agency(), COORDINATOR), email=COORDINATES, name="Siv Ek").email)
    administrator = house.sign_in(make.user(administrator=True).email)
    second = _given_an_account(house, administrator)
    first_day = make.used_day(7)

    _post_premises(officer, make.today)
    _post_request(lead, "Projektrum för översynen", first_day, seats="5")
    _post_request(second, "Rum för nationella prov", first_day, seats="4")
    round_url = _open_round(coordinator, make.today)
    house.minutes_pass()  # its day to freeze has begun
    assert "Lediga lokaler: 1. Lokalbehov: 2" in house.mail(COORDINATES, "Vårens omgång är fryst")

    coordinator.open(round_url)
    assert "5 av 9" in _run(house, coordinator, "Kör matchningen")
    _lock_the_other(house, coordinator)
    assert "4 av 9" in _run_again(house, coordinator, round_url)
    _compare(coordinator)
    _see_the_price(coordinator, round_url)
    _publish(coordinator, round_url)
    house.minutes_pass()
    assert "hos Region Väster som inte fick något förslag: 1" in house.mail(
        LEAD, "Vårens omgång är publicerad: lokalbehov utan förslag"
    )

    officer.open(house.link_in(OFFICER, "Ett förslag för Rum för nationella prov"))
    assert "Du har godtagit" in officer.follow("Godta")
    second.open(house.link_in(SUBJECT_LEAD, "Ett förslag för Rum för nationella prov"))
    _decline(second)
    house.minutes_pass()
    assert "Det är för långt bort" in house.mail(OFFICER, "Avböjt: Rum för nationella prov")
    assert "avböjda förslag: 1" in coordinator.open(round_url)
    house.work()
    house.minutes_pass()
    assert "Publicerad" in coordinator.open(f"{round_url}#refills")

    lead.open(house.link_in(LEAD, "Ett förslag för Projektrum för översynen"))
    assert "Du har godtagit" in lead.follow("Godta")
    officer.open(house.link_in(OFFICER, "Ett förslag för Projektrum för översynen"))
    assert "Båda parter har godtagit" in officer.follow("Godta")
    house.minutes_pass()
    number = _sign(house, officer, lead, make.today)
    _read_the_paper(lead, number, first_day)
    _read_the_calendar(lead, number, first_day)
    _replay(web_config, round_url, tmp_path)
    events = administrator.open("/events")
    assert "Lo Lind" in events and "Projektrum" not in events
    assert [said for person in house.people for said in person.said if "422" not in said] == []


def _given_an_account(house: House, administrator: Person) -> Person:
    """The administrator makes the account and hands over the password that is shown once."""
    administrator.open("/accounts/new")
    administrator.fill({"name": "Lo Lind", "email": SUBJECT_LEAD, "role-agency-1": SECOND})
    administrator.page.select_option("#f-role-1", PROJECT_LEAD)
    administrator.send()
    return house.sign_in(SUBJECT_LEAD, password=administrator.page.locator("#secret").inner_text())


def _post_premises(officer: Person, today: date) -> None:
    officer.open("/offers/new")
    officer.fill({"title": "Kontor vid stationen", "place": "Östersund", "address": "Storgatan 1", "seats": "6"})
    officer.fill({"spans-0-from": str(today), "spans-0-until": str(today + timedelta(days=300))})
    officer.fill({"cost_per_seat_day": "90", "contact_name": "Kim Berg"})
    officer.tick("weekdays", "mon", "tue", "wed", "thu", "fri")
    officer.tick("holding", "leased")
    officer.post()
    assert "Storgatan 1" in officer.shown()


def _post_request(person: Person, title: str, first_day: date, **values: str) -> None:
    person.open("/needs/new")
    person.fill({"title": title, "place": "Östersund", "max_km": "12,5", "days": "28", **values})
    person.fill({"earliest_start": str(first_day), "latest_start": str(first_day)})
    person.tick("weekdays", "tue", "wed")
    person.post()
    assert title in person.shown()


def _open_round(coordinator: Person, today: date) -> str:
    coordinator.open("/rounds/new")
    coordinator.fill({"name": "Vårens omgång", "freezes_on": str(today), "publishes_on": str(today)})
    coordinator.send()
    return str(coordinator.page.url)


def _run(house: House, coordinator: Person, button: str) -> str:
    coordinator.follow(button)
    house.work()
    coordinator.wait_for("Se utfallet")
    return coordinator.follow("Se utfallet")


def _lock_the_other(house: House, coordinator: Person) -> None:
    """The request without a place is tried in the premises, and locked there with a reason; without one it is not."""
    assert "Upptaget av andra (1)" in coordinator.follow("Utan förslag")
    assert "Projektrum för översynen" in coordinator.follow("Alternativ")  # who holds the seats
    coordinator.follow("Vad händer om?")
    house.work()
    assert "förlorar sin plats" in coordinator.wait_for("Lås där")
    coordinator.follow("Lås där")
    coordinator.send()
    assert coordinator.page.locator("head title").text_content().startswith("Fel:")
    coordinator.fill({"reason": REASON})
    coordinator.send()
    assert REASON in coordinator.shown()


def _run_again(house: House, coordinator: Person, round_url: str) -> str:
    coordinator.open(round_url)
    coordinator.page.locator("summary", has_text="Kör igen").click()
    return _run(house, coordinator, "Kör igen")


def _compare(coordinator: Person) -> None:
    """Side by side: who gains and who loses by the lock."""
    shown = coordinator.follow("Jämför de två körningarna")
    assert re.search(r"Projektrum för översynen.*ingen plats \(förlorar sin plats\)", shown)
    assert re.search(r"Rum för nationella prov.*\(får en plats\)", shown)


def _see_the_price(coordinator: Person, round_url: str) -> None:
    """The ledger tells the decision's reason, author and price: a seat more without it."""
    ledger = coordinator.open(f"{round_url}/decisions").replace("\u00ad", "")
    assert REASON in ledger and "Siv Ek" in ledger and "Så många arbetsplatser som möjligt +1" in ledger


def _publish(coordinator: Person, round_url: str) -> None:
    coordinator.open(round_url)
    assert "1 förslag går ut till båda parter" in coordinator.follow("Publicera körning 2")
    coordinator.send()
    assert "Omgången är publicerad" in coordinator.shown()


def _decline(person: Person) -> None:
    person.follow("Avböj")
    person.tick("reason", "too_far")
    person.send()
    assert "Du har avböjt" in person.shown()


def _sign(house: House, officer: Person, lead: Person, today: date) -> str:
    """The mail leads to the agreement; the landlord's consent comes first, then both sign; the agreement's number."""
    [number] = re.findall(r"\d{4}-\w+", officer.page.locator("h1").inner_text())
    assert "Ingen kan underteckna än" in lead.open(house.link_in(LEAD, f"Överenskommelse {number} är ingången"))
    officer.fill({"consent_from": "Fastighets AB Norden", "consent_on": str(today)})
    officer.follow("Spara")
    officer.follow("Värden har undertecknat")
    lead.page.reload()
    lead.follow("Gästen har undertecknat")
    assert "Inte undertecknad" not in lead.shown()
    return str(number)


def _read_the_paper(person: Person, number: str, first_day: date) -> None:
    """The draft, read back from the PDF, says what was agreed and who consented."""
    address = person.page.locator("main a[hreflang=sv]").get_attribute("href")
    paper = PdfReader(io.BytesIO(person.page.request.get(str(address)).body()))
    said = " ".join(" ".join(page.extract_text() for page in paper.pages).split())
    for one in (number, HOST, FIRST, "Storgatan 1", "Arbetsplatser 5", "90 kronor", "Fastighets AB Norden"):
        assert one in said, said
    assert f"{first_day.day} " in said and str(first_day.year) in said


def _read_the_calendar(person: Person, number: str, first_day: date) -> None:
    """A calendar program reads the stay at the secret address, without signing in."""
    person.open("/me/calendars")
    person.follow("Skapa en adress")
    with urlopen(person.page.locator("#secret").inner_text()) as answer:
        calendar = icalendar.Calendar.from_ical(answer.read())
    [stay] = [event for event in calendar.walk("VEVENT") if number in str(event.get("DESCRIPTION"))]
    assert stay["STATUS"] == "CONFIRMED" and not stay.errors
    assert first_day <= stay["DTSTART"].dt < first_day + timedelta(days=7)
    assert stay["RRULE"]["BYDAY"] == ["TU", "WE"]


def _replay(config: Config, round_url: str, folder: Path) -> None:
    """The published run and the refill are written as bundles, each solved once more to the same outcome."""
    ref, bundle = round_url.rpartition("/")[2], str(folder / "bundle.zip")
    for run in ([], ["--run", "3"]):
        _command(config, "export", ref, *run, "--out", bundle)
        assert "The same outcome: 1 placements" in _command(config, "replay", bundle)


def _command(config: Config, *arguments: str) -> str:
    answer = CliRunner().invoke(main, arguments, env={"PLATSVERKET_DATABASE_URL": config.database.url})
    assert answer.exit_code == 0, answer.output
    return answer.output
