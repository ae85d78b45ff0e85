"""A gate that lets so many through at once, in the order in which they came.

The standard library's semaphore is not fair: under load a newcomer may overtake a
waiter again and again, until that one's patience ends.
"""

import threading
from collections import deque


class FairGate:
    """So many places and so many waiters; first come, first served."""

    def __init__(self, places: int, waiting: int) -> None:
        """Open with every place free; at most ``waiting`` may queue."""
        self._lock = threading.Lock()
        self._free = places
        self._most_waiting = waiting
        self._queue: deque[threading.Event] = deque()

    def enter(self, timeout: float) -> bool:
        """Take a place, waiting at most ``timeout`` seconds; return whether we did.

        A queue that is full refuses at once: waiters hold threads, and some threads
        must be left for those who only read.
        """
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._queue) >= self._most_waiting:
                return False
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
