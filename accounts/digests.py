"""Digests of random secrets, and keyed digests of things that can be guessed."""

import hashlib
import secrets

from django.utils.crypto import salted_hmac


def new_token() -> str:
    """Return 256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def digest(token: str, purpose: str) -> str:
    """Return how a random token is stored: SHA-256, bound to its purpose."""
    return hashlib.sha256(f"{purpose}:{token}".encode()).hexdigest()


def keyed(value: str, purpose: str) -> str:
    """Return an HMAC for values that a list of guesses would find otherwise."""
    return salted_hmac(f"accounts.{purpose}", value, algorithm="sha256").hexdigest()
