"""Pages as they are stored: the bytes that will be sent, plain and compressed.

An entity tag is a digest of the plain bytes. It is stored bare; every form in which
the page is sent (media type, coding) adds its own suffix, since a strong tag must
not be shared by different representations (RFC 9110 section 8.8.1).
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from packages.models import StoredPage

#: Compression that saves less than this many bytes is not worth a second variant.
_LEAST_SAVED: Final = 64
_GZIP_LEVEL: Final = 6

INDEX_PATH: Final = "simple/"


def simple_path(normalized_name: str) -> str:
    """Return where the simple page of a project is stored."""
    return f"simple/{normalized_name}/"


def json_api_path(normalized_name: str, version: str | None) -> str:
    """Return where a page of the JSON API is stored."""
    middle = normalized_name if version is None else f"{normalized_name}/{version}"
    return f"pypi/{middle}/json"


@dataclass(frozen=True, slots=True)
class Page:
    """A page's bytes; ``compressed`` is empty when compression saves nothing."""

    body: bytes
    compressed: bytes
    etag: str


def packed(body: bytes) -> Page:
    """Return ``body`` with its compressed variant and its entity tag."""
    compressed = gzip.compress(body, compresslevel=_GZIP_LEVEL, mtime=0)
    if len(compressed) + _LEAST_SAVED > len(body):
        compressed = b""
    return Page(body, compressed, hashlib.sha256(body).hexdigest()[:32])


def put(path: str, bodies: Mapping[str, bytes], serial: int) -> None:
    """Store every representation of a page, whatever was stored before.

    The caller holds the lock on what the page shows.
    """
    StoredPage.objects.bulk_create(
        [
            _row(path, representation, packed(body), serial)
            for representation, body in bodies.items()
        ],
        update_conflicts=True,
        unique_fields=["path", "representation"],
        update_fields=["body", "gzip", "etag", "serial"],
    )


def put_newer(path: str, representation: str, page: Page, serial: int) -> None:
    """Store a page unless one that is as recent is stored already.

    For pages that readers write, who hold no lock: an older build never replaces
    a newer one, because the comparison is part of the UPDATE.
    """
    values = {"body": page.body, "gzip": page.compressed, "etag": page.etag}
    updated = StoredPage.objects.filter(
        path=path, representation=representation, serial__lt=serial
    ).update(**values, serial=serial)
    if not updated:
        row = _row(path, representation, page, serial)
        StoredPage.objects.bulk_create([row], ignore_conflicts=True)


def forget(path: str) -> None:
    """Remove a page that no longer has anything to show."""
    StoredPage.objects.filter(path=path).delete()


def forget_json_api() -> None:
    """Remove every page of the JSON API; each is written again when it is read."""
    StoredPage.objects.filter(path__startswith="pypi/").delete()


def _row(path: str, representation: str, page: Page, serial: int) -> StoredPage:
    return StoredPage(
        path=path,
        representation=representation,
        body=page.body,
        gzip=page.compressed,
        etag=page.etag,
        serial=serial,
    )
