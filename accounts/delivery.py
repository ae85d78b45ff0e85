"""Send what waits in the outbox.

A mail is leased by one conditional UPDATE, sent, then marked: several workers
never send one twice, and a worker that dies in between leaves a mail that is sent
again when its lease ends, under the same Message-ID. A failure waits 30 seconds,
then twice as long each time, at most 6 hours, and is given up after 4 days.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from accounts import mailbox, outbox
from accounts.models import OutgoingMail
from accounts.sealing import SealBrokenError

LEASE = timedelta(seconds=120)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(days=4)
_BATCH = 50
_logger = logging.getLogger(__name__)


def deliver_due() -> int:
    """Send every mail that is due; return how many were tried."""
    waiting = OutgoingMail.objects.filter(
        sent_at=None, given_up_at=None, due_at__lte=timezone.now()
    ).order_by("due_at")
    return sum(_deliver(mail) for mail in waiting[:_BATCH])


def _deliver(mail: OutgoingMail) -> bool:
    if not _lease(mail):
        return False
    try:
        message = _message(mail)
        message.send()
        if settings.DEVELOPMENT:
            mailbox.keep(message)
    except SealBrokenError:
        _give_up(mail, "sealed under a key that is gone")
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - one bad mail must not stop the others
        _postpone(mail, error)
    else:
        # Links are in it: what has been delivered is kept nowhere.
        OutgoingMail.objects.filter(pk=mail.pk).update(
            sent_at=timezone.now(), content=b"", error=""
        )
    return True


def _lease(mail: OutgoingMail) -> bool:
    now = timezone.now()
    leased = OutgoingMail.objects.filter(
        pk=mail.pk, sent_at=None, given_up_at=None, due_at=mail.due_at
    ).update(due_at=now + LEASE, attempts=F("attempts") + 1)
    return bool(leased)


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    content = outbox.content_of(mail)
    message = EmailMultiAlternatives(
        content["subject"],
        content["text"],
        outbox.sender(),
        [mail.to],
        headers={
            "Message-ID": f"<{mail.message_id}>",
            # RFC 3834: no vacation notices back.
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(content["html"], "text/html")
    return message


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts."""
    doublings = min(attempts - 1, 20)
    return min(FIRST_WAIT * int(2**doublings), LONGEST_WAIT)


def _postpone(mail: OutgoingMail, error: Exception) -> None:
    now: datetime = timezone.now()
    if now - mail.created_at > GIVEN_UP_AFTER:
        _give_up(mail, type(error).__name__)
        return
    # The class only: servers quote addresses and bodies in their replies.
    _logger.warning("mail %s waits: %s", mail.pk, type(error).__name__)
    OutgoingMail.objects.filter(pk=mail.pk).update(
        due_at=now + wait_after(mail.attempts + 1), error=type(error).__name__
    )


def _give_up(mail: OutgoingMail, reason: str) -> None:
    _logger.error("mail %s given up: %s", mail.pk, reason)
    OutgoingMail.objects.filter(pk=mail.pk).update(
        given_up_at=timezone.now(), content=b"", error=reason
    )
