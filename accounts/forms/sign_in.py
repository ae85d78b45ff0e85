"""Signing in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import credentials, next_url
from accounts.forms.base import NameField, PasswordField, RefusingForm
from accounts.models import User
from accounts.origin import Origin
from accounts.refusals import Refusal


class NextField(forms.CharField):
    """Where to go afterwards; what is no path of this site is dropped in silence.

    Nobody typed it, so nobody could correct it.
    """

    def __init__(self) -> None:
        """Hide it."""
        super().__init__(widget=forms.HiddenInput, required=False)

    def clean(self, value: Any) -> str:  # noqa: ANN401 - Django's signature
        """Return a path of this site, or an empty string."""
        return next_url.safe(str(value or ""))


class SignInForm(RefusingForm):
    """Name and password; ``user`` is whose they are once the form is valid."""

    username = NameField()
    password = PasswordField(label=_("Password"))
    next = NextField()

    user: User

    def __init__(self, *args: Any, origin: Origin, **kwargs: Any) -> None:
        """Remember where the guess comes from: it counts."""
        super().__init__(*args, **kwargs)
        self._origin = origin

    def clean(self) -> dict[str, Any]:
        """Judge the pair; the hit is counted before the password is."""
        values = self.cleaned_data
        if self.errors:
            return values
        try:
            self.user = credentials.check_password(
                values["username"], values["password"], origin=self._origin, via="web"
            )
        except Refusal as refusal:
            self.refuse(refusal)
        return values
