"""Accounts in the browser: administrators alone make, change and close them; a password is seen once."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from platsverket import accounts
from platsverket.errors import Refused
from platsverket.models import User
from tests.conftest import Web
from tests.factories import PASSWORD
from tests.web.desk import Desk, Visitor


@pytest.fixture
def desk(web: Web) -> Desk:
    return Desk(web)


@pytest.fixture
def admin(desk: Desk) -> Visitor:
    return desk.reading(desk.make.user(administrator=True, email="admin@myndighet.example"))


def form(**values: Any) -> dict[str, Any]:
    return {
        "name": "Nya Nyström", "email": "nya@myndighet.example", "language": "sv",
        "role_agency": ["Värdmyndigheten", ""], "role": ["case_officer", "case_officer"], **values,
    }  # fmt: skip


def stored(desk: Desk, email: str) -> User | None:
    desk.make.session.expire_all()
    return desk.make.session.query(User).filter_by(email=email).one_or_none()


def test_a_closed_account_can_be_opened_again(desk: Desk, admin: Visitor) -> None:
    """It signs in with the password it had."""
    user = desk.make.officer(desk.make.agency())
    assert admin.post(f"/accounts/{user.ref}/close", {}).status_code == 303
    who = {"email": user.email, "password": PASSWORD}
    assert Visitor(desk.web.app, desk.make).post("/sign-in", who).status_code == 422
    assert "Open the account again" in admin.get(f"/accounts/{user.ref}").text
    assert admin.post(f"/accounts/{user.ref}/reopen", {}).status_code == 303
    assert Visitor(desk.web.app, desk.make).post("/sign-in", who).status_code == 303


def test_an_account_without_a_role_is_told_of(desk: Desk, admin: Visitor) -> None:
    """It can be made, but not without a word; with a role there is none."""
    nobody = {"role_agency": ["", ""]}
    made = unescape(admin.post("/accounts/new", form(**nobody)).text)
    assert "The account has no role yet" in made and "Give the account a role" in made
    user = stored(desk, "nya@myndighet.example")
    assert user
    admin.post(f"/accounts/{user.ref}", form(**nobody))
    assert "The account of Nya Nyström has no role" in unescape(admin.get("/accounts").text)
    admin.post(f"/accounts/{user.ref}", form())
    assert "has no role" not in admin.get("/accounts").text
    assert "no role" not in admin.post("/accounts/new", form(email="andra@myndighet.example")).text


def test_two_administrators_who_give_one_address_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is told so, although the address was free when it was looked for."""
    taken = desk.make.officer(desk.make.agency())
    admin = desk.make.user(administrator=True)
    values = {"email": taken.email, "name": "Nya", "language": "sv", "is_administrator": False, "roles": []}
    real = desk.make.session.__class__.scalar

    def blind(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
        return None if "app_user.email =" in str(statement) else real(self, statement, *args, **kwargs)

    monkeypatch.setattr(desk.make.session.__class__, "scalar", blind)
    with pytest.raises(Refused) as refused:
        accounts.create(desk.make.session, desk.make.identity(admin), values)
    assert [fault.code for fault in refused.value.fields["email"]] == ["email_taken"]


def test_a_new_account_can_sign_in_with_the_password_that_is_shown_once(desk: Desk, admin: Visitor) -> None:
    answer = admin.post("/accounts/new", form())
    assert answer.status_code == 200
    password = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert password
    fresh = Visitor(desk.web.app, desk.make)
    who = {"email": "nya@myndighet.example", "password": unescape(password[1])}
    assert fresh.post("/sign-in", who).status_code == 303
    assert fresh.get("/offers/new").status_code == 200
    found = stored(desk, "nya@myndighet.example")
    assert found and password[1] not in admin.get(f"/accounts/{found.ref}").text


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"email": "nya"}, "email", "Write an e-mail address"),
        ({"email": "ADMIN@myndighet.example"}, "email", "There is already an account with this e-mail address."),
        ({"name": " "}, "name", "Name: This must be filled in."),
        ({"language": "tlh"}, "language", "Choose one of the alternatives."),
        ({"role_agency": "Skojverket", "role": "case_officer"}, "roles", "no organisation with the name Skojverket"),
        ({"role_agency": "myndigheten", "role": "case_officer"}, "roles", "Several organisations match myndigheten."),
        ({"role_agency": "Värdmyndigheten", "role": "king"}, "roles", "Choose one of the alternatives."),
    ],
)
def test_each_fault_stands_at_its_field_and_nothing_is_stored(
    desk: Desk, admin: Visitor, values: dict[str, Any], field: str, sentence: str
) -> None:
    answer = admin.post("/accounts/new", form(**values))
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in page and f'id="f-{field}"' in page and sentence in page
    assert stored(desk, "nya@myndighet.example") is None


