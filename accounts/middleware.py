"""What every request and response passes."""

import contextvars
import logging
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id")
_PERMISSIONS = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "microphone=(), midi=(), payment=(), usb=()"
)
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

type GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestId:
    """Gives each request an id that its log lines and events carry."""

    def __init__(self, get_response: GetResponse) -> None:
        """Wrap the rest of the chain."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Name the request, and tell the client."""
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        token = _request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self._get_response(request)
        finally:
            _request_id.reset(token)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class RequestIdFilter(logging.Filter):
    """Puts the request's id on log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add ``request_id``; keep control characters out of the line."""
        record.request_id = _request_id.get("-")
        if isinstance(record.msg, str) and isinstance(record.args, tuple):
            record.args = tuple(
                arg.encode("unicode_escape").decode() if isinstance(arg, str) else arg
                for arg in record.args
            )
        return True


class BrowserGuard:
    """Refuses cross-site writes; adds the headers Django has no setting for.

    Sec-Fetch-Site cannot be set by a page: where a browser sends it, it tells a
    forged form apart before any token is looked at.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Wrap the rest of the chain."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Judge, answer, add headers."""
        response = (
            self._unreadable(request)
            or self._forged(request)
            or self._get_response(request)
        )
        response.setdefault("Permissions-Policy", _PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # Nothing of a signed-in page may be kept by anybody on the way; static
        # files and the index set their own rule.
        response.setdefault("Cache-Control", "no-store")
        return response

    def _unreadable(self, request: HttpRequest) -> HttpResponse | None:
        """Refuse what no page could take.

        PostgreSQL stores no NUL, and other codecs than UTF-8 make text that cannot
        be stored, or none at all.
        """
        query = request.META.get("QUERY_STRING", "")
        charset = (request.content_params or {}).get("charset", "utf-8")
        if "\x00" in request.path_info or "%00" in query or "\x00" in query:
            message = _("The address holds a NUL character. Leave it out.")
        elif charset.lower() not in _CHARSETS:
            message = _("Send the form as UTF-8.")
        else:
            return None
        return HttpResponse(
            message, status=400, content_type="text/plain; charset=utf-8"
        )

    def _forged(self, request: HttpRequest) -> HttpResponse | None:
        site = request.headers.get("Sec-Fetch-Site", "")
        if request.method in _SAFE_METHODS or site in {"", "same-origin", "none"}:
            return None
        return HttpResponse(
            _("This form was sent from another site. Open it here and send it again."),
            status=403,
            content_type="text/plain; charset=utf-8",
        )
