"""The trail: every change of security state leaves a row, in its own transaction.

An event is a frozen dataclass derived from ``Entry``: its tag
(``area:subject:action``), the data it carries and the sentence that tells it to a
person stand in one place. Each app declares its own in ``events.py``.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.digests import keyed
from accounts.models import Event, User
from accounts.origin import Origin

_registry: dict[str, type["Entry"]] = {}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One kind of event; subclasses add fields, ``tag`` and ``sentence``.

    ``words`` names the fields that hold words of ours: they are stored in English
    and translated when the event is told.
    """

    tag: ClassVar[str]
    #: %-formatted with the fields, for the account's own history.
    sentence: ClassVar[str | Promise]
    words: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Register the kind, so that histories can tell it."""
        super().__init_subclass__(**kwargs)
        if cls.tag in _registry and _registry[cls.tag].__qualname__ != cls.__qualname__:
            message = f"two events are tagged {cls.tag}"
            raise TypeError(message)
        _registry[cls.tag] = cls


def record(
    entry: Entry,
    *,
    account: User | None,
    by: Origin,
    actor: User | None = None,
    subject: str = "",
) -> Event:
    """Write one event; the caller's transaction holds the change it reports."""
    if not transaction.get_connection().in_atomic_block:
        message = f"{entry.tag} must be recorded in the transaction of its act"
        raise transaction.TransactionManagementError(message)
    actor = actor or account
    return Event.objects.create(
        tag=entry.tag,
        account=account,
        account_name=account.username if account else "",
        actor=actor,
        actor_name=actor.username if actor else "",
        subject=subject,
        network=by.network,
        network_key=keyed(by.address, "network") if by.address else "",
        user_agent=by.user_agent,
        request_id=by.request_id,
        data=asdict(entry),
    )


def tell(event: Event) -> str:
    """Return the plain sentence for an event."""
    kind = _registry.get(event.tag)
    if kind is None:
        return event.tag
    try:
        return str(str(kind.sentence) % _translated(event.data, kind.words))
    except KeyError:
        # Recorded before the kind carried all of today's data.
        return _("%(tag)s (recorded by an earlier version)") % {"tag": event.tag}


def _translated(data: dict[str, object], words: frozenset[str]) -> dict[str, object]:
    return {
        name: _(value) if name in words and isinstance(value, str) and value else value
        for name, value in data.items()
    }
