"""Links sent by mail."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models.user import EmailAddress


class MailedLink(models.Model):
    """A link that proves its holder reads a mailbox; one purpose, one use.

    Only the SHA-256 of its 256-bit token is kept. It dies by use, by age and with
    the account's security stamp. ``user`` is empty when nobody was behind the
    request: the row is written all the same, so that both cases cost alike.
    """

    class Purpose(models.TextChoices):
        """What a link is for; part of the digest, so none serves for another."""

        VERIFY = "verify"
        RESET = "reset"

    digest = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="links"
    )
    address = models.ForeignKey(
        EmailAddress, models.CASCADE, null=True, related_name="links"
    )
    stamp = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        """Indexes for the sweep and for voiding."""

        indexes: ClassVar = [
            models.Index(fields=["user", "purpose"], name="links_by_user_and_purpose")
        ]

    def __str__(self) -> str:
        """Name purpose and owner, never the token."""
        return f"{self.purpose} link of {self.user}"
