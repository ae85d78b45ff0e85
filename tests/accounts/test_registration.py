"""Registering: what is asked, and what it reveals."""

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import outbox
from accounts.models import EmailAddress, LimitCounter, OutgoingMail, User, WebSession
from tests.accounts.browsing import (
    PROJECTS,
    REGISTER,
    SETTINGS,
    browser_of,
    is_signed_in,
    notices,
    register,
    sign_in,
    tags,
    text_of,
    waiting_mails,
)
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
TAKEN = "This username is taken. Choose another one."


def refused(**values: str) -> str:
    """Register in vain and return the page."""
    users = User.objects.count()
    response = register(Client(), **values)
    assert response.status_code == 200
    assert User.objects.count() == users
    assert not waiting_mails()
    return text_of(response)


@pytest.mark.parametrize("name", ["admin", "ROOT", "pypi", "gatehouse", "Ada", "ADA"])
def test_a_reserved_name_and_a_used_one_get_one_answer(name: str) -> None:
    make_user("ada")
    assert TAKEN in refused(username=name, email="new@example.com")


@pytest.mark.parametrize(
    "name",
    [
        "__token__",
        "a",
        ".ada",
        "ada-",
        "ada.",
        "a da",
        "ada\nlovelace",
        "ad\u0430",
        "\u212aelvin",
        "ａｄａ",
        "ada@example.com",
        51 * "a",
        "ada\x00",
        "ada\u200b",
        "",
    ],
)
def test_a_username_has_ascii_letters_digits_and_three_marks(name: str) -> None:
    refused(username=name)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@[127.0.0.1]",
        '"ada lovelace"@example.com',
        "ada@example.com, eve@example.com",
        "ada@example.com\nBcc: eve@example.com",
        "ada@ex\x00ample.com",
        "ada@\u2028example.com",
        "\u212aelvin@example.com",
        "adä@example.com",
        "ada@" + 64 * "a" + ".com",
        "ada@" + ".".join(20 * ["\u4e2d\u6587\u57df\u540d\u5b57"]) + ".com",
        243 * "a" + "@example.com",
        "<ada@example.com>",
        "ada(comment)@example.com",
        "ada@-example.com",
    ],
)
def test_an_address_must_be_one_that_mail_can_reach(address: str) -> None:
    refused(email=address)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("plum harbour n", "Use 15 characters or more"),
        ("plum harbour ninety" + 1006 * "x", "Use 1024 characters at most"),
        ("passwordpassword", "easy to guess"),
        ("aaaaaaaaaaaaaaaaaaa", "easy to guess"),
        ("adalovelaceadalovelace", "easy to guess"),
        ("gatehousegatehousegate", "easy to guess"),
        ("ada@example.com1234", "easy to guess"),
        ("plum harbour\x00 quietly", "Null characters"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, words: str) -> None:
    page = refused(
        username="adalovelace", new_password=password, password_confirm=password
    )
    assert words in page
    assert password.replace("\x00", "") not in page


@pytest.mark.parametrize("length", [15, 64, 128, 1024])
def test_long_passwords_without_any_digit_are_taken(length: int) -> None:
    password = "".join("qzjxvkwpyfmhtgb"[(7 * i * i + i) % 15] for i in range(length))
    client = Client()
    register(client, new_password=password, password_confirm=password)
    assert is_signed_in(client)
    client = Client()
    sign_in(client, "ada", password)
    assert is_signed_in(client)


def test_the_two_passwords_must_agree() -> None:
    assert "The two passwords differ" in refused(password_confirm=PASSWORD + " ")


@pytest.mark.parametrize(
    "name", ["<b>Ada", "see https://evil.example", "Ada\u202eevil"]
)
def test_a_name_carries_no_markup_and_no_link(name: str) -> None:
    assert "Enter a name without links or markup." in refused(name=name)


@pytest.mark.parametrize(
    "field", ["username", "email", "new_password", "password_confirm", "name"]
)
def test_a_field_sent_twice_is_a_bad_request(field: str) -> None:
    values: dict[str, str | list[str]] = {
        "username": "ada",
        "name": "",
        "email": "ada@example.com",
        "new_password": PASSWORD,
        "password_confirm": PASSWORD,
    }
    values[field] = [str(values[field]), "eve@example.com"]
    assert Client().post(REGISTER, values).status_code == 400
    assert not User.objects.exists()


