"""Time-based one-time passwords (RFC 6238), as values and a clock.

SHA-1, 6 digits, 30-second steps, a 160-bit secret: what every authenticator app
speaks. A code is accepted in its own step and one to either side; which step it
was for is returned, because each step serves once (RFC 6238, 5.2).
"""

import base64
import hmac
import io
from urllib.parse import quote, urlencode

import pyotp
import qrcode
from qrcode.image.svg import SvgPathImage

STEP_SECONDS = 30
DIGITS = 6
#: Steps to either side in which a code is still accepted.
WINDOW = 1
#: Steps to either side in which enrolment recognises a clock that is off.
CLOCK_WINDOW = 10
_SECRET_CHARACTERS = 32
_GROUP = 4


def new_secret() -> str:
    """Return 160 random bits in base32."""
    return pyotp.random_base32(_SECRET_CHARACTERS)


def read_code(text: str) -> str | None:
    """Return the six digits of a typed code, or None; spaces are forgiven.

    Called once, before judging and before storing: two forms of one code must
    never be two codes.
    """
    code = "".join(text.split())
    is_code = len(code) == DIGITS and code.isascii() and code.isdigit()
    return code if is_code else None


def step_at(timestamp: float) -> int:
    """Return the number of the step that a moment falls in."""
    return int(timestamp) // STEP_SECONDS


def step_of(secret: str, code: str, *, at: float, window: int = WINDOW) -> int | None:
    """Return the step within ``window`` of ``at`` whose code this is, or None.

    Every candidate is compared, in constant time each: how long it takes tells
    nothing. Of several, the nearest to ``at`` wins.
    """
    now = step_at(at)
    found = None
    totp = pyotp.TOTP(secret)
    for distance in range(window, -1, -1):
        for step in {now - distance, now + distance}:
            if hmac.compare_digest(totp.generate_otp(step), code):
                found = step
    return found


def uri(secret: str, *, username: str, issuer: str) -> str:
    """Return the otpauth URI that the QR code carries, as PyPI builds it."""
    parameters = {
        "digits": DIGITS,
        "secret": secret,
        "algorithm": "SHA1",
        "issuer": issuer,
        "period": STEP_SECONDS,
    }
    label = f"{quote(issuer, safe='')}:{quote(username, safe='')}"
    return f"otpauth://totp/{label}?{urlencode(parameters, quote_via=quote)}"


def qr_svg(text: str) -> str:
    """Return a QR code as an SVG element: one path, four modules of quiet zone."""
    out = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, border=4).save(out)
    svg = out.getvalue().decode()
    return svg[svg.index("<svg") :]


def grouped(secret: str) -> str:
    """Return the secret in groups of four, to be typed."""
    return " ".join(
        secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP)
    )


def to_bytes(secret: str) -> bytes:
    """Return the bits of a base32 secret, which is what is sealed."""
    return base64.b32decode(secret)


def from_bytes(bits: bytes) -> str:
    """Return the base32 form of a secret's bits."""
    return base64.b32encode(bits).decode()
