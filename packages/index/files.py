"""Send files and the metadata beside them: whole, in part, or not at all.

A file is found by its row, never by its name on disk, so what a row does not name
cannot be reached. It is never rendered: always an attachment of opaque bytes.
"""

import io
import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Final
from wsgiref.types import WSGIEnvironment

from django.conf import settings

from packages.index import conditional, ranges, reading
from packages.index.responses import (
    FILE_POLICY,
    IMMUTABLE,
    Headers,
    Response,
    not_found,
    plain,
    unavailable,
)

logger = logging.getLogger(__name__)

_METADATA: Final = ".metadata"
_BLOCK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Download:
    """What the row says about the bytes asked for."""

    path: Path
    etag: str
    modified: int
    size: int | None


class Section:
    """A bounded view of an open file.

    Servers that know ``sendfile`` take the descriptor, already placed at the first
    byte, and send as much as Content-Length says; every other server reads, and
    never gets more than ``length`` bytes.
    """

    def __init__(self, file: io.FileIO, start: int, length: int) -> None:
        """Own ``file`` from here on; ``close`` closes it."""
        self._file = file
        self._start = start
        self._left = length
        file.seek(start)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._file.fileno()

    def seek(self, offset: int) -> int:
        """Move the descriptor, as ``socket.sendfile`` does when it has finished."""
        return self._file.seek(offset)

    def read(self, size: int = -1) -> bytes:
        """Return at most ``size`` of the bytes that are left."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted) if wanted else b""
        self._left -= len(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        """Yield the section block by block."""
        return iter(lambda: self.read(_BLOCK), b"")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def answer(environ: WSGIEnvironment, path: str, filename: str) -> Response:
    """Answer a GET or HEAD for ``path``, whose last part is ``filename``."""
    download = _download(path, filename)
    if download is None:
        return not_found()
    headers = [
        ("ETag", download.etag),
        ("Last-Modified", formatdate(download.modified, usegmt=True)),
        ("Accept-Ranges", "bytes"),
        IMMUTABLE,
        FILE_POLICY,
    ]
    if _is_unchanged(environ, download):
        return Response(HTTPStatus.NOT_MODIFIED, headers)
    return _send(environ, download, headers)


def _download(path: str, filename: str) -> Download | None:
    is_metadata = filename.endswith(_METADATA)
    row = reading.file(filename.removesuffix(_METADATA))
    if row is None or path.removesuffix(_METADATA) != row.path:
        return None
    digest = row.metadata_sha256 if is_metadata else row.sha256
    if not digest:
        return None
    return Download(
        path=Path(settings.FILES_DIR) / path,
        etag=f'"{digest}"',
        modified=int(row.uploaded_at.timestamp()),
        size=None if is_metadata else row.size,
    )


def _is_unchanged(environ: WSGIEnvironment, download: Download) -> bool:
    tags = environ.get("HTTP_IF_NONE_MATCH")
    if tags is not None:
        return conditional.is_unchanged(tags, download.etag)
    since = environ.get("HTTP_IF_MODIFIED_SINCE", "")
    return conditional.is_unmodified_since(since, download.modified)


def _send(environ: WSGIEnvironment, download: Download, headers: Headers) -> Response:
    try:
        file, size = _opened(download)
    except OSError:
        # The row promises bytes that are not there. That is not a 404: an installer
        # would remember it, and nobody would repair the storage.
        logger.exception("A file of the index cannot be read: %s", download.path)
        return unavailable()
    try:
        span = _span(environ, download, size)
    except ranges.Unsatisfiable:
        file.close()
        whole = ("Content-Range", f"bytes */{size}")
        return plain(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, whole)
    return _body(environ, headers, file, span, size)


def _opened(download: Download) -> tuple[io.FileIO, int]:
    """Return the open file and its size, which must be the one the row knows."""
    descriptor = os.open(download.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    file = io.FileIO(descriptor)
    status = os.fstat(descriptor)
    is_right_size = download.size is None or status.st_size == download.size
    if stat.S_ISREG(status.st_mode) and is_right_size:
        return file, status.st_size
    file.close()
    message = f"it has {status.st_size} bytes where {download.size} were stored"
    raise OSError(message)


def _span(
    environ: WSGIEnvironment, download: Download, size: int
) -> ranges.Span | None:
    asked = environ.get("HTTP_RANGE", "")
    if not asked or environ["REQUEST_METHOD"] != "GET":
        return None
    if_range = environ.get("HTTP_IF_RANGE", "")
    if not conditional.range_may_apply(if_range, download.etag, download.modified):
        return None
    return ranges.requested(asked, size)


def _body(
    environ: WSGIEnvironment,
    headers: Headers,
    file: io.FileIO,
    span: ranges.Span | None,
    size: int,
) -> Response:
    status = HTTPStatus.OK
    if span is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        part = f"bytes {span.start}-{span.stop - 1}/{size}"
        headers.append(("Content-Range", part))
    span = span or ranges.Span(0, size)
    headers += [
        ("Content-Type", "application/octet-stream"),
        ("Content-Disposition", "attachment"),
        ("Content-Length", str(span.length)),
    ]
    if environ["REQUEST_METHOD"] == "HEAD":
        file.close()
        return Response(status, headers)
    section = Section(file, span.start, span.length)
    wrapper = environ.get("wsgi.file_wrapper")
    return Response(status, headers, wrapper(section, _BLOCK) if wrapper else section)
