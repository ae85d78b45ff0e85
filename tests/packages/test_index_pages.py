"""The simple index over HTTP: forms, conditions, redirects, refusals."""

import gzip
import json
import re

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, Settings

from packages.index import projection
from packages.models import IndexState, Project, StoredPage
from tests.packages.serving import (
    V1_HTML,
    V1_JSON,
    add_file,
    add_release,
    ask,
    make_project,
    publish,
    tell,
)

pytestmark = pytest.mark.django_db


def test_project_page_in_each_form() -> None:
    publish()
    for accept, content_type in [
        ("*/*", "text/html; charset=utf-8"),
        (V1_HTML, f"{V1_HTML}; charset=utf-8"),
        (V1_JSON, V1_JSON),
        ("application/vnd.pypi.simple.latest+json", V1_JSON),
    ]:
        reply = ask("/simple/hello/", accept=accept)
        assert reply.status == 200
        assert reply.headers["content-type"] == content_type
        assert "hello-1.0-py3-none-any.whl" in reply.text


def test_project_page_tells_what_was_uploaded() -> None:
    file = publish(metadata=b"Metadata-Version: 2.1\n")
    page = json.loads(ask("/simple/hello/", accept=V1_JSON).body)
    (told,) = page["files"]
    assert told["url"] == f"http://localhost:8000/packages/{file.path}"
    assert told["hashes"] == {"sha256": file.sha256}
    assert told["size"] == file.size
    assert told["upload-time"] == "2026-03-04T05:06:07.000089Z"
    assert told["core-metadata"] == {"sha256": file.metadata_sha256}


def test_files_are_in_the_order_of_versions_then_names() -> None:
    project = make_project()
    for version in ("1.10", "1.9", "1.10a1"):
        release = add_release(project, version)
        add_file(release, f"hello-{version}.tar.gz")
        add_file(release, f"hello-{version}-py3-none-any.whl")
    tell(project)
    page = json.loads(ask("/simple/hello/", accept=V1_JSON).body)
    assert page["versions"] == ["1.9", "1.10a1", "1.10"]
    assert [file["filename"] for file in page["files"]] == [
        f"hello-{version}{end}"
        for version in page["versions"]
        for end in ("-py3-none-any.whl", ".tar.gz")
    ]


def test_headers_of_a_page() -> None:
    publish()
    headers = ask("/simple/hello/").headers
    assert headers["cache-control"] == "no-cache"
    assert headers["vary"] == "Accept, Accept-Encoding"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-pypi-last-serial"] == str(Project.objects.get().serial)
    assert re.fullmatch(r'"[0-9a-f]{32}"', headers["etag"])
    assert "set-cookie" not in headers
    assert "strict-transport-security" not in headers


def test_strict_transport_security_where_the_site_is_on_https(
    settings: Settings,
) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_HSTS_PRELOAD = True
    for path in ("/simple/", "/simple/none/", "/packages/none", "/pypi/none/json"):
        value = ask(path).headers["strict-transport-security"]
        assert value == "max-age=31536000; includeSubDomains; preload"


FORMS = [
    {"accept": accept, "accept_encoding": coding}
    for accept in ("text/html", V1_HTML, V1_JSON)
    for coding in ("", "gzip")
]


@pytest.fixture
def big() -> Project:
    """A project whose pages are worth compressing."""
    project = make_project("hello")
    for minor in range(5):
        add_file(add_release(project, f"1.{minor}"))
    tell(project)
    return project


