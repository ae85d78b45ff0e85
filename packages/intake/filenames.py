"""What a distribution's filename must look like (PEP 427 and PEP 625).

The raw name is checked against a plain ASCII pattern before packaging's parsers
see it: `parse_sdist_filename` takes "../x-1.0.tar.gz" for a fine name.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from django.utils.translation import gettext as _
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from packages.intake.bounds import FILENAME_LENGTH, WHEEL_TAGS
from packages.refusals import InvalidForm, echo

SDIST = "sdist"
WHEEL = "bdist_wheel"

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*", re.ASCII)
_EXTENSIONS = {SDIST: ".tar.gz", WHEEL: ".whl"}
_DASHES = {4, 5}
_ARCHITECTURES = (
    "(?:x86_64|i686|aarch64|armv7l|ppc64le|ppc64|s390x|riscv64|loongarch64)"
)
_PLATFORMS = re.compile(
    rf"""
    any
    | win32 | win_(?:amd64|arm64|ia64)
    | manylinux(?:1|2010|2014)_{_ARCHITECTURES}
    | manylinux_\d+_\d+_{_ARCHITECTURES}
    | musllinux_\d+_\d+_{_ARCHITECTURES}
    | macosx_(?:10_\d+ | (?:1[1-5]|2[6-9])_0)
      _(?:x86_64|arm64|universal2|universal|intel|i386|fat|fat3|fat32|fat64|ppc|ppc64)
    | linux_(?:armv6l|armv7l)
    | ios_\d+_\d+_(?:arm64|x86_64)_iphone(?:os|simulator)
    | android_\d+_(?:armeabi_v7a|arm64_v8a|x86|x86_64)
    | (?:pyemscripten|pyodide)_\d+_\d+_wasm32
    """,
    re.ASCII | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Filename:
    """A checked filename; `stem` is "<name>-<version>" as it spells them."""

    text: str
    kind: str
    stem: str
    python_tag: str


def check_filename(raw: str, kind: str, name: str, version: Version) -> Filename:
    """Return the filename unless it does not fit its kind, `name` and `version`.

    `name` is the normalised project name (PEP 503).
    """
    _check_characters(raw)
    extension = _EXTENSIONS[kind]
    if not raw.endswith(extension):
        _refuse(
            _("The filename '%(filename)s' of type %(kind)s must end in %(end)s.")
            % {"filename": echo(raw), "kind": kind, "end": extension}
        )
    escaped = name.replace("-", "_")
    if kind == SDIST:
        return _sdist(raw, escaped, version)
    return _wheel(raw, escaped, version)


def _check_characters(raw: str) -> None:
    if not raw:
        _refuse(_("The content field has no filename."))
    if len(raw) > FILENAME_LENGTH:
        _refuse(
            _("The filename is longer than %(most)d characters.")
            % {"most": FILENAME_LENGTH}
        )
    if not _SAFE.fullmatch(raw):
        _refuse(
            _(
                "The filename '%(filename)s' may hold only ASCII letters, digits, "
                "'.', '-', '_', '+' and '!', and no folder."
            )
            % {"filename": echo(raw)}
        )


def _sdist(raw: str, escaped: str, version: Version) -> Filename:
    expected = f"{escaped}-{version}{_EXTENSIONS[SDIST]}"
    if raw != expected:
        _refuse(
            _("The filename '%(filename)s' must be '%(expected)s' (PEP 625).")
            % {"filename": echo(raw), "expected": expected}
        )
    return Filename(raw, SDIST, f"{escaped}-{version}", "source")


def _wheel(raw: str, escaped: str, version: Version) -> Filename:
    stem = raw.removesuffix(_EXTENSIONS[WHEEL])
    parts = stem.split("-")
    # The tag sets multiply: a name of 200 characters can stand for 40,000 tags.
    tags = 1
    for part in parts[-3:]:
        tags *= part.count(".") + 1
    if len(parts) - 1 not in _DASHES or tags > WHEEL_TAGS:
        _refuse(
            _(
                "The filename '%(filename)s' is not a wheel's: "
                "name-version(-build)-python-abi-platform.whl (PEP 427)."
            )
            % {"filename": echo(raw)}
        )
    _check_wheel_identity(raw, parts, escaped, version)
    for platform in parts[-1].split("."):
        if not _PLATFORMS.fullmatch(platform):
            _refuse(
                _(
                    "The wheel '%(filename)s' has the unsupported platform tag "
                    "'%(platform)s'."
                )
                % {"filename": echo(raw), "platform": echo(platform)}
            )
    return Filename(raw, WHEEL, "-".join(parts[:2]), parts[-3])


def _check_wheel_identity(
    raw: str, parts: list[str], escaped: str, version: Version
) -> None:
    try:
        found = parse_wheel_filename(raw)[1]
    except InvalidWheelFilename:
        _refuse(
            _("The filename '%(filename)s' is not a wheel's (PEP 427).")
            % {"filename": echo(raw)}
        )
    if parts[0] != escaped:
        _refuse(
            _("The filename '%(filename)s' must begin with '%(expected)s' (PEP 427).")
            % {"filename": echo(raw), "expected": f"{escaped}-"}
        )
    if found != version:
        _refuse(
            _("The filename '%(filename)s' is not of version %(version)s.")
            % {"filename": echo(raw), "version": version}
        )


def _refuse(message: str) -> NoReturn:
    raise InvalidForm(message, code="bad-filename")
