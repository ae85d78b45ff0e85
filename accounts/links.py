"""Links sent by mail: made, found and used up.

A link is a proof of reading a mailbox and nothing more: it signs nobody in and is
no second factor. Looking at it changes nothing, because mail scanners look.
"""

from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.digests import digest, new_token
from accounts.models import EmailAddress, MailedLink, User
from accounts.refusals import Refusal


class LinkDead(Refusal):
    """The link is used, too old, replaced, or was never ours."""

    default_code = "link-dead"
    default_status = 403

    def __init__(self) -> None:
        """One sentence for every cause: the holder may be anybody."""
        super().__init__(_("This link has been used or is too old. Ask for a new one."))


def issue(
    purpose: MailedLink.Purpose,
    *,
    user: User | None,
    address: EmailAddress | None,
    seconds: int,
) -> str:
    """Store a link and return its token; without a user it is a decoy."""
    token = new_token()
    is_reset = purpose == MailedLink.Purpose.RESET
    MailedLink.objects.create(
        digest=digest(token, purpose),
        purpose=purpose,
        user=user,
        address=address,
        # A verification outlives a password change, a reset does not.
        stamp=user.security_stamp if user and is_reset else "",
        expires_at=timezone.now() + timedelta(seconds=seconds),
    )
    return token


def find(purpose: MailedLink.Purpose, token: str) -> MailedLink | None:
    """Return the live link behind a token, without using it."""
    return _live(purpose, token).select_related("user", "address").first()


def use(purpose: MailedLink.Purpose, token: str) -> MailedLink:
    """Use a link up and return it; raise ``LinkDead`` when it is not live.

    One conditional UPDATE decides between parallel uses. Its conditions stand on
    the row itself, so that nothing hangs on how a database reads a subquery again.
    """
    link = find(purpose, token)
    now = timezone.now()
    unused = MailedLink.objects.filter(used_at=None, expires_at__gt=now)
    if link is None or not unused.filter(pk=link.pk).update(used_at=now):
        raise LinkDead
    return link


def void(
    user: User, purpose: MailedLink.Purpose, address: EmailAddress | None = None
) -> None:
    """Kill the links of one purpose that a user holds, or those to one address."""
    held = MailedLink.objects.filter(user=user, purpose=purpose, used_at=None)
    if address is not None:
        held = held.filter(address=address)
    held.update(used_at=timezone.now())


def _live(purpose: MailedLink.Purpose, token: str) -> QuerySet[MailedLink]:
    return MailedLink.objects.filter(
        Q(stamp="") | Q(stamp=F("user__security_stamp")),
        digest=digest(token, purpose),
        purpose=purpose,
        used_at=None,
        expires_at__gt=timezone.now(),
        user__is_active=True,
    )
