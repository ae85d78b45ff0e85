"""Links that prove a mailbox."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import EmailAddress, MailedLink, OutgoingMail
from tests.accounts.browsing import (
    LOGIN,
    NOON,
    RESET,
    SETTINGS,
    VERIFY,
    browser_of,
    is_signed_in,
    link_in,
    notices,
    protected_user,
    register,
    reset_link,
    sign_in,
    tags,
    text_of,
    waiting_mails,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db
DEAD = ["This link has been used or is too old. Ask for a new one."]
COOKIE = "gatehouse-link-verify"


@pytest.fixture
def client() -> Client:
    """Ada's browser, just registered."""
    browser = Client()
    register(browser)
    return browser


def link() -> str:
    return link_in(waiting_mails()[-1])


def is_verified(name: str = "ada") -> bool:
    return EmailAddress.objects.get(user__username=name, is_primary=True).is_verified


def test_the_link_asks_and_the_button_verifies(client: Client) -> None:
    response = client.get(link())
    assert (response.status_code, response.headers["Location"]) == (302, VERIFY)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    page = text_of(client.get(VERIFY))
    assert "<strong>ada@example.com</strong>" in page
    assert not is_verified()
    response = client.post(VERIFY)
    assert response.headers["Location"] == "/"
    assert notices(response) == ["ada@example.com is verified."]
    assert is_verified()
    assert tags()[-1] == "account:address:verify"
    assert client.cookies[COOKIE].value == ""


def test_looking_changes_nothing_however_often(client: Client) -> None:
    address = link()
    scanner = Client()
    for _look in range(3):
        scanner.get(address, follow=True)
        scanner.head(address)
        client.get(address, follow=True)
    assert not is_verified()
    client.post(VERIFY)
    assert is_verified()


def test_a_link_serves_once(client: Client) -> None:
    address = link()
    client.get(address)
    client.post(VERIFY)
    client.get(address)
    assert notices(client.get(VERIFY)) == DEAD
    client.get(address)
    assert notices(client.post(VERIFY)) == DEAD
    assert tags().count("account:address:verify") == 1


@pytest.mark.parametrize(
    ("seconds", "works"), [(24 * 3600 - 1, True), (24 * 3600, False)]
)
def test_a_link_lives_a_day(seconds: int, works: bool) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        register(Client())
        address = link()
        clock.shift(timedelta(seconds=seconds))
        client = Client()
        sign_in(client)
        client.get(address)
        client.post(VERIFY)
    assert is_verified() == works


def test_the_link_signs_nobody_in(client: Client) -> None:
    visitor = Client()
    visitor.get(link())
    response = visitor.get(VERIFY)
    assert response.headers["Location"] == f"{LOGIN}?next={VERIFY}"
    assert not is_signed_in(visitor)
    visitor.post(VERIFY)
    assert not is_verified()


def test_a_visitor_signs_in_and_finishes() -> None:
    make_user("ada", verified=False)
    client = browser_of(make_user("grace"))
    owner = browser_of(EmailAddress.objects.get(address="ada@example.com").user)
    _resend(owner)
    visitor = Client()
    visitor.get(link())
    assert notices(visitor.get(VERIFY)) == ["Sign in to finish verifying your address."]
    response = sign_in(visitor, next=VERIFY)
    assert response.headers["Location"] == VERIFY
    visitor.post(VERIFY)
    assert is_verified()
    assert is_signed_in(client)


def _resend(client: Client, name: str = "ada") -> str:
    pk = EmailAddress.objects.get(user__username=name, is_primary=True).pk
    response = client.post(f"/manage/account/addresses/{pk}/verify/")
    assert response.headers["Location"] == f"{SETTINGS}#account-emails"
    return notices(response)[-1]


def test_a_link_opened_in_another_account_verifies_nothing(client: Client) -> None:
    stranger = browser_of(make_user("eve"))
    stranger.get(link())
    (notice,) = notices(stranger.get(VERIFY))
    assert "belongs to another account" in notice
    stranger.get(link())
    assert notices(stranger.post(VERIFY)) == DEAD
    assert not is_verified()
    client.get(link())
    client.post(VERIFY)
    assert is_verified()


