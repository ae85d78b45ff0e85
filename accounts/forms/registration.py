"""Registering."""

from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts import addresses
from accounts.forms.base import PasswordField, RefusingForm
from accounts.models import User
from accounts.models.user import USERNAME_MOST_CHARACTERS, USERNAME_PATTERN

#: Names that would speak for the site, or that clients use for something else.
RESERVED = frozenset(
    [
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "anonymous",
        "api",
        "deleted",
        "gatehouse",
        "help",
        "hostmaster",
        "info",
        "legacy",
        "login",
        "logout",
        "mail",
        "manage",
        "moderator",
        "noreply",
        "owner",
        "packages",
        "postmaster",
        "pypi",
        "register",
        "root",
        "security",
        "simple",
        "site",
        "staff",
        "support",
        "system",
        "test",
        "token",
        "user",
        "username",
        "webmaster",
        "www",
    ]
)


class UsernameField(forms.CharField):
    """A username of one's own choice."""

    def __init__(self) -> None:
        """Say the rule under the box."""
        attributes = {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        super().__init__(
            label=_("Username"),
            max_length=USERNAME_MOST_CHARACTERS,
            min_length=2,
            help_text=_("Letters, digits, dots, dashes and underscores. It is public."),
            widget=forms.TextInput(attrs=attributes),
            validators=[
                RegexValidator(
                    USERNAME_PATTERN,
                    _(
                        "Use letters, digits, dots, dashes and underscores; begin and "
                        "end with a letter or digit."
                    ),
                )
            ],
        )


class NewPasswordMixin(forms.Form):
    """A new password, typed twice and judged with the account's own words."""

    def judge_new_password(self, owner: object) -> None:
        """Add what is wrong with ``new_password`` to its box."""
        password = self.cleaned_data.get("new_password")
        confirmation = self.cleaned_data.get("password_confirm")
        if password and confirmation and password != confirmation:
            self.add_error(
                "password_confirm", _("The two passwords differ. Type it again.")
            )
        if password:
            try:
                validate_password(password, owner)  # type: ignore[arg-type]
            except ValidationError as error:
                self.add_error("new_password", error)


class RegistrationForm(NewPasswordMixin, RefusingForm):
    """Everything asked of a new account."""

    username = UsernameField()
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("Optional. Shown beside your username."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=addresses.MOST_CHARACTERS,
        help_text=_("We send a link there to verify that it is yours."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        validators=[addresses.validate],
    )
    new_password = PasswordField(
        label=_("Password"),
        new=True,
        help_text=_("%(least)d characters or more. A sentence is easy to keep.")
        % {"least": settings.PASSWORD_LEAST_LENGTH},
    )
    password_confirm = PasswordField(label=_("Password again"), new=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leave the meter to the first of the two password boxes."""
        super().__init__(*args, **kwargs)
        self.fields["password_confirm"].widget.attrs.pop("data-strength", None)

    def clean_username(self) -> str:
        """Refuse names that are reserved or in use, with one sentence for both."""
        username: str = self.cleaned_data["username"]
        key = username.lower()
        if key in RESERVED or User.objects.filter(username_key=key).exists():
            raise ValidationError(_("This username is taken. Choose another one."))
        return username

    def clean_name(self) -> str:
        """Refuse names that would carry a link into our mails."""
        name: str = self.cleaned_data["name"]
        if "://" in name or "<" in name or any(not c.isprintable() for c in name):
            raise ValidationError(_("Enter a name without links or markup."))
        return name

    def clean(self) -> dict[str, Any]:
        """Judge the password knowing the other answers."""
        values = self.cleaned_data
        owner = SimpleNamespace(
            username=values.get("username", ""),
            name=values.get("name", ""),
            password_context=[values.get("email", "")],
            pk=None,
        )
        self.judge_new_password(owner)
        return values
