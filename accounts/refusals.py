"""Refusals: everything the program declines, in one family.

A refusal has a stable ``code`` for programs, a ``message`` that tells a person
what to change, an HTTP ``status`` and, for limits, ``retry_after`` in seconds.
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import ngettext


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """The act is declined; nothing has changed."""

    default_code: ClassVar[str] = "refused"
    default_status: ClassVar[int] = 400

    def __init__(
        self,
        message: str | Promise,
        *,
        code: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Keep the sentence and how machines should take it."""
        super().__init__(str(message))
        self.message = str(message)
        self.code = code or self.default_code
        self.status = status or self.default_status
        self.retry_after = retry_after


class TooManyAttempts(Refusal):
    """A limit is used up; ``retry_after`` says for how long."""

    default_code = "too-many-attempts"
    default_status = 429

    def __init__(self, retry_after: int) -> None:
        """Say how long to wait, in whole minutes."""
        minutes = max(1, -(-retry_after // 60))
        message = ngettext(
            "Too many attempts. Wait %(minutes)d minute, then try again.",
            "Too many attempts. Wait %(minutes)d minutes, then try again.",
            minutes,
        ) % {"minutes": minutes}
        super().__init__(message, retry_after=max(1, retry_after))


class Busy(Refusal):
    """The machine is at its limit for a moment."""

    default_code = "busy"
    default_status = 503
