"""The events of accounts."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.trail import Entry


@dataclass(frozen=True, kw_only=True)
class AccountCreated(Entry):
    """Somebody registered."""

    tag = "account:create"
    sentence = _("You created this account with the address %(address)s.")
    address: str


@dataclass(frozen=True, kw_only=True)
class SignedIn(Entry):
    """A web session was opened; ``method`` names the proofs."""

    tag = "account:session:open"
    sentence = _("You signed in with %(method)s.")
    method: str


@dataclass(frozen=True, kw_only=True)
class SignInRefused(Entry):
    """A guess was wrong; ``via`` is web, upload or a form that asks again."""

    tag = "account:session:refuse"
    words = frozenset({"reason", "via"})
    sentence = _("A sign-in was refused: %(reason)s (%(via)s).")
    reason: str
    via: str


@dataclass(frozen=True, kw_only=True)
class SignedOut(Entry):
    """The owner ended a session."""

    tag = "account:session:end"
    sentence = _("You signed out.")


@dataclass(frozen=True, kw_only=True)
class OtherSessionsEnded(Entry):
    """A change of password or factors ended the other sessions."""

    tag = "account:session:end-others"
    words = frozenset({"reason"})
    sentence = _("Your other sessions were ended (%(count)s), because %(reason)s.")
    count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class AddressVerified(Entry):
    """The mailbox behind an address was proven."""

    tag = "account:address:verify"
    sentence = _("You verified the address %(address)s.")
    address: str


@dataclass(frozen=True, kw_only=True)
class VerificationSent(Entry):
    """A verification link was mailed."""

    tag = "account:address:send-verification"
    sentence = _("A verification link was sent to %(address)s.")
    address: str


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Entry):
    """The owner changed the password, knowing the old one."""

    tag = "account:password:change"
    sentence = _("You changed your password.")


@dataclass(frozen=True, kw_only=True)
class PasswordReset(Entry):
    """A new password was set by a mailed link."""

    tag = "account:password:reset"
    sentence = _("Your password was reset with a link sent to %(address)s.")
    address: str


@dataclass(frozen=True, kw_only=True)
class ResetRequested(Entry):
    """Somebody asked for a reset link."""

    tag = "account:password:request-reset"
    words = frozenset({"outcome"})
    sentence = _("A password reset was requested (%(outcome)s).")
    outcome: str


@dataclass(frozen=True, kw_only=True)
class AdministratorAppointed(Entry):
    """The account was given administrator's rights from the command line."""

    tag = "account:role:appoint"
    sentence = _("This account was made an administrator.")


@dataclass(frozen=True, kw_only=True)
class AdministratorDismissed(Entry):
    """The account lost administrator's rights."""

    tag = "account:role:dismiss"
    sentence = _("This account is no longer an administrator.")
