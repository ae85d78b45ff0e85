"""Each client publishes what it built itself, and shows our words when it may not."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.clients import Tool
from tests.harness.console import Console
from tests.harness.guests import Guest
from tests.harness.instance import Instance
from tests.harness.projects import build
from tests.harness.publishing import CLIENTS, Publisher
from tests.packages.builders import unused_name, wheel

#: It prints the status alone, whatever a server says.
_SILENT = frozenset({"pdm"})


@pytest.mark.parametrize("client", CLIENTS)
def test_client_publishes_with_two_factor_on_and_others_install(
    client: str,
    client_tool: Callable[[str], Tool],
    instance: Instance,
    console: Console,
    tmp_path: Path,
) -> None:
    owner, name = f"{client}-owner", f"hello-{client}"
    console.make_user(owner, two_factor=True)
    console.make_user(f"{client}-other")
    console.make_user(f"{client}-new", verified=False)
    files = build(client, client_tool, tmp_path / name, name=name)
    assert [file.suffix for file in files] == [".gz", ".whl"]
    publisher = Publisher(client, client_tool, instance)

    for username, password, words in (
        (owner, "not the password", "That name and password do not belong together."),
        (f"{client}-new", None, "does not have a verified primary e"),
    ):
        _assert_refused(client, publisher, files, username, password, words)
    assert Guest(instance.url).get(f"/simple/{name}/").status == 404

    # Some sign in with the name, some with the address.
    sign_in = owner if client in {"flit", "twine"} else f"{owner}@example.com"
    published = publisher.publish(files, sign_in)
    assert published.returncode == 0, published.stdout
    again = publisher.publish(files, sign_in)
    assert again.returncode == 0, again.stdout
    assert console.count_events("project:file:add", owner) == 2

    words = f"The user '{client}-other' isn't allowed to upload to project '{name}'."
    _assert_refused(client, publisher, files, f"{client}-other", None, words)
    _install(instance, client_tool, name, files, tmp_path)


@pytest.mark.parametrize(
    ("client", "password"),
    [("uv", "слива гавань тихо 九十"), ("twine", "prune à côté du port, très tôt")],
    ids=["uv", "twine"],
)
def test_password_is_right_whatever_letters_it_has(
    client: str,
    password: str,
    client_tool: Callable[[str], Tool],
    instance: Instance,
    console: Console,
    tmp_path: Path,
) -> None:
    console.make_user(f"{client}-letters", two_factor=True, password=password)
    built = wheel(unused_name())
    file = tmp_path / "dist" / built.filename
    file.parent.mkdir()
    file.write_bytes(built.data)

    publisher = Publisher(client, client_tool, instance)
    published = publisher.publish([file], f"{client}-letters", password)

    assert published.returncode == 0, published.stdout
    assert built.sha256 in Guest(instance.url).get(f"/simple/{built.name}/").text


def _assert_refused(
    client: str,
    publisher: Publisher,
    files: list[Path],
    username: str,
    password: str | None,
    words: str,
) -> None:
    refused = publisher.publish(files, username, *([password] if password else []))
    assert refused.returncode != 0, refused.stdout
    shown = "403 Forbidden" if client in _SILENT else words
    assert shown in refused.stdout


def _install(
    instance: Instance,
    client_tool: Callable[[str], Tool],
    name: str,
    files: list[Path],
    folder: Path,
) -> None:
    """Install with pip and with uv, insisting on the digests of what was built."""
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in digests)
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{name}==1.0 {hashes}\n")
    pip, uv = client_tool("pip"), client_tool("uv")
    python = pip.path.with_name("python")
    index: list[str | Path] = ["--index-url", f"{instance.url}/simple/"]
    index += ["--require-hashes", "-r", wanted]
    pip.run("install", *index, "--target", folder / "pip")
    uv.run("pip", "install", "--python", python, *index, "--target", folder / "uv")
    module = name.replace("-", "_")
    for target in ("pip", "uv"):
        source = folder / target / module / "__init__.py"
        assert "GREETING" in source.read_text()
