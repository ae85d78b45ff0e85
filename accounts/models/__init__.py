"""The rows of accounts, one noun a module."""

from accounts.models.event import Event
from accounts.models.limit import LimitCounter
from accounts.models.link import MailedLink
from accounts.models.mail import OutgoingMail
from accounts.models.session import HalfSignIn, WebSession
from accounts.models.user import EmailAddress, User

__all__ = [
    "EmailAddress",
    "Event",
    "HalfSignIn",
    "LimitCounter",
    "MailedLink",
    "OutgoingMail",
    "User",
    "WebSession",
]
