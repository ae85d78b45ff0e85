"""The trail's rows."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Event(models.Model):
    """Something that happened to an account or a project; never changed.

    It outlives whom it is about: the references carry no database constraint and
    the names stand beside them. ``network`` is coarse, for people; ``network_key``
    is a keyed hash of the full address, for comparison.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    tag = models.CharField(max_length=80)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="events",
    )
    account_name = models.CharField(max_length=50, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="acts",
    )
    actor_name = models.CharField(max_length=50, blank=True)
    #: What else it is about, such as "project:12".
    subject = models.CharField(max_length=80, blank=True, db_index=True)
    network = models.CharField(max_length=50, blank=True)
    network_key = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=32, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        """Histories are read newest first."""

        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["account", "-id"], name="history_of_account")
        ]

    def __str__(self) -> str:
        """Show what and whose."""
        return f"{self.tag} of {self.account_name or 'nobody'}"
