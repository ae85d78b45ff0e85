"""Clear rows whose time is over; run by the worker every ten minutes.

Nothing here is needed for safety: every look-up checks the time itself.
"""

import time
from datetime import timedelta

from django.utils import timezone

from accounts.models import HalfSignIn, LimitCounter, MailedLink, OutgoingMail
from accounts.sessions import SessionStore

#: How long dead links stay, and delivered mails without their content.
KEPT_FOR = timedelta(days=7)


def clear() -> None:
    """Delete dead sessions, half sign-ins, links, counters and delivered mails."""
    now = timezone.now()
    SessionStore.clear_expired()
    HalfSignIn.objects.filter(expires_at__lt=now).delete()
    MailedLink.objects.filter(expires_at__lt=now - KEPT_FOR).delete()
    LimitCounter.objects.filter(ends_at__lt=int(time.time())).delete()
    OutgoingMail.objects.filter(sent_at__lt=now - KEPT_FOR).delete()
    OutgoingMail.objects.filter(to="", created_at__lt=now - KEPT_FOR).delete()
