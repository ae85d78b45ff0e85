"""An authenticator app: it scans what is on the screen, and makes codes."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

_STEP = 30
#: Seconds that must be left of a step when codes are begun, for a slow machine.
_ROOM = 10


@dataclass
class App:
    """One entry of an authenticator app, kept with `oathtool`."""

    secret: str
    account: str
    issuer: str
    _base: int = 0

    @classmethod
    def scan(cls, picture: Path) -> Self:
        """Read the one QR code in a picture."""
        text = _said("zbarimg", "--quiet", "--raw", str(picture))
        uri = urlsplit(text)
        assert (uri.scheme, uri.netloc) == ("otpauth", "totp"), text
        issuer, _colon, account = unquote(uri.path.removeprefix("/")).partition(":")
        asked = {name: values[0] for name, values in parse_qs(uri.query).items()}
        assert asked["issuer"] == issuer
        assert (asked["digits"], asked["period"]) == ("6", str(_STEP))
        return cls(asked["secret"], account, issuer)

    def begin(self) -> None:
        """Take the present step as the middle of the three that are accepted.

        Waits for the next one when this is nearly over, or the first code would be
        too old by the time it arrives.
        """
        left = _STEP - time.time() % _STEP
        if left < _ROOM:
            time.sleep(left + 0.1)
        self._base = int(time.time()) // _STEP

    def code(self, later: int) -> str:
        """Return the code of the step that is ``later`` steps after the middle one."""
        moment = f"@{(self._base + later) * _STEP}"
        return _said("oathtool", "--totp", "--base32", f"--now={moment}", self.secret)

    def wrong_code(self) -> str:
        """Return six digits that fit no moment near this one."""
        early = f"@{int(time.time()) - 20 * _STEP}"
        near = _said(
            "oathtool", "--totp", "--base32", "-w", "40", f"--now={early}", self.secret
        ).split()
        return next(code for code in map("{:06}".format, range(99)) if code not in near)


def _said(*command: str) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=20
    ).stdout.strip()
