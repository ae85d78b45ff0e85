"""Every question about a code, with the sentence that answers it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import credentials
from accounts.forms.base import PasswordField, RefusingForm
from accounts.origin import Origin
from accounts.refusals import Refusal
from twofactor import totp
from twofactor.judging import RightCode, judge
from twofactor.models import TOTPDevice


class CodeInput(forms.TextInput):
    """A text box that never sends back what was typed: a code serves once."""

    def format_value(self, value: Any) -> None:  # noqa: ANN401 - Django's signature
        """Leave the box empty."""


class CodeField(forms.CharField):
    """A box for six digits; pasting works, spaces are forgiven."""

    def __init__(self, **kwargs: Any) -> None:
        """Let phones offer the code and the number pad."""
        attributes = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "spellcheck": "false",
            "class": "code-box",
        }
        super().__init__(
            label=_("Code"),
            max_length=20,
            widget=CodeInput(attrs=attributes),
            help_text=_("The six digits your authenticator app shows now."),
            **kwargs,
        )

    def clean(self, value: Any) -> str:  # noqa: ANN401 - Django's signature
        """Return the digits; what is no code is not counted as a guess."""
        code = totp.read_code(super().clean(value))
        if code is None:
            raise ValidationError(_("A code has six digits, 0 to 9."))
        return code


class ConfirmAppForm(RefusingForm):
    """The first code of an app; ``step`` is what it was for."""

    totp_value = CodeField()

    step: int

    def __init__(self, *args: Any, device: TOTPDevice, **kwargs: Any) -> None:
        """Judge with the secret that was shown; the client's word is not asked."""
        super().__init__(*args, **kwargs)
        self._device = device

    def clean_totp_value(self) -> str:
        """Accept the code, or say whether it is the clock."""
        code: str = self.cleaned_data["totp_value"]
        secret, now = self._device.secret, timezone.now().timestamp()
        step = totp.step_of(secret, code, at=now)
        if step is None:
            raise ValidationError(_what_is_wrong(secret, code, now))
        self.step = step
        return code


class SecondStepForm(RefusingForm):
    """A code of a confirmed app, counted before it is judged."""

    totp_value = CodeField()

    right: RightCode

    def __init__(
        self, *args: Any, device: TOTPDevice, origin: Origin, via: str, **kwargs: Any
    ) -> None:
        """Remember whose code is asked and where the guess comes from."""
        super().__init__(*args, **kwargs)
        self._device, self._origin, self._via = device, origin, via
        self.was_judged = False

    def clean(self) -> dict[str, Any]:
        """Judge the code once all else is in order."""
        if not self.errors:
            self._judge(self.cleaned_data["totp_value"])
        return self.cleaned_data

    def _judge(self, code: str) -> None:
        try:
            self.was_judged = True
            self.right = judge(self._device, code, by=self._origin, via=self._via)
        except Refusal as refusal:
            self.refuse(refusal, "totp_value")


class RemoveAppForm(SecondStepForm):
    """What turning two-factor off asks: the password and a current code."""

    password = PasswordField(label=_("Password"))
    field_order = ("password", "totp_value")

    def clean(self) -> dict[str, Any]:
        """Judge the password first; a wrong one costs no code."""
        values = self.cleaned_data
        if "password" in values and not self.errors:
            self._confirm(values["password"])
        return super().clean()

    def _confirm(self, password: str) -> None:
        try:
            is_right = credentials.confirm_password(
                self._device.user, password, origin=self._origin, via=self._via
            )
        except Refusal as refusal:
            self.refuse(refusal)
            return
        if not is_right:
            self.add_error("password", _("This is not your password."))


def _what_is_wrong(secret: str, code: str, now: float) -> Any:  # noqa: ANN401 - lazy text
    step = totp.step_of(secret, code, at=now, window=totp.CLOCK_WINDOW)
    if step is None:
        return _("That is not the code of this QR code. Try the next one.")
    if step < totp.step_at(now):
        return _(
            "The clock of your phone is slow. Set it to automatic, then try again."
        )
    return _("The clock of your phone is fast. Set it to automatic, then try again.")
