"""Render one description to safe HTML: a program of its own, so that it can be killed.

Started by ``packages.rendering`` with an empty environment, the kind of text as its
argument, the text on standard input. It writes HTML to standard output and ends with
0, or with 1 when the text cannot be rendered. It takes at most ``_CPU_SECONDS`` of
processor time, ``_MEMORY`` bytes of address space, and may write no file.

The sanitiser has the last word: whatever is rewritten here passes through it again.
"""

import re
import resource
import sys
from collections.abc import Callable
from functools import partial
from html import escape, unescape
from importlib import import_module
from typing import Final

import nh3
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]
from readme_renderer.clean import ALLOWED_ATTRIBUTES, ALLOWED_TAGS

_CPU_SECONDS: Final = 2
_MEMORY: Final = 1 << 30
_DESCRIPTORS: Final = 32
#: The page has its own h1 and h2 above the description.
_HEADINGS_BELOW: Final = 2
_ID_PREFIX: Final = "user-content-"
#: Classes that a description keeps besides those of highlighted code. Any other
#: would let it dress up as a part of the site.
_CLASSES: Final = {"admonition", "admonition-title", "footnote", "image"}

# Attributes as the sanitiser writes them: always in double quotes.
_ATTRIBUTES: Final = r'((?: [a-z-]+="[^"]*")*)'
_HEADING: Final = re.compile(r"<(/?)h([1-6])\b")
_IMAGE: Final = re.compile(f"<img{_ATTRIBUTES}>")
_INPUT: Final = re.compile(f"<input{_ATTRIBUTES}>")
_EMPTY_LINK: Final = re.compile(f"<a{_ATTRIBUTES}></a>")
_ID: Final = re.compile(r' id="[^"]*"')
_ALT: Final = re.compile(r' alt="([^"]*)"')


def main() -> int:
    """Render standard input; return the exit status."""
    _limit()
    kind = sys.argv[1]
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    html = _render(kind, text)
    if html is None:
        return 1
    sys.stdout.buffer.write(html.encode("utf-8"))
    return 0


def _limit() -> None:
    for what, value in (
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
    ):
        resource.setrlimit(what, (value, value))


def _render(kind: str, text: str) -> str | None:
    html = _renderer(kind)(text)
    if html is None:
        return None
    html = _HEADING.sub(_lower_heading, html)
    html = _INPUT.sub(_box, html)
    html = _IMAGE.sub(_words_of_image, html)
    html = _EMPTY_LINK.sub(_target, html)
    return _sanitised(html)


def _renderer(kind: str) -> Callable[[str], str | None]:
    # Only the one that is needed: docutils takes four times as long to import.
    if kind == "rst":
        rst: Callable[[str], str | None]
        rst = import_module("readme_renderer.rst").render
        return rst
    return partial(import_module("readme_renderer.markdown").render, variant=kind)


def _lower_heading(match: re.Match[str]) -> str:
    level = min(int(match[2]) + _HEADINGS_BELOW, 6)
    return f"<{match[1]}h{level}"


def _box(match: re.Match[str]) -> str:
    """Write a box of a task list as a character: there are no forms in a text."""
    return "\N{BALLOT BOX WITH CHECK}" if " checked=" in match[1] else "\N{BALLOT BOX}"


def _words_of_image(match: re.Match[str]) -> str:
    """Put an image's words in its place.

    Nothing is fetched from elsewhere for a reader of this site, so that nobody
    learns from a badge who reads which project.
    """
    alt = _ALT.search(match[1])
    words = escape(unescape(alt[1])).strip() if alt else ""
    return f'<span class="image">{words}</span>' if words else ""


def _target(match: re.Match[str]) -> str:
    """Keep of a link without words only what others link to."""
    identity = _ID.search(match[1])
    return f"<span{identity[0]}></span>" if identity else ""


def _sanitised(html: str) -> str:
    classes = _CLASSES | set(STANDARD_TYPES.values())

    def rewritten(tag: str, name: str, value: str) -> str | None:
        if name == "class":
            kept = [word for word in value.split() if word in classes]
            return " ".join(kept) or None
        if name == "href" and value.startswith("#"):
            return f"#{_ID_PREFIX}{value[1:].removeprefix(_ID_PREFIX)}"
        return value

    return nh3.clean(
        html,
        tags=ALLOWED_TAGS - {"img", "input", "picture"},
        # ``lang`` of code names no language that people speak.
        attributes=ALLOWED_ATTRIBUTES | {"pre": {"class", "tabindex"}},
        attribute_filter=rewritten,
        id_prefix=_ID_PREFIX,
        link_rel="nofollow noopener",
        url_schemes={"http", "https", "mailto"},
        # Wide code scrolls, so the keyboard must be able to reach it.
        set_tag_attribute_values={"pre": {"tabindex": "0"}},
    )


if __name__ == "__main__":
    sys.exit(main())
