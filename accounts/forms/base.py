"""What the forms share: how they refuse, and the boxes for names and passwords."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.credentials import MOST_TYPED
from accounts.refusals import Refusal


class RefusingForm(forms.Form):
    """A form that can be declined by a ``Refusal`` as well as by its fields.

    ``refusal`` is kept for the view, which takes status and Retry-After from it.
    """

    refusal: Refusal | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Refuse a field that came twice: two readers could take different ones."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("This is empty. Fill it in.")
        if isinstance(self.data, QueryDict) and any(
            len(values) > 1 for _name, values in self.data.lists()
        ):
            message = "a field was sent twice"
            raise BadRequest(message)

    def refuse(self, refusal: Refusal, field: str | None = None) -> None:
        """Show the refusal at a field, or above the form."""
        self.refusal = refusal
        self.add_error(field, refusal.message)


class NameField(forms.CharField):
    """The username-or-address box of sign-in and reset."""

    def __init__(self, **kwargs: Any) -> None:
        """Label it, and let browsers fill it."""
        attributes = {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        super().__init__(
            label=_("Username or e-mail address"),
            max_length=254,
            widget=forms.TextInput(attrs=attributes),
            **kwargs,
        )


class PasswordField(forms.CharField):
    """A password box; never stripped, never sent back to the browser."""

    def __init__(self, *, label: Any, new: bool = False, **kwargs: Any) -> None:  # noqa: ANN401
        """Say to browsers and managers whether the password is a new one."""
        attributes = {"autocomplete": "current-password"}
        if new:
            least = str(settings.PASSWORD_LEAST_LENGTH)
            attributes = {"autocomplete": "new-password", "data-strength": least}
        super().__init__(
            label=label,
            strip=False,
            max_length=None if new else MOST_TYPED,
            widget=forms.PasswordInput(attrs=attributes),
            **kwargs,
        )
