"""What every answer carries, and what is refused before a page is asked."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import LimitCounter
from tests.accounts.browsing import (
    CHANGE,
    HISTORY,
    LOGIN,
    OVERVIEW,
    PROVISION,
    RESET,
    SETTINGS,
    VERIFY,
    browser_of,
    is_signed_in,
    sign_in,
    text_of,
)
from tests.factories import PASSWORD, make_user

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ["/", LOGIN, SETTINGS, CHANGE, HISTORY, OVERVIEW, PROVISION, "/nothing/here"]
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["visitor", "ada"])
def test_every_page_is_guarded(path: str, who: str) -> None:
    client = browser_of(make_user("ada")) if who == "ada" else Client()
    response = client.get(path)
    for name, value in FIXED.items():
        assert response.headers[name] == value, name
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert len(response.headers["X-Request-Id"]) == 16
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Cookie" in response.headers["Vary"] or who == "visitor"


@pytest.mark.django_db
def test_refusals_are_guarded_too() -> None:
    client = Client(enforce_csrf_checks=True)
    for response in (
        client.post(LOGIN),
        client.post(LOGIN, headers={"sec-fetch-site": "cross-site"}),
        client.get("/?a=%00"),
        client.get("/", headers={"host": "evil.example"}),
        client.put(LOGIN),
    ):
        assert 400 <= response.status_code < 500
        for name in ("X-Content-Type-Options", "Content-Security-Policy"):
            assert name in response.headers


@pytest.mark.django_db
@pytest.mark.parametrize("site", ["cross-site", "same-site", "other", "Cross-Site"])
def test_a_form_from_another_site_is_refused_before_it_is_read(site: str) -> None:
    make_user("ada")
    client = Client(headers={"sec-fetch-site": site})
    response = sign_in(client)
    assert response.status_code == 403
    assert "sent from another site" in text_of(response)
    assert not LimitCounter.objects.exists()
    assert client.get(LOGIN).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_form_from_here_is_taken(site: str) -> None:
    make_user("ada")
    client = Client(headers={"sec-fetch-site": site})
    sign_in(client)
    assert is_signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        f"{LOGIN}?next=%00",
        f"{RESET}?token=%00",
        f"{VERIFY}?token=a%00b",
        "/project/a%00b/",
        "/%00",
    ],
)
def test_a_nul_in_an_address_is_a_bad_request(path: str) -> None:
    assert Client().get(path).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    "charset", ["utf-7", "utf-16", "unicode_escape", "rot13", "hex", "idna", "zlib"]
)
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_other_codecs_than_utf_8_are_refused(charset: str, kind: str) -> None:
    body = b"username=ada&password=" + PASSWORD.encode()
    response = Client().generic("POST", LOGIN, body, f"{kind}; charset={charset}")
    assert response.status_code == 400


_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data; boundary=x"
_BAD_PART = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\xff\xed'
_MANY_FIELDS = b"&".join(b"f%d=1" % number for number in range(1001))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"username=%FF%FE&password=%ED%A0%80", _URLENCODED),
        (b"\xff\xfe=\x80&&&==&=", _URLENCODED),
        (b"username=ada", "text/plain"),
        (b'{"username": "ada", "password": ["x"]}', "application/json"),
        (b"--x\r\nnothing", _MULTIPART),
        (b"", "multipart/form-data"),
        (_BAD_PART + b"\xa0\x80\r\n--x--\r\n", _MULTIPART),
        (_MANY_FIELDS, _URLENCODED),
        (b"password=" + 3_000_000 * b"a", _URLENCODED),
        (b"username=ada&password=" + 2_400_000 * b"a", _URLENCODED),
    ],
    ids=range(10),
)
def test_what_is_no_form_is_answered_without_a_fault(body: bytes, kind: str) -> None:
    make_user("ada")
    client = Client()
    response = client.generic("POST", LOGIN, body, kind)
    assert response.status_code in {200, 400, 403, 413}
    assert not is_signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["session", "half", "csrf", "link-reset", "link-verify"]
)
@pytest.mark.parametrize(
    "value", ["", "\u00e9\u20ac", "a\x01b", 4000 * "a", "'\";--", "\\000\\377"]
)
def test_no_cookie_makes_a_fault(name: str, value: str) -> None:
    client = Client()
    raw = f"gatehouse-{name}={value}".encode().decode("latin-1")
    for path in ("/", LOGIN, VERIFY, RESET, "/account/two-factor/", SETTINGS):
        response = client.get(path, headers={"cookie": raw})
        assert response.status_code in {200, 302}
        for morsel in response.cookies.values():
            morsel.OutputString().encode("latin-1")


_HTTPS = """
import json
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)
from django.test import Client
from tests.factories import PASSWORD, make_user, turn_on_totp
make_user("ada")
turn_on_totp(make_user("grace"))
kept = {}
answers = {}
def note(response):
    for name, morsel in response.cookies.items():
        kept[name] = morsel.OutputString()
    path = response.request["PATH_INFO"]
    answers[path] = [response.status_code, dict(response.headers)]
