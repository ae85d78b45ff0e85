"""Why an upload is not taken, said in three places at once.

twine, poetry, flit and hatch show the HTTP reason phrase, uv the JSON `code`,
poetry and `twine --verbose` the body. All three are built here from one
sentence. Anything deterministic is a 4xx: on a 5xx twine sends the whole file
again, five times.
"""

import errno
import json
import sqlite3
from http.client import responses

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.refusals import Refusal

TEXT = "text/plain; charset=utf-8"
#: Longest reason phrase; proxies and clients bound the status line.
REASON_PHRASE_LENGTH = 400
#: Longest echo of something that was sent to us.
ECHO_LENGTH = 60
#: Seconds a client is asked to wait when the fault is ours.
RETRY_AFTER = 30
#: What the storage and the database say when the disk is full.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_POSTGRES_DISK_FULL = "53100"
#: The database is away, locked or read-only; other errors of it are our own bugs.
DATABASE_TROUBLE = (OperationalError, InterfaceError, InternalError)


class UploadRefused(Refusal):
    """An upload that is not taken; nothing of it stays."""

    default_code = "upload-refused"
    default_status = 400


class InvalidForm(UploadRefused):
    """The request itself, or a field of its form, is not acceptable."""

    default_code = "invalid-form"


class InvalidFile(UploadRefused):
    """The file, its name or what it says about itself is not acceptable."""

    default_code = "invalid-distribution"

    def __init__(self, why: str | Promise, *, code: str | None = None) -> None:
        """Put what is wrong behind the words people know from PyPI."""
        message = _("Invalid distribution file. %(why)s") % {"why": why}
        super().__init__(message, code=code)


class NotAllowed(UploadRefused):
    """The person may not do this; said only to whom it gives nothing away."""

    default_code = "not-allowed"
    default_status = 403


class FileExists(UploadRefused):
    """The name or the bytes are taken; clients look for these first words."""

    default_code = "file-already-exists"

    def __init__(self, filename: str, blake2b_256: str) -> None:
        """Name the file that is in the index and its digest."""
        message = _(
            "File already exists ('%(name)s', with blake2_256 hash '%(hash)s')."
        )
        super().__init__(message % {"name": echo(filename), "hash": blake2b_256})


def echo(value: str) -> str:
    """Return a sent value fit to be shown: one line, printable, not too long."""
    clean = "".join(c if c.isprintable() else "\N{WHITE SQUARE}" for c in value)
    if len(clean) <= ECHO_LENGTH:
        return clean
    half = ECHO_LENGTH // 2
    return f"{clean[:half]}\N{HORIZONTAL ELLIPSIS}{clean[-half:]}"


def reason_phrase(message: str) -> str:
    """Return `message` as a status line can carry it: latin-1, no controls."""
    line = " ".join(message.split())
    latin = line.encode("latin-1", "replace").decode("latin-1")
    clean = "".join(c if c.isprintable() else "?" for c in latin)
    return clean[:REASON_PHRASE_LENGTH]


def answer[R: HttpResponse](refusal: Refusal, request: HttpRequest, kind: type[R]) -> R:
    """Return the response, of class `kind`, that tells every client a refusal."""
    if _prefers_json(request):
        # uv reads `code`, and only when the type is exactly application/json.
        said = {
            "message": refusal.message,
            "code": f"{refusal.status} {refusal.message}",
            "title": responses.get(refusal.status, ""),
        }
        response = kind(json.dumps(said), content_type="application/json")
    else:
        response = kind(f"{refusal.message}\n", content_type=TEXT)
    response.status_code = refusal.status
    response.reason_phrase = reason_phrase(refusal.message)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _prefers_json(request: HttpRequest) -> bool:
    kinds = ["text/plain", "application/json"]
    return request.get_preferred_type(kinds) == "application/json"


def of_fault(fault: Exception) -> Refusal:
    """Return the refusal that tells of a database or storage that failed."""
    if _is_full(fault):
        return UploadRefused(
            _("The index has no room left. Nothing was stored; try again later."),
            code="storage-full",
            status=507,
            retry_after=RETRY_AFTER,
        )
    return UploadRefused(
        _("The index cannot store files just now. Nothing was stored; try again."),
        code="unavailable",
        status=503,
        retry_after=RETRY_AFTER,
    )


def _is_full(fault: BaseException | None) -> bool:
    if fault is None:
        return False
    if isinstance(fault, OSError) and fault.errno in _FULL:
        return True
    if getattr(fault, "sqlstate", None) == _POSTGRES_DISK_FULL:
        return True
    if getattr(fault, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return True
    return _is_full(fault.__cause__)
