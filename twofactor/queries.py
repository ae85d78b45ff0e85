"""What others may ask about somebody's second factors."""

from accounts.models import User
from twofactor.models import TOTPDevice


def totp_of(user: User) -> TOTPDevice | None:
    """Return the confirmed authenticator app of a user, or None."""
    device = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    if device is not None:
        # The user as the request knows them: changes are refused when the security
        # stamp is no longer theirs, which a fresh copy would hide.
        device.user = user
    return device


def user_has_second_factor(user: User) -> bool:
    """Return whether signing in asks this user for more than the password."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()
