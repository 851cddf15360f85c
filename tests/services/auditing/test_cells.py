"""What the store holds against what the log says of it, without a key: row by row, group by group."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from audit import verify
from audit.checkpoint import VerifierKey, origin
from portal import runtime
from portal.domain.ledger import Entry, Line
from portal.models.patients import PatientRow
from portal.models.queues import QueueItemRow
from portal.services import ledger, queues
from portal.services.auditing import cells, upkeep
from portal.services.unit_of_work.work import new_id
from tests.databases import World
from tests.make import visits


def url(world: World) -> str:
    return world.runtime.engine.url.render_as_string(hide_password=False)


def signed(world: World) -> None:
    upkeep.tick(world.units, world.runtime.parts, [runtime.signing_key(world.runtime.settings)])


def verified(world: World):
    signed(world)
    key = VerifierKey.of(origin(world.runtime.parts.installation), runtime.signing_key(world.runtime.settings))
    return verify.verify(
        url(world), [world.runtime.parts.anchor_file], [key], cells.cells(url(world)), cell_tables=cells.tables()
    )


def work(world: World) -> tuple[bytes, bytes]:
    """Visits through coding and charge entry, a change, a deletion, entries of the books, work lists."""
    visits.entered(world, visits.bring(world, *visits.some(3))[0])
    with world.write("patient:change") as uow:
        row = uow.first(uow.select(PatientRow).order_by(PatientRow.id))
        uow.change(row, phone_sealed="5035550177", state="INACTIVE")
        queues.put(uow, "identity", row, reason="name", patient_id=row.id)
        patient = row.id
        uow.flush()
        item = queues.items_of(uow, row)[0].id
    with world.write("patient:change") as uow:
        uow.delete(uow.get(QueueItemRow, item))
    with world.write("remittance:post") as uow:
        made = ledger.post(uow, [
            Entry(key=f"k{n}", kind="charge", posted_on=date(2026, 8, 3), inputs_digest=bytes(32), lines=(
                Line("receivable:patient", 100 + n, patient_id=patient), Line("revenue", -100 - n, patient_id=patient),
            )) for n in range(3)
        ])  # fmt: skip
    return patient, made[1]


def test_after_work_every_cell_is_as_the_last_event_left_it(world: World):
    work(world)
    report = verified(world)
    assert report.problems == ()
    assert report.ok
    told = {code for code, _, _ in cells.cells(url(world))}
    assert {10, 13, 14, 15, 24, 26, 27} <= told
    assert 25 not in told, "lines of the books are digested with their entry"


def tampered(world: World, statement: str, **values: object) -> None:
    """Behind the portal's back, past the triggers of the books."""
    if world.runtime.engine.dialect.name == "postgresql":
        pytest.skip("only the owner may put triggers off there; the SQLite run shows the verifier")
    ours = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_line'")
    with world.runtime.engine.begin() as connection:
        for trigger in connection.execute(ours).scalars().all():
            connection.execute(text(f'DROP TRIGGER "{trigger}"'))
        connection.execute(text(statement), values)


def test_an_old_ciphertext_put_back_is_found(world: World):
    patient, _ = work(world)
    with world.write("patient:change") as uow:
        row = uow.get(PatientRow, patient)
        before = row.phone_sealed.blob
        uow.change(row, phone_sealed="5035550199")
    assert verified(world).ok
    tampered(world, "UPDATE patient SET phone_sealed = :old WHERE id = :id", old=before, id=patient)
    report = verified(world)
    assert not report.ok
    assert [each.code for each in report.problems] == ["cell"]
    assert patient.hex() in report.problems[0].text


def test_a_line_of_a_group_that_was_changed_or_removed_is_found_at_its_head(world: World):
    _, entry = work(world)
    tampered(world, "UPDATE ledger_line SET amount_cents = amount_cents * 2 WHERE entry_id = :id", id=entry)
    found = verified(world).problems
    assert [(each.code, entry.hex() in each.text) for each in found] == [("cell", True)]
    tampered(world, "DELETE FROM ledger_line WHERE entry_id = :id", id=entry)
    assert [each.code for each in verified(world).problems] == ["cell"]


def test_a_row_that_nobody_made_and_one_that_vanished_are_found(world: World):
    work(world)
    tampered(
        world,
        "INSERT INTO duty_waiver (id, practice_id, earlier, later, reason, granted_by, valid_from, valid_to)"
        " VALUES (:id, :practice, 'encounter:code', 'encounter:review', 'none', 'nobody', '2026-01-01', '2027-01-01')",
        id=new_id(), practice=world.practice_id,
    )  # fmt: skip
    tampered(world, "DELETE FROM transition WHERE id IN (SELECT id FROM transition LIMIT 1)")
    told = sorted(each.text for each in verified(world).problems)
    assert len(told) == 2
    assert "is gone" in told[0]
    assert "no event tells of it" in told[1]
