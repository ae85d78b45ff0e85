"""Write all index pages anew: after a change of address, or when in doubt."""

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from packages.index import projection


class Command(BaseCommand):
    """Rebuild while the site is running; installs and uploads go on."""

    help = "Write every stored index page anew from the database."

    def handle(self, *_args: object, **_options: object) -> None:
        """Rebuild and say how many projects there were."""
        count = projection.rebuild()
        told = ngettext(
            "Wrote the pages of %d project.", "Wrote the pages of %d projects.", count
        )
        self.stdout.write(self.style.SUCCESS(told % count))
