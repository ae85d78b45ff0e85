"""What a source distribution must hold (PEP 625, PEP 643)."""

from typing import BinaryIO

from django.utils.translation import gettext as _

from packages.intake import tarwalk
from packages.intake.bounds import METADATA_BYTES
from packages.intake.filenames import Filename
from packages.refusals import InvalidFile, echo

_METADATA = "PKG-INFO"


def read_sdist(file: BinaryIO, filename: Filename) -> bytes:
    """Check a .tar.gz and return the bytes of its PKG-INFO."""
    walked = tarwalk.walk(file, _METADATA, METADATA_BYTES)
    if walked.top != filename.stem:
        raise InvalidFile(
            _("It must hold one folder, '%(folder)s', with everything inside.")
            % {"folder": echo(filename.stem)},
            code="bad-sdist",
        )
    if _METADATA not in walked.wanted:
        raise InvalidFile(
            _("'%(name)s' is missing.") % {"name": f"{walked.top}/{_METADATA}"},
            code="bad-sdist",
        )
    return walked.wanted[_METADATA]
