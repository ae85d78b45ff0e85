"""People who publish, and what the programs find."""

from collections.abc import Iterator

import pytest

from tests.harness import console as consoles
from tests.harness.console import Console
from tests.harness.instance import Instance


@pytest.fixture(scope="session")
def console(instance: Instance) -> Iterator[Console]:
    """Django's shell on the instance the programs talk to."""
    with consoles.opened(instance) as opened:
        yield opened
