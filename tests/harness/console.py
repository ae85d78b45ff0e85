"""Django's shell on an instance, kept open: to make people and to count rows."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests.harness.instance import ROOT, Instance

_LOOP = """
import json, sys
for line in sys.stdin:
    names = {}
    exec(json.loads(line), names)
    print(json.dumps(names.get("answer")), flush=True)
"""
_MODELS = """
from accounts.models import *
from packages.models import *
from tests import factories
"""


class Console:
    """One process that runs Python with the instance's settings and models."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Talk to ``process``."""
        self._process = process

    def run(self, source: str) -> Any:  # noqa: ANN401 - whatever JSON carries
        """Run Python and return what it assigned to ``answer``, as JSON carries it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(_MODELS + source) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the shell ended at: {source}"
        return json.loads(line)

    def ask(self, expression: str) -> Any:  # noqa: ANN401 - likewise
        """Return the value of an expression."""
        return self.run(f"answer = {expression}")

    def make_user(
        self, username: str, *, two_factor: bool = False, **fields: object
    ) -> None:
        """Make a person, as ``factories.make_user`` does, and perhaps their app."""
        self.run(
            f"user = factories.make_user({username!r}, **{fields!r})\n"
            f"if {two_factor!r}: factories.turn_on_totp(user)\n"
        )

    def count_events(self, tag: str, username: str) -> int:
        """Return how many events of a kind the account has."""
        return int(
            self.ask(
                f"Event.objects.filter(tag={tag!r}, account__username={username!r})"
                ".count()"
            )
        )


@contextlib.contextmanager
def opened(instance: Instance) -> Iterator[Console]:
    """Open a console on an instance and close it at the end."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", _LOOP],
        cwd=ROOT,
        env=instance.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Console(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
