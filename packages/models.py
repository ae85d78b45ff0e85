"""Projects, who may publish them, their releases and files, and stored pages.

A file row exists only for bytes that are already durable on disk. The unique
filename is the referee between parallel uploads; the content-addressed path
makes equal bytes share one place. Stored pages are what installers read.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Project(models.Model):
    """One name in the index; `normalized_name` (PEP 503) is its identity."""

    class Status(models.TextChoices):
        """The project statuses named by PEP 792."""

        ACTIVE = "active"
        ARCHIVED = "archived"
        QUARANTINED = "quarantined"
        DEPRECATED = "deprecated"

    name = models.CharField(max_length=200)
    normalized_name = models.CharField(max_length=200, unique=True)
    similar_name = models.CharField(max_length=200, db_index=True)
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.ACTIVE
    )
    serial = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Uniqueness is declared on the field; nothing else is needed."""

    def __str__(self) -> str:
        """Return the display spelling."""
        return self.name


class Role(models.Model):
    """What one user may do with one project."""

    class Kind(models.TextChoices):
        """Owners may do everything, maintainers may publish."""

        OWNER = "owner"
        MAINTAINER = "maintainer"

    project = models.ForeignKey(Project, models.CASCADE, related_name="roles")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="roles"
    )
    role = models.CharField(max_length=20, choices=Kind.choices)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One role for each user and project."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "user"], name="role_once_per_project_and_user"
            ),
        ]

    def __str__(self) -> str:
        """Return a line for the administrator."""
        return f"{self.user} {self.role} {self.project}"


class Release(models.Model):
    """One version of a project; its metadata comes from its first file.

    `version` is shown; `canonical_version` (packaging's `canonicalize_version`)
    is the identity, since PEP 440 calls 1.0 and 1.0.0 one version.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="releases")
    version = models.CharField(max_length=200)
    canonical_version = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    metadata = models.JSONField(default=dict)
    summary = models.TextField(blank=True)
    requires_python = models.TextField(blank=True)
    description = models.TextField(blank=True)
    description_content_type = models.CharField(max_length=200, blank=True)
    yanked = models.BooleanField(default=False)
    yanked_reason = models.TextField(blank=True)
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        """One row for each version, whatever its spelling."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "canonical_version"],
                name="release_once_per_version",
            ),
        ]

    def __str__(self) -> str:
        """Return project and version."""
        return f"{self.project} {self.version}"


class File(models.Model):
    """One distribution file: its identity, its digests, where it lies."""

    class Kind(models.TextChoices):
        """The two kinds of distribution the index takes."""

        WHEEL = "bdist_wheel"
        SDIST = "sdist"

    release = models.ForeignKey(Release, models.CASCADE, related_name="files")
    filename = models.CharField(max_length=255, unique=True)
    packagetype = models.CharField(max_length=20, choices=Kind.choices)
    python_version = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, unique=True)
    blake2b_256 = models.CharField(max_length=64, unique=True)
    md5 = models.CharField(max_length=32)
    requires_python = models.TextField(blank=True)
    metadata_sha256 = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=400)
    uploaded_at = models.DateTimeField(db_default=Now())
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    via = models.CharField(max_length=20, default="password")
    comment = models.TextField(blank=True)

    class Meta:
        """At most one source distribution for each release."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["release"],
                condition=models.Q(packagetype="sdist"),
                name="file_one_sdist_per_release",
            ),
        ]

    def __str__(self) -> str:
        """Return the filename."""
        return self.filename


class StoredPage(models.Model):
    """One index page as the bytes that are sent, plain and compressed."""

    class Representation(models.TextChoices):
        """The two forms in which the index speaks."""

        HTML = "html"
        JSON = "json"

    path = models.CharField(max_length=500)
    representation = models.CharField(max_length=4, choices=Representation.choices)
    body = models.BinaryField()
    gzip = models.BinaryField()
    etag = models.CharField(max_length=80)
    serial = models.BigIntegerField(default=0)

    class Meta:
        """One row for each path and form."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["path", "representation"], name="stored_page_once"
            ),
        ]

    def __str__(self) -> str:
        """Return path and form."""
        return f"{self.path} ({self.representation})"


class IndexState(models.Model):
    """The single row that says how recent the list of projects is."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    serial = models.BigIntegerField(default=0)
    base_url = models.CharField(max_length=500, blank=True)

    class Meta:
        """Exactly one row may exist."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="index_state_single"),
        ]

    def __str__(self) -> str:
        """Return the serial."""
        return f"serial {self.serial}"
