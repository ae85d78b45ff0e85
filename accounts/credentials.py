"""Judge a name and a password, for the web and for uploads alike.

One counter per account, whichever way the guesses come; hits are taken before the
guess is judged and given back when it was right. A name nobody has costs the
guesser the same hits, one hash and one event, and gets the same answer.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import check_password as matches
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import limits, passwords
from accounts.events import SignInRefused
from accounts.models import User
from accounts.origin import Origin
from accounts.refusals import Busy, Refusal
from accounts.trail import record

#: Characters of a typed password: a decomposed form is longer than the composed one
#: whose length was judged when it was set, at most 4 times (UAX 15, 9).
MOST_TYPED = 4 * settings.PASSWORD_MOST_LENGTH
_NAME_MOST = 254


class WrongCredentials(Refusal):
    """Name and password do not belong together; nothing more is told."""

    default_code = "wrong-credentials"
    default_status = 403

    def __init__(self) -> None:
        """Use the one sentence for every cause."""
        super().__init__(
            _("That name and password do not belong together. Check both, then retry.")
        )


class AccountFrozen(Refusal):
    """The password is right, the account may not be used."""

    default_code = "account-frozen"
    default_status = 403

    def __init__(self) -> None:
        """Say whom to ask; only somebody who knows the password reads this."""
        super().__init__(
            _("This account is frozen. Write to %(contact)s to have it looked at.")
            % {"contact": settings.SITE.contact_email}
        )


@dataclass(frozen=True, slots=True)
class _Guess:
    user: User | None
    password: str
    is_sane: bool


def check_password(name: str, password: str, *, origin: Origin, via: str) -> User:
    """Return the user whose name and password these are.

    ``via`` is "web" or "upload". Raises ``WrongCredentials``, ``AccountFrozen``,
    ``TooManyAttempts`` or ``Busy``. Must run outside a transaction: it hashes.
    """
    guess = _read(name, password)
    key = f"user:{guess.user.pk}" if guess.user else f"name:{name.strip().casefold()}"
    if not _judge(guess, key, origin):
        _record_refusal(guess.user, gettext_noop("wrong password"), origin, via)
        raise WrongCredentials
    user = guess.user
    assert user is not None  # noqa: S101 - _is_right says so, for the type checker
    if not user.is_active:
        _record_refusal(user, gettext_noop("account frozen"), origin, via)
        raise AccountFrozen
    return user


def confirm_password(user: User, password: str, *, origin: Origin, via: str) -> bool:
    """Return whether this is the password of a user who is signed in already.

    Counted and recorded like any other guess; raises ``TooManyAttempts``.
    """
    guess = _Guess(user, password, _is_sane(password))
    if not _judge(guess, f"user:{user.pk}", origin):
        _record_refusal(user, gettext_noop("wrong password"), origin, via)
        return False
    return True


def _judge(guess: _Guess, key: str, origin: Origin) -> bool:
    """Take the hits, then judge.

    A right guess gets them back, and so does one that was not judged because the
    machine is busy.
    """
    reservation = limits.take(
        limits.Claim("sign-in-account", key),
        limits.Claim("sign-in-network", origin.counted),
        limits.Claim("sign-in-site", "site"),
    )
    try:
        is_right = _is_right(guess)
    except Busy:
        reservation.give_back()
        raise
    if is_right:
        reservation.give_back()
    return is_right


def _read(name: str, password: str) -> _Guess:
    is_sane = _is_sane(password) and len(name) <= _NAME_MOST and "\x00" not in name
    return _Guess(User.objects.named(name) if is_sane else None, password, is_sane)


def _is_sane(password: str) -> bool:
    # Refused before hashing: nothing of this kind can have been set.
    return "\x00" not in password and 0 < len(password) <= MOST_TYPED


def _is_right(guess: _Guess) -> bool:
    if not guess.is_sane:
        return False
    password = passwords.normalize(guess.password)
    if guess.user is None or not guess.user.has_usable_password():
        make_password(password)  # as much work as for a known name
        return False
    return matches(password, guess.user.password)


def _record_refusal(user: User | None, reason: str, origin: Origin, via: str) -> None:
    with transaction.atomic():
        record(SignInRefused(reason=reason, via=via), account=user, by=origin)
