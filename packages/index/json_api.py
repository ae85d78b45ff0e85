"""Write the JSON API: ``/pypi/<name>/json`` and ``/pypi/<name>/<version>/json``.

The keys are exactly PyPI's, also where this index has nothing to say (``null``,
``-1``, empty), because tools read them without asking whether they exist.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from packaging.version import Version

from packages.index.representations import core_metadata, dump, instant

#: Keys of ``info`` that are copied from core metadata, with the field's name there.
_COPIED: Final = {
    "author": "author",
    "author_email": "author_email",
    "download_url": "download_url",
    "dynamic": "dynamic",
    "home_page": "home_page",
    "license": "license",
    "license_expression": "license_expression",
    "license_files": "license_files",
    "maintainer": "maintainer",
    "maintainer_email": "maintainer_email",
    "project_urls": "project_urls",
    "provides_extra": "provides_extra",
    "requires_dist": "requires_dist",
}
_DOWNLOADS: Final = {"last_day": -1, "last_month": -1, "last_week": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file as the JSON API tells it; ``uploaded_at`` is aware."""

    filename: str
    url: str
    packagetype: str
    python_version: str
    size: int
    md5: str
    sha256: str
    blake2b_256: str
    metadata_sha256: str
    requires_python: str
    uploaded_at: datetime
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One release with its metadata (the keys of ``packaging.metadata``)."""

    version: str
    yanked: bool
    yanked_reason: str
    summary: str
    requires_python: str
    description: str
    description_content_type: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One release with its files, as it is listed under ``releases``."""

    version: str
    yanked: bool
    yanked_reason: str
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A project with its roles, owners first, as pairs of role and user name."""

    name: str
    page_url: str
    serial: int
    roles: tuple[tuple[str, str], ...]


def rank(version: str, *, yanked: bool) -> tuple[bool, bool, Version]:
    """Return the key by which the latest release is the greatest."""
    parsed = Version(version)
    return not yanked, not parsed.is_prerelease, parsed


def release_page(
    project: Owned,
    described: Described,
    artifacts: Iterable[Artifact],
    *,
    releases: Iterable[Published] | None = None,
) -> bytes:
    """Return one release's page; with ``releases``, the page of the project."""
    page: dict[str, Any] = {
        "info": _info(project, described),
        "last_serial": project.serial,
        "ownership": {
            "organization": None,
            "roles": [{"role": role, "user": user} for role, user in project.roles],
        },
        "urls": _artifacts(described, artifacts),
        "vulnerabilities": [],
    }
    if releases is not None:
        page["releases"] = {
            release.version: _artifacts(release, release.artifacts)
            for release in releases
        }
    return dump(page)


def _info(project: Owned, release: Described) -> dict[str, Any]:
    metadata = release.metadata
    return {
        **{key: metadata.get(field) or None for key, field in _COPIED.items()},
        "bugtrack_url": None,
        "classifiers": metadata.get("classifiers") or [],
        "description": release.description,
        "description_content_type": release.description_content_type or None,
        "docs_url": None,
        "downloads": _DOWNLOADS,
        "keywords": _joined(metadata.get("keywords")),
        "name": project.name,
        "package_url": project.page_url,
        "platform": _joined(metadata.get("platforms")),
        "project_url": project.page_url,
        "release_url": f"{project.page_url}{release.version}/",
        "requires_python": release.requires_python or None,
        "summary": release.summary or None,
        "version": release.version,
        "yanked": release.yanked,
        "yanked_reason": _reason(release),
    }


def _joined(value: object) -> str | None:
    """Return a list as PyPI shows it in one string; a string as it stands."""
    if isinstance(value, list | tuple):
        value = ",".join(str(item) for item in value)
    return str(value) if value else None


def _reason(release: Described | Published) -> str | None:
    return (release.yanked_reason or None) if release.yanked else None


def _artifacts(
    release: Described | Published, artifacts: Iterable[Artifact]
) -> list[dict[str, Any]]:
    return [_artifact(release, artifact) for artifact in artifacts]


def _artifact(release: Described | Published, artifact: Artifact) -> dict[str, Any]:
    uploaded = artifact.uploaded_at.astimezone(UTC)
    return {
        "comment_text": artifact.comment or None,
        "core-metadata": core_metadata(artifact.metadata_sha256),
        "digests": {
            "blake2b_256": artifact.blake2b_256,
            "md5": artifact.md5,
            "sha256": artifact.sha256,
        },
        "downloads": -1,
        "filename": artifact.filename,
        "has_sig": False,
        "md5_digest": artifact.md5,
        "packagetype": artifact.packagetype,
        "python_version": artifact.python_version,
        "requires_python": artifact.requires_python or None,
        "size": artifact.size,
        "upload_time": uploaded.strftime("%Y-%m-%dT%H:%M:%S"),
        "upload_time_iso_8601": instant(uploaded),
        "url": artifact.url,
        "yanked": release.yanked,
        "yanked_reason": _reason(release),
    }
