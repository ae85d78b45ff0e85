"""The announcement's story, from registering to the security history, in a browser."""

import re
import secrets
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.people import publish
from tests.browser.places import send
from tests.factories import PASSWORD
from tests.harness.browser import Visitor
from tests.harness.instance import Instance, link_in
from tests.packages import builders

SECOND = "forty grey herons at the weir"
THIRD = "a lamp, two ladders, some rain"
REFUSED_CODE = "That code is for another moment or was used before."


@dataclass
class Person:
    """Somebody in front of a browser."""

    visitor: Visitor
    instance: Instance
    page: Page
    javascript: bool
    username: str
    password: str = PASSWORD

    @property
    def address(self) -> str:
        return f"{self.username}@example.com"

    def press(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("link", name=name).first.click()

    def is_told(self, words: str) -> None:
        expect(self.page.get_by_role("main")).to_contain_text(words)

    def is_at(self, path: str) -> None:
        expect(self.page).to_have_url(f"{self.instance.url}{path}")

    def elsewhere(self) -> "Person":
        """Return the same person at another browser."""
        page = self.visitor.open(javascript=self.javascript)
        return Person(
            self.visitor,
            self.instance,
            page,
            self.javascript,
            self.username,
            self.password,
        )

    def sign_in(self, name: str = "") -> None:
        """Give name and password at whatever page asks for them."""
        self.page.goto("/account/login/")
        send(self.page, username=name or self.username, password=self.password)

    def is_out(self) -> None:
        """Find at the next request that the session has ended."""
        self.page.goto("/manage/account/")
        self.is_at("/account/login/?next=/manage/account/")


@pytest.mark.parametrize(
    "javascript",
    [
        pytest.param(True, id="script"),
        pytest.param(False, id="no-script", marks=pytest.mark.one_database),
    ],
)
def test_the_whole_story(
    visitor: Visitor, instance: Instance, *, javascript: bool
) -> None:
    page = visitor.open(javascript=javascript)
    ada = Person(
        visitor, instance, page, javascript, username=f"ada-{secrets.token_hex(4)}"
    )
    register(ada)
    verify_the_address(ada)
    app = turn_on_two_factor(ada)
    sign_in_with_a_code(ada, app)
    see_the_account(ada)
    publish_a_package(ada)
    turn_two_factor_off(ada, app)
    change_the_password(ada)
    reset_the_password(ada)
    read_the_history(ada)


def register(ada: Person) -> None:
    ada.page.goto("/")
    ada.follow("Register")
    send(
        ada.page,
        username=ada.username,
        email=ada.address,
        new_password=PASSWORD,
        password_confirm=PASSWORD,
    )
    ada.is_at("/")
    ada.is_told(f"A link is on its way to {ada.address}")
    expect(ada.page.locator(".tasks [aria-current=step]")).to_contain_text("Verify")
    ada.page.goto("/manage/account/totp-provision")
    ada.is_told("Verify your primary e-mail address first")
    expect(ada.page.locator(".qr")).to_have_count(0)


def verify_the_address(ada: Person) -> None:
    mail = ada.instance.wait_for_mail(ada.address, "Verify")
    ada.page.goto("/dev/mail/")
    ada.page.get_by_role("article").filter(has_text=ada.address).get_by_role(
        "link", name=re.compile("verify-email")
    ).click()
    assert link_in(mail, "/account/verify-email/").partition("?")[2]
    ada.is_at("/account/verify-email/")
    ada.is_told(f"Is {ada.address} yours?")
    ada.press("Verify this address")
    ada.is_at("/")
    ada.is_told(f"{ada.address} is verified.")


def turn_on_two_factor(ada: Person) -> App:
    """Scan, prove a code, and find every other browser signed out."""
    other = ada.elsewhere()
    other.sign_in()
    other.is_at("/manage/projects/")
    ada.page.goto("/manage/account/#two-factor")
    ada.is_told("Two-factor is off. Anyone who learns your password can sign in.")
    ada.follow("Turn on two-factor")
    name = "story-qr" if ada.javascript else "story-qr-no-script"
    app = App.scan(ada.visitor.shot(ada.page, name))
    assert (app.account, app.issuer) == (ada.username, "Gatehouse")
    typed = ada.page.locator("#totp-secret").inner_text()
    assert typed.replace(" ", "") == app.secret
    ada.page.reload()
    assert ada.page.locator("#totp-secret").inner_text() == typed
    send(ada.page, totp_value=app.wrong_code())
    ada.is_told("That is not the code of this QR code.")
    expect(ada.page.locator(".steps [aria-current]")).to_contain_text("Prove a code")
    app.begin()
    send(ada.page, totp_value=app.code(-1))
    ada.is_told("Two-factor is on.")
    ada.page.goto("/manage/account/totp-provision")
    ada.is_told("Two-factor is on already.")
    assert app.secret not in ada.page.content().replace(" ", "")
    other.is_out()
    ada.instance.wait_for_mail(ada.address, "Two-factor was turned on")
    return app


def sign_in_with_a_code(ada: Person, app: App) -> None:
    """Be asked for a code; a wrong and a used one refused, the next one taken."""
    ada.page.locator(".menu > summary").click()
    ada.page.get_by_role("button", name="Sign out").click()
    ada.is_at("/")
    wanted = "/manage/account/history/?before=999999"
    ada.page.goto(wanted)
    send(ada.page, username=ada.address, password=ada.password)
    ada.is_at("/account/two-factor/")
    ada.is_told("Your password is right.")
    for code in (app.wrong_code(), app.code(-1)):
        send(ada.page, totp_value=code)
        ada.is_told(REFUSED_CODE)
    code = app.code(0)
    send(ada.page, totp_value=f"{code[:3]} {code[3:]}")
    ada.is_at(wanted)


def see_the_account(ada: Person) -> None:
    for anchor in ("two-factor", "account-emails"):
        ada.page.goto(f"/manage/account/#{anchor}")
        expect(ada.page.locator(f"#{anchor}")).to_be_in_viewport()
    two_factor = ada.page.locator("section[aria-labelledby=two-factor]")
    expect(two_factor.locator(".status")).to_have_text("On")
    addresses = ada.page.locator("section[aria-labelledby=account-emails]")
    expect(addresses).to_contain_text(ada.address)
    expect(addresses.locator(".status")).to_have_text("Verified")


def publish_a_package(ada: Person) -> None:
    """Publish with the password alone while two-factor is on."""
    ada.page.goto("/manage/projects/")
    ada.is_told("You have no projects yet")
    built = builders.wheel(builders.unused_name())
    assert publish(ada.instance, built, ada.username, ada.password) == (200, "")
    ada.page.reload()
    ada.follow(built.name)
    ada.is_at(f"/project/{built.name}/")
    expect(ada.page.get_by_role("heading", level=1)).to_have_text(f"{built.name} 1.0")
    ada.is_told(f"pip install --index-url {ada.instance.url}/simple/ {built.name}")
    ada.is_told(built.sha256)
    with ada.page.expect_download() as download:
        ada.follow(built.filename)
    assert download.value.path().read_bytes() == built.data


def turn_two_factor_off(ada: Person, app: App) -> None:
    ada.page.goto("/manage/account/")
    ada.follow("Manage two-factor")
    ada.follow("Turn two-factor off")
    send(ada.page, password="not this one", totp_value=app.code(1))
    ada.is_told("This is not your password.")
    send(ada.page, password=ada.password, totp_value=app.code(1))
    ada.is_told("Two-factor is off. Remove the entry")
    ada.instance.wait_for_mail(ada.address, "Two-factor was turned off")


def change_the_password(ada: Person) -> None:
    other = ada.elsewhere()
    other.sign_in(ada.address)
    other.is_at("/manage/projects/")
    ada.page.goto("/manage/account/")
    ada.follow("Change the password")
    send(
        ada.page,
        password=ada.password,
        new_password=SECOND,
        password_confirm=SECOND,
    )
    ada.password = SECOND
    ada.is_told("Your password is changed")
    other.is_out()
    ada.instance.wait_for_mail(ada.address, "password was changed")


def reset_the_password(ada: Person) -> None:
    """Turn two-factor on again, forget the password, and still be asked for a code."""
    ada.page.goto("/manage/account/totp-provision")
    app = App.scan(ada.visitor.shot(ada.page, "story-qr-again"))
    app.begin()
    send(ada.page, totp_value=app.code(-1))
    ada.is_told("Two-factor is on.")
    other = ada.elsewhere()
    other.page.goto("/account/login/")
    other.follow("Forgot your password?")
    send(other.page, username_or_email=ada.username)
    other.is_told("Look in your mailbox")
    mail = ada.instance.wait_for_mail(ada.address, "Reset your password")
    other.page.goto(link_in(mail, "/account/reset-password/"))
    other.is_at("/account/reset-password/")
    send(other.page, new_password=THIRD, password_confirm=THIRD)
    other.is_at("/account/login/")
    other.is_told("Your new password is set")
    other.is_out()
    ada.is_out()
    ada.password = THIRD
    ada.sign_in()
    ada.is_at("/account/two-factor/")
    send(ada.page, totp_value=app.code(0))
    ada.is_at("/manage/projects/")


def read_the_history(ada: Person) -> None:
    ada.page.goto("/manage/account/history/")
    told = ada.page.locator(".events > li p:first-of-type").all_inner_texts()
    happened = [
        "You created this account",
        "You verified the address",
        "You turned two-factor on",
        "You signed out",
        "A two-factor code was refused",
        "You signed in",
        "You created the project",
        "You published",
        "You turned two-factor off",
        "You changed your password",
        "You turned two-factor on",
        "A password reset was requested",
        "Your password was reset",
        "You signed in",
    ]
    oldest_first = iter(reversed(told))
    for beginning in happened:
        assert any(line.startswith(beginning) for line in oldest_first), (
            beginning,
            told,
        )
    expect(ada.page.locator(".events")).to_contain_text("on Linux, near")
