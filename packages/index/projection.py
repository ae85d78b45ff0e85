"""Keep the stored pages true: called by whoever changes a project.

Both functions that announce a change run inside the transaction that makes it, so
that an installer sees the change and its page at the same moment, or neither.
"""

import logging
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from packages.index import pages, records, representations
from packages.models import IndexState, Project, StoredPage

logger = logging.getLogger(__name__)

#: Raised by one whenever the pages themselves are written differently.
LAYOUT: Final = 1


def project_changed(project: Project) -> None:
    """Write the pages of ``project`` anew, after its rows have been written.

    The serial is raised first: on PostgreSQL that takes the row's lock until the
    transaction ends, so of two uploads into one project the second waits here, then
    reads the files of the first as well. Changes of roles and of the project's
    status are announced here too, since the JSON API shows them.
    """
    _require_transaction()
    Project.objects.filter(pk=project.pk).update(serial=F("serial") + 1)
    _write(project.pk)


def project_list_changed() -> None:
    """Have the list of projects written anew by its next reader.

    Call it last: on PostgreSQL it takes the lock that all creations share.
    """
    _require_transaction()
    if not IndexState.objects.filter(pk=1).update(serial=F("serial") + 1):
        IndexState.objects.bulk_create([IndexState(pk=1)], ignore_conflicts=True)
        IndexState.objects.filter(pk=1).update(serial=F("serial") + 1)


def project_removed(normalized_name: str) -> None:
    """Remove the simple page of a project that has been deleted."""
    _require_transaction()
    pages.forget(pages.simple_path(normalized_name))
    project_list_changed()


def rebuild() -> int:
    """Write all pages anew and remove those of no project; return how many projects.

    One short transaction for each project: installs and uploads go on meanwhile.
    Serials stay, so a page that comes out the same is still current for clients.
    """
    keys = list(Project.objects.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        with transaction.atomic():
            # Takes the row's lock, as an upload does.
            if Project.objects.filter(pk=key).update(serial=F("serial")):
                _write(key)
    with transaction.atomic():
        _forget_unowned()
        pages.forget_json_api()
        project_list_changed()
        IndexState.objects.filter(pk=1).update(base_url=_written_for())
    return len(keys)


def ensure_current() -> bool:
    """Rebuild if the pages were written for another base URL or another layout.

    Called once at start, before requests are served. Says whether it rebuilt.
    """
    written_for = IndexState.objects.values_list("base_url", flat=True).first()
    if written_for == _written_for():
        return False
    count = rebuild()
    logger.info("Wrote the index pages of %d projects for %s", count, _written_for())
    return True


def _written_for() -> str:
    """Return what the bytes of pages depend on besides the rows they show."""
    return f"{settings.BASE_URL}#{LAYOUT}"


def _write(key: int) -> None:
    # Read after the lock is held: the caller's object may be older.
    project = Project.objects.get(pk=key)
    record = records.simple_project(project)
    bodies: dict[str, bytes] = {
        StoredPage.Representation.HTML: representations.project_html(record),
        StoredPage.Representation.JSON: representations.project_json(record),
    }
    pages.put(pages.simple_path(project.normalized_name), bodies, project.serial)


def _forget_unowned() -> None:
    # Pages first, projects second: a project created in between keeps its page.
    stored = set(
        StoredPage.objects.filter(path__startswith="simple/").values_list(
            "path", flat=True
        )
    )
    names = Project.objects.values_list("normalized_name", flat=True)
    owned = {pages.simple_path(name) for name in names}
    for path in stored - owned - {pages.INDEX_PATH}:
        pages.forget(path)


def _require_transaction() -> None:
    """Refuse to announce a change outside the transaction that makes it."""
    if not connection.in_atomic_block:
        message = "An index page may only be written inside a transaction."
        raise transaction.TransactionManagementError(message)
