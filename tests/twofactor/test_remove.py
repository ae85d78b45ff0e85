"""Turning two-factor off."""

from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.test import Client

from accounts import credentials
from accounts.models import HalfSignIn, User, WebSession
from accounts.models.user import new_stamp
from tests.accounts.browsing import (
    LOGIN,
    NOON,
    OVERVIEW,
    REMOVE,
    SESSION,
    STEP,
    WRONG,
    Response,
    browser_of,
    half_browser_of,
    is_signed_in,
    notices,
    protected_user,
    sign_in,
    tags,
    text_of,
    verified_browser_of,
    waiting_mails,
)
from tests.factories import PASSWORD, code_at, make_user
from twofactor.models import TOTPDevice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user() -> User:
    return protected_user("ada")


@pytest.fixture
def client(user: User, clock: time_machine.Traveller) -> Client:
    browser = verified_browser_of(user, NOON)
    clock.shift(STEP)
    return browser


def remove(client: Client, password: str = PASSWORD, code: str = "") -> Response:
    code = code or code_at((NOON + STEP).timestamp())
    return client.post(REMOVE, {"password": password, "totp_value": code})


def is_on() -> bool:
    return TOTPDevice.objects.filter(confirmed=True).exists()


def test_a_visitor_is_sent_to_sign_in(user: User) -> None:
    assert remove(Client()).headers["Location"] == f"{LOGIN}?next={REMOVE}"
    assert is_on()


def test_looking_turns_nothing_off(client: Client) -> None:
    assert client.get(REMOVE).status_code == 200
    assert client.head(REMOVE).status_code == 200
    assert client.delete(REMOVE).status_code == 405
    assert is_on()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        (WRONG, ""),
        ("", ""),
        (PASSWORD, "000000"),
        (PASSWORD, code_at(NOON.timestamp())),
        (PASSWORD, code_at((NOON + 3 * STEP).timestamp())),
        (PASSWORD, "12345"),
        (PASSWORD + "\x00", ""),
    ],
)
def test_it_asks_the_password_and_a_current_code(
    client: Client, password: str, code: str
) -> None:
    response = remove(client, password, code)
    assert response.status_code == 200
    assert "field-errors" in text_of(response)
    assert is_on()
    assert is_signed_in(client)
    assert not waiting_mails()


def test_an_empty_form_turns_nothing_off(client: Client) -> None:
    client.post(REMOVE)
    client.post(REMOVE, {"password": PASSWORD})
    client.post(REMOVE, {"totp_value": code_at((NOON + STEP).timestamp())})
    assert is_on()


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_verified_address_it_is_refused(
    user: User, client: Client, method: str
) -> None:
    user.addresses.update(verified_at=None)
    response = remove(client) if method == "post" else client.get(REMOVE)
    assert response.status_code == 403
    assert "Verify your primary e-mail address first" in text_of(response)
    assert is_on()


def test_it_turns_off_ends_the_others_and_tells(user: User, client: Client) -> None:
    other = verified_browser_of(user, NOON + STEP)
    half_browser_of(user)
    before = client.cookies[SESSION].value
    code = code_at((NOON + 2 * STEP).timestamp())
    assert remove(client, code=code).headers["Location"] == OVERVIEW
    assert not is_on()
    assert is_signed_in(client)
    assert client.cookies[SESSION].value != before
    assert not is_signed_in(other)
    assert not HalfSignIn.objects.filter(used_at=None).exists()
    assert tags(user)[-2:] == [
        "account:session:end-others",
        "account:two-factor:remove",
    ]
    (mail,) = waiting_mails()
    assert mail.template == "twofactor/email/removed"
    assert is_signed_in(browser_of(user))


def test_an_administrator_without_factor_has_no_administration(
    user: User, client: Client
) -> None:
    User.objects.update(is_staff=True)
    assert client.get("/admin/").status_code == 200
    remove(client)
    assert client.get("/admin/").status_code == 302


def test_a_wrong_password_costs_no_code(client: Client) -> None:
    remove(client, WRONG)
    assert remove(client).headers["Location"] == OVERVIEW


def test_guesses_at_the_password_count_with_those_of_signing_in(client: Client) -> None:
    for _guess in range(5):
        remove(client, WRONG)
        sign_in(Client(REMOTE_ADDR="192.0.2.7"), "ada", WRONG)
    response = remove(client)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 200
    assert is_on()


def test_guesses_at_the_code_count_with_those_of_signing_in(client: Client) -> None:
    for _guess in range(5):
        remove(client, code="000000")
    response = remove(client)
    assert response.status_code == 429
    assert is_on()


def test_a_code_that_signed_in_turns_nothing_off(user: User, client: Client) -> None:
    verified_browser_of(user, NOON + STEP)
    response = remove(client)
    assert "used before" in text_of(response)
    assert is_on()
    assert tags(user)[-1] == "account:two-factor:refuse"


def test_what_is_off_is_told_to_be_off() -> None:
    client = browser_of(make_user("grace"))
    for response in (client.get(REMOVE), remove(client)):
        assert response.headers["Location"] == OVERVIEW
        assert notices(response) == ["Two-factor is off already."]


def test_nobody_turns_off_somebody_elses(client: Client) -> None:
    eve = browser_of(make_user("eve"))
    eve.post(
        REMOVE,
        {
            "password": PASSWORD,
            "totp_value": code_at((NOON + STEP).timestamp()),
            "user": str(User.objects.get(username="ada").pk),
            "device": str(TOTPDevice.objects.get().pk),
        },
    )
    assert is_on()


@pytest.mark.parametrize("meanwhile", ["stamp", "session"])
def test_a_session_that_is_ended_meanwhile_turns_nothing_off(
    client: Client, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    def slowly(password: str, encoded: str) -> bool:
        if meanwhile == "session":
            WebSession.objects.all().delete()
        else:
            User.objects.update(security_stamp=new_stamp())
        return check_password(password, encoded)

    monkeypatch.setattr(credentials, "matches", slowly)
    remove(client)
    assert is_on()
    assert not is_signed_in(client)
    assert not waiting_mails()
