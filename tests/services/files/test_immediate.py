"""Asking at once: the answer is read in like any other; without one the question goes with the files, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from portal.access.actors import system
from portal.domain.errors import Refused
from portal.domain.realtime import service
from portal.models.interchanges import InterchangeRow
from portal.models.patients import PatientRow
from portal.sandbox.clearinghouse import Clearinghouse
from portal.sandbox.realtime import RealtimePayer
from portal.services import interchanges, practices, realtime
from portal.services.coverage import asking, showing
from portal.services.files import immediate
from tests.databases import World
from tests.make import claims as make
from tests.make import work
from tests.services.coverage.desk import MEMBER, Desk, folders

PASSWORD = "of the payer"
TODAY = date(2026, 8, 3)


@dataclass
class Counter:
    desk: Desk
    payer: RealtimePayer
    patient_id: bytes

    def ask(self) -> asking.Asked:
        world = self.desk.world
        self.desk.world.clock.forward(minutes=5)
        return asking.ask_patient(world.units, world.runtime.parts, self.desk.clerk, self.patient_id)

    def now(self, file_id: bytes) -> bool:
        world = self.desk.world
        actor = system("eligibility.now", practice_id=world.practice_id)
        return immediate.ask(world.units, world.runtime.parts, actor, file_id)

    def files(self, direction: str = "out") -> list[InterchangeRow]:
        with self.desk.world.read("eligibility:view", self.desk.clerk) as uow:
            found = uow.select(InterchangeRow).where(InterchangeRow.direction == direction)
            return uow.entities(found.order_by(InterchangeRow.created_at, InterchangeRow.id))

    def why(self) -> list[str]:
        with self.desk.world.read("eligibility:view", self.desk.clerk) as uow:
            rows = uow.entities(uow.select(InterchangeRow).where(InterchangeRow.direction == "out"))
            return [str(each.text) for row in rows for each in interchanges.findings_of(uow, row)]

    def page(self) -> showing.EligibilityPage:
        with self.desk.world.read("eligibility:view", self.desk.clerk) as uow:
            return showing.show(uow, self.patient_id)


@pytest.fixture
def counter(world: World) -> Iterator[Counter]:
    folder = folders(world)
    house = Clearinghouse(folder / "out", folder / "in", clock=world.clock, cases={MEMBER: "active"})
    desk = Desk(world, folder, house)
    visit = desk.visit(day=TODAY)
    with RealtimePayer(house.at_once, user="juniper", password=PASSWORD, clock=world.clock) as payer:
        with world.write("partner:edit") as uow:
            partner = practices.partner_by_code(uow, world.practice_id, "clearing")
            realtime.set_service(uow, partner, service(payer.url, "juniper", sender="J", receiver="C"), PASSWORD)
        yield Counter(desk, payer, visit.patient_id)


def test_the_answer_is_there_within_the_job_and_nothing_goes_by_file(counter: Counter):
    asked = counter.ask()
    assert (asked.questions, asked.at_once, counter.payer.asked) == (1, True, [])
    assert counter.page().asking
    for _ in range(2):  # the reading of what came back is a job of its own
        work.drain(counter.desk.world)
    (told,) = [each.told for each in counter.page().coverages]
    assert told.state is not None
    assert told.state.code == "ACTIVE"
    assert not counter.page().asking
    assert [row.state for row in counter.files()] == ["SENT"]
    assert [(row.kind, row.state) for row in counter.files("in")] == [("271", "APPLIED")]
    assert counter.desk.sent() == []
    work.drain(counter.desk.world)
    assert not counter.now(asked.files[0]), "what went is not asked again"
    assert len(counter.payer.asked) == 1


def test_two_coverages_are_two_envelopes(counter: Counter):
    world = counter.desk.world
    with world.write("claim:edit") as uow:
        patient = uow.get(PatientRow, counter.patient_id)
        cover = {"member_id_sealed": MEMBER, "rank": "S"}
        make.visit(uow, person=patient, state="CODED", day=TODAY, cover=cover, payer_code="CBH04")
    assert counter.ask().questions == 2
    work.drain(world)
    assert len(counter.payer.asked) == 2
    assert len({each["PayloadID"] for each in counter.payer.asked}) == 2
    assert all(each["Payload"].count("~ST*") + each["Payload"].count("\nST*") <= 1 for each in counter.payer.asked)


@pytest.mark.parametrize("wrong", ["down", "html", "error", "cut"])
def test_without_an_answer_the_question_goes_as_a_file_and_says_why(counter: Counter, wrong: str):
    counter.payer.fault = wrong
    counter.ask()
    work.drain(counter.desk.world)
    assert [row.state for row in counter.files()] == ["SENT"]
    assert len(counter.desk.sent()) == 1
    (why,) = counter.why()
    assert "The question goes with the files." in why
    counter.payer.fault = ""
    counter.desk.take()
    assert counter.page().coverages[0].told.state is not None, "its answer comes with the files"
    work.drain(counter.desk.world)
    assert len(counter.payer.asked) == 1


def test_what_a_killed_worker_left_goes_on(counter: Counter, monkeypatch: pytest.MonkeyPatch):
    asked = counter.ask()

    def killed(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(immediate.reading, "take_in", killed)
        with pytest.raises(KeyboardInterrupt):
            counter.now(asked.files[0])
    assert [row.state for row in counter.files()] == ["WRITTEN"]
    assert counter.now(asked.files[0])
    work.drain(counter.desk.world)
    assert len({each["PayloadID"] for each in counter.payer.asked}) == 1, "the same question"
    assert len(counter.desk.answers()) == 1


def test_a_service_is_set_changed_and_taken_away(counter: Counter):
    world = counter.desk.world
    with world.write("partner:edit") as uow:
        partner = practices.partner_by_code(uow, world.practice_id, "clearing")
        realtime.set_service(uow, partner, service(counter.payer.url, "maple", sender="J", receiver="C"))
        found = realtime.with_password(uow, partner.id)
    assert found is not None
    assert (found[0].user, found[1]) == ("maple", PASSWORD), "the password stays"
    with world.write("partner:edit") as uow:
        partner = practices.partner_by_code(uow, world.practice_id, "clearing")
        realtime.set_service(uow, partner, None)
        uow.flush()
        with pytest.raises(Refused, match="service-password"):
            realtime.set_service(uow, partner, found[0])
        with pytest.raises(Refused, match="service-password"):
            realtime.set_service(uow, partner, found[0], "pass\nword")
    asked = counter.ask()
    assert not asked.at_once
    assert len(counter.desk.sent()) == 1
    assert not counter.page().asking