@pytest.mark.usefixtures("big")
@pytest.mark.parametrize("form", FORMS)
def test_a_page_that_has_not_changed_is_not_sent_again(
    form: dict[str, str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = ask("/simple/hello/", **form)
    with django_assert_num_queries(1):
        second = ask("/simple/hello/", **form, if_none_match=first.headers["etag"])
    assert (second.status, second.body) == (304, b"")
    for name in ("etag", "cache-control", "vary", "access-control-allow-origin"):
        assert second.headers[name] == first.headers[name]
    assert "content-type" not in second.headers


@pytest.mark.usefixtures("big")
def test_each_form_has_a_tag_of_its_own() -> None:
    tags = [ask("/simple/hello/", **form).headers["etag"] for form in FORMS]
    assert len(set(tags)) == len(FORMS)


@pytest.mark.usefixtures("big")
@pytest.mark.parametrize("held", FORMS)
@pytest.mark.parametrize("wanted", FORMS)
def test_the_tag_of_one_form_does_not_stand_for_another(
    held: dict[str, str], wanted: dict[str, str]
) -> None:
    tag = ask("/simple/hello/", **held).headers["etag"]
    reply = ask("/simple/hello/", **wanted, if_none_match=tag)
    assert reply.status == (304 if held == wanted else 200)
    assert bool(reply.body) is (held != wanted)


@pytest.mark.usefixtures("big")
@pytest.mark.parametrize("header", ["*", '"a", {}', "W/{}", "{},W/{}"])
def test_if_none_match_in_its_other_spellings(header: str) -> None:
    tag = ask("/simple/hello/").headers["etag"]
    reply = ask("/simple/hello/", if_none_match=header.replace("{}", tag))
    assert reply.status == 304


def test_a_change_changes_the_tag_and_the_page_at_once() -> None:
    file = publish()
    before = ask("/simple/hello/", accept=V1_JSON)
    add_file(add_release(file.release.project, "2.0"))
    tell(file.release.project)
    after = ask("/simple/hello/", accept=V1_JSON, if_none_match=before.headers["etag"])
    assert after.status == 200
    assert json.loads(after.body)["versions"] == ["1.0", "2.0"]
    assert int(after.headers["x-pypi-last-serial"]) > int(
        before.headers["x-pypi-last-serial"]
    )


@pytest.mark.usefixtures("big")
@pytest.mark.parametrize("accept", ["text/html", V1_JSON])
def test_the_compressed_page_is_the_same_page(accept: str) -> None:
    plain = ask("/simple/hello/", accept=accept)
    packed = ask("/simple/hello/", accept=accept, accept_encoding="gzip, deflate")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert int(packed.headers["content-length"]) == len(packed.body) < len(plain.body)


def test_a_page_too_small_to_gain_is_sent_as_it_is() -> None:
    make_project()
    reply = ask("/simple/hello/", accept=V1_JSON, accept_encoding="gzip")
    assert "content-encoding" not in reply.headers
    assert json.loads(reply.body)["files"] == []


@pytest.mark.usefixtures("big")
def test_head_says_what_get_would() -> None:
    for path in ("/simple/", "/simple/hello/", "/pypi/hello/json", "/simple/none/"):
        got = ask(path, accept_encoding="gzip")
        head = ask(path, "HEAD", accept_encoding="gzip")
        assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")
        assert int(head.headers["content-length"]) == len(got.body)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("path", ["/simple/", "/simple/hello/", "/pypi/hello/json"])
def test_other_methods_are_refused(path: str, method: str) -> None:
    publish()
    reply = ask(path, method)
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS"


def test_a_browser_may_ask_whether_it_may_read_from_elsewhere() -> None:
    reply = ask("/simple/hello/", "OPTIONS")
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "if-none-match" in reply.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/simple", "/simple/"),
        ("/simple/hello", "/simple/hello/"),
        ("/simple/Hello/", "/simple/hello/"),
        ("/simple/HELLO", "/simple/hello/"),
        ("/simple/Foo.Bar_baz/", "/simple/foo-bar-baz/"),
        ("/simple/foo--bar/", "/simple/foo-bar/"),
        ("/simple/foo_.-bar/", "/simple/foo-bar/"),
        ("/simple/Hello/?x=//evil.example", "/simple/hello/"),
    ],
)
def test_other_spellings_lead_to_the_page(asked: str, told: str) -> None:
    reply = ask(asked, host="evil.example")
    assert reply.status == 301
    assert reply.headers["location"] == told
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "/simple/none/",
        "/simple//",
        "/simple//hello/",
        "/simple/hello//",
        "/simple/hello/extra",
        "/simple/hello/extra/",
        "/simple/.hello/",
        "/simple/hello-/",
        "/simple/h%C3%A9llo/",
        "/simple/hel%20lo/",
        "/simple/hello%00/",
        "/simple/hello%0d%0aX-Evil:%201/",
        "/simple/..%2fhello/",
        "/simple/hello%2f",
        "/simple/../simple/hello/",
        "/simple/%2e%2e/",
        "/simple/" + "a" * 201 + "/",
        "/simple/'or'1'='1/",
        "/simple/%/",
    ],
)
def test_what_is_not_there_is_a_small_404(path: str) -> None:
    publish()
    reply = ask(path, accept=V1_JSON)
    assert (reply.status, reply.body) == (404, b"404 Not Found\n")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/", "/simplefoo", "/package", "/pypi", "/pypi/hello/", "//simple/", "/x"]
)
def test_everything_else_is_passed_on(path: str) -> None:
    assert ask(path, "POST").text == "passed on"


