"""What changes projects: publishing a file."""

from typing import NoReturn

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from packaging.utils import canonicalize_name, canonicalize_version

from accounts import limits, outbox
from accounts.models import User
from accounts.origin import Origin
from accounts.refusals import Refusal
from accounts.trail import record
from packages import storage
from packages.basic_auth import Uploader
from packages.events import FileAdded, ProjectCreated, UploadDenied
from packages.index import projection
from packages.intake.filenames import SDIST
from packages.intake.form import Form
from packages.intake.inspection import Distribution
from packages.intake.names import check_new_name, similar_name, too_similar
from packages.models import File, Project, Release, Role
from packages.refusals import FileExists, NotAllowed, UploadRefused

_OPEN = (Project.Status.ACTIVE, Project.Status.DEPRECATED)


def check_may_publish(form: Form, uploader: Uploader) -> None:
    """Refuse early who may not publish, before their file is looked into.

    Whose project it is comes first, so that an outsider learns nothing else.
    `publish_file` asks again, in its transaction.
    """
    project = Project.objects.filter(normalized_name=form.name).first()
    if project is None:
        _check_verified(uploader.user)
        _check_free_name(form.spelling)
    else:
        _check_role(project, uploader.user)
        _check_verified(uploader.user)
        _check_open(project)


def publish_file(
    incoming: storage.Incoming,
    distribution: Distribution,
    *,
    uploader: Uploader,
    by: Origin,
) -> None:
    """Make a checked file part of its project, or leave nothing of it.

    The bytes are durable before the transaction starts. The very same file again
    changes nothing and is no error.
    """
    if (file := _published(distribution)) is not None:
        # Somebody else may have been first, since the early check.
        _check_role(file.release.project, uploader.user)
        return
    reservation = _reserve_name(distribution, uploader.user, by)
    created = False
    try:
        created = _place_and_commit(incoming, distribution, uploader, by)
    finally:
        if reservation is not None and not created:
            reservation.give_back()


def record_denied(
    refusal: Refusal, form: Form, filename: str, *, uploader: Uploader, by: Origin
) -> None:
    """Keep in the account's history that somebody with its password was refused."""
    entry = UploadDenied(
        project=form.name,
        filename=filename[:255],
        reason=refusal.code,
        via=uploader.via,
    )
    with transaction.atomic():
        record(entry, account=uploader.user, by=by)


def _place_and_commit(
    incoming: storage.Incoming,
    distribution: Distribution,
    uploader: Uploader,
    by: Origin,
) -> bool:
    """Make the bytes durable, then public; say whether the project is new."""
    path = storage.path_of(distribution.digests, distribution.filename.text)
    with storage.lock(distribution.digests):
        try:
            storage.place(incoming, path, distribution.sidecar)
            return _commit(distribution, path, uploader, by)
        except BaseException:
            _remove_unowned(distribution, path)
            raise


@transaction.atomic
def _commit(
    distribution: Distribution, path: str, uploader: Uploader, by: Origin
) -> bool:
    """Write everything that makes the file public; say whether the project is new."""
    _claim_account(uploader)
    project, created = _claim_project(distribution, uploader.user)
    _check_role(project, uploader.user)
    _check_verified(uploader.user)
    if _published(distribution) is not None:
        return False
    release = _claim_release(project, distribution, uploader.user)
    _add_file(release, distribution, path, uploader)
    subject = f"project:{project.pk}"
    if created:
        entry = ProjectCreated(project=project.name)
        record(entry, account=uploader.user, by=by, subject=subject)
        _mail_creation(project, uploader.user, by)
    record(
        FileAdded(
            project=project.name,
            version=release.version,
            filename=distribution.filename.text,
            sha256=distribution.digests.sha256,
            via=uploader.via,
            second_factor=uploader.second_factor,
        ),
        account=uploader.user,
        by=by,
        subject=subject,
    )
    projection.project_changed(project)
    if created:
        projection.project_list_changed()
    return created


def _claim_account(uploader: Uploader) -> None:
    """Hold the account as it was when the password was right.

    The UPDATE changes nothing and takes the row's lock: a freeze or a new password
    comes wholly before, and this upload is void, or wholly after.
    """
    held = User.objects.filter(
        pk=uploader.user.pk, is_active=True, security_stamp=uploader.stamp
    ).update(is_active=True)
    if not held:
        raise NotAllowed(
            _(
                "Your account changed while the file was being uploaded. "
                "Nothing was stored; upload it again."
            ),
            code="account-changed",
        )


def _claim_project(distribution: Distribution, user: User) -> tuple[Project, bool]:
    """Return the project, made if need be, with its row locked."""
    metadata = distribution.metadata
    project, created = Project.objects.get_or_create(
        normalized_name=metadata.name,
        defaults={
            "name": metadata.spelling,
            "similar_name": similar_name(metadata.spelling),
        },
    )
    if created:
        _check_free_name(metadata.spelling)
        Role.objects.create(project=project, user=user, role=Role.Kind.OWNER)
        return project, True
    # The display name is the spelling uploaded last. The row's lock makes uploads
    # into one project follow one another.
    if not Project.objects.filter(pk=project.pk, status__in=_OPEN).update(
        name=metadata.spelling
    ):
        _refuse_closed(project)
    if project.name != metadata.spelling:
        project.name = metadata.spelling
        projection.project_list_changed()
    return project, False


