"""A request goes out as a 278, its answer comes in, and the claim follows; what goes otherwise goes to people."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from portal.domain.authorizations import AuthorizationAnswer, Decision
from portal.domain.eligibility import Rejection
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.granting import AuthorizationFacts
from portal.domain.interchanges import ControlNumbers
from portal.models.authorizations import AuthorizationRow
from portal.models.interchanges import InterchangeRow
from portal.services.authorizations import asking, deciding, offering, receiving, requesting, watching
from portal.services.authorizations.deciding import Answer
from portal.services.granted import counting
from portal.services.intake.lines import TypedLine
from portal.services.patients import restrictions
from portal.services.unit_of_work.units import Denied
from portal.x12.authorizations.reading import read_requests
from portal.x12.authorizations.writing import write_decisions
from portal.x12.reader import read
from tests.databases import World
from tests.make.x12 import AT, PARTNER
from tests.services.authorizations.desk import DAY, NEEDS, Desk, opened


@pytest.fixture
def desk(world: World) -> Desk:
    return opened(world)


def body(desk: Desk, number: int = 1, **more: object) -> bytes:
    """A 278 of the payer that decides the last request sent."""
    files = sorted(desk.folder.glob("out/**/*.278"))
    (request,) = read_requests(read(files[-1].read_bytes())).requests
    answer = replace(AuthorizationAnswer(request, Decision("A1", "AUTH77", issued_on=DAY)), **more)  # type: ignore[arg-type]
    return write_decisions([answer], partner=PARTNER, numbers=ControlNumbers(number, number, 1), at=AT)


def take(desk: Desk, given: bytes) -> receiving.Received:
    return receiving.import_answers(desk.world.units, desk.biller, "answer.278", given)


def test_asked_answered_billed_counted_and_given_back(desk: Desk):
    desk.rule()
    visit = desk.visit(state="CLEARED")
    claim = desk.claim(visit)
    assert desk.state_of_claim(claim) == ("DRAFT", ["authorization-missing"])
    id_ = desk.ask(visit)
    (request,) = read_requests(read(next(desk.folder.glob("out/*.278")).read_bytes())).requests
    assert (request.services[0].code, request.services[0].units, request.diagnoses[0].code) == (NEEDS, 2, "I10")
    assert (request.trace, desk.row(id_).state) == (f"{desk.row(id_).trace}-1", "SUBMITTED")
    assert desk.items(id_) == [("authorization-answers", "asked", date(2026, 8, 10))]
    assert ("278", 1, 0) in desk.answers()
    row, page = desk.row(id_), desk.page(id_)
    assert (row.state, page.number and page.number.startswith("CBH03A")) == ("APPROVED", True)
    assert desk.items(id_) == []
    assert desk.claim(visit) == claim  # as the job does that was asked for
    assert desk.state_of_claim(claim) == ("READY", [])
    assert desk.send().claims == 1
    assert desk.sent_numbers() == [page.number]
    assert (desk.row(id_).state, desk.left(id_)) == ("IN_USE", [1])
    with desk.world.write("claim:void", desk.world.machine()) as uow:
        counting.give_back(uow, [claim])
        counting.give_back(uow, [claim])
    assert (desk.row(id_).state, desk.left(id_)) == ("APPROVED", [2])
    assert desk.page(id_).used_by == ()


def test_the_same_answer_twice_decides_once_and_a_later_one_goes_to_people(desk: Desk):
    id_ = desk.ask(desk.visit())
    first = take(desk, body(desk))
    assert (first.applied, first.findings) == (1, ())
    assert take(desk, body(desk)).new is False
    again = take(desk, body(desk, 2, decision=Decision("A3", "", "35")))
    assert [finding.code for finding in again.findings] == ["answered-before"]
    row = desk.row(id_)
    assert (row.state, len(desk.kept(id_))) == ("APPROVED", 2)
    assert [(queue, reason) for queue, reason, _ in desk.items(id_)] == [("authorizations", "again")]


@pytest.mark.parametrize(
    ("decision", "state", "reason"),
    [
        (Decision("A3", "", "35"), "DENIED", "denied"),
        (Decision("A4"), "PENDED", "pended"),
        (Decision("CT"), "PENDED", "contact"),
        (Decision("NA"), "NOT_REQUIRED", ""),
        (Decision("A6", "AUTH1"), "MODIFIED", "modified"),
        (Decision("A1"), "SUBMITTED", "unclear"),
        (Decision("ZZ"), "SUBMITTED", "unknown"),
    ],
)
def test_every_decision_puts_the_request_where_it_belongs(desk: Desk, decision: Decision, state: str, reason: str):
    id_ = desk.ask(desk.visit())
    take(desk, body(desk, decision=decision))
    assert desk.row(id_).state == state
    assert [found for queue, found, _ in desk.items(id_) if queue == "authorizations"] == ([reason] if reason else [])


def test_pended_first_and_granted_later_is_granted(desk: Desk):
    id_ = desk.ask(desk.visit())
    take(desk, body(desk, 1, decision=Decision("A4")))
    with desk.writing("authorization:request") as uow:
        requesting.follow_up(uow, id_, "INFO_SENT")
    take(desk, body(desk, 2))
    assert [one.action for one in desk.kept(id_)] == ["pended", "approved"]
    assert desk.row(id_).state == "APPROVED"


def test_fewer_units_than_asked_for_are_what_counts(world: World):
    desk = opened(world, "fewer-units")
    id_ = desk.granted(desk.visit())
    assert (desk.row(id_).state, desk.left(id_)) == ("MODIFIED", [1])


def test_what_the_payer_does_not_take_is_a_draft_again_with_a_new_trace(desk: Desk):
    id_ = desk.ask(desk.visit())
    take(desk, body(desk, decision=None, rejections=(Rejection("subscriber", "72", "C"),)))
    row = desk.row(id_)
    assert (row.state, row.reasons) == ("DRAFT", ["72"])
    assert [reason for _, reason, _ in desk.items(id_)] == ["rejected"]
    asking.ask(desk.world.units, desk.world.runtime.parts, desk.biller, id_)
    assert desk.row(id_).asked == 2
    late = body(desk).replace(f"{row.trace}-2".encode(), f"{row.trace}-1".encode())
    assert [finding.code for finding in take(desk, late).findings] == ["overtaken"]
    assert desk.row(id_).state == "SUBMITTED"


@pytest.mark.parametrize("state", ["PENDED", "INFO_SENT", "APPEAL"])
def test_what_is_not_taken_after_it_was_is_called_about_or_taken_back(desk: Desk, state: str):
    visit = desk.visit()
    id_ = desk.ask(visit)
    take(desk, body(desk, 1, decision=Decision("A3", reason="35") if state == "APPEAL" else Decision("A4")))
    if state != "PENDED":
        with desk.writing("authorization:request") as uow:
            requesting.follow_up(uow, id_, state)
    take(desk, body(desk, 2, decision=None, rejections=(Rejection("event", "33", "C"),)))
    page = desk.page(id_)
    assert (desk.row(id_).state, [reason for _, reason, _ in desk.items(id_)]) == (state, ["rejected"])
    assert (str(page.waits).endswith("or take the request back and ask anew."), "send" in page.actions) == (True, False)
    assert "cancel" in page.actions
    with desk.writing("authorization:request") as uow:
        requesting.cancel(uow, id_, "not-taken")
    assert desk.draft(visit) != id_


def test_a_request_goes_once_and_by_the_page_that_was_read(desk: Desk):
    id_ = desk.draft(desk.visit())
    seen = desk.row(id_).version
    run = (desk.world.units, desk.world.runtime.parts, desk.biller, id_)
    asking.ask(*run, expected_version=seen)
    with pytest.raises(Conflict):
        asking.ask(*run, expected_version=seen)
    with pytest.raises(Refused, match="no-such-move"):
        asking.ask(*run)
    assert len(list(desk.folder.glob("out/*.278"))) == 1
    with pytest.raises(Denied):
        asking.ask(desk.world.units, desk.world.runtime.parts, desk.world.actor("coder"), id_)


def test_a_file_for_nobody_and_a_broken_one_change_nothing(desk: Desk):
    id_ = desk.ask(desk.visit())
    sound = body(desk)
    stranger = sound.replace(desk.row(id_).trace.encode(), b"RFFFFFFFFFFFFFFFFFFFFFFFF")
    found = take(desk, stranger)
    assert (found.applied, [finding.code for finding in found.findings]) == (0, ["unmatched"])
    torn = take(desk, sound[: len(sound) // 2])
    assert (torn.applied, bool(torn.findings)) == (0, True)
    assert take(desk, sound.replace(b"HCR*A1*AUTH77", b"STC*A1*AUTH77")).findings
    assert desk.row(id_).state == "SUBMITTED"
    request = next(desk.folder.glob("out/*.278")).read_bytes()
    assert [each.code for each in take(desk, request).findings] == ["not-278-response"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"first": ""}, "days"),
        ({"last": "2026-08-02"}, "days"),
        ({"place": "0"}, "place"),
        ({"first": "2026-08-01"}, "retroactive"),
        ({"retroactive": "emergency"}, "retroactive"),
        ({"diagnoses": ()}, "incomplete"),
        ({"diagnoses": ("nothing",)}, "diagnosis"),
        ({"services": ()}, "incomplete"),
        ({"services": (TypedLine("", NEEDS, units="0"),)}, "code"),
        ({"services": (TypedLine("", NEEDS), TypedLine("", NEEDS))}, "twice"),
        ({"message": "a\0b"}, "message"),
        ({"coverage_id": None}, "coverage"),
    ],
)
def test_a_request_that_says_too_little_is_turned_down(sqlite_world: World, given: dict[str, object], code: str):
    desk = opened(sqlite_world)
    with pytest.raises(Refused) as refused:
        desk.draft(desk.visit(), **given)
    assert refused.value.code == code


def test_a_payer_is_not_asked_about_a_visit_that_is_kept_from_it(desk: Desk):
    visit = desk.visit()
    id_ = desk.draft(visit)
    with desk.writing("restriction:edit") as uow:
        restrictions.keep(uow, visit.patient_id, visit.encounter_id, DAY.isoformat())
    with pytest.raises(Refused, match="restricted"):
        asking.ask(desk.world.units, desk.world.runtime.parts, desk.biller, id_)
    with pytest.raises(Refused, match="restricted"):
        desk.draft(visit)
    assert (desk.row(id_).state, list(desk.folder.glob("out/*.278"))) == ("DRAFT", [])


def test_asked_after_the_service_the_payer_reads_why(desk: Desk):
    visit = desk.visit(day=date(2026, 7, 20))
    id_ = desk.ask(visit, first="2026-07-20", last="2026-07-20", retroactive="emergency", urgency="expedited")
    sent = next(desk.folder.glob("out/*.278")).read_text()
    assert "MSG*EMERGENCY" in sent
    assert re.search(r"UM\*HS\*I\*\*11:B\*\*U~", sent)
    assert desk.row(id_).due_on == date(2026, 8, 6)


def test_by_phone_is_entered_changed_and_never_below_what_is_used(desk: Desk):
    desk.rule()
    visit = desk.visit(state="CLEARED")
    claim = desk.claim(visit)
    id_ = desk.draft(visit)
    said = Answer("approved", "phone", "TEL-5", valid_from=DAY, valid_to=date(2026, 9, 30), units={1: 1000})
    with desk.writing() as uow:
        deciding.enter(uow, id_, said)
    assert (desk.row(id_).state, desk.row(id_).channel) == ("APPROVED", "phone")
    desk.claim(visit)
    desk.send()
    assert desk.sent_numbers() == ["TEL-5"]
    assert (desk.row(id_).state, desk.left(id_)) == ("EXHAUSTED", [0])
    assert [reason for _, reason, _ in desk.items(id_)] == ["exhausted"]
    assert desk.state_of_claim(claim)[0] == "SUBMITTED"
    for wrong, code in (({1: 500}, "units"), ({}, "units"), ({7: 1000}, "form")):
        with pytest.raises(Refused) as refused, desk.writing() as uow:
            deciding.enter(uow, id_, replace(said, units=wrong))
        assert refused.value.code == code
    with desk.writing() as uow:
        deciding.enter(uow, id_, replace(said, units={1: 3000}))
    assert (desk.row(id_).state, desk.left(id_), desk.items(id_)) == ("IN_USE", [2], [])
    with pytest.raises(Refused), desk.writing("authorization:request") as uow:
        requesting.cancel(uow, id_, "not-planned")


def test_it_is_told_once_that_it_ends_and_then_it_is_over(desk: Desk):
    id_ = desk.granted(desk.visit(), last="2026-09-01")
    machine = desk.world.machine()
    assert watching.watch(desk.world.units, machine) == 0
    desk.world.clock.forward(days=20)
    assert watching.watch(desk.world.units, machine) == 1
    assert [(reason, due) for _, reason, due in desk.items(id_)] == [("expiring", date(2026, 9, 1))]
    with desk.writing("authorization:request") as uow:
        requesting.seen(uow, id_)
    assert watching.watch(desk.world.units, machine) == 0
    assert desk.items(id_) == []
    desk.world.clock.forward(days=30)
    watching.watch(desk.world.units, machine)
    assert desk.row(id_).state == "EXPIRED"


def test_another_practice_and_another_patient_do_not_meet_it(desk: Desk):
    id_ = desk.draft(desk.visit())
    stranger = replace(desk.biller, practice_id=b"\1" * 16, grants=())
    with pytest.raises((NotFound, Denied)), desk.world.units.read(stranger, "authorization:view") as uow:
        uow.get(type(desk.row(id_)), id_)
    other = desk.visit(last="Birch")
    with pytest.raises(Refused) as refused:
        desk.draft(other, coverage_id=desk.visit().coverage_id)
    assert refused.value.code == "other-patient"


def test_an_answer_to_an_appeal_is_followed_and_a_second_denial_goes_to_a_person(desk: Desk):
    id_ = desk.ask(desk.visit())
    denial = Decision("A3", "", "35")
    take(desk, body(desk, 1, decision=denial))
    with desk.writing("authorization:request") as uow:
        requesting.follow_up(uow, id_, "APPEAL")
    told = take(desk, body(desk, 2, decision=denial))
    assert ([one.code for one in told.findings], desk.row(id_).state) == (["denied-again"], "APPEAL")
    assert [reason for _, reason, _ in desk.items(id_)] == ["unclear"]
    assert take(desk, body(desk, 3)).findings == ()
    assert (desk.row(id_).state, desk.items(id_)) == ("APPROVED", [])


def test_several_answers_to_one_request_in_one_file_are_all_read_and_once(desk: Desk):
    id_ = desk.ask(desk.visit())
    (request,) = read_requests(read(next(desk.folder.glob("out/*.278")).read_bytes())).requests
    given = [AuthorizationAnswer(request, decision) for decision in (Decision("A4"), Decision("A1", "AUTH9"))]
    file = write_decisions(given, partner=PARTNER, numbers=ControlNumbers(1, 1, 1), at=AT)
    taken = take(desk, file)
    assert [one.action for one in desk.kept(id_)] == ["pended", "approved"]
    with desk.writing("authorization:answer") as uow:  # as if the process had ended before the file was told as read
        uow.change(uow.get(InterchangeRow, taken.interchange_id), state="RECEIVED")
    receiving.read_in(desk.world.units, desk.biller, None, taken.interchange_id)
    assert (len(desk.kept(id_)), desk.row(id_).state) == (2, "APPROVED")


def test_what_waits_for_no_answer_keeps_one_and_tells_a_person(desk: Desk):
    gone, back = desk.ask(desk.visit()), desk.ask(desk.visit(last="Birch"))
    first, second = (path.read_bytes() for path in sorted(desk.folder.glob("out/*.278")))
    files = {desk.row(id_).trace: id_ for id_ in (gone, back)}
    with desk.writing("authorization:request") as uow:
        requesting.cancel(uow, gone, "not-planned")
    with desk.writing() as uow:
        uow.move(uow.get(AuthorizationRow, back), "DRAFT", AuthorizationFacts(), reason="file-refused")
    for n, sent in enumerate((first, second), 1):
        (request,) = read_requests(read(sent)).requests
        answer = AuthorizationAnswer(request, Decision("A1", "AUTH8"))
        file = write_decisions([answer], partner=PARTNER, numbers=ControlNumbers(n, n, 1), at=AT)
        assert [one.code for one in take(desk, file).findings] == ["not-waiting"]
        id_ = files[request.trace.partition("-")[0]]
        assert ([one.action for one in desk.kept(id_)], desk.row(id_).granted_as) == (["approved"], None)
        assert [(queue, reason) for queue, reason, _ in desk.items(id_)] == [("authorizations", "again")]
    assert "taken back here" in str(desk.page(gone).waits)
    with desk.writing("authorization:request") as uow:
        requesting.seen(uow, gone)
    assert desk.items(gone) == []


def test_a_denial_can_be_left_at_that(desk: Desk):
    id_ = desk.ask(desk.visit())
    take(desk, body(desk, decision=Decision("A3", "", "35")))
    assert "seen" in desk.page(id_).actions
    with desk.writing("authorization:request") as uow:
        requesting.seen(uow, id_)
    assert (desk.row(id_).state, desk.items(id_)) == ("DENIED", [])


def test_an_approval_that_ends_before_it_begins_goes_to_a_person(desk: Desk):
    id_ = desk.ask(desk.visit())
    turned = Decision("A1", "AUTH7", valid_from=date(2027, 3, 1))  # what was asked for ends in 2026
    told = take(desk, body(desk, decision=turned))
    assert (len(told.findings), desk.row(id_).state) == (1, "SUBMITTED")
    assert [reason for _, reason, _ in desk.items(id_)] == ["unclear"]
    said = Answer("approved", "phone", "T-1", valid_from=date(2027, 3, 1), units={1: 1000})
    with pytest.raises(Refused, match="days"), desk.writing() as uow:
        deciding.enter(uow, id_, said)


@pytest.mark.parametrize(
    ("frm", "to"),
    [(b"**UN*2~", b"**UN*999999999999999~"), (b"AUTH77", b"A" * 51), (b"AUTH77", b"AU\a^TH")],
)
def test_units_and_numbers_that_no_claim_can_carry_go_to_a_person(sqlite_world: World, frm: bytes, to: bytes):
    desk = opened(sqlite_world)
    id_ = desk.ask(desk.visit())
    sound = body(desk)
    assert frm in sound
    told = take(desk, sound.replace(frm, to))
    assert (told.items, len(desk.kept(id_)), desk.row(id_).state) == (1, 1, "SUBMITTED")
    assert [reason for _, reason, _ in desk.items(id_)] == ["unclear"]


def test_the_same_request_twice_is_asked_once(desk: Desk):
    visit = desk.visit()
    id_ = desk.draft(visit)
    with pytest.raises(Refused) as refused:
        desk.draft(visit)
    assert refused.value.code == "asked-already"
    other = desk.draft(visit, services=(TypedLine("", NEEDS, units="3"),))
    with desk.writing("authorization:request") as uow:
        requesting.cancel(uow, id_, "asked-twice")
    assert desk.draft(visit) not in {id_, other}


def test_a_form_is_not_made_of_two_patients(desk: Desk):
    visit, other = desk.visit(), desk.visit(last="Birch")
    theirs = desk.draft(other)
    for more in ({"visit_id": other.encounter_id}, {"previous_id": theirs}):
        with pytest.raises(NotFound), desk.world.read("authorization:request", desk.biller) as uow:
            offering.offer(uow, visit.patient_id, **more)
