"""A queue with its counts, filters that people keep, search through the indexes, exports, and one item's page."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audit.table import audit_event
from portal.domain.errors import NotFound, Refused
from portal.domain.work import Narrowing
from portal.models.claims import ClaimRow
from portal.models.patients import PatientRow
from portal.models.queues import QueueFilterRow, QueueItemRow
from portal.services import queues
from portal.services.patients import searching
from portal.services.work import counts, filters, items, showing, taking
from portal.services.work.taking import Do, Order
from tests.databases import World
from tests.make import claims
from tests.make import queues as make

QUEUE = "rejected-claims"


@pytest.fixture
def office(world: World) -> World:
    for name in ("Noor", "Priya"):
        make.worker(world, name)
    return world


def shown(world: World, narrowed: Narrowing | None = None, name: str = "Noor") -> showing.QueuePage:
    with world.read("queue:view", world.actor("biller", name)) as uow:
        return showing.show(uow, QUEUE, narrowed)


def keep(world: World, narrowed: Narrowing, words: str, name: str = "Noor") -> None:
    with world.write("queue:assign", world.actor("biller", name)) as uow:
        filters.keep(uow, QUEUE, narrowed, words)


def told(world: World) -> dict[str, Any]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        bodies = select(audit_event.c.body).order_by(audit_event.c.seq.desc()).limit(1)
        return json.loads(connection.execute(bodies).scalar_one())


def test_what_a_queue_can_be_narrowed_by_is_what_lies_in_it(office: World):
    make.worker(office, "Cody", "coder")
    rows = make.fill(office, 8)
    options = shown(office).options
    assert [option.value for option in options.reasons] == ["A3", "A7", "units"]
    assert str(options.reasons[0].label) == "Rejected. (A3)"
    assert [str(option.label) for option in options.payers] == ["Payer Y", "Payer Z"]
    assert options.payers[1].value == rows[0].payer_id.hex()
    assert [each.name for each in options.colleagues] == ["Noor", "Priya"]


def test_a_filter_is_kept_counted_found_again_and_dropped(office: World):
    rows = make.fill(office, 20)
    wanted = Narrowing("unassigned", reason="A7", over_cents=50_000, sort="amount")
    keep(office, wanted, "  High  and rejected ")
    (kept,) = shown(office).kept
    assert (kept.name, kept.address, kept.current) == ("High and rejected", wanted.pairs(), False)
    assert kept.count == sum(row.reason == "A7" and row.at_risk_cents > 50_000 for row in rows)
    assert shown(office, wanted).kept[0].current
    assert shown(office, name="Priya").kept == ()
    keep(office, replace(wanted, sort="due"), "high and REJECTED")
    (kept,) = shown(office).kept
    assert kept.address["view"] == "unassigned"
    assert "sort" not in kept.address
    filter_id = bytes.fromhex(kept.filter_id)
    with pytest.raises(NotFound), office.write("queue:assign", office.actor("biller", "Priya")) as uow:
        filters.drop(uow, QUEUE, filter_id)
    with office.write("queue:assign", office.actor("biller", "Noor")) as uow:
        filters.drop(uow, QUEUE, filter_id)
    assert shown(office).kept == ()


def test_the_name_of_a_filter_is_sealed_and_its_values_are_open_columns_only(office: World):
    keep(office, Narrowing(reason="A7"), "Quackenbush")
    with office.read("queue:view") as uow:
        (row,) = uow.entities(uow.select(QueueFilterRow))
    assert row.narrowing == {"reason": "A7"}
    assert b"Quackenbush" not in row.name_sealed.blob


def test_filters_need_a_name_and_have_an_end(office: World):
    with pytest.raises(Refused, match="name-missing"):
        keep(office, Narrowing(), "  ")
    for n in range(filters.MOST_KEPT):
        keep(office, Narrowing(over_cents=n), f"Filter {n}")
    with pytest.raises(Refused, match="too-many"):
        keep(office, Narrowing(), "One more")


def test_counts_end_at_a_limit(office: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counts, "MOST", 5)
    monkeypatch.setattr(counts, "MOST_OF_ONE", 5)
    make.fill(office, 9)
    make.fill(office, 5, queue="claims")
    views = {view.name: view for view in shown(office).views}
    assert (views["all"].count, views["all"].more, views["mine"].count, views["mine"].more) == (5, True, 0, False)
    with office.read("queue:view", office.actor("biller", "Noor")) as uow:
        found = {each.queue: each for each in counts.work(uow).queues}
    assert (found[QUEUE].open, found[QUEUE].more) == (5, True)
    assert (found["claims"].open, found["claims"].more, found["claims"].more_due) == (5, False, False)
    assert found["held-claims"].open == 0


def test_the_work_page_counts_what_lies_where(office: World):
    rows = make.fill(office, 9)
    with office.write("queue:assign", office.actor("biller", "Noor")) as uow:
        taking.carry_out(uow, QUEUE, [rows[0].id, rows[1].id], Order(Do.TAKE))
    with office.read("queue:view", office.actor("biller", "Noor")) as uow:
        page = counts.work(uow)
    found = {each.queue: each for each in page.queues}
    assert (found[QUEUE].open, found[QUEUE].mine, found[QUEUE].due_soon) == (9, 2, 9)
    assert found[QUEUE].amount is not None
    assert found[QUEUE].amount.cents == sum(row.at_risk_cents for row in rows)
    assert "denials" not in found


# Search


@pytest.mark.parametrize("by", ["mrn", "account", "claim", "born", "beginning"])
def test_items_are_found_by_number_birth_date_and_beginning_of_a_name(office: World, by: str):
    with office.write("patient:change") as uow:
        row = claims.claim(uow, last="Quackenbush")
        queues.put(uow, QUEUE, row, reason="A7", detail={"number": row.control})
        patient = uow.get(PatientRow, row.patient_id)
        q = {
            "mrn": uow.read(patient, PatientRow.mrn_sealed),
            "account": uow.read(patient, PatientRow.account_number_sealed),
            "claim": row.control, "born": "Quackenbush 03/04/1980", "beginning": "quack",
        }[by]  # fmt: skip
    make.fill(office, 3)
    with office.read("queue:view", office.actor("biller", "Noor")) as uow:
        patients, scanned = searching.found(uow, q)
        page = showing.find(uow, q, patients, scanned)
    assert page.rows is not None
    assert [(str(title), found.target_id) for title, found in page.rows] == [("Rejected claims", row.id.hex())]
    said = told(office)
    assert said["query"]["shown"] == 1
    assert q not in json.dumps(said)


def test_items_in_queues_of_other_roles_are_not_found(office: World):
    rows = make.fill(office, 2, queue="denials", last="Quackenbush")
    make.fill(office, 1, last="Quackenbush")
    with office.read("queue:view", office.actor("biller", "Noor")) as uow:
        page = showing.find(uow, "quack", [rows[0].patient_id], 1)
    assert page.rows == ()


# Export


def test_an_export_holds_the_view_as_text_that_no_spreadsheet_computes(office: World):
    rows = make.fill(office, 12, last="=Quack")
    manager = office.actor("billing-manager")
    with office.units.read(manager, "queue:export", kind="export") as uow:
        made = showing.export(uow, QUEUE, Narrowing(reason="A7", sort="amount"), str)
    header, *lines = list(csv.reader(io.StringIO(made.body.decode())))
    assert header == [str(each) for each in showing.HEADER]
    assert not {"birth", "diagnos"} & {word for cell in header for word in cell.lower().split()}
    wanted = sorted((row for row in rows if row.reason == "A7"), key=lambda row: row.at_risk_cents, reverse=True)
    assert [line[1] for line in lines] == [row.detail["number"] for row in wanted]
    assert lines[0][2].startswith("'=Quack") or lines[0][2].startswith("Mina")
    assert not any(cell.startswith("=") for line in lines for cell in line)
    said = told(office)
    assert (said["type"], said["subtype"], said["actor"]) == ("export", "queue:export", manager.identity)
    assert said["count"] == len(lines) == made.count
    assert said["subjects"] == [rows[0].patient_id.hex()]


def test_an_export_of_too_much_or_nothing_is_refused(office: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(showing, "MOST_EXPORTED", 3)
    manager = office.actor("billing-manager")
    with pytest.raises(Refused, match="nothing"), office.read("queue:export", manager) as uow:
        showing.export(uow, QUEUE, Narrowing(), str)
    make.fill(office, 4)
    with pytest.raises(Refused, match="too-many"), office.read("queue:export", manager) as uow:
        showing.export(uow, QUEUE, Narrowing(), str)


def test_only_those_whose_part_it_is_export(office: World):
    make.fill(office, 1)
    assert not shown(office).may_export
    with pytest.raises(Refused), office.read("queue:export", office.actor("biller", "Noor")) as uow:
        showing.export(uow, QUEUE, Narrowing(), str)
    with pytest.raises(NotFound), office.read("queue:export", office.actor("coding-manager")) as uow:
        showing.export(uow, QUEUE, Narrowing(), str)


# One item


def test_an_item_leads_to_its_claim_and_account_and_tells_its_history(office: World):
    with office.write("patient:change") as uow:
        claim = claims.claim(uow)
        item = queues.put(uow, QUEUE, claim, reason="A7", detail={"number": claim.control})
    office.clock.forward(hours=1)
    with office.write("queue:assign", office.actor("biller", "Noor")) as uow:
        taking.carry_out(uow, QUEUE, [item.id], Order(Do.TAKE))
    office.clock.forward(hours=1)
    with office.write("queue:assign", office.actor("biller", "Noor")) as uow:
        taking.note(uow, QUEUE, item.id, "They look again by Friday.")
    office.clock.forward(hours=1)
    day = (office.clock.now() + timedelta(days=4)).date()
    with office.write("queue:assign", office.actor("biller", "Priya")) as uow:
        taking.carry_out(uow, QUEUE, [item.id], Order(Do.SKIP, reason="payer", day=day.isoformat(), words="Called."))
    with office.read("queue:view", office.actor("biller", "Priya")) as uow:
        page = items.show(uow, QUEUE, item.id)
    assert (page.leads.claim_id, page.leads.patient_id) == (claim.id.hex(), claim.patient_id.hex())
    assert (page.row.holder, page.mine, page.waits, page.row.back_on) == ("Noor", False, True, day)
    assert [(str(step.text), step.words) for step in page.steps[:3]] == [
        (f"Priya put it off until {day}: Waits for the payer.", "Called."),
        ("Noor noted:", "They look again by Friday."),
        ("Noor took it.", None),
    ]
    assert [str(step.text) for step in page.steps[3:]] == [  # of one instant, the newest first
        "It came to “Rejected claims”.", "It left “Claims to send”.", "It came to “Claims to send”.",
    ]  # fmt: skip
    office.clock.forward(hours=1)
    with office.write("queue:assign") as uow:
        queues.put(uow, "claims", uow.get(ClaimRow, claim.id), reason="corrected")
    with office.read("queue:view", office.actor("biller", "Priya")) as uow:
        done = items.show(uow, QUEUE, item.id)
        where = (QueueItemRow.queue == "claims", QueueItemRow.state == queues.OPEN)
        (now,) = uow.entities(uow.select(QueueItemRow).where(*where))
        again = items.show(uow, "claims", now.id)
    assert not done.waits
    assert "They look again by Friday." in {step.words for step in again.steps}, "notes follow into the next queue"


def test_an_item_is_shown_in_its_queue_to_those_who_work_it(office: World):
    (item,) = make.fill(office, 1)
    with pytest.raises(NotFound), office.read("queue:view", office.actor("biller", "Noor")) as uow:
        items.show(uow, "claims", item.id)
    with pytest.raises(NotFound), office.read("queue:view", office.actor("coder")) as uow:
        items.show(uow, QUEUE, item.id)


def test_a_coder_is_led_to_no_account(office: World):
    make.worker(office, "Cody", "coder")
    (item,) = make.fill(office, 1, queue="coding")
    with office.read("queue:view", office.actor("coder", "Cody")) as uow:
        page = items.show(uow, "coding", item.id)
    assert page.leads == items.Leads(None, None)
