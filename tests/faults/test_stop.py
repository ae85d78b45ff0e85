"""Stopping the server."""

import contextlib
import http.client
import time
from collections.abc import Callable

import pytest

from tests.harness.instance import Instance

pytestmark = pytest.mark.one_database

#: Seconds that gunicorn gives requests under way, in config's serve command.
GRACE = 25


def test_an_open_tab_does_not_hold_up_the_stop(
    start_instance: Callable[..., Instance],
) -> None:
    server = start_instance()
    with contextlib.closing(
        http.client.HTTPConnection("localhost", server.port)
    ) as tab:
        tab.request("GET", "/healthz")
        assert tab.getresponse().read() == b"ok\n"
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < GRACE / 2
        assert tab.sock.recv(1) == b""
    server.start()  # the fixture stops it again
