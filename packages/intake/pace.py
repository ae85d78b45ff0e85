"""Cutting senders that are too slow, or that hold a thread for too long.

A blocking read of a socket returns when it is full, so a client that sends one
byte now and then holds its thread for hours whatever the code between two reads
says. One watcher thread in each process looks at all uploads in progress and
shuts the receiving side of a socket that is too slow: the read returns at once,
and the answer can still be sent.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from packages.refusals import UploadRefused

#: Seconds over which the rate is measured, and between two looks.
WINDOW: Final = 60.0
_LOOK: Final = 1.0
#: Bytes that may have arrived without a read having returned yet.
READ: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """Most seconds for everything, least bytes a second after the first window."""

    seconds: float
    bytes_per_second: int
    window: float = WINDOW


@dataclass(slots=True, eq=False)
class Meter:
    """How far one sender is; `late` once it was cut."""

    pace: Pace
    connection: socket.socket | None
    started: float = field(default_factory=time.monotonic)
    late: bool = False
    _received: int = 0
    _window_started: float = 0.0
    _window_received: int = 0

    def advance(self, size: int) -> None:
        """Count bytes that arrived."""
        self._received += size

    def look(self, now: float) -> None:
        """Judge the sender at a moment, and cut it when it is late."""
        if now - self.started > self.pace.seconds:
            self._cut()
            return
        since = max(self._window_started, self.started)
        if now - since < self.pace.window:
            return
        least = self.pace.bytes_per_second * (now - since) - READ
        if self._received - self._window_received < least:
            self._cut()
        self._window_started, self._window_received = now, self._received

    def _cut(self) -> None:
        self.late = True
        if self.connection is not None:
            try:
                self.connection.shutdown(socket.SHUT_RD)
            except OSError:
                """The client has gone; the read has returned already."""


class _Watcher:
    """Looks at every meter of the process once a second, while there is any."""

    def __init__(self) -> None:
        self._meters: set[Meter] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, meter: Meter) -> None:
        with self._changed:
            self._meters.add(meter)
            # A forked worker inherits the object but not its thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="upload-pace", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def remove(self, meter: Meter) -> None:
        with self._changed:
            self._meters.discard(meter)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._meters:
                    self._changed.wait()
                now = time.monotonic()
                for meter in self._meters:
                    meter.look(now)
            time.sleep(_LOOK)


_watcher = _Watcher()


@contextmanager
def metered(pace: Pace, connection: socket.socket | None) -> Iterator[Meter]:
    """Watch a sender for as long as the block runs."""
    meter = Meter(pace, connection)
    _watcher.add(meter)
    try:
        yield meter
    finally:
        _watcher.remove(meter)


def chunks(read: Callable[[int], bytes], meter: Meter) -> Iterator[bytes]:
    """Yield what arrives until its end; refuse a sender that was cut."""
    while True:
        try:
            piece = read(READ)
        except OSError:
            # The connection broke; what was read so far ends too early.
            piece = b""
        meter.advance(len(piece))
        if meter.late:
            raise UploadRefused(
                _("The upload took too long. Try again on a faster connection."),
                code="too-slow",
                status=408,
            )
        if not piece:
            return
        yield piece
