"""Limits: asked first, exact, shared by every way in."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from pytest_django import Settings

from accounts import credentials, limits, passwords
from accounts.credentials import WrongCredentials, check_password
from accounts.limits import Claim, take
from accounts.models import Event, LimitCounter, User
from accounts.origin import Origin
from accounts.refusals import Busy, TooManyAttempts
from tests.accounts.browsing import (
    CHANGE,
    NEW,
    NOON,
    REFUSED,
    WRONG,
    browser_of,
    change_password,
    is_signed_in,
    sign_in,
    text_of,
)
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
HERE = Origin(address="192.0.2.1", network="", user_agent="", request_id="")
CLAIM = Claim("sign-in-account", "user:1")


def hits(claim: Claim = CLAIM) -> int:
    return LimitCounter.objects.get(key=claim.stored_key).hits


def test_a_limit_gives_exactly_as_many_as_it_says() -> None:
    for _hit in range(10):
        take(CLAIM)
    with pytest.raises(TooManyAttempts) as refusal:
        take(CLAIM)
    assert 299 <= (refusal.value.retry_after or 0) <= 300
    assert refusal.value.status == 429
    assert "Wait 5 minutes" in refusal.value.message


def test_a_period_starts_with_its_first_hit_and_ends_on_time() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _hit in range(10):
            take(CLAIM)
            clock.shift(timedelta(seconds=10))
        clock.move_to(NOON + timedelta(seconds=299))
        with pytest.raises(TooManyAttempts) as refusal:
            take(CLAIM)
        assert refusal.value.retry_after == 1
        clock.move_to(NOON + timedelta(seconds=300))
        take(CLAIM)
        assert hits() == 1


def test_all_claims_are_taken_or_none() -> None:
    full = Claim("sign-in-network", "192.0.2.1/32")
    for _hit in range(10):
        take(full)
    with pytest.raises(TooManyAttempts):
        take(CLAIM, full)
    assert hits() == 0
    assert hits(full) == 10


def test_hits_are_given_back_once() -> None:
    take(CLAIM)
    reservation = take(CLAIM)
    reservation.give_back()
    reservation.give_back()
    assert hits() == 1


def test_hits_of_a_period_that_is_over_are_not_given_back_to_the_next() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        reservation = take(CLAIM)
        clock.shift(timedelta(seconds=300))
        take(CLAIM)
        reservation.give_back()
        assert hits() == 1


def test_the_table_names_nobody() -> None:
    take(Claim("sign-in-account", "name:ada@example.com"))
    assert "ada" not in LimitCounter.objects.get().key


def test_every_claim_is_in_the_table(settings: Settings) -> None:
    for name in settings.LIMITS:
        take(Claim(name, "x"))
    assert LimitCounter.objects.count() == len(settings.LIMITS)


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_the_eleventh_guess_is_not_judged_even_when_right(name: str) -> None:
    make_user("ada")
    for number in range(10):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        assert REFUSED in text_of(sign_in(client, name, WRONG))
    client = Client(REMOTE_ADDR="198.51.100.1")
    response = sign_in(client, name)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 300
    assert "Too many attempts. Wait 5 minutes" in text_of(response)
    assert not is_signed_in(client)
    assert Event.objects.count() == 10


@pytest.mark.parametrize(
    "spelling", ["ADA", " ada ", "ada@example.com", "Ada@EXAMPLE.com"]
)
def test_another_spelling_is_the_same_account(spelling: str) -> None:
    make_user("ada")
    for number in range(10):
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), "ada", WRONG)
    assert sign_in(Client(REMOTE_ADDR="192.0.2.99"), spelling).status_code == 429


@pytest.mark.parametrize(
    ("one", "other"), [("Nobody", " nobody "), ("a@b.cd", "A@b.cd")]
)
def test_unknown_names_have_one_counter_whatever_their_case(
    one: str, other: str
) -> None:
    for number in range(10):
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), one, WRONG)
    assert sign_in(Client(REMOTE_ADDR="192.0.2.99"), other).status_code == 429


def test_web_upload_and_change_form_share_one_counter() -> None:
    user = make_user("ada")
    client = browser_of(user)
    for _guess in range(3):
        sign_in(Client(REMOTE_ADDR="192.0.2.9"), "ada", WRONG)
        change_password(client, WRONG)
        with pytest.raises(WrongCredentials):
            check_password("ada@example.com", WRONG, origin=HERE, via="upload")
    sign_in(Client(REMOTE_ADDR="192.0.2.9"), "ada", WRONG)
    assert change_password(client).status_code == 429
    with pytest.raises(TooManyAttempts):
        check_password("ada", PASSWORD, origin=HERE, via="upload")
    assert User.objects.get().check_password(PASSWORD)


def test_one_network_guesses_ten_times_whatever_the_names() -> None:
    make_user("ada")
    for number in range(10):
        sign_in(Client(), f"user{number}", WRONG)
    assert sign_in(Client()).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.1")).status_code == 302


def test_one_household_of_ipv6_is_one_network() -> None:
    make_user("ada")
    for number in range(10):
        sign_in(Client(REMOTE_ADDR=f"2001:db8:0:1:{number}::1"), f"u{number}", WRONG)
    assert sign_in(Client(REMOTE_ADDR="2001:db8:0:1:ffff::2")).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="2001:db8:0:2::1")).status_code == 302


def test_an_ipv4_address_in_ipv6_is_the_same_network() -> None:
    make_user("ada")
    for number in range(10):
        sign_in(Client(REMOTE_ADDR="192.0.2.1"), f"u{number}", WRONG)
    assert sign_in(Client(REMOTE_ADDR="::ffff:192.0.2.1")).status_code == 429


def test_headers_of_a_stranger_name_no_network() -> None:
    for number in range(10):
        client = Client(headers={"x-forwarded-for": f"198.51.100.{number}"})
        sign_in(client, f"u{number}", WRONG)
    client = Client(headers={"x-forwarded-for": "198.51.100.99"})
    assert sign_in(client, "more", WRONG).status_code == 429


def test_the_whole_site_has_a_limit(settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "sign-in-site": (3, 300)}
    for number in range(3):
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), f"u{number}", WRONG)
    assert sign_in(Client(REMOTE_ADDR="192.0.2.9"), "u9", WRONG).status_code == 429


def test_signing_in_costs_nothing_and_forgives_nothing() -> None:
    user = make_user("ada")
    for _guess in range(9):
        sign_in(Client(), "ada", WRONG)
    for _time in range(3):
        assert sign_in(Client()).status_code == 302
    sign_in(Client(), "ada", WRONG)
    assert sign_in(Client()).status_code == 429
    assert hits(Claim("sign-in-account", f"user:{user.pk}")) == 10


def test_a_busy_machine_is_told_apart_and_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_user("ada")
    monkeypatch.setattr(passwords, "_gate", _Full())
    for name in ("ada", "nobody"):
        response = sign_in(Client(), name)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert "Try again in a few seconds" in text_of(response)
    with pytest.raises(Busy):
        check_password("ada", PASSWORD, origin=HERE, via="upload")
    assert not LimitCounter.objects.filter(hits__gt=0).exists()


def test_a_busy_machine_keeps_the_page_of_a_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = browser_of(make_user("ada"))
    monkeypatch.setattr(passwords, "_gate", _Full())
    response = client.post(
        CHANGE, {"password": PASSWORD, "new_password": NEW, "password_confirm": NEW}
    )
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


class _Full:
    def enter(self, timeout: float) -> bool:
        return False

    def leave(self) -> None:
        raise AssertionError


def test_the_retry_time_is_never_nothing(settings: LazySettings) -> None:
    assert limits._seconds_left(CLAIM) == 1
    assert credentials._NAME_MOST == 254
