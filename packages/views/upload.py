"""The upload endpoint of the legacy API, `/legacy/`."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.refusals import Refusal
from packages.body import Answer, Body
from packages.reception import receive_upload
from packages.refusals import DATABASE_TROUBLE, TEXT, answer, of_fault

logger = logging.getLogger(__name__)

#: Seconds to wait for the end of a body before its sender is told to go elsewhere.
REDIRECT_PATIENCE_SECONDS = 30


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take in a file; tell a person who looks in what this address is for."""
    if request.method != "POST":
        return render(request, "packages/upload.html")
    body = Body(request)
    try:
        receive_upload(request, body)
        response = Answer(content_type=TEXT)
    except Refusal as refusal:
        response = answer(refusal, request, Answer)
    except (*DATABASE_TROUBLE, OSError) as fault:
        logger.exception("An upload could not be stored")
        response = answer(of_fault(fault), request, Answer)
    return response.after(body)


@csrf_exempt
@login_not_required
def add_slash(request: HttpRequest) -> HttpResponse:
    """Point at `/legacy/` with 308, so that the method and the file are kept.

    The address must be absolute: uv fails on a relative one, and after a 301 flit
    would send a GET and report success.
    """
    query = request.META.get("QUERY_STRING", "")
    response = Answer(status=308, content_type=TEXT)
    response["Location"] = f"{settings.BASE_URL}/legacy/{'?' if query else ''}{query}"
    # Who follows sends the whole file again, on this connection.
    return response.after(Body(request), patience=REDIRECT_PATIENCE_SECONDS)
