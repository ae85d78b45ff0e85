"""The outbox."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class OutgoingMail(models.Model):
    """A mail written with the change it reports, sent later by the worker.

    ``content`` is sealed JSON (subject, text, html), because links are in it; it
    is emptied once delivered. ``to`` is empty for a decoy, which is never sent.
    """

    template = models.CharField(max_length=100)
    to = models.CharField(max_length=254, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="mails"
    )
    content = models.BinaryField(blank=True)
    message_id = models.CharField(max_length=100, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    #: Not before this moment: backoff after a failure, lease while being sent.
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        """The worker looks for what is due."""

        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="mail_waiting",
            )
        ]

    def __str__(self) -> str:
        """Name the event and the recipient."""
        return f"{self.template} to {self.to or 'nobody'}"
