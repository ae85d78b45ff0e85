"""The verbs of twofactor: begin, activate and remove an app; finish a sign-in."""

from datetime import datetime

import django_otp
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import door
from accounts.models import HalfSignIn, User
from accounts.models.user import new_stamp
from accounts.origin import SYSTEM, origin_of
from accounts.outbox import tell_owner
from accounts.refusals import Refusal
from accounts.sessions import digest_of
from accounts.trail import record
from twofactor import totp
from twofactor.events import FactorAdded, FactorRemoved, FactorRemovedByOperator
from twofactor.judging import RightCode, WrongCode, refuse
from twofactor.models import PENDING_FOR, TOTPDevice
from twofactor.queries import user_has_second_factor
from twofactor.steps import STEP_NAME

METHOD = gettext_noop("authenticator app")


class AddressNeeded(Refusal):
    """Two-factor needs a verified primary address."""

    default_code = "address-unverified"
    default_status = 403

    def __init__(self) -> None:
        """Say what to do first."""
        super().__init__(
            _("Verify your primary e-mail address first, then turn on two-factor.")
        )


class AlreadyOn(Refusal):
    """Another tab was quicker."""

    default_code = "two-factor-on"

    def __init__(self) -> None:
        """Say how things stand."""
        super().__init__(_("Two-factor is on already."))


class NotOn(Refusal):
    """There is nothing to turn off."""

    default_code = "two-factor-off"

    def __init__(self) -> None:
        """Say how things stand."""
        super().__init__(_("Two-factor is off already."))


class SetUpExpired(Refusal):
    """The secret was shown too long ago, or to another browser."""

    default_code = "set-up-expired"

    def __init__(self) -> None:
        """Say what to do next."""
        super().__init__(
            _("This set-up has expired. Scan the new QR code and type its code.")
        )


def require_address(user: User) -> None:
    """Raise ``AddressNeeded`` unless the primary mailbox has been proven."""
    if not user.has_verified_primary:
        raise AddressNeeded


def pending_totp(user: User, session: SessionBase) -> TOTPDevice | None:
    """Return the app this browser is setting up, unless its time is over."""
    device = _pending_here(user, session).first()
    if device is not None:
        device.user = user  # with the security stamp this request began with
    return device


def begin_totp(user: User, session: SessionBase) -> TOTPDevice:
    """Return the app being set up here, the same for ten minutes of reloads."""
    require_address(user)
    if user_has_second_factor(user):
        raise AlreadyOn
    device = pending_totp(user, session)
    if device is not None:
        return device
    device = TOTPDevice(
        user=user,
        name="",
        confirmed=False,
        session_digest=digest_of(session.session_key),
    )
    device.set_secret(totp.new_secret())
    try:
        with transaction.atomic():
            # Not the one that another tab may have shown a moment ago.
            shown = _pending_here(user, session).values_list("pk", flat=True)
            TOTPDevice.objects.filter(user=user, confirmed=False).exclude(
                pk__in=list(shown)
            ).delete()
            device.save()
    except IntegrityError as error:
        # Another tab of the same person got there first.
        other = pending_totp(user, session)
        if other is None:
            raise SetUpExpired from error
        return other
    return device


def activate_totp(request: HttpRequest, device: TOTPDevice, step: int) -> None:
    """Turn two-factor on: the proving code's step is used up with it."""
    user, by = device.user, origin_of(request)
    require_address(user)
    try:
        with transaction.atomic():
            confirmed = TOTPDevice.objects.filter(
                pk=device.pk, confirmed=False, created_at__gt=_oldest_pending()
            ).update(confirmed=True, last_step=step, session_digest="")
            if not confirmed:
                raise SetUpExpired
            _change(request, user, reason=gettext_noop("two-factor was turned on"))
            device.refresh_from_db()
            # Who has just proven a code is verified in this session.
            django_otp.login(request, device)  # type: ignore[no-untyped-call]
            record(FactorAdded(method=METHOD), account=user, by=by)
            tell_owner("twofactor/email/added", user, by=by)
    except IntegrityError as error:
        raise AlreadyOn from error


def remove_totp(request: HttpRequest, right: RightCode) -> None:
    """Turn two-factor off, given the password and a current code."""
    device = right.device
    user, by = device.user, origin_of(request)
    require_address(user)
    with transaction.atomic():
        claimed = device.claim_step(right.step)
        if claimed:
            TOTPDevice.objects.filter(pk=device.pk).delete()
            request.session.pop(django_otp.DEVICE_ID_SESSION_KEY, None)
            _change(request, user, reason=gettext_noop("two-factor was turned off"))
            record(FactorRemoved(method=METHOD), account=user, by=by)
            tell_owner("twofactor/email/removed", user, by=by)
    if not claimed:
        refuse(user, gettext_noop("code used before"), by=by, via="turning off")
        raise WrongCode
    right.reservation.give_back()


def remove_for(user: User, reason: str) -> None:
    """Turn two-factor off for somebody who lost it; from the command line only.

    Ends every session: whoever comes next has to know the password.
    """
    with transaction.atomic():
        removed, _rows = TOTPDevice.objects.filter(user=user, confirmed=True).delete()
        if not removed:
            raise NotOn
        User.objects.filter(pk=user.pk).update(security_stamp=new_stamp())
        user.sessions.all().delete()
        user.half_sign_ins.all().delete()
        entry = FactorRemovedByOperator(reason=reason)
        record(entry, account=user, by=SYSTEM)
        tell_owner("twofactor/email/removed_by_operator", user, by=SYSTEM)


def finish_sign_in(request: HttpRequest, half: HalfSignIn, right: RightCode) -> None:
    """Use the code and the half sign-in up, and open the session they allow."""
    proof = door.Proof(
        step=STEP_NAME, user_id=half.user_id, method=METHOD, device=right.device
    )
    with transaction.atomic():
        claimed = right.device.claim_step(right.step)
        if claimed:
            door.complete(request, half, proof)
    if not claimed:
        by = origin_of(request)
        refuse(half.user, gettext_noop("code used before"), by=by, via="web")
        raise WrongCode
    right.reservation.give_back()


def _pending_here(user: User, session: SessionBase) -> QuerySet[TOTPDevice]:
    return TOTPDevice.objects.filter(
        user=user,
        confirmed=False,
        session_digest=digest_of(session.session_key),
        created_at__gt=_oldest_pending(),
    )


def _oldest_pending() -> datetime:
    return timezone.now() - PENDING_FOR


def _change(request: HttpRequest, user: User, *, reason: str) -> None:
    """Renew the stamp, unless the account changed meanwhile, and end the others."""
    stamp = new_stamp()
    changed = User.objects.filter(
        pk=user.pk, security_stamp=user.security_stamp
    ).update(security_stamp=stamp)
    if not changed:
        raise door.SignInExpired
    user.security_stamp = stamp
    door.end_other_sessions(request, user, reason=reason)