host = "packages.example.com"
client = Client(headers={"host": host, "referer": f"https://{host}/"})
def go(method, *arguments, **more):
    note(getattr(client, method)(*arguments, secure=True, **more))
go("get", "/account/login/")
go("get", "/account/reset-password/?token=" + 43 * "a")
go("post", "/account/login/", {"username": "grace", "password": PASSWORD})
go("post", "/account/login/", {"username": "ada", "password": PASSWORD})
go("get", "/manage/account/")
go("post", "/account/logout/")
go("get", "/nothing/here")
evil = {"host": host, "origin": "https://evil.example"}
foreign = Client(enforce_csrf_checks=True, headers=evil)
answers["foreign"] = [foreign.post("/account/login/", secure=True).status_code, {}]
answers["mailbox"] = [client.get("/dev/mail/", secure=True).status_code, {}]
print(json.dumps([kept, answers]))
"""


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """Walk through a production instance and give its cookies and headers."""
    folder = tmp_path_factory.mktemp("https")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GATEHOUSE_", "DJANGO_", "DATABASE_", "COV_"))
    }
    environment |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "GATEHOUSE_ALLOWED_HOSTS": "packages.example.com",
        "GATEHOUSE_BASE_URL": "https://packages.example.com",
        "GATEHOUSE_DATA_DIR": str(folder),
        "GATEHOUSE_EMAIL_URL": "smtp://localhost:25",
        "GATEHOUSE_ENV": "production",
        "GATEHOUSE_SEALING_KEYS": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "GATEHOUSE_SECRET_KEY": "HGFEDCBAzyxwvutsrqponmlkjihgfedcba9876543210",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _HTTPS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_every_cookie_is_bound_to_the_host_over_https(https: Any) -> None:  # noqa: ANN401
    cookies, _answers = https
    assert {"__Host-session", "__Host-csrf", "__Host-half", "__Host-link-reset"} <= set(
        cookies
    )
    for name, text in cookies.items():
        if "max-age=0" in text.lower():
            continue
        flags = {flag.strip().lower() for flag in text.split(";")[1:]}
        assert {"path=/", "secure", "samesite=lax"} <= flags, name
        assert not any(flag.startswith("domain") for flag in flags), name
        assert "httponly" in flags, name


def test_the_session_cookie_ends_with_the_browser(https: Any) -> None:  # noqa: ANN401
    cookies, _answers = https
    assert "__Host-session" in cookies


def test_every_answer_over_https_says_so_for_a_year(https: Any) -> None:  # noqa: ANN401
    _cookies, answers = https
    for path, (_status, headers) in answers.items():
        if headers:
            value = headers["Strict-Transport-Security"]
            assert "max-age=31536000" in value, path
            assert "includeSubDomains" in value, path


def test_a_form_of_another_origin_and_the_mailbox_are_refused(https: Any) -> None:  # noqa: ANN401
    _cookies, answers = https
    assert answers["foreign"][0] == 403
    assert answers["mailbox"][0] == 404
