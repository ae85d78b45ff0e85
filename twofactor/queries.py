"""What others may ask about somebody's second factors."""

from accounts.models import User
from twofactor.models import TOTPDevice


def totp_of(user: User) -> TOTPDevice | None:
    """Return the confirmed authenticator app of a user, or None."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def user_has_second_factor(user: User) -> bool:
    """Return whether signing in asks this user for more than the password."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()
