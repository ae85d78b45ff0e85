"""Turning two-factor on and off."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.origin import origin_of
from accounts.refusals import Refusal
from accounts.responses import form_page, signed_in
from twofactor import flows, totp
from twofactor.forms import ConfirmAppForm, RemoveAppForm
from twofactor.models import TOTPDevice
from twofactor.queries import totp_of

_SECTION = {"section": "two-factor"}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show which factors are on."""
    user = signed_in(request)
    return render(
        request, "twofactor/overview.html", {**_SECTION, "device": totp_of(user)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def provision(request: HttpRequest) -> HttpResponse:
    """Show a secret, and turn two-factor on once a code proves it was kept."""
    user = signed_in(request)
    try:
        device = flows.begin_totp(user, request.session)
    except flows.AddressNeeded as refusal:
        return _address_needed(request, refusal)
    except Refusal as refusal:
        messages.info(request, refusal.message)
        return redirect("twofactor:overview")
    form = ConfirmAppForm(request.POST or None, device=device)
    if request.method == "POST" and form.is_valid():
        return _activate(request, device, form)
    return _show_secret(request, device, form)


def _activate(
    request: HttpRequest, device: TOTPDevice, form: ConfirmAppForm
) -> HttpResponse:
    try:
        flows.activate_totp(request, device, form.step)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(
            request,
            _(
                "Two-factor is on. From now on, signing in asks for a code; every "
                "other session has ended."
            ),
        )
    return redirect("twofactor:overview")


def _show_secret(
    request: HttpRequest, device: TOTPDevice, form: ConfirmAppForm
) -> HttpResponse:
    secret = device.secret
    uri = totp.uri(secret, username=device.user.username, issuer=settings.SITE_NAME)
    context = {
        **_SECTION,
        "qr": mark_safe(totp.qr_svg(uri)),  # noqa: S308 - our own drawing
        "secret": totp.grouped(secret),
        "plain_secret": secret,
        "uri": uri,
    }
    return form_page(request, "twofactor/totp_provision.html", form, context)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Turn two-factor off, given the password and a current code."""
    user = signed_in(request)
    try:
        flows.require_address(user)
    except flows.AddressNeeded as refusal:
        return _address_needed(request, refusal)
    device = totp_of(user)
    if device is None:
        messages.info(request, flows.NotOn().message)
        return redirect("twofactor:overview")
    form = RemoveAppForm(
        request.POST or None,
        device=device,
        origin=origin_of(request),
        via="turning off",
    )
    if request.method == "POST" and form.is_valid():
        return _remove(request, form)
    return form_page(request, "twofactor/totp_remove.html", form, _SECTION)


def _remove(request: HttpRequest, form: RemoveAppForm) -> HttpResponse:
    try:
        flows.remove_totp(request, form.right)
    except Refusal as refusal:
        form.refuse(refusal, "totp_value")
        return form_page(request, "twofactor/totp_remove.html", form, _SECTION)
    messages.success(
        request,
        _("Two-factor is off. Remove the entry from your authenticator app as well."),
    )
    return redirect("twofactor:overview")


def _address_needed(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return render(
        request,
        "twofactor/address_needed.html",
        {**_SECTION, "refusal": refusal},
        status=refusal.status,
    )
