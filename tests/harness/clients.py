"""The publishing and installing programs, each in the environment make built for it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.harness.instance import ROOT

CLIENTS = ROOT / ".tools" / "clients"
#: Where nobody listens: whatever is not on this machine cannot be reached.
_NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Tool:
    """A program with a home of its own, so that nobody's configuration matters."""

    path: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the program sees of the world."""
        return {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join([str(self.path.parent), "/usr/bin", "/bin"]),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "share"),
            "HTTP_PROXY": _NOWHERE,
            "HTTPS_PROXY": _NOWHERE,
            "NO_PROXY": "localhost,127.0.0.1,::1",
            "NO_COLOR": "1",
            "HATCH_INTERACTIVE": "0",
            "PDM_CHECK_UPDATE": "0",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "POETRY_NO_INTERACTION": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "TWINE_NON_INTERACTIVE": "1",
            "UV_NO_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }

    def run(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        check: bool = True,
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run the program; what it printed, both streams together, is ``stdout``.

        ``variables`` are added to its environment. Unless ``check`` is False a
        failure is an assertion that shows the output.
        """
        result = subprocess.run(
            [self.path, *arguments],
            cwd=cwd or self.home,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            timeout=100,
        )
        if check:
            command = " ".join(str(argument) for argument in arguments)
            shown = f"{self.path.name} {command}\n{result.stdout}"
            assert result.returncode == 0, shown
        return result


def tool(name: str, home: Path) -> Tool:
    """Return one of flit, hatch, pdm, pip, poetry, twine and uv.

    ``name`` may also be ``twine/python``: another program of twine's environment.
    """
    client, _, program = name.partition("/")
    path = CLIENTS / client / "bin" / (program or client)
    if not path.exists():
        message = (
            f"{name} is not set up: run make test, or make .tools/clients/{client}"
        )
        raise RuntimeError(message)
    return Tool(path, home)