def test_junk_in_the_query_changes_nothing() -> None:
    publish()
    junk = ask("/simple/hello/?format=json&x=%00", accept=V1_JSON)
    assert junk == ask("/simple/hello/", accept=V1_JSON)


@pytest.mark.parametrize("count", [1, 20])
def test_a_page_costs_one_query_however_many_files(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    project = make_project()
    for minor in range(count):
        add_file(add_release(project, f"1.{minor}"))
    tell(project)
    for path in ("/simple/", "/pypi/hello/json", "/pypi/hello/1.0/json"):
        ask(path)
    for path in (
        "/simple/",
        "/simple/hello/",
        "/simple/none/",
        "/pypi/hello/json",
        "/pypi/hello/1.0/json",
        "/pypi/none/json",
    ):
        with django_assert_num_queries(1):
            ask(path)
    for path in ("/simple", "/simple/Hello/", "/simple/-/", "/pypi/hello/x/json"):
        with django_assert_num_queries(0):
            ask(path)


@pytest.mark.parametrize("count", [1, 20])
def test_writing_a_page_costs_as_many_queries_for_one_file_as_for_twenty(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    project = make_project()
    for minor in range(count):
        add_file(add_release(project, f"1.{minor}"))
    with transaction.atomic(), django_assert_num_queries(5):
        projection.project_changed(project)


def test_list_of_projects_is_right_after_each_creation() -> None:
    assert json.loads(ask("/simple/", accept=V1_JSON).body)["projects"] == []
    for count, name in enumerate(["b", "A.a", "c"], start=1):
        make_project(name)
        listed = json.loads(ask("/simple/", accept=V1_JSON).body)["projects"]
        assert len(listed) == count
        assert ask("/simple/").text.count("<a href=") == count
    listed = json.loads(ask("/simple/", accept=V1_JSON).body)["projects"]
    assert [project["name"] for project in listed] == ["A.a", "b", "c"]
    assert 'href="a-a/">A.a</a>' in ask("/simple/").text


def test_list_of_projects_is_conditional_and_compressed() -> None:
    for number in range(30):
        make_project(f"project-{number}")
    first = ask("/simple/", accept=V1_JSON, accept_encoding="gzip")
    assert len(json.loads(gzip.decompress(first.body))["projects"]) == 30
    again = ask(
        "/simple/",
        accept=V1_JSON,
        accept_encoding="gzip",
        if_none_match=first.headers["etag"],
    )
    assert again.status == 304


def test_a_list_built_late_does_not_replace_a_newer_one() -> None:
    make_project("one")
    ask("/simple/")
    StoredPage.objects.filter(path="simple/").update(serial=1000, body=b"newer")
    make_project("two")
    IndexState.objects.update(serial=999)
    assert ask("/simple/").text == "newer"


def test_a_quarantined_project_offers_nothing() -> None:
    file = publish()
    project = file.release.project
    Project.objects.filter(pk=project.pk).update(status="quarantined")
    with transaction.atomic():
        projection.project_changed(project)
        projection.project_list_changed()
    page = json.loads(ask("/simple/hello/", accept=V1_JSON).body)
    assert page["project-status"] == {"status": "quarantined"}
    assert (page["files"], page["versions"]) == ([], [])
    assert json.loads(ask("/simple/", accept=V1_JSON).body)["projects"] == []
    assert ask("/pypi/hello/json").status == 404
    assert ask("/pypi/hello/1.0/json").status == 404
    assert ask(f"/packages/{file.path}").status == 404


@pytest.mark.parametrize("status", ["archived", "deprecated"])
def test_an_archived_or_deprecated_project_goes_on_being_installed(status: str) -> None:
    file = publish()
    Project.objects.update(status=status)
    tell(file.release.project)
    page = json.loads(ask("/simple/hello/", accept=V1_JSON).body)
    assert page["project-status"] == {"status": status}
    assert len(page["files"]) == 1
    assert f'"pypi:project-status" content="{status}"' in ask("/simple/hello/").text
    assert ask(f"/packages/{file.path}").status == 200