def _claim_release(project: Project, distribution: Distribution, user: User) -> Release:
    """Return the release; its metadata is that of its first file, for good."""
    metadata = distribution.metadata
    fields = {k: v for k, v in metadata.fields.items() if k != "description"}
    release, created = Release.objects.get_or_create(
        project=project,
        canonical_version=canonicalize_version(metadata.version),
        defaults={
            "version": str(metadata.version),
            "metadata": fields,
            "summary": metadata.text("summary"),
            "requires_python": metadata.text("requires_python"),
            "description": metadata.text("description"),
            "description_content_type": metadata.text("description_content_type"),
            "uploader": user,
        },
    )
    is_second_sdist = (
        not created
        and distribution.filename.kind == SDIST
        and release.files.filter(packagetype=SDIST).exists()
    )
    if is_second_sdist:
        raise UploadRefused(
            _("Only one sdist may be uploaded per release."), code="second-sdist"
        )
    return release


def _add_file(
    release: Release, distribution: Distribution, path: str, uploader: Uploader
) -> None:
    """Claim the filename and the bytes; the unique constraints are the referee."""
    filename, digests = distribution.filename, distribution.digests
    file = File(
        release=release,
        filename=filename.text,
        packagetype=filename.kind,
        python_version=filename.python_tag,
        size=digests.size,
        sha256=digests.sha256,
        blake2b_256=digests.blake2b_256,
        md5=digests.md5,
        requires_python=distribution.metadata.text("requires_python"),
        metadata_sha256=distribution.sidecar_sha256,
        path=path,
        uploaded_at=timezone.now(),
        uploaded_by=uploader.user,
        via=uploader.via,
        comment=distribution.comment,
    )
    try:
        with transaction.atomic():
            file.save(force_insert=True)
    except IntegrityError as error:
        raise FileExists(filename.text, digests.blake2b_256) from error


def _published(distribution: Distribution) -> File | None:
    """Return this very file if it is published already; refuse any other clash."""
    filename, digests = distribution.filename.text, distribution.digests
    by_name = File.objects.filter(filename=filename).first()
    if by_name is not None and by_name.sha256 != digests.sha256:
        raise FileExists(filename, by_name.blake2b_256)
    by_bytes = File.objects.filter(sha256=digests.sha256).first()
    if by_bytes is not None and by_bytes.filename != filename:
        raise FileExists(by_bytes.filename, by_bytes.blake2b_256)
    return by_name


def _check_free_name(name: str) -> None:
    check_new_name(name)
    # Not against itself: somebody may have made the very project a moment ago.
    similar = Project.objects.filter(similar_name=similar_name(name)).exclude(
        normalized_name=canonicalize_name(name)
    )
    if existing := similar.first():
        raise too_similar(name, existing.name)


def _check_role(project: Project, user: User) -> None:
    if not Role.objects.filter(project=project, user=user).exists():
        raise NotAllowed(
            _("The user '%(user)s' isn't allowed to upload to project '%(project)s'.")
            % {"user": user.username, "project": project.name},
            code="not-a-member",
        )


def _check_open(project: Project) -> None:
    if project.status not in _OPEN:
        _refuse_closed(project)


def _refuse_closed(project: Project) -> NoReturn:
    raise NotAllowed(
        _("The project '%(project)s' is %(status)s and takes no files.")
        % {"project": project.name, "status": project.get_status_display().lower()},
        code="project-closed",
    )


def _check_verified(user: User) -> None:
    if not user.has_verified_primary:
        raise NotAllowed(
            _(
                "The user '%(user)s' does not have a verified primary e-mail address. "
                "Verify it in your account settings, then upload again."
            )
            % {"user": user.username},
            code="address-unverified",
        )


def _reserve_name(
    distribution: Distribution, user: User, by: Origin
) -> limits.Reservation | None:
    name = distribution.metadata.name
    if Project.objects.filter(normalized_name=name).exists():
        return None
    return limits.take(
        limits.Claim("project-create-user", f"user:{user.pk}"),
        limits.Claim("project-create-network", by.counted),
    )


def _mail_creation(project: Project, user: User, by: Origin) -> None:
    if user.primary_address is not None:
        outbox.post(
            "packages/email/project_created",
            to=user.primary_address,
            account=user,
            by=by,
            context={"project": project.name},
        )


def _remove_unowned(distribution: Distribution, path: str) -> None:
    """Remove what was placed for a transaction that failed, unless a row owns it.

    When the database does not answer, its COMMIT may have gone through: then the
    file stays, and a checker may find it later. An orphan harms nobody.
    """
    owners = File.objects.filter(
        blake2b_256=distribution.digests.blake2b_256, path=path
    )
    try:
        if connection.is_usable() and not owners.exists():
            storage.remove(path)
    except (DatabaseError, OSError):
        """The first fault is the one to tell."""
