"""The two pages that belong to the installation itself."""

import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config import accent

_ACCENT_CSS = """\
:root {{ --accent: {light}; --accent-dark: {dark}; }}
"""


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers; an error there is a 503."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@cache_control(max_age=3600, public=True)
def accent_css(request: HttpRequest) -> HttpResponse:
    """Give the operator's colour to the style sheet, which may not be inline."""
    light = settings.SITE.accent
    css = _ACCENT_CSS.format(light=light, dark=accent.for_dark(light))
    return HttpResponse(css, content_type="text/css; charset=utf-8")


def fault(request: HttpRequest) -> HttpResponse:
    """Show the page for a fault of ours; it asks neither session nor database.

    A database that is away is a moment's trouble, so clients are told to come back.
    """
    is_away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    name, status = ("503.html", 503) if is_away else ("500.html", 500)
    content = render_to_string(name, {"site": settings.SITE})
    headers = {"Retry-After": "30"} if is_away else {}
    return HttpResponse(content, status=status, headers=headers)
