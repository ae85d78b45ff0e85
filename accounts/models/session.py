"""Open sessions, and sign-ins between the password and the second factor."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WebSession(models.Model):
    """A browser that is signed in.

    ``digest`` is the SHA-256 of the cookie, so that the table opens no session.
    Deleting the row ends the session at its next request.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    data = models.TextField(blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )
    #: How it was opened: the proofs, such as "password and authenticator app".
    method = models.CharField(max_length=60, blank=True)
    network = models.CharField(max_length=50, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        """Names for people."""

        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        """Name the owner, never the key."""
        return f"session of {self.user}"


class HalfSignIn(models.Model):
    """A right password that still waits for a second factor; 5 minutes, one use.

    Bound to the browser (``digest`` is the SHA-256 of its cookie) and to the
    account as it stood (``stamp``). It is not a session and opens nothing.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="half_sign_ins"
    )
    stamp = models.CharField(max_length=32)
    next = models.CharField(max_length=2000, blank=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Name the owner, never the key."""
        return f"half sign-in of {self.user}"
