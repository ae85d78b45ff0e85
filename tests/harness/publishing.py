"""How each client is told where to publish, and as whom."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.factories import PASSWORD
from tests.harness.clients import Tool
from tests.harness.instance import Instance


class Publisher:
    """A client on somebody's machine; every publication starts from nothing known."""

    def __init__(
        self, client: str, client_tool: Callable[[str], Tool], instance: Instance
    ) -> None:
        """Let ``client`` publish to ``instance``."""
        self._client = client
        self._tool = client_tool(client)
        self._url = f"{instance.url}/legacy/"

    def publish(
        self, files: list[Path], username: str, password: str = PASSWORD
    ) -> subprocess.CompletedProcess[str]:
        """Publish, and return what the client said on one line; it may have failed.

        The files lie in the ``dist`` folder of the project they were built from.
        """
        arguments, variables = _INVOCATIONS[self._client](
            self._url, username, password, files
        )
        # Otherwise pdm would make an environment for the project.
        own = str(self._tool.path.parent.parent)
        result = self._tool.run(
            *arguments,
            cwd=files[0].parent.parent,
            check=False,
            VIRTUAL_ENV=own,
            **variables,
        )
        result.stdout = " ".join(result.stdout.split())
        return result


type Invocation = tuple[list[str | Path], dict[str, str]]


def _twine(url: str, name: str, password: str, files: list[Path]) -> Invocation:
    return ["upload", "--disable-progress-bar", *files], {
        "TWINE_REPOSITORY_URL": url,
        "TWINE_USERNAME": name,
        "TWINE_PASSWORD": password,
    }


def _uv(url: str, name: str, password: str, files: list[Path]) -> Invocation:
    return ["publish", "--trusted-publishing", "never", *files], {
        "UV_PUBLISH_URL": url,
        "UV_PUBLISH_USERNAME": name,
        "UV_PUBLISH_PASSWORD": password,
    }


def _poetry(url: str, name: str, password: str, files: list[Path]) -> Invocation:
    return ["publish", "--repository", "here"], {
        "POETRY_REPOSITORIES_HERE_URL": url,
        "POETRY_HTTP_BASIC_HERE_USERNAME": name,
        "POETRY_HTTP_BASIC_HERE_PASSWORD": password,
    }


def _flit(url: str, name: str, password: str, files: list[Path]) -> Invocation:
    return ["publish"], {
        "FLIT_INDEX_URL": url,
        "FLIT_USERNAME": name,
        "FLIT_PASSWORD": password,
    }


def _hatch(url: str, name: str, password: str, files: list[Path]) -> Invocation:
    return ["publish", "--no-prompt", *files], {
        "HATCH_INDEX_REPO": url,
        "HATCH_INDEX_USER": name,
        "HATCH_INDEX_AUTH": password,
    }


def _pdm(url: str, name: str, password: str, files: list[Path]) -> Invocation:
    return ["publish", "--no-build"], {
        "PDM_PUBLISH_REPO": url,
        "PDM_PUBLISH_USERNAME": name,
        "PDM_PUBLISH_PASSWORD": password,
    }


_INVOCATIONS: dict[str, Callable[[str, str, str, list[Path]], Invocation]] = {
    "flit": _flit,
    "hatch": _hatch,
    "pdm": _pdm,
    "poetry": _poetry,
    "twine": _twine,
    "uv": _uv,
}
CLIENTS = tuple(sorted(_INVOCATIONS))
