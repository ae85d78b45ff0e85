"""The JSON API: exact keys, the latest rule, redirects and refusals."""

import json
from typing import Any

import pytest

from packages.models import Project, Role
from tests.factories import make_user
from tests.packages.serving import (
    Reply,
    add_file,
    add_release,
    ask,
    make_project,
    publish,
    tell,
)

pytestmark = pytest.mark.django_db

INFO_KEYS = {
    "author",
    "author_email",
    "bugtrack_url",
    "classifiers",
    "description",
    "description_content_type",
    "docs_url",
    "download_url",
    "downloads",
    "dynamic",
    "home_page",
    "keywords",
    "license",
    "license_expression",
    "license_files",
    "maintainer",
    "maintainer_email",
    "name",
    "package_url",
    "platform",
    "project_url",
    "project_urls",
    "provides_extra",
    "release_url",
    "requires_dist",
    "requires_python",
    "summary",
    "version",
    "yanked",
    "yanked_reason",
}
FILE_KEYS = {
    "comment_text",
    "core-metadata",
    "digests",
    "downloads",
    "filename",
    "has_sig",
    "md5_digest",
    "packagetype",
    "python_version",
    "requires_python",
    "size",
    "upload_time",
    "upload_time_iso_8601",
    "url",
    "yanked",
    "yanked_reason",
}
METADATA = {
    "metadata_version": "2.4",
    "name": "Hello.World",
    "version": "1.0",
    "author": "Ada <b>",
    "author_email": "ada@example.com",
    "classifiers": ["Programming Language :: Python :: 3"],
    "keywords": ["hello", "world"],
    "license_expression": "MIT",
    "license_files": ["LICENSE"],
    "project_urls": {"Source": "https://example.com/"},
    "provides_extra": ["x"],
    "requires_dist": ["other>=1", 'more; extra == "x"'],
    "platforms": ["any", "linux"],
    "dynamic": [],
}


def read(reply: Reply) -> dict[str, Any]:
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    page: dict[str, Any] = json.loads(reply.body)
    return page


@pytest.fixture
def project() -> Project:
    owner = make_user("ada")
    project = make_project("Hello.World", owner=owner)
    Role.objects.create(project=project, user=make_user("bob"), role="maintainer")
    release = add_release(
        project,
        "1.0",
        metadata=METADATA,
        summary="Says hello",
        requires_python=">=3.9",
        description="# Hello",
        description_content_type="text/markdown",
    )
    add_file(release, metadata=b"Metadata", comment="first")
    add_file(release, "hello_world-1.0.tar.gz")
    tell(project)
    return project


def test_page_of_a_project(project: Project) -> None:
    page = read(ask("/pypi/hello-world/json"))
    assert set(page) == {
        "info",
        "last_serial",
        "ownership",
        "releases",
        "urls",
        "vulnerabilities",
    }
    assert set(page["info"]) == INFO_KEYS
    assert page["vulnerabilities"] == []
    assert page["last_serial"] == Project.objects.get().serial
    assert page["ownership"] == {
        "organization": None,
        "roles": [
            {"role": "Owner", "user": "ada"},
            {"role": "Maintainer", "user": "bob"},
        ],
    }
    assert list(page["releases"]) == ["1.0"]
    assert page["releases"]["1.0"] == page["urls"]


@pytest.mark.usefixtures("project")
def test_what_is_said_of_a_release() -> None:
    info = read(ask("/pypi/hello-world/json"))["info"]
    assert info["name"] == "Hello.World"
    assert info["version"] == "1.0"
    assert info["summary"] == "Says hello"
    assert info["description"] == "# Hello"
    assert info["author"] == "Ada <b>"
    assert info["keywords"] == "hello,world"
    assert info["platform"] == "any,linux"
    assert info["license"] is None
    assert info["license_expression"] == "MIT"
    assert info["requires_dist"] == METADATA["requires_dist"]
    assert info["project_urls"] == METADATA["project_urls"]
    assert info["downloads"] == {"last_day": -1, "last_month": -1, "last_week": -1}
    assert info["package_url"] == "http://localhost:8000/project/hello-world/"
    assert info["project_url"] == info["package_url"]
    assert info["release_url"] == "http://localhost:8000/project/hello-world/1.0/"
    assert (info["yanked"], info["yanked_reason"]) == (False, None)
    assert info["bugtrack_url"] is None
    assert info["docs_url"] is None


