"""The second step of signing in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from accounts import door
from accounts.models import HalfSignIn, LimitCounter, User, WebSession
from accounts.models.user import new_stamp
from tests.accounts.browsing import (
    CHANGE,
    HALF,
    HISTORY,
    LOGIN,
    NOON,
    OVERVIEW,
    PROJECTS,
    PROVISION,
    REMOVE,
    SECOND_STEP,
    SESSION,
    SETTINGS,
    STEP,
    WRONG,
    browser_of,
    change_password,
    give_code,
    half_browser_of,
    is_signed_in,
    masked,
    notices,
    protected_user,
    reset_link,
    set_password,
    sign_in,
    tags,
    text_of,
    verified_browser_of,
)
from tests.factories import SECRET, code_at, make_user, turn_on_totp
from twofactor.models import TOTPDevice

pytestmark = pytest.mark.django_db
EXPIRED = ["This sign-in has expired. Start again with your password."]
OTHER_SECRET = "MZXW6YTBOI7777777777777777777777"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user() -> User:
    return protected_user("ada")


@pytest.fixture
def half(user: User) -> Client:
    return half_browser_of(user)


def starts_again(client: Client) -> bool:
    response = client.get(SECOND_STEP)
    assert response.cookies[HALF].value == ""
    return (
        response.headers["Location"] == LOGIN
        and notices(response) == EXPIRED
        and not is_signed_in(client)
    )


def wrong_codes(count: int) -> list[str]:
    right = {code_at((NOON + n * STEP).timestamp()) for n in range(-2, 3)}
    return [c for c in (f"{n:06}" for n in range(100, 400)) if c not in right][:count]


def test_without_the_password_there_is_no_second_step(user: User) -> None:
    assert starts_again(Client())
    client = Client()
    give_code(client, NOON)
    assert starts_again(client)


@pytest.mark.parametrize(
    "page",
    [SETTINGS, CHANGE, HISTORY, OVERVIEW, PROVISION, REMOVE, PROJECTS, "/admin/"],
)
def test_half_a_sign_in_opens_nothing(half: Client, page: str) -> None:
    for response in (half.get(page, follow=True), half.post(page, follow=True)):
        assert response.request["PATH_INFO"] == LOGIN
    assert 'href="/account/register/"' in text_of(half.get("/"))


def test_half_a_sign_in_changes_nothing(half: Client) -> None:
    change_password(half)
    half.post(REMOVE, {"password": "x", "totp_value": code_at(NOON.timestamp())})
    assert TOTPDevice.objects.count() == 1
    assert tags() == []


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_right_code_opens_the_session(user: User, half: Client, steps: int) -> None:
    response = give_code(half, NOON + steps * STEP)
    assert response.headers["Location"] == PROJECTS
    assert response.cookies[HALF].value == ""
    assert is_signed_in(half)
    assert WebSession.objects.get().method == "password and authenticator app"
    assert tags(user) == ["account:session:open"]
    assert HalfSignIn.objects.get().used_at == NOON


def test_a_code_with_spaces_is_the_same_code(user: User, half: Client) -> None:
    code = code_at(NOON.timestamp())
    other = half_browser_of(user)
    half.post(SECOND_STEP, {"totp_value": f" {code[:3]} {code[3:]} "})
    assert is_signed_in(half)
    other.post(SECOND_STEP, {"totp_value": code})
    assert not is_signed_in(other)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_of_another_moment_is_refused(half: Client, steps: int) -> None:
    response = give_code(half, NOON + steps * STEP)
    assert response.status_code == 200
    assert "That code is for another moment or was used before." in text_of(response)
    assert not is_signed_in(half)
    assert tags() == ["account:two-factor:refuse"]


@pytest.mark.parametrize(
    "typed", ["", "12345", "１２３４５６", "abcdef", "1" * 21, "12345\x00"]
)
def test_what_is_no_code_is_not_counted(half: Client, typed: str) -> None:
    for _try in range(7):
        response = half.post(SECOND_STEP, {"totp_value": typed})
        assert response.status_code == 200
    assert HalfSignIn.objects.get().wrong == 0
    give_code(half, NOON)
    assert is_signed_in(half)


def test_wrong_used_and_stale_codes_get_one_answer(user: User, half: Client) -> None:
    verified_browser_of(user, NOON)
    pages = [
        masked(half.post(SECOND_STEP, {"totp_value": wrong_codes(1)[0]})),
        masked(give_code(half, NOON)),
        masked(give_code(half, NOON - STEP)),
    ]
    assert pages[0] == pages[1] == pages[2]
    assert tags(user).count("account:two-factor:refuse") == 3


def test_steps_only_rise(
    user: User,
    clock: time_machine.Traveller,
) -> None:
    verified_browser_of(user, NOON + STEP)
    for moment in (NOON, NOON + STEP, NOON - STEP):
        client = half_browser_of(user)
        give_code(client, moment)
        assert not is_signed_in(client)
    clock.shift(STEP)
    client = half_browser_of(user)
    give_code(client, NOON + 2 * STEP)
    assert is_signed_in(client)


def test_a_clock_set_back_revives_no_code(
    user: User,
    clock: time_machine.Traveller,
) -> None:
    verified_browser_of(user, NOON)
    clock.shift(-STEP)
    client = half_browser_of(user)
    for moment in (NOON, NOON - STEP):
        give_code(client, moment)
    assert not is_signed_in(client)


@pytest.mark.parametrize(("seconds", "lives"), [(299, True), (300, False)])
def test_it_waits_five_minutes(
    half: Client,
    clock: time_machine.Traveller,
    seconds: int,
    lives: bool,
) -> None:
    clock.shift(timedelta(seconds=seconds))
    give_code(half, NOON + timedelta(seconds=seconds))
    assert is_signed_in(half) == lives


@pytest.mark.parametrize("change", ["password", "frozen", "stamp", "reset"])
def test_a_change_of_the_account_ends_it(half: Client, change: str) -> None:
    if change == "reset":
        set_password(Client(), reset_link())
    elif change == "frozen":
        User.objects.update(is_active=False)
    else:
        User.objects.update(security_stamp=new_stamp())
    give_code(half, NOON)
    assert starts_again(half)
    assert TOTPDevice.objects.get().last_step == -1


def test_a_factor_removed_meanwhile_never_leaves_one_factor(half: Client) -> None:
    TOTPDevice.objects.all().delete()
    assert starts_again(half)


def test_a_right_code_is_not_used_up_by_a_sign_in_that_is_over(
    user: User, half: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*arguments: object) -> None:
        raise door.SignInExpired

    with monkeypatch.context() as patch:
        patch.setattr(door, "complete", late)
        assert give_code(half, NOON).headers["Location"] == LOGIN
    verified_browser_of(user, NOON)


def test_five_wrong_codes_end_it(settings: Settings, user: User, half: Client) -> None:
    settings.LIMITS = {
        name: (1000, 60) if name.startswith("second-factor") else limit
        for name, limit in settings.LIMITS.items()
    }
    for code in wrong_codes(4):
        assert half.post(SECOND_STEP, {"totp_value": code}).status_code == 200
    copy = half.cookies[HALF].value
    response = half.post(SECOND_STEP, {"totp_value": wrong_codes(5)[4]})
    assert response.headers["Location"] == LOGIN
    half.cookies[HALF] = copy
    give_code(half, NOON)
    assert starts_again(half)
    give_code(half_browser_of(user), NOON)


def test_the_account_has_five_wrong_codes_whatever_the_browser(user: User) -> None:
    for number, code in enumerate(wrong_codes(5)):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        sign_in(client)
        client.post(SECOND_STEP, {"totp_value": code})
    client = Client(REMOTE_ADDR="192.0.2.99")
    sign_in(client)
    response = give_code(client, NOON)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "300"
    assert "Too many attempts. Wait 5 minutes" in text_of(response)
    assert not is_signed_in(client)
    assert TOTPDevice.objects.get().last_step == -1


def test_starting_again_or_a_right_password_forgives_no_code(user: User) -> None:
    for code in wrong_codes(5):
        half_browser_of(user).post(SECOND_STEP, {"totp_value": code})
    assert give_code(half_browser_of(user), NOON).status_code == 429


@pytest.mark.parametrize(("period", "most"), [("hour", 20), ("day", 50)])
def test_an_hour_and_a_day_have_limits_of_their_own(
    settings: Settings, user: User, period: str, most: int
) -> None:
    roomy = {name: (1000, 60) for name in settings.LIMITS if name.startswith("second")}
    name = f"second-factor-account-{period}"
    settings.LIMITS = {**settings.LIMITS, **roomy, name: settings.LIMITS[name]}
    responses = []
    for _browser in range(most // 4 + 1):
        client = half_browser_of(user)
        responses += [
            client.post(SECOND_STEP, {"totp_value": "000000"}) for _code in range(4)
        ]
    assert [r.status_code for r in responses].count(200) == most
    assert int(responses[-1].headers["Retry-After"]) > 3000


def test_one_network_has_ten_wrong_codes_whatever_the_accounts() -> None:
    browsers = [half_browser_of(protected_user(f"user{n}")) for n in range(3)]
    responses = [
        browser.post(SECOND_STEP, {"totp_value": "000000"})
        for browser in browsers
        for _code in range(4)
    ]
    assert [r.status_code for r in responses] == 10 * [200] + 2 * [429]


def test_a_used_code_counts_as_a_guess(user: User) -> None:
    verified_browser_of(user, NOON)
    for _time in range(5):
        give_code(half_browser_of(user), NOON)
    assert give_code(half_browser_of(user), NOON + STEP).status_code == 429


def test_a_right_code_costs_nothing(
    user: User,
    clock: time_machine.Traveller,
) -> None:
    for number in range(7):
        verified_browser_of(user, NOON + number * STEP)
        clock.shift(STEP)
    assert not LimitCounter.objects.filter(hits__gt=0).exists()


def test_a_code_of_somebody_else_is_refused(half: Client) -> None:
    eve = make_user("eve")
    turn_on_totp(eve, OTHER_SECRET)
    give_code(half, NOON, OTHER_SECRET)
    assert not is_signed_in(half)


@pytest.mark.parametrize("field", ["user", "user_id", "device", "device_id", "method"])
def test_the_account_is_taken_from_the_record_alone(half: Client, field: str) -> None:
    eve = make_user("eve")
    device = turn_on_totp(eve, OTHER_SECRET)
    values = {"totp_value": code_at(NOON.timestamp(), OTHER_SECRET)}
    half.post(SECOND_STEP, values | {field: str(device.pk)})
    half.post(SECOND_STEP, values | {field: str(eve.pk)})
    assert not is_signed_in(half)


def test_two_codes_are_a_bad_request(half: Client) -> None:
    codes = ["000000", code_at(NOON.timestamp())]
    assert half.post(SECOND_STEP, {"totp_value": codes}).status_code == 400
    assert not is_signed_in(half)


def test_a_made_up_cookie_opens_nothing(user: User) -> None:
    half_browser_of(user)
    for value in ("x", HalfSignIn.objects.get().digest, "", "\u00e9", "a" * 4000):
        client = Client()
        client.cookies[HALF] = value
        give_code(client, NOON)
        assert starts_again(client)


def test_the_cookie_serves_once(user: User, half: Client) -> None:
    cookie = half.cookies[HALF].value
    give_code(half, NOON)
    thief = Client()
    thief.cookies[HALF] = cookie
    give_code(thief, NOON + STEP)
    assert starts_again(thief)


def test_next_survives_both_steps(user: User) -> None:
    client = Client()
    sign_in(client, next=f"{CHANGE}?a=1")
    client.post(SECOND_STEP, {"totp_value": "000000"})
    assert give_code(client, NOON).headers["Location"] == f"{CHANGE}?a=1"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "/a\x00b"])
def test_next_never_leads_off_the_site(user: User, target: str) -> None:
    client = Client()
    sign_in(client, next=target)
    assert HalfSignIn.objects.get().next == ""
    assert give_code(client, NOON).headers["Location"] == PROJECTS


def test_a_next_that_was_planted_is_judged_again(user: User, half: Client) -> None:
    HalfSignIn.objects.update(next="//evil.example/")
    assert give_code(half, NOON).headers["Location"] == PROJECTS


def test_whoever_is_signed_in_is_asked_no_code() -> None:
    client = browser_of(make_user("grace"))
    assert client.get(SECOND_STEP).headers["Location"] == PROJECTS


def test_looking_counts_nothing_and_the_box_helps_phones(half: Client) -> None:
    assert half.head(SECOND_STEP).status_code == 200
    page = text_of(half.get(SECOND_STEP))
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page
    assert half.put(SECOND_STEP).status_code == 405
    assert HalfSignIn.objects.get().wrong == 0


def test_a_wrong_code_is_not_shown_again(half: Client) -> None:
    page = text_of(half.post(SECOND_STEP, {"totp_value": "000000"}))
    assert 'value="000000"' not in page


def test_a_lost_sealing_key_lets_nobody_in(settings: Settings, half: Client) -> None:
    settings.SEALING_KEYS = ["another key of forty characters or more, new"]
    response = give_code(half, NOON)
    assert response.status_code == 503
    assert not is_signed_in(half)
    assert SESSION not in half.cookies
    assert SECRET not in text_of(response)


def test_a_wrong_password_says_nothing_of_the_factor(user: User) -> None:
    make_user("eve")
    one = masked(sign_in(Client(), "ada", WRONG))
    other = masked(sign_in(Client(), "eve", WRONG))
    assert one.replace('value="ada"', "") == other.replace('value="eve"', "")
