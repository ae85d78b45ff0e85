"""Changing the password, knowing the old one."""

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts.models import EmailAddress, User, WebSession
from tests.accounts.browsing import (
    CHANGE,
    LOGIN,
    NEW,
    NOON,
    SESSION,
    SETTINGS,
    WRONG,
    browser_of,
    change_password,
    is_signed_in,
    reset_link,
    set_password,
    sign_in,
    tags,
    text_of,
    waiting_mails,
)
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user("ada")


@pytest.fixture
def client(user: User) -> Client:
    return browser_of(user)


def is_right(password: str) -> bool:
    return User.objects.get().check_password(password)


def test_a_visitor_is_sent_to_sign_in(user: User) -> None:
    response = change_password(Client())
    assert response.headers["Location"] == f"{LOGIN}?next={CHANGE}"
    assert is_right(PASSWORD)


@pytest.mark.parametrize("old", [WRONG, "", PASSWORD + " ", "a\x00b"])
def test_the_old_password_is_asked(client: Client, old: str) -> None:
    assert change_password(client, old).status_code == 200
    assert is_right(PASSWORD)
    assert not waiting_mails()


@pytest.mark.parametrize("new", ["short", "passwordpassword", "ada@example.com.ada"])
def test_a_weak_new_password_costs_no_guess_at_the_old(
    client: Client, new: str
) -> None:
    for _try in range(12):
        assert change_password(client, WRONG, new).status_code == 200
    assert change_password(client).status_code == 302


def test_guesses_count_with_those_of_the_sign_in_form(client: Client) -> None:
    for _try in range(5):
        assert "not your current password" in text_of(change_password(client, WRONG))
        sign_in(Client(REMOTE_ADDR="192.0.2.7"), "ada", WRONG)
    response = change_password(client)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 200
    assert is_right(PASSWORD)
    assert tags().count("account:session:refuse") == 10


def test_a_change_keeps_this_session_under_a_new_key_and_ends_the_others(
    user: User, client: Client
) -> None:
    other = browser_of(user)
    before = client.cookies[SESSION].value
    response = change_password(client)
    assert response.headers["Location"] == SETTINGS
    assert is_right(NEW)
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert client.cookies[SESSION].value != before
    thief = Client()
    thief.cookies[SESSION] = before
    assert not is_signed_in(thief)
    session = WebSession.objects.get()
    assert (session.user, session.method) == (user, "password")
    assert tags(user)[-2:] == ["account:password:change", "account:session:end-others"]


def test_every_verified_address_is_told(user: User, client: Client) -> None:
    EmailAddress.objects.create(user=user, address="work@example.com", verified_at=NOON)
    change_password(client)
    mails = waiting_mails()
    assert {mail.template for mail in mails} == {"accounts/email/password_changed"}
    assert {mail.to for mail in mails} == {"ada@example.com", "work@example.com"}


def test_a_reset_link_dies_with_the_old_password(client: Client) -> None:
    link = reset_link()
    change_password(client)
    set_password(Client(), link, "another seven copper lanterns")
    assert is_right(NEW)


@pytest.mark.parametrize("meanwhile", ["reset", "ended"])
def test_a_session_that_is_ended_meanwhile_changes_nothing_and_stays_ended(
    user: User, client: Client, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    from accounts.flows import passwords  # noqa: PLC0415

    def slowly(password: str) -> str:
        monkeypatch.undo()
        if meanwhile == "reset":
            set_password(Client(), link, "another seven copper lanterns")
        else:
            WebSession.objects.all().delete()
        return make_password(password)

    link = reset_link()
    monkeypatch.setattr(passwords, "make_password", slowly)
    change_password(client)
    assert not is_right(NEW)
    assert not is_signed_in(client)
    assert not WebSession.objects.exists()
