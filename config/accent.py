"""The accent colour: read, judged for contrast (WCAG 2.2), fitted to dark pages."""

import re

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_WHITE = (255, 255, 255)
#: The page and card grounds of the dark theme, as static/css/gatehouse.css has them.
_DARK_GROUND = (27, 32, 40)
#: WCAG 2.2, 1.4.3: text against its ground.
LEAST_CONTRAST = 4.5

type Rgb = tuple[int, int, int]


def parse(text: str) -> Rgb:
    """Return the three channels of ``#rrggbb``; raise ``ValueError`` otherwise."""
    if not _HEX.fullmatch(text):
        raise ValueError(text)
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def is_legible(text: str) -> bool:
    """Return whether white text on the colour, and it on white, can be read."""
    return contrast(parse(text), _WHITE) >= LEAST_CONTRAST


def for_dark(text: str) -> str:
    """Return the colour, lightened until it can be read on the dark theme."""
    red, green, blue = parse(text)
    for step in range(21):
        share = step / 20
        mixed = (
            _towards_white(red, share),
            _towards_white(green, share),
            _towards_white(blue, share),
        )
        if contrast(mixed, _DARK_GROUND) >= LEAST_CONTRAST:
            return "#{:02x}{:02x}{:02x}".format(*mixed)
    return "#ffffff"


def _towards_white(channel: int, share: float) -> int:
    return round(channel + (255 - channel) * share)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    if value <= 0.04045:  # noqa: PLR2004 - the constant of the sRGB curve
        return value / 12.92
    return float(((value + 0.055) / 1.055) ** 2.4)
