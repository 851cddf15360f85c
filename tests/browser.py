"""A real browser for tests: Debian's Chromium through Playwright, axe-core's findings, and pictures to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

from tests.absence import absent

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""What is looked for, in order: the shell is the same engine without the windows, in some 60 % of the time."""
FLAGS = [
    "--no-sandbox",  # Chromium refuses to start as root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
WIDTHS = (320, 390, 768, 1280)
"""CSS pixels: the narrowest that WCAG 1.4.10 asks for, a phone, a tablet, a desk."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium; skips with a reason where there is none.

    One a module, not one a session: while Playwright runs, its event loop counts as running in this thread, and any
    later test that calls `asyncio.run` would be refused.
    """
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        absent("no Chromium here: on Debian, apt-get install chromium-headless-shell")
    try:
        playwright = sync_playwright().start()
    except Exception as error:  # noqa: BLE001 -- Playwright raises a bare Exception when its own Node does not start
        absent(f"Playwright's driver does not start (on Debian it needs libatomic1): {error}")
    try:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield running
        running.close()
    finally:
        playwright.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page with a cookie jar of its own, at desk width; any error on its console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(15_000)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    # a page that answers 4xx on purpose is told on the console too; scripts and the content policy are what matters
    assert not [said for said in complaints if "Failed to load resource" not in said]


def axe_findings(page: Page, waived: Collection[str] = ()) -> list[str]:
    """What axe-core finds on the page as it stands, one line for each rule and place, `waived` rule ids left out.

    Counts what axe cannot decide ("incomplete") as a finding too: it is looked at and then waived by name, or cured.
    """
    session = page.context.new_cdp_session(page)  # half a megabyte, which `page.evaluate` would parse three times
    session.send("Runtime.evaluate", {"expression": AXE_SCRIPT})
    session.detach()
    options: dict[str, Any] = {"runOnly": list(RULES), "resultTypes": ["violations", "incomplete"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{kind} {rule['id']}: {rule['help']} at {node['target']}"
        for kind in ("violations", "incomplete")
        for rule in result[kind]
        if rule["id"] not in waived
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> list[int]:
    """The widths of `WIDTHS` at which the page scrolls sideways as a whole (WCAG 1.4.10); the width is put back."""
    before = page.viewport_size
    too_wide = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            too_wide.append(width)
    if before:
        page.set_viewport_size(before)
    return too_wide


def picture(page: Page, name: str) -> None:
    """Save the whole page as NAME.png in the folder `CANDOR_PICTURES`, for somebody who wants to look; else nothing."""
    if kept := os.environ.get("CANDOR_PICTURES"):
        folder = Path(kept)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
