"""Every page: its name, its width, its barriers, and the way through by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import At
from tests.browser.places import PLACES, Place
from tests.factories import PASSWORD
from tests.harness.browser import WIDTHS, assert_accessible, assert_fits
from tests.harness.instance import Instance

pytestmark = pytest.mark.one_database

#: The narrowest window content must fit (WCAG 2.2, 1.4.10).
NARROWEST = 320
#: Focuses what can be focused, one after the other, and names what shows no ring.
_WITHOUT_RING = """() => {
  const all = document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']");
  const seen = [...all].filter((one) => one.checkVisibility() && !one.disabled);
  return seen.filter((one) => {
    one.focus({preventScroll: true});
    const style = getComputedStyle(one);
    return style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2;
  }).map((one) => one.outerHTML);
}"""


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_is_fit_to_be_shown(at: At, place: Place) -> None:
    page = at(place, width=NARROWEST)
    assert page.locator("h1").count() == 1
    heading = page.locator("h1").inner_text()
    assert heading.strip()
    name, _dot, site = page.title().rpartition(" · ")
    assert (bool(name.strip()), site) == (True, "Gatehouse")
    for width in (NARROWEST, *WIDTHS):
        widen(page, width)
        assert_fits(page)
    assert_accessible(page)
    widen(page, WIDTHS[0])
    page.emulate_media(color_scheme="dark")
    colours_are_told_apart(page)
    focus_is_seen(page)
    text_may_be_twice_as_large(page)


def widen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})


def colours_are_told_apart(page: Page) -> None:
    """Ask axe for contrast alone: a scheme changes nothing else."""
    results = Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert results.violations_count == 0, results.generate_report()


def focus_is_seen(page: Page) -> None:
    # What a script focuses after a key was pressed is drawn as if by the key.
    page.keyboard.press("Tab")
    assert page.evaluate(_WITHOUT_RING) == []


def text_may_be_twice_as_large(page: Page) -> None:
    """Fit a window of half a desk with text at 200 % (WCAG 2.2, 1.4.4)."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    widen(page, WIDTHS[1])
    assert_fits(page)


def test_signing_in_takes_nothing_but_a_keyboard(at: At, instance: Instance) -> None:
    page = at(Place("home", "/"))
    go_to(page, "Skip to the content")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    go_to(page, "Sign in")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/login/")
    go_to(page, "Username or e-mail address")
    page.keyboard.type("settled")
    go_to(page, "Password")
    page.keyboard.type("not this one")
    page.keyboard.press("Enter")
    expect(page.locator(".form-errors")).to_be_focused()
    go_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/manage/projects/")
    go_to(page, "Account menu of settled")
    page.keyboard.press("Enter")
    go_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{instance.url}/")


def go_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus, and shows it."""
    for _press in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name_of(page) == name:
            assert focused.evaluate("one => getComputedStyle(one).outlineStyle") != (
                "none"
            )
            return
    message = f"Tab does not reach {name!r} on {page.url}"
    raise AssertionError(message)


def name_of(page: Page) -> str:
    """Return what names the element with the focus: its label, or its text."""
    return str(
        page.evaluate(
            """() => {
              const one = document.activeElement;
              const words = one.labels?.[0] ?? one;
              return words.textContent.replace(/\\s+/g, " ").trim();
            }"""
        )
    )


def test_passwords_can_be_shown_and_are_hidden_again(at: At) -> None:
    page = at(Place("sign-in", "/account/login/"))
    box = page.get_by_label("Password", exact=True)
    box.fill(PASSWORD)
    page.get_by_role("button", name="Show Password").click()
    expect(box).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide Password").click()
    expect(box).to_have_attribute("type", "password")


def test_a_new_password_is_told_its_strength_and_the_form_stays_open(at: At) -> None:
    page = at(Place("register", "/account/register/"))
    page.get_by_label("Username").fill("somebody")
    box = page.get_by_label("Password", exact=True)
    meter = page.locator(".strength")
    for password, word in (
        ("short", "too short"),
        ("somebody somebody", "easy to guess"),
        ("forty grey herons at the weir", "strong"),
    ):
        box.fill(password)
        expect(meter).to_have_text(f"Strength: {word}")
    expect(page.get_by_role("button", name="Register")).to_be_enabled()


def test_commands_can_be_copied(at: At, instance: Instance) -> None:
    page = at(Place("home", "/"))
    command = page.locator(".command", has_text="twine")
    command.get_by_role("button", name="Copy").click()
    expect(command.get_by_role("button")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    expected = f"twine upload --repository-url {instance.url}/legacy/ dist/*"
    assert copied == expected


def test_the_qr_code_is_white_on_a_dark_page_too(at: At) -> None:
    page = at(
        Place("set-up", "/manage/account/totp-provision", "settled"),
        width=375,
        dark=True,
    )
    style = page.locator(".qr").evaluate("one => getComputedStyle(one).backgroundColor")
    assert style == "rgb(255, 255, 255)"
    box = page.locator(".qr svg").bounding_box()
    assert box is not None
    assert box["width"] >= 200
    page.get_by_role("button", name="Copy the secret").click()
    secret = page.evaluate("navigator.clipboard.readText()")
    assert secret == page.locator("#totp-secret").inner_text().replace(" ", "")
