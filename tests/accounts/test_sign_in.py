"""Name and password, and where they lead."""

from contextlib import AbstractContextManager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import passwords
from accounts.models import Event, HalfSignIn, LimitCounter, User, WebSession
from tests.accounts.browsing import (
    CHANGE,
    HALF,
    LOGIN,
    LOGOUT,
    PROJECTS,
    REFUSED,
    SECOND_STEP,
    SESSION,
    SETTINGS,
    WRONG,
    browser_of,
    is_signed_in,
    notices,
    protected_user,
    sign_in,
    tags,
    text_of,
)
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "\t//evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "//user@evil.example/",
    "/manage/\r\nSet-Cookie: a=b",
    "/manage/\x00",
    "/" + 2000 * "a",
    "manage/account/",
    "%09//evil.example",
    "http:///evil.example",
]


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", WRONG),
        ("nobody", PASSWORD),
        ("ada@example.com", WRONG),
        ("nobody@example.com", PASSWORD),
        ("grace@example.com", PASSWORD),
        ("ada ", PASSWORD + " "),
        ("ada", PASSWORD.upper()),
        ("ada", 4096 * "x"),
        ("ädä", PASSWORD),
        ("@", PASSWORD),
        ("ada@" + 200 * "ü" + ".com", PASSWORD),
    ],
)
def test_every_wrong_pair_gets_one_answer(name: str, password: str) -> None:
    make_user("ada")
    make_user("grace", verified=False)
    client = Client()
    response = sign_in(client, name, password)
    assert response.status_code == 200
    assert REFUSED in text_of(response)
    assert PASSWORD not in text_of(response)
    assert not is_signed_in(client)
    assert tags() == ["account:session:refuse"]


@pytest.mark.parametrize("kind", ["known", "unknown", "frozen", "unverified", "staff"])
def test_a_wrong_password_looks_and_costs_the_same_for_everyone(
    kind: str,
) -> None:
    make_user("known")
    make_user("frozen", is_active=False)
    make_user("unverified", verified=False)
    protected_user("staff", is_staff=True)
    client = Client()
    seen = [_answer(client, name, WRONG) for name in (kind, "nobody", "known")]
    assert seen[0] == seen[1] == seen[2]


def _answer(client: Client, name: str, password: str) -> tuple[int, int, int, object]:
    """Return status, length without the name, number of queries and headers."""
    LimitCounter.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        response = sign_in(client, name, password)
    headers = {
        key: value
        for key, value in response.headers.items()
        if key not in {"X-Request-Id", "Content-Length"}
    }
    length = len(response.content) - len(name)
    return response.status_code, length, len(queries), headers


