"""``manage.py appoint NAME``: make a registered person an administrator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.flows import administrators
from accounts.models import User


class Command(BaseCommand):
    """Appoint, or with ``--dismiss`` dismiss, an administrator."""

    help = "Make a registered person an administrator of this site."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a username, or a verified address."""
        parser.add_argument("name")
        parser.add_argument("--dismiss", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the person and change their standing."""
        user = User.objects.named(options["name"])
        if user is None:
            message = f"Nobody is called {options['name']}. Register first."
            raise CommandError(message)
        if options["dismiss"]:
            administrators.dismiss(user)
            self.stdout.write(f"{user} is no longer an administrator.")
            return
        administrators.appoint(user)
        self.stdout.write(
            f"{user} is an administrator. The administration opens once two-factor "
            "is on for the account."
        )
