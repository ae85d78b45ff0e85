"""Second factors, as devices that django-otp knows."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django_otp.models import Device

from accounts.sealing import seal, unseal
from twofactor import totp

#: How long a secret that was shown waits for its first code.
PENDING_FOR = timedelta(minutes=10)


class TOTPDevice(Device):
    """An authenticator app. Until a code confirmed it, it opens nothing.

    The secret is sealed for its owner. ``last_step`` is the last RFC 6238 step
    that was accepted: only later ones are, ever.
    """

    sealed_secret = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    #: Digest of the session that was shown the secret; empty once confirmed.
    session_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        """One app an account, and one waiting for its code."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(confirmed=True),
                name="one_authenticator_app_per_user",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(confirmed=False),
                name="one_pending_app_per_user",
            ),
        ]

    def set_secret(self, secret: str) -> None:
        """Seal a base32 secret for the device's owner."""
        self.sealed_secret = seal(totp.to_bytes(secret), self._sealed_for)

    @property
    def secret(self) -> str:
        """Return the base32 secret; ``SealBrokenError`` if it was made for another."""
        return totp.from_bytes(unseal(self.sealed_secret, self._sealed_for))

    def claim_step(self, step: int) -> bool:
        """Use a step up; return whether this call was the one that did.

        One conditional UPDATE: parallel posts of one code have one winner.
        """
        claimed = TOTPDevice.objects.filter(
            pk=self.pk, confirmed=True, last_step__lt=step
        ).update(last_step=step, last_used_at=timezone.now())
        return bool(claimed)

    def verify_token(self, token: str) -> bool:
        """Answer django-otp: a code is judged and used up in one go."""
        code = totp.read_code(token)
        if code is None:
            return False
        step = totp.step_of(self.secret, code, at=timezone.now().timestamp())
        return step is not None and self.claim_step(step)

    @property
    def _sealed_for(self) -> str:
        return f"twofactor.totp:{self.user_id}"
