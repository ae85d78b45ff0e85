"""The body of an upload request: how much may come, how fast, and what is left.

Clients send a file to its end before they listen. A server that answers and hangs
up in the middle shows them a broken pipe instead of the answer. So the rest of a body
that is refused is read and thrown away: for a moment before the answer, then,
within bounds, after it.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final, Self

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.refusals import Refusal
from packages.intake.bounds import MIB
from packages.intake.multipart import Limits, boundary_of, file_too_large
from packages.intake.pace import Pace, chunks, metered
from packages.refusals import UploadRefused

#: What the multipart framing of a form at its limits may add.
_FRAMING_BYTES: Final = 4 * MIB
#: Seconds in all, and bytes beyond a file's, for what follows a refusal.
_DRAIN_SECONDS: Final = 30
_DRAIN_EXTRA_BYTES: Final = 8 * MIB
#: Seconds of them before the answer.
PATIENCE_SECONDS: Final = 5


class Body:
    """Reads one request's body, once."""

    def __init__(self, request: HttpRequest) -> None:
        """Take the headers; nothing is read yet."""
        self._request = request
        self._is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
        self._rest = self._drained()
        self.limits = Limits(
            file_bytes=settings.UPLOAD_MAX_FILE_BYTES,
            form_bytes=settings.UPLOAD_MAX_FORM_BYTES,
        )

    def check_headers(self) -> str:
        """Return the multipart boundary; refuse what the headers already rule out."""
        if self._is_chunked or self._length is None:
            raise UploadRefused(
                _("Uploads need a Content-Length; chunked requests are not taken."),
                code="length-required",
                status=411,
            )
        boundary = boundary_of(self._request.META.get("CONTENT_TYPE", ""))
        if self._length > self._most:
            raise file_too_large(self.limits)
        return boundary

    @contextlib.contextmanager
    def chunks(self) -> Iterator[Iterator[bytes]]:
        """Offer the body piece by piece; a sender that is too slow is cut."""
        pace = Pace(settings.UPLOAD_MAX_SECONDS, settings.UPLOAD_MIN_BYTES_PER_SECOND)
        with metered(pace, self._socket) as meter:
            yield chunks(self._request.read, meter)

    def settle(self, seconds: float) -> None:
        """Throw away what the client still sends, for a moment, before the answer.

        An answer that overtakes the body is followed at once by the next request
        of some clients, whose first bytes would be lost with the body's last.
        """
        deadline = time.monotonic() + seconds
        for _piece in self._rest:
            if time.monotonic() > deadline:
                return

    def drain(self) -> None:
        """Throw away the rest after the answer."""
        for _piece in self._rest:
            """Nothing is done with it."""

    def _drained(self) -> Iterator[bytes]:
        """Yield what is left of the body, within bounds for both of the above."""
        pace = Pace(_DRAIN_SECONDS, settings.UPLOAD_MIN_BYTES_PER_SECOND)
        left = self._most + _DRAIN_EXTRA_BYTES
        with (
            contextlib.suppress(Refusal, OSError),
            metered(pace, self._socket) as meter,
        ):
            for piece in chunks(self._source(), meter):
                yield piece
                left -= len(piece)
                if left <= 0:
                    return

    @property
    def _length(self) -> int | None:
        text = self._request.META.get("CONTENT_LENGTH") or ""
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def _most(self) -> int:
        return self.limits.file_bytes + self.limits.form_bytes + _FRAMING_BYTES

    @property
    def _socket(self) -> socket.socket | None:
        found = self._request.META.get("gunicorn.socket")
        return found if isinstance(found, socket.socket) else None

    def _source(self) -> Callable[[int], bytes]:
        """Return what to read the rest from.

        Django takes a chunked body for an empty one; the server knows its end.
        """
        if self._is_chunked and self._request.META.get("wsgi.input_terminated"):
            read: Callable[[int], bytes] = self._request.META["wsgi.input"].read
            return read
        return self._request.read


class Answer(HttpResponse):
    """A response after which the rest of the request's body is thrown away."""

    _body: Body | None = None

    def after(self, body: Body, *, patience: float = PATIENCE_SECONDS) -> Self:
        """Read on in `body` for a moment, and once more when this has been sent."""
        self._body = body
        body.settle(patience)
        return self

    def close(self) -> None:
        """End the request, then read on; the client has its answer already."""
        super().close()
        if self._body is not None:
            self._body.drain()
