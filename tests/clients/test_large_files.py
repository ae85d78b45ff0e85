"""A file of 90 MB: refused in words, published in little memory."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.clients import Tool
from tests.harness.console import Console
from tests.harness.guests import Guest, upload
from tests.harness.instance import Instance
from tests.harness.processes import peak_mib, web_workers
from tests.harness.publishing import Publisher
from tests.packages.builders import unused_name, wheel

pytestmark = pytest.mark.one_database

_MB = 1_000_000


@pytest.mark.timeout(240)
def test_ninety_megabytes(
    client_tool: Callable[[str], Tool],
    instance: Instance,
    console: Console,
    tmp_path: Path,
) -> None:
    console.make_user("large", two_factor=True)
    small = [wheel(unused_name()) for _ in range(8)]
    large = wheel(unused_name(), files={"data": secrets.token_bytes(90 * _MB)})
    file = tmp_path / "dist" / large.filename
    file.parent.mkdir()
    file.write_bytes(large.data)
    # Whatever the first upload costs a worker is not the file's doing.
    for built in small:
        assert upload(instance.url, built, "large").send().status == 200
    before = {pid: peak_mib(pid) for pid in web_workers(instance)}

    for client in ("twine", "uv"):
        publisher = Publisher(client, client_tool, instance)
        refused = publisher.publish([file], "large", "not the password")
        assert refused.returncode != 0
        words = "That name and password do not belong together."
        assert words in refused.stdout, client
    published = Publisher("twine", client_tool, instance).publish([file], "large")
    assert published.returncode == 0, published.stdout

    assert large.sha256 in Guest(instance.url).get(f"/simple/{large.name}/").text
    assert len(before) == 2
    growth = {pid: peak_mib(pid) - peak for pid, peak in before.items()}
    assert max(growth.values()) < 32, growth
    assert not [*instance.data_dir.glob("incoming/upload-*")]
