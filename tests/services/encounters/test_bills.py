"""Bills: verified point by point by a person, in doubt confirmed with the practice, and only then coded."""

from __future__ import annotations

import pytest

from portal.domain.errors import Conflict, Refused
from portal.models.bills import BillCheckRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.queues import QueueItemRow
from portal.services.encounters import bills, coding, questions
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import bills as make
from tests.make import visits


def stands(world: World, id_: bytes) -> tuple[str, list[str]]:
    with world.read("queue:view") as uow:
        items = uow.rows(
            uow.select(QueueItemRow.queue).where(QueueItemRow.subject_id == id_, QueueItemRow.state == "OPEN")
        )
    with world.read("account:view") as uow:
        return uow.get(EncounterRow, id_).state, [item.queue for item in items]


def shown(world: World, id_: bytes) -> bills.BillPage:
    with world.read("bill:verify", world.actor("charge-clerk")) as uow:
        return bills.show(uow, id_)


def test_a_bill_in_doubt_waits_for_the_practice_and_comes_back_with_the_answer(world: World):
    id_ = make.registered(world)
    clerk, clinician = world.actor("charge-clerk"), world.actor("clinician")
    assert stands(world, id_) == ("RECEIVED", ["bills"])
    page = shown(world, id_)
    assert page.may_verify
    assert {point.chosen for point in page.points} == {""}
    for answers in (make.UNREADABLE, {}):
        with pytest.raises(Refused, match="in-order"), world.write("bill:verify", clerk) as uow:
            bills.verify(uow, id_, page.version, answers)
    for answers, words, code in ((make.IN_ORDER, "Which day?", "doubt"), (make.UNREADABLE, "  ", "question")):
        with pytest.raises(Refused, match=code), world.write("bill:verify", clerk) as uow:
            bills.ask(uow, id_, page.version, answers, "document", words)
    with world.write("bill:verify", clerk) as uow:
        bills.ask(uow, id_, page.version, make.UNREADABLE, "document", "Page 2 is black. Please send it again.")
    assert stands(world, id_) == ("BILL_ASKED", ["questions"])
    with world.write("question:answer", clinician) as uow:
        told = questions.show(uow, id_)
        assert told.asked is not None
        assert told.asked.words.startswith("Page 2")
        questions.answer(uow, id_, told.asked.version, "It is attached now.", "self")
    assert stands(world, id_) == ("RECEIVED", ["bills"])
    page = shown(world, id_)
    assert {point.point: point.chosen for point in page.points}["legible"] == "", "what was in doubt is asked anew"
    assert sum(point.chosen == "YES" for point in page.points) == 4
    assert [(one.answer, one.open) for one in page.asked] == [("It is attached now.", False)]
    make.verified(world, id_)
    assert stands(world, id_) == ("PROPOSED", ["coding"])
    with world.read("account:view") as uow:
        kept = uow.rows(uow.select(BillCheckRow.point, BillCheckRow.answer, BillCheckRow.actor))
    assert len(kept) == 10
    assert {row.answer for row in kept if row.point == "legible"} == {"YES", "DOUBT"}
    with pytest.raises(Refused, match="settled"):
        make.verified(world, id_)


def test_nothing_is_coded_before_its_bill_is_verified(world: World):
    id_ = make.registered(world)
    with world.read("encounter:code", world.actor("coder")) as uow:
        page = coding.show(uow, id_)
    assert (page.may_code, str(page.why_not)) == (False, "The bill of this visit is verified first.")
    with pytest.raises(Refused, match="settled"):
        visits.coded(world, id_)
    make.verified(world, id_)
    visits.coded(world, id_)


def test_a_visit_set_aside_is_billed_to_nobody_and_can_be_taken_up_again(world: World):
    id_ = make.registered(world)
    clerk, version = world.actor("charge-clerk"), visits.version_of(world, id_)
    with pytest.raises(Refused, match="reason"), world.write("bill:verify", clerk) as uow:
        bills.set_aside(uow, id_, version, "mood", "")
    with world.write("bill:verify", clerk) as uow:
        bills.set_aside(uow, id_, version, "wrong-patient", "It is her sister's.")
    page = shown(world, id_)
    assert page.aside is not None
    assert (str(page.aside_words), page.aside.note, page.lines) == (
        "It is another patient's",
        "It is her sister's.",
        (),
    )
    assert stands(world, id_) == ("SET_ASIDE", [])
    with pytest.raises(Conflict), world.write("bill:verify", clerk) as uow:
        bills.take_up(uow, id_, version)
    with world.write("bill:verify", clerk) as uow:
        bills.take_up(uow, id_, page.version)
    assert stands(world, id_) == ("RECEIVED", ["bills"])
    with world.read("account:view") as uow:
        assert uow.rows(uow.select(ChargeRow.active))[0].active


def test_two_who_verify_one_bill_meet_in_a_conflict(world: World):
    id_ = make.registered(world)
    version = visits.version_of(world, id_)
    clerk = world.actor("charge-clerk")
    with world.write("bill:verify", clerk) as uow:
        bills.ask(uow, id_, version, make.UNREADABLE, "document", "Which day?")
    with world.write("bill:verify", clerk) as uow:
        questions.take_back(uow, id_, 1, "BILL_ASKED")
    with pytest.raises(Conflict), world.write("bill:verify", clerk) as uow:
        bills.verify(uow, id_, version, make.IN_ORDER)
    assert stands(world, id_) == ("RECEIVED", ["bills"])


def test_a_visit_from_the_practices_own_system_has_no_bill_to_verify(world: World):
    (id_,) = visits.bring(world)
    page = shown(world, id_)
    assert (page.state.code, page.may_verify) == ("PROPOSED", False)
    with pytest.raises(Refused, match="settled"):
        make.verified(world, id_)


@pytest.mark.parametrize("role", ["biller", "qa-auditor", "coding-manager", "compliance-officer", "clinician"])
def test_who_may_not_verify(world: World, role: str):
    with pytest.raises(Denied), world.write("bill:verify", world.actor(role)):
        raise AssertionError("nothing opens without a permission")