@pytest.mark.parametrize(
    "token",
    [
        "x",
        43 * "a",
        44 * "a",
        42 * "a" + "€",
        "a\r\nSet-Cookie: a=b",
        5000 * "a",
        "%ED%A0%80",
        '";alert(1)',
    ],
)
def test_a_made_up_token_is_a_dead_link(client: Client, token: str) -> None:
    response = client.get(VERIFY, {"token": token})
    assert response.headers["Location"] == VERIFY
    kept = response.cookies[COOKIE].OutputString()
    kept.encode("latin-1")
    assert notices(client.get(VERIFY)) == DEAD


def test_a_reset_token_verifies_nothing(client: Client) -> None:
    EmailAddress.objects.update(verified_at=NOON)
    token = reset_link().partition("=")[2]
    EmailAddress.objects.update(verified_at=None)
    client.get(VERIFY, {"token": token})
    assert notices(client.get(VERIFY)) == DEAD
    client.get(VERIFY, {"token": token})
    client.post(VERIFY)
    assert not is_verified()


def test_a_verification_token_resets_nothing(client: Client) -> None:
    visitor = Client()
    visitor.get(RESET, {"token": link().partition("=")[2]})
    assert visitor.get(RESET).headers["Location"] == "/account/request-password-reset/"


def test_a_removed_address_takes_its_link_along(client: Client) -> None:
    address = link()
    EmailAddress.objects.all().delete()
    client.get(address)
    assert notices(client.post(VERIFY)) == DEAD


def test_the_first_to_prove_a_mailbox_owns_it(client: Client) -> None:
    first = link()
    second = Client()
    register(second, username="eve")
    client.get(first)
    second.get(link())
    client.post(VERIFY)
    (notice,) = notices(second.post(VERIFY))
    assert notice == "This address has been verified by another account."
    assert (is_verified("ada"), is_verified("eve")) == (True, False)


def test_another_link_can_be_sent_and_both_serve_one_verification(
    client: Client,
) -> None:
    first = link()
    assert _resend(client) == "A new link is on its way to ada@example.com."
    assert link() != first
    client.get(first)
    client.post(VERIFY)
    assert is_verified()
    client.get(link())
    assert notices(client.get(VERIFY)) == DEAD


def test_verifying_one_address_leaves_the_link_of_another(client: Client) -> None:
    user = EmailAddress.objects.get().user
    other = EmailAddress.objects.create(user=user, address="work@example.com")
    client.post(f"/manage/account/addresses/{other.pk}/verify/")
    to_ada, to_work = (link_in(mail) for mail in waiting_mails())
    client.get(to_ada)
    client.post(VERIFY)
    client.get(to_work)
    client.post(VERIFY)
    assert EmailAddress.objects.exclude(verified_at=None).count() == 2


def test_the_third_mail_is_the_last_for_six_hours(client: Client) -> None:
    for _mail in range(2):
        assert "on its way" in _resend(client)
    assert "Too many attempts" in _resend(client)
    assert len(waiting_mails()) == 3


def test_the_mailbox_limit_of_others_is_not_told() -> None:
    for number in range(3):
        register(Client(), username=f"u{number}", email="ada@example.com")
    client = Client()
    register(client)
    assert "on its way" in _resend(client)
    assert len(waiting_mails()) == 3
    assert OutgoingMail.objects.filter(to="").count() == 2


def test_only_the_owner_asks_for_a_link(client: Client) -> None:
    eve = browser_of(make_user("eve"))
    pk = EmailAddress.objects.get(user__username="ada").pk
    assert eve.post(f"/manage/account/addresses/{pk}/verify/").status_code == 404
    assert eve.post(f"/manage/account/addresses/{10**30}/verify/").status_code == 404
    assert Client().post(f"/manage/account/addresses/{pk}/verify/").status_code == 302
    assert len(waiting_mails()) == 1


def test_a_verified_address_gets_no_link() -> None:
    user = make_user("ada")
    client = browser_of(user)
    pk = user.addresses.get().pk
    assert client.post(f"/manage/account/addresses/{pk}/verify/").status_code == 404


def test_a_second_factor_is_asked_before_the_link_is_used() -> None:
    user = protected_user("ada", verified=False)
    visitor = Client()
    sign_in(visitor)
    assert visitor.get(VERIFY).headers["Location"].startswith(LOGIN)
    assert not MailedLink.objects.filter(user=user).exists()


def test_the_token_is_stored_as_a_digest_only(client: Client) -> None:
    token = link().partition("=")[2]
    assert len(token) == 43
    row = MailedLink.objects.get()
    assert token not in repr(row.__dict__)
    assert token.encode() not in bytes(OutgoingMail.objects.get().content)
