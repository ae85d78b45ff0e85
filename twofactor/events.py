"""The events of twofactor."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.trail import Entry


@dataclass(frozen=True, kw_only=True)
class FactorAdded(Entry):
    """A second factor was turned on."""

    tag = "account:two-factor:add"
    words = frozenset({"method"})
    sentence = _("You turned two-factor on with an %(method)s.")
    method: str


@dataclass(frozen=True, kw_only=True)
class FactorRemoved(Entry):
    """A second factor was turned off."""

    tag = "account:two-factor:remove"
    words = frozenset({"method"})
    sentence = _("You turned two-factor off: the %(method)s was removed.")
    method: str


@dataclass(frozen=True, kw_only=True)
class FactorRemovedByOperator(Entry):
    """An operator turned two-factor off for somebody who lost it."""

    tag = "account:two-factor:remove-by-operator"
    sentence = _("The operator of this site turned two-factor off: %(reason)s")
    reason: str


@dataclass(frozen=True, kw_only=True)
class CodeRefused(Entry):
    """A code was wrong, used before, or for another moment."""

    tag = "account:two-factor:refuse"
    words = frozenset({"reason", "via"})
    sentence = _("A two-factor code was refused: %(reason)s (%(via)s).")
    reason: str
    via: str
