"""What the project page shows, gathered in a fixed number of queries.

Metadata is what its author wrote: it is shown as text, and a link is only made of
an address that a browser can do no more with than open it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import getaddresses
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from packaging.version import Version

from packages.index.json_api import rank
from packages.index.records import file_url
from packages.models import File, Project, Release, Role

_LONGEST_LICENCE: Final = 100
_LICENCE_CLASSIFIER: Final = "License :: "


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLine:
    """One line of the release history."""

    version: str
    created_at: datetime
    yanked: bool
    is_prerelease: bool
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One file, as people are told about it."""

    file: File
    url: str
    tags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that the author gave, to somewhere else."""

    label: str
    url: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the metadata says about a release, as text."""

    authors: str
    maintainers: str
    licence: str
    requires_python: str
    keywords: tuple[str, ...]
    classifiers: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """One release in the midst of its project."""

    release: Release
    latest: str
    history: tuple[ReleaseLine, ...]
    files: tuple[FileLine, ...]
    roles: tuple[Role, ...]
    facts: Facts
    install: str

    @property
    def is_latest(self) -> bool:
        """Say whether nothing newer should be preferred."""
        return self.release.version == self.latest


def find(project: Project, canonical_version: str | None) -> ProjectPage | None:
    """Return the page of one release, or of the latest; nothing if there is none."""
    lines = Release.objects.filter(project=project).values_list(
        "pk", "version", "canonical_version", "created_at", "yanked"
    )
    rows = sorted(lines, key=lambda row: Version(row[1]), reverse=True)
    if not rows:
        return None
    latest = max(rows, key=lambda row: rank(row[1], yanked=row[4]))
    shown = next((row for row in rows if row[2] == canonical_version), None)
    if canonical_version is None:
        shown = latest
    if shown is None:
        return None
    release = Release.objects.select_related("project").get(pk=shown[0])
    return ProjectPage(
        release=release,
        latest=latest[1],
        history=tuple(
            ReleaseLine(
                version=version,
                created_at=created_at,
                yanked=yanked,
                is_prerelease=Version(version).is_prerelease,
                is_shown=pk == release.pk,
            )
            for pk, version, _canonical, created_at, yanked in rows
        ),
        files=tuple(_files(release)),
        roles=_roles(project),
        facts=facts(release.metadata),
        install=_install(release, is_pinned=canonical_version is not None),
    )


def facts(metadata: Mapping[str, Any]) -> Facts:
    """Return what is shown of core metadata (the keys of ``packaging.metadata``)."""
    return Facts(
        authors=_people(metadata, "author"),
        maintainers=_people(metadata, "maintainer"),
        licence=_licence(metadata),
        requires_python=str(metadata.get("requires_python") or ""),
        keywords=tuple(_words(metadata.get("keywords"))),
        classifiers=tuple(metadata.get("classifiers") or ()),
        links=tuple(_links(metadata)),
    )


def _files(release: Release) -> Iterator[FileLine]:
    files = File.objects.filter(release=release).select_related("uploaded_by")
    for file in files.order_by("packagetype", "filename"):
        yield FileLine(file=file, url=file_url(file.path), tags=_tags(file))


def _tags(file: File) -> str:
    """Return the three compatibility tags at the end of a wheel's name (PEP 427)."""
    if file.packagetype != File.Kind.WHEEL:
        return ""
    return " · ".join(file.filename.removesuffix(".whl").split("-")[-3:])


def _roles(project: Project) -> tuple[Role, ...]:
    roles = Role.objects.filter(project=project).select_related("user")
    return tuple(sorted(roles, key=lambda role: (role.role != "owner", str(role.user))))


def _install(release: Release, *, is_pinned: bool) -> str:
    name = release.project.normalized_name
    wanted = f"{name}=={release.version}" if is_pinned else name
    return f"pip install --index-url {settings.BASE_URL}/simple/ {wanted}"


def _people(metadata: Mapping[str, Any], who: str) -> str:
    """Return names as they were given; an address only where there is no name."""
    if name := metadata.get(who):
        return str(name)
    pairs = getaddresses([str(metadata.get(f"{who}_email") or "")])
    return ", ".join(name or address for name, address in pairs if name or address)


def _licence(metadata: Mapping[str, Any]) -> str:
    if expression := metadata.get("license_expression"):
        return str(expression)
    text = str(metadata.get("license") or "").strip()
    if text and "\n" not in text and len(text) <= _LONGEST_LICENCE:
        return text
    named = (
        classifier.rpartition(" :: ")[2]
        for classifier in metadata.get("classifiers") or ()
        if classifier.startswith(_LICENCE_CLASSIFIER)
    )
    return ", ".join(named)


def _words(keywords: object) -> list[str]:
    if isinstance(keywords, str):
        keywords = keywords.split(",")
    return [str(word).strip() for word in keywords or () if str(word).strip()]  # type: ignore[attr-defined]


def _links(metadata: Mapping[str, Any]) -> Iterator[Link]:
    urls = metadata.get("project_urls") or {}
    given = {
        _("Homepage"): metadata.get("home_page"),
        _("Download"): metadata.get("download_url"),
        **(urls if isinstance(urls, Mapping) else {}),
    }
    for label, url in given.items():
        host = _web_host(str(url or "").strip())
        if host:
            yield Link(label=str(label), url=str(url).strip(), host=host)


def _web_host(url: str) -> str:
    """Return the host of an http or https address, and nothing of any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_web = parts.scheme in {"http", "https"} and url.isprintable()
    return (parts.hostname or "") if is_web else ""
