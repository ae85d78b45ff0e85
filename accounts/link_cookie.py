"""Keep a mailed token out of the address bar while its page is used.

A token in a URL ends in histories, logs and Referer headers. The first request
moves it into a cookie of its own and redirects; the cookie is HttpOnly, lives as
long as the link and is dropped once the link has been used.
"""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

#: What ``digests.new_token`` makes. Anything else never was a link of ours, and
#: might hold what no header may carry.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class LinkCookie:
    """The cookie of one kind of link."""

    def __init__(self, purpose: str, seconds: int) -> None:
        """Name the cookie after what the link is for."""
        self._name = f"{settings.COOKIE_PREFIX}link-{purpose}"
        self._seconds = seconds

    def read(self, request: HttpRequest) -> str:
        """Return the token, or an empty string."""
        return request.COOKIES.get(self._name, "")

    def keep(self, response: HttpResponse, token: str) -> HttpResponse:
        """Put the token into the browser; what is none reads as a dead link."""
        if _TOKEN.fullmatch(token) is None:
            return self.drop(response)
        return self._set(response, token, self._seconds)

    def drop(self, response: HttpResponse) -> HttpResponse:
        """Take the token out of the browser."""
        return self._set(response, "", 0)

    def _set(self, response: HttpResponse, value: str, age: int) -> HttpResponse:
        response.set_cookie(
            self._name,
            value,
            max_age=age,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
        response["Referrer-Policy"] = "no-referrer"
        return response
