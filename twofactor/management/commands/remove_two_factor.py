"""``manage.py remove_two_factor NAME --reason "…"``: for a phone that is gone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.refusals import Refusal
from twofactor.flows import remove_for


class Command(BaseCommand):
    """Remove somebody's second factor after proving, elsewhere, who they are."""

    help = "Turn two-factor off for somebody who lost their phone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a username or verified address, and why."""
        parser.add_argument("name")
        parser.add_argument("--reason", required=True, help="kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the person and remove the factor."""
        user = User.objects.named(options["name"])
        if user is None:
            message = f"Nobody is called {options['name']}."
            raise CommandError(message)
        try:
            remove_for(user, options["reason"])
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(
            f"Two-factor is off for {user}. Every session of the account has ended "
            "and its verified addresses have been told."
        )
