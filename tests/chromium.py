"""A real Chromium for tests, where one is installed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 600_000  # ms that one condition may take: the machine may be busy with other work


def path_or_skip() -> str:
    """Where the browser is. The test is skipped where there is none, or nothing to drive it."""
    pytest.importorskip("playwright.sync_api", reason='no playwright: pip install "symtut[dev]"')
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(
            "no Chromium: install it (Debian: apt-get install chromium) or set the environment "
            "variable CHROMIUM to the path of a browser of its family"
        )
    return path


@contextmanager
def chromium() -> Iterator:
    """A headless browser, closed at the end; skips as :func:`path_or_skip`."""
    path = path_or_skip()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # No sandbox: it is not allowed in most containers. Only this repository's pages are opened.
        browser = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"],
            timeout=PATIENCE,
        )  # fmt: skip
        try:
            yield browser
        finally:
            browser.close()
