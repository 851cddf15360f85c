"""Queues on the office's pages: previews, the next one, one item, filters, search by post, exports."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.app import create_app
from portal.jobs.handlers import HANDLERS
from portal.services.users import tries
from tests.databases import World
from tests.jobs.engines import Engine
from tests.make import queues as make
from tests.make import users

QUEUE = "rejected-claims"
PATH = f"/office/queues/{QUEUE}"


class Office:
    """A practice with work in a queue, and browsers."""

    def __init__(self, world: World) -> None:
        self.world, self.flask = world, create_app(world.runtime)

    def as_(self, role: str) -> FlaskClient:
        return users.browser(self.flask, self.world, users.user(self.world, role))

    def post(self, client: FlaskClient, path: str, **data: Any) -> Any:
        return client.post(path, data={"csrf_token": users.form_key(self.flask), **data})


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def notice(client: FlaskClient, answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return client.get(answer.location).text


def test_many_are_shown_first_and_done_after(office: Office):
    items = [row.id.hex() for row in make.fill(office.world, 4)]
    biller = office.as_("biller")
    shown = office.post(biller, PATH, do="assign", item=items[:3])
    assert shown.status_code == 200
    assert "Nothing is done yet" in shown.text
    assert "3 items: come to you" in shown.text
    assert "With me (0)" in biller.get(PATH).text
    carried = {"item": re.findall(r'name="item" value="(\w{32})"', shown.text), "do": "assign"}
    assert sorted(carried["item"]) == sorted(items[:3])
    assert "3 items are with you now." in notice(biller, office.post(biller, f"{PATH}/do?view=mine", **carried))
    assert "Nothing changed" in notice(biller, office.post(biller, f"{PATH}/do", **carried))
    assert "Nothing is selected." in notice(biller, office.post(biller, PATH, do="assign"))
    assert office.post(biller, PATH, do="drop", item=items).status_code == 422


def test_everything_in_a_view_is_shown_first_begun_by_a_press_and_done_by_a_job(office: Office):
    make.fill(office.world, 230)
    biller, priya = office.as_("biller"), office.as_("biller")
    assert re.search(r"All\s+230 in this view, not just this page", biller.get(PATH).text)
    shown = office.post(biller, f"{PATH}?view=unassigned", do="skip", all="1", item="x")
    assert "go behind all others until the day you choose" in shown.text
    assert "Do it with 230 items" in shown.text
    assert 'name="item"' not in shown.text
    (place,) = re.findall(rf'action="({PATH}/bulk/\w+)\?view=unassigned"', shown.text)
    wrong = office.post(biller, place, do="skip", reason="payer", day="2026-01-01")
    assert wrong.status_code == 422
    assert "Choose the day on which it comes back" in wrong.text
    assert "Do it with 230 items" in wrong.text
    assert office.post(priya, place, do="skip", reason="payer", day="2026-08-06").status_code == 404
    begun = office.post(biller, place, do="skip", reason="payer", day="2026-08-06")
    assert begun.location == place
    assert "On its way: 0 of 230 so far." in biller.get(place).text
    assert "on its way, see how far" in biller.get(PATH).text
    Engine(office.world).drain(queue_bulk=HANDLERS["queue.bulk"])
    done = biller.get(place).text
    assert "Done: 230 items were changed." in done
    assert "Stop" not in done
    assert "Put off (230)" in biller.get(PATH).text
    # what is one step's worth is done with the press
    few = office.post(biller, f"{PATH}?reason=A7", do="assign", all="1")
    (place,) = re.findall(rf'action="({PATH}/bulk/\w+)\?reason=A7"', few.text)
    assert "77 items are with you now." in notice(biller, office.post(biller, f"{place}?reason=A7", do="assign"))
    assert office.post(biller, f"{place}/stop").status_code == 303


def test_one_is_taken_at_once_and_put_off_with_a_day(office: Office):
    (row,) = make.fill(office.world, 1)
    biller, item = office.as_("biller"), row.id.hex()
    assert "1 item is with you now." in notice(biller, office.post(biller, PATH, do="assign", item=item))
    asked = office.post(biller, PATH, do="skip", item=item)
    assert 'type="date"' in asked.text
    wrong = office.post(biller, f"{PATH}/do", do="skip", item=item, reason="payer", day="2026-01-01")
    assert wrong.status_code == 422
    assert "Choose the day on which it comes back" in wrong.text
    put = office.post(biller, f"{PATH}/do?item={item}", do="skip", item=item, reason="payer", day="2026-08-06")
    assert put.location == f"{PATH}/{item}"
    shown = notice(biller, put)
    assert "1 item is put off." in shown
    assert "Waits for the payer" in shown
    assert "Put off (1)" in biller.get(PATH).text


def test_a_stale_page_takes_nothing_from_a_colleague_unasked(office: Office):
    (row,) = make.fill(office.world, 1)
    priya, noor = office.as_("biller"), office.as_("biller")
    item = row.id.hex()
    assert noor.get(PATH).status_code == 200
    assert "1 item is with you now." in notice(priya, office.post(priya, PATH, do="assign", item=item))
    asked = office.post(noor, PATH, do="assign", item=item)
    assert asked.status_code == 200
    assert "leave a colleague and come to you" in asked.text.replace("1 item: ", "")
    assert "With me (0)" in noor.get(PATH).text
    carried = {name: re.findall(rf'name="{name}" value="(\w{{32}})"', asked.text) for name in ("item", "over")}
    assert carried == {"item": [item], "over": [item]}
    assert "1 item is with you now." in notice(noor, office.post(noor, f"{PATH}/do", do="assign", **carried))


def test_next_opens_the_item_that_is_taken(office: Office):
    rows = make.fill(office.world, 2)
    biller = office.as_("biller")
    first = min(rows, key=lambda row: (row.due_on, row.id))
    taken = office.post(biller, f"{PATH}/next")
    assert taken.location == f"{PATH}/{first.id.hex()}"
    assert "This is with you now." in biller.get(taken.location).text
    assert office.post(biller, f"{PATH}/next?sort=amount").status_code == 303
    assert "Nothing here is with nobody" in notice(biller, office.post(biller, f"{PATH}/next"))


def test_an_item_leads_to_the_account_and_takes_notes(office: Office):
    (row,) = make.fill(office.world, 1)
    biller, path = office.as_("biller"), f"{PATH}/{row.id.hex()}"
    page = biller.get(path).text
    assert f"/office/patients/{row.patient_id.hex()}#docs" in page
    assert biller.get(f"/office/patients/{row.patient_id.hex()}").status_code == 200
    shown = notice(biller, office.post(biller, path, words="They look <again> by Friday."))
    assert "They look &lt;again&gt; by Friday." in shown
    assert office.post(biller, path, words=" ").status_code == 422


def test_a_view_is_kept_under_a_name_that_stands_in_no_address(office: Office):
    make.fill(office.world, 9)
    biller = office.as_("biller")
    kept = office.post(biller, f"{PATH}/filters?reason=A7&sort=amount", name="Quackenbush first")
    assert kept.location == f"{PATH}?reason=A7&sort=amount"
    shown = notice(biller, kept)
    assert "Quackenbush first (3)" in shown
    drop = re.search(rf"{PATH}/filters/\w{{32}}", shown)
    assert drop is not None
    assert "Quackenbush" not in notice(biller, office.post(biller, drop[0]))


def test_narrowing_stands_in_the_address_and_nonsense_in_it_does_no_harm(office: Office):
    make.fill(office.world, 9)
    biller = office.as_("biller")
    page = biller.get(f"{PATH}?reason=A7&due=30&sort=payer").text
    assert page.count('name="item"') == 3
    for query in (
        "sort=name_sealed",
        "due=9'--",
        "over=-1",
        "payer=zz",
        "after=1",
        "view=x",
        "reason=%27",
    ):
        assert biller.get(f"{PATH}?{query}").status_code == 200, query


def test_searching_is_posted_narrowed_to_what_waits_and_not_too_often(office: Office, monkeypatch: pytest.MonkeyPatch):
    make.fill(office.world, 2, last="Quackenbush")
    coder, biller = office.as_("coder"), office.as_("biller")
    assert biller.get("/office/queues/find").status_code == 200
    found = office.post(biller, "/office/queues/find", q="quack")
    assert found.text.count("Quackenbush, Mina") + found.text.count("Mina Quackenbush") >= 2
    assert "Nothing that fits waits in your queues." in office.post(coder, "/office/queues/find", q="quack").text
    assert office.post(biller, "/office/queues/find", q="qu").status_code == 422
    monkeypatch.setattr(tries, "MOST_SEARCHES", 2)
    assert office.post(biller, "/office/queues/find", q="quack").status_code == 429


def test_an_export_is_for_some_and_asks_for_a_fresh_proof(office: Office):
    make.fill(office.world, 3)
    biller, manager = office.as_("biller"), office.as_("billing-manager")
    assert "Export as CSV" not in biller.get(PATH).text
    assert office.post(biller, f"{PATH}/export").status_code == 403
    assert "Export as CSV" in manager.get(PATH).text
    file = office.post(manager, f"{PATH}/export?reason=A7")
    assert (file.status_code, file.mimetype) == (200, "text/csv")
    assert "rejected-claims-2026-08-03.csv" in file.headers["Content-Disposition"]
    assert file.text.count("\r\n") == 2
    office.world.clock.forward(minutes=6)
    assert office.post(manager, f"{PATH}/export").location.startswith("/step-up")
