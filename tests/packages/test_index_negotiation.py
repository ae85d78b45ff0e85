"""Which form of a page a request gets."""

import pytest

from packages.index.negotiation import (
    HTML,
    V1_HTML,
    V1_JSON,
    accepts_gzip,
    media_type,
)

PIP = f"{V1_JSON}, {V1_HTML}; q=0.1, text/html; q=0.01"
UV = f"{V1_JSON}, {V1_HTML};q=0.2, text/html;q=0.01"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LATEST_JSON = "application/vnd.pypi.simple.latest+json"
LATEST_HTML = "application/vnd.pypi.simple.latest+html"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (PIP, V1_JSON),
        (UV, V1_JSON),
        (FIREFOX, HTML),
        # Silence, indifference, and what is not on offer.
        ("", HTML),
        ("*/*", HTML),
        ("application/json", HTML),
        ("application/vnd.pypi.simple.v2+json", HTML),
        ("image/*", HTML),
        # One type alone.
        (HTML, HTML),
        (V1_HTML, V1_HTML),
        (V1_JSON, V1_JSON),
        (V1_JSON.upper(), V1_JSON),
        (f"{V1_JSON}; charset=utf-8", V1_JSON),
        # "latest" is another word for the type it is answered with.
        (LATEST_JSON, V1_JSON),
        (LATEST_HTML, V1_HTML),
        (f"{LATEST_JSON}, text/html;q=0.9", V1_JSON),
        # Weights.
        (f"{V1_JSON};q=0.5, text/html;q=0.4", V1_JSON),
        (f"{V1_JSON};q=0.4, text/html;q=0.5", HTML),
        (f"{V1_JSON} ; q=1.000 , text/html ; q=0.999", V1_JSON),
        (f"{V1_JSON};Q=0.1, {V1_HTML};q=0.2", V1_HTML),
        # Ties go to the page people read.
        (f"{V1_JSON}, text/html", HTML),
        (f"{V1_JSON}, {V1_HTML}", V1_HTML),
        (f"{V1_JSON}, */*", HTML),
        ("application/*", V1_HTML),
        # The most specific range decides, also against a type.
        ("*/*, text/html;q=0", V1_HTML),
        ("text/*;q=0.1, application/*;q=0.2", V1_HTML),
        (f"application/*;q=0.1, {V1_JSON};q=0.3", V1_JSON),
        (f"*/*;q=0.1, {V1_JSON}", V1_JSON),
        # Refused all over: still an answer, never 406.
        ("*/*;q=0", HTML),
        (f"{V1_JSON};q=0", HTML),
        (f"{V1_JSON};q=0, text/html;q=0", HTML),
        # Repeated: the better counts.
        (f"{V1_JSON};q=0.1, {V1_JSON};q=0.9, text/html;q=0.5", V1_JSON),
        # Malformed elements are passed over.
        (f"{V1_JSON};q=2", HTML),
        (f"{V1_JSON};q=-1", HTML),
        (f"{V1_JSON};q=", HTML),
        (f"{V1_JSON};q=0.5.5, text/html;q=0.1", HTML),
        (f"{V1_JSON};q=1.0001", HTML),
        (f"{V1_JSON};q=nan", HTML),
        (f"{V1_JSON};q=0,5", HTML),
        (f",,{V1_JSON},,", V1_JSON),
        (";q=1", HTML),
        (f" \t{V1_JSON}\t", V1_JSON),
        ("," * 5000 + V1_JSON, HTML),
        ("é\x00\x7f", HTML),
    ],
)
def test_form_of_a_page(accept: str, expected: str) -> None:
    assert media_type(accept) == expected


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("gzip;q=0.1", True),
        ("*", True),
        ("br", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity, *;q=0.5", True),
        ("gzip;q=x", False),
        ("gzipped", False),
    ],
)
def test_compression(accept_encoding: str, expected: bool) -> None:
    assert accepts_gzip(accept_encoding) is expected
