"""Our session engine: rows of ``WebSession`` under the digest of the cookie.

Only signed-in browsers have a row: anonymous pages never write a session. A
session ends after ``SESSION_IDLE_SECONDS`` without a request, after
``SESSION_ABSOLUTE_SECONDS`` in any case, and when its row is deleted.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.digests import digest, new_token
from accounts.models import WebSession

#: ``last_seen_at`` is written at most this often, to spare the database, and often
#: enough for the shortest idle time that can be set.
SEEN_EVERY = timedelta(seconds=min(60, settings.SESSION_IDLE_SECONDS // 10))


def digest_of(session_key: str | None) -> str:
    """Return the primary key of the row behind a cookie."""
    return digest(session_key or "", "session")


class SessionStore(SessionBase):
    """A session whose key the database does not know."""

    def _get_new_session_key(self) -> str:
        return new_token()

    @property
    def key_salt(self) -> str:
        """Keep the signing salt apart from Django's engines."""
        return "accounts.sessions"

    def load(self) -> dict[str, Any]:
        """Return the data of a live session; forget a dead key."""
        now = timezone.now()
        row = WebSession.objects.filter(
            digest=digest_of(self.session_key),
            expires_at__gt=now,
            last_seen_at__gt=now - timedelta(seconds=settings.SESSION_IDLE_SECONDS),
        ).first()
        if row is None:
            self._session_key = None
            return {}
        if now - row.last_seen_at > SEEN_EVERY:
            WebSession.objects.filter(pk=row.pk).update(last_seen_at=now)
        data: dict[str, Any] = self.decode(row.data)
        return data

    def exists(self, session_key: str) -> bool:
        """Return whether a row has this key."""
        return WebSession.objects.filter(digest=digest_of(session_key)).exists()

    def create(self) -> None:
        """Insert a row under a new key."""
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's
        """Write the data; a row that was ended meanwhile is not revived."""
        if self.session_key is None:
            return self.create()
        data = self.encode(
            self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        )
        if must_create:
            return self._insert(data)
        updated = WebSession.objects.filter(digest=digest_of(self.session_key)).update(
            data=data
        )
        if not updated:
            raise UpdateError
        return None

    def _insert(self, data: str) -> None:
        now = timezone.now()
        try:
            with transaction.atomic():
                WebSession.objects.create(
                    digest=digest_of(self.session_key),
                    data=data,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now
                    + timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS),
                )
        except IntegrityError as error:
            raise CreateError from error

    def delete(self, session_key: str | None = None) -> None:
        """Delete the row."""
        key = session_key or self.session_key
        if key is not None:
            WebSession.objects.filter(digest=digest_of(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the rows whose time is over."""
        now = timezone.now()
        idle: datetime = now - timedelta(seconds=settings.SESSION_IDLE_SECONDS)
        WebSession.objects.filter(expires_at__lte=now).delete()
        WebSession.objects.filter(last_seen_at__lte=idle).delete()


def describe(session: SessionBase, values: Mapping[str, object]) -> None:
    """Write whose the session is and where it was opened beside its data."""
    WebSession.objects.filter(digest=digest_of(session.session_key)).update(**values)
