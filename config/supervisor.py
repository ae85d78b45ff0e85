"""Run several processes as one: all start, any death ends all, TERM is passed on."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from types import FrameType

#: What a stopping process gets before it is killed; an upload may be under way.
GRACE_SECONDS = 30
_POLL_SECONDS = 0.2


class Supervisor:
    """The processes of one instance on one machine."""

    def __init__(self) -> None:
        """Start with none."""
        self._processes: list[subprocess.Popen[bytes]] = []
        self._stopping = False

    def start(self, command: Sequence[str]) -> None:
        """Start one more process, in a session of its own.

        A terminal's ctrl-C would otherwise reach it before we do, and twice.
        """
        self._processes.append(subprocess.Popen(command, start_new_session=True))

    def run(
        self, *, is_ready: Callable[[], bool], when_ready: Callable[[], None]
    ) -> int:
        """Wait until asked to stop or a process dies; return the exit status.

        ``when_ready`` is called once, when ``is_ready`` first says so.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        greeted = False
        while not self._stopping and all(p.poll() is None for p in self._processes):
            if not greeted and is_ready():
                when_ready()
                greeted = True
            time.sleep(_POLL_SECONDS)
        was_asked = self._stopping
        self.stop()
        return 0 if was_asked else 1

    def stop(self) -> None:
        """End every process: politely, then not."""
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self._processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
