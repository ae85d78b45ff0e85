"""Judge conditional requests (RFC 9110 section 13).

Entity tags are handed in as they are sent: quoted and strong.
"""

import re
from email.utils import parsedate_to_datetime
from typing import Final

_ENTITY_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LONGEST: Final = 4000


def entity_tags(if_none_match: str) -> list[str]:
    """Return the tags of an ``If-None-Match`` header, without weakness markers."""
    return _ENTITY_TAG.findall(if_none_match[:_LONGEST])


def is_unchanged(if_none_match: str, etag: str) -> bool:
    """Say whether the client already holds ``etag``, by weak comparison (13.1.2)."""
    return if_none_match.strip() == "*" or etag in entity_tags(if_none_match)


def is_unmodified_since(if_modified_since: str, modified: int) -> bool:
    """Say whether ``modified`` (a Unix time) is not later than the date (13.1.3)."""
    since = _timestamp(if_modified_since)
    return since is not None and modified <= since


def range_may_apply(if_range: str, etag: str, modified: int) -> bool:
    """Say whether ``Range`` may be honoured under ``If-Range`` (13.1.5).

    Only a strong tag or the exact date will do: joining parts of two different
    files would be worse than sending the whole again.
    """
    if_range = if_range.strip()
    if not if_range:
        return True
    if if_range.endswith('"'):
        return if_range == etag
    return _timestamp(if_range) == modified


def _timestamp(date: str) -> int | None:
    try:
        return int(parsedate_to_datetime(date.strip()[:64]).timestamp())
    except (ValueError, OverflowError, TypeError):
        return None
