"""The digests of a file, all computed in one pass while it arrives.

sha256 and blake2b decide identity; md5 is kept because clients still ask for it
and never decides anything.
"""

import hashlib
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from packages.refusals import InvalidForm

_SHAPES = {
    "sha256_digest": re.compile(r"[0-9a-f]{64}", re.ASCII),
    "blake2_256_digest": re.compile(r"[0-9a-f]{64}", re.ASCII),
    "md5_digest": re.compile(r"[0-9a-f]{32}", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class Digests:
    """Size in bytes and lower-case hexadecimal digests of a file."""

    size: int
    sha256: str
    blake2b_256: str
    md5: str


class Digester:
    """Takes a file piece by piece and knows its digests at the end."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._blake2b = hashlib.blake2b(digest_size=32)
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self._size += len(piece)
        self._sha256.update(piece)
        self._blake2b.update(piece)
        self._md5.update(piece)

    def result(self) -> Digests:
        """Return what was computed so far."""
        return Digests(
            size=self._size,
            sha256=self._sha256.hexdigest(),
            blake2b_256=self._blake2b.hexdigest(),
            md5=self._md5.hexdigest(),
        )


def read_claims(sent: dict[str, str]) -> dict[str, str]:
    """Return the digests a form claims, in lower case; at least one is needed."""
    claims = {field: sent[field].lower() for field in _SHAPES if sent.get(field)}
    if not claims:
        raise InvalidForm(
            _("At least one digest is needed: sha256_digest or blake2_256_digest."),
            code="digest-missing",
        )
    for field, claim in claims.items():
        if not _SHAPES[field].fullmatch(claim):
            raise InvalidForm(
                _("%(field)s must be a hexadecimal digest.") % {"field": field},
                code="digest-malformed",
            )
    return claims


def check_claims(claims: dict[str, str], found: Digests) -> None:
    """Refuse unless every claimed digest is the one that was computed."""
    computed = {
        "sha256_digest": found.sha256,
        "blake2_256_digest": found.blake2b_256,
        "md5_digest": found.md5,
    }
    for field, claim in claims.items():
        if claim != computed[field]:
            raise InvalidForm(
                _(
                    "The %(field)s supplied does not match a digest calculated "
                    "from the uploaded file. It may have been damaged on the way: "
                    "upload it again."
                )
                % {"field": field},
                code="digest-mismatch",
            )
