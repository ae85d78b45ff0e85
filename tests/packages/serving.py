"""An installer in miniature, and projects for it to find."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from django.conf import settings
from django.db import transaction
from packaging.utils import canonicalize_name, canonicalize_version

from accounts.models import User
from packages.index import projection
from packages.index.wsgi import IndexApplication
from packages.models import File, Project, Release, Role

V1_JSON = "application/vnd.pypi.simple.v1+json"
V1_HTML = "application/vnd.pypi.simple.v1+html"
UPLOADED_AT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def django_says(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("299 Passed On", [("Content-Type", "text/plain")])
    return [b"passed on"]


def ask(uri: str, method: str = "GET", **headers: str) -> Reply:
    """Send a request through the WSGI application, each side kept to the standard."""
    path, _, query = uri.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": uri,
        "QUERY_STRING": query,
    }
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    setup_testing_defaults(environ)
    return run(environ)


def run(environ: dict[str, Any]) -> Reply:
    """Send a request as it stands."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, sent: list[tuple[str, str]], _: object = None
    ) -> None:
        started.append((status, sent))

    application = validator(IndexApplication(django_says))
    body = application(environ, start_response)  # type: ignore[arg-type]
    try:
        content = b"".join(body)
    finally:
        body.close()  # type: ignore[attr-defined]
    status, sent = started[0]
    names = [name.lower() for name, _ in sent]
    assert len(names) == len(set(names)), f"a header was sent twice: {names}"
    code, phrase = status.split(" ", 1)
    assert code == "299" or phrase == HTTPStatus(int(code)).phrase
    return Reply(int(code), {name.lower(): value for name, value in sent}, content)


def make_project(name: str = "hello", *, owner: User | None = None) -> Project:
    """Make a project without files, announced to the index."""
    with transaction.atomic():
        project = Project.objects.create(
            name=name, normalized_name=canonicalize_name(name), similar_name=name
        )
        if owner is not None:
            Role.objects.create(project=project, user=owner, role=Role.Kind.OWNER)
        projection.project_changed(project)
        projection.project_list_changed()
    return project


def add_release(project: Project, version: str = "1.0", **fields: Any) -> Release:
    """Make a release without files; nobody is told."""
    return Release.objects.create(
        project=project,
        version=version,
        canonical_version=canonicalize_version(version),
        **fields,
    )


def add_file(release: Release, filename: str = "", **fields: Any) -> File:
    """Put a file on disk and into the database; nobody is told."""
    name = canonicalize_name(release.project.name).replace("-", "_")
    filename = filename or f"{name}-{release.version}-py3-none-any.whl"
    content = fields.pop("content", f"content of {filename}".encode())
    metadata = fields.pop("metadata", b"")
    blake2b = hashlib.blake2b(content, digest_size=32).hexdigest()
    path = f"{blake2b[:2]}/{blake2b[2:4]}/{blake2b[4:]}/{filename}"
    place = settings.FILES_DIR / path
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    if metadata:
        place.with_name(f"{filename}.metadata").write_bytes(metadata)
    is_wheel = filename.endswith(".whl")
    values = {
        "packagetype": File.Kind.WHEEL if is_wheel else File.Kind.SDIST,
        "python_version": "py3" if is_wheel else "source",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "blake2b_256": blake2b,
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "requires_python": release.requires_python,
        "metadata_sha256": hashlib.sha256(metadata).hexdigest() if metadata else "",
        "path": path,
        "uploaded_at": UPLOADED_AT,
    }
    return File.objects.create(release=release, filename=filename, **values | fields)


def tell(project: Project) -> None:
    """Announce a change of the project, as a flow does."""
    with transaction.atomic():
        projection.project_changed(project)


def publish(name: str = "hello", version: str = "1.0", **fields: Any) -> File:
    """Make a project with one release of one file, announced to the index."""
    project = Project.objects.filter(normalized_name=canonicalize_name(name)).first()
    project = project or make_project(name)
    file = add_file(add_release(project, version), **fields)
    tell(project)
    return file
