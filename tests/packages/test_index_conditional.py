"""When a client is told that it holds the page or file already."""

import pytest

from packages.index.conditional import (
    entity_tags,
    is_unchanged,
    is_unmodified_since,
    range_may_apply,
)

TAG = '"0123abcd-gz"'
# Wed, 04 Mar 2026 05:06:07 GMT
MODIFIED = 1772600767
DATE = "Wed, 04 Mar 2026 05:06:07 GMT"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (TAG, True),
        (f"W/{TAG}", True),
        (f'"other", {TAG}', True),
        (f'"other",{TAG},"third"', True),
        (f'W/"other" , W/{TAG}', True),
        ("*", True),
        (" * ", True),
        ("", False),
        ('"other"', False),
        ('"0123abcd"', False),
        ("0123abcd-gz", False),
        (TAG.upper(), False),
        (f"w/{TAG}x", True),
        ('"0123abcd-gz', False),
        ('"*"', False),
        ("," * 8000 + TAG, False),
        ('"with space", ' + TAG, True),
        ('"é"', False),
    ],
)
def test_if_none_match(header: str, expected: bool) -> None:
    assert is_unchanged(header, TAG) is expected


def test_tags_are_read_without_their_weakness() -> None:
    assert entity_tags('W/"a", "b" ,"c,d"') == ['"a"', '"b"', '"c,d"']


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (DATE, True),
        ("Wed, 04 Mar 2026 05:06:08 GMT", True),
        ("Wed, 04 Mar 2026 05:06:06 GMT", False),
        ("Wednesday, 04-Mar-26 05:06:07 GMT", True),
        ("Wed Mar  4 05:06:07 2026", True),
        ("", False),
        ("yesterday", False),
        ("Wed, 99 Mar 2026 05:06:07 GMT", False),
        ("Wed, 04 Mar 99999 05:06:07 GMT", False),
        ("0" * 10_000, False),
    ],
)
def test_if_modified_since(date: str, expected: bool) -> None:
    assert is_unmodified_since(date, MODIFIED) is expected


@pytest.mark.parametrize(
    ("if_range", "expected"),
    [
        ("", True),
        (TAG, True),
        (f"W/{TAG}", False),
        ('"other"', False),
        ("*", False),
        (DATE, True),
        ("Wed, 04 Mar 2026 05:06:06 GMT", False),
        ("Wed, 04 Mar 2026 05:06:08 GMT", False),
        ("nonsense", False),
    ],
)
def test_if_range(if_range: str, expected: bool) -> None:
    assert range_may_apply(if_range, TAG, MODIFIED) is expected
