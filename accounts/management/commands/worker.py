"""``manage.py worker``: delivers mail and clears what is out of date."""

import logging
import signal
import threading
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from accounts.delivery import deliver_due
from accounts.housekeeping import clear

MAIL_EVERY_SECONDS = 0.5
CLEAR_EVERY_SECONDS = 600
_AFTER_A_FAULT_SECONDS = 5
_logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Work in the background until SIGTERM; several may run at once."""

    help = "Deliver mail and clear out-of-date rows until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Loop; a database that is away is waited for."""
        stop = threading.Event()

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, ask_to_stop)
        next_clearing = time.monotonic()
        while not stop.is_set():
            try:
                if time.monotonic() >= next_clearing:
                    clear()
                    next_clearing = time.monotonic() + CLEAR_EVERY_SECONDS
                deliver_due()
            except DatabaseError:
                _logger.exception("the database is away")
                connection.close()
                stop.wait(_AFTER_A_FAULT_SECONDS)
            stop.wait(MAIL_EVERY_SECONDS)
