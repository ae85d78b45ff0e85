"""Read projects, releases and files out of the database as plain records.

A page costs a fixed number of queries, however many files it lists. Descriptions
are read for one release at a time only.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.db.models import F
from packaging.utils import canonicalize_version
from packaging.version import Version

from packages.index.json_api import (
    Artifact,
    Described,
    Owned,
    Published,
    rank,
    release_page,
)
from packages.index.representations import FileRecord, ListedProject, ProjectRecord
from packages.models import File, Project, Release, Role

_ROLE_NAMES: Final[dict[str, str]] = {
    Role.Kind.OWNER: "Owner",
    Role.Kind.MAINTAINER: "Maintainer",
}
_parsed = lru_cache(maxsize=4096)(Version)


def file_url(path: str) -> str:
    """Return the public address of a file, from the configured base URL."""
    return f"{settings.BASE_URL}/packages/{quote(path, safe='/+!')}"


def project_url(normalized_name: str) -> str:
    """Return the public address of a project's page for people."""
    return f"{settings.BASE_URL}/project/{normalized_name}/"


def simple_project(project: Project) -> ProjectRecord:
    """Return the simple page of ``project``: files by version, then by name.

    A quarantined project keeps its page, but must not offer anything (PEP 792).
    """
    is_offered = project.status != Project.Status.QUARANTINED
    return ProjectRecord(
        name=project.normalized_name,
        status=project.status,
        serial=project.serial,
        versions=tuple(_versions(project)) if is_offered else (),
        files=tuple(_files(project)) if is_offered else (),
    )


def listed_projects() -> Iterator[ListedProject]:
    """Yield every project that the index offers, by normalised name."""
    rows = (
        Project.objects.exclude(status=Project.Status.QUARANTINED)
        .order_by("normalized_name")
        .values_list("name", "normalized_name")
    )
    for name, normalized_name in rows.iterator(chunk_size=5000):
        yield ListedProject(name=name, normalized_name=normalized_name)


def json_api_page(project: Project, canonical_version: str | None) -> bytes | None:
    """Return a page of the JSON API: of one version, or of the latest and all.

    Nothing is returned when there is no such page.
    """
    if project.status == Project.Status.QUARANTINED:
        return None
    if canonical_version is not None:
        return _release_page(project, canonical_version)
    releases = _published(project)
    if not releases:
        return None
    latest = max(releases, key=lambda each: rank(each.version, yanked=each.yanked))
    return _release_page(project, canonicalize_version(latest.version), releases)


def _release_page(
    project: Project, canonical_version: str, releases: list[Published] | None = None
) -> bytes | None:
    release = Release.objects.filter(
        project=project, canonical_version=canonical_version
    ).first()
    if release is None:
        return None
    artifacts = _artifacts(release=release)[release.version]
    return release_page(
        _owned(project), _described(release), artifacts, releases=releases
    )


def _versions(project: Project) -> list[str]:
    versions = Release.objects.filter(project=project).values_list("version", flat=True)
    return sorted(versions, key=_parsed)


def _files(project: Project) -> list[FileRecord]:
    rows = File.objects.filter(release__project=project).values(
        "filename",
        "path",
        "sha256",
        "size",
        "uploaded_at",
        "requires_python",
        "metadata_sha256",
        version=F("release__version"),
        yanked=F("release__yanked"),
        yanked_reason=F("release__yanked_reason"),
    )
    in_order = sorted(rows, key=lambda row: (_parsed(row["version"]), row["filename"]))
    return [
        FileRecord(
            filename=row["filename"],
            url=file_url(row["path"]),
            sha256=row["sha256"],
            size=row["size"],
            uploaded_at=row["uploaded_at"],
            requires_python=row["requires_python"],
            metadata_sha256=row["metadata_sha256"],
            yanked=row["yanked"],
            yanked_reason=row["yanked_reason"],
        )
        for row in in_order
    ]


def _published(project: Project) -> list[Published]:
    releases = Release.objects.filter(project=project).values_list(
        "version", "yanked", "yanked_reason"
    )
    # Releases first, files second: a file of a release that was committed in
    # between is left out until the serial tells that the page is old.
    listed = list(releases)
    artifacts = _artifacts(release__project=project)
    return [
        Published(
            version=version,
            yanked=yanked,
            yanked_reason=yanked_reason,
            artifacts=tuple(artifacts[version]),
        )
        for version, yanked, yanked_reason in listed
    ]


def _artifacts(**of: object) -> defaultdict[str, list[Artifact]]:
    """Return the files that a query of ``File`` finds, by version."""
    rows = (
        File.objects.filter(**of)
        .order_by("filename")
        .values(
            "filename",
            "packagetype",
            "python_version",
            "size",
            "md5",
            "sha256",
            "blake2b_256",
            "metadata_sha256",
            "requires_python",
            "uploaded_at",
            "comment",
            "path",
            version=F("release__version"),
        )
    )
    artifacts: defaultdict[str, list[Artifact]] = defaultdict(list)
    for row in rows:
        fields: dict[str, Any] = dict(row)
        version = fields.pop("version")
        url = file_url(fields.pop("path"))
        artifacts[version].append(Artifact(url=url, **fields))
    return artifacts


def _owned(project: Project) -> Owned:
    roles = Role.objects.filter(project=project).values_list("role", "user__username")
    named = [(_ROLE_NAMES[role], username) for role, username in roles]
    return Owned(
        name=project.name,
        page_url=project_url(project.normalized_name),
        serial=project.serial,
        roles=tuple(sorted(named, key=lambda each: (each[0] != "Owner", each[1]))),
    )


def _described(release: Release) -> Described:
    return Described(
        version=release.version,
        yanked=release.yanked,
        yanked_reason=release.yanked_reason,
        summary=release.summary,
        requires_python=release.requires_python,
        description=release.description,
        description_content_type=release.description_content_type,
        metadata=release.metadata,
    )
