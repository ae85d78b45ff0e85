"""gunicorn's threaded worker, which also stops while browsers keep connections.

Theirs waits at SIGTERM for idle keep-alive connections until the grace period is
over: one open tab and every stop takes all of it, while new requests hang.
"""

from types import FrameType

from gunicorn.workers.gthread import ThreadWorker


class WebWorker(ThreadWorker):  # type: ignore[misc]
    """Closes connections that wait for nothing as soon as it is told to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop accepting, finish what is under way, close what is idle."""
        super().handle_exit(sig, frame)
        # In the loop's own thread: a signal may come in the middle of its work.
        self.method_queue.defer(self._close_idle)

    def _close_idle(self) -> None:
        for idle in (self.keepalived_conns, self.pending_conns):
            while idle:
                connection = idle.popleft()
                self.poller.unregister(connection.sock)
                self.nr_conns -= 1
                connection.close()
