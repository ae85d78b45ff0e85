"""A gate that lets so many through at once, in the order in which they came.

The standard library's semaphore is not fair: under load a newcomer may overtake a
waiter again and again, until that one's patience ends.
"""

import threading
from collections import deque


class FairGate:
    """So many places; first come, first served."""

    def __init__(self, places: int) -> None:
        """Open with every place free."""
        self._lock = threading.Lock()
        self._free = places
        self._queue: deque[threading.Event] = deque()

    def enter(self, timeout: float) -> bool:
        """Take a place, waiting at most ``timeout`` seconds; return whether we did."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Event()
            self._queue.append(turn)
        if turn.wait(timeout):
            return True
        with self._lock:
            # The place may have been handed over while we stopped waiting.
            if turn.is_set():
                return True
            self._queue.remove(turn)
            return False

    def leave(self) -> None:
        """Hand the place to whoever has waited longest."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1
