"""The one door: the only function that opens a web session, and what leads to it.

A right password alone opens the door only for accounts that no *step* stands
before (``settings.SIGN_IN_STEPS``). Otherwise it makes a ``HalfSignIn``: a short
record bound to the browser by a cookie of its own. While it waits, the request's
user is anonymous.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Protocol

from django.conf import settings
from django.contrib.auth import (
    login,  # noqa: TID251 - here is the one door
    logout,
    update_session_auth_hash,
)
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts import links, sessions
from accounts.digests import digest, new_token
from accounts.events import OtherSessionsEnded, SignedIn, SignedOut
from accounts.models import HalfSignIn, MailedLink, User
from accounts.origin import Origin, origin_of
from accounts.refusals import Refusal
from accounts.trail import record

HALF_COOKIE = f"{settings.COOKIE_PREFIX}half"
#: Wrong codes after which a half sign-in is over and the password asked again.
HALF_MOST_WRONG = 5


@dataclass(frozen=True, slots=True)
class Proof:
    """That a user passed one step, just now; ``device`` is what proved it."""

    step: str
    user_id: int
    method: str
    device: object | None = None


class Step(Protocol):
    """Something an account may demand besides the password."""

    name: str

    def is_needed(self, user: User) -> bool:
        """Return whether this user has to pass the step."""

    def url(self) -> str:
        """Return where the step is asked."""


class SignInExpired(Refusal):
    """The half sign-in is used, too old, or from before a change of the account."""

    default_code = "sign-in-expired"
    default_status = 403

    def __init__(self) -> None:
        """Say what to do next."""
        super().__init__(_("This sign-in has expired. Start again with your password."))


@cache
def steps() -> tuple[Step, ...]:
    """Return the steps of the settings, in their order."""
    return tuple(import_string(path) for path in settings.SIGN_IN_STEPS)


def missing_step(user: User, proofs: Iterable[Proof]) -> Step | None:
    """Return the first step that the user needs and no proof answers."""
    passed = {proof.step for proof in proofs if proof.user_id == user.pk}
    for step in steps():
        if step.name not in passed and step.is_needed(user):
            return step
    return None


def open_session(
    request: HttpRequest, user: User, *, stamp: str, proofs: tuple[Proof, ...]
) -> None:
    """Sign ``user`` in on this browser, given the proof of every factor they have.

    ``stamp`` is the security stamp as it was when the password was judged: a
    password, factor or standing changed since then refuses. Call inside the
    transaction that consumed the proofs. Raises ``SignInExpired``.
    """
    password = any(p.step == "password" and p.user_id == user.pk for p in proofs)
    if not password or missing_step(user, proofs) is not None:
        raise SignInExpired
    now = timezone.now()
    standing = User.objects.filter(pk=user.pk, security_stamp=stamp, is_active=True)
    if not standing.update(last_login=now):
        raise SignInExpired
    user.refresh_from_db()
    # Who signs in knows the password: nobody needs the reset links in a mailbox.
    links.void(user, MailedLink.Purpose.RESET)
    device = next((proof.device for proof in proofs if proof.device), None)
    if device is not None:
        setattr(user, "otp_device", device)  # noqa: B010 - django-otp reads it
    request.session.flush()
    login(request, user)
    origin = origin_of(request)
    method = " and ".join(proof.method for proof in proofs)
    _describe(request, user, origin, method)
    record(SignedIn(method=method), account=user, by=origin)


def close_session(request: HttpRequest, user: User) -> None:
    """Sign the browser out and leave no record of the session to be used."""
    with transaction.atomic():
        record(SignedOut(), account=user, by=origin_of(request))
        logout(request)


def end_other_sessions(request: HttpRequest, user: User, *, reason: str) -> None:
    """End every session of the user but this one, which gets a new key.

    Call in the transaction of the change, after the user's new stamp was saved.
    Half sign-ins go too. Raises ``SignInExpired`` when this session has itself been
    ended since the request began: a new key would bring it back.
    """
    kept = user.sessions.filter(
        digest=sessions.digest_of(request.session.session_key)
    ).first()
    if kept is None:
        raise SignInExpired
    count, _rows = user.sessions.exclude(pk=kept.pk).delete()
    user.half_sign_ins.all().delete()
    update_session_auth_hash(request, user)
    origin = origin_of(request)
    _describe(request, user, origin, kept.method)
    record(OtherSessionsEnded(count=count, reason=reason), account=user, by=origin)


def begin_half_sign_in(user: User, next_url: str) -> str:
    """Record a right password and return the cookie that continues from it."""
    token = new_token()
    now = timezone.now()
    HalfSignIn.objects.create(
        digest=digest(token, "half"),
        user=user,
        stamp=user.security_stamp,
        next=next_url,
        expires_at=now + timedelta(seconds=settings.HALF_SIGN_IN_SECONDS),
    )
    return token


def half_sign_in(request: HttpRequest) -> HalfSignIn | None:
    """Return the live half sign-in of this browser, or None."""
    token = request.COOKIES.get(HALF_COOKIE, "")
    return (
        HalfSignIn.objects.select_related("user")
        .filter(
            digest=digest(token, "half"),
            used_at=None,
            expires_at__gt=timezone.now(),
            wrong__lt=HALF_MOST_WRONG,
            stamp=F("user__security_stamp"),
            user__is_active=True,
        )
        .first()
    )


def count_wrong(half: HalfSignIn) -> None:
    """Count a wrong code against a half sign-in."""
    HalfSignIn.objects.filter(pk=half.pk).update(wrong=F("wrong") + 1)


def complete(request: HttpRequest, half: HalfSignIn, proof: Proof) -> None:
    """Use up a half sign-in and open the session it was waiting for.

    Call inside the transaction that consumed the second factor.
    """
    used = HalfSignIn.objects.filter(
        pk=half.pk,
        used_at=None,
        expires_at__gt=timezone.now(),
        wrong__lt=HALF_MOST_WRONG,
    ).update(used_at=timezone.now())
    if not used:
        raise SignInExpired
    proofs = (password_proof(half.user), proof)
    open_session(request, half.user, stamp=half.stamp, proofs=proofs)


def password_proof(user: User) -> Proof:
    """Return the proof that the password of ``user`` was right."""
    return Proof(step="password", user_id=user.pk, method="password")


def set_half_cookie(response: HttpResponseBase, token: str) -> None:
    """Bind a half sign-in to the browser."""
    response.set_cookie(
        HALF_COOKIE,
        token,
        max_age=settings.HALF_SIGN_IN_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def drop_half_cookie(response: HttpResponseBase) -> None:
    """Forget a half sign-in in the browser."""
    response.set_cookie(
        HALF_COOKIE, "", max_age=0, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


def _describe(request: HttpRequest, user: User, origin: Origin, method: str) -> None:
    request.session.save()
    sessions.describe(
        request.session,
        {
            "user": user,
            "method": method[:60],
            "network": origin.network,
            "user_agent": origin.user_agent,
        },
    )
