"""Answer installers ahead of Django: no middleware, no session, no template.

Owns ``/simple/``, ``/packages/`` and the JSON API under ``/pypi/``; every other
path goes on to Django. A read costs at most one indexed query. A database that
cannot be reached is asked a second time on a new connection, then answered 503.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import InvalidVersion, Version

from packages.index import answers, files, responses
from packages.index.responses import Response

logger = logging.getLogger(__name__)

#: What a name may be, as the upload has it; anything else is not worth a query.
_NAME: Final = r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?)"
_SIMPLE: Final = re.compile(rf"/simple/{_NAME}(?P<slash>/?)")
_JSON_API: Final = re.compile(rf"/pypi/{_NAME}(?:/(?P<version>[^/]{{1,200}}))?/json/?")
_FILE: Final = re.compile(
    r"/packages/(?P<path>[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/"
    r"(?P<filename>[A-Za-z0-9][A-Za-z0-9._+!-]{0,263}))"
)
#: A slash, backslash or NUL in disguise: never in an address this index gave out.
_DISGUISED: Final = re.compile(r"%(?:2f|5c|00)", re.IGNORECASE)

type Answer = Callable[[WSGIEnvironment], Response]


class IndexApplication:
    """A WSGI application that answers the index and passes on everything else."""

    def __init__(self, fallback: WSGIApplication) -> None:
        """Pass what is not the index's to ``fallback``."""
        self._fallback = fallback
        self._headers = responses.common_headers()

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        answer = _route(environ.get("PATH_INFO", ""))
        if answer is None:
            return self._fallback(environ, start_response)
        response = _respond(environ, answer)
        start_response(response.status_line, [*response.headers, *self._headers])
        if environ["REQUEST_METHOD"] == "HEAD":
            return ()
        return response.body


def _respond(environ: WSGIEnvironment, answer: Answer) -> Response:
    method = environ["REQUEST_METHOD"]
    if method == "OPTIONS":
        return responses.options()
    if method not in {"GET", "HEAD"}:
        return responses.not_allowed()
    if _DISGUISED.search(environ.get("RAW_URI", "").partition("?")[0]):
        return responses.not_found()
    try:
        return _with_connection(lambda: answer(environ))
    except (DatabaseError, InterfaceError):
        logger.exception("The index could not be read from the database")
        return responses.unavailable()


def _with_connection(ask: Callable[[], Response]) -> Response:
    """Run ``ask``; once more on a new connection if the old one had died.

    Outside Django's request cycle nobody else looks after this thread's connection.
    """
    try:
        return ask()
    except (OperationalError, InterfaceError):
        connection.close()
        return ask()
    finally:
        # A lasting, healthy connection is left alone: closing "if unusable" would
        # have the next request ask PostgreSQL for its health first.
        # A pooled one (``close_at`` is set) goes back to its pool.
        is_done = connection.errors_occurred or connection.close_at is not None
        if is_done and not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _route(path: str) -> Answer | None:
    """Return what answers ``path``, or nothing if it is not the index's."""
    if path.startswith("/simple/"):
        return _simple(path)
    if path.startswith("/packages/"):
        return _file(path)
    if path.startswith("/pypi/"):
        return _json_api(path)
    if path == "/simple":
        return lambda environ: answers.moved(environ, "/simple/")
    return None


def _simple(path: str) -> Answer:
    if path == "/simple/":
        return answers.simple_index
    match = _SIMPLE.fullmatch(path)
    if match is None:
        return _missing
    name = canonicalize_name(match["name"])
    if match["name"] != name or not match["slash"]:
        return lambda environ: answers.moved(environ, f"/simple/{name}/")
    return lambda environ: answers.simple_project(environ, name)


def _file(path: str) -> Answer:
    match = _FILE.fullmatch(path)
    if match is None:
        return _missing
    return lambda environ: files.answer(environ, match["path"], match["filename"])


def _json_api(path: str) -> Answer | None:
    match = _JSON_API.fullmatch(path)
    if match is None:
        return None
    spelled, version = match["name"], match["version"]
    name = canonicalize_name(spelled)
    try:
        # 1.0 and 1.0.0 are one release, and this is its key.
        key = version and canonicalize_version(Version(version))
    except InvalidVersion:
        return _missing_json
    if spelled != name:
        middle = f"{name}/{version}" if version else name
        return lambda environ: answers.moved(environ, f"/pypi/{middle}/json")
    return lambda environ: answers.json_api(environ, name, key)


def _missing(_: WSGIEnvironment) -> Response:
    return responses.not_found()


def _missing_json(_: WSGIEnvironment) -> Response:
    return responses.json_not_found()
