"""A clerk asks a payer about a coverage by keyboard alone; the answer stands on the pages of office and patient."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from portal.access import roles
from portal.sandbox.clearinghouse import Clearinghouse
from portal.services.files import collecting
from tests.browser import axe_findings
from tests.journeys.town import Town
from tests.services.coverage.desk import Desk, folders
from tests.services.coverage.test_receiving import take, told
from tests.services.coverage.test_showing import RICH


def test_a_coverage_is_asked_about_and_read(town: Town, page: Page):
    folder = folders(town.world)
    desk = Desk(town.world, folder, Clearinghouse(folder / "out", folder / "in", clock=town.world.clock))
    visit = desk.visit()
    town.enter(page, roles.BILLER)
    page.goto(town.url + town.place("staff.accounts.show", patient_id=visit.patient_id))
    expect(page.get_by_text("The payer was not asked yet.")).to_be_visible()
    page.get_by_role("link", name="All that payers say").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ask now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 question is on its way.")).to_be_visible()
    assert axe_findings(page) == []
    take(desk, told(desk, *RICH))
    page.reload()
    expect(page.get_by_text("Copay $25.00")).to_be_visible()
    expect(page.get_by_role("cell", name="$450.00, left")).to_be_visible()
    assert axe_findings(page) == []
    page.goto(town.url + town.place("staff.accounts.show", patient_id=visit.patient_id))
    expect(page.get_by_text("Deductible: $450.00 left of $1,500.00")).to_be_visible()
    assert axe_findings(page) == []
    page.goto(town.url + town.place("staff.queues.show", queue="coverage"))
    expect(page.get_by_text("The payer knows of another payer: Lakeshore Mutual.", exact=True).last).to_be_visible()
    assert collecting.collect(town.world.units, town.parts, desk.clerk) == []
    town.as_(roles.PATIENT, patient_id=visit.patient_id)
    town.enter(page, roles.PATIENT)
    page.goto(town.url + town.place("patient.home"))
    expect(page.get_by_text("You pay $25.00 for an office visit.")).to_be_visible()
    assert axe_findings(page) == []


def test_a_manager_says_how_often_is_asked(town: Town, page: Page):
    folders(town.world)
    Desk(town.world, town.world.runtime.settings.edi / "clearing").visit()
    town.enter(page, roles.BILLING_MANAGER)
    page.goto(town.url + town.place("staff.coverage.rules"))
    page.get_by_label("Days, for all payers").fill("20")
    page.get_by_label("Plan CBH03").fill("7")
    assert axe_findings(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rules are kept.")).to_be_visible()
    expect(page.get_by_label("Plan CBH03")).to_have_value("7")
