"""A running instance with people in it, and the way to each of its pages."""

import json
from dataclasses import dataclass, field
from typing import Any, Self

from playwright.sync_api import Browser, Page, Response, Route

from tests.browser import people
from tests.browser.places import Place, send
from tests.factories import PASSWORD
from tests.harness.instance import Instance


@dataclass
class Town:
    """People who stay signed in; ``tokens`` and ``pages`` are the server's own."""

    browser: Browser
    instance: Instance
    tokens: dict[str, str]
    pages: dict[str, str]
    _cookies: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def settle(cls, browser: Browser, instance: Instance) -> Self:
        """Make the people, publish for them, and sign nobody in yet."""
        settle = "from tests.browser import people; people.settle()"
        made = instance.manage("shell", "-v", "0", "-c", settle)
        people.publish_everything(instance)
        people.use_up_guesses(instance, "hasty")
        return cls(browser, instance, **json.loads(made))

    def enter(self, page: Page, place: Place) -> None:
        """Bring a page to a place, as whoever looks at it."""
        if place.who:
            page.context.add_cookies(self._cookies_of(place.who))
        page.route("**/failure/*/", self._fail)
        statuses: list[int] = []

        def note(response: Response) -> None:
            if response.request.is_navigation_request():
                statuses.append(response.status)

        page.on("response", note)
        page.goto(place.path.format(**self.tokens))
        if place.act:
            place.act(page)
            page.wait_for_load_state()
        page.remove_listener("response", note)
        assert statuses[-1] == place.status, statuses

    def _cookies_of(self, name: str) -> Any:  # noqa: ANN401 - Playwright's own type
        if name not in self._cookies:
            context = self.browser.new_context(base_url=self.instance.url)
            page = context.new_page()
            page.goto("/account/login/")
            send(page, username=name, password=PASSWORD)
            page.wait_for_load_state()
            if page.url.endswith("/two-factor/"):
                send(page, totp_value=people.code_now())
            page.wait_for_url("**/manage/projects/")
            self._cookies[name] = context.cookies()
            context.close()
        return self._cookies[name]

    def _fail(self, route: Route) -> None:
        name = route.request.url.rstrip("/").rpartition("/")[2]
        route.fulfill(body=self.pages[name], content_type="text/html; charset=utf-8")
