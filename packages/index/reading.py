"""Find stored pages and files for a request: one indexed query each.

Simple pages are written when their project changes. The list of projects and the
JSON API are written by their first reader after a change: the query that fetches
them also fetches the serial they must have, so a page that is too old is noticed
at no cost, built again outside any transaction, and stored for the next reader.

Only the bytes that will be sent leave the database: the variant in the coding the
client accepts, and none at all when the client already holds them.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db import DatabaseError, connection

from packages.index import pages, records, representations
from packages.models import IndexState, Project, StoredPage

logger = logging.getLogger(__name__)

_JSON: Final = StoredPage.Representation.JSON.value

#: Parameters of the three: the tag the client holds, whether it takes gzip, where.
_SIMPLE: Final = """
    SELECT s.serial, s.serial, s.etag, length(s.gzip) > 0,
           CASE WHEN s.etag = %s THEN NULL
                WHEN %s AND length(s.gzip) > 0 THEN s.gzip ELSE s.body END
    FROM packages_storedpage s
    WHERE s.path = %s AND s.representation = %s
"""
_INDEX: Final = """
    SELECT i.serial, s.serial, s.etag, length(s.gzip) > 0,
           CASE WHEN s.etag = %s THEN NULL
                WHEN %s AND length(s.gzip) > 0 THEN s.gzip ELSE s.body END
    FROM (SELECT COALESCE(MAX(serial), 0) AS serial FROM packages_indexstate) i
    LEFT JOIN packages_storedpage s ON s.path = %s AND s.representation = %s
"""
_JSON_API: Final = """
    SELECT p.serial, s.serial, s.etag, length(s.gzip) > 0,
           CASE WHEN s.etag = %s THEN NULL
                WHEN %s AND length(s.gzip) > 0 THEN s.gzip ELSE s.body END
    FROM packages_project p
    LEFT JOIN packages_storedpage s ON s.path = %s AND s.representation = %s
    WHERE p.normalized_name = %s
"""
_FILE: Final = """
    SELECT f.path, f.sha256, f.metadata_sha256, f.uploaded_at, f.size
    FROM packages_file f
    JOIN packages_release r ON r.id = f.release_id
    JOIN packages_project p ON p.id = r.project_id
    WHERE f.filename = %s AND p.status <> 'quarantined'
"""
#: One build of a page at a time in each process: a crowd that arrives after a change
#: waits for the first to finish instead of building the same page in every thread.
_building = threading.Lock()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client can use: gzip or not, and the bare tag it already holds."""

    gzip: bool = False
    known: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page as it will be sent; no ``body`` when the client holds it already."""

    etag: str
    serial: int
    is_gzip: bool
    body: bytes | None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's row; ``path`` is relative to the folder of files."""

    path: str
    sha256: str
    metadata_sha256: str
    uploaded_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class _Built:
    body: bytes
    serial: int


def simple_project(name: str, representation: str, wanted: Wanted) -> Found | None:
    """Return the simple page of the project of this normalised name."""
    parameters = (pages.simple_path(name), representation)
    _, found = _fetch(_SIMPLE, wanted, parameters)
    return found


def simple_index(representation: str, wanted: Wanted) -> Found | None:
    """Return the list of all projects."""
    return _fresh(
        pages.INDEX_PATH,
        representation,
        wanted,
        fetch=lambda: _fetch(_INDEX, wanted, (pages.INDEX_PATH, representation)),
        build=lambda: _built_index(representation),
    )


def json_api(name: str, version: str | None, wanted: Wanted) -> Found | None:
    """Return a page of the JSON API, by normalised name and canonical version.

    Without a version it is the page of the latest release, and of all.
    """
    path = pages.json_api_path(name, version)
    return _fresh(
        path,
        _JSON,
        wanted,
        fetch=lambda: _fetch(_JSON_API, wanted, (path, _JSON, name)),
        build=lambda: _built_json_api(name, version),
    )


def file(filename: str) -> StoredFile | None:
    """Return the row of a file that may be downloaded."""
    with connection.cursor() as cursor:
        cursor.execute(_FILE, (filename,))
        row = cursor.fetchone()
    if row is None:
        return None
    path, sha256, metadata_sha256, uploaded_at, size = row
    if uploaded_at.tzinfo is None:  # SQLite keeps moments in UTC, without saying so
        uploaded_at = uploaded_at.replace(tzinfo=UTC)
    return StoredFile(path, sha256, metadata_sha256, uploaded_at, size)


def _fetch(
    sql: str, wanted: Wanted, parameters: tuple[str, ...]
) -> tuple[int | None, Found | None]:
    """Return the serial a page must have, and the page that is stored.

    No serial: there is nothing that such a page could show.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, (wanted.known, wanted.gzip, *parameters))
        row = cursor.fetchone()
    if row is None:
        return None, None
    needed, serial, etag, has_gzip, body = row
    if etag is None:
        return needed, None
    is_gzip = wanted.gzip and bool(has_gzip)
    return needed, Found(etag, serial, is_gzip, None if body is None else bytes(body))


def _fresh(
    path: str,
    representation: str,
    wanted: Wanted,
    *,
    fetch: Callable[[], tuple[int | None, Found | None]],
    build: Callable[[], _Built | None],
) -> Found | None:
    """Return a page that is as recent as what it shows, building it if need be."""
    needed, found = fetch()
    if needed is None or _is_recent(needed, found):
        return found
    with _building:
        needed, found = fetch()
        if needed is None or _is_recent(needed, found):
            return found
        built = build()
        if built is None:
            return None
        page = pages.packed(built.body)
        _store(path, representation, page, built.serial)
    is_gzip = wanted.gzip and bool(page.compressed)
    body = page.compressed if is_gzip else page.body
    return Found(page.etag, built.serial, is_gzip, body)


def _is_recent(needed: int, found: Found | None) -> bool:
    return found is not None and found.serial >= needed


def _built_index(representation: str) -> _Built:
    # The serial first: what is created meanwhile makes the list newer than its
    # serial says, never older.
    serial = IndexState.objects.values_list("serial", flat=True).first() or 0
    projects = records.listed_projects()
    if representation == _JSON:
        return _Built(representations.index_json(projects, serial), serial)
    return _Built(representations.index_html(projects, serial), serial)


def _built_json_api(name: str, version: str | None) -> _Built | None:
    project = Project.objects.filter(normalized_name=name).first()
    body = project and records.json_api_page(project, version)
    return _Built(body, project.serial) if project and body else None


def _store(path: str, representation: str, page: pages.Page, serial: int) -> None:
    """Keep a built page; that it cannot be kept is no reason not to send it."""
    try:
        pages.put_newer(path, representation, page, serial)
    except DatabaseError:
        logger.warning("The page %s could not be stored", path, exc_info=True)
