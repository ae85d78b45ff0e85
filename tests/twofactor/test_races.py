"""What may happen once happens once: threads on connections of their own."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.limits import Claim, take
from accounts.models import EmailAddress, Event, LimitCounter, User, WebSession
from accounts.refusals import TooManyAttempts
from tests.accounts.browsing import (
    NOON,
    PROVISION,
    REMOVE,
    RESET,
    STEP,
    VERIFY,
    browser_of,
    give_code,
    half_browser_of,
    is_signed_in,
    link_in,
    protected_user,
    reset_link,
    tags,
    waiting_mails,
)
from tests.factories import PASSWORD, code_at, make_user
from twofactor.models import TOTPDevice

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 20


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _roomy(settings: Settings) -> None:
    """Let every one of a crowd be judged."""
    settings.LIMITS = dict.fromkeys(settings.LIMITS, (1000, 600))
    settings.HASH_WAIT_SECONDS = 60


def at_once[T](acts: list[Callable[[], T]]) -> list[T]:
    """Do all of them at the same moment, each on a connection of its own."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        try:
            barrier.wait(30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_one_code_opens_one_session() -> None:
    user = protected_user("ada")
    browsers = [half_browser_of(user) for _browser in range(CROWD)]
    at_once([lambda b=browser: give_code(b, NOON) for browser in browsers])  # type: ignore[misc]
    assert sum(is_signed_in(browser) for browser in browsers) == 1
    assert WebSession.objects.count() == 1
    assert Counter(tags(user)) == {
        "account:session:open": 1,
        "account:two-factor:refuse": CROWD - 1,
    }


def test_one_half_sign_in_opens_one_session_whatever_the_codes() -> None:
    user = protected_user("ada")
    half = half_browser_of(user)
    browsers = []
    for _copy in range(3):
        copy = Client()
        copy.cookies.load(half.cookies)
        browsers.append(copy)
    at_once(
        [
            lambda b=browser, n=number: give_code(b, NOON + (n - 1) * STEP)  # type: ignore[misc]
            for number, browser in enumerate(browsers)
        ]
    )
    assert WebSession.objects.count() == 1
    assert tags(user).count("account:session:open") == 1


def test_one_reset_link_sets_one_password() -> None:
    user = make_user("ada")
    link = reset_link()
    news = [f"seven copper lanterns drifting {n}" for n in range(CROWD)]
    browsers = [Client() for _browser in range(CROWD)]
    for browser in browsers:
        browser.get(link)
    replies = at_once(
        [
            lambda b=browser, n=new: b.post(  # type: ignore[misc]
                RESET, {"new_password": n, "password_confirm": n}
            )
            for browser, new in zip(browsers, news, strict=True)
        ]
    )
    targets = [reply.headers["Location"] for reply in replies]
    assert Counter(targets) == {
        "/account/login/": 1,
        "/account/request-password-reset/": CROWD - 1,
    }
    user.refresh_from_db()
    assert user.check_password(news[targets.index("/account/login/")])
    assert tags(user).count("account:password:reset") == 1


def test_one_verification_link_verifies_once() -> None:
    user = make_user("ada", verified=False)
    first = browser_of(user)
    pk = user.addresses.get().pk
    first.post(f"/manage/account/addresses/{pk}/verify/")
    link = link_in(waiting_mails()[-1])
    browsers = [browser_of(user) for _browser in range(CROWD)]
    for browser in browsers:
        browser.get(link)
    replies = at_once([lambda b=browser: b.post(VERIFY) for browser in browsers])  # type: ignore[misc]
    assert Counter(reply.headers["Location"] for reply in replies) == {
        "/": 1,
        "/manage/account/#account-emails": CROWD - 1,
    }
    assert tags(user).count("account:address:verify") == 1


def test_one_mailbox_gets_one_owner() -> None:
    browsers = []
    for number in range(5):
        user = make_user(f"user{number}", verified=False, address="one@example.com")
        browser = browser_of(user)
        browser.post(f"/manage/account/addresses/{user.addresses.get().pk}/verify/")
        browser.get(link_in(waiting_mails()[-1]))
        browsers.append(browser)
    at_once([lambda b=browser: b.post(VERIFY) for browser in browsers])  # type: ignore[misc]
    assert EmailAddress.objects.exclude(verified_at=None).count() == 1
    assert Event.objects.filter(tag="account:address:verify").count() == 1


def test_a_limit_is_exact_under_fifty_threads(settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "sign-in-account": (10, 300)}
    claim = Claim("sign-in-account", "user:1")

    def guess() -> bool:
        try:
            take(Claim("sign-in-site", "site"), claim)
        except TooManyAttempts:
            return False
        return True

    assert sum(at_once([guess] * 50)) == 10
    hits = dict(LimitCounter.objects.values_list("key", "hits"))
    assert hits[claim.stored_key] == 10
    assert hits[Claim("sign-in-site", "site").stored_key] == 10


def test_hits_given_back_at_once_are_all_given_back() -> None:
    claim = Claim("sign-in-account", "user:1")
    at_once([lambda: take(claim).give_back()] * 50)
    assert LimitCounter.objects.get().hits == 0


def enrol(browser: Client, secret: str) -> object:
    return browser.post(PROVISION, {"totp_value": code_at(NOON.timestamp(), secret)})


def secret_of(browser: Client) -> str:
    browser.get(PROVISION)
    device: TOTPDevice = TOTPDevice.objects.get(confirmed=False)
    return device.secret


def test_two_enrolments_make_one_factor() -> None:
    user = make_user("ada")
    browser = browser_of(user)
    twin = Client()
    twin.cookies.load(browser.cookies)
    secret = secret_of(browser)
    at_once([lambda: enrol(browser, secret), lambda: enrol(twin, secret)])
    assert TOTPDevice.objects.filter(confirmed=True).count() == 1
    assert TOTPDevice.objects.count() == 1
    assert tags(user).count("account:two-factor:add") == 1
    assert WebSession.objects.filter(user=user).count() == 1


def test_one_page_opened_twice_shows_one_secret() -> None:
    browser = browser_of(make_user("ada"))
    pages = at_once([lambda: browser.get(PROVISION).status_code] * 5)
    assert set(pages) == {200}
    device = TOTPDevice.objects.get()
    assert device.secret.encode() in browser.get(PROVISION).content


def test_two_removals_remove_once() -> None:
    user = protected_user("ada")
    browsers = [half_browser_of(user) for _browser in range(2)]
    give_code(browsers[0], NOON - STEP)
    give_code(browsers[1], NOON)
    values = {"password": PASSWORD, "totp_value": code_at((NOON + STEP).timestamp())}
    at_once([lambda b=browser: b.post(REMOVE, values) for browser in browsers])  # type: ignore[misc]
    assert not TOTPDevice.objects.exists()
    assert tags(user).count("account:two-factor:remove") == 1
    assert WebSession.objects.count() == 1


def test_a_removal_beside_a_sign_in_never_leaves_a_session_of_one_factor() -> None:
    user = protected_user("ada")
    owner = half_browser_of(user)
    give_code(owner, NOON - STEP)
    half = half_browser_of(user)
    values = {"password": PASSWORD, "totp_value": code_at(NOON.timestamp())}
    at_once(
        [
            lambda: owner.post(REMOVE, values),
            lambda: give_code(half, NOON + STEP),
        ]
    )
    # Both orders are right; a session that lives has the account as it now stands.
    for session in WebSession.objects.all():
        assert session.user == user
    if not TOTPDevice.objects.exists():
        assert WebSession.objects.count() == 1
        assert not is_signed_in(half)


def test_a_name_is_registered_once() -> None:
    values = {
        "username": "ada",
        "new_password": PASSWORD,
        "password_confirm": PASSWORD,
    }
    at_once(
        [
            lambda n=number: Client().post(  # type: ignore[misc]
                "/account/register/", values | {"email": f"ada{n}@example.com"}
            )
            for number in range(8)
        ]
    )
    assert User.objects.count() == 1
    assert EmailAddress.objects.count() == 1
    assert len(waiting_mails()) == 1


def test_a_mail_is_sent_by_one_of_many_workers(settings: Settings) -> None:
    from django.core import mail  # noqa: PLC0415

    from accounts.delivery import deliver_due  # noqa: PLC0415

    settings.DEVELOPMENT = False
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    }
    make_user("ada")
    for _mail in range(5):
        reset_link()
    assert sum(at_once([deliver_due] * 8)) == 5
    assert len(mail.outbox) == 5
