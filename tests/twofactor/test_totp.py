"""RFC 4226 and RFC 6238, and what a typed code may look like."""

import hmac
import random
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from twofactor import totp

#: RFC 4226, appendix D, and RFC 6238, appendix B, speak of this secret.
RFC_SECRET = totp.from_bytes(b"12345678901234567890")
_FIRST = ["755224", "287082", "359152", "969429", "338314"]
HOTP = [*_FIRST, "254676", "287922", "162583", "399871", "520489"]
#: RFC 6238 gives eight digits; six are the last of them.
TOTP = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
#: Other tests run beside it: what is slow here is not a fault.
unhurried = budget(deadline=None, max_examples=50)


@pytest.mark.parametrize(("counter", "code"), list(enumerate(HOTP)))
def test_rfc_4226_appendix_d(counter: int, code: str) -> None:
    at = counter * 30
    assert totp.step_of(RFC_SECRET, code, at=at, window=0) == counter


@pytest.mark.parametrize(("at", "code"), list(TOTP.items()))
def test_rfc_6238_appendix_b(at: int, code: str) -> None:
    assert totp.step_of(RFC_SECRET, code[-6:], at=at, window=0) == at // 30


def test_a_thousand_secrets_agree_with_another_implementation() -> None:
    chance = random.Random(6238)
    for _secret in range(1000):
        secret = totp.from_bytes(chance.randbytes(20))
        at = chance.randrange(30 * 11, 2**33)
        code = _rfc_6238(totp.to_bytes(secret), at)
        assert code == pyotp.TOTP(secret).at(at)
        assert totp.step_of(secret, code, at=at) in {
            at // 30 - 1,
            at // 30,
            at // 30 + 1,
        }


def _rfc_6238(key: bytes, at: int) -> str:
    """Do RFC 4226, 5.3, by hand."""
    counter = (at // 30).to_bytes(8, "big")
    digest = hmac.digest(key, counter, "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"),
        ("123 456", "123456"),
        (" 12 34\t56\n", "123456"),
        ("123\u00a0456", "123456"),
        ("123\u202f456", "123456"),
        ("000000", "000000"),
        ("12345", None),
        ("1234567", None),
        ("", None),
        ("      ", None),
        ("١٢٣٤٥٦", None),
        ("１２３４５６", None),
        ("12345٦", None),
        ("²³¹⁴⁵⁶", None),
        ("123-456", None),
        ("-12345", None),
        ("+12345", None),
        ("1234.5", None),
        ("0x1234", None),
        ("12345a", None),
        ("123\u200b456", None),
        ("123456\x00", None),
        ("１２３456", None),
    ],
)
def test_spaces_in_a_code_are_forgiven_and_other_digits_are_not(
    text: str, code: str | None
) -> None:
    assert totp.read_code(text) == code


@unhurried
@given(st.text(max_size=12))
def test_whatever_is_typed_is_six_ascii_digits_or_nothing(text: str) -> None:
    code = totp.read_code(text)
    assert code is None or re.fullmatch(r"[0-9]{6}", code)


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [
        (-60, False),
        (-45, True),
        (-30, True),
        (0, True),
        (30, True),
        (44, True),
        (60, False),
    ],
)
def test_a_code_serves_in_its_step_and_one_to_either_side(
    seconds: int, accepted: bool
) -> None:
    at = 1_800_000_015
    code = pyotp.TOTP(RFC_SECRET).at(at + seconds)
    step = totp.step_of(RFC_SECRET, code, at=at)
    assert step == ((at + seconds) // 30 if accepted else None)


@pytest.mark.parametrize("steps", [-11, -10, -2, 2, 10, 11])
def test_enrolment_recognises_a_clock_that_is_five_minutes_off(steps: int) -> None:
    at = 1_800_000_015
    code = pyotp.TOTP(RFC_SECRET).at(at + 30 * steps)
    assert totp.step_of(RFC_SECRET, code, at=at) is None
    found = totp.step_of(RFC_SECRET, code, at=at, window=totp.CLOCK_WINDOW)
    assert found == (at // 30 + steps if abs(steps) <= 10 else None)


def test_secrets_have_160_bits_and_do_not_repeat() -> None:
    secrets = {totp.new_secret() for _secret in range(10_000)}
    assert len(secrets) == 10_000
    assert all(re.fullmatch(r"[A-Z2-7]{32}", secret) for secret in secrets)
    assert all(len(totp.to_bytes(secret)) == 20 for secret in secrets)


def test_a_secret_and_its_bits_are_the_same_thing() -> None:
    secret = totp.new_secret()
    assert totp.from_bytes(totp.to_bytes(secret)) == secret
    assert totp.grouped(secret).replace(" ", "") == secret
    assert {len(group) for group in totp.grouped(secret).split()} == {4}


@pytest.mark.parametrize("issuer", ["Gatehouse", "Ada & Co: 100%?", "Büro\nX", "a/b#c"])
def test_the_uri_is_read_back_as_it_was_meant(issuer: str) -> None:
    text = totp.uri("JBSWY3DPEHPK3PXP", username="ada", issuer=issuer)
    parts = urlsplit(text)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path.count(":") == 1
    label = [unquote(piece) for piece in parts.path.lstrip("/").split(":")]
    assert label == [issuer, "ada"]
    assert parse_qs(parts.query) == {
        "digits": ["6"],
        "secret": ["JBSWY3DPEHPK3PXP"],
        "algorithm": ["SHA1"],
        "issuer": [issuer],
        "period": ["30"],
    }
    assert text.isascii()
    assert "+" not in text


def test_the_uri_has_the_form_pypi_gives_it() -> None:
    assert totp.uri("S", username="ada", issuer="Test PyPI") == (
        "otpauth://totp/Test%20PyPI:ada"
        "?digits=6&secret=S&algorithm=SHA1&issuer=Test%20PyPI&period=30"
    )


def test_the_qr_code_is_one_svg_element_without_style() -> None:
    svg = totp.qr_svg("otpauth://totp/x")
    assert svg.startswith("<svg")
    assert svg.rstrip().endswith("</svg>")
    assert "style=" not in svg
    assert "<script" not in svg
