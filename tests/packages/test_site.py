"""Home, help, the security policy and security.txt."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from packages.models import Project, Role
from tests.factories import make_user, turn_on_totp

PAGES = ["/", "/help/", "/security/"]
#: Links all over the world, and in publishing tools' messages, lead to these.
ANCHORS = {
    "packages",
    "installing",
    "publishing",
    "verified-email",
    "passwords",
    "login-problem",
    "suspicious-activity",
    "twofa",
    "totp",
    "account-recovery",
    "clock",
    "basic-auth",
    "ci",
    "uploading",
    "invalid-auth",
    "project-name",
    "file-name-reuse",
    "file-size-limit",
}

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """The headings, ids and links of a page."""

    def __init__(self, html: str) -> None:
        """Read it."""
        super().__init__()
        self.ids: list[str] = []
        self.links: dict[str, str] = {}
        self.headings: dict[str, str] = {}
        self.tags: list[str] = []
        self._open: tuple[dict[str, str], str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self._read(self.links, attributes.get("href", ""))
        elif tag in {"h2", "h3"}:
            self._read(self.headings, attributes.get("id", ""))

    def _read(self, texts: dict[str, str], key: str) -> None:
        """Collect the text that follows, for the first element of this key."""
        if key and key not in texts:
            texts[key] = ""
            self._open = (texts, key)

    def handle_endtag(self, tag: str) -> None:
        """Note what is closed."""
        if tag in {"a", "h2", "h3"}:
            self._open = None

    def handle_data(self, data: str) -> None:
        """Keep the text of what is open."""
        if self._open:
            texts, key = self._open
            texts[key] += data


def page_at(client: Client, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200
    return Page(response.content.decode())


@pytest.mark.parametrize("address", PAGES)
def test_a_visitor_reads_it_and_it_has_one_heading(
    client: Client, address: str
) -> None:
    page = page_at(client, address)
    assert page.tags.count("h1") == 1
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("address", [*PAGES, "/.well-known/security.txt"])
def test_it_is_only_read(client: Client, address: str) -> None:
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


def test_help_answers_under_the_known_anchors(client: Client) -> None:
    assert set(page_at(client, "/help/").headings) >= ANCHORS


def test_every_heading_of_help_is_in_its_contents_word_for_word(
    client: Client,
) -> None:
    page = page_at(client, "/help/")
    contents = {f"#{anchor}": text for anchor, text in page.headings.items()}
    assert contents.items() <= page.links.items()


def test_links_within_help_lead_somewhere(client: Client) -> None:
    page = page_at(client, "/help/")
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)


def test_links_into_help_lead_somewhere(client: Client) -> None:
    ids = set(page_at(client, "/help/").ids)
    client.force_login(make_user("ada", verified=False))
    into_help = [
        link.partition("#")[2]
        for address in PAGES
        for link in page_at(client, address).links
        if link.startswith("/help/#")
    ]
    assert into_help
    assert set(into_help) <= ids


def test_help_gives_the_figures_in_force(client: Client, settings: Settings) -> None:
    settings.LIMITS = settings.LIMITS | {"sign-in-account": (7, 120)}
    settings.UPLOAD_MAX_FILE_BYTES = 5 * 1024 * 1024
    text = re.sub(r"\s", " ", client.get("/help/").content.decode())
    assert "After 7 wrong passwords for one account within 2 minutes" in text
    assert "5.0 MB" in text


def test_help_names_the_addresses_of_this_site(
    client: Client, settings: Settings
) -> None:
    settings.BASE_URL = "http://index.example:8080"
    text = client.get("/help/").content.decode()
    assert "http://index.example:8080/legacy/" in text
    assert "pip install --index-url http://index.example:8080/simple/" in text
    assert "--trusted-host index.example:8080" in text


def test_the_security_policy_says_whom_to_write_to(
    client: Client, settings: Settings
) -> None:
    page = page_at(client, "/security/")
    assert f"mailto:{settings.SITE.security_email}" in page.links


def test_security_txt_has_the_fields_of_rfc_9116(
    client: Client, settings: Settings
) -> None:
    response = client.get("/.well-known/security.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    assert len(fields) == len(lines)
    assert fields["Contact"] == f"mailto:{settings.SITE.security_email}"
    assert fields["Canonical"] == f"{settings.BASE_URL}/.well-known/security.txt"
    assert fields["Policy"] == f"{settings.BASE_URL}{reverse('security')}"
    assert fields["Preferred-Languages"] == "en"
    left = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)


def test_a_visitor_is_invited(client: Client) -> None:
    page = page_at(client, "/")
    assert reverse("accounts:register") in page.links
    assert reverse("accounts:login") in page.links


def steps_of(client: Client, user: User) -> list[str]:
    client.force_login(user)
    return re.findall(r"\b(Done|Next|Later)\b", client.get("/").content.decode())


def test_a_new_user_verifies_first(client: Client) -> None:
    assert steps_of(client, make_user(verified=False)) == ["Next", "Later", "Later"]


def test_a_verified_user_turns_on_two_factor_next(client: Client) -> None:
    assert steps_of(client, make_user()) == ["Done", "Next", "Later"]
    links = page_at(client, "/").links
    assert f"{reverse('accounts:settings')}#two-factor" in links


def test_whoever_published_without_two_factor_is_still_sent_there(
    client: Client,
) -> None:
    user = make_user()
    own_a_project(user)
    assert steps_of(client, user) == ["Done", "Next", "Done"]


def test_whoever_has_done_everything_is_told_so(client: Client) -> None:
    user = make_user()
    turn_on_totp(user)
    own_a_project(user)
    assert steps_of(client, user) == ["Done", "Done", "Done"]
    page = page_at(client, "/")
    assert page.headings["next"] == "What you have done"
    assert reverse("packages:manage-projects") in page.links


def own_a_project(user: User) -> None:
    project = Project.objects.create(
        name="Sample", normalized_name="sample", similar_name="samp1e"
    )
    Role.objects.create(project=project, user=user, role=Role.Kind.OWNER)
