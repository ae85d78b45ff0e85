"""Show a release's description as HTML that can do no harm.

A description is a stranger's text for a renderer with a long history of surprises.
It is rendered in a child process that is given nothing (no environment, no database,
bounded time and memory) and may be killed; whatever cannot be rendered is shown as
it was written. The result is stored, so that a release is rendered once: by its
first reader, never inside a transaction and never while uploading.
"""

import hashlib
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from email.message import Message
from html import escape
from pathlib import Path
from typing import Final

from django.db import DatabaseError

from packages.models import Release, StoredPage

logger = logging.getLogger(__name__)

#: Characters of a description that are shown; what lies beyond is cut.
LONGEST: Final = 1024 * 1024
#: Raised by one whenever the same text renders differently.
RENDERER: Final = 1
_WALL_SECONDS: Final = 15
_LARGEST_HTML: Final = 8 * 1024 * 1024
_CHILD: Final = Path(__file__).with_name("rendering_child.py")
_MARKDOWN: Final = {"gfm": "GFM", "commonmark": "CommonMark"}
#: Rendering costs a process, so no more than one at a time in each worker. Who waits
#: longer than ``_QUEUE_SECONDS`` gets the text as it was written, for this time.
_QUEUE_SECONDS: Final = 2
_renderers = threading.BoundedSemaphore(1)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Safe HTML; ``is_final`` is false when another try may do better."""

    html: str
    is_final: bool


def description_html(release: Release) -> str:
    """Return the description of ``release`` as safe HTML, empty if there is none."""
    if not release.description.strip():
        return ""
    fingerprint = _fingerprint(release)
    path = f"project/{release.project.normalized_name}/{release.version}/"
    stored = StoredPage.objects.filter(
        path=path, representation=StoredPage.Representation.HTML, etag=fingerprint
    ).first()
    if stored is not None:
        return bytes(stored.body).decode("utf-8")
    rendered = render(release.description, release.description_content_type)
    if rendered.is_final:
        _store(path, fingerprint, rendered.html)
    return rendered.html


def render(text: str, content_type: str) -> Rendered:
    """Render ``text`` as its content type says, or show it as it was written.

    An absent type is reStructuredText, as the metadata standard has it.
    """
    kind = _kind(content_type)
    shown = text[:LONGEST]
    if kind is None or len(text) > LONGEST:
        return Rendered(_as_written(shown), is_final=True)
    if not _renderers.acquire(timeout=_QUEUE_SECONDS):
        return Rendered(_as_written(shown), is_final=False)
    try:
        return _in_child(kind, shown)
    finally:
        _renderers.release()


def _in_child(kind: str, text: str) -> Rendered:
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", str(_CHILD), kind],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            check=False,
            env={},
            timeout=_WALL_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        # The machine was too busy, which says nothing about the text: the child's
        # own limit is in seconds of processor time.
        logger.warning("A description could not be rendered in time", exc_info=True)
        return Rendered(_as_written(text), is_final=False)
    if child.returncode != 0 or len(child.stdout) > _LARGEST_HTML:
        return Rendered(_as_written(text), is_final=True)
    return Rendered(child.stdout.decode("utf-8"), is_final=True)


def _kind(content_type: str) -> str | None:
    """Return what the child is to render, or nothing for plain text."""
    header = Message()
    header["Content-Type"] = " ".join(content_type.split()) or "text/x-rst"
    match header.get_content_type():
        case "text/markdown":
            variant = str(header.get_param("variant", "GFM"))
            return _MARKDOWN.get(variant.lower(), "GFM")
        case "text/x-rst":
            return "rst"
        case _:
            return None


def _as_written(text: str) -> str:
    return f'<pre tabindex="0">{escape(text)}</pre>'


def _fingerprint(release: Release) -> str:
    """Return what a stored rendering must have been made from."""
    parts = (str(RENDERER), release.description_content_type, release.description)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _store(path: str, fingerprint: str, html: str) -> None:
    row = StoredPage(
        path=path,
        representation=StoredPage.Representation.HTML,
        body=html.encode("utf-8", "replace"),
        gzip=b"",
        etag=fingerprint,
    )
    try:
        StoredPage.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["path", "representation"],
            update_fields=["body", "gzip", "etag"],
        )
    except DatabaseError:
        logger.warning("A rendered description could not be stored", exc_info=True)