def test_roles_are_added_and_taken_away_row_by_row(desk: Desk, admin: Visitor) -> None:
    """A row made blank is a role taken away, at the person's very next click."""
    user = desk.users["officer"]
    page = admin.get(f"/accounts/{user.ref}").text
    assert 'value="Värdmyndigheten"' in page
    rows = {"role_agency": ["", "gästmynd"], "role": ["case_officer", "project_lead"]}
    assert desk.officer.get("/offers/new").status_code == 200
    answer = admin.post(f"/accounts/{user.ref}", form(name=user.name, email=user.email, **rows))
    assert answer.status_code == 303
    assert desk.officer.get("/offers/new").status_code == 403
    assert desk.officer.get("/needs/new").status_code == 200


def test_nobody_takes_the_last_hand_off_themselves(desk: Desk, admin: Visitor) -> None:
    """An administrator cannot stop being one, nor close their own account."""
    me = stored(desk, "admin@myndighet.example")
    assert me
    answer = admin.post(f"/accounts/{me.ref}", form(name=me.name, email=me.email))
    assert answer.status_code == 422 and "You cannot take the role of administrator from yourself." in answer.text
    assert admin.post(f"/accounts/{me.ref}/close").status_code == 409
    assert admin.get("/accounts").status_code == 200


def test_a_closed_account_is_out_at_once(desk: Desk, admin: Visitor) -> None:
    user = desk.users["lead"]
    assert "Close the account" in admin.get(f"/accounts/{user.ref}/close").text
    assert desk.lead.get("/me").status_code == 200
    assert admin.post(f"/accounts/{user.ref}/close").status_code == 303
    assert desk.lead.get("/me").status_code == 303
    assert desk.lead.post("/sign-in", {"email": user.email, "password": PASSWORD}).status_code == 422
    assert "Closed" in admin.get("/accounts").text


def test_a_new_password_replaces_the_old_one(desk: Desk, admin: Visitor) -> None:
    user = desk.users["lead"]
    assert desk.lead.get("/me").status_code == 200
    assert "stops working at once" in admin.get(f"/accounts/{user.ref}/new-password").text
    answer = admin.post(f"/accounts/{user.ref}/new-password")
    secret = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert secret and desk.lead.get("/me").status_code == 303
    assert desk.lead.post("/sign-in", {"email": user.email, "password": PASSWORD}).status_code == 422
    assert desk.lead.post("/sign-in", {"email": user.email, "password": unescape(secret[1])}).status_code == 303


def test_the_list_is_searched(desk: Desk, admin: Visitor) -> None:
    desk.make.user(name="Åsa Ångström", email="asa@myndighet.example")
    assert "1 account" in admin.get("/accounts?text=åNGST").text
    assert "No account found" in admin.get("/accounts?text=finns+inte").text


def test_accounts_are_for_administrators_alone(desk: Desk) -> None:
    ref = desk.users["lead"].ref
    for visitor in (desk.officer, desk.lead, desk.coordinator):
        for path in ("", "/new", f"/{ref}", f"/{ref}/close", f"/{ref}/new-password"):
            assert visitor.get(f"/accounts{path}").status_code == 403
            assert visitor.client.post(f"/accounts{path}").status_code in (400, 403, 405)
    assert desk.officer.post("/accounts/new", form()).status_code == 403
    assert desk.web.get("/accounts").status_code == 303


def test_what_does_not_exist_is_not_here(admin: Visitor) -> None:
    for path in ("/accounts/2345678923", "/accounts/2345678923/close", "/accounts/x"):
        assert admin.get(path).status_code == 404


def test_a_form_without_its_token_changes_nothing(desk: Desk, admin: Visitor) -> None:
    desk.make.session.commit()
    assert admin.client.post("/accounts/new", data=form()).status_code == 400
    assert stored(desk, "nya@myndighet.example") is None
