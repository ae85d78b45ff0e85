"""Instances to race against."""

from collections.abc import Iterator

import pytest

from tests.harness import console as consoles
from tests.harness import instance as instances
from tests.harness.console import Console
from tests.harness.instance import ROOMY, Instance

#: So that every one of twenty codes is judged, and not only the first five.
_PATIENT = {
    f"GATEHOUSE_LIMIT_SECOND_FACTOR_ACCOUNT_{period}": "1000/60"
    for period in ("5MIN", "HOUR", "DAY")
}


@pytest.fixture(scope="session")
def arena() -> Iterator[Instance]:
    """A server whose limits let everybody through to the races."""
    with instances.running(**ROOMY, **_PATIENT) as running:
        yield running


@pytest.fixture(scope="session")
def console(arena: Instance) -> Iterator[Console]:
    """Django's shell on the arena."""
    with consoles.opened(arena) as opened:
        yield opened
