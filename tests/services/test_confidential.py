"""What a proxy and a guarantor see of a patient: nothing that stays with the patient, in no list and in no sum."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from audit.table import audit_event
from portal.access import roles
from portal.access.actors import Actor
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.posting.payments import card_payment_entry
from portal.domain.statements.content import dump
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.payments import PaymentRow
from portal.models.statements import StatementRow
from portal.services import confidential, documents, ledger
from portal.services.payments import owing, receipts
from portal.services.payments import showing as payments
from portal.services.statements import guaranteed, home, showing, visits
from tests.databases import World
from tests.make import statements as make
from tests.make import users
from tests.make.accounts import MAY, patient, visit

OPEN_DAY, HIDDEN_DAY = MAY, date(2026, 6, 9)
CENTS = {"open": 4_000, "hidden": 7_777}


def someone(**more) -> Actor:
    user = os.urandom(16)
    return Actor(user.hex(), user, assurance="aal2", authenticated_seconds_ago=5, session="00" * 8, **more)


def family(world: World) -> dict[str, bytes]:
    """A child with two visits of which one is kept, a bill that names both, and payments for each and for both."""
    with world.write("visit:import") as uow:
        child = patient(uow, first_name_sealed="Wren", birth_date_sealed=date(2010, 5, 5))
        rows = {name: visit(uow, child, day, {"G0438" if name == "open" else "J1885": CENTS[name]})[0]
                for name, day in (("open", OPEN_DAY), ("hidden", HIDDEN_DAY))}  # fmt: skip
        ids = {"child": child.id, **{name: row.encounter_id for name, row in rows.items()}}
        for what, cents in (("open", 500), ("hidden", 7_000)):
            paid = uow.new(
                PaymentRow, practice_id=world.practice_id, patient_id=child.id, user_id=None, state="SUCCEEDED",
                amount_cents=cents, form_key=os.urandom(16).hex(), created_at=uow.now, expires_at=uow.now,
                settled_at=uow.now, receipt_number=f"R-{what}",
            )  # fmt: skip
            uow.flush()
            owed = [each for each in owing.owed_charges(uow, [child.id]) if each.encounter_id == ids[what]]
            ledger.post(uow, [card_payment_entry(paid.id, child.id, cents, owed, OPEN_DAY)])
            ids[f"paid-{what}"] = paid.id
    return ids


@pytest.fixture
def ids(world: World) -> dict[str, bytes]:
    return world.scene(family, world)


def keep(world: World, ids: dict[str, bytes]) -> None:
    with world.write("people:change", world.actor("biller")) as uow:
        row = uow.get(EncounterRow, ids["hidden"])
        confidential.mark(uow, ids["hidden"], "minor-consented", version=row.version)


def test_what_is_kept_is_in_no_list_and_in_no_sum_of_who_stands_for_the_patient(world: World, ids):
    own, proxy = someone(own_patients=frozenset({ids["child"]})), someone(stands_for=frozenset({ids["child"]}))
    with world.read("home:view", proxy) as uow:
        assert len(visits.visits_page(uow, ids["child"]).visits) == 2, "until it is kept"
    keep(world, ids)
    with world.read("home:view", own) as uow:
        assert {each.encounter_id for each in visits.visits_page(uow, ids["child"]).visits} == {
            ids["open"].hex(), ids["hidden"].hex(),
        }  # fmt: skip
        assert len(payments.payments_page(uow, ids["child"]).payments) == 2
        whole = ledger.owed_by_patient(uow, ids["child"])
    with world.read("home:view", proxy) as uow:
        seen = visits.visits_page(uow, ids["child"]).visits
        assert [each.encounter_id for each in seen] == [ids["open"].hex()]
        page = home.home_page(uow, ids["child"])
        assert page.owed.cents == sum(each.you_owe.cents for each in seen if each.you_owe) < whole
        paid = payments.payments_page(uow, ids["child"]).payments
        assert [each.payment_id for each in paid] == [ids["paid-open"].hex()], "what went to it is not told"
        with pytest.raises(NotFound):
            receipts.receipt_page(uow, ids["paid-hidden"])
        with pytest.raises(NotFound):
            uow.get(EncounterRow, ids["hidden"])
        assert uow.rows(uow.select(ChargeRow.id).where(ChargeRow.encounter_id == ids["hidden"])) == []
        booked = {line.encounter_id for line in ledger.lines_of(uow) if line.account == "receivable:patient"}
        assert booked == {ids["open"]}
    both = replace(proxy, own_patients=proxy.stands_for)
    with world.read("home:view", both) as uow:
        assert len(visits.visits_page(uow, ids["child"]).visits) == 2, "oneself is oneself"


def test_who_only_pays_sees_days_and_sums_that_add_up_and_reaches_nothing_else(world: World, ids):
    keep(world, ids)
    payer = someone(pays_for=frozenset({ids["child"]}))
    with world.read("guaranteed-bill:view", payer) as uow:
        page = guaranteed.bills_of(uow, ids["child"])
        assert [each.day for each in page.services] == [OPEN_DAY]
        assert page.owed.cents == sum(each.owed.cents for each in page.services) + page.other.cents
        assert [each.payment_id for each in page.payments] == [ids["paid-open"].hex()]
        assert uow.rows(uow.select(ChargeRow.id)) == []
        visit_row = uow.get(EncounterRow, ids["open"])
        with pytest.raises(Refused):
            uow.read(visit_row, EncounterRow.diagnoses_sealed)
    with pytest.raises(Refused), world.read("home:view", payer) as uow:
        home.home_page(uow, ids["child"])
    with pytest.raises(NotFound), world.read("guaranteed-bill:view", someone(pays_for=frozenset({b"\0" * 16}))) as uow:
        guaranteed.bills_of(uow, ids["child"])


def test_a_bill_that_names_it_and_its_paper_are_shown_to_nobody_else(world: World, ids):
    with world.write("statement:run") as uow:
        papers = {}
        for name in ("open", "hidden"):
            paper = documents.store(
                uow, patient_id=ids["child"], kind="statement", name=f"{name}.pdf", media_type="application/pdf",
                body=b"%PDF",
            )  # fmt: skip
            uow.flush()
            bill = uow.new(
                StatementRow, patient_id=ids["child"], number=name, run_key=name, state="STATEMENT_1", opening_cents=0,
                closing_cents=8_640, made_on=HIDDEN_DAY, due_on=HIDDEN_DAY, created_at=uow.now, document_id=paper.id,
                content_sealed=dump(make.content(lines=(make.line(encounter_id=ids[name].hex()), *make.LINES))),
            )  # fmt: skip
            papers[name] = (bill.id, paper.id)
        receipt = documents.store(
            uow, patient_id=ids["child"], kind="receipt", name="r", media_type="application/pdf", body=b"%PDF"
        ).id
    keep(world, ids)
    proxy, own = someone(stands_for=frozenset({ids["child"]})), someone(own_patients=frozenset({ids["child"]}))
    for actor, seen in ((proxy, {"open"}), (own, {"open", "hidden"})):
        with world.read("own-document:view", actor) as uow:
            page = showing.documents_page(uow, ids["child"])
            assert {bill.number for bill in page.statements} == seen
            assert bool(page.documents) == (actor is own), "what a paper names cannot be asked: it is not shown"
            assert documents.fetch(uow, papers["open"][1]).body == b"%PDF"
        for id_ in (papers["hidden"][1], receipt):
            with world.read("own-document:view", own) as uow:
                documents.fetch(uow, id_)
            with pytest.raises(NotFound), world.read("own-document:view", proxy) as uow:
                documents.fetch(uow, id_)
    with pytest.raises(NotFound), world.read("own-statement:view", proxy) as uow:
        showing.statement_page(uow, papers["hidden"][0])
    with world.read("guaranteed-bill:view", someone(pays_for=frozenset({ids["child"]}))) as uow:
        assert [bill.number for bill in guaranteed.bills_of(uow, ids["child"]).bills] == ["open"]


def test_it_takes_a_reason_and_the_row_as_it_stands_and_can_be_taken_back(world: World, ids):
    biller = world.actor("biller")
    with pytest.raises(Refused), world.write("people:change", biller) as uow:
        confidential.mark(uow, ids["hidden"], "because", version=1)
    with pytest.raises(Conflict), world.write("people:change", biller) as uow:
        confidential.mark(uow, ids["hidden"], "asked", version=99)
    keep(world, ids)
    with world.read("account:view", biller) as uow:
        assert confidential.hidden_encounters(uow, ids["child"]) == {ids["hidden"]}
        assert confidential.owed_apart_cents(uow, ids["child"]) > 0
        version = uow.get(EncounterRow, ids["hidden"]).version
    with world.write("people:change", biller) as uow:
        confidential.open_again(uow, ids["hidden"], version=version)
    with world.read("home:view", someone(stands_for=frozenset({ids["child"]}))) as uow:
        assert len(visits.visits_page(uow, ids["child"]).visits) == 2


def test_a_payment_of_somebody_else_goes_to_no_visit_that_is_kept(world: World, ids):
    keep(world, ids)
    patient_user, other = (
        users.user(world, role, patient_id=ids["child"]) for role in (roles.PATIENT, roles.GUARANTOR)
    )
    with world.write("payment:settle") as uow:
        owed = owing.held_charges(uow, [ids["child"]])
        row = uow.get(PaymentRow, ids["paid-open"])
        for user, seen in ((patient_user, {"open", "hidden"}), (other, {"open"}), (None, {"open"})):
            uow.change(row, user_id=user)
            assert {each.encounter_id for each in owing.payable(uow, row, owed)} == {ids[name] for name in seen}


def test_the_log_says_that_somebody_stood_for_the_patient(world: World, ids):
    told = {}
    for name, actor in (
        ("self", someone(own_patients=frozenset({ids["child"]}))),
        ("proxy", someone(stands_for=frozenset({ids["child"]}))),
    ):
        with world.read("home:view", actor) as uow:
            home.home_page(uow, ids["child"])
        with world.runtime.engine.execution_options(ro=True).connect() as connection:
            newest = select(audit_event.c.body).order_by(audit_event.c.seq.desc()).limit(1)
            told[name] = json.loads(connection.execute(newest).scalar_one()).get("basis")
    assert told == {"self": None, "proxy": {"code": "proxy"}}
