"""Everything one received file is judged by, in order, before the database is asked."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from packages.intake.digests import Digests, check_claims
from packages.intake.filenames import WHEEL, Filename, check_filename
from packages.intake.form import Form
from packages.intake.metadata import CoreMetadata, read_metadata
from packages.intake.multipart import Received
from packages.intake.sdist import read_sdist
from packages.intake.wheel import read_wheel
from packages.refusals import InvalidFile, echo


@dataclass(frozen=True, slots=True)
class Distribution:
    """A file that holds what it should; `sidecar` is the METADATA of a wheel."""

    filename: Filename
    digests: Digests
    metadata: CoreMetadata
    sidecar: bytes | None
    comment: str

    @property
    def sidecar_sha256(self) -> str:
        """The digest of the METADATA that lies beside a wheel, "" for an sdist."""
        return "" if self.sidecar is None else hashlib.sha256(self.sidecar).hexdigest()


def inspect(file: BinaryIO, received: Received, form: Form) -> Distribution:
    """Return what was found in a received file, or refuse it."""
    filename = check_filename(received.filename, form.kind, form.name, form.version)
    check_claims(form.claims, received.digests)
    is_wheel = form.kind == WHEEL
    raw = read_wheel(file, filename) if is_wheel else read_sdist(file)
    metadata = read_metadata(raw)
    _check_agreement(metadata, form)
    return Distribution(
        filename=filename,
        digests=received.digests,
        metadata=metadata,
        sidecar=raw if is_wheel else None,
        comment=form.comment,
    )


def _check_agreement(metadata: CoreMetadata, form: Form) -> None:
    """Refuse a form that speaks of another name or version than the file.

    Everything else the form says differs from client to client.
    """
    if metadata.name != form.name:
        raise InvalidFile(
            _("Its metadata names the project '%(found)s', the form '%(sent)s'.")
            % {"found": echo(metadata.spelling), "sent": form.spelling},
            code="metadata-mismatch",
        )
    if metadata.version != form.version:
        raise InvalidFile(
            _("Its metadata gives the version '%(found)s', the form '%(sent)s'.")
            % {"found": metadata.version, "sent": form.version},
            code="metadata-mismatch",
        )
