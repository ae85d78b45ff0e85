"""The outbox: a mail is a row written with the change it reports.

A mail's template is one file of partials, ``<app>/email/<event>.txt``:
``subject``, ``lead`` (what happened), optionally ``body``, ``action`` (the label of
``context["action_url"]``) and ``why`` it was sent. Two layouts make the plain and
the HTML form of it. Content is sealed until it has been delivered.
"""

import json
import uuid
from email.headerregistry import Address
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.utils import timezone

from accounts import agents
from accounts.models import EmailAddress, OutgoingMail, User
from accounts.origin import Origin
from accounts.sealing import seal, unseal

_NEEDED = ("subject", "lead")
_OPTIONAL = ("body", "action", "why")


def post(
    template: str,
    *,
    to: EmailAddress | str,
    account: User | None,
    by: Origin | None,
    context: dict[str, object] | None = None,
) -> OutgoingMail:
    """Queue a mail in the caller's transaction; an empty ``to`` is a decoy.

    A decoy costs what a mail costs and is never sent: so that asking for a reset
    takes as long for an unknown name as for a known one.
    """
    if not transaction.get_connection().in_atomic_block:
        message = f"{template} must be posted in the transaction it reports"
        raise transaction.TransactionManagementError(message)
    content = render(template, account=account, by=by, context=context or {})
    message_id = f"{uuid.uuid4().hex}@gatehouse"
    return OutgoingMail.objects.create(
        template=template,
        to=str(to),
        user=account,
        content=seal(json.dumps(content).encode(), _context(message_id)),
        message_id=message_id,
        given_up_at=None if str(to) else timezone.now(),
    )


def tell_owner(template: str, account: User, *, by: Origin) -> None:
    """Queue a mail to every verified address of an account.

    Every one, because one mailbox may be in the wrong hands.
    """
    for address in account.addresses.exclude(verified_at=None):
        post(template, to=address, account=account, by=by)


def content_of(mail: OutgoingMail) -> dict[str, str]:
    """Return the subject, text and html of a mail that waits."""
    unsealed = unseal(mail.content, _context(mail.message_id))
    content: dict[str, str] = json.loads(unsealed)
    return content


def render(
    template: str,
    *,
    account: User | None,
    by: Origin | None,
    context: dict[str, object],
) -> dict[str, str]:
    """Return the subject and both bodies of a mail."""
    values: dict[str, Any] = {
        "account": account,
        "site": settings.SITE,
        "at": timezone.now(),
        "network": by.network if by else "",
        "browser": agents.describe(by.user_agent) if by and by.user_agent else "",
        **context,
    }
    values["parts"] = {
        part: " ".join(_part(f"{template}.txt#{part}", values).split())
        for part in (*_NEEDED, *_OPTIONAL)
    }
    return {
        "subject": f"[{settings.SITE_NAME}] {values['parts']['subject']}",
        "text": _plain("accounts/email/layout.txt", values),
        "html": render_to_string("accounts/email/layout.html", values),
    }


def sender() -> str:
    """Return the From header: the site's name and its address."""
    return str(Address(settings.SITE_NAME, addr_spec=settings.DEFAULT_FROM_EMAIL))


def _part(name: str, values: dict[str, Any]) -> str:
    """Render one partial; only some may be missing."""
    try:
        return _plain(name, values)
    except TemplateDoesNotExist:
        if name.endswith(_OPTIONAL):
            return ""
        raise


def _plain(name: str, values: dict[str, Any]) -> str:
    """Render a text template, without HTML's escapes."""
    template = get_template(name).template  # type: ignore[attr-defined]
    return str(template.render(Context(values, autoescape=False)))


def _context(message_id: str) -> str:
    return f"mail:{message_id}"
