"""Every route with every credential: who may what, and by which method."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User, WebSession
from tests.accounts.browsing import (
    LOGIN,
    NOON,
    SECOND_STEP,
    STEP,
    browser_of,
    give_code,
    half_browser_of,
    protected_user,
)
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
READ = frozenset({"GET", "HEAD"})
FORM = READ | {"POST"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


@dataclass(frozen=True)
class Route:
    """What one route declares: its methods and who reads it."""

    path: str
    methods: frozenset[str]
    is_open: bool
    takes_forms: bool = True


#: Every route of the product. A new one fails the suite until it stands here.
ROUTES = {
    "healthz": Route("/healthz", READ, is_open=True),
    "accent-css": Route("/site/accent.css", READ, is_open=True),
    "home": Route("/", READ, is_open=True),
    "help": Route("/help/", READ, is_open=True),
    "security": Route("/security/", READ, is_open=True),
    "security-txt": Route("/.well-known/security.txt", READ, is_open=True),
    "upload": Route("/legacy/", FORM, is_open=True, takes_forms=False),
    "upload-add-slash": Route("/legacy", frozenset(METHODS), is_open=True),
    "packages:manage-projects": Route("/manage/projects/", READ, is_open=False),
    "packages:project": Route("/project/nothing/", READ, is_open=True),
    "packages:release": Route("/project/nothing/1.0/", READ, is_open=True),
    "twofactor:sign-in": Route(SECOND_STEP, FORM, is_open=True),
    "twofactor:overview": Route("/manage/account/two-factor/", READ, is_open=False),
    "twofactor:totp-provision": Route(
        "/manage/account/totp-provision", FORM, is_open=False
    ),
    "twofactor:totp-remove": Route("/manage/account/totp-remove", FORM, is_open=False),
    "accounts:login": Route(LOGIN, FORM, is_open=True),
    "accounts:logout": Route("/account/logout/", FORM, is_open=True),
    "accounts:register": Route("/account/register/", FORM, is_open=True),
    "accounts:verify-email": Route("/account/verify-email/", FORM, is_open=True),
    "accounts:request-password-reset": Route(
        "/account/request-password-reset/", FORM, is_open=True
    ),
    "accounts:reset-password": Route("/account/reset-password/", FORM, is_open=True),
    "accounts:settings": Route("/manage/account/", READ, is_open=False),
    "accounts:password": Route("/manage/account/password/", FORM, is_open=False),
    "accounts:history": Route("/manage/account/history/", READ, is_open=False),
    "accounts:address-resend": Route(
        "/manage/account/addresses/1/verify/", frozenset({"POST"}), is_open=False
    ),
    "mailbox": Route("/dev/mail/", READ, is_open=True),
}
CLOSED = [name for name, route in ROUTES.items() if not route.is_open]
BASIC = "Basic " + base64.b64encode(f"ada:{PASSWORD}".encode()).decode()


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def declared(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """Give the full name of every route but the administration's."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}"
        elif entry.namespace != "admin":
            yield from declared(
                entry, f"{entry.namespace}:" if entry.namespace else space
            )


def ask(client: Client, method: str, route: Route, **headers: str) -> HttpResponse:
    body = b"--x--\r\n" if method == "POST" else b""
    kind = "multipart/form-data; boundary=x"
    return client.generic(method, route.path, body, kind, headers=headers)  # type: ignore[return-value]


def is_turned_away(response: HttpResponse) -> bool:
    location = response.headers.get("Location", "")
    return response.status_code == 302 and location.startswith(f"{LOGIN}?next=")


