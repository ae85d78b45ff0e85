"""Turning two-factor on."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import EmailAddress, User, WebSession
from accounts.models.user import new_stamp
from tests.accounts.browsing import (
    LOGIN,
    NOON,
    OVERVIEW,
    PROVISION,
    SECOND_STEP,
    SETTINGS,
    STEP,
    browser_of,
    change_password,
    give_code,
    half_browser_of,
    is_signed_in,
    notices,
    tags,
    text_of,
    verified_browser_of,
    waiting_mails,
)
from tests.factories import code_at, make_user
from twofactor.models import TOTPDevice
from twofactor.views import manage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user() -> User:
    return make_user("ada")


@pytest.fixture
def client(user: User) -> Client:
    return browser_of(user)


def shown_secret(client: Client) -> str:
    page = text_of(client.get(PROVISION))
    found = re.search(r'data-copy-value="([A-Z2-7]{32})"', page)
    assert found
    return found[1]


def prove(client: Client, secret: str, steps: int = 0) -> str:
    at = (NOON + steps * STEP).timestamp()
    response = client.post(PROVISION, {"totp_value": code_at(at, secret)})
    return response.headers.get("Location", "") or text_of(response)


def is_on() -> bool:
    return TOTPDevice.objects.filter(confirmed=True).exists()


@pytest.mark.parametrize("page", [PROVISION, OVERVIEW])
def test_a_visitor_is_sent_to_sign_in(page: str) -> None:
    assert Client().get(page).headers["Location"] == f"{LOGIN}?next={page}"


@pytest.mark.parametrize("trouble", ["unverified", "none", "secondary"])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_without_a_verified_primary_address_it_is_refused(
    user: User, client: Client, method: str, trouble: str
) -> None:
    if trouble == "none":
        user.addresses.all().delete()
    else:
        user.addresses.update(verified_at=None)
    if trouble == "secondary":
        EmailAddress.objects.create(
            user=user, address="b@example.com", verified_at=NOON
        )
    response = getattr(client, method)(PROVISION)
    assert response.status_code == 403
    if method != "head":
        page = text_of(response)
        assert "Verify your primary e-mail address first" in page
        assert "secret" not in page.replace("Two-factor", "")
    assert not TOTPDevice.objects.exists()


def test_the_page_shows_one_secret_as_picture_and_text(client: Client) -> None:
    response = client.get(PROVISION)
    page = text_of(response)
    secret = shown_secret(client)
    assert "<svg" in page
    assert " ".join(re.findall("....", secret)) in page
    assert response.headers["Cache-Control"] == "no-store"
    assert "otpauth://" not in response.headers.get("Location", "")
    assert html.unescape(page).count(secret) >= 1


def test_the_secret_survives_reloads_for_ten_minutes(
    client: Client,
    clock: time_machine.Traveller,
) -> None:
    secret = shown_secret(client)
    clock.shift(timedelta(minutes=9, seconds=59))
    assert shown_secret(client) == secret
    clock.shift(timedelta(seconds=1))
    assert shown_secret(client) != secret
    assert TOTPDevice.objects.count() == 1


def test_an_expired_secret_turns_nothing_on(
    client: Client,
    clock: time_machine.Traveller,
) -> None:
    secret = shown_secret(client)
    clock.shift(timedelta(minutes=10))
    client.post(PROVISION, {"totp_value": code_at(clock_now(), secret)})
    assert not is_on()


def clock_now() -> float:
    from django.utils import timezone  # noqa: PLC0415

    return timezone.now().timestamp()


def test_another_browser_has_a_secret_of_its_own(user: User, client: Client) -> None:
    secret = shown_secret(client)
    other = browser_of(user)
    assert shown_secret(other) != secret
    prove(client, secret)
    assert not is_on()


def test_the_secret_is_sealed_for_its_owner(client: Client) -> None:
    secret = shown_secret(client)
    device = TOTPDevice.objects.get()
    assert secret.encode() not in bytes(device.sealed_secret)
    assert device.secret == secret


@pytest.mark.parametrize("field", ["secret", "totp_secret", "device", "key", "user"])
def test_a_secret_of_the_clients_own_is_not_taken(client: Client, field: str) -> None:
    shown_secret(client)
    mine = "MZXW6YTBOI7777777777777777777777"
    code = code_at(NOON.timestamp(), mine)
    client.post(PROVISION, {"totp_value": code, field: mine})
    assert not is_on()


@pytest.mark.parametrize(
    ("steps", "words"),
    [(-11, "not the code of this QR code"), (-10, "is slow"), (-2, "is slow"),
     (2, "is fast"), (10, "is fast"), (11, "not the code of this QR code")],
)  # fmt: skip
def test_a_clock_that_is_off_is_named(client: Client, steps: int, words: str) -> None:
    assert words in prove(client, shown_secret(client), steps)
    assert not is_on()


@pytest.mark.parametrize(
    "typed", ["", "12345", "１２３４５６", "abcdef", "1" * 21, "12345\x00"]
)
def test_what_is_no_code_is_refused_in_words(client: Client, typed: str) -> None:
    secret = shown_secret(client)
    response = client.post(PROVISION, {"totp_value": typed})
    assert response.status_code == 200
    assert "field-errors" in text_of(response)
    assert not is_on()
    assert shown_secret(client) == secret


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_turns_it_on(user: User, client: Client, steps: int) -> None:
    other = browser_of(user)
    half = WebSession.objects.count()
    secret = shown_secret(client)
    assert prove(client, secret, steps) == OVERVIEW
    assert half == 2
    assert is_signed_in(client)
    assert not is_signed_in(other)
    device = TOTPDevice.objects.get()
    assert device.confirmed
    assert device.last_step == int(NOON.timestamp()) // 30 + steps
    assert tags(user)[-2:] == ["account:session:end-others", "account:two-factor:add"]
    (mail,) = waiting_mails()
    assert (mail.to, mail.template) == ("ada@example.com", "twofactor/email/added")


def test_the_secret_is_never_shown_again(client: Client) -> None:
    secret = shown_secret(client)
    prove(client, secret)
    for page in (PROVISION, OVERVIEW, SETTINGS):
        response = client.get(page, follow=True)
        assert secret not in text_of(response)
        assert " ".join(re.findall("....", secret)) not in text_of(response)
    assert client.get(PROVISION).headers["Location"] == OVERVIEW


def test_the_code_that_turned_it_on_signs_nobody_in(user: User, client: Client) -> None:
    secret = shown_secret(client)
    prove(client, secret)
    half = half_browser_of(user)
    assert "used before" in text_of(give_code(half, NOON, secret))
    assert not is_signed_in(half)


def test_an_earlier_code_signs_nobody_in_either(user: User, client: Client) -> None:
    secret = shown_secret(client)
    prove(client, secret)
    half = half_browser_of(user)
    give_code(half, NOON - STEP, secret)
    assert not is_signed_in(half)


def test_the_next_code_signs_in(
    user: User,
    client: Client,
    clock: time_machine.Traveller,
) -> None:
    secret = shown_secret(client)
    prove(client, secret)
    clock.shift(STEP)
    half = half_browser_of(user)
    give_code(half, NOON + STEP, secret)
    assert is_signed_in(half)


def test_turning_it_on_twice_is_told(client: Client) -> None:
    secret = shown_secret(client)
    prove(client, secret)
    response = client.post(PROVISION, {"totp_value": code_at(NOON.timestamp(), secret)})
    assert notices(response) == ["Two-factor is on already."]
    assert TOTPDevice.objects.count() == 1


def test_a_half_sign_in_from_before_is_over(user: User) -> None:
    from tests.factories import SECRET, turn_on_totp  # noqa: PLC0415

    turn_on_totp(user)
    half = half_browser_of(user)
    TOTPDevice.objects.all().delete()
    client = browser_of(user)
    prove(client, shown_secret(client))
    assert half.get(SECOND_STEP).headers["Location"] == LOGIN
    give_code(half, NOON + STEP, SECRET)
    assert not is_signed_in(half)


def test_a_pending_secret_asks_nobody_for_a_code(user: User, client: Client) -> None:
    shown_secret(client)
    assert is_signed_in(browser_of(user))


def test_a_change_of_password_takes_the_pending_secret_along(client: Client) -> None:
    secret = shown_secret(client)
    change_password(client)
    assert shown_secret(client) != secret


@pytest.mark.parametrize("meanwhile", ["stamp", "session", "frozen"])
def test_a_session_that_is_ended_meanwhile_turns_nothing_on(
    client: Client, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    secret = shown_secret(client)
    activate = manage._activate

    def after_all(*arguments: object) -> object:
        if meanwhile == "session":
            WebSession.objects.all().delete()
        else:
            User.objects.update(
                security_stamp=new_stamp(), is_active=meanwhile != "frozen"
            )
        return activate(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(manage, "_activate", after_all)
    prove(client, secret)
    assert not is_on()
    assert not is_signed_in(client)
    assert not waiting_mails()


def test_whoever_turns_it_on_is_verified_in_this_session(client: Client) -> None:
    prove(client, shown_secret(client))
    User.objects.update(is_staff=True)
    assert client.get("/admin/").status_code == 200


def test_the_overview_says_what_is_on(
    user: User,
    client: Client,
    clock: time_machine.Traveller,
) -> None:
    assert "Two-factor is off." in text_of(client.get(OVERVIEW))
    secret = shown_secret(client)
    prove(client, secret)
    page = text_of(client.get(OVERVIEW))
    assert "Signing in on the web asks for your password and a code." in page
    assert "Not yet" in page
    clock.shift(STEP)
    TOTPDevice.objects.get()
    other = half_browser_of(user)
    give_code(other, NOON + STEP, secret)
    assert "Not yet" not in text_of(other.get(OVERVIEW))
    assert verified_browser_of.__doc__
