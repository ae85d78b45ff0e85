"""Where to go after signing in: only ever a path on this site."""

from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

_MOST_CHARACTERS = 2000


def safe(url: str) -> str:
    """Return ``url`` if it is a path on this site, else an empty string."""
    is_path = url.startswith("/") and len(url) <= _MOST_CHARACTERS
    if (
        is_path
        and url.isprintable()
        and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    ):
        return url
    return ""


def or_default(url: str, default: str) -> str:
    """Return the path to go to: ``url`` when safe, else the named ``default``."""
    return safe(url) or resolve_url(default)
