"""Debian's Chromium, driven by playwright: it may talk to this machine alone."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

EXECUTABLE = Path("/usr/bin/chromium")
_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def installed() -> str:
    """Answer where Chromium is; a machine without it skips, and CI fails."""
    if not EXECUTABLE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed, and CI must look at the page")
        pytest.skip("CHROMIUM IS NOT INSTALLED: the page was not looked at")
    return str(EXECUTABLE)


@contextmanager
def chromium(home: Path) -> Iterator[Browser]:
    """Start a browser that keeps what it keeps below `home`, a folder of its own."""
    home.mkdir(exist_ok=True)
    env = {**os.environ, "HOME": str(home), "TMPDIR": str(home)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed(), args=[*_QUIET], env=env, timeout=60_000
        )
        yield browser
        browser.close()
