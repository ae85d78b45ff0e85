import base64

import pytest

from packages.basic_auth import read_header
from packages.refusals import UploadRefused


def header(raw: bytes) -> str:
    return "Basic " + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("raw", "name", "password"),
    [
        (b"ada:secret", "ada", "secret"),
        (b"ada:with:colons:", "ada", "with:colons:"),
        (b"ada: spaces ", "ada", " spaces "),
        ("ada:pässwörd".encode(), "ada", "pässwörd"),
        ("ada:pässwörd".encode("latin-1"), "ada", "pässwörd"),
        ("ada:\N{LOCK}".encode(), "ada", "\N{LOCK}"),
        (b"ada@example.com:secret", "ada@example.com", "secret"),
    ],
)
def test_name_and_password_are_read(raw: bytes, name: str, password: str) -> None:
    assert read_header(header(raw)) == (name, password)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_scheme_is_read_in_any_case(scheme: str) -> None:
    assert read_header(f"{scheme}  YWRhOng= ") == ("ada", "x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Basic",
        "Basic \xff",
        "Basic ====",
        "Basic YWRhOng",
        "Basic YWRh OngA",
        "Token abc",
        header(b"no colon"),
        header(b":x"),
        header(b"ada:"),
        header(b"\0:x"),
        header(b"a\nb:x"),
        header(b"__token__:x"),
        header(b"a:" + b"x" * 10_000),
    ],
)
def test_bad_header_is_refused_in_words(text: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        read_header(text)
    assert refusal.value.status in {400, 403}
