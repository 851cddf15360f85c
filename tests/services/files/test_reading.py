"""Files are read by a worker: each kind by its own import, once, and on from where a reading broke off."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_
from portal.models.encounters import EncounterRow
from portal.models.interchanges import InterchangeRow
from portal.models.jobs import JobRow
from portal.models.ledger import LedgerEntryRow
from portal.models.queues import QueueItemRow
from portal.models.remittances import RemittanceRow
from portal.services.auditing import searching
from portal.services.encounters import importing as visits
from portal.services.files import reading, showing
from portal.services.remittances import importing as remittances
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.jobs.engines import Engine
from tests.make import answers, work
from tests.make import remittances as make
from tests.make import visits as make_visits
from tests.services.claims.office import Office


class Killed(BaseException):
    """What ends a process, as far as one process can show it to itself."""


def row(world: World, id_: bytes) -> InterchangeRow:
    with world.read("interchange:view") as uow:
        return uow.get(InterchangeRow, id_)


def end(world: World, id_: bytes) -> tuple[str, int, int, int]:
    file = row(world, id_)
    return file.state, file.items, file.applied, file.finding_count


def count(world: World, model: type) -> int:
    with world.read("account:view") as uow:
        return uow.count(uow.select(model.id))


def payments(world: World, n: int) -> bytes:
    """An 835 of several payments, each for a claim of ours."""
    paid = [make.payment(make.answer(make.sent(world)), trace=f"T{number}") for number in range(n)]
    return make.file(*paid)


def take_in(world: World, role: str, body: bytes, name: str = "a file") -> reading.Taken:
    return reading.take_in(world.units, world.actor(role), name, body)


def test_visits_are_stored_at_once_and_read_by_the_worker(world: World):
    taken = take_in(world, "charge-clerk", make_visits.file(make_visits.some(3)))
    assert (taken.new, row(world, taken.interchange_id).state, count(world, EncounterRow)) == (True, "RECEIVED", 0)
    work.drain(world)
    assert (end(world, taken.interchange_id)[:3], count(world, EncounterRow)) == (("APPLIED", 3, 3), 3)


def test_payments_are_stored_at_once_and_posted_by_the_worker(world: World):
    body = payments(world, 2)
    taken = take_in(world, "payment-poster", body)
    work.drain(world)
    assert end(world, taken.interchange_id) == ("APPLIED", 2, 2, 0)
    file = row(world, taken.interchange_id)
    assert (file.control, file.group_control) == ("000000001", "1")
    asked = work.asked(world)
    again = take_in(world, "payment-poster", body)
    assert (again.interchange_id, again.new, work.asked(world)) == (taken.interchange_id, False, asked)


def test_answers_are_stored_at_once_and_applied_by_the_worker(world: World):
    office = Office.opened(world)
    claim = office.claim()
    office.send()
    taken = reading.take_in(world.units, office.biller, "1.277ca", answers.statuses(office.sent(), ("A7:164:IL",)))
    assert office.state(claim) == "SUBMITTED"
    work.drain(world)
    assert (office.state(claim), end(world, taken.interchange_id)[:3]) == ("REJECTED", ("APPLIED", 2, 2))


@pytest.mark.parametrize(("role", "kind"), [("charge-clerk", b"835"), ("payment-poster", b"837"), ("coder", b"277")])
def test_who_may_not_read_a_kind_in_stores_nothing(world: World, role: str, kind: bytes):
    guide = {b"835": b"005010X221A1", b"837": b"005010X222A1", b"277": b"005010X214"}[kind]
    body = make_visits.file(make_visits.some(1)).replace(b"ST*837*", b"ST*" + kind + b"*")
    with pytest.raises(Denied):
        take_in(world, role, body.replace(b"005010X222A1", guide))
    assert (count(world, InterchangeRow), work.asked(world)) == (0, 0)


def test_a_kind_that_no_import_reads_is_refused_and_what_is_unreadable_kept(world: World):
    body = (
        make_visits.file(make_visits.some(1)).replace(b"ST*837*", b"ST*270*").replace(b"005010X222A1", b"005010X279A1")
    )
    with pytest.raises(Refused, match="wrong-kind"):
        take_in(world, "charge-clerk", body)
    junk = take_in(world, "charge-clerk", b"Dear customer, we are closed on Monday.")
    work.drain(world)
    assert end(world, junk.interchange_id)[0] == "REFUSED"
    assert count(world, InterchangeRow) == 1


def test_who_brought_a_file_is_told_as_who_started_its_reading(world: World):
    clerk = world.actor("charge-clerk")
    reading.take_in(world.units, clerk, "monday.837", make_visits.file(make_visits.some(1)))
    work.drain(world)
    with world.read("audit:search", world.actor("compliance-officer")) as uow:
        told = list(searching.events(uow, searching.Wanted()))
    read = [each for each in told if each["actor"] == "system:file.read"]
    assert {each["acting_for"] for each in read if each["action"] != "R"} == {clerk.identity}


def test_a_reading_that_breaks_off_goes_on_and_ends_as_if_it_had_not(world: World, monkeypatch: pytest.MonkeyPatch):
    taken = take_in(world, "payment-poster", payments(world, 4))
    before = count(world, LedgerEntryRow)
    real, seen = remittances.write, []

    def write(*given):
        seen.append(1)
        if len(seen) == 3:
            raise Killed
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(remittances, "write", write)
        with pytest.raises(Killed):
            reading.read_on(world.units, world.machine("file.read"), taken.interchange_id)
    assert (row(world, taken.interchange_id).state, count(world, RemittanceRow)) == ("RECEIVED", 2)
    assert count(world, LedgerEntryRow) == before + 4
    work.drain(world)
    assert end(world, taken.interchange_id) == ("APPLIED", 4, 4, 0)
    assert count(world, LedgerEntryRow) == before + 8


def test_what_was_found_before_a_reading_broke_off_is_kept(world: World, monkeypatch: pytest.MonkeyPatch):
    first, *others = make_visits.some(25)
    foreign = replace(first.cover, payer_id="NEW01", payer_name="A Plan Nobody Knows")
    taken = take_in(world, "charge-clerk", make_visits.file([replace(first, cover=foreign), *others]))
    real, seen = visits._take, []

    def batch(*given):
        seen.append(1)
        if len(seen) == 2:
            raise Killed
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(visits, "_take", batch)
        with pytest.raises(Killed):
            reading.read_on(world.units, world.machine("file.read"), taken.interchange_id)
    file = row(world, taken.interchange_id)
    assert (file.state, file.items) == ("RECEIVED", 25)
    with world.read("interchange:view") as uow:
        shown = showing.show(uow, taken.interchange_id)
    assert shown.reading == showing.Progress(20, 25)
    work.drain(world)
    assert end(world, taken.interchange_id)[:3] == ("APPLIED", 25, 25)
    with world.read("interchange:view") as uow:
        codes = [
            (each.segment, each.code)
            for each in reading.interchanges.findings_of(uow, uow.get(InterchangeRow, file.id))
        ]
    assert "payer-new" in {code for _, code in codes}
    assert len(codes) == len(set(codes))


def test_a_payment_twice_in_a_file_is_told_also_when_the_reading_broke_off(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    paid = make.payment(make.answer(make.sent(world)), trace="T1")
    taken = take_in(world, "payment-poster", make.file(paid, paid))
    with monkeypatch.context() as patch:
        patch.setattr(remittances, "settle", _killed)
        with pytest.raises(Killed):
            reading.read_on(world.units, world.machine("file.read"), taken.interchange_id)
    work.drain(world)
    assert end(world, taken.interchange_id) == ("PARTLY", 2, 1, 1)


def _killed(*_: object, **__: object) -> None:
    raise Killed


def test_an_import_by_hand_that_breaks_off_goes_on_by_itself(sqlite_world: World, monkeypatch: pytest.MonkeyPatch):
    body = make_visits.file(make_visits.some(2))
    with monkeypatch.context() as patch:
        patch.setattr(visits, "read_in", _killed)
        with pytest.raises(Killed):
            visits.import_visits(sqlite_world.units, sqlite_world.actor("charge-clerk"), None, "by hand", body)
    work.drain(sqlite_world)
    assert Engine(sqlite_world).counts() == {"WAITING": 1}
    sqlite_world.clock.forward(minutes=61)
    work.drain(sqlite_world)
    with sqlite_world.read("interchange:view") as uow:
        (file,) = uow.entities(uow.select(InterchangeRow))
    assert end(sqlite_world, file.id)[:3] == ("APPLIED", 2, 2)


def test_an_import_by_hand_that_ended_leaves_its_job_nothing_to_do(sqlite_world: World):
    made = visits.import_visits(
        sqlite_world.units, sqlite_world.actor("charge-clerk"), None, "by hand", make_visits.file(make_visits.some(1))
    )
    before = row(sqlite_world, made.interchange_id).version
    sqlite_world.clock.forward(minutes=61)
    work.drain(sqlite_world)
    assert Engine(sqlite_world).counts() == {"DONE": 1}
    assert row(sqlite_world, made.interchange_id).version == before


def test_what_stands_in_the_way_for_a_while_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch):
    taken = take_in(world, "charge-clerk", make_visits.file(make_visits.some(3)))
    real, seen = visits.visits.take, []

    def take(uow, claim, **more):
        seen.append(claim.control)
        if claim.control == seen[0]:
            raise OSError
        return real(uow, claim, **more)

    with monkeypatch.context() as patch:
        patch.setattr(visits.visits, "take", take)
        work.drain(world)
    assert end(world, taken.interchange_id) == ("RECEIVED", 3, 2, 1 + _new_payers(world))
    Engine(world).rested()
    work.drain(world)
    assert end(world, taken.interchange_id)[:3] == ("APPLIED", 3, 3)


def _new_payers(world: World) -> int:
    with world.read("interchange:view") as uow:
        (file,) = uow.entities(uow.select(InterchangeRow))
        return sum(each.code == "payer-new" for each in reading.interchanges.findings_of(uow, file))


def test_one_payment_that_cannot_be_posted_stops_none_behind_it(world: World, monkeypatch: pytest.MonkeyPatch):
    taken = take_in(world, "payment-poster", payments(world, 4))
    real, seen = remittances.prepare, []

    def prepare(uow, payment, *more):
        seen.append(payment.trace)
        if payment.trace == "T1":
            raise OSError
        return real(uow, payment, *more)

    with monkeypatch.context() as patch:
        patch.setattr(remittances, "prepare", prepare)
        for attempt in range(1, 5):
            with pytest.raises(reading.NotReadThrough):
                reading.read_on(world.units, world.machine("file.read"), taken.interchange_id, attempt=attempt)
            waiting = queued(world, "unread-files")
            assert waiting == ([taken.interchange_id] if attempt == 4 else []), attempt
    assert (end(world, taken.interchange_id), count(world, RemittanceRow)) == (("RECEIVED", 4, 3, 1), 3)
    work.drain(world)
    assert end(world, taken.interchange_id) == ("APPLIED", 4, 4, 0)
    assert queued(world, "unread-files") == []


def test_a_payment_that_can_never_be_written_down_is_held_at_once_and_posted_after_a_mend(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    taken = take_in(world, "payment-poster", payments(world, 2))
    real = remittances.prepare

    def prepare(uow, payment, *more):
        if payment.trace == "T1":
            raise ValueError("a name that no column takes")
        return real(uow, payment, *more)

    with monkeypatch.context() as patch:
        patch.setattr(remittances, "prepare", prepare)
        work.drain(world)
        assert end(world, taken.interchange_id)[:3] == ("PARTLY", 2, 1), "it is read through: nobody tries for days"
        (held,) = queued(world, "unbalanced-payments")
        again = remittances.post_again(world.units, world.actor("payment-poster"), None, held)
        assert (again.state, again.remittance_id) == ("HELD", held)
    with world.read("interchange:view") as uow:
        (found,) = reading.interchanges.findings_of(uow, uow.get(InterchangeRow, taken.interchange_id))
    assert (found.code, "would not help" in str(found.text)) == ("stuck", True)
    assert remittances.post_again(world.units, world.actor("payment-poster"), None, held).state == "POSTED"
    assert queued(world, "unbalanced-payments") == []


def queued(world: World, queue: str) -> list[bytes]:
    with world.read("queue:view") as uow:
        rows = uow.rows(
            uow.select(QueueItemRow.subject_id).where(QueueItemRow.queue == queue, QueueItemRow.state == "OPEN")
        )
        return [row.subject_id for row in rows]


def test_a_reader_that_comes_late_leaves_what_the_first_found(world: World, monkeypatch: pytest.MonkeyPatch):
    known = make.payment(make.answer(make.sent(world)), trace="T1", payee_id="1999999984")
    taken = take_in(world, "payment-poster", make.file(known, make.payment(make.answer(make.sent(world)), trace="T2")))
    actor, real = world.machine("file.read"), remittances._post_file

    def late(poster, **more):
        remittances._post_file = real
        reading.read_on(world.units, actor, taken.interchange_id)
        first.append(end(world, taken.interchange_id))
        return real(poster, **more)

    first: list[tuple] = []
    monkeypatch.setattr(remittances, "_post_file", late)
    reading.read_on(world.units, actor, taken.interchange_id)
    assert first == [("APPLIED", 2, 2, 1)]
    assert end(world, taken.interchange_id) == first[0]


def test_settling_that_somebody_else_is_at_changes_nothing_about_the_payment(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    taken = take_in(world, "payment-poster", payments(world, 1))

    def busy(*_: object, **__: object) -> None:
        raise Conflict(T_("Somebody was faster."), code="version")

    with monkeypatch.context() as patch:
        patch.setattr(remittances, "settle", busy)
        reading.read_on(world.units, world.machine("file.read"), taken.interchange_id)
    assert end(world, taken.interchange_id) == ("APPLIED", 1, 1, 0)


@pytest.mark.parametrize("place", ["settle", "write", "remittance_row"])
@pytest.mark.parametrize("odd", ["payee", "unbalanced"])
def test_findings_of_a_payment_outlive_a_break_behind_it(
    world: World, monkeypatch: pytest.MonkeyPatch, place: str, odd: str
):
    first = make.payment(make.answer(make.sent(world)), trace="T1")
    first = replace(first, payee_id="1999999984") if odd == "payee" else replace(first, amount_cents=1)
    body = make.file(first, make.payment(make.answer(make.sent(world)), trace="T2"))
    taken = take_in(world, "payment-poster", body)
    real, seen = getattr(remittances, place), []

    def second(*given, **more):
        seen.append(1)
        if len(seen) == 2:
            raise Killed
        return real(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(remittances, place, second)
        try:
            reading.read_on(world.units, world.machine("file.read"), taken.interchange_id)
        except Killed:
            assert row(world, taken.interchange_id).state == "RECEIVED"
    work.drain(world)
    with world.read("interchange:view") as uow:
        codes = [
            each.code for each in reading.interchanges.findings_of(uow, uow.get(InterchangeRow, taken.interchange_id))
        ]
    assert codes.count("payee") + codes.count("unbalanced") == 1


@pytest.mark.parametrize("other", [b"ST*837*", b"ST*999*"])
def test_the_command_of_one_import_refuses_a_file_of_several(world: World, other: bytes):
    guide = {b"ST*837*": b"005010X222A1", b"ST*999*": b"005010X231A1"}[other]
    body = payments(world, 1)
    stray = b"ST*" + other[3:6] + b"*0002*" + guide + b"~SE*2*0002~"
    mixed = body.replace(b"GE*1*", stray + b"GE*2*")
    assert mixed != body
    with pytest.raises(Refused, match="several-kinds"):
        remittances.import_remittances(world.units, world.actor("payment-poster"), None, "mixed", mixed)
    assert count(world, InterchangeRow) == 0


def test_a_file_of_too_many_transactions_is_refused_before_it_is_read(world: World):
    body = payments(world, 1).replace(b"GE*1*", b"ST*835~" * 20_000 + b"GE*1*")
    with pytest.raises(Refused, match="too-large"):
        take_in(world, "payment-poster", body)


@pytest.mark.parametrize("start", [b"", b"ISA*" + b"0" * 101 + b"\n"])
def test_very_many_line_ends_are_looked_through_once(start: bytes):
    """Each of them was the beginning of a search to the end of all: hours for a megabyte."""
    assert reading.sort(start + b"\n" * 1_000_000) == ()
    with pytest.raises(Refused, match="too-large"):
        reading.interchanges.check_size(b"ISA*" + b"0" * 101 + b"\n" + b" \n\r\n\tST*835*1\n" * 20_001)


def test_a_nul_in_a_payment_is_read_as_a_blank_and_the_payment_is_posted(world: World):
    body = payments(world, 1).replace(b"TRN*1*", b"TRN*1*0\x00")
    taken = take_in(world, "payment-poster", body)
    work.drain(world)
    with world.read("interchange:view") as uow:
        file = uow.get(InterchangeRow, taken.interchange_id)
        assert (file.state, file.applied) == ("APPLIED", 1)
        assert "nul" in {each.code for each in reading.interchanges.findings_of(uow, file)}


def test_a_file_of_very_many_parts_is_refused(world: World):
    ta1 = b"TA1*000000001*260101*1200*A*000~"
    isa = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^*00501*000000001*0*P*:~"
    asked = isa + b"GS*HS*A*B*20260101*1200*1*X*005010X279A1~ST*276*0001~SE*2*0001~GE*1*1~IEA*1*000000001~"
    two = isa + ta1 + b"IEA*0*000000001~" + asked
    assert len(reading.sort(two * 250)) == 500
    with pytest.raises(Refused, match="too-large"):
        reading.sort(two * 251)


def test_of_very_many_findings_the_first_are_kept_and_all_are_counted(world: World):
    taken = take_in(world, "payment-poster", payments(world, 1).replace(b"GE*1*", b"ST*835~" * 900 + b"GE*1*"))
    work.drain(world)
    with world.read("interchange:view") as uow:
        file = uow.get(InterchangeRow, taken.interchange_id)
        kept = reading.interchanges.findings_of(uow, file)
    assert len(kept) == reading.interchanges.MOST_FINDINGS < file.finding_count


def test_a_visit_that_stands_twice_in_a_file_is_counted_once(world: World):
    one, two = make_visits.some(2)
    taken = take_in(world, "charge-clerk", make_visits.file([one, two, one]))
    work.drain(world)
    assert end(world, taken.interchange_id)[:3] == ("PARTLY", 3, 2)
    assert count(world, EncounterRow) == 2


def test_two_readers_at_once_make_nothing_twice(world: World):
    taken = take_in(world, "payment-poster", payments(world, 6))
    actor, faults, before = world.machine("file.read"), [], count(world, LedgerEntryRow)

    def read() -> None:
        try:
            reading.read_on(world.units, actor, taken.interchange_id)
        except (reading.NotReadThrough, Conflict) as fault:  # a worker would try again
            faults.append(fault)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    work.drain(world)
    state, items, applied, _ = end(world, taken.interchange_id)
    assert (state, items, applied) == ("APPLIED", 6, 6)
    assert (count(world, RemittanceRow), count(world, LedgerEntryRow)) == (6, before + 12)


def test_a_file_whose_job_was_given_up_is_read_when_it_is_given_again(sqlite_world: World):
    body = make_visits.file(make_visits.some(2))
    taken = take_in(sqlite_world, "charge-clerk", body)
    with sqlite_world.units.housekeeping(writing=True) as session:
        session.execute(update(JobRow).values(state="DEAD"))
    work.drain(sqlite_world)
    assert end(sqlite_world, taken.interchange_id)[0] == "RECEIVED"
    assert take_in(sqlite_world, "charge-clerk", body).new is False
    take_in(sqlite_world, "charge-clerk", body)
    with sqlite_world.units.housekeeping() as session:
        assert len(session.scalars(select(JobRow.id).where(JobRow.state == "WAITING")).all()) == 1
    work.drain(sqlite_world)
    assert end(sqlite_world, taken.interchange_id)[:3] == ("APPLIED", 2, 2)
