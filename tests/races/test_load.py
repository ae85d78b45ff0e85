"""Floods: what is judged, what they cost, and who is still served meanwhile."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPException
from statistics import quantiles

import pytest

from tests.factories import PASSWORD
from tests.harness import console as consoles
from tests.harness.console import Console
from tests.harness.guests import (
    Guest,
    Request,
    at_once,
    eventually,
    half_sent,
    upload,
)
from tests.harness.instance import ROOMY, Instance
from tests.harness.processes import resident_mib
from tests.packages.builders import Built, unused_name, wheel

pytestmark = pytest.mark.races
_WRONG = "somebody else's plum harbour"


def test_of_two_hundred_wrong_passwords_ten_are_judged(
    start_instance: Callable[..., Instance],
) -> None:
    server = start_instance()
    with consoles.opened(server) as console:
        console.make_user("target", two_factor=True)
        form = Guest(server.url)
        form.get("/account/login/")

        # One account, by the form and by uploads, from twenty addresses.
        one_account = at_once([_guess(form, "target", number) for number in range(200)])
        # One address, a hundred names that nobody has.
        one_address = at_once(
            [_sign_in(form, f"nobody{n}", _WRONG, "127.0.0.99") for n in range(100)]
        )

        for replies in (one_account, one_address):
            judged = [reply for reply in replies if reply.status != 429]
            assert len(judged) == 10
            assert all("do not belong together" in reply.text for reply in judged)
            refused = [reply for reply in replies if reply.status == 429]
            assert all(int(r.headers["Retry-After"]) > 0 for r in refused)
        assert console.count_events("account:session:refuse", "target") == 10
        # Not even the right password is looked at now.
        right = _sign_in(form, "target", PASSWORD, "127.0.0.98").send()
        assert right.status == 429


def test_a_rush_of_fifty_sign_ins_leaves_installs_alone(
    arena: Instance, console: Console
) -> None:
    names = [f"rush{number}" for number in range(50)]
    console.run(f"for name in {names!r}: factories.make_user(name)")
    guests = [Guest(arena.url) for _ in names]
    for guest in guests:
        guest.get("/account/login/")
    rush = [
        guest.request("POST", "/account/login/", username=name, password=PASSWORD)
        for guest, name in zip(guests, names, strict=True)
    ]
    before = resident_mib(arena)

    with _installing(arena) as (waits, sizes):
        for _ in range(3):
            replies = at_once(rush)
            # Whom a full queue turned away is told when to come again, and gets in.
            turned_away = [n for n, reply in enumerate(replies) if reply.status == 503]
            assert all(replies[n].headers["Retry-After"] for n in turned_away)
            again = [rush[number].send().status for number in turned_away]
            assert {reply.status for reply in replies} <= {302, 503}
            assert again == [302] * len(turned_away)

    assert quantiles(waits, n=20)[-1] < 0.5
    assert max(sizes) - before < 300


def test_a_stop_under_load_loses_nothing_that_was_acknowledged(
    start_instance: Callable[..., Instance],
) -> None:
    server = start_instance(**ROOMY)
    with consoles.opened(server) as console:
        console.make_user("stopper")
    under_way = upload(server.url, wheel(unused_name()), "stopper")
    stopping = threading.Event()

    with ThreadPoolExecutor(4) as pool, half_sent(under_way) as finish:
        names = [unused_name() for _ in range(4)]
        loads = [pool.submit(_upload_until, stopping, server, name) for name in names]
        eventually(lambda: server.log.count('"POST /legacy/" 200') > 12)
        os.kill(server.pid, signal.SIGTERM)
        eventually(lambda: not _is_served(server))
        stopping.set()
        finished = finish()
        server.stop()
    acknowledged = [built for load in loads for built in load.result()]

    assert finished.status == 200
    assert len(acknowledged) >= 12
    server.start()
    for built in acknowledged:
        served = Request(server.url, "GET", f"/packages/{built.path}").send()
        assert served.body == built.data
        page = Request(server.url, "GET", f"/simple/{built.name}/").send().text
        assert f"#sha256={built.sha256}" in page
    assert not [*server.data_dir.glob("incoming/upload-*")]


def _upload_until(
    stopping: threading.Event, server: Instance, name: str
) -> list[Built]:
    """Upload one version after the other; return those that were acknowledged."""
    acknowledged = []
    for number in range(1000):
        built = wheel(name, f"{number}", files={"data": os.urandom(50_000)})
        try:
            reply = upload(server.url, built, "stopper").send()
        except (OSError, HTTPException):
            # Refused or cut off: only a server that stops may do that.
            assert stopping.wait(20)
            break
        assert reply.status == 200, reply.reason
        acknowledged.append(built)
    return acknowledged


def _is_served(server: Instance) -> bool:
    # Until the last request is done a connection is taken, but not looked at.
    request = Request(server.url, "GET", "/healthz")
    with suppress(OSError, HTTPException), request.opened(seconds=1) as connection:
        return request.send(connection).status == 200
    return False


@contextmanager
def _installing(server: Instance) -> Iterator[tuple[list[float], list[float]]]:
    """Ask for the index all the time; give the waits and the memory meanwhile."""
    waits: list[float] = []
    sizes: list[float] = []
    done = threading.Event()
    index = Request(server.url, "GET", "/simple/")
    # The first to ask after a new project waits until the page is stored again.
    assert index.send().status == 200

    def install() -> None:
        while not done.is_set():
            reply = index.send()
            assert reply.status == 200
            waits.append(reply.seconds)
            sizes.append(resident_mib(server))

    with ThreadPoolExecutor(1) as pool:
        installer = pool.submit(install)
        try:
            yield waits, sizes
        finally:
            done.set()
        installer.result()


def _guess(form: Guest, name: str, number: int) -> Request:
    source = f"127.0.1.{number % 20}"
    if number % 2:
        return _sign_in(form, name, _WRONG, source)
    return upload(form.url, wheel("target"), name, _WRONG, source)


def _sign_in(form: Guest, name: str, password: str, source: str) -> Request:
    made = form.request("POST", "/account/login/", username=name, password=password)
    return Request(made.url, made.method, made.path, made.body, made.headers, source)
