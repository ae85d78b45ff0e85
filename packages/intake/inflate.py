"""Inflating with bounded memory, where nothing may be left over.

zlib stops at the end of its stream and hides what follows. A second gzip member
or an archive appended to another is refused, so that a file is one thing only.
"""

import zlib
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from packages.intake.bounds import CHUNK
from packages.refusals import InvalidFile

#: A bare deflate stream, as in ZIP; and one gzip member with its CRC.
RAW = -zlib.MAX_WBITS
GZIP = 16 + zlib.MAX_WBITS


def inflate(read: Callable[[int], bytes], wbits: int) -> Iterator[bytes]:
    """Yield pieces of at most CHUNK bytes of what `read(size)` gives, compressed."""
    inflater = zlib.decompressobj(wbits)
    piece = b""
    while not inflater.eof:
        packed = inflater.unconsumed_tail
        # A full piece may have left output inside zlib without any input left.
        if not packed and len(piece) < CHUNK:
            packed = read(CHUNK)
            if not packed:
                raise _damaged()
        try:
            piece = inflater.decompress(packed, CHUNK)
        except zlib.error as error:
            raise _damaged() from error
        yield piece
    if inflater.unused_data or read(1):
        raise InvalidFile(
            _("Something follows the end of its compressed data."), code="bad-archive"
        )


def _damaged() -> InvalidFile:
    return InvalidFile(_("Its compressed data is damaged."), code="bad-archive")
