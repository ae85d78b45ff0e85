"""``make bench``: measure a fresh instance against the limits of its own machine.

Every figure is a ratio of two things measured one after the other, three times;
the median is printed. Absolute figures differ between machines and hours.
"""

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

from bench import load
from tests.harness import instance as instances
from tests.harness.instance import Instance

ROUNDS = 3
SECONDS = 4
CORES = os.cpu_count() or 1
_SETTINGS = instances.ROOMY | {
    "GATEHOUSE_LIMIT_SIGN_IN_ACCOUNT": "1000000/60",
    "GATEHOUSE_ACCESS_LOG": "no",
}
_JSON = "application/vnd.pypi.simple.v1+json"
_PASSWORD = "a bench that never sleeps"  # noqa: S105 - of nobody
_PREPARE = f"""
from tests.factories import make_user
from tests.packages.builders import form_for, post, wheel
password = "{_PASSWORD}"
user = make_user("bench", password=password)
for number in range(20):
    form = form_for(wheel("demo-package", f"1.{{number}}", salt=str(number)))
    answer = post(form, user, password, HTTP_HOST="localhost")
    assert answer.status_code == 200, answer.content
"""


def main() -> None:
    """Run everything and print the table."""
    if shutil.which("wrk") is None:
        sys.exit("make bench needs wrk (Debian's package wrk).")
    with instances.running(**_SETTINGS) as server, _hello() as hello:
        server.manage("shell", "--no-imports", stdin=_PREPARE)
        rows = [*_reading(server, hello), *_signing_in(server)]
    for what, value, goal in rows:
        print(f"{what:58} {value:>16}   {goal}")  # noqa: T201


def _reading(server: Instance, hello: str) -> Iterator[tuple[str, str, str]]:
    page = f"{server.url}/simple/demo-package/"
    answer = urllib.request.urlopen(page)  # noqa: S310 - our own address
    kinds: dict[str, dict[str, str]] = {
        "/simple/<name>/, 20 files, HTML": {"Accept": "text/html"},
        "/simple/<name>/, 20 files, JSON": {"Accept": _JSON},
        "the same, answered 304": {
            "Accept": "text/html",
            "If-None-Match": answer.headers["ETag"],
        },
    }
    for what, headers in kinds.items():
        ratios, rates = [], []
        for _round in range(ROUNDS):
            limit = load.reads(hello, seconds=SECONDS, headers={})
            rates.append(load.reads(page, seconds=SECONDS, headers=headers))
            ratios.append(rates[-1] / limit)
        yield (
            f"{what}, against a bare WSGI hello",
            f"{_median(ratios):.2f}x ({_median(rates):.0f}/s)",
            ">= 0.7x (304: 0.8x)",
        )


def _signing_in(server: Instance) -> Iterator[tuple[str, str, str]]:
    page = f"{server.url}/simple/demo-package/"
    shares, slowed = [], []
    for _round in range(ROUNDS):
        limit = load.argon2_limit(SECONDS, CORES)
        with load.Latencies(page) as idle:
            time.sleep(SECONDS)
        with load.Latencies(page) as flooded:
            rate = load.credentials(
                server.url, "bench", _PASSWORD, count=300, at_once=50
            )
        shares.append(rate / limit)
        slowed.append(flooded.p99 / idle.p99)
    yield (
        "passwords judged, 50 at once, against Argon2 itself",
        f"{_median(shares):.2f}x",
        ">= 0.8x",
    )
    yield (
        "p99 of /simple/<name>/ meanwhile, against idle",
        f"{_median(slowed):.1f}x",
        "<= 4x",
    )


@contextlib.contextmanager
def _hello() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "bench.hello:application",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
        "--workers",
        str(max(2, CORES)),
        "--threads",
        "16",
        "--log-level",
        "error",
        "--no-control-socket",
    ]
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    for _try in range(100):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url).read()  # noqa: S310 - our own address
            return
        time.sleep(0.1)
    sys.exit(f"{url} does not answer")


def _median(values: list[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
