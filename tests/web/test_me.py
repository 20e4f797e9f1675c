"""One's own account in the browser: password, language, API tokens."""

from __future__ import annotations

import re
from html import unescape

import pytest

from platsverket import accounts
from platsverket.models import User
from tests.conftest import Web
from tests.factories import PASSWORD
from tests.web.desk import Desk

NEW = "ett helt nytt och langt losenord"


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


def test_the_page_shows_name_address_and_roles(desk: Desk) -> None:
    page = desk.officer.get("/me").text
    user = desk.users["officer"]
    assert (
        user.name in page
        and user.email in page.replace("<wbr>", "")
        and "Värdmyndigheten" in page
        and "Case officer" in page
    )


def test_a_new_password_ends_other_sessions_but_not_this_one(desk: Desk) -> None:
    elsewhere = desk.reading(desk.users["lead"])
    answer = desk.lead.post("/me/password", {"current": PASSWORD, "new": NEW})
    assert answer.status_code == 303 and desk.lead.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303
    email = desk.users["lead"].email
    assert elsewhere.post("/sign-in", {"email": email, "password": PASSWORD}).status_code == 422
    assert elsewhere.post("/sign-in", {"email": email, "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "field", "sentence"),
    [
        ("fel", NEW, "current", "This is not your current password."),
        (PASSWORD, "kort", "new", "The password must have from 12 to 200 characters."),
        ("", NEW, "current", "Current password: This must be filled in."),
        (PASSWORD, "", "new", "New password: This must be filled in."),
    ],
)
def test_a_faulty_password_change_changes_nothing(
    desk: Desk, current: str, new: str, field: str, sentence: str
) -> None:
    """The sentence stands at its field; no password is ever sent back."""
    answer = desk.lead.post("/me/password", {"current": current, "new": new})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text and sentence in answer.text
    assert NEW not in answer.text and PASSWORD not in answer.text
    who = {"email": desk.users["lead"].email, "password": PASSWORD}
    assert desk.lead.post("/sign-in", who).status_code == 303


def test_the_language_is_kept_with_the_account(desk: Desk) -> None:
    assert '<html lang="en"' in desk.lead.get("/me").text
    assert desk.lead.post("/me/language", {"language": "sv"}).status_code == 303
    assert '<html lang="sv"' in desk.lead.get("/me").text
    desk.lead.post("/me/language", {"language": "en"})
    desk.make.session.expire_all()
    assert desk.make.session.get_one(User, desk.users["lead"].id).language == "en"
    assert desk.lead.post("/me/language", {"language": "tlh"}).status_code == 422


def test_a_token_is_shown_once_works_and_can_be_revoked(desk: Desk) -> None:
    answer = desk.lead.post("/me/tokens", {"name": "Nattlig överföring", "days": "30"})
    secret = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert answer.status_code == 200 and secret
    found = accounts.bearer(desk.make.session, unescape(secret[1]))
    assert found and found.id == desk.users["lead"].id
    page = desk.lead.get("/me/tokens").text
    assert "Nattlig överföring" in page and secret[1] not in page
    [ref] = re.findall(r"/me/tokens/([a-z0-9]+)/revoke", page)
    desk.make.session.commit()
    assert desk.officer.post(f"/me/tokens/{ref}/revoke").status_code == 404
    assert accounts.bearer(desk.make.session, unescape(secret[1]))
    assert desk.lead.post(f"/me/tokens/{ref}/revoke").status_code == 303
    assert accounts.bearer(desk.make.session, unescape(secret[1])) is None
    assert "You have no tokens" in desk.lead.get("/me/tokens").text


def test_a_new_password_ends_all_tokens(desk: Desk) -> None:
    """Whoever learnt the old password may have made one."""
    answer = desk.lead.post("/me/tokens", {"name": "Nattlig överföring", "days": "30"})
    secret = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert secret
    with_token = {"Authorization": f"Bearer {unescape(secret[1])}"}
    client = desk.web.app.test_client()
    assert client.get("/api/v1/needs", headers=with_token).status_code == 200
    assert desk.lead.post("/me/password", {"current": PASSWORD, "new": NEW}).status_code == 303
    assert client.get("/api/v1/needs", headers=with_token).status_code == 401


def test_a_faulty_token_is_not_made(desk: Desk) -> None:
    answer = desk.lead.post("/me/tokens", {"name": "", "days": "x"})
    assert answer.status_code == 422
    assert 'href="#f-name"' in answer.text and 'href="#f-days"' in answer.text and 'value="x"' in answer.text
    assert "You have no tokens" in desk.lead.get("/me/tokens").text


def test_strangers_sign_in_first_and_forms_need_their_token(desk: Desk) -> None:
    for path in ("/me", "/me/password", "/me/tokens"):
        assert desk.web.get(path).location.startswith("/sign-in?next=")
    desk.make.session.commit()
    assert desk.lead.client.post("/me/password", data={"current": PASSWORD, "new": NEW}).status_code == 400


def test_each_person_says_when_they_want_their_mail(desk: Desk) -> None:
    assert 'value="at_once" checked' in desk.lead.get("/me").text
    assert desk.lead.post("/me/mail", {"mail": "daily"}).status_code == 303
    page = desk.lead.get("/me").text
    assert 'value="daily" checked' in page and desk.users["lead"].email in page
    assert desk.lead.post("/me/mail", {"mail": "never"}).status_code == 422
    assert 'value="daily" checked' in desk.lead.get("/me").text
