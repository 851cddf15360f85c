"""Documents are taken in once, sealed, for one patient, and are taken off but never deleted."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import text

from portal.access import roles
from portal.access.actors import Actor, Grant
from portal.domain.documents import MAKING
from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.documents import AttachmentRow, DocumentRow
from portal.models.jobs import JobRow
from portal.services import practices
from portal.services.attachments import showing, taking
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import claims as make
from tests.make import papers, scans
from tests.make.practices import npi, practice
from tests.services.test_unit_of_work import events

pytestmark = pytest.mark.database


@pytest.fixture
def visit(world: World) -> make.Visit:
    with world.write("patient:change") as uow:
        return make.visit(uow)


def rows(world: World, model, *where):
    with world.read("document:view") as uow:
        return uow.entities(uow.select(model).where(*where))


def test_a_document_is_stored_sealed_and_its_pages_are_asked_for_in_the_same_transaction(world: World, visit):
    body = scans.pdf(words="Canary Marigold")
    id_ = papers.take(world, "encounter", visit.encounter_id, body=body, name=r"C:\Scans\Marigold Canary.pdf")
    (row,) = rows(world, DocumentRow, DocumentRow.id == id_)
    assert (row.patient_id, row.kind, row.media_type, row.size_bytes, row.pages) == (
        visit.patient_id, "bill", "application/pdf", len(body), MAKING
    )  # fmt: skip
    with world.runtime.engine.connect() as connection:
        for table in ("document", "attachment", "job"):
            stored = b"".join(
                bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode()
                for found in connection.execute(text(f"SELECT * FROM {table}"))
                for each in found
            )
            assert b"Marigold" not in stored
            assert b"Canary" not in stored
    with world.read("document:view") as uow:
        assert uow.read(uow.get(DocumentRow, id_), DocumentRow.name_sealed) == "Marigold Canary.pdf"
    if world.runtime.engine.dialect.name == "sqlite":
        with world.units.housekeeping() as session:
            assert [job.name for job in session.query(JobRow)] == ["document.pages"]


def test_the_same_bytes_for_the_same_patient_are_one_document_attached_twice(world: World, visit):
    first = papers.take(world, "encounter", visit.encounter_id)
    again = papers.take(world, "patient", visit.patient_id, name="other.pdf", kind="letter")
    once_more = papers.take(world, "encounter", visit.encounter_id)
    assert first == again == once_more
    assert len(rows(world, DocumentRow)) == 1
    assert {row.about for row in rows(world, AttachmentRow)} == {"encounter", "patient"}
    with world.write("patient:change") as uow:
        other = make.visit(uow, last="Birch")
    assert papers.take(world, "encounter", other.encounter_id) != first, "another patient's is another document"
    indexes = {row.content_index for row in rows(world, DocumentRow)}
    assert len(indexes) == 2, "the store does not tell that two patients have the same paper"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"<html>", "file-kind"), (scans.png()[:-20], "file-cut"), (b"\x00" * (25 * 1024 * 1024 + 1), "file-too-large")],
    ids=["kind", "cut", "large"],
)
def test_what_is_no_document_is_refused_and_nothing_is_stored(world: World, visit, body: bytes, code: str):
    with pytest.raises(Refused) as caught:
        papers.take(world, "encounter", visit.encounter_id, body=body)
    assert caught.value.code == code
    assert rows(world, DocumentRow) == []
    assert events(world)[-1]["reason"] == code


def test_what_it_is_called_does_not_say_what_it_is(world: World, visit):
    id_ = papers.take(world, "encounter", visit.encounter_id, body=scans.png(), name="bill.pdf")
    assert rows(world, DocumentRow, DocumentRow.id == id_)[0].media_type == "image/png"


@pytest.mark.parametrize("about", ["patient", "encounter", "claim", "denial", "practice", ""])
def test_to_what_is_not_there_nothing_is_attached(world: World, visit, about: str):
    with pytest.raises(NotFound):
        papers.take(world, about, os.urandom(16))


def test_a_role_adds_only_what_it_meets(world: World, visit):
    with pytest.raises(Refused):
        papers.take(world, "encounter", visit.encounter_id, kind="registration-form", role=roles.CODER)
    with pytest.raises(Refused):
        papers.take(world, "encounter", visit.encounter_id, kind="statement", role=roles.BILLER)
    papers.take(world, "encounter", visit.encounter_id, kind="registration-form")
    with pytest.raises(Refused) as caught:
        papers.take(world, "encounter", visit.encounter_id, role=roles.CODER)
    assert "ask a colleague" in str(caught.value.text)
    for role in (roles.PAYMENT_POSTER, roles.QA_AUDITOR, roles.COMPLIANCE_OFFICER):
        with pytest.raises(Denied):
            papers.take(world, "encounter", visit.encounter_id, role=role)


def test_a_document_is_attached_to_things_of_its_patient_alone(world: World, visit):
    id_ = papers.take(world, "encounter", visit.encounter_id)
    with world.write("patient:change") as uow:
        other = make.visit(uow, last="Birch")
    with pytest.raises(Refused) as caught, world.write("document:attach", world.actor(roles.BILLER)) as uow:
        taking.attach(uow, id_, "encounter", other.encounter_id)
    assert caught.value.code == "other-patient"
    for _ in range(2):
        with world.write("document:attach", world.actor(roles.BILLER)) as uow:
            taking.attach(uow, id_, "patient", visit.patient_id)
    assert len(rows(world, AttachmentRow)) == 2


def test_taking_off_needs_a_reason_and_keeps_everything(world: World, visit):
    id_ = papers.take(world, "encounter", visit.encounter_id)
    (row,) = rows(world, AttachmentRow)
    biller = world.actor(roles.BILLER)
    for reason, note in (("", ""), ("other", ""), ("tidy", "x")):
        with pytest.raises(Refused), world.write("document:attach", biller) as uow:
            taking.detach(uow, id_, row.id, reason, note, expected_version=row.version)
    with pytest.raises(NotFound), world.write("document:attach", biller) as uow:
        taking.detach(uow, os.urandom(16), row.id, "replaced", expected_version=row.version)
    with pytest.raises(Conflict), world.write("document:attach", biller) as uow:
        taking.detach(uow, id_, row.id, "replaced", expected_version=row.version + 1)
    with world.write("document:attach", biller) as uow:
        taking.detach(uow, id_, row.id, "wrong-place", "of the June visit", expected_version=row.version)
    assert events(world)[-1]["action"] == "U"
    with pytest.raises(Refused), world.write("document:attach", biller) as uow:
        taking.detach(uow, id_, row.id, "replaced", expected_version=row.version + 1)
    with world.read("document:view", biller) as uow:
        assert showing.listed(uow, "encounter", visit.encounter_id).items == ()
        page = showing.show(uow, id_)
        assert page.attached == ()
        assert page.detached[0].note == "of the June visit"
    assert papers.take(world, "encounter", visit.encounter_id) == id_, "it may come back"
    assert len(rows(world, AttachmentRow)) == 2


def test_another_practice_has_no_such_document(world: World, visit):
    id_ = papers.take(world, "encounter", visit.encounter_id)
    with world.units.write(world.machine(), "practice:edit") as uow:
        other = practices.add_practice(
            uow, world.runtime.roots, practice(code="hazel", npi=npi("111111111"), ein="840000002")
        ).id
    stranger = Actor(
        "cd" * 16, b"\7" * 16, practice_id=other, grants=(Grant(roles.BILLER, other),), session="00" * 8,
        assurance="aal2", method="totp", authenticated_seconds_ago=10,
    )  # fmt: skip
    for look in (
        lambda uow: showing.show(uow, id_),
        lambda uow: showing.picture(uow, id_, 1),
        lambda uow: showing.listed(uow, "encounter", visit.encounter_id),
        lambda uow: taking.patient_of(uow, "encounter", visit.encounter_id),
    ):
        with pytest.raises(NotFound), world.read("document:view", stranger) as uow:
            look(uow)
        assert events(world)[-1].get("subjects", []) == []
