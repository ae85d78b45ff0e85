"""E-mail addresses: what is accepted, and when two of them are the same.

The *key* of an address is what uniqueness and look-ups use: the local part case
folded, the domain in its ASCII (IDNA) form. Mail goes to the spelling that was
stored, never to one typed later.
"""

import contextlib

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

#: RFC 5321, 4.5.3.1.3 as corrected: what a path can carry.
MOST_CHARACTERS = 254
_INCOMPLETE = _("Enter a complete e-mail address, such as ada@example.com.")


def key_of(address: str) -> str:
    """Return the key under which an address is unique and found."""
    local, _at, domain = address.strip().rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local.casefold()}@{domain.lower()}"


def mailbox_of(key: str) -> str:
    """Return the key without a ``+tag``: what limits count as one mailbox."""
    local, _at, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def validate(address: str) -> None:
    """Raise ``ValidationError`` unless mail could reach the address."""
    check = EmailValidator(
        message=_INCOMPLETE, allowlist=["localhost"] if settings.DEVELOPMENT else []
    )
    check(address)
    local, _at, domain = address.rpartition("@")
    if not local.isascii() or not _has_ascii_form(domain):
        # Letters that only look like ASCII ones fold into them (Kelvin's K).
        raise ValidationError(_INCOMPLETE)
    if max(len(address), len(key_of(address))) > MOST_CHARACTERS:
        raise ValidationError(
            _("E-mail addresses have at most %(most)s characters."),
            params={"most": MOST_CHARACTERS},
        )
    if '"' in address or "[" in address:
        raise ValidationError(_("Enter an address without quotes or brackets."))


def _has_ascii_form(domain: str) -> bool:
    try:
        domain.encode("idna")
    except UnicodeError:
        return False
    return True
