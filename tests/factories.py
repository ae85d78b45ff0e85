"""People for tests."""

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import EmailAddress, User
from twofactor import totp
from twofactor.models import TOTPDevice

PASSWORD = "plum harbour quietly ninety"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_encoded: list[str] = []


def make_user(
    username: str = "ada",
    *,
    verified: bool = True,
    password: str = PASSWORD,
    address: str = "",
    **fields: object,
) -> User:
    """Make a person with a primary address."""
    user = User.objects.create(
        username=username,
        password=_hash(password),
        **fields,
    )
    EmailAddress.objects.create(
        user=user,
        address=address or f"{username}@example.com",
        is_primary=True,
        verified_at=timezone.now() if verified else None,
    )
    return user


def turn_on_totp(user: User, secret: str = SECRET) -> TOTPDevice:
    """Give a person an authenticator app that has never been used."""
    device = TOTPDevice(user=user, confirmed=True)
    device.set_secret(secret)
    device.save()
    return device


def code_at(timestamp: float, secret: str = SECRET) -> str:
    """Return what the app shows at a moment."""
    import pyotp  # noqa: PLC0415

    return pyotp.TOTP(secret).generate_otp(totp.step_at(timestamp))


def _hash(password: str) -> str:
    # One hash serves every test that uses the usual password.
    if password != PASSWORD:
        return make_password(password)
    if not _encoded:
        _encoded.append(make_password(password))
    return _encoded[0]
