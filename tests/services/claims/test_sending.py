from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.domain.errors import Refused
from portal.models.claims import ClaimVersionRow
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PracticeRow
from portal.services import interchanges
from portal.services.claims import sending
from portal.x12.claims.reading import read_claims
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.make import claims as make
from tests.services.claims.office import Office


class Broken:
    """An exchange that fails: before it wrote anything, or after."""

    def __init__(self, inner, error: BaseException, *, after: bool = False):
        self.inner, self.error, self.after = inner, error, after

    def lay(self, folder: str, name: str, body: bytes) -> None:
        if not self.after:
            raise self.error
        self.inner.lay(folder, name, body)

    def hand(self, folder: str, name: str, body: bytes) -> None:
        self.inner.hand(folder, name, body)
        raise self.error


def files(office: Office) -> list[InterchangeRow]:
    with office.world.read("interchange:view") as uow:
        return uow.entities(uow.select(InterchangeRow).order_by(InterchangeRow.control))


def versions(office: Office) -> list[ClaimVersionRow]:
    with office.world.read("claim:view") as uow:
        return uow.entities(uow.select(ClaimVersionRow).order_by(ClaimVersionRow.number))


def test_ready_claims_leave_in_one_file_that_the_guide_accepts(office: Office):
    ids = [office.claim(), office.claim(last="Birch", payer_code="LKM04"), office.claim(last="Cedar")]
    draft = office.claim(lines=())
    done = office.send()
    assert (done.claims, done.returned, len(done.files)) == (3, 0, 1)
    assert done.files[0].sent
    body = office.sent()
    assert validate(body) == ()
    found = read_claims(read(body))
    assert found.findings == ()
    assert {claim.control for claim in found.claims} == {office.row(id_).control for id_ in ids}
    assert [office.state(id_) for id_ in ids] == ["SUBMITTED"] * 3
    assert all(office.row(id_).submitted_at == office.world.clock.now() for id_ in ids)
    assert office.state(draft) == "DRAFT"
    assert [office.items(id_) for id_ in ids] == [[], [], []]
    (file,) = files(office)
    assert (file.state, file.control, file.group_control, file.items) == ("SENT", "000000001", "1", 3)
    assert office.send() == sending.Sending()


def test_each_claim_keeps_the_file_of_itself(office: Office):
    ids = [office.claim(), office.claim(last="Birch", payer_code="LKM04")]
    office.send()
    (file,) = files(office)
    kept = {row.claim_id: row for row in versions(office)}
    assert set(kept) == set(ids)
    sent = {claim.control: claim for claim in read_claims(read(office.sent())).claims}
    with office.world.read("claim:view", office.biller) as uow:
        for id_ in ids:
            body = uow.read(kept[id_], ClaimVersionRow.body_sealed)
            (alone,) = read_claims(read(body)).claims
            assert validate(body) == ()
            assert replace(alone, segment=0, lines=()) == replace(sent[alone.control], segment=0, lines=())
            assert [replace(line, segment=0) for line in alone.lines] == [
                replace(line, segment=0) for line in sent[alone.control].lines
            ]
            assert (kept[id_].interchange_id, kept[id_].number, kept[id_].control) == (file.id, 1, alone.control)
    assert sorted(row.set_control for row in kept.values()) == ["0001", "0002"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE claim_version SET set_control = '9999'",
        "DELETE FROM claim_version",
        "UPDATE claim_version SET number = number + 1",
    ],
)
def test_a_snapshot_is_never_changed(office: Office, statement: str):
    office.claim()
    office.send()
    engine = office.world.runtime.engine
    shown = "select set_config('candor.practices', 'all', true)" if engine.dialect.name == "postgresql" else "select 1"
    with engine.connect() as connection:
        connection.execute(text(shown))
        with pytest.raises(DBAPIError):
            connection.execute(text(statement))
    assert [row.set_control for row in versions(office)] == ["0001"]


def test_numbers_count_up_and_are_never_used_twice(office: Office):
    for last in ("Ash", "Birch", "Cedar"):
        office.claim(last=last)
        office.send()
    assert [(file.control, file.group_control) for file in files(office)] == [
        ("000000001", "1"),
        ("000000002", "2"),
        ("000000003", "3"),
    ]
    assert [row.set_control for row in sorted(versions(office), key=lambda row: row.set_control)] == [
        "0001",
        "0002",
        "0003",
    ]


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_between_storing_and_putting_is_repaired_with_the_same_file(office: Office, after: bool):
    claim = office.claim()
    parts = office.world.runtime.parts
    broken = replace(parts, exchange=Broken(parts.exchange, RuntimeError("power cut"), after=after))
    with pytest.raises(RuntimeError, match="power cut"):
        sending.send_claims(office.world.units, broken, office.biller)
    assert office.state(claim) == "SUBMITTED"
    (file,) = files(office)
    assert file.state == ("LAID" if after else "WRITTEN")
    assert office.send().claims == 0
    assert sending.resend_unsent(office.world.units, parts, office.biller) == 0, "whoever began may be at it still"
    office.world.clock.forward(minutes=6)
    assert sending.resend_unsent(office.world.units, parts, office.biller) == 1
    assert sending.resend_unsent(office.world.units, parts, office.biller) == 0
    (file,) = files(office)
    assert file.state == "SENT"
    (control,) = [one.control for one in read_claims(read(office.sent())).claims]
    assert control == office.row(claim).control


