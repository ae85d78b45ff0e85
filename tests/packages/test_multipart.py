import io
from collections.abc import Iterator

import pytest

from packages.intake.multipart import Limits, Received, boundary_of, receive
from packages.refusals import UploadRefused
from tests.packages.builders import Form

LIMITS = Limits(file_bytes=10_000, form_bytes=5_000)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def read(body: bytes, size: int = 700, boundary: str = "0123456789abcdef") -> Received:
    return receive(pieces(body, size), boundary, io.BytesIO(), LIMITS)


def good() -> Form:
    return Form().text("name", "demo").file("content", "demo.whl", b"data")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
def test_form_is_read_however_it_is_cut(size: int) -> None:
    data = bytes(range(256)) * 20 + b"\r\n--0123456789abcde\r\n--"
    form = Form().text("name", "démo").text("classifiers", "a").text("classifiers", "b")
    sink = io.BytesIO()
    received = receive(
        pieces(form.file("content", "demo.whl", data).body, size),
        form.boundary,
        sink,
        LIMITS,
    )
    assert sink.getvalue() == data
    assert received.filename == "demo.whl"
    assert received.digests.size == len(data)
    assert received.fields.values == {"name": ["démo"], "classifiers": ["a", "b"]}


def test_file_part_needs_no_content_type() -> None:
    form = Form().part('form-data; name="content"; filename="a.whl"', b"data")
    assert read(form.body).filename == "a.whl"


def test_unquoted_and_padded_dispositions_are_read() -> None:
    form = Form().part("form-data;  name=content;  filename=a.whl", b"data")
    assert read(form.body).filename == "a.whl"


def test_nul_becomes_visible() -> None:
    form = good().text("summary", "a\0b")
    assert read(form.body).fields.one("summary") == "a\\x00b"


def test_what_follows_the_form_is_ignored() -> None:
    assert read(good().body + b"\r\n" * 50, size=3).filename == "demo.whl"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "ended too early"),
        (b"nothing of the kind", "ended too early"),
        (good().body[:-20], "ended too early"),
        (good().body[:30], "ended too early"),
        (good().body.replace(b"\r\n", b"\n"), "could not be read"),
        (good().body.replace(b"form-data", b"attachment"), "could not be read"),
        (good().body.replace(b"Content-Disposition", b"X-Nothing"), "not be read"),
        (b"--0123456789abcdef--\r\n", "'content' is missing"),
        (Form().text("name", "demo").body, "'content' is missing"),
        (Form().text("content", "data").body, "as a file"),
        (
            good().file("content", "other.whl", b"other").body,
            "one file at a time",
        ),
        (good().file("name", "demo.txt", b"demo").body, "as text, not as a file"),
        (good().file("gpg_signature", "a.asc", b"-----").body, "without signing"),
        (good().part('form-data; name=""', "x").body, "no usable name"),
        (good().part("form-data", "x").body, "no usable name"),
        (good().part('form-data; name="a\x07"', "x").body, "no usable name"),
        (good().text("summary", b"\xff\xfe").body, "not text in UTF-8"),
        (
            good()
            .part(
                'form-data; name="summary"',
                "ZGVtbw==",
                headers=b"Content-Transfer-Encoding: base64\r\n",
            )
            .body,
            "not encoded as 'base64'",
        ),
        (
            Form().part('form-data; name="content"; filename="..\\\\a.whl"', b"").body,
            "plain one",
        ),
        (
            Form()
            .part(
                'form-data; name="content"; filename="a.whl"; filename*=UTF-8\'\'b.whl',
                b"",
            )
            .body,
            "plain one",
        ),
        (
            Form()
            .part('form-data; name="content"; filename="a"; filename="b"', b"")
            .body,
            "plain one",
        ),
        (good().text("summary", "x" * 6_000).body, "text fields of the form"),
        (good().text("x" * 6_000, "x").body, "text fields of the form"),
        (good().text("x" * 9_000, "x").body, "header that is too long"),
        (Form().file("content", "a.whl", b"x" * 10_001).body, "File too large"),
        (good().part('form-data; name="a"', "", headers=b"A: b\r\n" * 20).body, "head"),
        (good().part('form-data; name="a"', "", headers=b"\xff: b\r\n").body, "read"),
    ],
)
@pytest.mark.parametrize("size", [3, 100_000])
def test_bad_form_is_refused(body: bytes, words: str, size: int) -> None:
    with pytest.raises(UploadRefused, match=words) as refusal:
        read(body, size)
    assert refusal.value.status in {400, 413}
    assert refusal.value.message.isprintable()


def test_too_many_fields_are_refused() -> None:
    form = Form()
    for _ in range(20_001):
        form.text("a", "")
    limits = Limits(file_bytes=1, form_bytes=10**7)
    with pytest.raises(UploadRefused, match="more than 20000 fields"):
        receive(pieces(form.body, 65536), form.boundary, io.BytesIO(), limits)


def test_refused_file_is_not_written_beyond_the_limit() -> None:
    sink = io.BytesIO()
    body = Form().file("content", "a.whl", b"x" * 50_000).body
    with pytest.raises(UploadRefused, match="limit"):
        receive(pieces(body, 1000), "0123456789abcdef", sink, LIMITS)
    assert len(sink.getvalue()) <= LIMITS.file_bytes


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data; boundary=abc", 'multipart/form-data; boundary="a b c"'],
)
def test_boundary_is_found(content_type: str) -> None:
    assert boundary_of(content_type) in {"abc", "a b c"}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/mixed; boundary=abc",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=é",
        f"multipart/form-data; boundary={'a' * 201}",
        'multipart/form-data; boundary="a\nb"',
    ],
)
def test_request_without_usable_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        boundary_of(content_type)
    assert refusal.value.status == 400
