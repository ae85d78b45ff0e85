"""The administration: for whom it opens, and what it never shows."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import EmailAddress, Event, User, WebSession
from tests.accounts.browsing import (
    CHANGE,
    LOGIN,
    LOGOUT,
    NEW,
    NOON,
    OVERVIEW,
    browser_of,
    half_browser_of,
    is_signed_in,
    protected_user,
    text_of,
    verified_browser_of,
)
from tests.factories import PASSWORD, make_user
from twofactor.models import TOTPDevice

pytestmark = pytest.mark.django_db
USERS = "/admin/accounts/user/"
PAGES = ["/admin/", USERS, "/admin/accounts/emailaddress/", "/admin/accounts/event/"]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def boss() -> User:
    return protected_user("boss", is_staff=True, is_superuser=True)


@pytest.fixture
def client(boss: User) -> Client:
    return verified_browser_of(boss, NOON)


@pytest.mark.parametrize("page", PAGES)
def test_a_visitor_is_led_to_the_one_door(page: str) -> None:
    response = Client().get(page, follow=True)
    assert response.request["PATH_INFO"] == LOGIN
    assert b'name="username"' in response.content


@pytest.mark.parametrize("page", PAGES)
def test_an_administrator_without_second_factor_gets_nothing(page: str) -> None:
    client = browser_of(make_user("boss", is_staff=True, is_superuser=True))
    for response in (client.get(page, follow=True), client.post(page, follow=True)):
        assert response.request["PATH_INFO"] == OVERVIEW


@pytest.mark.parametrize("page", PAGES)
def test_a_person_with_second_factor_gets_nothing(page: str) -> None:
    client = verified_browser_of(protected_user("ada"), NOON)
    response = client.get(page, follow=True)
    assert response.request["PATH_INFO"] == "/"


def test_half_an_administrator_gets_nothing(boss: User) -> None:
    response = half_browser_of(boss).get("/admin/", follow=True)
    assert response.request["PATH_INFO"] == LOGIN


def test_djangos_own_sign_in_signs_nobody_in(boss: User) -> None:
    client = Client()
    client.post("/admin/login/", {"username": "boss", "password": PASSWORD})
    assert not is_signed_in(client)
    assert not WebSession.objects.exists()


@pytest.mark.parametrize("page", PAGES)
def test_a_dismissed_or_frozen_administrator_gets_nothing(
    client: Client, page: str
) -> None:
    assert client.get(page).status_code == 200
    User.objects.update(is_staff=False)
    assert client.get(page).status_code == 302
    User.objects.update(is_staff=True, is_active=False)
    assert client.get(page).status_code == 302


def secrets() -> list[str]:
    user = User.objects.get(username="ada")
    device = TOTPDevice.objects.get(user=user)
    return [
        user.password,
        user.password.rpartition("$")[2],
        user.security_stamp,
        device.secret,
        bytes(device.sealed_secret).hex(),
        "argon2",
        *WebSession.objects.values_list("digest", flat=True),
    ]


def test_no_page_shows_a_hash_a_stamp_or_a_secret(client: Client) -> None:
    ada = protected_user("ada")
    pages = [
        *PAGES,
        f"{USERS}{ada.pk}/change/",
        f"{USERS}{ada.pk}/history/",
        f"/admin/accounts/emailaddress/{ada.addresses.get().pk}/change/",
        f"/admin/accounts/event/{Event.objects.earliest('pk').pk}/change/",
        f"{USERS}?q=ada",
        f"{USERS}?e=1",
    ]
    for page in pages:
        text = text_of(client.get(page, follow=True))
        for secret in secrets():
            assert secret not in text, page


@pytest.mark.parametrize(
    "name", ["password", "security_stamp", "totpdevice__sealed_secret"]
)
def test_rows_cannot_be_sifted_by_a_secret(client: Client, name: str) -> None:
    make_user("ada")
    for value in ("a", "zzz"):
        response = client.get(f"{USERS}?{name}__startswith={value}")
        assert response.status_code == 400


def test_every_change_is_refused(client: Client) -> None:
    ada = make_user("ada")
    before = User.objects.values().get(pk=ada.pk)
    values = {"username": "eve", "password": "x", "is_staff": "on", "is_active": ""}
    address = ada.addresses.get().pk
    for page in [
        f"{USERS}add/",
        f"{USERS}{ada.pk}/change/",
        f"{USERS}{ada.pk}/delete/",
        f"{USERS}{ada.pk}/password/",
        f"/admin/accounts/emailaddress/{address}/delete/",
        "/admin/accounts/event/add/",
    ]:
        assert client.post(page, values).status_code in {302, 403, 404}, page
    action = {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"}
    for page in PAGES[1:]:
        client.post(page, action)
    assert User.objects.values().get(pk=ada.pk) == before
    assert EmailAddress.objects.filter(pk=address).exists()


def test_its_own_forms_for_password_and_leaving_lead_to_ours(client: Client) -> None:
    response = client.post(
        "/admin/password_change/",
        {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
    )
    assert response.headers["Location"] == CHANGE
    assert User.objects.get().check_password(PASSWORD)
    assert client.post("/admin/logout/").headers["Location"] == LOGOUT
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "query", ["q=%00", "username=%00", "o=x", "p=x", "all=1", "is_staff=x"]
)
def test_odd_queries_are_answered(client: Client, query: str) -> None:
    assert client.get(f"{USERS}?{query}", follow=True).status_code in {200, 400}


def test_administrators_are_appointed_from_the_command_line(boss: User) -> None:
    from django.core.management import CommandError, call_command  # noqa: PLC0415

    ada = make_user("ada")
    call_command("appoint", "ada@example.com", verbosity=0)
    ada.refresh_from_db()
    assert (ada.is_staff, ada.is_superuser) == (True, True)
    call_command("appoint", "ADA", "--dismiss")
    ada.refresh_from_db()
    assert (ada.is_staff, ada.is_superuser) == (False, False)
    tags = Event.objects.filter(account=ada.pk).values_list("tag", flat=True)
    assert set(tags) == {"account:role:appoint", "account:role:dismiss"}
    with pytest.raises(CommandError):
        call_command("appoint", "nobody")
