"""Seal small secrets at rest: AES-256-GCM under keys kept outside the database.

A sealed value is ``version (1) | key id (4) | nonce (12) | ciphertext and tag``.
The *context* says what is sealed for whom; it is authenticated, so a value copied
into another row does not open. ``settings.SEALING_KEYS`` is ordered: the first
seals, every one opens, which is how keys are rotated.
"""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_VERSION = b"\x01"
_KEY_ID = slice(1, 5)
_NONCE = slice(5, 17)
_CIPHERTEXT = slice(17, None)


class SealBrokenError(Exception):
    """The value was sealed under no key we hold, for another row, or altered."""


def seal(secret: bytes, context: str) -> bytes:
    """Return ``secret`` sealed under the first key."""
    master = settings.SEALING_KEYS[0]
    nonce = os.urandom(12)
    ciphertext = AESGCM(_key(master)).encrypt(nonce, secret, context.encode())
    return _VERSION + key_id(master) + nonce + ciphertext


def unseal(sealed: bytes | memoryview, context: str) -> bytes:
    """Return the secret; raise ``SealBrokenError`` unless key and context are right."""
    value = bytes(sealed)
    for master in settings.SEALING_KEYS:
        if value[:1] == _VERSION and value[_KEY_ID] == key_id(master):
            cipher = AESGCM(_key(master))
            try:
                return cipher.decrypt(
                    value[_NONCE], value[_CIPHERTEXT], context.encode()
                )
            except (InvalidTag, ValueError) as error:  # ValueError: cut short
                raise SealBrokenError(context) from error
    raise SealBrokenError(context)


def key_id(master: str) -> bytes:
    """Return the 4 bytes by which sealed values name their key."""
    return hashlib.sha256(b"gatehouse sealing key id" + master.encode()).digest()[:4]


def _key(master: str) -> bytes:
    # HKDF (RFC 5869): the configured text may be of any form, the key is 32 bytes.
    derivation = HKDF(hashes.SHA256(), 32, salt=None, info=b"gatehouse sealing v1")
    return derivation.derive(master.encode())
