"""The pages about the site itself: home, help, and how to report a vulnerability.

They are for everybody, and they change nothing. Every figure in them comes from
the settings, so that they stay true when an operator sets another limit.
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.timesince import timesince
from django.views.decorators.http import require_safe

from accounts.models import User
from packages.models import Role
from twofactor.queries import user_has_second_factor

#: How far ahead security.txt expires; RFC 9116 section 2.5.5 advises under a year.
SECURITY_TXT_LIFE = timedelta(days=180)
#: Hosts that pip and uv trust over plain http without being told to.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, and to a user what to do next."""
    steps = _steps(request.user) if isinstance(request.user, User) else {}
    context = _addresses() | {
        "steps": steps,
        "everything_done": set(steps.values()) == {"done"},
    }
    return render(request, "site/home.html", context)


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Answer the questions people have, under anchors other pages link to."""
    hits, seconds = settings.LIMITS["sign-in-account"]
    context = _addresses() | {
        "sign_in_hits": hits,
        "sign_in_period": _in_words(seconds),
        "verify_period": _in_words(settings.VERIFY_LINK_SECONDS),
        "reset_period": _in_words(settings.RESET_LINK_SECONDS),
        "password_least": settings.PASSWORD_LEAST_LENGTH,
        "password_most": settings.PASSWORD_MOST_LENGTH,
        "file_limit": settings.UPLOAD_MAX_FILE_BYTES,
    }
    return render(request, "site/help.html", context)


@login_not_required
@require_safe
def security_policy(request: HttpRequest) -> HttpResponse:
    """Say how to report a vulnerability and what follows."""
    return render(request, "site/security.html")


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Say the same to programs (RFC 9116)."""
    expires = (timezone.now() + SECURITY_TXT_LIFE).astimezone(UTC)
    base = settings.BASE_URL
    fields = {
        "Contact": f"mailto:{settings.SITE.security_email}",
        # A whole day, so that the file changes once a day and not at every look.
        "Expires": expires.strftime("%Y-%m-%dT00:00:00Z"),
        "Preferred-Languages": settings.LANGUAGE_CODE,
        "Canonical": f"{base}/.well-known/security.txt",
        "Policy": f"{base}/security/",
    }
    body = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return HttpResponse(body, content_type="text/plain; charset=utf-8")


def _steps(user: User) -> dict[str, str]:
    """Return each step to a first release as "done", "next" or "later"."""
    done = {
        "verify": user.has_verified_primary,
        "two_factor": user_has_second_factor(user),
        "publish": Role.objects.filter(user=user).exists(),
    }
    following = next((step for step, is_done in done.items() if not is_done), None)
    return {
        step: "done" if is_done else "next" if step == following else "later"
        for step, is_done in done.items()
    }


def _addresses() -> dict[str, object]:
    """Return what installers and publishing tools must be told."""
    base = urlsplit(settings.BASE_URL)
    is_trusted = base.scheme == "https" or base.hostname in _LOOPBACK
    return {
        "simple_url": f"{settings.BASE_URL}/simple/",
        "upload_url": f"{settings.BASE_URL}/legacy/",
        "index_name": slugify(settings.SITE_NAME) or "gatehouse",
        "insecure_host": "" if is_trusted else base.netloc,
    }


def _in_words(seconds: int) -> str:
    """Return a duration as people say it, such as "5 minutes"."""
    start = datetime.min.replace(tzinfo=UTC)
    return timesince(start, start + timedelta(seconds=seconds))
