"""Basic authentication (RFC 7617), which opens the upload and nothing else.

Read from the header alone, before the body: a name and password decide whether
the rest is worth receiving. Cookies and sessions are never looked at.
"""

import base64
import binascii
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.credentials import check_password
from accounts.models import User
from accounts.origin import Origin
from packages.refusals import UploadRefused
from twofactor.queries import user_has_second_factor

_SCHEME = "basic"
_TOKEN_NAME = "__token__"  # noqa: S105 - the name clients send beside a token
#: Characters of the header; a name and a password of 1,024 characters fit.
_HEADER_LENGTH = 8 * 1024


@dataclass(frozen=True, slots=True)
class Uploader:
    """Who uploads, as the account stood when the password was found right.

    `stamp` is its security stamp: the upload is void once it has changed.
    """

    user: User
    stamp: str
    via: str
    second_factor: bool


def authenticate(request: HttpRequest, origin: Origin) -> Uploader:
    """Return who sends this request; raise a `Refusal` in words otherwise."""
    name, password = read_header(request.META.get("HTTP_AUTHORIZATION", ""))
    user = check_password(name, password, origin=origin, via="upload")
    return Uploader(
        user=user,
        stamp=user.security_stamp,
        via="password",
        second_factor=user_has_second_factor(user),
    )


def read_header(header: str) -> tuple[str, str]:
    """Return name and password of an Authorization header.

    uv, hatch and pdm send UTF-8, twine, poetry and flit latin-1.
    """
    if not header.strip():
        raise _missing()
    scheme, _space, encoded = header.strip().partition(" ")
    if scheme.lower() != _SCHEME or len(header) > _HEADER_LENGTH:
        raise _malformed()
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed() from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    name, colon, password = text.partition(":")
    if not colon or not name.isprintable():
        raise _malformed()
    if not name or not password:
        raise _missing()
    if name == _TOKEN_NAME:
        raise UploadRefused(
            _(
                "API tokens are not offered here. Upload with your username and "
                "password."
            ),
            code="tokens-unsupported",
            status=403,
        )
    return name, password


def _missing() -> UploadRefused:
    return UploadRefused(
        _("No username and password were given. Upload with those of your account."),
        code="no-credentials",
        status=403,
    )


def _malformed() -> UploadRefused:
    return UploadRefused(
        _(
            "The Authorization header is malformed: it must be Basic, with name "
            "and password."
        ),
        code="malformed-credentials",
    )
