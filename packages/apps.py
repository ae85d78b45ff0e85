"""The Django application of projects, files and the index."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PackagesConfig(AppConfig):
    """Register projects, releases, files and stored index pages."""

    name = "packages"
    verbose_name = _("packages")
    default_auto_field = "django.db.models.BigAutoField"
