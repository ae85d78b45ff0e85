"""The pages of projects for people: any project's, and one's own."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from packages import rendering
from packages.models import Project, Release, Role
from packages.project_page import facts
from tests.factories import make_user
from tests.packages.serving import add_file, add_release, make_project, publish

pytestmark = pytest.mark.django_db

HOSTILE = "\"'><script>alert(1)</script><!--"


class Outline(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def hrefs(page: Outline) -> list[str]:
    return [attributes["href"] or "" for attributes in page.all("a")]


@pytest.fixture(autouse=True)
def _render_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child for each page would cost more than all else; it has tests of its own."""

    def as_written(text: str, _: str) -> rendering.Rendered:
        return rendering.Rendered(rendering._as_written(text), is_final=True)

    monkeypatch.setattr(rendering, "render", as_written)


def show(client: Client, path: str) -> Outline:
    response = client.get(path)
    assert response.status_code == 200
    return Outline(response.text)


def make_release(**fields: Any) -> Release:
    release = add_release(make_project("Hello.World", owner=make_user("ada")), **fields)
    add_file(release, uploaded_by=make_user("bob"))
    return release


def test_page_of_a_project(client: Client) -> None:
    release = make_release(
        summary="Says hello",
        requires_python=">=3.9",
        description="# Hello",
        description_content_type="text/markdown",
        metadata={
            "author": "Ada Lovelace",
            "license_expression": "MIT",
            "requires_python": ">=3.9",
            "keywords": ["hi", "there"],
            "classifiers": ["Programming Language :: Python :: 3"],
            "project_urls": {"Source": "https://example.com/source"},
        },
    )
    page = show(client, "/project/hello-world/")
    text = " ".join(page.text.split())
    for words in (
        "Hello.World 1.0",
        "Says hello",
        "pip install --index-url http://localhost:8000/simple/ hello-world",
        "# Hello",
        "Ada Lovelace",
        "MIT",
        ">=3.9",
        "hi, there",
        "Programming Language :: Python :: 3",
        "hello_world-1.0-py3-none-any.whl",
        "Wheel (py3 · none · any)",
        "by bob",
        "ada, Owner",
        release.files.get().sha256,
    ):
        assert words in text
    assert len(page.all("h1")) == 1
    (link,) = [a for a in page.all("a") if a["href"] == "https://example.com/source"]
    assert link["rel"] == "nofollow noopener"
    download = f"http://localhost:8000/packages/{release.files.get().path}"
    assert download in [a["href"] for a in page.all("a")]
    copied = [b.get("data-copy-text") for b in page.all("button")]
    assert release.files.get().sha256 in copied


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/project/Hello.World/", "/project/hello-world/"),
        ("/project/hello_world/1.0/", "/project/hello-world/1.0/"),
        ("/project/hello-world/1.0.0/", "/project/hello-world/1.0/"),
        ("/project/hello-world/v1/", "/project/hello-world/1.0/"),
        ("/project/hello-world", "/project/hello-world/"),
    ],
)
def test_other_spellings_lead_to_the_page(
    client: Client, asked: str, told: str
) -> None:
    make_release()
    response = client.get(asked)
    assert (response.status_code, response["Location"]) == (301, told)


@pytest.mark.parametrize(
    "path",
    [
        "/project/none/",
        "/project/hello-world/9.9/",
        "/project/hello-world/nonsense/",
        "/project/h%C3%A9llo/",
        "/project/" + "a" * 5000 + "/",
        "/project/hello-world/" + "1." * 2000 + "/",
        "/project/..%2f..%2f/",
    ],
)
def test_what_is_not_there_is_said_in_words(client: Client, path: str) -> None:
    make_release()
    response = client.get(path)
    assert response.status_code == 404
    assert "There is nothing at this address" in response.text


def test_a_quarantined_project_is_not_shown(client: Client) -> None:
    make_release()
    Project.objects.update(status="quarantined")
    assert client.get("/project/hello-world/").status_code == 404


@pytest.mark.parametrize(
    ("status", "words"),
    [("archived", "This project is archived"), ("deprecated", "is deprecated")],
)
def test_the_status_of_a_project_is_said(
    client: Client, status: str, words: str
) -> None:
    make_release()
    Project.objects.update(status=status)
    assert words in show(client, "/project/hello-world/").text


def test_a_project_without_releases(client: Client) -> None:
    make_project("empty")
    assert "Nothing has been published yet" in show(client, "/project/empty/").text


def test_a_release_without_description_or_files(client: Client) -> None:
    add_release(make_project("bare"))
    text = show(client, "/project/bare/").text
    assert "no description" in text
    assert "no files" in text


def test_the_latest_release_is_shown_and_the_others_are_listed(client: Client) -> None:
    project = make_project()
    for version in ("1.0", "2.0", "3.0a1", "1.10"):
        add_release(project, version)
    Release.objects.filter(version="2.0").update(yanked=True, yanked_reason=HOSTILE)
    page = show(client, "/project/hello/")
    assert "hello 1.10" in page.text
    shown = [a["href"] for a in page.all("a") if a.get("aria-current") == "page"]
    assert shown == ["/project/hello/1.10/"]
    versions = [
        href.split("/")[3]
        for a in page.all("a")
        if re.fullmatch(r"/project/hello/.+/", href := a["href"] or "")
    ]
    assert versions == ["3.0a1", "2.0", "1.10", "1.0"]
    assert "Pre-release" in page.text
    assert "Yanked" in page.text
    yanked = show(client, "/project/hello/2.0/")
    assert f"The reason given: {HOSTILE}" in yanked.text
    assert "The latest release is 1.10." in yanked.text
    assert "simple/ hello==2.0" in yanked.text


