"""Read a ``Range`` header (RFC 9110 section 14): one range of bytes, or none.

Several ranges are answered with the whole file, which the standard allows and
which no installer minds; a multipart answer would only serve amplification.
"""

import re
from dataclasses import dataclass
from typing import Final

_ONE_RANGE: Final = re.compile(
    r"[Bb][Yy][Tt][Ee][Ss]=[ \t]*([0-9]{0,18})-([0-9]{0,18})"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` up to but not including ``stop``."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """Return the number of bytes."""
        return self.stop - self.start


class Unsatisfiable(Exception):  # noqa: N818 - the standard's word: 416 Range Not Satisfiable
    """Raised when the range asked for lies outside the file."""


def requested(header: str, size: int) -> Span | None:
    """Return the span of a file of ``size`` bytes that ``header`` asks for.

    Nothing is returned for what the standard lets a server ignore: another unit, a
    malformed or inverted range, several ranges. Raises ``Unsatisfiable`` for a
    range beyond the end and for a suffix of no bytes.
    """
    match = _ONE_RANGE.fullmatch(header.strip(" \t"))
    if match is None:
        return None
    first, last = match.groups()
    if first:
        return _from(int(first), int(last) if last else None, size)
    return _suffix(int(last), size) if last else None


def _from(first: int, last: int | None, size: int) -> Span | None:
    if last is not None and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return Span(first, size if last is None else min(last + 1, size))


def _suffix(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        raise Unsatisfiable
    return Span(max(size - length, 0), size)
