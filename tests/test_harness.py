"""What the suite stands on holds."""

import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.harness.browser import Visitor, assert_accessible, assert_fits
from tests.harness.clients import Tool
from tests.harness.instance import Instance
from tests.harness.network import NetworkIsClosedError
from tests.harness.projects import BUILDERS, build

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "example.com"])
def test_no_other_machine_is_reached(address: str) -> None:
    with pytest.raises(NetworkIsClosedError):
        socket.create_connection((address, 80), timeout=1)


def test_instance_answers_and_runs_commands(instance: Instance) -> None:
    with urllib.request.urlopen(f"{instance.url}/healthz") as response:
        assert response.status == 200
    assert "serve" in instance.manage("help")


@pytest.mark.parametrize("javascript", [True, False])
def test_browser_follows_its_settings(visitor: Visitor, *, javascript: bool) -> None:
    page = visitor.open(javascript=javascript, width=375, dark=True)
    page.goto("/")
    assert page.get_by_role("heading", level=1).count() == 1
    assert visitor.shot(page, "harness").stat().st_size > 0


def test_page_is_accessible_and_fits(browser_page: Page) -> None:
    browser_page.goto("/")
    assert_accessible(browser_page)
    assert_fits(browser_page)


@pytest.mark.parametrize("client", sorted(BUILDERS))
def test_client_builds_without_the_network(
    client: str, client_tool: Callable[[str], Tool], tmp_path: Path
) -> None:
    built = build(client, client_tool, tmp_path / "project", name="hello-there")
    assert [path.name for path in built] == [
        "hello_there-1.0.tar.gz",
        "hello_there-1.0-py3-none-any.whl",
    ]
