"""Chromium as Debian packages it, watched for errors and for accessibility."""

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    sync_playwright,
)

#: The widths the design is drawn for: a phone, a tablet, a desk.
WIDTHS = (375, 768, 1280)
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # The network is closed to the browser as to the rest of the suite.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
_REFUSED_PAGE = re.compile(r"Failed to load resource: .* status of 4\d\d")


def executable() -> str:
    """Return the path of the browser, or say what to install."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    message = "No Chromium: install it (apt install chromium), or run -m 'not browser'."
    raise RuntimeError(message)


@contextlib.contextmanager
def running() -> Iterator[Browser]:
    """Start the browser and close it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), headless=True, args=_FLAGS
        )
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Somebody's browser: cookies of its own, and every complaint written down."""

    def __init__(self, browser: Browser, base_url: str, shots: Path) -> None:
        """Open nothing yet; ``shots`` is where screenshots go."""
        self._browser = browser
        self._base_url = base_url
        self._shots = shots
        self._contexts: list[BrowserContext] = []
        self._refused: set[str] = set()
        self._complaints: list[tuple[str, str]] = []

    def open(
        self, *, javascript: bool = True, width: int = 1280, dark: bool = False
    ) -> Page:
        """Return a page in a new session: no cookie is shared with another."""
        context = self._browser.new_context(
            base_url=self._base_url,
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale="en-GB",
            permissions=["clipboard-read", "clipboard-write"],
            reduced_motion="reduce",
            timezone_id="UTC",
            viewport={"width": width, "height": 800},
        )
        context.set_default_timeout(15_000)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self._complain("", str(error.error)))
        context.on("response", self._received)
        self._contexts.append(context)
        return context.new_page()

    def shot(self, page: Page, name: str) -> Path:
        """Take a picture of the whole page for people to look at."""
        path = self._shots / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=True, animations="disabled")
        return path

    def close(self) -> list[str]:
        """Close every session and return what the browser complained of."""
        for context in self._contexts:
            context.close()
        return [
            text
            for url, text in self._complaints
            # A refusal is a page with a status; the browser reports it as an error.
            if not (url in self._refused and _REFUSED_PAGE.match(text))
        ]

    def _received(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.status >= 400:
            self._refused.add(response.url)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complain(message.location["url"], message.text)

    def _complain(self, url: str, text: str) -> None:
        self._complaints.append((url, text))


def assert_accessible(page: Page) -> None:
    """Fail with axe's words when it finds a barrier on the page as it stands.

    axe is JavaScript: on a page opened without it, this would wait for ever.
    """
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def assert_fits(page: Page) -> None:
    """Fail when the page is wider than its window, so that it scrolls sideways."""
    wide, window = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= window, f"{page.url} is {wide} wide in a window of {window}"
