"""Files over HTTP: whole, in part, from a cache, and never anything else."""

import io
import os
from wsgiref.util import FileWrapper

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from packages.index.files import Section
from packages.models import File
from tests.packages.serving import Reply, ask, publish, run

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 4
METADATA = b"Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n"


@pytest.fixture
def file() -> File:
    return publish(content=CONTENT, metadata=METADATA)


def get(file: File, method: str = "GET", **headers: str) -> Reply:
    return ask(f"/packages/{file.path}", method, **headers)


def test_a_file_is_sent_whole(
    file: File, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        reply = get(file, accept_encoding="gzip")
    assert (reply.status, reply.body) == (200, CONTENT)
    assert reply.headers["content-length"] == str(len(CONTENT))
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == "attachment"
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["etag"] == f'"{file.sha256}"'
    assert reply.headers["last-modified"] == "Wed, 04 Mar 2026 05:06:07 GMT"
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["content-security-policy"].startswith("sandbox;")
    assert "content-encoding" not in reply.headers
    assert "vary" not in reply.headers


def test_the_metadata_beside_it(file: File) -> None:
    reply = ask(f"/packages/{file.path}.metadata")
    assert (reply.status, reply.body) == (200, METADATA)
    assert reply.headers["etag"] == f'"{file.metadata_sha256}"'
    assert reply.headers["content-type"] == "application/octet-stream"
    assert "immutable" in reply.headers["cache-control"]


def test_metadata_that_is_not_announced_is_not_served(file: File) -> None:
    File.objects.update(metadata_sha256="")
    assert ask(f"/packages/{file.path}.metadata").status == 404


def test_head_tells_the_size(file: File) -> None:
    head, got = get(file, "HEAD"), get(file)
    assert (head.status, head.body, head.headers) == (200, b"", got.headers)
    part = get(file, "HEAD", range="bytes=0-9")
    assert (part.status, part.headers["content-length"]) == (200, str(len(CONTENT)))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000-", 1000, 1024),
        ("bytes=-24", 1000, 1024),
        ("bytes=-99999", 0, 1024),
        ("bytes=1020-99999", 1020, 1024),
    ],
)
def test_a_part_of_a_file(file: File, asked: str, start: int, stop: int) -> None:
    reply = get(file, range=asked)
    assert (reply.status, reply.body) == (206, CONTENT[start:stop])
    assert reply.headers["content-range"] == f"bytes {start}-{stop - 1}/1024"
    assert reply.headers["content-length"] == str(stop - start)
    assert reply.headers["etag"] == f'"{file.sha256}"'


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "bytes=5-1", "lines=1-2", "bytes=x", "bytes=0-," * 999]
)
def test_any_other_range_gets_the_whole_file(file: File, asked: str) -> None:
    reply = get(file, range=asked)
    assert (reply.status, reply.body) == (200, CONTENT)
    assert "content-range" not in reply.headers


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_beyond_the_end(file: File, asked: str) -> None:
    reply = get(file, range=asked)
    assert reply.status == 416
    assert reply.headers["content-range"] == "bytes */1024"
    assert "immutable" not in reply.headers.get("cache-control", "")


@pytest.mark.parametrize(
    ("if_range", "status"),
    [
        ('"{sha256}"', 206),
        ("Wed, 04 Mar 2026 05:06:07 GMT", 206),
        ('W/"{sha256}"', 200),
        ('"other"', 200),
        ("Thu, 05 Mar 2026 05:06:07 GMT", 200),
    ],
)
def test_a_part_is_only_sent_of_the_same_file(
    file: File, if_range: str, status: int
) -> None:
    condition = if_range.format(sha256=file.sha256)
    reply = get(file, range="bytes=0-9", if_range=condition)
    assert (reply.status, len(reply.body)) == (status, 10 if status == 206 else 1024)


@pytest.mark.parametrize(
    "condition",
    [
        {"if_none_match": '"{sha256}"'},
        {"if_none_match": 'W/"{sha256}"'},
        {"if_none_match": "*"},
        {"if_none_match": '"{sha256}"', "range": "bytes=0-9"},
        {"if_modified_since": "Wed, 04 Mar 2026 05:06:07 GMT"},
    ],
)
def test_a_file_that_is_held_already(file: File, condition: dict[str, str]) -> None:
    headers = {k: v.format(sha256=file.sha256) for k, v in condition.items()}
    reply = get(file, **headers)
    assert (reply.status, reply.body) == (304, b"")
    assert reply.headers["etag"] == f'"{file.sha256}"'
    assert "immutable" in reply.headers["cache-control"]


