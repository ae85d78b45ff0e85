"""The two-factor section of the account page."""

from typing import Any

from django import template
from django.template.context import RequestContext

from twofactor.queries import totp_of

register = template.Library()


@register.inclusion_tag("twofactor/panel.html", takes_context=True)
def two_factor_panel(context: RequestContext) -> dict[str, Any]:
    """Show whether two-factor is on and what to do next."""
    user = context["request"].user
    return {"user": user, "device": totp_of(user)}
