"""Counters of the rate limits."""

from django.db import models


class LimitCounter(models.Model):
    """How often a limited thing was done by one key in the running period.

    ``key`` is a keyed hash: the table names no account and no address. Times are
    whole seconds since 1970, so that one statement counts on both databases.
    """

    key = models.CharField(max_length=64, primary_key=True)
    hits = models.PositiveIntegerField()
    ends_at = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        """Show the count."""
        return f"{self.hits} until {self.ends_at}"
