"""Which bytes a Range header asks for."""

import pytest

from packages.index.ranges import Span, Unsatisfiable, requested

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-99", Span(0, 100)),
        ("bytes=100-", Span(100, 1000)),
        ("bytes=0-", Span(0, 1000)),
        ("bytes=999-", Span(999, 1000)),
        ("bytes=999-999", Span(999, 1000)),
        ("bytes=500-5000", Span(500, 1000)),
        ("bytes=0-999999999999999999", Span(0, 1000)),
        ("bytes=-1", Span(999, 1000)),
        ("bytes=-100", Span(900, 1000)),
        ("bytes=-1000", Span(0, 1000)),
        ("bytes=-5000", Span(0, 1000)),
        ("BYTES=0-1", Span(0, 2)),
        (" bytes=0-1 ", Span(0, 2)),
        ("bytes= 0-1", Span(0, 2)),
        ("bytes=007-010", Span(7, 11)),
    ],
)
def test_one_range(header: str, expected: Span) -> None:
    assert requested(header, SIZE) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=0-1,2-3",
        "bytes=0-1, 500-",
        "bytes=0-0," * 1000,
        "bytes=0-1,",
        "bytes=2-1",
        "bytes=--1",
        "bytes=+1-2",
        "bytes=1-2-3",
        "bytes=0x1-0x2",
        "bytes=1_0-2_0",
        "bytes=٠-٩",  # digits, but not the standard's
        "bytes=0 - 1",
        "bytes=0-1\n",
        "items=0-1",
        "bytes:0-1",
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_what_is_not_one_range_is_ignored(header: str) -> None:
    assert requested(header, SIZE) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("bytes=1000-", 1000),
        ("bytes=1000-2000", 1000),
        ("bytes=999999999999999999-", 1000),
        ("bytes=-0", 1000),
        ("bytes=0-", 0),
        ("bytes=0-0", 0),
        ("bytes=-1", 0),
    ],
)
def test_a_range_outside_the_file_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        requested(header, size)


def test_a_span_knows_its_length() -> None:
    assert Span(100, 150).length == 50
