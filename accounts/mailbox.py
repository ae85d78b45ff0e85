"""The development mailbox: every mail printed, and kept as a file to be read.

Nothing here runs in production: the files would hold live links in clear.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as StandardMessage
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail as the page shows it."""

    to: str
    subject: str
    date: str
    text: str


class ConsoleBackend(BaseEmailBackend):
    """Prints the plain text of mails to the terminal."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Print, and count."""
        for message in email_messages:
            sys.stderr.write(
                f"\n--- mail to {', '.join(message.to)}: {message.subject}\n"
                f"{message.body}\n---\n"
            )
        return len(email_messages)


def keep(message: EmailMessage) -> None:
    """Write one .eml file; it appears whole or not at all."""
    folder = Path(settings.MAIL_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{timezone.now():%Y%m%dT%H%M%S.%f}-{uuid4().hex[:8]}"
    draft = folder / f"{name}.draft"
    draft.write_bytes(message.message().as_bytes())
    draft.rename(folder / f"{name}.eml")


def newest() -> list[ReceivedMail]:
    """Return the latest mails, newest first."""
    folder = Path(settings.MAIL_DIR)
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.eml"), reverse=True)[:_SHOWN]
    return [_read(file) for file in files]


def _read(file: Path) -> ReceivedMail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, StandardMessage)  # noqa: S101 - what the policy makes
    body = message.get_body(("plain",))
    return ReceivedMail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        date=str(message["Date"]),
        text=body.get_content() if body else "",
    )
