"""Asking for a reset, and choosing a new password."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import credentials
from accounts.forms.base import NameField, PasswordField, RefusingForm
from accounts.forms.registration import NewPasswordMixin
from accounts.models import User
from accounts.origin import Origin
from accounts.refusals import Refusal


class RequestResetForm(RefusingForm):
    """Who wants a reset link."""

    username_or_email = NameField()


class NewPasswordForm(NewPasswordMixin, RefusingForm):
    """A new password for ``user``."""

    new_password = PasswordField(
        label=_("New password"),
        new=True,
        help_text=_("%(least)d characters or more. A sentence is easy to keep.")
        % {"least": settings.PASSWORD_LEAST_LENGTH},
    )
    password_confirm = PasswordField(label=_("New password again"), new=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Judge with the words of this account."""
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password_confirm"].widget.attrs.pop("data-strength", None)

    def clean(self) -> dict[str, Any]:
        """Judge the new password."""
        self.judge_new_password(self.user)
        return self.cleaned_data


class ChangePasswordForm(NewPasswordForm):
    """A new password by somebody who knows the old one."""

    password = PasswordField(label=_("Current password"))
    field_order = ("password", "new_password", "password_confirm")

    def __init__(self, *args: Any, origin: Origin, **kwargs: Any) -> None:
        """Remember where the guess at the old password comes from."""
        super().__init__(*args, **kwargs)
        self._origin = origin

    def clean(self) -> dict[str, Any]:
        """Judge the new password first: a typo there costs no guess at the old."""
        values = super().clean()
        if self.errors or "password" not in values:
            return values
        self._confirm(values["password"])
        return values

    def _confirm(self, password: str) -> None:
        try:
            is_right = credentials.confirm_password(
                self.user, password, origin=self._origin, via="password change"
            )
        except Refusal as refusal:
            self.refuse(refusal)
            return
        if not is_right:
            self.add_error("password", _("This is not your current password."))
