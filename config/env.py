"""Read configuration from the environment, and say clearly what is wrong with it.

Every variable may also be given as ``NAME_FILE``, the path of a file that holds
the value: that is how container secrets arrive.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
#: How long a request waits for a connection before it is answered with 503.
_POOL_WAIT_SECONDS = 10
_FALSE = frozenset({"0", "false", "no", "off", ""})


class Environment:
    """A typed view of environment variables.

    Every reader takes a default; a value that does not fit raises
    ``ImproperlyConfigured`` naming the variable and what it takes.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        """Read from ``variables``, or from the process environment."""
        self._variables = os.environ if variables is None else variables

    def text(self, name: str, default: str = "") -> str:
        """Return the value of ``name``, or of the file ``NAME_FILE`` names."""
        file = self._variables.get(f"{name}_FILE")
        if file:
            try:
                return Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                message = f"{name}_FILE names {file}, which cannot be read: {error}"
                raise ImproperlyConfigured(message) from error
        return self._variables.get(name, default).strip()

    def words(self, name: str, default: str = "") -> list[str]:
        """Return a comma-separated list without empty entries."""
        return [
            word
            for part in self.text(name, default).split(",")
            if (word := part.strip())
        ]

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a yes-or-no value."""
        value = self.text(name, "yes" if default else "no").lower()
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        message = f"{name} takes yes or no, not {value!r}."
        raise ImproperlyConfigured(message)

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        """Return a whole number of at least ``least``."""
        return self._parse(
            name,
            str(default),
            int,
            f"a whole number of {least} or more",
            fits=lambda value: value >= least,
        )

    def limit(self, name: str, default: tuple[int, int]) -> tuple[int, int]:
        """Return a limit written ``hits/seconds``."""
        return self._parse(
            name,
            f"{default[0]}/{default[1]}",
            _hits_and_seconds,
            "hits/seconds, such as 10/300",
            fits=lambda value: value[0] > 0 and value[1] > 0,
        )

    def _parse[T](
        self,
        name: str,
        default: str,
        parse: Callable[[str], T],
        takes: str,
        *,
        fits: Callable[[T], bool],
    ) -> T:
        text = self.text(name, default)
        try:
            value = parse(text)
        except ValueError:
            value = None
        if value is None or not fits(value):
            message = f"{name} takes {takes}, not {text!r}."
            raise ImproperlyConfigured(message)
        return value


def _hits_and_seconds(text: str) -> tuple[int, int]:
    hits, seconds = text.split("/")
    return int(hits), int(seconds)


def database(url: str, data_dir: Path, *, pool: int) -> dict[str, Any]:
    """Return Django's settings for the database that ``url`` names.

    An empty ``url`` is SQLite in ``data_dir``. PostgreSQL is
    ``postgresql://user:password@host:port/name``; a socket folder goes in the
    query as ``?host=/folder``. Each process keeps at most ``pool`` connections to it.
    """
    parts = urlsplit(url or f"sqlite:///{data_dir / 'gatehouse.sqlite3'}")
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path).removeprefix("/"))
    if parts.scheme in {"postgres", "postgresql"}:
        return _postgresql(parts.netloc, url, pool)
    message = "DATABASE_URL takes sqlite:///path or postgresql://user:password@host/db."
    raise ImproperlyConfigured(message)


def _sqlite(path: str) -> dict[str, Any]:
    pragmas = (
        "journal_mode=WAL",
        "synchronous=FULL",
        "temp_store=MEMORY",
        "cache_size=-20000",
        "journal_size_limit=67108864",
        "cell_size_check=ON",
    )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path if path.startswith("/") else f"/{path}",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A transaction that reads and then writes must hold the write lock
            # from its start: DEFERRED fails at the upgrade, whatever the timeout.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": ";".join(f"PRAGMA {pragma}" for pragma in pragmas),
        },
    }


def _postgresql(netloc: str, url: str, pool: int) -> dict[str, Any]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or parts.hostname or ""
    if not netloc and not host:
        message = "DATABASE_URL names no PostgreSQL host."
        raise ImproperlyConfigured(message)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path).removeprefix("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": 0,  # the pool keeps them instead
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **options,
            "pool": {"min_size": 1, "max_size": pool, "timeout": _POOL_WAIT_SECONDS},
        },
    }


def mailer(url: str) -> dict[str, Any]:
    """Return Django's ``MAILERS`` entry for ``console:`` or ``smtp://host:port``."""
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"BACKEND": "accounts.mailbox.ConsoleBackend"}
    if parts.scheme not in {"smtp", "smtp+tls", "smtps"} or not parts.hostname:
        message = (
            "GATEHOUSE_EMAIL_URL takes console:, smtp://host:port, "
            "smtp+tls://user:password@host:port or smtps://user:password@host:port."
        )
        raise ImproperlyConfigured(message)
    options = {
        "host": parts.hostname,
        "port": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtps",
        "timeout": 10,
    }
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": options,
    }
