"""Turn a stored page into an answer: negotiated, conditional, compressed."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote
from wsgiref.types import WSGIEnvironment

from packages.index import conditional, negotiation, reading, responses
from packages.index.reading import Found, Wanted
from packages.index.responses import Response

type Fetch = Callable[[Wanted], Found | None]

#: Content type, suffix of the entity tag and stored form of each media type.
_FORMS: Final = {
    negotiation.HTML: ("text/html; charset=utf-8", "", "html"),
    negotiation.V1_HTML: (f"{negotiation.V1_HTML}; charset=utf-8", "-v1", "html"),
    negotiation.V1_JSON: (negotiation.V1_JSON, "", "json"),
}
_VARY_BY_FORM: Final = ("Vary", "Accept, Accept-Encoding")
_VARY_BY_CODING: Final = ("Vary", "Accept-Encoding")


def simple_index(environ: WSGIEnvironment) -> Response:
    """Answer with the list of all projects."""
    return _negotiated(environ, reading.simple_index)


def simple_project(environ: WSGIEnvironment, name: str) -> Response:
    """Answer with the simple page of the project of this normalised name."""
    return _negotiated(environ, partial(reading.simple_project, name))


def json_api(
    environ: WSGIEnvironment, name: str, canonical_version: str | None
) -> Response:
    """Answer with the JSON API's page of one release, or of the latest and all."""
    fetch = partial(reading.json_api, name, canonical_version)
    page = _page(environ, fetch, responses.JSON, "", _VARY_BY_CODING)
    return page or responses.json_not_found()


def moved(environ: WSGIEnvironment, path: str) -> Response:
    """Redirect within this site: by a path, so that no Host header can bend it."""
    prefix = quote(environ.get("SCRIPT_NAME", ""))
    return responses.moved(prefix + quote(path, safe="/!+"))


def _negotiated(
    environ: WSGIEnvironment, fetch: Callable[[str, Wanted], Found | None]
) -> Response:
    media_type = negotiation.media_type(environ.get("HTTP_ACCEPT", ""))
    content_type, suffix, form = _FORMS[media_type]
    page = _page(environ, partial(fetch, form), content_type, suffix, _VARY_BY_FORM)
    return page or responses.not_found()


def _page(
    environ: WSGIEnvironment,
    fetch: Fetch,
    content_type: str,
    suffix: str,
    vary: tuple[str, str],
) -> Response | None:
    held = environ.get("HTTP_IF_NONE_MATCH", "")
    gzip = negotiation.accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
    found = fetch(Wanted(gzip, _bare_tag(held)))
    if found is None:
        return None
    etag = f'"{found.etag}{suffix}{"-gz" if found.is_gzip else ""}"'
    headers = [
        ("ETag", etag),
        responses.REVALIDATE,
        vary,
        ("X-PyPI-Last-Serial", str(found.serial)),
        responses.PAGE_POLICY,
    ]
    if conditional.is_unchanged(held, etag):
        return Response(HTTPStatus.NOT_MODIFIED, headers)
    if found.body is None:  # the client holds this page in another form
        anew = environ | {"HTTP_IF_NONE_MATCH": ""}
        return _page(anew, fetch, content_type, suffix, vary)
    headers += [
        ("Content-Type", content_type),
        ("Content-Length", str(len(found.body))),
    ]
    if found.is_gzip:
        headers.append(("Content-Encoding", "gzip"))
    return Response(HTTPStatus.OK, headers, [found.body])


def _bare_tag(if_none_match: str) -> str:
    """Return the digest in the first tag: what the database can compare."""
    tags = conditional.entity_tags(if_none_match)
    return tags[0].strip('"').partition("-")[0] if tags else ""
