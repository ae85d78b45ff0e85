"""The least a WSGI application can do: the limit that the server itself sets."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

_BODY = b"hello\n"


def application(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer every request with six bytes."""
    start_response("200 OK", [("Content-Length", str(len(_BODY)))])
    return [_BODY]
