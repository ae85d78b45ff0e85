"""Changing and resetting a password."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import addresses, door, limits, links, passwords
from accounts.events import PasswordChanged, PasswordReset, ResetRequested
from accounts.models import EmailAddress, MailedLink, User
from accounts.models.user import new_stamp
from accounts.origin import Origin, origin_of
from accounts.outbox import post, tell_owner
from accounts.refusals import Refusal, TooManyAttempts
from accounts.trail import record


class AccountChanged(Refusal):
    """Another request changed the account first."""

    default_code = "account-changed"

    def __init__(self) -> None:
        """Say what to do next."""
        super().__init__(_("Your account changed in another window. Try again."))


def change_password(request: HttpRequest, user: User, new: str) -> None:
    """Set a new password, keep this browser signed in and end all others."""
    by = origin_of(request)
    encoded = make_password(passwords.normalize(new))
    with transaction.atomic():
        _set(user, encoded)
        record(PasswordChanged(), account=user, by=by)
        door.end_other_sessions(
            request, user, reason=gettext_noop("the password was changed")
        )
        tell_owner("accounts/email/password_changed", user, by=by)


def request_reset(name: str, *, by: Origin) -> None:
    """Mail a reset link if ``name`` is an account's; the caller cannot tell.

    Known, unknown, unverified and over-limit names cost the same rows. Raises
    ``TooManyAttempts`` for the network only.
    """
    limits.take(limits.Claim("reset-network", by.counted))
    user = User.objects.named(name)
    address = _reset_address(user, name)
    outcome = _outcome(user, address, name)
    to = address if outcome == "sent" else None
    with transaction.atomic():
        token = links.issue(
            MailedLink.Purpose.RESET,
            user=user if to else None,
            address=to,
            seconds=settings.RESET_LINK_SECONDS,
        )
        record(ResetRequested(outcome=outcome), account=user, by=by)
        post(
            "accounts/email/password_reset",
            to=to or "",
            account=user,
            by=by,
            context={
                "action_url": f"{settings.BASE_URL}"
                f"{reverse('accounts:reset-password')}?token={token}",
                "minutes": settings.RESET_LINK_SECONDS // 60,
            },
        )


def reset_password(token: str, new: str, *, by: Origin) -> User:
    """Set the password of the account behind a link; raise ``LinkDead``.

    Signs nobody in, leaves second factors alone, ends every session.
    """
    encoded = make_password(passwords.normalize(new))
    with transaction.atomic():
        link = links.use(MailedLink.Purpose.RESET, token)
        user, address = link.user, link.address
        if user is None or address is None:
            raise links.LinkDead
        _set(user, encoded)
        user.sessions.all().delete()
        user.half_sign_ins.all().delete()
        record(PasswordReset(address=address.address), account=user, by=by)
        tell_owner("accounts/email/password_changed", user, by=by)
    return user


def _set(user: User, encoded: str) -> None:
    """Write the password, unless the account changed since ``user`` was read."""
    stamp = new_stamp()
    changed = User.objects.filter(
        pk=user.pk, security_stamp=user.security_stamp
    ).update(password=encoded, security_stamp=stamp, password_changed_at=timezone.now())
    if not changed:
        raise AccountChanged
    user.password = encoded
    user.security_stamp = stamp
    links.void(user, MailedLink.Purpose.RESET)


def _reset_address(user: User | None, name: str) -> EmailAddress | None:
    # Asked for nobody too: a query more or less would tell.
    owner = user.pk if user else 0
    verified = EmailAddress.objects.filter(user_id=owner, verified_at__isnull=False)
    if "@" in name:
        return verified.filter(key=addresses.key_of(name)).first()
    return verified.filter(is_primary=True).first()


def _outcome(user: User | None, address: EmailAddress | None, name: str) -> str:
    key = f"user:{user.pk}" if user else f"name:{name.strip().casefold()}"
    try:
        limits.take(limits.Claim("reset-account", key))
    except TooManyAttempts:
        return gettext_noop("too many")
    if user is None:
        return gettext_noop("no such account")
    if address is None:
        return gettext_noop("no verified address")
    return "sent" if user.is_active else gettext_noop("account frozen")
