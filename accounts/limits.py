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
RETURNING hits
"""
_GIVE_BACK = """
UPDATE accounts_limitcounter SET hits = hits - 1 WHERE key = %s AND hits > 0
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

    def __init__(self, claims: Iterable[Claim]) -> None:
        """Remember what was taken."""
        self._claims = list(claims)

    def give_back(self) -> None:
        """Return the hits, once."""
        with connection.cursor() as cursor:
            while self._claims:
                cursor.execute(_GIVE_BACK, [self._claims.pop().stored_key])


def take(*claims: Claim) -> Reservation:
    """Take one hit of every claim, or none and raise ``TooManyAttempts``."""
    taken: list[Claim] = []
    for claim in claims:
        if not _hit(claim):
            Reservation(taken).give_back()
            raise TooManyAttempts(_seconds_left(claim))
        taken.append(claim)
    return Reservation(taken)


def _hit(claim: Claim) -> bool:
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
        return cursor.fetchone() is not None


def _seconds_left(claim: Claim) -> int:
    counter = LimitCounter.objects.filter(key=claim.stored_key).first()
    return max(1, counter.ends_at - int(time.time())) if counter else 1
