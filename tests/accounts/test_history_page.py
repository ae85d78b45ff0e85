"""The security history of an account."""

import pytest
from django.db import transaction
from django.test import Client

from accounts.events import AccountCreated, SignedOut
from accounts.models import User
from accounts.origin import SYSTEM, Origin
from accounts.trail import record
from tests.accounts.browsing import (
    HISTORY,
    LOGIN,
    WRONG,
    browser_of,
    change_password,
    sign_in,
    text_of,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db
HERE = Origin(
    address="203.0.113.7",
    network="203.0.113.0/24",
    user_agent="<script>alert(1)</script> Firefox/1 Linux",
    request_id="",
)


@pytest.fixture
def client() -> Client:
    return browser_of(make_user("ada"))


def write(count: int) -> None:
    user = User.objects.get(username="ada")
    with transaction.atomic():
        for number in range(count):
            address = f"<b>{number:03}</b>@example.com"
            record(AccountCreated(address=address), account=user, by=HERE)


def test_a_visitor_sees_none() -> None:
    response = Client().get(HISTORY)
    assert response.headers["Location"] == f"{LOGIN}?next={HISTORY}"


def test_it_tells_what_happened_newest_first(client: Client) -> None:
    sign_in(Client(), "ada", WRONG)
    change_password(client)
    page = text_of(client.get(HISTORY))
    told = [
        page.index("Your other sessions were ended (0), because the password was"),
        page.index("You changed your password."),
        page.index("A sign-in was refused: wrong password (web)."),
        page.index("You signed in with password."),
    ]
    assert told == sorted(told)
    assert "127.0.0.1" in page


def test_it_shows_nobody_elses_events(client: Client) -> None:
    other = browser_of(make_user("eve"))
    other.post("/account/logout/")
    assert "You signed out." not in text_of(client.get(HISTORY))


def test_it_shows_a_coarse_network_and_a_browser_and_escapes_all(
    client: Client,
) -> None:
    write(1)
    page = text_of(client.get(HISTORY))
    assert "Firefox on Linux, near 203.0.113.0/24" in page
    assert "203.0.113.7<" not in page
    assert "&lt;b&gt;000&lt;/b&gt;@example.com" in page
    assert "<script>alert" not in page


def test_it_tells_acts_of_the_program_apart(client: Client) -> None:
    with transaction.atomic():
        record(SignedOut(), account=User.objects.get(), by=SYSTEM)
    assert "the command line of the server" in text_of(client.get(HISTORY))


def test_it_has_pages_that_neither_repeat_nor_lose_an_event(client: Client) -> None:
    write(119)
    seen: list[str] = []
    url = HISTORY
    while url:
        page = text_of(client.get(url))
        seen += page.split("with the address &lt;b&gt;")[1:]
        _before, found, after = page.partition('href="?before=')
        url = f"{HISTORY}?before={after.partition('"')[0]}" if found else ""
        write(1)
    numbers = [entry[:3] for entry in seen]
    assert numbers[-119:] == [f"{number:03}" for number in range(118, -1, -1)]


@pytest.mark.parametrize(
    "before",
    ["", "x", "-1", "0", "1e9", "9" * 40, "٣", "1;DROP TABLE", "9223372036854775807"],
)
def test_a_made_up_page_is_a_page(client: Client, before: str) -> None:
    assert client.get(HISTORY, {"before": before}).status_code == 200


def test_it_can_only_be_read(client: Client) -> None:
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(HISTORY).status_code == 405
