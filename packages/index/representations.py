"""Write the pages of the simple index from plain records.

HTML as PEP 503 with its later attributes, JSON as PEP 691; both say version 1.4,
the one with project status (PEP 792). The same records always give the same bytes.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

API_VERSION: Final = "1.4"

_HEAD: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="pypi:repository-version" content="1.4">
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """What an installer is told about one file; times are aware, sizes are bytes.

    ``metadata_sha256`` is empty when no metadata lies beside the file, and
    ``requires_python`` when the release does not say.
    """

    filename: str
    url: str
    sha256: str
    size: int
    uploaded_at: datetime
    requires_python: str
    metadata_sha256: str
    yanked: bool
    yanked_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRecord:
    """One project's page: versions and files in the order they are shown."""

    name: str
    status: str
    serial: int
    versions: tuple[str, ...]
    files: tuple[FileRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProject:
    """One line of the list of projects."""

    name: str
    normalized_name: str


def dump(value: dict[str, Any]) -> bytes:
    """Return compact JSON with sorted keys, in ASCII, and a closing newline."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return f"{text}\n".encode("ascii")


def instant(moment: datetime) -> str:
    """Return a moment in UTC with microseconds, as PEP 700 writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def core_metadata(sha256: str) -> dict[str, str] | bool:
    """Return the JSON form of PEP 714: the digest of the metadata, or false."""
    return {"sha256": sha256} if sha256 else False


def project_json(project: ProjectRecord) -> bytes:
    """Return the JSON page of one project."""
    return dump(
        {
            "meta": {"_last-serial": project.serial, "api-version": API_VERSION},
            "name": project.name,
            "project-status": {"status": project.status},
            "versions": project.versions,
            "files": [_file(file) for file in project.files],
        }
    )


def project_html(project: ProjectRecord) -> bytes:
    """Return the HTML page of one project."""
    name = escape(project.name)
    status = escape(project.status)
    parts = [
        _HEAD,
        f'<meta name="pypi:project-status" content="{status}">\n',
        f"<title>{name}</title>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n",
        *(_anchor(file) for file in project.files),
        _tail(project.serial),
    ]
    return _encoded(parts)


def index_json(projects: Iterable[ListedProject], serial: int) -> bytes:
    """Return the JSON list of all projects."""
    return dump(
        {
            "meta": {"_last-serial": serial, "api-version": API_VERSION},
            "projects": [{"name": project.name} for project in projects],
        }
    )


def index_html(projects: Iterable[ListedProject], serial: int) -> bytes:
    """Return the HTML list of all projects; links are relative to ``/simple/``."""
    parts = [
        _HEAD,
        "<title>simple</title>\n</head>\n<body>\n<main>\n<h1>simple</h1>\n",
        *(
            f'<a href="{escape(project.normalized_name)}/">{escape(project.name)}</a>'
            "<br>\n"
            for project in projects
        ),
        _tail(serial),
    ]
    return _encoded(parts)


def _file(file: FileRecord) -> dict[str, Any]:
    metadata = core_metadata(file.metadata_sha256)
    return {
        "filename": file.filename,
        "url": file.url,
        "hashes": {"sha256": file.sha256},
        # uv refuses a whole page for a null in size, upload-time or yanked.
        "size": file.size,
        "upload-time": instant(file.uploaded_at),
        "requires-python": file.requires_python or None,
        "yanked": (file.yanked_reason or True) if file.yanked else False,
        "core-metadata": metadata,
        "data-dist-info-metadata": metadata,
    }


def _anchor(file: FileRecord) -> str:
    attributes = [f'href="{escape(file.url)}#sha256={file.sha256}"']
    if file.requires_python:
        attributes.append(f'data-requires-python="{escape(file.requires_python)}"')
    if file.yanked:
        attributes.append(f'data-yanked="{escape(file.yanked_reason)}"')
    if file.metadata_sha256:
        digest = f"sha256={file.metadata_sha256}"
        attributes.append(f'data-dist-info-metadata="{digest}"')
        attributes.append(f'data-core-metadata="{digest}"')
    return f"<a {' '.join(attributes)}>{escape(file.filename)}</a><br>\n"


def _tail(serial: int) -> str:
    return f"</main>\n</body>\n</html>\n<!--SERIAL {serial}-->\n"


def _encoded(parts: Iterable[str]) -> bytes:
    # A lone surrogate, which only a damaged row can hold, must not break the page.
    return "".join(parts).encode("utf-8", "replace")
