"""What a source distribution must hold (PEP 625, PEP 643)."""

from typing import BinaryIO

from django.utils.translation import gettext as _

from packages.intake import tarwalk
from packages.intake.bounds import METADATA_BYTES
from packages.refusals import InvalidFile, echo

_METADATA = "PKG-INFO"


def read_sdist(file: BinaryIO) -> bytes:
    """Check a .tar.gz and return the bytes of its PKG-INFO.

    The one folder's name is not compared: installers do not look at it, and build
    tools have spelled it in several ways.
    """
    walked = tarwalk.walk(file, _METADATA, METADATA_BYTES)
    if _METADATA not in walked.wanted:
        raise InvalidFile(
            _("'%(name)s' is missing.") % {"name": echo(f"{walked.top}/{_METADATA}")},
            code="bad-sdist",
        )
    return walked.wanted[_METADATA]
