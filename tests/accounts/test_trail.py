"""The trail: in the transaction of the act, told in words, outliving the account."""

from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client

from accounts import agents, trail
from accounts.events import SignedIn, SignInRefused
from accounts.models import Event, User
from accounts.origin import SYSTEM, Origin, origin_of
from accounts.trail import Entry, record, tell
from tests.accounts.browsing import WRONG, browser_of, sign_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.mark.django_db(transaction=True)
def test_an_event_without_a_transaction_is_a_mistake() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        record(SignedIn(method="password"), account=None, by=SYSTEM)


def test_an_event_says_who_when_where_and_with_what() -> None:
    make_user("ada")
    client = Client(REMOTE_ADDR="203.0.113.77", headers={"user-agent": FIREFOX})
    response = sign_in(client)
    event = Event.objects.get()
    assert (event.account_name, event.actor_name) == ("ada", "ada")
    assert event.network == "203.0.113.0/24"
    assert event.user_agent == FIREFOX
    assert event.request_id == response.headers["X-Request-Id"]
    assert event.data == {"method": "password"}
    assert "203.0.113.77" not in repr(event.__dict__)
    assert len(event.network_key) == 64
    assert tell(event) == "You signed in with password."


def test_a_guess_at_an_unknown_name_is_nobodys_event() -> None:
    sign_in(Client(), "nobody", WRONG)
    event = Event.objects.get()
    assert (event.account, event.account_name) == (None, "")
    assert "nobody" not in repr(event.__dict__)
    assert WRONG not in repr(event.__dict__)


def test_events_outlive_the_account() -> None:
    user = make_user("ada")
    browser_of(user)
    User.objects.all().delete()
    assert Event.objects.get().account_name == "ada"


def test_what_rolls_back_leaves_no_event() -> None:
    def act() -> None:
        with transaction.atomic():
            record(SignedIn(method="password"), account=None, by=SYSTEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    assert not Event.objects.exists()


def test_an_event_of_an_earlier_version_is_told_as_well_as_can_be() -> None:
    with transaction.atomic():
        event = record(SignInRefused(reason="%d", via="web"), account=None, by=SYSTEM)
    assert tell(event) == "A sign-in was refused: %d (web)."
    event.data = {}
    assert tell(event) == "account:session:refuse (recorded by an earlier version)"
    event.tag = "gone:for:good"
    assert tell(event) == "gone:for:good"


def test_every_event_has_a_tag_of_its_own_and_a_sentence() -> None:
    for tag, kind in trail._registry.items():
        assert tag == kind.tag
        assert tag.count(":") == 2 or tag.split(":")[0] in {
            "account",
            "project",
            "file",
        }
        assert str(kind.sentence).endswith((".", ")s", "s"))

    with pytest.raises(TypeError):

        @dataclass(frozen=True, kw_only=True)
        class Twice(Entry):
            tag = "account:session:open"
            sentence = "Twice."

    assert trail._registry["account:session:open"] is SignedIn


@pytest.mark.parametrize(
    ("address", "network", "counted"),
    [
        ("203.0.113.77", "203.0.113.0/24", "203.0.113.77/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "203.0.113.0/24", "203.0.113.77/32"),
        ("fe80::1%eth0", "fe80::/48", "fe80::/64"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("::1", "::1", "::1"),
        ("", "", ""),
        ("not an address", "", ""),
    ],
)
def test_an_origin_is_coarse_for_people_and_exact_for_limits(
    address: str, network: str, counted: str
) -> None:
    request = Client(REMOTE_ADDR=address).get("/").wsgi_request
    origin = origin_of(request)
    assert (origin.network, origin.counted) == (network, counted)


def test_a_browsers_name_is_cut_and_cleaned() -> None:
    client = Client(headers={"user-agent": "a\x1b[31m\u202e\x00\n" + 400 * "x"})
    origin = origin_of(client.get("/").wsgi_request)
    assert origin.user_agent.startswith("a[31mxxx")
    assert len(origin.user_agent) == 300
    assert isinstance(origin, Origin)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/129.0 Safari/537 Edg/129",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604",
            "Safari on iOS",
        ),
        ("twine/6.2 CPython/3.13", "twine"),
        ("uv/0.8", "uv"),
        ("", "an unknown program"),
        ("<script>", "an unknown program"),
    ],
)
def test_a_browser_is_told_in_two_words(agent: str, words: str) -> None:
    assert agents.describe(agent) == words
