"""What is left of a refused body, and the connection after it."""

import http.client
import io
import socket
from collections.abc import Iterator

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from pytest_django import Settings

from packages.body import Answer, Body
from packages.refusals import UploadRefused
from tests.harness.instance import Instance

#: Closing a response ends the request, which looks after the connection.
pytestmark = pytest.mark.django_db

MIB = 1024 * 1024


class Endless(io.RawIOBase):
    """A body that never ends; counts what is read of it."""

    def __init__(self) -> None:
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        self.read_bytes += size
        return bytes(size)


def body_of(stream: io.IOBase, length: int | str, **environ: object) -> Body:
    empty = RequestFactory().generic("POST", "/legacy/")
    own = {"CONTENT_LENGTH": str(length), "wsgi.input": stream, **environ}
    return Body(WSGIRequest({**empty.META, **own}))


def test_rest_is_read_before_the_answer() -> None:
    stream = io.BytesIO(bytes(MIB))
    Answer().after(body_of(stream, MIB))
    assert stream.tell() == MIB


def test_without_patience_the_rest_is_read_after_the_answer() -> None:
    stream = io.BytesIO(bytes(MIB))
    answer = Answer().after(body_of(stream, MIB), patience=-1)
    assert stream.tell() < MIB
    answer.close()
    assert stream.tell() == MIB


def test_endless_body_is_not_read_for_ever(settings: Settings) -> None:
    settings.UPLOAD_MAX_FILE_BYTES = settings.UPLOAD_MAX_FORM_BYTES = MIB
    stream = Endless()
    answer = Answer().after(body_of(stream, 10**12))
    answer.close()
    assert 10 * MIB < stream.read_bytes < 20 * MIB


def test_chunked_body_is_read_where_the_server_knows_its_end() -> None:
    stream = io.BytesIO(bytes(MIB))
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    Answer().after(body_of(stream, "", **environ)).close()
    assert stream.tell() == MIB


def test_connection_that_breaks_is_no_error() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    Answer().after(body_of(Broken(), MIB)).close()


@pytest.mark.parametrize("length", ["", "-1", "1e3", "٣", "0x10", " "])
def test_length_must_be_a_plain_number(length: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        body_of(io.BytesIO(), length).check_headers()
    assert refusal.value.status == 411


@pytest.fixture
def connection(instance: Instance) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("localhost", instance.port, timeout=60)
    yield opened
    opened.close()


def test_client_that_sends_everything_first_hears_why(
    connection: http.client.HTTPConnection,
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=a"}
    for _ in range(3):
        connection.request("POST", "/legacy/", bytes(30 * MIB), headers)
        response = connection.getresponse()
        assert (response.status, response.reason) == (
            403,
            "No username and password were given. Upload with those of your account.",
        )
        response.read()
    # All on one connection, which is still good for something else.
    connection.request("GET", "/legacy/")
    assert connection.getresponse().status == 200


def test_file_beyond_the_limit_is_told_while_it_is_sent(
    connection: http.client.HTTPConnection,
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=a"}
    connection.request("POST", "/legacy/", bytes(112 * MIB), headers)
    response = connection.getresponse()
    assert (response.status, response.reason) == (
        413,
        "File too large. The limit is 100 MiB.",
    )


def test_chunked_upload_is_told_to_send_a_length(
    connection: http.client.HTTPConnection,
) -> None:
    pieces = (bytes(MIB) for _ in range(5))
    connection.request("POST", "/legacy/", pieces, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 411
    assert "Content-Length" in response.reason


def test_client_that_hangs_up_leaves_nothing(instance: Instance) -> None:
    head = (
        b"POST /legacy/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
        b"Content-Type: multipart/form-data; boundary=a\r\n\r\n"
    )
    for _ in range(5):
        with socket.create_connection(("localhost", instance.port)) as connection:
            connection.sendall(head + bytes(1000))
    assert not list((instance.data_dir / "incoming").glob("upload-*"))
