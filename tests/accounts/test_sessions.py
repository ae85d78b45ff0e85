"""Sessions: how long, under which key, and how they end."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import housekeeping
from accounts.door import Proof, SignInExpired, open_session
from accounts.models import HalfSignIn, LimitCounter, MailedLink, User, WebSession
from accounts.models.user import new_stamp
from accounts.sessions import SessionStore, digest_of
from tests.accounts.browsing import (
    HALF,
    NOON,
    SESSION,
    SETTINGS,
    browser_of,
    half_browser_of,
    is_signed_in,
    protected_user,
    request_reset,
    sign_in,
    text_of,
    verified_browser_of,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PUBLIC = [
    "/",
    "/help/",
    "/account/login/",
    "/account/register/",
    "/account/two-factor/",
]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_visitor_has_no_session(path: str) -> None:
    client = Client()
    client.get(path)
    client.post(path, {"username": "x"})
    client.cookies[SESSION] = "made-up"
    client.get(path)
    assert not WebSession.objects.exists()


def test_the_database_holds_no_key() -> None:
    client = browser_of(make_user("ada"))
    key = client.cookies[SESSION].value
    row = WebSession.objects.get()
    assert row.digest == digest_of(key)
    assert key not in repr(row.__dict__)
    assert len(key) == 43
    thief = Client()
    thief.cookies[SESSION] = row.digest
    assert not is_signed_in(thief)


@pytest.mark.parametrize(("seconds", "lives"), [(3599, True), (3600, False)])
def test_an_idle_session_ends_after_an_hour(seconds: int, lives: bool) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = browser_of(make_user("ada"))
        clock.shift(timedelta(seconds=seconds))
        assert is_signed_in(client) == lives


def test_a_busy_session_ends_after_twelve_hours() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = browser_of(make_user("ada"))
        for _half_hour in range(23):
            clock.shift(timedelta(minutes=30))
            assert is_signed_in(client)
        clock.shift(timedelta(minutes=30))
        assert not is_signed_in(client)


def test_a_request_is_noted_once_a_minute() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = browser_of(make_user("ada"))
        clock.shift(timedelta(seconds=60))
        client.get(SETTINGS)
        assert WebSession.objects.get().last_seen_at == NOON
        clock.shift(timedelta(seconds=1))
        client.get(SETTINGS)
        assert WebSession.objects.get().last_seen_at == NOON + timedelta(seconds=61)


def test_a_session_ended_elsewhere_is_anonymous_at_its_next_request() -> None:
    client = browser_of(make_user("ada"))
    WebSession.objects.all().delete()
    assert client.get(SETTINGS).status_code == 302
    assert "Sign in" in text_of(client.get("/"))
    assert not WebSession.objects.exists()


def test_a_new_stamp_ends_every_session() -> None:
    client = browser_of(make_user("ada"))
    User.objects.update(security_stamp=new_stamp())
    assert not is_signed_in(client)
    assert not WebSession.objects.exists()


def test_a_row_that_is_gone_is_not_written_again() -> None:
    store = SessionStore()
    store["a"] = 1
    store.save()
    WebSession.objects.all().delete()
    store["a"] = 2
    from django.contrib.sessions.backends.base import UpdateError  # noqa: PLC0415

    with pytest.raises(UpdateError):
        store.save()
    assert not WebSession.objects.exists()


def test_a_session_notes_where_it_was_opened() -> None:
    make_user("ada")
    client = Client(
        REMOTE_ADDR="203.0.113.77", headers={"user-agent": "Firefox/1 Linux\x07" * 40}
    )
    sign_in(client)
    session = WebSession.objects.get()
    assert session.network == "203.0.113.0/24"
    assert len(session.user_agent) == 300
    assert "\x07" not in session.user_agent


def test_half_a_sign_in_is_stored_as_a_digest_and_is_no_session() -> None:
    user = protected_user("ada")
    client = half_browser_of(user)
    token = client.cookies[HALF].value
    assert token not in repr(HalfSignIn.objects.get().__dict__)
    client.cookies[SESSION] = token
    assert not is_signed_in(client)


def test_the_door_wants_every_proof() -> None:
    user = protected_user("ada")
    request = Client().get("/").wsgi_request
    password = Proof(step="password", user_id=user.pk, method="password")
    factor = Proof(step="second-factor", user_id=user.pk, method="totp")
    foreign = Proof(step="second-factor", user_id=user.pk + 1, method="totp")
    for proofs in [(), (password,), (factor,), (password, foreign)]:
        with pytest.raises(SignInExpired):
            open_session(request, user, stamp=user.security_stamp, proofs=proofs)
    with pytest.raises(SignInExpired):
        open_session(request, user, stamp=new_stamp(), proofs=(password, factor))
    assert not WebSession.objects.exists()


def test_two_browsers_have_two_sessions() -> None:
    user = protected_user("ada")
    with time_machine.travel(NOON, tick=False) as clock:
        one = verified_browser_of(user, NOON)
        clock.shift(timedelta(seconds=30))
        two = verified_browser_of(user, NOON + timedelta(seconds=30))
        assert is_signed_in(one)
        assert is_signed_in(two)
    methods = set(WebSession.objects.values_list("method", flat=True))
    assert methods == {"password and authenticator app"}


def test_what_is_over_is_cleared_and_what_lives_stays() -> None:
    user = protected_user("ada")
    with time_machine.travel(NOON, tick=False) as clock:
        verified_browser_of(user, NOON)
        half_browser_of(user)
        request_reset(Client())
        housekeeping.clear()
        assert WebSession.objects.count() == 1
        assert HalfSignIn.objects.count() == 2
        clock.shift(timedelta(hours=1))
        housekeeping.clear()
        assert not WebSession.objects.exists()
        assert not HalfSignIn.objects.exists()
        assert MailedLink.objects.count() == 1
        clock.shift(timedelta(days=8))
        housekeeping.clear()
        assert not MailedLink.objects.exists()
        assert not LimitCounter.objects.exists()


def test_a_visitor_costs_no_query() -> None:
    client = Client()
    with CaptureQueriesContext(connection) as queries:
        client.get("/account/login/")
    assert len(queries) == 0
