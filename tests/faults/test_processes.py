"""A process that is killed in the middle, and what it leaves behind."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import console as consoles
from tests.harness.guests import Guest, Request, eventually, half_sent, upload
from tests.harness.instance import ROOMY, Instance
from tests.harness.processes import web_workers
from tests.packages.builders import Built, unused_name, wheel


def test_a_worker_killed_in_an_upload_leaves_nothing_visible(
    start_instance: Callable[..., Instance],
) -> None:
    server = start_instance(GATEHOUSE_WORKERS="1", **ROOMY)
    built = wheel(unused_name(), files={"data": os.urandom(1_000_000)})
    request = upload(server.url, built, "ada")
    with consoles.opened(server) as console:
        console.make_user("ada", two_factor=True)

        _kill_in_the_middle(server, request)

        visitor = Guest(server.url)
        for page in ("simple", "project"):
            assert visitor.get(f"/{page}/{built.name}/").status == 404
        assert not [p for p in (server.data_dir / "files").rglob("*") if p.is_file()]
        assert console.ask("Project.objects.count()") == 0

    assert request.send().status == 200
    _assert_served(server, built)
    # The dead worker's file waits for the next start; it is in nobody's way.
    assert len(_arriving(server)) == 1
    server.stop()
    server.start()
    assert not _arriving(server)
    _assert_served(server, built)


def _kill_in_the_middle(server: Instance, request: Request) -> None:
    """Kill the only worker when half of the file has arrived; wait for the next."""
    with half_sent(request) as finish:
        eventually(lambda: any(path.stat().st_size for path in _arriving(server)))
        (worker,) = web_workers(server)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(ConnectionError):
            finish()
    eventually(lambda: {worker}.isdisjoint(web_workers(server) or {worker}))


def _arriving(server: Instance) -> list[Path]:
    return [*(server.data_dir / "incoming").glob("upload-*")]


def _assert_served(server: Instance, built: Built) -> None:
    visitor = Guest(server.url)
    assert visitor.get(f"/packages/{built.path}").body == built.data
    assert built.sha256 in visitor.get(f"/simple/{built.name}/").text
