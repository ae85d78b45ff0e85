import socket
import time
from collections.abc import Iterator

import pytest

from packages.intake.pace import Meter, Pace, chunks, metered
from packages.refusals import UploadRefused

PACE = Pace(seconds=600, bytes_per_second=1024, window=60)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def meter(**values: float) -> Meter:
    return Meter(PACE, None, started=0.0, **values)  # type: ignore[arg-type]


def test_steady_sender_is_left_alone() -> None:
    steady = meter()
    for second in range(1, 500):
        steady.advance(1100)
        steady.look(float(second))
    assert not steady.late


def test_sender_below_the_rate_is_cut_after_a_window() -> None:
    slow = meter()
    slow.advance(20_000)
    slow.look(59.0)
    assert not slow.late
    slow.look(60.0)
    assert slow.late


def test_sender_that_stops_after_a_burst_is_cut() -> None:
    burst = meter()
    burst.advance(50_000_000)
    burst.look(60.0)
    assert not burst.late
    burst.look(120.0)
    assert burst.late


def test_sender_that_takes_too_long_is_cut() -> None:
    steady = meter()
    for second in range(1, 700):
        steady.advance(5000)
        steady.look(float(second))
    assert steady.late


def test_blocked_read_ends_when_the_sender_is_cut(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.sendall(b"some")
    started = time.monotonic()
    with metered(Pace(0.1, 1), ours) as watched:
        arrived = chunks(ours.recv, watched)
        assert next(arrived) == b"some"
        with pytest.raises(UploadRefused) as refusal:
            next(arrived)
    assert refusal.value.status == 408
    assert time.monotonic() - started < 10
    # The answer still goes out.
    ours.sendall(b"answer")
    assert theirs.recv(100) == b"answer"


def test_broken_connection_is_an_early_end() -> None:
    def read(_: int) -> bytes:
        raise ConnectionResetError

    with metered(PACE, None) as watched:
        assert list(chunks(read, watched)) == []
