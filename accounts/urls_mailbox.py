"""The route of the development mailbox; config includes it only in development."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts import mailbox


@login_not_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the mails this site has sent."""
    return render(request, "accounts/mailbox.html", {"mails": mailbox.newest()})


urlpatterns = [path("", show, name="mailbox")]
