"""The step that stands between a right password and a session."""

from django.urls import reverse

from accounts.models import User
from twofactor.queries import user_has_second_factor

STEP_NAME = "second-factor"


class SecondStep:
    """Asked of everybody who turned two-factor on."""

    name = STEP_NAME

    def is_needed(self, user: User) -> bool:
        """Return whether the user has a second factor."""
        return user_has_second_factor(user)

    def url(self) -> str:
        """Return the page that asks for it."""
        return reverse("twofactor:sign-in")


#: Named in ``settings.SIGN_IN_STEPS``.
second_step = SecondStep()
