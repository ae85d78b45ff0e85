"""Say which browser or tool a User-Agent header names, in two words."""

from django.utils.translation import gettext as _

#: Most specific first: Edge and Opera also call themselves Chrome, which also
#: calls itself Safari.
_PROGRAMS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("twine/", "twine"),
    ("uv/", "uv"),
    ("poetry/", "Poetry"),
    ("Hatch/", "Hatch"),
    ("pdm/", "PDM"),
    ("python-requests/", "python-requests"),
    ("pip/", "pip"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
    ("Darwin", "macOS"),
)


def describe(user_agent: str) -> str:
    """Return words such as "Firefox on Linux"."""
    program = next((name for mark, name in _PROGRAMS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if program and system:
        return _("%(program)s on %(system)s") % {"program": program, "system": system}
    return program or system or _("an unknown program")
