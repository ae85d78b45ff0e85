"""Registering, and the link that proves a mailbox."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import door, links
from accounts.flows import registration
from accounts.forms.registration import RegistrationForm
from accounts.link_cookie import LinkCookie
from accounts.models import EmailAddress, MailedLink, User
from accounts.origin import origin_of
from accounts.refusals import Refusal
from accounts.responses import form_page, signed_in

_verify_cookie = LinkCookie("verify", settings.VERIFY_LINK_SECONDS)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Create an account and sign in to it."""
    if request.user.is_authenticated:
        return redirect("home")
    form = RegistrationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = _register(request, form)
        except registration.NameTaken as refusal:
            form.refuse(refusal, "username")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            address = user.primary_address
            messages.success(
                request,
                _("Welcome. A link is on its way to %(address)s: open it to verify.")
                % {"address": address},
            )
            return redirect("home")
    return form_page(request, "accounts/register.html", form)


def _register(request: HttpRequest, form: RegistrationForm) -> User:
    values = form.cleaned_data
    user = registration.register(
        username=values["username"],
        name=values["name"],
        address=values["email"],
        password=values["new_password"],
        by=origin_of(request),
    )
    with transaction.atomic():
        door.open_session(
            request,
            user,
            stamp=user.security_stamp,
            proofs=(door.password_proof(user),),
        )
    return user


@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail another verification link to an own, unverified address."""
    address = get_object_or_404(
        EmailAddress, pk=pk, user=signed_in(request), verified_at=None
    )
    try:
        registration.send_verification(address, by=origin_of(request))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(
            request,
            _("A new link is on its way to %(address)s.") % {"address": address},
        )
    return redirect(f"{reverse('accounts:settings')}#account-emails")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Take a verification link; a person's press of the button uses it.

    The token leaves the URL at once, for a cookie of this page. Signing in comes
    first when needed: a link proves a mailbox, not who holds the account.
    """
    if token := request.GET.get("token"):
        return _verify_cookie.keep(redirect("accounts:verify-email"), token)
    token = _verify_cookie.read(request)
    if not request.user.is_authenticated:
        if links.find(MailedLink.Purpose.VERIFY, token) is None:
            messages.error(request, links.LinkDead().message)
        else:
            messages.info(request, _("Sign in to finish verifying your address."))
        return redirect(
            f"{reverse('accounts:login')}?next={reverse('accounts:verify-email')}"
        )
    if request.method == "POST":
        return _verify(request, token)
    return _ask(request, token)


def _ask(request: HttpRequest, token: str) -> HttpResponse:
    link = links.find(MailedLink.Purpose.VERIFY, token)
    if link is None or link.user_id != signed_in(request).pk:
        messages.error(request, _dead_or_foreign(link))
        return _verify_cookie.drop(
            redirect(f"{reverse('accounts:settings')}#account-emails")
        )
    return render(request, "accounts/verify.html", {"address": link.address})


def _verify(request: HttpRequest, token: str) -> HttpResponse:
    user = signed_in(request)
    try:
        address = registration.verify_address(user, token, by=origin_of(request))
    except Refusal as refusal:
        messages.error(request, refusal.message)
        target = f"{reverse('accounts:settings')}#account-emails"
    else:
        messages.success(
            request, _("%(address)s is verified.") % {"address": address.address}
        )
        target = reverse("home")
    return _verify_cookie.drop(redirect(target))


def _dead_or_foreign(link: MailedLink | None) -> str:
    if link is None:
        return links.LinkDead().message
    return _(
        "This link belongs to another account. Sign out, sign in to that account, "
        "then open the link again."
    )
