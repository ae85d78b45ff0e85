"""The account's own pages: settings and history."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import agents, trail
from accounts.models import Event
from accounts.responses import signed_in

EVENTS_A_PAGE = 50


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show the account with its addresses, second factor and password."""
    user = signed_in(request)
    return render(
        request,
        "accounts/settings.html",
        {
            "section": "account",
            "addresses": user.addresses.order_by("-is_primary", "pk"),
        },
    )


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Show everything that happened to the account, newest first.

    Pages go by the id of the oldest event shown: new events move nothing.
    """
    events = Event.objects.filter(account=signed_in(request))
    before = request.GET.get("before", "")
    if before.isdecimal() and before.isascii() and len(before) < 19:  # noqa: PLR2004 - a bigint's digits
        events = events.filter(pk__lt=int(before))
    page = list(events[: EVENTS_A_PAGE + 1])
    shown = page[:EVENTS_A_PAGE]
    rows = [
        {
            "event": event,
            "sentence": trail.tell(event),
            "browser": agents.describe(event.user_agent) if event.user_agent else "",
        }
        for event in shown
    ]
    older = shown[-1].pk if len(page) > EVENTS_A_PAGE else None
    return render(
        request,
        "accounts/history.html",
        {"section": "history", "rows": rows, "older": older},
    )
