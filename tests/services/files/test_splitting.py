"""Files of several kinds are kept whole, and each part is read by its own import."""

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.models.interchanges import InterchangePartRow, InterchangeRow
from portal.models.remittances import RemittanceRow
from portal.sandbox.clearinghouse import Clearinghouse
from portal.services import interchanges
from portal.services.files import collecting, reading
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import answers, remittances, work
from tests.services.claims.office import Office


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


def rows(world: World) -> dict[str, InterchangeRow]:
    """What came in, by kind."""
    with world.read("interchange:view") as uow:
        found = uow.entities(uow.select(InterchangeRow).where(InterchangeRow.direction == "in"))
        return {row.kind: row for row in found}


def era(world: World) -> bytes:
    return remittances.file(remittances.payment(remittances.answer(remittances.sent(world))))


def test_acknowledgements_and_a_payment_in_one_file_are_both_read_and_the_whole_is_kept(office: Office):
    world = office.world
    claim = office.claim()
    office.send()
    whole = answers.statuses(office.sent(), ("A7:164:IL",)) + era(world)
    taken = reading.take_in(world.units, world.machine("file.collect"), "monday.edi", whole)
    work.drain(world)
    found = rows(world)
    assert (found["mixed"].state, found["mixed"].items) == ("SPLIT", 2)
    assert {kind: row.state for kind, row in found.items() if kind != "mixed"} == {"277CA": "APPLIED", "835": "APPLIED"}
    assert office.state(claim) == "REJECTED"
    with world.read("interchange:view") as uow:
        row = uow.get(InterchangeRow, taken.interchange_id)
        assert uow.read(row, InterchangeRow.body_sealed) == whole, "the original is kept as it came"
        parts = uow.entities(uow.select(InterchangePartRow).order_by(InterchangePartRow.number))
        assert [part.part_id for part in parts] == list(taken.parts) == [found["277CA"].id, found["835"].id]
        assert parts[0].first_segment == 1
        assert parts[1].first_segment == parts[0].last_segment + 1
    again = reading.take_in(world.units, world.machine("file.collect"), "again.edi", whole)
    assert (again.new, again.parts, again.waits) == (False, taken.parts, False)
    alone = reading.take_in(world.units, world.machine("file.collect"), "alone.835", whole[whole.index(b"ISA", 9) :])
    assert alone.new is False, "a part that comes alone later was here before"
    with world.read("remittance:view") as uow:
        assert uow.count(uow.select(RemittanceRow.id)) == 1


def test_the_inbox_takes_such_a_file_and_whoever_may_not_bring_a_part_brings_none(office: Office):
    world = office.world
    office.claim()
    office.send()
    waiting = world.runtime.settings.edi / "clearing" / "in"
    waiting.mkdir(parents=True)
    Clearinghouse(office.out, waiting, clock=world.clock).collect()
    ack = next(path for path in waiting.iterdir() if b"ST*999" in path.read_bytes())
    whole = ack.read_bytes() + era(world)
    for path in waiting.iterdir():
        path.unlink()
    with pytest.raises(Denied):
        reading.take_in(world.units, office.biller, "both.edi", whole)
    assert rows(world) == {}
    (waiting / "both.edi").write_bytes(whole)
    found = collecting.collect(world.units, world.runtime.parts, world.actor("billing-manager"))
    assert sorted(one.kind for one in found) == ["835", "999"]
    assert [path.name for path in waiting.iterdir()] == []


def test_what_nobody_reads_yet_is_kept_and_read_when_there_is_a_reader(office: Office, monkeypatch: pytest.MonkeyPatch):
    world, body = office.world, era(office.world)
    others = tuple(one for one in reading.IMPORTS if one is not reading.REMITTANCES)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "IMPORTS", others)
        taken = reading.take_in(world.units, world.actor("billing-manager"), "a.835", body)
        work.drain(world)
        row = rows(world)["835"]
        assert (row.state, row.finding_count) == (interchanges.KEPT, 1)
        with world.read("interchange:view") as uow:
            (finding,) = interchanges.findings_of(uow, uow.get(InterchangeRow, taken.interchange_id))
        assert (finding.code, str(finding.text)) == ("not-read-yet", "Files of this kind are kept and not read yet.")
    again = reading.take_in(world.units, world.actor("billing-manager"), "a.835", body)
    assert (again.interchange_id, again.new, again.waits) == (taken.interchange_id, False, True)
    work.drain(world)
    assert rows(world)["835"].state == "APPLIED"


def test_by_hand_what_nobody_sends_us_is_refused(office: Office):
    body = era(office.world).replace(b"ST*835*", b"ST*276*").replace(b"005010X221A1", b"005010X212")
    with pytest.raises(Refused, match="wrong-kind"):
        reading.take_in(office.world.units, office.world.actor("billing-manager"), "a.276", body)
    assert rows(office.world) == {}
