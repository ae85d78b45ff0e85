"""The twofactor app."""

from django.apps import AppConfig


class TwofactorConfig(AppConfig):
    """Second factors; ``accounts`` knows them only as a step in its settings."""

    name = "twofactor"
