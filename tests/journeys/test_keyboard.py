"""A bill verified, its visit coded, a payer asked in advance: in a real browser with the keyboard alone."""

from __future__ import annotations

from datetime import date

from playwright.sync_api import Page

from portal.models.authorizations import AuthorizationRow
from portal.models.encounters import EncounterRow
from portal.sandbox.codes import icd10cm_file
from portal.services import codes
from tests.journeys.keyboard import press, reach, said, sound
from tests.journeys.town import Town
from tests.make import bills
from tests.make import visits as make
from tests.services.authorizations.desk import NEEDS, opened


def open_first(town: Town, page: Page, queue: str, role: str) -> None:
    town.enter(page, role)
    page.goto(town.url + town.place("staff.queues.show", queue=queue))
    page.keyboard.press("j")
    page.keyboard.press("Enter")


def test_a_bill_is_verified_with_the_keyboard_alone(town: Town, page: Page):
    id_ = bills.registered(town.world)
    open_first(town, page, "bills", "charge-clerk")
    page.wait_for_selector("text=The bill, point by point")
    sound(page)
    for _ in bills.IN_ORDER:
        reach(page, "Yes")
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing is decided yet")
    assert [row.state for row in town.rows(EncounterRow, EncounterRow.id == id_)] == ["RECEIVED"], "Enter in a field"
    assert page.locator("input[type=radio]:checked").count() == len(bills.IN_ORDER)
    assert said(page) == "The bill is in order"
    sound(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queues/bills")
    (row,) = town.rows(EncounterRow, EncounterRow.id == id_)
    assert row.state == "PROPOSED"


def test_a_visit_is_coded_with_the_keyboard_alone(town: Town, page: Page):
    (id_,) = make.bring(town.world)
    with town.world.write("code:load") as uow:
        codes.load(uow, "icd10cm", "order", icd10cm_file(), date(2025, 10, 1))
    open_first(town, page, "coding", "coder")
    page.wait_for_selector("text=Find a code")
    reach(page, "Code or words")
    page.keyboard.type("sore throat")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=found for “sore throat”")
    (row,) = town.rows(EncounterRow, EncounterRow.id == id_)
    assert row.state == "PROPOSED", "Enter in a field searches, and finishes nothing"
    assert said(page).startswith("Use"), "what was found has the focus"
    sound(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Kept.")
    assert said(page).startswith("Code or words"), "the search goes on"
    press(page, "Facility, hospital days")
    page.wait_for_selector("text=Where it was")
    sound(page)
    reach(page, "Illness began on")
    page.keyboard.type("07102026")
    reach(page, "Keep it")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Kept. The claim edits find nothing")
    press(page, "The visit")
    page.wait_for_selector("text=Illness began")
    reach(page, "Diagnosis 1")
    assert page.locator("input[name=diagnosis][value='J02.9']").count() == 1
    reach(page, "Mark as coded")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queues/coding")
    (row,) = town.rows(EncounterRow, EncounterRow.id == id_)
    assert row.state == "CODE_REVIEW"


def test_a_payer_is_asked_in_advance_with_the_keyboard_alone(town: Town, page: Page):
    desk = opened(town.world)
    desk.rule()
    visit = desk.visit()
    desk.claim(visit)
    town.enter(page, "biller")
    page.goto(town.url + town.place("staff.accounts.show", patient_id=visit.patient_id))
    press(page, "Ask a payer")
    page.wait_for_url("**/authorizations/new/**")
    sound(page)
    reach(page, "First day")
    page.keyboard.type("08032026")
    reach(page, "Last day")
    page.keyboard.type("12312026")
    reach(page, "Diagnoses")
    page.keyboard.type("I10")
    reach(page, "Service 1")
    page.keyboard.type(NEEDS)
    reach(page, "Units")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing is sent and nothing is kept yet")
    assert town.rows(AuthorizationRow) == [], "Enter in a field"
    assert said(page) == "Send to the payer"
    sound(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The payer is asked.")
    (row,) = town.rows(AuthorizationRow)
    assert row.state == "SUBMITTED"
    assert ("278", 1, 0) in desk.answers(), "what the payer's house got is answered"
