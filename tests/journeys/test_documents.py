"""Scans added in a real browser: their pages come by themselves, can be read, and need no script, pointer or colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.access import roles
from tests.browser import axe_findings, sideways
from tests.journeys.town import Town
from tests.make import claims as make
from tests.make import papers, scans


@pytest.fixture
def visit(town: Town) -> make.Visit:
    with town.world.write("patient:change") as uow:
        return make.visit(uow, state="PROPOSED")


def add(page: Page, town: Town, name: str, body: bytes, kind: str) -> None:
    page.get_by_text("Add a document").click()
    page.select_option("#document_kind", kind)
    page.set_input_files("#document_file", {"name": name, "mimeType": "application/octet-stream", "buffer": body})
    page.get_by_role("button", name="Add it").click()


def seen(page: Page, alt: str) -> bool:
    """Whether a picture came and was unpacked."""
    picture = page.get_by_alt_text(alt, exact=True)
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    found: bool = picture.evaluate("async (it) => { await it.decode(); return it.naturalWidth > 600; }")
    return found


def test_a_bill_and_a_fax_are_added_and_read(town: Town, page: Page, visit: make.Visit):
    town.enter(page, roles.CODER)
    coding = town.url + town.place("staff.encounters.code", encounter_id=visit.encounter_id)
    page.goto(coding)
    add(page, town, "bill.pdf", scans.pdf(12), "bill")
    expect(page.get_by_text("It is stored. Its pages are being drawn.")).to_be_visible()
    assert axe_findings(page) == []
    town.worker.drain()
    expect(page.get_by_text("Page 1 of 12", exact=True)).to_be_visible()
    assert seen(page, "Page 1 of 12")
    assert seen(page, "Page 10 of 12")
    assert axe_findings(page) == []
    assert sideways(page) == []
    page.get_by_role("link", name="More pages").click()
    assert seen(page, "Page 12 of 12")
    whole = page.context.new_page()  # the browser's own viewer of pictures asks for a style and is refused it
    whole.goto(town.url + str(page.get_by_role("link", name="Full size 12").get_attribute("href")))
    assert whole.evaluate("document.images[0].naturalWidth") == 1275
    page.goto(coding)
    add(page, town, "fax.tif", scans.tiff(2, size=(1728, 1078), dpi=(204, 98)), "referral")
    town.worker.drain()
    expect(page.get_by_text("Page 2 of 2", exact=True)).to_be_visible()
    assert seen(page, "Page 2 of 2")
    assert axe_findings(page) == []
    page.goto(coding)
    expect(page.get_by_role("link", name="fax.tif")).to_be_visible()
    assert axe_findings(page) == []
    assert sideways(page) == []


def test_without_scripts_pages_are_seen_and_taken_off(town: Town, browser, visit: make.Visit):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    town.enter(page, roles.BILLER)
    page.goto(town.url + town.place("staff.accounts.show", patient_id=visit.patient_id))
    add(page, town, "letter.png", scans.png(), "letter")
    town.worker.drain()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_alt_text("Page 1 of 1", exact=True)).to_be_visible()
    page.get_by_text("Take off").click()
    page.select_option("select[name=reason]", "wrong-place")
    page.get_by_role("button", name="Take it off").click()
    expect(page.get_by_text("It is attached to nothing now.")).to_be_visible()
    context.close()


def test_nothing_of_a_document_lies_on_a_disk_in_the_clear(town: Town, visit: make.Visit, tmp_path: Path):
    papers.take(
        town.world, "encounter", visit.encounter_id, body=scans.pdf(words="Canary Amaranth"), name="Amaranth.pdf"
    )
    town.worker.drain()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"Amaranth" not in path.read_bytes(), path
