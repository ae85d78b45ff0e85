"""A mail server that is down, and a story that leaves no secret behind."""

import base64
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from tests.factories import PASSWORD, code_at
from tests.harness import console as consoles
from tests.harness.console import Console
from tests.harness.guests import Guest, eventually, upload
from tests.harness.instance import Instance, link_in
from tests.packages.builders import unused_name, wheel

_ADDRESS = "ada@example.com"
_NEW_PASSWORD = "amber violins cross the tundra"
_WRONG_PASSWORD = "granite otter behind the chapel"
_TABLES = """
from django.db import connection
answer = []
with connection.cursor() as cursor:
    for table in connection.introspection.table_names():
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        for value in (value for row in cursor for value in row):
            is_raw = isinstance(value, bytes | memoryview)
            answer.append(bytes(value).decode("latin-1") if is_raw else str(value))
"""


def test_mail_waits_for_its_server_and_no_secret_is_kept(
    start_instance: Callable[..., Instance],
) -> None:
    port = _closed_port()
    server = start_instance(GATEHOUSE_EMAIL_URL=f"smtp://127.0.0.1:{port}")
    ada = Guest(server.url)
    with consoles.opened(server) as console:
        _register(ada)
        eventually(lambda: console.ask("OutgoingMail.objects.get().error"))
        assert "waits: ConnectionRefusedError" in server.log
        assert not server.mail(_ADDRESS)

        with _mail_server(port):
            # The next attempt is due in half a minute; nobody waits for it here.
            console.run(
                "from django.utils import timezone\n"
                "OutgoingMail.objects.update(due_at=timezone.now())"
            )
            secrets = _live_through(server, ada)
            unsent = "OutgoingMail.objects.filter(sent_at=None).exists()"
            eventually(lambda: not console.ask(unsent))
        stored = _everything_stored(server, console)

    log = server.log.encode()
    assert b'"POST /account/login/"' in log
    assert b"two-factor:add" in stored
    for name, secret in secrets:
        pattern = _pattern(secret)
        assert not pattern.search(log), f"{name} is in the log"
        assert not pattern.search(stored), f"{name} is stored"


def _register(ada: Guest) -> None:
    ada.get("/account/register/")
    registered = ada.post(
        "/account/register/",
        username="ada",
        email=_ADDRESS,
        new_password=PASSWORD,
        password_confirm=PASSWORD,
    )
    assert registered.status == 302, registered.text


def _live_through(server: Instance, ada: Guest) -> Iterator[tuple[str, bytes]]:
    """Do what people do, and return everything in it that is secret."""
    secrets = {
        "password": PASSWORD,
        "wrong password": _WRONG_PASSWORD,
        "new password": _NEW_PASSWORD,
        "Basic credentials": base64.b64encode(f"ada:{PASSWORD}".encode()).decode(),
    }
    verify = server.wait_for_mail(_ADDRESS, "erify")
    secrets["verification token"] = _open(ada, verify)
    assert ada.post("/account/verify-email/").location == "/"
    secrets |= _turn_two_factor_on(ada)

    _sign_in_again(ada, secrets["second code"])
    for password, status in ((_WRONG_PASSWORD, 403), (PASSWORD, 200)):
        sent = upload(server.url, wheel(unused_name()), "ada", password).send()
        assert sent.status == status, sent.reason

    ada.post("/account/logout/")
    ada.get("/account/request-password-reset/")
    ada.post("/account/request-password-reset/", username_or_email=_ADDRESS)
    secrets["reset token"] = _open(ada, server.wait_for_mail(_ADDRESS, "eset"))
    fields = {"new_password": _NEW_PASSWORD, "password_confirm": _NEW_PASSWORD}
    changed = ada.post("/account/reset-password/", **fields)
    assert changed.location == "/account/login/", changed.text
    assert ada.sign_in("ada", _NEW_PASSWORD).location == "/account/two-factor/"
    return _with_cookies(secrets, ada)


def _turn_two_factor_on(ada: Guest) -> dict[str, str]:
    now = time.time()
    page = ada.get("/manage/account/totp-provision").text
    (secret,) = re.findall(r'data-copy-value="([A-Z2-7]{32})"', page)
    # Each step serves once: the second code is the next one.
    codes = [code_at(now, secret), code_at(now + 30, secret)]
    turned_on = ada.post("/manage/account/totp-provision", totp_value=codes[0])
    assert turned_on.location == "/manage/account/two-factor/"
    return {"TOTP secret": secret, "first code": codes[0], "second code": codes[1]}


def _sign_in_again(ada: Guest, code: str) -> None:
    ada.post("/account/logout/")
    ada.get("/account/login/")
    ada.post("/account/login/", username="ada", password=_WRONG_PASSWORD)
    assert ada.sign_in("ada").location == "/account/two-factor/"
    inside = ada.post("/account/two-factor/", totp_value=code)
    assert inside.location == "/manage/projects/", inside.text


def _with_cookies(secrets: dict[str, str], ada: Guest) -> Iterator[tuple[str, bytes]]:
    for name, secret in secrets.items():
        yield name, secret.encode()
    yield "raw TOTP secret", base64.b32decode(secrets["TOTP secret"])
    kept = {"gatehouse-session", "gatehouse-half"}
    cookies = {value for name, value in ada.history if name in kept and value}
    assert len(cookies) >= len(kept)
    for value in cookies:
        yield "cookie", value.encode()


def _open(ada: Guest, mail: EmailMessage) -> str:
    """Follow the link of a mail and return its token."""
    link = urlsplit(link_in(mail, "/account/"))
    ada.get(f"{link.path}?{link.query}")
    assert ada.get(link.path).status == 200
    return parse_qs(link.query)["token"][0]


def _everything_stored(server: Instance, console: Console) -> bytes:
    """Return every file of the data folder, and every value of the database.

    But for the mailbox of a development instance, which is there to be read.
    """
    files = [
        path.read_bytes()
        for path in server.data_dir.rglob("*")
        if path.is_file() and path.parent.name not in {"mail", "static"}
    ]
    return b"\n".join([*files, *(value.encode() for value in console.run(_TABLES))])


def _pattern(secret: bytes) -> re.Pattern[bytes]:
    pattern = re.escape(secret)
    if len(secret) == 6:
        # A code's digits may turn up within a digest or a fraction of a second.
        pattern = rb"(?<![\w.])" + pattern + rb"(?!\w)"
    return re.compile(pattern)


@contextmanager
def _mail_server(port: int) -> Iterator[None]:
    server = Controller(Sink(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield
    finally:
        server.stop()


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