def test_fields_nobody_asked_for_change_nothing() -> None:
    register(Client(), is_staff="1", is_superuser="1", verified_at="2026-01-01", pk="7")
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.has_verified_primary) == (
        False,
        False,
        False,
    )


def test_registering_signs_in_and_mails_the_link() -> None:
    client = Client()
    response = register(client, name="Ada Lovelace")
    assert response.headers["Location"] == "/"
    assert notices(response) == [
        "Welcome. A link is on its way to ada@example.com: open it to verify."
    ]
    assert is_signed_in(client)
    user = User.objects.get()
    assert user.password.startswith("argon2$argon2id$")
    address = user.addresses.get()
    assert (address.address, address.is_primary, address.is_verified) == (
        "ada@example.com",
        True,
        False,
    )
    assert tags(user) == [
        "account:create",
        "account:address:send-verification",
        "account:session:open",
    ]
    (mail,) = waiting_mails()
    assert (mail.to, mail.template) == ("ada@example.com", "accounts/email/verify")


def test_a_name_of_free_form_is_in_no_mail_to_a_stranger() -> None:
    register(Client(), name="Win a prize at evil.example")
    content = outbox.content_of(waiting_mails()[0])
    assert "evil" not in "".join(content.values())


def test_whoever_is_signed_in_registers_nobody() -> None:
    client = browser_of(make_user("ada"))
    assert register(client, username="eve").headers["Location"] == "/"
    assert User.objects.count() == 1


def test_somebody_elses_address_is_neither_taken_nor_revealed() -> None:
    owner = make_user("owner", address="Shared@example.com")
    answers = [
        _answer("user-one", "nobody@example.com"),
        _answer("user-two", "shared@example.com"),
    ]
    assert answers[0] == answers[1]
    assert User.objects.named("shared@example.com") == owner
    to_stranger, to_owner = waiting_mails()
    assert to_owner.to == "Shared@example.com"
    assert to_owner.template == "accounts/email/address_in_use"
    assert "?token=" not in outbox.content_of(to_owner)["text"]
    assert to_stranger.template == "accounts/email/verify"


def _answer(name: str, address: str) -> tuple[object, ...]:
    """Return all that somebody who registers can see and measure."""
    client = Client()
    with CaptureQueriesContext(connection) as queries:
        response = register(client, username=name, email=address)
    cost = len(queries)
    page = text_of(client.get(SETTINGS)).replace(address, "").replace(name, "")
    key = EmailAddress.objects.get(address=address).pk
    return (
        response.status_code,
        response.headers["Location"],
        cost,
        len(page.replace(f"/{key}/", "")),
        "Unverified" in page,
    )


def test_the_mailbox_limit_is_silent() -> None:
    for number in range(4):
        response = register(
            Client(), username=f"user{number}", email=f"ada+{number}@example.com"
        )
        assert response.status_code == 302
    assert len(waiting_mails()) == 3
    assert OutgoingMail.objects.filter(to="").count() == 1


def test_registrations_from_one_network_are_limited() -> None:
    for number in range(10):
        register(Client(), username=f"u{number}", email=f"u{number}@example.com")
    response = register(Client(), username="more", email="more@example.com")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 3500
    assert "Too many attempts" in text_of(response)
    assert User.objects.count() == 10


def test_a_form_that_is_refused_costs_no_registration() -> None:
    register(Client(), username="")
    assert not LimitCounter.objects.exists()


def test_a_name_taken_meanwhile_is_told_at_its_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from accounts.flows import registration  # noqa: PLC0415

    hash_it = make_password

    def slowly(password: str) -> str:
        make_user("ADA", address="first@example.com")
        return hash_it(password)

    monkeypatch.setattr(registration, "make_password", slowly)
    response = register(Client())
    assert TAKEN in text_of(response)
    assert User.objects.count() == 1
    assert not WebSession.objects.exists()
    assert not waiting_mails()


def test_the_boxes_help_password_managers() -> None:
    page = text_of(Client().get(REGISTER))
    assert page.count('autocomplete="new-password"') == 2
    assert 'autocomplete="username"' in page
    assert 'autocomplete="email"' in page


def test_a_new_account_may_look_but_not_publish() -> None:
    client = Client()
    register(client)
    assert client.get(PROJECTS).status_code == 200
    assert "Unverified" in text_of(client.get(SETTINGS))
