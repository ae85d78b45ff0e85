"""Judge a code: counted first, then compared, refused with one sentence."""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import limits
from accounts.models import User
from accounts.origin import Origin
from accounts.refusals import Refusal
from accounts.sealing import SealBrokenError
from accounts.trail import record
from twofactor import totp
from twofactor.events import CodeRefused
from twofactor.models import TOTPDevice

_logger = logging.getLogger(__name__)


class WrongCode(Refusal):
    """The code is wrong or was used; which of the two is told to the trail only."""

    default_code = "wrong-code"
    default_status = 403

    def __init__(self) -> None:
        """Say what usually helps."""
        super().__init__(
            _(
                "That code is for another moment or was used before. Check that your "
                "phone's clock is set automatically, then try the next code."
            )
        )


class Unreadable(Refusal):
    """The secret was sealed under a key that this instance no longer holds."""

    default_code = "secret-unreadable"
    default_status = 503

    def __init__(self) -> None:
        """Say whom to ask; nobody gets in meanwhile."""
        super().__init__(
            _("Your code cannot be checked right now. Write to %(contact)s.")
            % {"contact": settings.SITE.contact_email}
        )


@dataclass(frozen=True, slots=True)
class RightCode:
    """A code that matched: its device, its step, and the hits it may give back.

    It is not used up yet: ``device.claim_step(step)`` does that, in the
    transaction of what it allows.
    """

    device: TOTPDevice
    step: int
    reservation: limits.Reservation


def judge(device: TOTPDevice, code: str, *, by: Origin, via: str) -> RightCode:
    """Return what a right code proves; raise ``WrongCode`` or ``TooManyAttempts``.

    The hits of the account are shared by all methods and all half sign-ins.
    """
    user: User = device.user
    reservation = limits.take(*_claims(user, by))
    step = totp.step_of(_secret_of(device), code, at=timezone.now().timestamp())
    if step is None:
        refuse(user, gettext_noop("wrong code"), by=by, via=via)
        raise WrongCode
    return RightCode(device, step, reservation)


def refuse(user: User, reason: str, *, by: Origin, via: str) -> None:
    """Record a refused code; call outside the transaction that is rolled back."""
    with transaction.atomic():
        record(CodeRefused(reason=reason, via=via), account=user, by=by)


def _secret_of(device: TOTPDevice) -> str:
    try:
        return device.secret
    except SealBrokenError as error:
        _logger.exception("the secret of device %s does not open", device.pk)
        raise Unreadable from error


def _claims(user: User, by: Origin) -> list[limits.Claim]:
    account, network = f"user:{user.pk}", by.counted
    return [
        limits.Claim("second-factor-account-5min", account),
        limits.Claim("second-factor-account-hour", account),
        limits.Claim("second-factor-account-day", account),
        limits.Claim("second-factor-network-5min", network),
        limits.Claim("second-factor-network-hour", network),
    ]
