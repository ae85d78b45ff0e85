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


def key_of(address: str) -> str:
    """Return the key under which an address is unique and found."""
    local, _at, domain = address.strip().rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local.casefold()}@{domain.lower()}"


def validate(address: str) -> None:
    """Raise ``ValidationError`` unless mail could reach the address."""
    check = EmailValidator(
        message=_("Enter a complete e-mail address, such as ada@example.com."),
        allowlist=["localhost"] if settings.DEVELOPMENT else [],
    )
    check(address)
    if len(address) > MOST_CHARACTERS:
        raise ValidationError(
            _("E-mail addresses have at most %(most)s characters."),
            params={"most": MOST_CHARACTERS},
        )
    if '"' in address or "[" in address:
        raise ValidationError(_("Enter an address without quotes or brackets."))
