"""What installers ask of the index, and what they need not ask again."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.clients import Tool
from tests.harness.console import Console
from tests.harness.guests import eventually, upload
from tests.harness.instance import Instance
from tests.packages.builders import Built, sdist, unused_name, wheel


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_installer_asks_little_and_nothing_twice(
    installer: str,
    client_tool: Callable[[str], Tool],
    instance: Instance,
    console: Console,
    tmp_path: Path,
) -> None:
    name = unused_name()
    newest = _publish(instance, console, name)
    page, file = f"/simple/{name}/", f"/packages/{newest.path}"
    tool = client_tool(installer)
    command: list[str | Path] = ["install", *_index(instance), name, "--target"]
    if installer == "uv":
        python = client_tool("pip/python").path
        command = ["pip", *command[:-1], "--python", python, "--target"]

    tool.run(*command, tmp_path / "first")
    # The metadata first, beside the wheel; then the wheel itself.
    first = [f"{page} 200", f"{file}.metadata 200", f"{file} 200"]
    eventually(lambda: _requests(instance, name) == first)

    tool.run(*command, tmp_path / "second")
    eventually(lambda: _requests(instance, name) == [*first, f"{page} 304"])
    for target in ("first", "second"):
        assert [*(tmp_path / target).glob("demo_*/__init__.py")]


def test_pip_finds_what_was_published_just_now(
    client_tool: Callable[[str], Tool],
    instance: Instance,
    console: Console,
    tmp_path: Path,
) -> None:
    name = unused_name()
    published = _publish(instance, console, name)
    pip = client_tool("pip")
    pip.run("download", *_index(instance), "--dest", tmp_path, name)
    assert (tmp_path / published.filename).read_bytes() == published.data

    new = wheel(name, "1.2")
    assert upload(instance.url, new, name).send().status == 200

    listed = pip.run("index", "versions", *_index(instance), name).stdout
    assert "Available versions: 1.2, 1.1, 1.0" in listed
    pip.run("download", *_index(instance), "--dest", tmp_path, name)
    assert (tmp_path / new.filename).read_bytes() == new.data


def _publish(instance: Instance, console: Console, name: str) -> Built:
    """Publish two releases by somebody called as the project; return the newest."""
    console.make_user(name)
    older, newest = wheel(name, "1.0"), wheel(name, "1.1")
    for built in (older, newest, sdist(name, "1.1")):
        assert upload(instance.url, built, name).send().status == 200
    return newest


def _index(instance: Instance) -> list[str]:
    # pip caches nothing of a plain http site it does not trust.
    url = f"{instance.url}/simple/"
    return ["--index-url", url, "--trusted-host", "localhost"]


def _requests(instance: Instance, name: str) -> list[str]:
    """Return path and status of what was asked about a project, in order."""
    module = name.replace("-", "_")
    pattern = rf'"GET (/simple/{name}/|/packages/\S*{module}\S*)" (\d+)'
    return [f"{path} {status}" for path, status in re.findall(pattern, instance.log)]