def test_no_word_of_a_publisher_becomes_markup(client: Client) -> None:
    release = make_release()
    plain = show(client, "/project/hello-world/")
    release.summary = release.requires_python = release.description = HOSTILE
    release.metadata = {
        "author": HOSTILE,
        "maintainer": HOSTILE,
        "license": HOSTILE,
        "requires_python": HOSTILE,
        "keywords": [HOSTILE],
        "classifiers": [HOSTILE],
        "project_urls": {HOSTILE: f"https://example.com/{HOSTILE}"},
    }
    release.save()
    hostile = show(client, "/project/hello-world/")
    assert len(hostile.all("script")) == len(plain.all("script"))
    assert hostile.text.count(HOSTILE) >= 8


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "https\n://example.com/",
        "https://exam\u2028ple.com/",
        "data:text/html,x",
        "ftp://example.com/",
        "//example.com/",
        "/local",
        "https://",
        "https:example.com",
        "http://[broken",
        "UNKNOWN",
        "",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    metadata = {"home_page": url, "download_url": url, "project_urls": {"x": url}}
    assert facts(metadata).links == ()


def test_links_name_the_host_they_lead_to() -> None:
    metadata = {
        "home_page": "HTTP://Example.com:8080/a",
        "project_urls": {"Bank": "https://bank.example@evil.example/"},
    }
    assert [(link.label, link.host) for link in facts(metadata).links] == [
        ("Homepage", "example.com"),
        ("Bank", "evil.example"),
    ]


@pytest.mark.parametrize(
    ("metadata", "authors"),
    [
        ({"author": "Ada"}, "Ada"),
        ({"author_email": "Ada Lovelace <ada@example.com>"}, "Ada Lovelace"),
        ({"author_email": "ada@example.com"}, "ada@example.com"),
        ({"author_email": "Ada <a@x.example>, Bob <b@x.example>"}, "Ada, Bob"),
        ({"author_email": "not an address <"}, "not an address"),
        ({}, ""),
    ],
)
def test_who_wrote_it(metadata: dict[str, str], authors: str) -> None:
    assert facts(metadata).authors == authors


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ({"license_expression": "MIT", "license": "other"}, "MIT"),
        ({"license": "BSD"}, "BSD"),
        ({"license": "Permission\nis granted"}, ""),
        ({"license": "x" * 101}, ""),
        (
            {"classifiers": ["License :: OSI Approved :: MIT License", "Topic :: x"]},
            "MIT License",
        ),
        ({}, ""),
    ],
)
def test_the_licence(metadata: dict[str, Any], licence: str) -> None:
    assert facts(metadata).licence == licence


def test_a_page_costs_as_many_queries_for_one_release_as_for_twenty(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    project = make_project(owner=make_user("ada"))
    add_file(add_release(project, description="x"), uploaded_by=make_user("bob"))
    client.get("/project/hello/")
    with django_assert_num_queries(6):
        client.get("/project/hello/")
    for minor in range(1, 20):
        release = add_release(project, f"1.{minor}", description="x")
        add_file(release, uploaded_by=make_user(f"user-{minor}"))
    client.get("/project/hello/")
    with django_assert_num_queries(6):
        client.get("/project/hello/")


def test_a_visitor_gets_no_cookie(client: Client) -> None:
    publish()
    response = client.get("/project/hello/")
    assert not response.cookies


def test_changing_methods_are_refused(client: Client) -> None:
    publish()
    assert client.post("/project/hello/").status_code == 405


def test_ones_own_projects_are_for_who_is_signed_in(client: Client) -> None:
    response = client.get(reverse("packages:manage-projects"))
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_who_has_no_project_is_told_how_to_publish_the_first(client: Client) -> None:
    client.force_login(make_user("ada"))
    page = show(client, reverse("packages:manage-projects"))
    assert "You have no projects yet" in page.text
    assert "twine upload --repository-url http://localhost:8000/legacy/" in page.text
    assert "uv publish --publish-url http://localhost:8000/legacy/" in page.text
    assert "Verify your e-mail address first" not in page.text


def test_who_is_not_verified_is_told_to_do_that_first(client: Client) -> None:
    client.force_login(make_user("ada", verified=False))
    page = show(client, reverse("packages:manage-projects"))
    assert "Verify your e-mail address first" in page.text


def test_ones_own_projects_and_nobody_elses(client: Client) -> None:
    ada, bob = make_user("ada"), make_user("bob")
    mine = make_project("mine", owner=ada)
    add_file(add_release(mine, "1.0"))
    add_release(mine, "2.0rc1")
    shared = make_project("Shared.Name", owner=bob)
    Role.objects.create(project=shared, user=ada, role=Role.Kind.MAINTAINER)
    make_project("other", owner=bob)
    client.force_login(ada)
    page = show(client, reverse("packages:manage-projects"))
    rows = " ".join(page.text.split())
    assert re.search(r"mine Owner 1\.0 .* ago", rows)
    assert "Shared.Name Maintainer None yet Never" in rows
    assert "other" not in [href.strip("/").split("/")[-1] for href in hrefs(page)]
    (current,) = [a for a in page.all("a") if a.get("aria-current") == "page"]
    assert current["href"] == "/manage/projects/"


def test_the_list_costs_as_many_queries_for_one_project_as_for_twenty(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ada = make_user("ada")
    client.force_login(ada)
    url = reverse("packages:manage-projects")
    client.get(url)
    with CaptureQueriesContext(connection) as before:
        client.get(url)
    for number in range(20):
        add_file(add_release(make_project(f"project-{number}", owner=ada)))
    with django_assert_num_queries(len(before) + 1):
        client.get(url)
