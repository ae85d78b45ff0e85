"""Answers as values, and the headers that every one of them carries.

Nothing here sets a cookie or varies on one, so that caches may keep what they are
allowed to keep. Cross-origin reading is allowed: whatever is answered here is
public and the same for everybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from django.conf import settings

type Headers = list[tuple[str, str]]

ALLOWED: Final = "GET, HEAD, OPTIONS"
TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"

#: Always asked again, answered 304 while nothing has changed.
REVALIDATE: Final = ("Cache-Control", "no-cache")
NOT_STORED: Final = ("Cache-Control", "no-store")
#: A file's address names its content; the address never means anything else.
IMMUTABLE: Final = ("Cache-Control", "public, max-age=31536000, immutable")
_SHOWS_NOTHING: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_POLICY: Final = ("Content-Security-Policy", _SHOWS_NOTHING)
FILE_POLICY: Final = ("Content-Security-Policy", f"sandbox; {_SHOWS_NOTHING}")


@dataclass(frozen=True, slots=True)
class Response:
    """A status, headers besides the common ones, and the body's bytes."""

    status: HTTPStatus
    headers: Headers
    body: Iterable[bytes] = ()

    @property
    def status_line(self) -> str:
        """Return the status as WSGI wants it."""
        return f"{self.status.value} {self.status.phrase}"


def common_headers() -> Headers:
    """Return the headers of every answer; they depend on the settings alone."""
    headers = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "ETag, X-PyPI-Last-Serial"),
    ]
    if settings.SECURE_HSTS_SECONDS:
        headers.append(("Strict-Transport-Security", _hsts()))
    return headers


def _hsts() -> str:
    value = f"max-age={settings.SECURE_HSTS_SECONDS}"
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        value += "; includeSubDomains"
    return f"{value}; preload" if settings.SECURE_HSTS_PRELOAD else value


def plain(status: HTTPStatus, *headers: tuple[str, str]) -> Response:
    """Return a short answer in plain text: the status in words."""
    return _short(status, TEXT, f"{status.value} {status.phrase}\n", *headers)


def not_found() -> Response:
    """Return the 404 of pages and files; small, for installers ask for many names."""
    return plain(HTTPStatus.NOT_FOUND, REVALIDATE)


def json_not_found() -> Response:
    """Return the 404 of the JSON API."""
    return _short(HTTPStatus.NOT_FOUND, JSON, '{"message": "Not Found"}', REVALIDATE)


def moved(location: str) -> Response:
    """Return a permanent redirect; ``location`` is a path on this site."""
    return plain(HTTPStatus.MOVED_PERMANENTLY, ("Location", location), REVALIDATE)


def not_allowed() -> Response:
    """Refuse a method that would change something."""
    return plain(HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", ALLOWED))


def options() -> Response:
    """Answer a browser's preflight question about reading from another origin."""
    allowed = "Cache-Control, If-Match, If-Modified-Since, If-None-Match, Range"
    headers = [
        ("Allow", ALLOWED),
        ("Access-Control-Allow-Methods", ALLOWED),
        ("Access-Control-Allow-Headers", allowed),
        ("Access-Control-Max-Age", "86400"),
    ]
    return Response(HTTPStatus.NO_CONTENT, headers)


def unavailable() -> Response:
    """Say that the fault is ours and passes; installers try again."""
    return plain(HTTPStatus.SERVICE_UNAVAILABLE, ("Retry-After", "5"), NOT_STORED)


def _short(
    status: HTTPStatus, content_type: str, text: str, *headers: tuple[str, str]
) -> Response:
    body = text.encode()
    length = ("Content-Length", str(len(body)))
    return Response(
        status,
        [("Content-Type", content_type), length, PAGE_POLICY, *headers],
        [body],
    )
