"""What must be true before an instance starts (``manage.py check`` asks too)."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import django
from django.conf import settings
from django.core import checks

from config import accent

#: Versions with the WAL-reset bug, which can lose commits: up to 3.51.2 but for
#: the two backports. https://sqlite.org/wal.html#walresetbug
_WAL_RESET_FIXED = (3, 51, 3)
_WAL_RESET_BACKPORTS = {(3, 50): 7, (3, 44): 6}
#: The first 6.1 with the multipart and header-parsing fixes.
_OLDEST_SAFE_DJANGO = (6, 1, 3)


@checks.register()
def accent_is_legible(**kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Refuse an accent that is no colour or cannot be read on white."""
    colour = settings.SITE.accent
    try:
        if accent.is_legible(colour):
            return []
    except ValueError:
        return [
            checks.Error(
                f"GATEHOUSE_SITE_ACCENT takes a colour such as #0f766e, not {colour}.",
                id="gatehouse.E001",
            )
        ]
    return [
        checks.Error(
            f"GATEHOUSE_SITE_ACCENT {colour} has a contrast below "
            f"{accent.LEAST_CONTRAST} on white: choose a darker one.",
            id="gatehouse.E002",
        )
    ]


@checks.register()
def sqlite_is_sound(**kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Warn of SQLite versions that can lose commits in WAL mode."""
    version = sqlite3.sqlite_version_info
    uses_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    backport = _WAL_RESET_BACKPORTS.get(version[:2])
    is_fixed = version >= _WAL_RESET_FIXED or (
        backport is not None and version[2] >= backport
    )
    if not uses_sqlite or is_fixed or settings.DEVELOPMENT:
        return []
    return [
        checks.Warning(
            f"SQLite {sqlite3.sqlite_version} has the WAL-reset bug, fixed in 3.51.3: "
            "use a newer one, or PostgreSQL, for an instance you depend on.",
            id="gatehouse.W001",
        )
    ]


@checks.register(deploy=True)
def django_is_patched(**kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Refuse a Django older than the security fixes this product relies on."""
    if django.VERSION[:3] >= _OLDEST_SAFE_DJANGO:
        return []
    return [checks.Error("Django 6.1.3 or newer is required.", id="gatehouse.E003")]
