"""A running instance, as a person starts it: ``manage.py serve`` on a free port."""

import contextlib
import email
import email.policy
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent.parent
#: All tests of a worker come from one address, and must not use up one another's
#: limits. The limits of an account stay: each test makes its own.
ROOMY = {
    f"GATEHOUSE_LIMIT_{name}": "100000/60"
    for name in (
        "SIGN_IN_NETWORK",
        "SIGN_IN_SITE",
        "SECOND_FACTOR_NETWORK_5MIN",
        "SECOND_FACTOR_NETWORK_HOUR",
        "RESET_NETWORK",
        "REGISTER_NETWORK",
        "REGISTER_SITE",
        "PROJECT_CREATE_NETWORK",
    )
}
_START_SECONDS = 60
_STOP_SECONDS = 30
_LINK = re.compile(r"https?://\S+")


class Instance:
    """A server with a data folder and a database of its own."""

    def __init__(self, home: Path, database_url: str, settings: dict[str, str]) -> None:
        """Prepare an instance below ``home``; ``settings`` are its variables."""
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.data_dir = home / "data"
        self.log_path = home / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GATEHOUSE_", "DJANGO_", "PYTEST_", "COV_"))
        } | {
            "DATABASE_URL": database_url,
            "GATEHOUSE_DATA_DIR": str(self.data_dir),
            "GATEHOUSE_ENV": "development",
            "GATEHOUSE_PORT": str(self.port),
            **settings,
        }

    @property
    def log(self) -> str:
        """Everything the server has printed so far."""
        return self.log_path.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The process to send signals to, and whose children are the workers."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server and return when it answers."""
        with self.log_path.open("ab") as log:
            self._process = self._popen("serve", log)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = f"The server did not start:\n{self.log[-4000:]}"
                raise RuntimeError(message)
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask the server to stop; it must do so in good order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            status = -signal.SIGKILL
        assert status == 0, f"The server ended with {status}:\n{self.log[-4000:]}"

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a management command against this instance and return its output."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    def mail(self, to: str = "", subject: str = "") -> list[EmailMessage]:
        """Return the mails delivered so far, oldest first.

        Only those to the address ``to`` and with ``subject`` in their subject.
        """
        files = (self.data_dir / "mail").glob("*.eml")
        mails = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)
        ]
        return [
            mail
            for mail in mails
            if to in str(mail["To"]) and subject in str(mail["Subject"])
        ]

    def wait_for_mail(
        self, to: str, subject: str = "", *, count: int = 1, seconds: float = 20
    ) -> EmailMessage:
        """Return the newest matching mail once there are ``count`` of them."""
        deadline = time.monotonic() + seconds
        while len(mails := self.mail(to, subject)) < count:
            if time.monotonic() > deadline:
                found = [str(mail["Subject"]) for mail in self.mail(to)]
                message = f"No mail {subject!r} for {to}; there are {found}."
                raise AssertionError(message)
            time.sleep(0.05)
        return mails[-1]

    def _popen(self, command: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


@contextlib.contextmanager
def running(**settings: str) -> Iterator[Instance]:
    """Run an instance on the suite's kind of database and stop it at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-") as home,
        _database() as database_url,
    ):
        instance = Instance(Path(home), database_url, settings)
        try:
            instance.start()
            yield instance
        finally:
            instance.stop()
        assert "Traceback (most recent call last)" not in instance.log, instance.log


def link_in(mail: EmailMessage, path: str = "/") -> str:
    """Return the one link in ``mail`` whose path starts with ``path``."""
    body = mail.get_body(("plain",))
    assert body is not None
    links = [
        link
        for link in _LINK.findall(body.get_content())
        if urlsplit(link).path.startswith(path)
    ]
    assert len(links) == 1, f"{links} in {body.get_content()}"
    return str(links[0])


@contextlib.contextmanager
def _database() -> Iterator[str]:
    """Give the URL of an empty database; "" is a file in the data folder."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield ""
        return
    name = f"gatehouse_instance_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