@pytest.mark.parametrize("kind", ["known", "unknown", "frozen", "unverified", "staff"])
def test_one_password_is_hashed_for_every_guess(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user("known")
    make_user("frozen", is_active=False)
    make_user("unverified", verified=False)
    protected_user("staff", is_staff=True)
    turns = []
    turn = passwords._turn

    def counted() -> AbstractContextManager[None]:
        turns.append(1)
        return turn()

    monkeypatch.setattr(passwords, "_turn", counted)
    sign_in(Client(), kind, WRONG)
    assert len(turns) == 1


@pytest.mark.parametrize("name", ["ada", "ADA", " ada ", "ada@example.com"])
def test_a_right_pair_opens_a_session(name: str) -> None:
    user = make_user("ada")
    client = Client()
    response = sign_in(client, name)
    assert (response.status_code, response.headers["Location"]) == (302, PROJECTS)
    assert is_signed_in(client)
    session = WebSession.objects.get()
    assert (session.user, session.method) == (user, "password")
    assert tags(user) == ["account:session:open"]
    user.refresh_from_db()
    assert user.last_login is not None


def test_an_address_is_found_in_any_case_and_by_its_ascii_domain() -> None:
    make_user("ada", address="Ada@Bücher.example")
    assert is_signed_in(_signed("aDA@xn--bcher-kva.EXAMPLE"))


def _signed(name: str) -> Client:
    client = Client()
    sign_in(client, name)
    return client


def test_the_composed_and_the_decomposed_password_are_one() -> None:
    make_user("ada", password="größenwahn überall hörbar")
    decomposed = "gro\u0308ßenwahn u\u0308berall ho\u0308rbar"
    client = Client()
    sign_in(client, "ada", decomposed)
    assert is_signed_in(client)


@pytest.mark.parametrize("length", [74, 130, 1024])
def test_every_character_of_a_long_password_counts(length: int) -> None:
    password = "".join(chr(97 + (7 * i) % 26) for i in range(length))
    make_user("ada", password=password)
    client = Client()
    sign_in(client, "ada", password[:-1] + "!")
    assert not is_signed_in(client)
    sign_in(client, "ada", password)
    assert is_signed_in(client)


def test_a_decomposed_password_of_the_greatest_length_is_right() -> None:
    make_user("ada", password=1024 * "\u1ec7")
    client = Client()
    sign_in(client, "ada", 1024 * "e\u0323\u0302")
    assert is_signed_in(client)


def test_a_frozen_account_is_told_so_only_with_the_right_password() -> None:
    make_user("ada", is_active=False)
    client = Client()
    assert "frozen" not in text_of(sign_in(client, "ada", WRONG))
    assert "This account is frozen" in text_of(sign_in(client, "ada"))
    assert not is_signed_in(client)
    reasons = Event.objects.values_list("data__reason", flat=True).order_by("pk")
    assert list(reasons) == ["wrong password", "account frozen"]


def test_freezing_ends_a_session_at_its_next_request() -> None:
    user = make_user("ada")
    client = browser_of(user)
    User.objects.update(is_active=False)
    assert not is_signed_in(client)


def test_an_account_without_a_usable_password_opens_to_nothing() -> None:
    user = make_user("ada")
    user.set_unusable_password()
    user.save()
    for password in (PASSWORD, user.password, user.password[1:]):
        assert REFUSED in text_of(sign_in(Client(), "ada", password))


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_off_the_site(target: str) -> None:
    make_user("ada")
    client = Client()
    page = text_of(client.get(LOGIN, {"next": target})) if "\0" not in target else ""
    assert "evil" not in page
    response = sign_in(client, next=target)
    assert (response.status_code, response.headers["Location"]) == (302, PROJECTS)


def test_next_leads_back_to_the_page_that_was_asked() -> None:
    make_user("ada")
    client = Client()
    asked = client.get(f"{CHANGE}?a=1&b=2")
    assert (
        asked.headers["Location"]
        == f"{LOGIN}?next=/manage/account/password/%3Fa%3D1%26b%3D2"
    )
    page = text_of(client.get(asked.headers["Location"]))
    assert 'value="/manage/account/password/?a=1&amp;b=2"' in page
    response = sign_in(client, next=f"{CHANGE}?a=1&b=2")
    assert response.headers["Location"] == f"{CHANGE}?a=1&b=2"


def test_next_survives_a_wrong_password() -> None:
    make_user("ada")
    page = text_of(sign_in(Client(), "ada", WRONG, next=SETTINGS))
    assert f'value="{SETTINGS}"' in page


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", SETTINGS])
def test_next_is_judged_for_whoever_is_signed_in_already(target: str) -> None:
    client = browser_of(make_user("ada"))
    response = client.get(LOGIN, {"next": target})
    assert response.headers["Location"] == (
        SETTINGS if target == SETTINGS else PROJECTS
    )


def test_credentials_in_the_query_are_ignored() -> None:
    make_user("ada")
    client = Client()
    page = client.get(LOGIN, {"username": "ada", "password": PASSWORD})
    assert page.status_code == 200
    assert PASSWORD not in text_of(page)
    assert not is_signed_in(client)


def test_a_planted_session_cookie_is_not_taken_over() -> None:
    make_user("ada")
    client = Client()
    client.cookies[SESSION] = "planted-by-somebody-who-knows-it"
    sign_in(client)
    assert client.cookies[SESSION].value != "planted-by-somebody-who-knows-it"
    thief = Client()
    thief.cookies[SESSION] = "planted-by-somebody-who-knows-it"
    assert not is_signed_in(thief)


def test_the_csrf_token_changes_when_somebody_signs_in() -> None:
    make_user("ada")
    client = Client()
    client.get(LOGIN)
    before = client.cookies["gatehouse-csrf"].value
    sign_in(client)
    assert client.cookies["gatehouse-csrf"].value != before


def test_a_form_without_token_is_refused_and_costs_no_guess() -> None:
    make_user("ada")
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
    assert not is_signed_in(client)
    assert not LimitCounter.objects.exists()


def test_looking_signs_nobody_in_and_counts_nothing() -> None:
    make_user("ada")
    client = Client()
    assert client.head(LOGIN).status_code == 200
    for method in (client.put, client.delete, client.patch, client.options):
        assert method(LOGIN).status_code == 405
    assert not LimitCounter.objects.exists()


@pytest.mark.parametrize("field", ["username", "password"])
def test_what_cannot_be_stored_is_refused_in_words(field: str) -> None:
    make_user("ada")
    values = {"username": "ada", "password": PASSWORD, field: "a\x00b"}
    response = Client().post(LOGIN, values)
    assert response.status_code == 200
    assert "Null characters are not allowed" in text_of(response)
    assert not LimitCounter.objects.exists()


def test_an_overlong_name_is_refused_in_words() -> None:
    assert "at most 254" in text_of(sign_in(Client(), 255 * "a"))


def test_a_second_factor_stands_before_the_session() -> None:
    user = protected_user("ada")
    client = Client()
    response = sign_in(client)
    assert response.headers["Location"] == SECOND_STEP
    assert HALF in response.cookies
    assert SESSION not in response.cookies
    assert not is_signed_in(client)
    assert HalfSignIn.objects.get().user == user
    assert not WebSession.objects.exists()


def test_signing_out_ends_the_session_for_good() -> None:
    user = make_user("ada")
    client = browser_of(user)
    cookie = client.cookies[SESSION].value
    assert "Sign out?" in text_of(client.get(LOGOUT))
    assert is_signed_in(client)
    response = client.post(LOGOUT)
    assert notices(response) == ["You are signed out."]
    assert not WebSession.objects.exists()
    thief = Client()
    thief.cookies[SESSION] = cookie
    assert not is_signed_in(thief)
    assert tags(user) == ["account:session:open", "account:session:end"]


def test_a_visitor_who_signs_out_is_sent_home() -> None:
    assert Client().post(LOGOUT).headers["Location"] == "/"
    assert not Event.objects.exists()


def test_whoever_is_signed_in_stays_who_they_are() -> None:
    client = browser_of(make_user("ada"))
    make_user("grace")
    assert sign_in(client, "grace").headers["Location"] == PROJECTS
    assert "ada@example.com" in text_of(client.get(SETTINGS))


def test_a_person_without_address_can_sign_in_and_look_around() -> None:
    user = make_user("ada")
    user.addresses.all().delete()
    client = browser_of(user)
    assert "This account has no address." in text_of(client.get(SETTINGS))
    assert client.get("/").status_code == 200