def test_a_tag_counts_more_than_a_date(file: File) -> None:
    date = "Wed, 04 Mar 2026 05:06:07 GMT"
    assert get(file, if_none_match='"other"', if_modified_since=date).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_files_cannot_be_changed_here(file: File, method: str) -> None:
    assert get(file, method).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/packages",
        "/packages/",
        "/packages//",
        "/packages/{b2}/other-1.0-py3-none-any.whl",
        "/packages/{b2}/{name}/",
        "/packages/{b2}//{name}",
        "/packages/{b2}/{name}.metadata.metadata",
        "/packages/{b2}/{name}.asc",
        "/packages/{b2}/.metadata",
        "/packages/{b2}/{name}%00",
        "/packages/{b2}/{name}%0d%0aX-Evil:1",
        "/packages/{b2}%2f{name}",
        "/packages/{b2}%2F{name}",
        "/packages/{b2}%5c{name}",
        "/packages/{b2}/..%2f{name}",
        "/packages/{b2}/../{name}",
        "/packages/../../etc/passwd",
        "/packages/..%2f..%2fetc%2fpasswd",
        "/packages/%2e%2e/%2e%2e/etc/passwd",
        "/packages/{b2}/..",
        "/packages/{b2}/.",
        "/packages/{b2}/;/{name}",
        "/packages/00/00/" + "0" * 60 + "/{name}",
        "/packages/{B2}/{name}",
        "/packages/{b2}/h%C3%A9llo.whl",
        "/packages//etc/passwd",
        "/packages/{b2}/" + "a" * 300,
    ],
)
def test_no_other_address_reaches_anything(file: File, path: str) -> None:
    b2, _, name = file.path.rpartition("/")
    uri = path.format(b2=b2, name=name, B2=b2.upper())
    reply = ask(uri)
    assert (reply.status, CONTENT in reply.body) == (
        (299, False) if uri == "/packages" else (404, False)
    )


def test_a_file_on_disk_without_a_row_is_not_there(file: File) -> None:
    file.delete()
    assert (settings.FILES_DIR / file.path).exists()
    assert get(file).status == 404
    assert ask(f"/packages/{file.path}.metadata").status == 404


def test_a_row_whose_file_is_gone_is_our_fault(
    file: File, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.FILES_DIR / file.path).unlink()
    reply = get(file)
    assert reply.status == 503
    assert reply.headers["retry-after"] == "5"
    assert reply.headers["cache-control"] == "no-store"
    assert file.path in caplog.text


def test_a_damaged_file_is_not_served(file: File) -> None:
    with (settings.FILES_DIR / file.path).open("ab") as damaged:
        damaged.write(b"!")
    assert get(file).status == 503


def test_a_link_or_folder_in_the_place_of_a_file_is_not_served(file: File) -> None:
    place = settings.FILES_DIR / file.path
    place.unlink()
    place.symlink_to("/etc/hostname")
    assert get(file).status == 503
    place.unlink()
    place.mkdir()
    assert get(file).status == 503


def test_the_server_may_send_the_file_itself(file: File) -> None:
    wrapped: list[io.BytesIO] = []

    class Wrapper(FileWrapper):
        def __init__(self, section: io.BytesIO, size: int) -> None:
            wrapped.append(section)
            super().__init__(section, size)

    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": f"/packages/{file.path}",
        "QUERY_STRING": "",
        "HTTP_RANGE": "bytes=100-199",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": Wrapper,
    }
    # A server that reads gets the part and no more ...
    assert run(environ).body == CONTENT[100:200]
    # ... and one that takes the descriptor finds it at the first byte.
    place = settings.FILES_DIR / file.path
    section = Section(io.FileIO(place), 100, 100)
    assert os.lseek(section.fileno(), 0, os.SEEK_CUR) == 100
    section.close()
    assert len(wrapped) == 1


def test_a_section_never_gives_more_than_its_length(file: File) -> None:
    section = Section(io.FileIO(settings.FILES_DIR / file.path), 10, 20)
    assert section.read(15) + section.read(15) == CONTENT[10:30]
    assert (section.read(), section.read(5)) == (b"", b"")
    section.close()
    with pytest.raises(ValueError, match="closed"):
        section.fileno()
