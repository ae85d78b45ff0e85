"""Choose the form of an index page from request headers (RFC 9110 section 12.5).

Three media types are offered. Ties, silence and nonsense are answered with
``text/html``: the index never answers 406. A header is read up to
``_LONGEST`` characters, so that its parsing costs a bounded time.
"""

import re
from functools import lru_cache
from typing import Final

HTML: Final = "text/html"
V1_HTML: Final = "application/vnd.pypi.simple.v1+html"
V1_JSON: Final = "application/vnd.pypi.simple.v1+json"

#: In the order in which a tie is decided.
_OFFERED: Final = (HTML, V1_HTML, V1_JSON)
#: "latest" is asked for but never answered: the answer names its version (PEP 691).
_ALIASES: Final = {
    "application/vnd.pypi.simple.latest+html": V1_HTML,
    "application/vnd.pypi.simple.latest+json": V1_JSON,
}
_LONGEST: Final = 2000
_QUALITY: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@lru_cache(maxsize=256)
def media_type(accept: str) -> str:
    """Return the offered media type that an ``Accept`` header prefers."""
    wanted = _weights(accept)
    best = max(_OFFERED, key=lambda offer: _quality(wanted, offer))
    return best if _quality(wanted, best) > 0 else HTML


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether an ``Accept-Encoding`` header allows a gzip body."""
    wanted = _weights(accept_encoding)
    for coding in ("gzip", "x-gzip", "*"):
        if coding in wanted:
            return wanted[coding] > 0
    return False


def _quality(wanted: dict[str, float], offer: str) -> float:
    """Return the weight of the most specific range that covers ``offer``."""
    for media_range in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        if media_range in wanted:
            return wanted[media_range]
    return 0.0


def _weights(header: str) -> dict[str, float]:
    """Read a list of ``token;q=weight``; what cannot be read is left out."""
    weights: dict[str, float] = {}
    for element in header[:_LONGEST].split(","):
        token, *parameters = (part.strip().lower() for part in element.split(";"))
        weight = _weight(parameters)
        if token and weight is not None:
            token = _ALIASES.get(token, token)
            weights[token] = max(weight, weights.get(token, 0.0))
    return weights


def _weight(parameters: list[str]) -> float | None:
    """Return the value of ``q`` among ``parameters``, or nothing if it is malformed."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            value = value.strip()
            return float(value) if _QUALITY.fullmatch(value) else None
    return 1.0