@pytest.mark.usefixtures("project")
def test_what_is_said_of_a_file() -> None:
    wheel, sdist = read(ask("/pypi/hello-world/1.0/json"))["urls"]
    assert set(wheel) == set(sdist) == FILE_KEYS
    assert wheel["packagetype"] == "bdist_wheel"
    assert sdist["packagetype"] == "sdist"
    assert (wheel["python_version"], sdist["python_version"]) == ("py3", "source")
    assert set(wheel["digests"]) == {"blake2b_256", "md5", "sha256"}
    assert wheel["md5_digest"] == wheel["digests"]["md5"]
    assert set(wheel["core-metadata"]) == {"sha256"}
    assert sdist["core-metadata"] is False
    assert wheel["upload_time"] == "2026-03-04T05:06:07"
    assert wheel["upload_time_iso_8601"] == "2026-03-04T05:06:07.000089Z"
    assert (wheel["comment_text"], sdist["comment_text"]) == ("first", None)
    assert (wheel["has_sig"], wheel["downloads"]) == (False, -1)
    assert wheel["requires_python"] == ">=3.9"


def test_page_of_one_release_has_no_list_of_releases(project: Project) -> None:
    add_file(add_release(project, "2.0"))
    tell(project)
    page = read(ask("/pypi/hello-world/1.0/json"))
    assert "releases" not in page
    assert page["info"]["version"] == "1.0"
    assert set(page["info"]) == INFO_KEYS
    assert len(page["urls"]) == 2


@pytest.mark.parametrize("spelling", ["1.0", "1", "1.0.0", "v1.0", "1.0%20"])
@pytest.mark.usefixtures("project")
def test_a_version_may_be_spelled_in_any_way(spelling: str) -> None:
    assert read(ask(f"/pypi/hello-world/{spelling}/json"))["info"]["version"] == "1.0"


def test_the_page_follows_every_change(project: Project) -> None:
    assert read(ask("/pypi/hello-world/json"))["info"]["version"] == "1.0"
    newer = add_release(project, "1.1")
    tell(project)
    page = read(ask("/pypi/hello-world/json"))
    assert page["info"]["version"] == "1.1"
    assert page["releases"]["1.1"] == []
    newer.yanked, newer.yanked_reason = True, "broken"
    newer.save()
    tell(project)
    assert read(ask("/pypi/hello-world/json"))["info"]["version"] == "1.0"
    yanked = read(ask("/pypi/hello-world/1.1/json"))["info"]
    assert (yanked["yanked"], yanked["yanked_reason"]) == (True, "broken")
    newer.delete()
    tell(project)
    assert ask("/pypi/hello-world/1.1/json").status == 404


@pytest.mark.usefixtures("project")
def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    for path in ("/pypi/hello-world/json", "/pypi/hello-world/1.0/json"):
        for coding in ("", "gzip"):
            first = ask(path, accept_encoding=coding)
            tag = first.headers["etag"]
            again = ask(path, accept_encoding=coding, if_none_match=tag)
            assert (again.status, again.body) == (304, b"")
            assert first.headers["vary"] == "Accept-Encoding"
            assert first.headers["cache-control"] == "no-cache"
            assert first.headers["x-pypi-last-serial"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/pypi/Hello.World/json", "/pypi/hello-world/json"),
        ("/pypi/hello_world/json/", "/pypi/hello-world/json"),
        ("/pypi/Hello.World/1.0/json", "/pypi/hello-world/1.0/json"),
        ("/pypi/Hello.World/1!2.0%2Bx/json", "/pypi/hello-world/1!2.0+x/json"),
    ],
)
def test_other_spellings_lead_to_the_page(asked: str, told: str) -> None:
    reply = ask(asked)
    assert (reply.status, reply.headers["location"]) == (301, told)
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.usefixtures("project")
def test_a_trailing_slash_is_welcome(slash: str) -> None:
    assert ask(f"/pypi/hello-world/json{slash}").status == 200
    assert ask(f"/pypi/hello-world/1.0/json{slash}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/pypi/none/json",
        "/pypi/none/1.0/json",
        "/pypi/empty/json",
        "/pypi/hello-world/9.9/json",
        "/pypi/hello-world/not-a-version/json",
    ],
)
@pytest.mark.usefixtures("project")
def test_what_is_not_there(path: str) -> None:
    make_project("empty")
    reply = ask(path)
    assert (reply.status, reply.body) == (404, b'{"message": "Not Found"}')
    assert reply.headers["content-type"] == "application/json"


def test_hostile_words_stay_inside_the_json() -> None:
    hostile = '</script><script>alert(1)</script>\u2028"\\'
    publish("hello", comment=hostile)
    project = Project.objects.get()
    project.releases.update(summary=hostile, metadata={"author": hostile})
    tell(project)
    reply = ask("/pypi/hello/json")
    page = read(reply)
    assert page["info"]["summary"] == page["info"]["author"] == hostile
    assert page["urls"][0]["comment_text"] == hostile
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.body.isascii()
