"""Where the notice for the next page waits: a signed cookie, bound to this host."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class HostCookieStorage(CookieStorage):
    """Django's cookie of messages under the prefix of all our cookies."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"
