"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users and everything that says who they are."""

    name = "accounts"