def test_every_route_is_in_the_table() -> None:
    assert sorted(declared(get_resolver())) == sorted(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_methods_that_are_not_declared_are_refused(name: str) -> None:
    route = ROUTES[name]
    client = browser_of(make_user("ada"))
    for method in METHODS:
        if method not in route.methods:
            response = ask(client, method, route)
            assert response.status_code == 405, method
            assert set(response.headers["Allow"].split(", ")) == route.methods


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("credential", ["nothing", "basic", "half", "bearer", "ended"])
def test_what_needs_a_session_opens_with_nothing_else(
    name: str, credential: str
) -> None:
    route = ROUTES[name]
    client, headers = holder_of(credential)
    for method in sorted(route.methods):
        assert is_turned_away(ask(client, method, route, **headers)), method


def holder_of(credential: str) -> tuple[Client, dict[str, str]]:
    """Return a browser and headers that carry one kind of credential."""
    if credential == "half":
        return half_browser_of(protected_user("ada")), {}
    user = make_user("ada")
    if credential in {"session", "ended"}:
        client = browser_of(user)
        if credential == "ended":
            WebSession.objects.all().delete()
        return client, {}
    header = {"basic": BASIC, "bearer": f"Bearer {PASSWORD}"}.get(credential)
    return Client(), {"authorization": header} if header else {}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("factors", [1, 2])
def test_a_session_opens_the_web(name: str, factors: int) -> None:
    client = signed_in_with(factors)
    route = ROUTES[name]
    for method in sorted(route.methods & READ):
        response = ask(client, method, route, authorization="Basic bm9ib2R5Ong=")
        assert not is_turned_away(response)
        assert response.status_code in {200, 302}


def signed_in_with(factors: int) -> Client:
    if factors == 1:
        return browser_of(make_user("ada"))
    client = half_browser_of(protected_user("ada"))
    give_code(client, NOON)
    return client


@pytest.mark.parametrize("name", ROUTES)
def test_basic_auth_signs_nobody_in_on_the_web(name: str) -> None:
    make_user("ada")
    route = ROUTES[name]
    client = Client()
    if "GET" in route.methods:
        response = ask(client, "GET", route, authorization=BASIC)
        assert b"Account menu of" not in response.content
    assert not WebSession.objects.exists()
    assert User.objects.get().last_login is None


@pytest.mark.parametrize("credential", ["nothing", "session", "half", "ended"])
def test_the_upload_takes_no_cookie(credential: str) -> None:
    client, headers = holder_of(credential)
    response = ask(client, "POST", ROUTES["upload"], **headers)
    assert response.status_code == 403
    assert b"No username and password were given" in response.content


@pytest.mark.parametrize("with_session", [False, True])
@pytest.mark.parametrize("factors", [1, 2])
def test_basic_auth_opens_the_upload(factors: int, with_session: bool) -> None:
    client = signed_in_with(factors)
    if not with_session:
        client = Client()
    response = ask(client, "POST", ROUTES["upload"], authorization=BASIC)
    assert response.status_code == 400
    assert b"password" not in response.content.lower()


def test_a_wrong_basic_auth_beside_a_session_opens_nothing() -> None:
    client = browser_of(make_user("ada"))
    wrong = "Basic " + base64.b64encode(b"ada:wrong").decode()
    response = ask(client, "POST", ROUTES["upload"], authorization=wrong)
    assert response.status_code == 403
    assert b"do not belong together" in response.content


@pytest.mark.parametrize(
    "name",
    [
        n
        for n, r in ROUTES.items()
        if "POST" in r.methods and not n.startswith("upload")
    ],
)
@pytest.mark.parametrize("who", ["visitor", "session", "half"])
def test_a_form_without_its_token_is_refused(name: str, who: str) -> None:
    if who == "half":
        plain = half_browser_of(protected_user("ada"))
    else:
        plain = browser_of(make_user("ada")) if who == "session" else Client()
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(plain.cookies)
    assert ask(client, "POST", ROUTES[name]).status_code == 403


@pytest.mark.parametrize("name", ROUTES)
def test_no_route_but_the_two_steps_and_registering_opens_a_session(name: str) -> None:
    user = protected_user("ada")
    client = half_browser_of(user)
    give_code(client, NOON - STEP)
    WebSession.objects.all().delete()
    route = ROUTES[name]
    for method in sorted(route.methods):
        ask(client, method, route, authorization=BASIC)
    assert not WebSession.objects.exists()
