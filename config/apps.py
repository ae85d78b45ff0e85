"""The app that holds the settings' checks and the serve command."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the start-up checks."""

    name = "config"

    def ready(self) -> None:
        """Import the checks, which register themselves."""
        from config import checks  # noqa: F401, PLC0415 - after the apps are loaded
