"""A file given in a real browser: its page answers at once, looks again by itself, and shows what came of it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from portal.access import roles
from tests.browser import axe_findings
from tests.journeys.town import Town
from tests.make import visits as make


def test_the_page_of_a_file_follows_its_reading_without_a_hand(town: Town, page: Page):
    town.enter(page, roles.CHARGE_CLERK)
    page.goto(town.url + town.place("staff.imports.list"))
    page.set_input_files("input[type=file]", {"name": "monday.837", "mimeType": "", "buffer": make.file(make.some(3))})
    page.get_by_role("button", name="Read it in").click()
    expect(page.get_by_text("It is stored and is being read.")).to_be_visible()
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    assert axe_findings(page) == []
    page.evaluate("location.hash = 'main'")  # as the skip link does
    page.get_by_role("link", name="Look again").focus()
    town.worker.drain()
    expect(page.get_by_text("3 of 3 were taken in.").first).to_be_visible()
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
    assert page.evaluate("document.activeElement.dataset.again") == "no", "who was on the link is where it was"
    assert page.locator("p[role=status].sr").inner_text() == "3 of 3 were taken in."
    assert axe_findings(page) == []


def test_without_scripts_the_link_looks_again(town: Town, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    town.enter(page, roles.CHARGE_CLERK)
    page.goto(town.url + town.place("staff.imports.list"))
    page.set_input_files("input[type=file]", {"name": "monday.837", "mimeType": "", "buffer": make.file(make.some(2))})
    page.get_by_role("button", name="Read it in").click()
    town.worker.drain()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("2 of 2 were taken in.")).to_be_visible()
    context.close()
