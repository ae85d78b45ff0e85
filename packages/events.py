"""The events of packages."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.trail import Entry


@dataclass(frozen=True, kw_only=True)
class ProjectCreated(Entry):
    """The first upload of a name made its uploader the owner."""

    tag = "project:create"
    sentence = _("You created the project %(project)s.")
    project: str


@dataclass(frozen=True, kw_only=True)
class FileAdded(Entry):
    """A file was published; `via` is how the uploader proved who it is.

    `second_factor` tells whether the account had one, which an upload by password
    does not ask for.
    """

    tag = "project:file:add"
    sentence = _("You published %(filename)s to %(project)s (%(via)s).")
    project: str
    version: str
    filename: str
    sha256: str
    via: str
    second_factor: bool


@dataclass(frozen=True, kw_only=True)
class UploadDenied(Entry):
    """A right password was not enough: another's project, or an unproven address."""

    tag = "project:file:deny"
    sentence = _("An upload to %(project)s was refused: %(reason)s.")
    project: str
    filename: str
    reason: str
    via: str
