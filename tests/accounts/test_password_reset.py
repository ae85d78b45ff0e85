"""Reset links: who gets one, what it does, what it does not."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import credentials
from accounts.models import EmailAddress, HalfSignIn, LimitCounter, MailedLink, User
from accounts.refusals import Busy
from tests.accounts.browsing import (
    FORGOT,
    LOGIN,
    NEW,
    NOON,
    RESET,
    SECOND_STEP,
    browser_of,
    half_browser_of,
    is_signed_in,
    link_in,
    notices,
    protected_user,
    request_reset,
    reset_link,
    set_password,
    sign_in,
    tags,
    text_of,
    waiting_mails,
)
from tests.factories import PASSWORD, make_user
from twofactor.models import TOTPDevice

pytestmark = pytest.mark.django_db
DEAD = ["This link has been used or is too old. Ask for a new one."]
COOKIE = "gatehouse-link-reset"


def is_right(password: str, name: str = "ada") -> bool:
    return User.objects.get(username=name).check_password(password)


def test_a_link_sets_the_password_and_signs_nobody_in() -> None:
    user = make_user("ada")
    client = Client()
    response = client.get(reset_link())
    assert (response.status_code, response.headers["Location"]) == (302, RESET)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    page = client.get(RESET)
    assert "<strong>ada</strong>" in text_of(page)
    # "no-referrer" here would make browsers send the form with "Origin: null".
    assert page.headers["Referrer-Policy"] == "same-origin"
    response = client.post(RESET, {"new_password": NEW, "password_confirm": NEW})
    assert response.headers["Location"] == LOGIN
    assert client.cookies[COOKIE].value == ""
    assert not is_signed_in(client)
    assert is_right(NEW)
    assert tags(user) == ["account:password:request-reset", "account:password:reset"]
    assert waiting_mails()[-1].template == "accounts/email/password_changed"


@pytest.mark.parametrize(
    "name",
    ["ada", "ADA", "ada@example.com", " ADA@Example.com ", "work@example.com"],
)
def test_the_link_goes_to_a_verified_address_in_its_stored_spelling(name: str) -> None:
    user = make_user("ada", address="Ada@example.com")
    EmailAddress.objects.create(user=user, address="Work@example.com", verified_at=NOON)
    request_reset(Client(), name)
    (mail,) = waiting_mails()
    assert mail.to == ("Work" if "work" in name else "Ada") + "@example.com"


def test_a_lookalike_address_finds_nobody_elses_mailbox() -> None:
    make_user("mike", address="mike@example.com")
    request_reset(Client(), "mi\u212ae@example.com")
    assert [mail.to for mail in waiting_mails()] in ([], ["mike@example.com"])


@pytest.mark.parametrize(
    "kind", ["known", "nobody", "frozen", "unverified", "staff", "no-address", "often"]
)
@pytest.mark.parametrize("form", ["{}", "{}@example.com"])
def test_everybody_gets_the_same_answer_at_the_same_cost(kind: str, form: str) -> None:
    make_user("known")
    make_user("reference")
    make_user("frozen", is_active=False)
    make_user("unverified", verified=False)
    protected_user("staff", is_staff=True)
    make_user("no-address").addresses.all().delete()
    assert _answer(form.format(kind)) == _answer(form.format("reference"))


def _answer(name: str) -> tuple[int, int, int]:
    LimitCounter.objects.all().delete()
    client = Client()
    client.get(FORGOT)
    with CaptureQueriesContext(connection) as queries:
        response = request_reset(client, name)
    return response.status_code, len(response.content), len(queries)


@pytest.mark.parametrize("kind", ["nobody", "frozen", "unverified", "no-address"])
def test_nobody_is_mailed_who_may_not_reset(kind: str) -> None:
    make_user("frozen", is_active=False)
    make_user("unverified", verified=False)
    make_user("no-address").addresses.all().delete()
    request_reset(Client(), kind)
    assert not waiting_mails()
    assert not MailedLink.objects.exclude(user=None).exists()
    assert tags() == ["account:password:request-reset"]


def test_the_sixth_mail_of_a_day_is_not_sent_and_not_told() -> None:
    make_user("ada")
    pages = {text_of(request_reset(Client(), name)) for name in ("ada",) * 6}
    assert len(pages) == 1
    assert len(waiting_mails()) == 5


def test_one_network_asks_twenty_times_a_day() -> None:
    for number in range(20):
        assert request_reset(Client(), f"user{number}").status_code == 200
    response = request_reset(Client(), "ada")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 80_000
    assert request_reset(Client(REMOTE_ADDR="192.0.2.9"), "ada").status_code == 200


def test_a_link_serves_once() -> None:
    make_user("ada")
    link = reset_link()
    set_password(Client(), link)
    again = Client()
    again.get(link)
    assert notices(again.get(RESET)) == DEAD
    again.get(link)
    response = again.post(
        RESET, {"new_password": PASSWORD, "password_confirm": PASSWORD}
    )
    assert response.headers["Location"] == FORGOT
    assert is_right(NEW)


@pytest.mark.parametrize(("seconds", "works"), [(3599, True), (3600, False)])
def test_a_link_lives_an_hour(seconds: int, works: bool) -> None:
    make_user("ada")
    with time_machine.travel(NOON, tick=False) as clock:
        link = reset_link()
        clock.shift(timedelta(seconds=seconds))
        set_password(Client(), link)
    assert is_right(NEW) == works


def test_every_other_link_dies_with_the_one_that_was_used() -> None:
    make_user("ada")
    first, second = reset_link(), reset_link()
    set_password(Client(), first)
    set_password(Client(), second, "another seven copper lanterns")
    assert is_right(NEW)


def test_a_link_dies_when_its_owner_signs_in() -> None:
    user = make_user("ada")
    link = reset_link()
    browser_of(user)
    set_password(Client(), link)
    assert is_right(PASSWORD)


def test_a_link_dies_with_its_address() -> None:
    make_user("ada")
    link = reset_link()
    EmailAddress.objects.all().delete()
    set_password(Client(), link)
    assert is_right(PASSWORD)


def test_a_link_dies_with_the_freezing_of_the_account() -> None:
    make_user("ada")
    link = reset_link()
    User.objects.update(is_active=False)
    set_password(Client(), link)
    assert is_right(PASSWORD)


def test_a_form_without_the_link_sets_nothing() -> None:
    make_user("ada")
    reset_link()
    response = Client().post(RESET, {"new_password": NEW, "password_confirm": NEW})
    assert response.headers["Location"] == FORGOT
    assert is_right(PASSWORD)


@pytest.mark.parametrize("extra", ["user", "username", "pk", "token"])
def test_the_account_is_taken_from_the_link_alone(extra: str) -> None:
    make_user("ada")
    make_user("eve")
    client = Client()
    client.get(reset_link("eve"))
    values = {"new_password": NEW, "password_confirm": NEW, extra: "ada"}
    client.post(RESET, values)
    assert is_right(PASSWORD, "ada")
    assert is_right(NEW, "eve")


@pytest.mark.parametrize("password", ["short", "ada@example.com1", PASSWORD + "\x00"])
def test_a_weak_password_is_refused_and_the_link_stays(password: str) -> None:
    make_user("ada")
    client = Client()
    link = reset_link()
    assert set_password(client, link, password).status_code == 200
    assert is_right(PASSWORD)
    set_password(client, link)
    assert is_right(NEW)


def test_a_reset_ends_every_session_and_half_sign_in() -> None:
    user = make_user("ada")
    link = reset_link()
    browsers = [browser_of(user)]
    MailedLink.objects.update(used_at=None)
    set_password(browsers[0], link)
    assert not is_signed_in(browsers[0])
    assert not HalfSignIn.objects.exists()


def test_the_second_factor_stays_and_is_asked() -> None:
    user = protected_user("ada")
    half = half_browser_of(user)
    set_password(Client(), reset_link())
    assert TOTPDevice.objects.filter(confirmed=True).count() == 1
    client = Client()
    assert sign_in(client, "ada", NEW).headers["Location"] == SECOND_STEP
    assert not is_signed_in(client)
    assert half.get(SECOND_STEP).headers["Location"] == LOGIN


def test_every_verified_address_is_told() -> None:
    user = make_user("ada")
    EmailAddress.objects.create(user=user, address="work@example.com", verified_at=NOON)
    EmailAddress.objects.create(user=user, address="old@example.com")
    set_password(Client(), reset_link())
    told = [m.to for m in waiting_mails() if m.template.endswith("password_changed")]
    assert sorted(told) == ["ada@example.com", "work@example.com"]


def test_a_busy_machine_leaves_the_link_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    make_user("ada")
    client = Client()
    link = reset_link()
    from accounts.flows import passwords  # noqa: PLC0415

    def busy(password: str) -> str:
        message = "Try again."
        raise Busy(message, retry_after=5)

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "make_password", busy)
        response = set_password(client, link)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    response = client.post(RESET, {"new_password": NEW, "password_confirm": NEW})
    assert response.headers["Location"] == LOGIN
    assert is_right(NEW)


def test_links_lead_to_the_configured_site_whatever_the_host_says() -> None:
    make_user("ada")
    Client(headers={"host": "127.0.0.1", "x-forwarded-host": "evil.example"}).post(
        FORGOT, {"username_or_email": "ada"}
    )
    from accounts import outbox  # noqa: PLC0415

    text = outbox.content_of(waiting_mails()[0])["text"]
    assert "http://localhost:8000/account/reset-password/?token=" in text
    assert "evil" not in text
    response = Client(headers={"host": "evil.example"}).post(
        FORGOT, {"username_or_email": "ada"}
    )
    assert response.status_code == 400


def test_two_names_are_a_bad_request() -> None:
    make_user("ada")
    response = Client().post(
        FORGOT, {"username_or_email": ["ada@example.com", "eve@example.com"]}
    )
    assert response.status_code == 400
    assert not waiting_mails()


@pytest.mark.parametrize("name", ["", "a\x00b", 255 * "a", 2000 * "ü"])
def test_a_name_that_nobody_can_have_is_refused_in_words(name: str) -> None:
    response = request_reset(Client(), name)
    assert response.status_code == 200
    assert "field-errors" in text_of(response)
    assert not LimitCounter.objects.exists()


def test_a_link_made_while_the_account_changed_is_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_user("ada")
    first, second = reset_link(), reset_link()
    from accounts.flows import passwords  # noqa: PLC0415

    hash_it = make_password
    done: list[str] = []

    def meanwhile(password: str) -> str:
        if not done:
            done.append("first")
            set_password(Client(), first, "another seven copper lanterns")
        return hash_it(password)

    monkeypatch.setattr(passwords, "make_password", meanwhile)
    response = set_password(Client(), second)
    assert response.headers["Location"] == FORGOT
    assert is_right("another seven copper lanterns")
    assert credentials.MOST_TYPED == 4096


def test_the_mail_names_the_link_as_the_account_that_asked() -> None:
    make_user("ada")
    assert link_in_first_mail().startswith(f"{RESET}?token=")


def link_in_first_mail() -> str:
    request_reset(Client())
    return link_in(waiting_mails()[0])
