"""Working a page with the keyboard alone, as somebody does who uses no mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser import axe_findings, sideways


def said(page: Page) -> str:
    """What the control that has the focus is called, or holds."""
    words: str = page.evaluate(
        "(e => (e.labels?.[0] || e).textContent.trim() || e.getAttribute('aria-label') || e.value || '')"
        "(document.activeElement)"
    )
    return words


def reach(page: Page, words: str) -> None:
    """Press Tab until what has the focus says these words; fails when it comes round."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if said(page).startswith(words):
            return
    pytest.fail(f"the keyboard does not reach “{words}”")


def press(page: Page, words: str) -> None:
    """Reach a button or a link, and press Enter on it."""
    reach(page, words)
    page.keyboard.press("Enter")


def sound(page: Page) -> None:
    assert axe_findings(page) == []
    assert sideways(page) == []
