"""Documents are seen where they belong, by roles that need them, and each look is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.access import roles
from portal.domain.errors import NotFound
from portal.models.documents import DocumentRow
from portal.services import documents
from portal.services.attachments import showing
from portal.services.auditing import looks
from portal.services.claims import drafting
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import claims as make
from tests.make import papers, scans, users
from tests.services.test_unit_of_work import events

pytestmark = pytest.mark.database


@pytest.fixture
def visit(world: World) -> make.Visit:
    with world.write("patient:change") as uow:
        return make.visit(uow)


def names(world: World, role: str, about: str, about_id: bytes) -> set[str]:
    with world.read("document:view", world.actor(role)) as uow:
        return {item.name for item in showing.listed(uow, about, about_id).items}


def test_a_claim_shows_the_documents_of_its_visit_too(world: World, visit):
    with world.write("claim:edit") as uow:
        claim_id = drafting.draft_for(uow, visit.encounter_id).claim_id
    papers.take(world, "encounter", visit.encounter_id, name="bill.pdf")
    papers.take(world, "claim", claim_id, body=scans.tiff(), name="letter.tif", kind="letter")
    papers.take(world, "patient", visit.patient_id, body=scans.png(), name="form.png", kind="registration-form")
    assert names(world, roles.BILLER, "claim", claim_id) == {"bill.pdf", "letter.tif"}
    assert names(world, roles.BILLER, "encounter", visit.encounter_id) == {"bill.pdf"}
    assert names(world, roles.BILLER, "patient", visit.patient_id) == {"bill.pdf", "letter.tif", "form.png"}
    with world.read("document:view", world.actor(roles.BILLER)) as uow:
        part = showing.listed(uow, "claim", claim_id)
        assert [name for _, name in part.others] == ["form.png"]
        (item,) = [item for item in part.items if item.name == "bill.pdf"]
        assert str(item.where) == "the visit of 2026-07-20"


def test_each_role_meets_its_kinds_alone(world: World, visit):
    kinds = {"bill": scans.pdf(), "medical-record": scans.png(), "registration-form": scans.jpeg()}
    ids = {
        kind: papers.take(world, "encounter", visit.encounter_id, body=body, kind=kind, name=kind)
        for kind, body in kinds.items()
    }
    met = {
        roles.CODER: {"bill", "medical-record"}, roles.CODING_MANAGER: {"bill", "medical-record"},
        roles.CHARGE_CLERK: set(kinds), roles.QA_AUDITOR: set(kinds), roles.PAYMENT_POSTER: {"bill"},
        roles.BILLER: set(kinds), roles.DENIAL_SPECIALIST: set(kinds), roles.BILLING_MANAGER: set(kinds),
    }  # fmt: skip
    for role, wanted in met.items():
        assert names(world, role, "encounter", visit.encounter_id) == wanted, role
        for kind, id_ in ids.items():
            for look in (showing.show, documents.fetch):
                if kind in wanted:
                    with world.read("document:view", world.actor(role)) as uow:
                        look(uow, id_)
                else:
                    with pytest.raises(NotFound), world.read("document:view", world.actor(role)) as uow:
                        look(uow, id_)
    for role in (roles.COMPLIANCE_OFFICER, roles.ADMINISTRATOR, roles.PATIENT, roles.PAYER_USER):
        with pytest.raises(Denied), world.read("document:view", world.actor(role)) as uow:
            showing.show(uow, ids["bill"])


def test_a_patient_does_not_reach_what_came_in(world: World, visit):
    id_ = papers.take(world, "patient", visit.patient_id, kind="letter")
    with world.write("statement:run") as uow:
        made = documents.store(
            uow, patient_id=visit.patient_id, kind="letter", name="ours.pdf", media_type="application/pdf", body=b"%PDF"
        ).id
    patient = world.actor(roles.PATIENT)
    own = replace(patient, own_patients=frozenset({visit.patient_id}), grants=(), practice_id=None)
    with world.read("own-document:view", own) as uow:
        assert documents.fetch(uow, made).name == "ours.pdf"
        assert [row.id for row in uow.entities(uow.select(DocumentRow))] == [made]
    with pytest.raises(NotFound), world.read("own-document:view", own) as uow:
        documents.fetch(uow, id_)


def test_ten_pages_are_shown_at_a_time(world: World, visit):
    id_ = papers.take(world, "encounter", visit.encounter_id, body=scans.pdf(23))
    papers.draw(world)
    with world.read("document:view", world.actor(roles.BILLER)) as uow:
        seen = [showing.show(uow, id_, begin=begin) for begin in (1, 11, 21, 999)]
    assert [[page.number for page in each.pages] for each in seen] == [
        list(range(1, 11)), list(range(11, 21)), [21, 22, 23], [23]
    ]  # fmt: skip
    assert [(each.newer, each.older) for each in seen[:3]] == [(None, 11), (1, 21), (11, None)]


def test_a_look_at_a_document_and_at_each_page_is_told_with_its_patient(world: World, visit):
    id_ = papers.take(world, "encounter", visit.encounter_id)
    papers.draw(world)
    coder = world.actor(roles.CODER)
    with world.read("document:view", coder) as uow:
        showing.show(uow, id_)
    for number in (1, 2):
        with world.read("document:view", coder) as uow:
            assert showing.picture(uow, id_, number).body.startswith(b"\x89PNG")
    viewer, *pages = events(world)[-3:]
    for event in (viewer, *pages):
        assert event["subjects"] == [visit.patient_id.hex()]
        assert (31, id_.hex()) in {(each["type"], each["id"]) for each in event["objects"]}
    assert [[each["type"] for each in event["objects"] if each["type"] == 80] for event in pages] == [[80], [80]]
    with pytest.raises(NotFound), world.read("document:view", coder) as uow:
        showing.picture(uow, id_, 3)


def test_who_leafs_through_a_document_is_one_line_of_the_patients_list(world: World, visit):
    id_ = papers.take(world, "encounter", visit.encounter_id)
    papers.draw(world)
    biller = world.actor(roles.BILLER)
    world.people[roles.BILLER] = users.user(world, roles.BILLER)
    biller = world.actor(roles.BILLER)
    own = replace(
        world.actor(roles.PATIENT), own_patients=frozenset({visit.patient_id}), grants=(), practice_id=None
    )  # fmt: skip
    with world.read("access-report:view", own) as uow:
        before = len(looks.looks_of(uow, visit.patient_id).looks)
    for number in (1, 2, 1):
        with world.read("document:view", biller) as uow:
            showing.picture(uow, id_, number)
    with world.read("access-report:view", own) as uow:
        after = looks.looks_of(uow, visit.patient_id).looks
    assert len(after) == before + 2, "one for leafing, one for the patient's own look before"
