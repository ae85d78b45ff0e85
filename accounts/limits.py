"""Rate limits: asked before a guess is judged, counted exactly, in the database.

``settings.LIMITS`` is the one table of them: most hits in a period that starts
with the first. A hit is one INSERT … ON CONFLICT … WHERE … RETURNING, so that any
number of parallel requests on any number of workers get exactly as many as the
limit allows. Keys are stored as keyed hashes. When the database is gone nobody is
judged and nobody gets in.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from accounts.digests import keyed
from accounts.models import LimitCounter
from accounts.refusals import TooManyAttempts

_HIT = """
INSERT INTO accounts_limitcounter AS counter (key, hits, ends_at)
VALUES (%(key)s, 1, %(ends_at)s)
ON CONFLICT (key) DO UPDATE SET
    hits = CASE WHEN counter.ends_at <= %(now)s THEN 1 ELSE counter.hits + 1 END,
    ends_at = CASE WHEN counter.ends_at <= %(now)s
                   THEN %(ends_at)s ELSE counter.ends_at END
WHERE counter.ends_at <= %(now)s OR counter.hits < %(most)s
RETURNING ends_at
"""
_GIVE_BACK = """
UPDATE accounts_limitcounter SET hits = hits - 1
WHERE key = %s AND ends_at = %s AND hits > 0
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """One hit asked of one limit, for one account, network or site."""

    limit: str
    key: str

    @property
    def stored_key(self) -> str:
        """The name of the counter's row."""
        return keyed(f"{self.limit}:{self.key}", "limit")


class Reservation:
    """Hits that were taken; given back when the act turns out harmless."""

    def __init__(self, hits: Iterable[tuple[Claim, int]]) -> None:
        """Remember what was taken, and from the period that ends when."""
        self._hits = list(hits)

    def give_back(self) -> None:
        """Return the hits, once; those of a period that is over are gone."""
        with connection.cursor() as cursor:
            while self._hits:
                claim, ends_at = self._hits.pop()
                cursor.execute(_GIVE_BACK, [claim.stored_key, ends_at])


def take(*claims: Claim) -> Reservation:
    """Take one hit of every claim, or none and raise ``TooManyAttempts``."""
    taken: list[tuple[Claim, int]] = []
    for claim in claims:
        ends_at = _hit(claim)
        if ends_at is None:
            Reservation(taken).give_back()
            raise TooManyAttempts(_seconds_left(claim))
        taken.append((claim, ends_at))
    return Reservation(taken)


def _hit(claim: Claim) -> int | None:
    """Count one hit and return when its period ends, or None when it is full."""
    most, seconds = settings.LIMITS[claim.limit]
    now = int(time.time())
    parameters: dict[str, str | int] = {
        "key": claim.stored_key,
        "most": most,
        "now": now,
        "ends_at": now + seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HIT, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def _seconds_left(claim: Claim) -> int:
    counter = LimitCounter.objects.filter(key=claim.stored_key).first()
    return max(1, counter.ends_at - int(time.time())) if counter else 1
