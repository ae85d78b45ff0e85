"""The authentication backend: it knows sessions, and checks no credentials.

Credentials are judged in ``accounts.credentials`` and sessions opened in
``accounts.door``; a backend that could authenticate would be a second door.
"""

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest


class SessionBackend(ModelBackend):
    """Loads the user of a session, and answers what they may do."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, **credentials: object
    ) -> None:
        """Refuse: there is one door, and this is not it."""
