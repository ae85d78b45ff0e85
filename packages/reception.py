"""Receiving one upload, from the headers to the published file.

The order is the protection: who sends it is known before anything is read, what
it claims before it is opened, what is in it before the database is touched, and
its bytes are durable before a row names them.
"""

from django.db import connection
from django.http import HttpRequest

from accounts.origin import origin_of
from packages import flows, storage
from packages.basic_auth import authenticate
from packages.body import Body
from packages.intake.form import ACTION, check_action, read_form
from packages.intake.inspection import inspect
from packages.intake.multipart import receive
from packages.refusals import NotAllowed

_ACTION_FIELD = ":action"


def receive_upload(request: HttpRequest, body: Body) -> None:
    """Take a request's file in and publish it; raise a `Refusal` otherwise."""
    origin = origin_of(request)
    action = request.GET.get(_ACTION_FIELD, "")
    check_action([action or ACTION])
    boundary = body.check_headers()
    uploader = authenticate(request, origin)
    with storage.Incoming() as incoming:
        with body.chunks() as chunks:
            received = receive(chunks, boundary, incoming, body.limits)
        if not connection.in_atomic_block:
            # A slow upload can outlive the connection that judged its password.
            connection.close_if_unusable_or_obsolete()
        check_action([action, received.fields.one(_ACTION_FIELD)])
        form = read_form(received.fields)
        try:
            flows.check_may_publish(form, uploader)
            distribution = inspect(incoming.file, received, form)
            flows.publish_file(incoming, distribution, uploader=uploader, by=origin)
        except NotAllowed as refusal:
            flows.record_denied(
                refusal, form, received.filename, uploader=uploader, by=origin
            )
            raise
