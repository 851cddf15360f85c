"""Payers are asked about coverage once, in files that go out, and again when it is time."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.errors import NotFound, Refused
from portal.jobs.handlers import Tools
from portal.jobs.worker import Worker
from portal.models.eligibility import EligibilityRuleRow
from portal.models.interchanges import InterchangeRow
from portal.models.patients import PatientRow
from portal.services.coverage import asking, nights
from portal.services.patients import restrictions
from portal.services.unit_of_work.units import Denied
from portal.x12.coverage.asking import read_questions
from portal.x12.reader import read
from tests.databases import World
from tests.make import claims as make
from tests.make import work
from tests.services.coverage.desk import DAY, MEMBER, Desk, folders


def files(desk: Desk) -> list[str]:
    with desk.world.read("interchange:view") as uow:
        rows = uow.rows(uow.select(InterchangeRow.state).where(InterchangeRow.kind == "270"))
        return [row.state for row in rows]


def test_a_visit_under_way_is_asked_about_once(desk: Desk):
    visit = desk.visit()
    assert desk.ask().questions == 1
    (body,) = desk.sent()
    found = read_questions(read(body))
    assert found.findings == ()
    (question,) = found.questions
    assert (question.subscriber.member_id, question.on, question.service_types) == (MEMBER, DAY, ("30",))
    assert (question.subscriber.person.last, question.provider.identifier) == ("ASHGROVE", question.provider.identifier)
    (row,) = desk.questions()
    assert (row.trace, row.state, row.coverage_id) == (question.trace, "ASKED", visit.coverage_id)
    assert row.reference == question.reference
    assert files(desk) == ["SENT"]
    assert desk.ask().questions == 0


def test_a_dependent_is_asked_about_through_the_subscriber(desk: Desk):
    subscriber = {"last": "Ashgrove", "first": "Otto", "birth_date": "1979-02-03", "sex": "M"}
    desk.visit(cover={"relationship": "19", "subscriber_sealed": subscriber})
    desk.ask()
    (question,) = read_questions(read(desk.sent()[0])).questions
    assert question.dependent is not None
    assert (question.dependent.first, question.relationship) == ("MINA", "19")
    assert question.subscriber.person.birth_date == date(1979, 2, 3)


def test_visits_of_one_month_are_one_question_and_of_two_months_two(desk: Desk):
    first = desk.visit()
    with desk.world.write("claim:edit") as uow:
        person = uow.get(PatientRow, first.patient_id)
        make.visit(uow, person=person, state="QA", day=date(2026, 7, 2))
        make.visit(uow, person=person, state="QA", day=date(2026, 6, 2))
    desk.ask()
    assert sorted(row.on_date for row in desk.questions()) == [date(2026, 6, 2), date(2026, 7, 20)]


@pytest.mark.parametrize("more", [{"covered": False}, {"state": "CLEARED"}, {"cover": {"valid_to": date(2026, 6, 30)}}])
def test_nobody_is_asked_about(desk: Desk, more: dict):
    desk.visit(**more)
    assert desk.ask().questions == 0
    assert desk.sent() == []


def test_a_visit_that_is_kept_from_the_plan_is_no_reason_to_ask_it(desk: Desk):
    with desk.world.write("claim:edit") as uow:
        made = make.claim(uow, cover={"member_id_sealed": MEMBER}, day=DAY)
    patient_id, encounter_id = made.patient_id, made.encounter_id
    with desk.world.write("restriction:edit", desk.clerk) as uow:
        restrictions.keep(uow, patient_id, encounter_id, DAY.isoformat())
    assert desk.ask().questions == 0
    with desk.world.write("claim:edit") as uow:
        make.visit(uow, person=uow.get(PatientRow, patient_id), state="QA", day=date(2026, 7, 2))
    assert desk.ask().questions == 1
    assert [row.on_date for row in desk.questions()] == [date(2026, 7, 2)], "the other visit of that month, and its day"
    with desk.world.write("restriction:edit", desk.clerk) as uow:
        restrictions.lift(uow, patient_id, encounter_id, expected_version=1)
    desk.world.clock.forward(days=3)
    desk.ask()
    assert DAY in {row.on_date for row in desk.questions()}


def test_a_clerk_cannot_ask_about_a_day_that_is_kept_from_the_plan(desk: Desk):
    today = date(2026, 8, 3)
    visit = desk.visit(day=today)
    run = (desk.world.units, desk.world.runtime.parts, desk.clerk, visit.patient_id)
    with desk.world.write("restriction:edit", desk.clerk) as uow:
        restrictions.keep(uow, visit.patient_id, visit.encounter_id, today.isoformat())
    with pytest.raises(Refused, match="restricted"):
        asking.ask_patient(*run)
    assert desk.sent() == []
    with desk.world.write("claim:edit") as uow:
        make.visit(uow, person=uow.get(PatientRow, visit.patient_id), state="QA", day=today)
    assert asking.ask_patient(*run).questions == 1


def test_a_claim_that_is_not_sent_is_asked_about_again_after_the_days_of_the_rule(answering):
    desk = answering()
    with desk.world.write("claim:edit") as uow:
        make.claim(uow, cover={"member_id_sealed": MEMBER})
    assert desk.round().questions == 1
    desk.world.clock.forward(days=20)
    assert desk.ask().questions == 0
    payer_id = desk.questions()[0].payer_id
    with desk.world.write("eligibility:edit") as uow:
        uow.new(EligibilityRuleRow, payer_id=payer_id, recheck_days=14)
    assert desk.round().questions == 1
    assert desk.ask().questions == 0


def test_what_is_not_answered_is_asked_again_after_some_days(desk: Desk):
    desk.visit()
    assert desk.ask().questions == 1
    desk.world.clock.forward(days=2)
    assert desk.ask().questions == 0
    desk.world.clock.forward(days=1)
    assert desk.ask().questions == 1
    assert len({row.trace for row in desk.questions()}) == 2


def test_a_file_that_the_partner_refuses_counts_as_not_asked(answering):
    desk = answering()
    desk.visit()
    desk.ask()
    (path,) = desk.folder.glob("out/*.270")
    path.write_bytes(path.read_bytes().replace(b"005010X279A1", b"005010X279"))
    desk.take()
    asked = desk.ask()
    assert (asked.refused, asked.questions) == (1, 1)
    assert sorted(row.state for row in desk.questions()) == ["ASKED", "FAILED"]
    assert [reason for reason, _ in desk.items()] == ["file-refused"]
    assert desk.items("unmatched-answers") == []


def test_a_clerk_asks_about_one_patient_at_any_time(desk: Desk):
    visit = desk.visit(state="CLEARED")
    parts = desk.world.runtime.parts
    for n in (1, 2):
        desk.world.clock.forward(minutes=1)
        assert asking.ask_patient(desk.world.units, parts, desk.clerk, visit.patient_id).questions == 1
        assert len(desk.questions()) == n
    assert {(row.on_date, row.reason) for row in desk.questions()} == {(date(2026, 8, 3), "hand")}
    with pytest.raises(NotFound):
        asking.ask_patient(desk.world.units, parts, desk.clerk, b"x" * 16)
    uncovered = desk.visit(last="Birch", covered=False)
    with pytest.raises(Refused, match="no-coverage"):
        asking.ask_patient(desk.world.units, parts, desk.clerk, uncovered.patient_id)
    with pytest.raises(Denied):
        asking.ask_patient(desk.world.units, parts, desk.world.actor("coder"), visit.patient_id)


def test_without_a_partner_nothing_is_asked(world: World):
    desk = Desk(world, world.runtime.settings.edi / "clearing")
    desk.visit()
    with pytest.raises(Refused, match="no-partner"):
        desk.ask()
    assert desk.questions() == []


def test_a_file_left_behind_goes_later_and_once(desk: Desk):
    desk.visit()
    (desk.folder / "out").rename(desk.folder / "aside")
    (desk.folder / "out").write_text("no folder")
    desk.ask()
    assert files(desk) == ["WRITTEN"]
    (desk.folder / "out").unlink()
    (desk.folder / "aside").rename(desk.folder / "out")
    resend = (desk.world.units, desk.world.runtime.parts, desk.world.machine())
    assert asking.resend_unsent(*resend) == 0, "it may still be on its way"
    desk.world.clock.forward(minutes=6)
    assert asking.resend_unsent(*resend) == 1
    assert (files(desk), len(desk.sent())) == (["SENT"], 1)
    assert asking.resend_unsent(*resend) == 0


def test_every_night_asks_once(desk: Desk):
    desk.visit()
    desk.world.clock.forward(hours=-6)
    assert nights.night(desk.world.units) == 0, "one in the morning there"
    desk.world.clock.forward(hours=2)
    assert [nights.night(desk.world.units) for _ in range(2)] == [1, 0]
    work.drain(desk.world)
    assert len(desk.questions()) == 1
    desk.world.clock.forward(days=1)
    assert nights.night(desk.world.units) == 1


def test_new_claims_ask_together_at_the_next_hour(sqlite_world: World):  # the other engine's clock is its own
    folders(sqlite_world)
    desk = Desk(sqlite_world, sqlite_world.runtime.settings.edi / "clearing")
    worker = Worker(Tools(desk.world.units, desk.world.runtime.parts, lambda: None))
    with desk.world.write("claim:edit") as uow:
        make.claim(uow, cover={"member_id_sealed": MEMBER})
    for _ in range(2):
        with desk.world.write("claim:edit") as uow:
            nights.soon(uow)
    worker.drain()
    assert desk.questions() == []
    desk.world.clock.forward(hours=1)
    worker.drain()
    assert len(desk.questions()) == 1
