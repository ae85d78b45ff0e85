"""Registering, and proving a mailbox."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import addresses, limits, links, passwords
from accounts.events import AccountCreated, AddressVerified, VerificationSent
from accounts.models import EmailAddress, MailedLink, User
from accounts.origin import Origin
from accounts.outbox import post
from accounts.refusals import Refusal, TooManyAttempts
from accounts.trail import record


class NameTaken(Refusal):
    """Another account got the username first."""

    default_code = "username-taken"

    def __init__(self) -> None:
        """Say what to change."""
        super().__init__(_("This username is taken. Choose another one."))


class AddressTaken(Refusal):
    """Another account proved the mailbox first."""

    default_code = "address-taken"

    def __init__(self) -> None:
        """Only the mailbox's reader gets here."""
        super().__init__(_("This address has been verified by another account."))


def register(
    *, username: str, name: str, address: str, password: str, by: Origin
) -> User:
    """Create an account and mail the address; raise ``NameTaken``.

    Takes nothing from whoever already verified the address, and shows the person
    at the form nothing of it: the mailbox gets another mail, that is all.
    """
    limits.take(
        limits.Claim("register-network", by.counted),
        limits.Claim("register-site", "site"),
    )
    may_mail = _may_mail(address)
    encoded = make_password(passwords.normalize(password))
    try:
        with transaction.atomic():
            user = User.objects.create(username=username, name=name, password=encoded)
            row = EmailAddress.objects.create(
                user=user, address=address, is_primary=True
            )
            record(AccountCreated(address=address), account=user, by=by)
            # The first of the mails this account may cause.
            limits.take(_account_claim(row))
            _mail_verification(row, by=by, is_decoy=not may_mail)
    except IntegrityError as error:
        raise NameTaken from error
    return user


def send_verification(address: EmailAddress, *, by: Origin) -> None:
    """Mail another verification link; raise ``TooManyAttempts``.

    The account's own limit is told. The mailbox's is not: it would tell that
    somebody else has just been verifying it.
    """
    limits.take(_account_claim(address))
    may_mail = _may_mail(address.address)
    with transaction.atomic():
        _mail_verification(address, by=by, is_decoy=not may_mail)


def verify_address(user: User, token: str, *, by: Origin) -> EmailAddress:
    """Mark the address behind a link as proven; raise ``Refusal``.

    ``user`` is who is signed in: a link never verifies for anybody else.
    """
    with transaction.atomic():
        link = links.use(MailedLink.Purpose.VERIFY, token)
        address = link.address
        if address is None or link.user_id != user.pk:
            raise links.LinkDead
        _mark_verified(address)
        links.void(user, MailedLink.Purpose.VERIFY, address)
        record(AddressVerified(address=address.address), account=user, by=by)
    return address


def _mark_verified(address: EmailAddress) -> None:
    unverified = EmailAddress.objects.filter(pk=address.pk, verified_at=None)
    try:
        with transaction.atomic():
            changed = unverified.update(verified_at=timezone.now())
    except IntegrityError as error:
        raise AddressTaken from error
    if not changed:
        raise links.LinkDead


def _account_claim(address: EmailAddress) -> limits.Claim:
    return limits.Claim("verification-account", f"user:{address.user_id}")


def _may_mail(address: str) -> bool:
    """Return whether this mailbox may get one more mail of this kind."""
    mailbox = addresses.mailbox_of(addresses.key_of(address))
    try:
        limits.take(limits.Claim("verification-address", mailbox))
    except TooManyAttempts:
        return False
    return True


def _mail_verification(
    address: EmailAddress, *, by: Origin, is_decoy: bool = False
) -> None:
    user = address.user
    token = links.issue(
        MailedLink.Purpose.VERIFY,
        user=user,
        address=address,
        seconds=settings.VERIFY_LINK_SECONDS,
    )
    owner = _other_owner(address)
    template = "accounts/email/address_in_use" if owner else "accounts/email/verify"
    post(
        template,
        # The stored spelling: the typed one may be a look-alike of it.
        to="" if is_decoy else (owner or address),
        account=owner.user if owner else user,
        by=by,
        context={
            "address": address.address,
            "owner": owner.user if owner else None,
            "action_url": (
                f"{settings.BASE_URL}{reverse('accounts:login')}"
                if owner
                else f"{settings.BASE_URL}{reverse('accounts:verify-email')}"
                f"?token={token}"
            ),
            "hours": settings.VERIFY_LINK_SECONDS // 3600,
        },
    )
    record(VerificationSent(address=address.address), account=user, by=by)


def _other_owner(address: EmailAddress) -> EmailAddress | None:
    return (
        EmailAddress.objects.filter(key=address.key, verified_at__isnull=False)
        .exclude(user=address.user_id)
        .select_related("user")
        .first()
    )
