"""Passwords: how they are hashed, and what is asked of a new one.

Argon2id at 19 MiB, 2 passes, 1 lane (OWASP's minimum: about 25 ms). No more are
computed at once than there are cores, so that a flood of sign-ins takes neither
the memory nor the cores that installs need. A quarter of the threads never waits
for a hash; who finds the queue full, or waits longer than ``HASH_WAIT_SECONDS``,
gets a 503 with Retry-After.
"""

import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from zxcvbn import zxcvbn

from accounts.gate import FairGate
from accounts.refusals import Busy

#: zxcvbn 3: safely unguessable against an offline attack on a slow hash.
LEAST_SCORE = 3
#: zxcvbn refuses more, and takes long before that.
_SCORED_CHARACTERS = 72
_LEAST_CONTEXT_WORD = 4
_gate = FairGate(settings.HASHES_AT_ONCE, waiting=settings.HASHES_WAITING)
#: Threads that do nothing but hash. The C library keeps what a thread has freed for
#: that thread: hashed where the request is served, 19 MiB would stay with each one.
_hashing = ThreadPoolExecutor(settings.HASHES_AT_ONCE, thread_name_prefix="hashing")


def normalize(raw: str) -> str:
    """Return the NFKC form, in which a password is hashed whatever typed it."""
    return unicodedata.normalize("NFKC", raw)


class Argon2id(Argon2PasswordHasher):
    """Argon2id, bounded in memory and in how many run at once."""

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash, when it is our turn."""
        with _turn():
            return _hashing.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        """Compare, when it is our turn."""
        with _turn():
            return _hashing.submit(super().verify, password, encoded).result()


@contextmanager
def _turn() -> Iterator[None]:
    if not connection.in_atomic_block:
        # Whoever waits must not keep a pooled connection from those who read.
        connection.close_if_unusable_or_obsolete()
    if not _gate.enter(settings.HASH_WAIT_SECONDS):
        raise Busy(
            _("Many people are signing in right now. Try again in a few seconds."),
            retry_after=5,
        )
    try:
        yield
    finally:
        _gate.leave()


class LengthValidator:
    """15 characters or more (NIST SP 800-63B-4: a lone password), 1,024 at most."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ANN401
        """Raise ``ValidationError`` on a length outside the bounds."""
        least, most = settings.PASSWORD_LEAST_LENGTH, settings.PASSWORD_MOST_LENGTH
        length = len(normalize(password))
        if length < least:
            raise ValidationError(
                ngettext(
                    "Use %(least)d character or more.",
                    "Use %(least)d characters or more. A sentence is easy to keep.",
                    least,
                )
                % {"least": least},
                code="password_too_short",
            )
        if length > most:
            raise ValidationError(
                _("Use %(most)d characters at most.") % {"most": most},
                code="password_too_long",
            )
        if "\x00" in password:
            raise ValidationError(
                _("Leave out the NUL character."), code="password_with_nul"
            )

    def get_help_text(self) -> str:
        """Say the rule before it is broken."""
        return _("%(least)d characters or more; any characters, spaces too.") % {
            "least": settings.PASSWORD_LEAST_LENGTH
        }


class StrengthValidator:
    """Refuses what an attacker would try early, the account's own words included."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ANN401
        """Raise ``ValidationError`` when zxcvbn scores below ``LEAST_SCORE``."""
        words = context_words(user)
        candidate = normalize(password)[:_SCORED_CHARACTERS]
        result = zxcvbn(  # type: ignore[no-untyped-call]
            candidate or " ", user_inputs=words
        )
        if result["score"] < LEAST_SCORE or _is_mostly(candidate, words):
            raise ValidationError(
                _(
                    "This password is easy to guess: it is made of common words, "
                    "repeats, or words of your account. Add words that have nothing "
                    "to do with each other."
                ),
                code="password_too_weak",
            )

    def get_help_text(self) -> str:
        """Say the rule before it is broken."""
        return _("Not built from your name, address or well-known words.")


def context_words(user: Any) -> list[str]:  # noqa: ANN401 - forms pass stand-ins
    """Return the words an attacker would try for this account first."""
    values = [settings.SITE_NAME, "pypi", "python", "package", "gatehouse"]
    values += [getattr(user, "username", ""), getattr(user, "name", "")]
    values += getattr(user, "password_context", [])
    if getattr(user, "pk", None):
        values += user.addresses.values_list("address", flat=True)
    words = set()
    for value in values:
        words.add(value.casefold())
        words.update(value.casefold().replace("@", " ").replace(".", " ").split())
    return sorted(word for word in words if word)


def _is_mostly(password: str, words: list[str]) -> bool:
    """Return whether fewer than half of the characters are left without the words."""
    left = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _LEAST_CONTEXT_WORD:
            left = left.replace(word, "")
    return len(left) * 2 < len(password)
