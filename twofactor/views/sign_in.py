"""The second step of signing in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts import door, next_url
from accounts.models import HalfSignIn
from accounts.origin import origin_of
from accounts.refusals import Refusal
from accounts.responses import form_page
from twofactor.flows import finish_sign_in
from twofactor.forms import SecondStepForm
from twofactor.queries import totp_of

_HOME = "packages:manage-projects"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for a code, given a live half sign-in of this browser."""
    if request.user.is_authenticated:
        return redirect(_HOME)
    half = door.half_sign_in(request)
    device = totp_of(half.user) if half else None
    if half is None or device is None:
        return _start_again(request)
    form = SecondStepForm(
        request.POST or None, device=device, origin=origin_of(request), via="web"
    )
    if request.method == "POST" and form.is_valid():
        return _finish(request, half, form)
    return _ask(request, half, form)


def _finish(
    request: HttpRequest, half: HalfSignIn, form: SecondStepForm
) -> HttpResponse:
    try:
        finish_sign_in(request, half, form.right)
    except door.SignInExpired:
        return _start_again(request)
    except Refusal as refusal:
        form.refuse(refusal, "totp_value")
        return _ask(request, half, form)
    response = HttpResponseRedirect(next_url.or_default(half.next, _HOME))
    door.drop_half_cookie(response)
    return response


def _ask(request: HttpRequest, half: HalfSignIn, form: SecondStepForm) -> HttpResponse:
    if form.refusal is not None and form.refusal.code == "wrong-code":
        door.count_wrong(half)
        if half.wrong + 1 >= door.HALF_MOST_WRONG:
            return _start_again(request)
    return form_page(request, "twofactor/sign_in.html", form)


def _start_again(request: HttpRequest) -> HttpResponse:
    messages.error(request, door.SignInExpired().message)
    response = redirect("accounts:login")
    door.drop_half_cookie(response)
    return response
