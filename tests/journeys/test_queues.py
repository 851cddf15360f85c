"""A queue worked in a real browser with the keyboard alone, from the list to the next item and back."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from portal.models.queues import QueueItemRow
from tests.journeys.keyboard import reach, sound
from tests.journeys.town import Town
from tests.make import queues as make
from tests.services.contacts import desk as contacts

QUEUE = "rejected-claims"


def rows(town: Town) -> list[Any]:
    return sorted(town.rows(QueueItemRow), key=lambda row: (row.due_on, row.id))


def call(town: Town, page: Page) -> None:
    claim_id = contacts.claim(town.world, last="Birch").id
    page.goto(town.url + town.place("staff.claims.show", claim_id=claim_id))
    reach(page, "Note a contact")
    page.keyboard.press("Enter")
    page.wait_for_url("**/office/contacts/new/**")
    sound(page)
    for words, typed in (("Spoken with", "Dana"), ("What was said", "In review."), ("On which day", "08172026")):
        reach(page, words)
        page.keyboard.type(typed)
    reach(page, "Keep it")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=It comes up again on August 17, 2026.")
    reach(page, "Call to the payer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/office/contacts/*")
    reach(page, "Write a letter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/office/letters/**")
    reach(page, "To")
    page.keyboard.press("End")
    page.keyboard.type("\nPO Box 1")
    reach(page, "Look at it first")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=As it will be")
    sound(page)
    reach(page, "Make the letter")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The letter is made and noted.")
    town.worker.drain()
    page.reload()
    assert page.locator("text=Letter: Ask where it stands").count() == 1


def test_a_queue_is_worked_with_the_keyboard_alone(town: Town, page: Page):
    make.fill(town.world, 6)
    first, second, third = (row.id for row in rows(town)[:3])
    town.enter(page, "biller")
    me = town.users["biller"]
    path = town.url + town.place("staff.queues.show", queue=QUEUE)
    page.goto(path)
    sound(page)

    # a: the one that has the focus is taken
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector("text=1 item is with you now.")
    assert [row.id for row in town.rows(QueueItemRow, QueueItemRow.holder_id == me)] == [first]

    # n: the next that is with nobody, opened; what it is about is one Tab and Enter away
    page.keyboard.press("n")
    page.wait_for_url(f"**/{second.hex()}")
    sound(page)
    reach(page, "Patient account")
    page.keyboard.press("Enter")
    page.wait_for_url("**/office/patients/*")
    page.go_back()

    # a note, and off until tomorrow
    reach(page, "For whoever works it next")
    page.keyboard.type("They look again by Friday.")
    reach(page, "Keep the note")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Your note is kept.")
    reach(page, "Put it off")
    page.keyboard.press("Enter")
    reach(page, "Comes back on")
    page.keyboard.type("08052026")
    reach(page, "Put it off")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=1 item is put off.")
    assert "They look again by Friday." in page.inner_text("main")

    # x, x and a: two are shown before they are taken
    page.goto(path)
    for key in ("j", "j", "x", "j", "x", "a"):
        page.keyboard.press(key)
    page.wait_for_selector("text=Nothing is done yet.")
    sound(page)
    reach(page, "Do it with 2 items")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=2 items are with you now.")
    assert len(town.rows(QueueItemRow, QueueItemRow.holder_id == me)) == 4
    assert third in {row.id for row in town.rows(QueueItemRow, QueueItemRow.holder_id == me)}

    # *, * and a: the page, then everything in the view, which a job works through
    make.fill(town.world, 240, last="Birchall")
    page.goto(path)
    page.keyboard.press("*")
    page.wait_for_selector("text=50 selected")
    page.keyboard.press("*")
    page.wait_for_selector("text=Everything in this view is selected")
    sound(page)
    page.keyboard.press("a")
    page.wait_for_selector("text=Nothing is done yet.")
    sound(page)
    reach(page, "Do it with 242 items")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=On its way: 0 of 242 so far.")
    sound(page)
    town.worker.drain()
    page.wait_for_selector("text=Done: 242 items were changed.")
    sound(page)
    assert len(town.rows(QueueItemRow, QueueItemRow.holder_id == me)) == 246
    reach(page, "Back to the queue")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Take them, 242 items:")

    # narrowed, ordered and kept
    reach(page, "Narrow, order, keep, export")
    page.keyboard.press("Enter")
    reach(page, "Order")
    page.keyboard.type("Amount")
    reach(page, "Show")
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=amount**")
    reach(page, "Keep this view as")
    page.keyboard.type("Largest first")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The filter is kept.")
    assert page.locator("text=Largest first (246)").count() == 1

    # found by the beginning of a name, which stands in no address
    reach(page, "Find an item")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queues/find")
    reach(page, "MRN, account")
    page.keyboard.type("ashg")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Mina Ashgrove")
    sound(page)
    assert "ashg" not in page.url

    # a call to the payer is noted with its next day, and a letter written
    call(town, page)

    # single keys switched off do nothing
    page.goto(path)
    page.keyboard.press("?")
    reach(page, "Single keys are on")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("tbody input:checked").count() == 0
    assert page.url == path
