"""Changing and resetting a password."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import links
from accounts.flows import passwords
from accounts.forms.passwords import (
    ChangePasswordForm,
    NewPasswordForm,
    RequestResetForm,
)
from accounts.link_cookie import LinkCookie
from accounts.models import MailedLink
from accounts.origin import origin_of
from accounts.refusals import Busy, Refusal
from accounts.responses import form_page, signed_in

_reset_cookie = LinkCookie("reset", settings.RESET_LINK_SECONDS)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Change the password of whoever is signed in."""
    user = signed_in(request)
    form = ChangePasswordForm(
        request.POST or None, user=user, origin=origin_of(request)
    )
    if request.method == "POST" and form.is_valid():
        try:
            passwords.change_password(request, user, form.cleaned_data["new_password"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request,
                _("Your password is changed, and every other session has ended."),
            )
            return redirect("accounts:settings")
    return form_page(
        request, "accounts/password_change.html", form, {"section": "account"}
    )


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def request_reset(request: HttpRequest) -> HttpResponse:
    """Take a name and answer the same whoever it belongs to."""
    form = RequestResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            passwords.request_reset(
                form.cleaned_data["username_or_email"], by=origin_of(request)
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return render(
                request,
                "accounts/reset_requested.html",
                {"minutes": settings.RESET_LINK_SECONDS // 60},
            )
    return form_page(request, "accounts/reset_request.html", form)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Set a new password by a mailed link; signs nobody in."""
    if token := request.GET.get("token"):
        return _reset_cookie.keep(redirect("accounts:reset-password"), token)
    token = _reset_cookie.read(request)
    link = links.find(MailedLink.Purpose.RESET, token)
    if link is None or link.user is None:
        return _dead(request, links.LinkDead())
    form = NewPasswordForm(request.POST or None, user=link.user)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/reset.html", form, {"account": link.user})
    try:
        passwords.reset_password(
            token, form.cleaned_data["new_password"], by=origin_of(request)
        )
    except Busy as refusal:
        form.refuse(refusal)
        return form_page(request, "accounts/reset.html", form, {"account": link.user})
    except Refusal as refusal:
        return _dead(request, refusal)
    messages.success(
        request,
        _("Your new password is set, every session has ended. Sign in with it."),
    )
    return _reset_cookie.drop(redirect("accounts:login"))


def _dead(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    messages.error(request, refusal.message)
    return _reset_cookie.drop(redirect("accounts:request-password-reset"))