def test_what_is_on_its_way_is_not_taken_for_left_behind(office: Office):
    office.claim()
    parts = office.world.runtime.parts
    full = replace(parts, exchange=Broken(parts.exchange, OSError(28, "no space")))
    sending.send_claims(office.world.units, full, office.biller)
    machine = replace(office.world.machine(), practice_id=None)
    for minutes, gone in ((4, 0), (1, 1), (9, 0)):
        office.world.clock.forward(minutes=minutes)
        assert sending.resend_unsent(office.world.units, parts, machine, after=interchanges.PATIENCE) == gone


def test_a_folder_that_is_full_leaves_the_file_to_go_later(office: Office):
    office.claim()
    parts = office.world.runtime.parts
    full = replace(parts, exchange=Broken(parts.exchange, OSError(28, "no space")))
    done = sending.send_claims(office.world.units, full, office.biller)
    assert [file.sent for file in done.files] == [False]
    assert sending.resend_unsent(office.world.units, full, office.biller) == 0
    assert sending.resend_unsent(office.world.units, parts, office.biller) == 1


def test_a_claim_that_the_guide_refuses_goes_back_and_the_others_go(office: Office):
    bad = office.claim(last="Ash" * 25)
    good = office.claim(last="Birch")
    done = office.send()
    assert (done.claims, done.returned) == (1, 1)
    assert (office.state(good), office.state(bad)) == ("SUBMITTED", "DRAFT")
    row = office.row(bad)
    assert {each["code"] for each in row.edits} == {"IK4:5@3"}
    assert office.items(bad) == [("claims", "IK4:5@3")]
    assert row.control.encode() not in office.sent()
    assert validate(office.sent()) == ()


def test_a_fault_of_the_practice_sends_nothing_and_says_so_at_every_claim(office: Office):
    ids = [office.claim(), office.claim(last="Birch")]
    with office.world.write("practice:edit") as uow:
        uow.change(uow.get(PracticeRow, office.world.practice_id), name="Juniper " * 12)
    done = office.send()
    assert (done.claims, done.returned) == (0, 2)
    assert not office.out.exists()
    assert files(office) == []
    assert [office.state(id_) for id_ in ids] == ["DRAFT", "DRAFT"]


def test_edits_run_once_more_before_sending(office: Office):
    claim = office.claim()
    office.world.clock.forward(days=400)
    done = office.send()
    assert (done.claims, done.returned) == (0, 1)
    assert office.state(claim) == "DRAFT"
    assert [each["code"] for each in office.row(claim).edits] == ["filing-passed", "filing-passed"]


def test_one_claim_can_be_sent_alone(office: Office):
    first, second = office.claim(), office.claim(last="Birch")
    assert office.send(only=second).claims == 1
    assert (office.state(first), office.state(second)) == ("READY", "SUBMITTED")


def test_without_a_partner_or_with_two_nothing_is_sent(office: Office):
    office.claim()
    with office.world.write("partner:edit") as uow:
        make.partner(uow, office.world.practice_id, code="direct", folder="direct")
    with pytest.raises(Refused, match="which-partner"):
        office.send()
    with pytest.raises(Refused, match="no-partner"):
        office.send(partner="nobody")
    assert office.send(partner="clearing").claims == 1


def test_a_practice_sends_its_own_claims_only(office: Office):
    mine = office.claim()
    other = Office(office.second_practice())
    with other.world.write("partner:edit") as uow:
        make.partner(uow, other.world.practice_id, folder="theirs", sender_id="OTHER")
    theirs = other.claim(last="Yew")
    assert office.send().claims == 1
    assert office.state(mine) == "SUBMITTED"
    assert other.state(theirs) == "READY"
    assert b"YEW" not in office.sent()


def test_who_may_not_submit_sends_nothing(office: Office):
    claim = office.claim()
    with pytest.raises(Refused, match="no-role"):
        sending.send_claims(office.world.units, office.world.runtime.parts, office.world.actor("coder"))
    assert office.state(claim) == "READY"


def test_many_claims_go_in_files_of_a_bounded_size(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sending, "MOST_CLAIMS", 2)
    for last in ("Ash", "Birch", "Cedar", "Dogwood", "Elm"):
        office.claim(last=last)
    done = office.send()
    assert [file.claims for file in done.files] == [2, 2, 1]
    assert len({file.name for file in done.files}) == 3
