"""Pictures of every page for people to look at: ``python -m tests.browser.gallery``.

Takes a folder, and perhaps the names of places. Each is drawn at the three widths
of the design, in light and dark.
"""

import os
import sys
from pathlib import Path


def main(folder: Path, names: set[str]) -> None:
    """Draw the named places, or all of them, into ``folder``."""
    import django  # noqa: PLC0415 - set up first, so that the rest can be imported

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    # Playwright keeps an event loop in this thread.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    django.setup()

    from tests.browser.places import PLACES  # noqa: PLC0415
    from tests.browser.town import Town  # noqa: PLC0415
    from tests.harness import browser as browsers  # noqa: PLC0415
    from tests.harness import instance as instances  # noqa: PLC0415

    with (
        browsers.running() as browser,
        instances.running(**instances.ROOMY) as instance,
    ):
        town = Town.settle(browser, instance)
        for place in PLACES:
            if names and place.name not in names:
                continue
            visitor = browsers.Visitor(browser, instance.url, folder)
            page = visitor.open()
            town.enter(page, place)
            for width in browsers.WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    visitor.shot(page, f"{place}-{width}-{scheme}")
            visitor.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), set(sys.argv[2:]))
