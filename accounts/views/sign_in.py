"""Signing in and out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import door, next_url
from accounts.forms.sign_in import SignInForm
from accounts.origin import origin_of
from accounts.responses import form_page, signed_in

_HOME = "packages:manage-projects"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask name and password; open a session, or lead on to the second step."""
    if request.user.is_authenticated:
        return redirect(next_url.or_default(request.GET.get("next", ""), _HOME))
    if request.method != "POST":
        form = SignInForm(
            origin=origin_of(request),
            initial={"next": next_url.safe(request.GET.get("next", ""))},
        )
        return form_page(request, "accounts/sign_in.html", form)
    form = SignInForm(request.POST, origin=origin_of(request))
    if not form.is_valid():
        return form_page(request, "accounts/sign_in.html", form)
    return _continue(request, form)


def _continue(request: HttpRequest, form: SignInForm) -> HttpResponse:
    user, target = form.user, next_url.safe(form.cleaned_data["next"])
    step = door.missing_step(user, [])
    if step is not None:
        response = redirect(step.url())
        door.set_half_cookie(response, door.begin_half_sign_in(user, target))
        return response
    try:
        with transaction.atomic():
            door.open_session(
                request,
                user,
                stamp=user.security_stamp,
                proofs=(door.password_proof(user),),
            )
    except door.SignInExpired as refusal:
        form.refuse(refusal)
        return form_page(request, "accounts/sign_in.html", form)
    return HttpResponseRedirect(next_url.or_default(target, _HOME))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask on GET, sign out on POST."""
    if not request.user.is_authenticated:
        return redirect("home")
    if request.method != "POST":
        return render(request, "accounts/sign_out.html")
    door.close_session(request, signed_in(request))
    messages.success(request, _("You are signed out."))
    return redirect("home")
