"""Every page there is, in every state worth looking at, and how to get there."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.people import FAILURES, LONG_NAME, LONG_PROJECT
from tests.factories import PASSWORD


@dataclass(frozen=True, slots=True)
class Place:
    """A page: who looks at it, where it is, and what is done there first."""

    name: str
    path: str
    who: str = ""
    act: Callable[[Page], object] | None = None
    status: int = 200

    def __str__(self) -> str:
        """Return the name, for the test's id and the picture's file."""
        return self.name


def send(page: Page, **fields: str) -> None:
    """Fill a form's boxes by their names and press its button."""
    for name, value in fields.items():
        page.locator(f"main [name={name}]").fill(value)
    page.locator("main form button[type=submit]").last.click()


def _register(page: Page) -> None:
    name = f"somebody-{secrets.token_hex(4)}"
    send(
        page,
        username=name,
        email=f"{name}@example.com",
        new_password=PASSWORD,
        password_confirm=PASSWORD,
    )


def _register_wrongly(page: Page) -> None:
    send(
        page,
        username="-settled-",
        name="<b>Ada</b>",
        email="ada@",
        new_password="password123",
        password_confirm="password124",
    )


def _forget_cookies(page: Page) -> None:
    page.context.clear_cookies()
    send(page, username="settled", password=PASSWORD)


def _sign_in(name: str, password: str = PASSWORD) -> Callable[[Page], None]:
    return lambda page: send(page, username=name, password=password)


def _type_half_a_code(page: Page) -> None:
    send(page, username="waiting", password=PASSWORD)
    page.wait_for_url("**/two-factor/")
    send(page, totp_value="12345")


_ACCOUNT = "/manage/account/"
_PROJECT = f"/project/{LONG_PROJECT}/"
PLACES = [
    # Open to everybody
    Place("home-visitor", "/"),
    Place("help", "/help/"),
    Place("security", "/security/"),
    Place("upload-address", "/legacy/"),
    Place("mailbox", "/dev/mail/"),
    Place("not-found", "/nothing-here/", status=404),
    Place("project", _PROJECT),
    Place("project-release-rst", "/project/greeter/1.0/"),
    Place("project-release-older", f"{_PROJECT}2026.10.1/"),
    Place("project-bare", "/project/bare/"),
    # Registering, signing in, getting back in
    Place("register", "/account/register/"),
    Place("registered", "/account/register/", act=_register),
    Place("register-errors", "/account/register/", act=_register_wrongly),
    Place("sign-in", "/account/login/"),
    Place("sign-in-next", "/manage/projects/"),
    Place(
        "sign-in-wrong", "/account/login/", act=_sign_in("no-such-person", "guess it")
    ),
    Place("sign-in-wait", "/account/login/", act=_sign_in("hasty"), status=429),
    Place("sign-in-stale", "/account/login/", act=_forget_cookies, status=403),
    Place("second-step", "/account/login/", act=_sign_in("waiting")),
    Place("second-step-wrong", "/account/login/", act=_type_half_a_code),
    Place("reset-request", "/account/request-password-reset/"),
    Place(
        "reset-requested",
        "/account/request-password-reset/",
        act=lambda page: send(page, username_or_email="no-such-person"),
    ),
    Place("reset-dead-link", "/account/reset-password/?token=dead"),
    Place("reset", "/account/reset-password/?token={reset}"),
    Place("verify-signed-out", "/account/verify-email/?token={verify}"),
    # Somebody who has just registered
    Place("home-newcomer", "/", "newcomer"),
    Place("account-newcomer", _ACCOUNT, "newcomer"),
    Place("verify", "/account/verify-email/?token={verify}", "newcomer"),
    Place("two-factor-unverified", "/manage/account/two-factor/", "newcomer"),
    Place("address-needed", "/manage/account/totp-provision", "newcomer", status=403),
    Place("projects-unverified", "/manage/projects/", "newcomer"),
    # Somebody whose address is verified
    Place("home-settled", "/", "settled"),
    Place("account-settled", _ACCOUNT, "settled"),
    Place("two-factor-off", "/manage/account/two-factor/", "settled"),
    Place("two-factor-set-up", "/manage/account/totp-provision", "settled"),
    Place(
        "two-factor-set-up-wrong",
        "/manage/account/totp-provision",
        "settled",
        act=lambda page: send(page, totp_value="12345"),
    ),
    Place("projects-none", "/manage/projects/", "settled"),
    Place("password", "/manage/account/password/", "settled"),
    Place(
        "password-errors",
        "/manage/account/password/",
        "settled",
        act=lambda page: send(page, new_password="too short", password_confirm="short"),
    ),
    Place("sign-out", "/account/logout/", "settled"),
    # Somebody with everything, and with long names
    Place("home-guarded", "/", LONG_NAME),
    Place("account-guarded", _ACCOUNT, LONG_NAME),
    Place(
        "account-menu",
        _ACCOUNT,
        LONG_NAME,
        act=lambda page: page.locator(".menu > summary").click(),
    ),
    Place("two-factor-on", "/manage/account/two-factor/", LONG_NAME),
    Place("two-factor-turn-off", "/manage/account/totp-remove", LONG_NAME),
    Place(
        "two-factor-turn-off-wrong",
        "/manage/account/totp-remove",
        LONG_NAME,
        act=lambda page: send(page, password="", totp_value="123456"),
    ),
    Place("history", "/manage/account/history/", LONG_NAME),
    Place("projects", "/manage/projects/", LONG_NAME),
    # What a healthy server never shows
    *(Place(f"failure-{name}", f"/failure/{name}/") for name in FAILURES),
]
