"""What every test stands on. The fixtures' own code is in tests/harness/."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from tests.harness import browser as browsers
from tests.harness import clients, network
from tests.harness import instance as instances
from tests.harness.browser import Visitor
from tests.harness.clients import Tool
from tests.harness.instance import Instance

network.close()

_TESTS = Path(__file__).parent

#: What makes a test of a kind: the folder it is in, or a fixture it asks for.
_KINDS = {
    "browser": {"browser"},
    "clients": {"clients", "client_tool"},
    "races": {"races"},
}


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    for item in items:
        signs = {*item.path.relative_to(_TESTS).parts}
        signs.update(getattr(item, "fixturenames", ()))
        for kind, meant in _KINDS.items():
            if signs & meant:
                item.add_marker(kind)
    if connection.vendor != "sqlite":
        _leave_out(config, items, "one_database")


def _leave_out(config: pytest.Config, items: list[pytest.Item], mark: str) -> None:
    left_out = [item for item in items if item.get_closest_marker(mark)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def _own_folders(settings: Settings, tmp_path: Path) -> None:
    """Give each test folders of its own for files, uploads and mail."""
    settings.FILES_DIR = tmp_path / "files"
    settings.UPLOAD_DIR = tmp_path / "incoming"
    settings.MAIL_DIR = tmp_path / "mail"
    for folder in (settings.FILES_DIR, settings.UPLOAD_DIR):
        folder.mkdir()


@pytest.fixture(scope="session")
def instance() -> Iterator[Instance]:
    """A running server, shared by the tests of a worker: make accounts of your own."""
    with instances.running(**instances.ROOMY) as running:
        yield running


@pytest.fixture
def start_instance() -> Iterator[Callable[..., Instance]]:
    """Start servers with settings of a test's own: ``start_instance(GATEHOUSE_X="y")``.

    Limits are those of production unless ``**ROOMY`` is given.
    """
    with ExitStack() as stack:

        def start(**settings: str) -> Instance:
            server: AbstractContextManager[Instance] = instances.running(**settings)
            return stack.enter_context(server)

        yield start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser process, shared by the tests of a worker."""
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, which Django takes for
        # asynchronous code in every later test.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with browsers.running() as running:
            yield running


@pytest.fixture
def visitor(
    browser: Browser, instance: Instance, request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    """Somebody who opens sessions on the instance; their complaints fail the test."""
    shots = Path(request.config.rootpath, "test-results", "screenshots")
    somebody = Visitor(browser, instance.url, shots)
    yield somebody
    complaints = somebody.close()
    assert not complaints, complaints


@pytest.fixture
def browser_page(visitor: Visitor) -> Page:
    """One page of a visitor with JavaScript, on a desk."""
    return visitor.open()


@pytest.fixture
def client_tool(tmp_path: Path) -> Callable[[str], Tool]:
    """Give a publishing or installing program by name, with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return lambda name: clients.tool(name, home)
