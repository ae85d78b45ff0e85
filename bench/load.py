"""Loads: wrk for reads, threads of our own for sign-ins, raw Argon2 for its limit."""

import base64
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Self

CONNECTIONS = 16
_RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
_WRONG = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_ARGON2 = """
import os, sys, time
from argon2.low_level import Type, hash_secret_raw
end = time.monotonic() + float(sys.argv[1])
count = 0
while time.monotonic() < end:
    hash_secret_raw(b"x" * 24, os.urandom(16), 2, 19456, 1, 32, Type.ID)
    count += 1
print(count / float(sys.argv[1]))
"""


def reads(url: str, *, seconds: int, headers: dict[str, str]) -> float:
    """Return requests a second over keep-alive connections; a wrong status fails."""
    options = [
        option
        for name, value in headers.items()
        for option in ("-H", f"{name}: {value}")
    ]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *options, url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if wrong := _WRONG.search(output):
        sys.exit(f"{url} gave {wrong[1]} answers that were no success")
    found = _RATE.search(output)
    assert found is not None, output  # noqa: S101 - what wrk prints
    return float(found[1])


def argon2_limit(seconds: float, cores: int) -> float:
    """Return how many of our hashes a second all cores can compute."""
    command = [sys.executable, "-c", _ARGON2, str(seconds)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _core in range(cores)
    ]
    return sum(float(process.communicate()[0]) for process in running)


def credentials(
    url: str, name: str, password: str, *, count: int, at_once: int
) -> float:
    """Return how many passwords a second are judged right, ``at_once`` in flight.

    Asked through the upload's Basic auth with an empty form: a 400 that comes after
    the password was right, and nothing is written.
    """
    token = base64.b64encode(f"{name}:{password}".encode()).decode()

    def judge(_number: int) -> None:
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{url}/legacy/",
            data=b"--x--\r\n",
            headers={
                "Authorization": f"Basic {token}",
                "Content-Type": "multipart/form-data; boundary=x",
            },
        )
        try:
            urllib.request.urlopen(request)  # noqa: S310
        except urllib.error.HTTPError as error:
            if error.code != 400:  # noqa: PLR2004
                raise

    started = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(judge, range(count)))
    return count / (time.monotonic() - started)


class Latencies:
    """Times single reads in the background: the p99 that an installer sees."""

    def __init__(self, url: str) -> None:
        """Read ``url`` over and over until stopped."""
        self._url = url
        self._stop = threading.Event()
        self._times: list[float] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()

    @property
    def p99(self) -> float:
        """Return the 99th percentile in milliseconds."""
        return statistics.quantiles(self._times, n=100)[98] * 1000

    def _run(self) -> None:
        while not self._stop.is_set():
            started = time.monotonic()
            urllib.request.urlopen(self._url).read()  # noqa: S310 - our own address
            self._times.append(time.monotonic() - started)
            time.sleep(0.005)
