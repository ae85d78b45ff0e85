"""A town of people with pages to look at, one for each worker's instance."""

from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.places import Place
from tests.browser.town import Town
from tests.harness.browser import Visitor
from tests.harness.instance import Instance


class At(Protocol):
    """Opens a place in a new session; ``how`` is as for ``Visitor.open``."""

    def __call__(self, place: Place, **how: Any) -> Page:
        """Return the page, once it is there."""


@pytest.fixture(scope="session")
def town(browser: Browser, instance: Instance) -> Town:
    """Give the people of this worker's instance."""
    return Town.settle(browser, instance)


@pytest.fixture
def at(town: Town, visitor: Visitor) -> At:
    """Open places as one visitor, whose complaints fail the test."""

    def arrive(place: Place, **how: Any) -> Page:
        page = visitor.open(**how)
        town.enter(page, place)
        return page

    return arrive
