import errno
import json
import sqlite3

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from packages.refusals import UploadRefused, answer, echo, of_fault, reason_phrase


def told(message: str, accept: str | None = None) -> HttpResponse:
    headers = {} if accept is None else {"HTTP_ACCEPT": accept}
    request = RequestFactory().post("/legacy/", **headers)  # type: ignore[arg-type]
    return answer(UploadRefused(message), request, HttpResponse)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/plain; charset=utf-8"),
        ("", "text/plain; charset=utf-8"),
        ("*/*", "text/plain; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain; charset=utf-8"),
        ("nonsense", "text/plain; charset=utf-8"),
        ("application/json", "application/json"),
        (
            "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7",
            "application/json",
        ),
    ],
)
def test_kind_of_answer_is_what_the_client_reads(accept: str | None, kind: str) -> None:
    assert told("No.", accept)["Content-Type"] == kind


def test_json_holds_what_uv_reads() -> None:
    assert json.loads(told("Nö.", "application/json").content) == {
        "message": "Nö.",
        "code": "400 Nö.",
        "title": "Bad Request",
    }


@pytest.mark.parametrize(
    ("message", "phrase"),
    [
        ("Plain.", "Plain."),
        ("Nö.", "Nö."),
        ("日本", "??"),
        ("a\r\nX-Evil: 1", "a X-Evil: 1"),
        ("a\0b\x1b[31m\x7f\x85", "a?b?[31m?"),
        ("x" * 1000, "x" * 400),
    ],
)
def test_reason_phrase_fits_a_status_line(message: str, phrase: str) -> None:
    assert reason_phrase(message) == phrase
    assert told(message).reason_phrase == phrase


def test_echo_is_short_and_printable() -> None:
    assert echo("plain") == "plain"
    assert echo("a\nb\u202ec") == "a\N{WHITE SQUARE}b\N{WHITE SQUARE}c"
    assert len(echo("x" * 10_000)) == 61


def database_error(cause: Exception) -> OperationalError:
    error = OperationalError("it failed")
    error.__cause__ = cause
    return error


def sqlite_full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


class PostgreSQLFull(Exception):  # noqa: N818 - stands for psycopg's DiskFull
    sqlstate = "53100"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OSError(errno.ENOSPC, "full"), 507),
        (OSError(errno.EDQUOT, "quota"), 507),
        (OSError(errno.EIO, "broken"), 503),
        (database_error(sqlite_full()), 507),
        (database_error(PostgreSQLFull()), 507),
        (OperationalError("server closed the connection"), 503),
    ],
)
def test_fault_of_ours_asks_to_come_again(fault: Exception, status: int) -> None:
    refusal = of_fault(fault)
    assert refusal.status == status
    assert refusal.retry_after
    assert "Nothing was stored" in refusal.message
