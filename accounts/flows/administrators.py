"""Appointing and dismissing administrators: from the command line only."""

from django.db import transaction

from accounts.events import AdministratorAppointed, AdministratorDismissed
from accounts.models import User
from accounts.origin import SYSTEM
from accounts.trail import record


def appoint(user: User) -> None:
    """Give a user the administrator's rights."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
        record(AdministratorAppointed(), account=user, by=SYSTEM)


def dismiss(user: User) -> None:
    """Take the administrator's rights from a user."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)
        record(AdministratorDismissed(), account=user, by=SYSTEM)
