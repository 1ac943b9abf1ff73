"""Takes the pictures of the events page in docs/: `python -m tests.serve.pictures [FOLDER]`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import day
from .browser import chromium
from .scene import Scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = Path(__file__).resolve().parents[2] / "docs"
PICTURES = (
    ("events-light.png", "light", 1440, 1400),
    ("events-dark.png", "dark", 1440, 1400),
    ("events-narrow.png", "light", 390, 1300),
)


def take(browser: Browser, url: str, folder: Path) -> None:
    """Take every picture of a page into a folder."""
    for name, scheme, width, height in PICTURES:
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type] - light or dark
            device_scale_factor=1,
            timezone_id="UTC",
        )
        page.goto(url)
        page.locator("#live.on").wait_for()
        page.locator("tr[data-id]").first.wait_for()
        page.screenshot(path=folder / name)
        page.close()


def main(words: list[str]) -> None:
    """Fill a spool with a day, serve it, and look."""
    with tempfile.TemporaryDirectory() as home:
        scene = Scene(Path(home))
        try:
            day.fill(scene.spool, time.time_ns() // 1_000_000)
            with chromium(Path(home) / "browser") as browser:
                take(browser, scene.serve().url, Path(words[0]) if words else DOCS)
        finally:
            scene.close()


if __name__ == "__main__":
    main(sys.argv[1:])
