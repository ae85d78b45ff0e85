"""A browser without a screen, and requests that arrive at once."""

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.cookies import SimpleCookie
from threading import Barrier
from urllib.parse import urlencode, urlsplit

from tests.factories import PASSWORD
from tests.packages.builders import Built, basic, form_for

_SECONDS = 60
_CSRF_COOKIE = "gatehouse-csrf"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end, and how long it took in seconds."""

    status: int
    reason: str
    headers: Message
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


@dataclass(frozen=True, slots=True)
class Request:
    """A request; ``source`` is the loopback address it comes from."""

    url: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    source: str = "127.0.0.1"

    def connect(self, seconds: float = _SECONDS) -> http.client.HTTPConnection:
        """Open a connection of this request's own, as patient as ``seconds``."""
        port = urlsplit(self.url).port
        connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=seconds, source_address=(self.source, 0)
        )
        connection.connect()
        return connection

    @contextmanager
    def opened(self, seconds: float = _SECONDS) -> Iterator[http.client.HTTPConnection]:
        """Open a connection, and close it at the end."""
        connection = self.connect(seconds)
        try:
            yield connection
        finally:
            connection.close()

    def send(self, connection: http.client.HTTPConnection | None = None) -> Reply:
        """Send it, and read the answer."""
        if connection is None:
            with self.opened() as own:
                return self.send(own)
        started = time.perf_counter()
        headers = {"Host": urlsplit(self.url).netloc, **self.headers}
        connection.request(self.method, self.path, self.body or None, headers)
        return read(connection, started)


def read(connection: http.client.HTTPConnection, started: float) -> Reply:
    """Read the answer to what was sent at ``started``."""
    response = connection.getresponse()
    body = response.read()
    took = time.perf_counter() - started
    return Reply(response.status, response.reason, response.headers, body, took)


@contextmanager
def half_sent(request: Request) -> Iterator[Callable[[], Reply]]:
    """Send half of a request; give what sends the rest and reads the answer."""
    half = len(request.body) // 2
    with request.opened() as connection:
        started = time.perf_counter()
        connection.putrequest(request.method, request.path)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body[:half])

        def finish() -> Reply:
            connection.send(request.body[half:])
            return read(connection, started)

        yield finish


class Guest:
    """Somebody's cookies on one instance."""

    def __init__(self, url: str, cookies: dict[str, str] | None = None) -> None:
        """Come with nothing, or with the cookies of another."""
        self.url = url
        self.cookies = dict(cookies or {})
        #: Every cookie that was ever set, also those replaced since.
        self.history: list[tuple[str, str]] = []

    def twin(self) -> "Guest":
        """Return another browser with the same cookies."""
        return Guest(self.url, self.cookies)

    def request(self, method: str, path: str, **fields: str) -> Request:
        """Make a request with the cookies, and the fields of a form."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if method == "POST":
            fields["csrfmiddlewaretoken"] = self.cookies[_CSRF_COOKIE]
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode() if method == "POST" else b""
        return Request(self.url, method, path, body, headers)

    def keep(self, reply: Reply) -> Reply:
        """Take the cookies of an answer."""
        for header in reply.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
                self.history.append((name, morsel.value))
        return reply

    def get(self, path: str) -> Reply:
        """Look at a page; a redirect is an answer."""
        return self.keep(self.request("GET", path).send())

    def post(self, path: str, **fields: str) -> Reply:
        """Send a form."""
        return self.keep(self.request("POST", path, **fields).send())

    def sign_in(self, username: str, password: str = PASSWORD) -> Reply:
        """Give name and password; a second step may follow."""
        self.get("/account/login/")
        reply = self.post("/account/login/", username=username, password=password)
        assert reply.status == 302, reply.text
        return reply


def upload(
    url: str,
    built: Built,
    username: str,
    password: str = PASSWORD,
    source: str = "127.0.0.1",
) -> Request:
    """Make the request by which a client uploads a file."""
    form = form_for(built)
    headers = {
        "Authorization": basic(username, password),
        "Content-Type": form.content_type,
    }
    return Request(url, "POST", "/legacy/", form.body, headers, source)


def at_once(requests: Sequence[Request]) -> list[Reply]:
    """Send requests when all of their connections are open; answers in their order."""
    barrier = Barrier(len(requests), timeout=_SECONDS)

    def run(request: Request) -> Reply:
        with request.opened() as connection:
            barrier.wait()
            return request.send(connection)

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(run, requests))


def eventually[T](ask: Callable[[], T], *, seconds: float = 20) -> T:
    """Return the first answer that is true, asking again and again."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r}"
        time.sleep(0.02)
    return answer
