"""Answers that several views give."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.forms.base import RefusingForm
from accounts.models import User

#: Refusals that programs must see as such; all others are a page with an error.
_TOLD_BY_STATUS = frozenset({429, 503})


def form_page(
    request: HttpRequest,
    template: str,
    form: RefusingForm,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Render a form's page, with the status that its refusal asks for."""
    response = render(request, template, {"form": form, **(context or {})})
    refusal = form.refusal
    if refusal is not None and refusal.status in _TOLD_BY_STATUS:
        response.status_code = refusal.status
        if refusal.retry_after is not None:
            response["Retry-After"] = str(refusal.retry_after)
    return response


def signed_in(request: HttpRequest) -> User:
    """Return the signed-in user of a request behind the login wall."""
    return cast("User", request.user)
