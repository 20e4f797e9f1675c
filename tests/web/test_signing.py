"""From an agreement to the day a guest moves in: its draft on paper, what the law asks, signing, the checklist."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from platsverket.models import Agreement, Event
from tests.conftest import Web
from tests.web.desk import Desk, text

HOSTILE = '#import "x" <script>alert(1)</script> $x^2$ *fet* [länk](javascript:1)'


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def agreed(desk: Desk, offer: dict[str, Any] | None = None, **need: Any) -> Agreement:
    desk.offer(**(offer or {})), desk.need(contact_name="Lo Gäst", **need)
    proposal = desk.published()[0]
    for visitor in (desk.officer, desk.lead):
        visitor.post(f"/proposals/{proposal.ref}/answer", {"answer": "accepted"})
    return desk.make.session.scalars(select(Agreement)).unique().one()


def pdf(visitor: Any, agreement: Agreement, language: str) -> tuple[PdfReader, str]:
    answer = visitor.get(f"/agreements/{agreement.ref}/draft.pdf?in={language}")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.data))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_the_draft_is_an_accessible_pdf_in_both_languages(desk: Desk) -> None:
    """Tagged, with title and language, marked PDF/UA; it says what the page says, in the language asked for."""
    agreement = agreed(desk, {"cost_per_seat_day": 85, "holding": "owned"})
    for language, said in (
        ("sv", ("Utkast till överenskommelse", "tis, ons", "Platsdagar 32", "85 kronor", "2 720 kronor",
                "Underskrift", "Samordnar arbetsmiljön Kim Berg", "står utanför jordabalken")),
        ("en", ("Draft agreement", "Tue, Wed", "Seat-days 32", "85 kronor", "2,720 kronor", "Signature",
                "Coordinates the work environment Kim Berg", "outside the land code")),
    ):  # fmt: skip
        reader, content = pdf(desk.lead, agreement, language)
        root: Any = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"].value and "/StructTreeRoot" in root
        assert root["/Lang"] == language and root["/ViewerPreferences"]["/DisplayDocTitle"].value
        assert reader.metadata and agreement.number in (reader.metadata.title or "")
        assert b"pdfuaid:part" in root["/Metadata"].get_data()
        both = (agreement.number, "Värdmyndigheten", "Gästmyndigheten", "Kontor i Östersund", "Storgatan 1", "Kim Berg",
                "Lo Gäst", "202100-2742")  # fmt: skip
        for one in (*both, *said):
            assert one in content, (one, content)
        assert "HN 5" not in content  # four weeks give no tenure


def test_what_people_wrote_is_only_text_in_the_draft(desk: Desk) -> None:
    """Code of the typesetter or of browsers, typed into names, stands in the paper as it was typed."""
    agreement = agreed(desk, {"title": HOSTILE, "contact_name": "#panic()"}, title="= Rubrik #sys.inputs")
    _, content = pdf(desk.officer, agreement, "sv")
    for typed in ("alert(1)", "#panic()", "= Rubrik #sys.inputs", "*fet*"):
        assert typed in content, content


def test_a_sublet_is_signed_only_with_the_landlords_consent(desk: Desk) -> None:
    """Before it is recorded nobody signs; then each side once; the draft names the landlord and the day."""
    agreement = agreed(desk, {"holding": "leased"})
    here = f"/agreements/{agreement.ref}"
    page = text(desk.lead.get(here))
    assert "12 kap. 39 och 41 §§ jordabalken" in page and "Nobody can sign yet" in page
    answer = desk.lead.post(f"{here}/sign", {"side": "lead"})
    assert answer.status_code == 409 and "the law asks for is missing" in text(answer)
    today = desk.make.today.isoformat()
    consent = {"consent_from": "Fastighets AB Norr", "consent_on": "", "environment_coordinator": "Sam Ordnare"}
    assert desk.officer.post(f"{here}/prepare", consent).status_code == 422
    late = (desk.make.today + timedelta(days=1)).isoformat()
    assert desk.officer.post(f"{here}/prepare", {**consent, "consent_on": late}).status_code == 422
    assert desk.lead.post(f"{here}/prepare", {**consent, "consent_on": today}).status_code == 403
    assert desk.officer.post(f"{here}/prepare", {**consent, "consent_on": today}).location == f"{here}#law"
    for _ in range(2):
        assert desk.lead.post(f"{here}/sign", {"side": "lead"}).status_code == 303
    assert desk.officer.post(f"{here}/sign").status_code == 303
    page = text(desk.lead.get(here))
    assert page.count("Signed by") == 2 and "Fastighets AB Norr" in page
    assert desk.officer.post(f"{here}/prepare", {**consent, "consent_on": today}).status_code == 409
    _, content = pdf(desk.officer, agreement, "sv")
    assert "Hyresvärden, Fastighets AB Norr, samtyckte den" in content and "Sam Ordnare" in content
    signed = (
        desk.make.session.scalars(select(Event).where(Event.kind == "agreement.signed").order_by(Event.id))
        .unique()
        .all()
    )
    assert [event.data["side"] for event in signed] == ["lead", "poster"]


def test_a_long_stay_names_the_form_of_the_rent_tribunal(desk: Desk) -> None:
    """More than nine months in a row: the page and the draft warn of tenure and name HN 5."""
    spans = [(desk.make.today, desk.make.today + timedelta(days=700))]
    agreement = agreed(desk, {"spans": spans}, days=300)
    assert "HN 5" in text(desk.lead.get(f"/agreements/{agreement.ref}"))
    assert "HN 5" in pdf(desk.lead, agreement, "en")[1]


def test_the_draft_of_restricted_premises_tells_a_coordinator_only_the_municipality(desk: Desk) -> None:
    """What the page does not show stands in no paper either; to the parties all of it does."""
    agreement = agreed(desk, {"visibility": "restricted", "title": "Dolda huset"})
    hidden = ("Dolda huset", "Storgatan 1", "Kim Berg", "Värdmyndigheten")
    _, content = pdf(desk.coordinator, agreement, "sv")
    assert [one for one in hidden if one in content] == [] and "Östersund" in content
    assert all(one in pdf(desk.lead, agreement, "sv")[1] for one in hidden)


def test_the_steps_to_move_in_are_planned_and_ticked_off_by_either_side(desk: Desk) -> None:
    """Four steps from the start; a day and a tick are kept; nonsense and strangers change nothing."""
    agreement = agreed(desk)
    here = f"/agreements/{agreement.ref}"
    page = text(desk.lead.get(here))
    for step in ("Badges for entry", "Network and power", "A person to meet", "Keys handed over"):
        assert step in page, step
    day = (desk.make.today + timedelta(days=3)).isoformat()
    assert desk.officer.post(f"{here}/steps", {"step": "key", "day": day}).location == f"{here}#steps"
    assert desk.lead.post(f"{here}/steps", {"step": "badge", "day": "", "done": "true"}).status_code == 303
    page = text(desk.officer.get(here))
    assert page.count("Done on") == 1 and page.count("Not planned") == 3
    assert desk.lead.post(f"{here}/steps", {"step": "badge", "day": "2027-02-30"}).status_code == 422
    assert desk.lead.post(f"{here}/steps", {"step": "piano"}).status_code == 422
    desk.lead.post(f"{here}/steps", {"step": "badge", "day": ""})
    assert "Done on" not in text(desk.officer.get(here))
    assert desk.coordinator.post(f"{here}/steps", {"step": "key"}).status_code == 403
    desk.officer.post(f"{here}/end", {"last_day": desk.make.today.isoformat(), "reason": "moved"})
    assert desk.lead.post(f"{here}/steps", {"step": "key"}).status_code == 409


@pytest.mark.parametrize(("ended", "answered"), [(0, 303), (1, 409)])
def test_a_stay_that_is_over_is_neither_signed_nor_prepared(desk: Desk, ended: int, answered: int) -> None:
    """On its last day both can still be done; from the day after the agreement is over, as its page says."""
    agreement = agreed(desk, {"holding": "owned"})
    agreement.proposal.start = agreement.last_day = desk.make.today - timedelta(days=ended)
    desk.make.session.commit()
    here = f"/agreements/{agreement.ref}"
    consent = {"consent_from": "", "consent_on": "", "environment_coordinator": "Sam Ordnare"}
    assert desk.officer.post(f"{here}/prepare", consent).status_code == answered
    assert desk.lead.post(f"{here}/sign", {"side": "lead"}).status_code == answered
    assert desk.lead.post(f"{here}/steps", {"step": "key"}).status_code == answered


def test_the_two_sides_write_to_each_other(desk: Desk) -> None:
    """Both read it with who wrote it and when; it says that it is a public record; what is typed is only text."""
    desk.offer(visibility="restricted"), desk.need()
    proposal = desk.published()[0]
    here = f"/proposals/{proposal.ref}"
    assert "It is a public record" in text(desk.lead.get(here))
    assert desk.lead.post(f"{here}/messages", {"text": "  "}).status_code == 422
    assert desk.lead.post(f"{here}/messages", {"text": "x" * 2001}).status_code == 422
    assert desk.lead.post(f"{here}/messages", {"text": "Finns det\n<b>hiss</b>?"}).location == f"{here}#messages"
    assert desk.officer.post(f"{here}/messages", {"text": "Ja."}).status_code == 303
    page = desk.officer.get(here)
    assert "&lt;b&gt;hiss" in page.text and f"{desk.users['lead'].name}, the guest" in text(page)
    page = text(desk.lead.get(here))
    assert "The host, on" in page and desk.users["officer"].name not in page
    assert "<b>hiss</b>?" in text(desk.coordinator.get(here))
    assert desk.coordinator.post(f"{here}/messages", {"text": "Hej"}).status_code == 403
    outsider = desk.reading(desk.make.officer(desk.make.agency()))
    assert outsider.post(f"{here}/messages", {"text": "Hej"}).status_code == 404
    assert "A message was written by the guest." in text(desk.coordinator.get("/events"))
