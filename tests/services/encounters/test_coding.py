"""Coding and the second look: the proposal stays, the difference shows, and two people look."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.domain.errors import Conflict, Refused
from portal.models.claims import ClaimRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.queues import DutyWaiverRow, QueueItemRow
from portal.sandbox.codes import hcpcs_file, icd10cm_file
from portal.services import codes, practices
from portal.services.charges import entering
from portal.services.claims import drafting, steps
from portal.services.encounters import bills, coding, importing, review
from portal.services.encounters.coding import CodePage, Typed
from portal.services.encounters.differences import differences
from portal.services.intake.lines import TypedLine
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import visits as make


def opened(world: World, id_: bytes, **more: object) -> CodePage:
    with world.read("encounter:code", world.actor("coder")) as uow:
        return coding.show(uow, id_, **more)


def save(world: World, id_: bytes, typed: Typed, version: int | None = None) -> None:
    with world.write("encounter:code", world.actor("coder")) as uow:
        coding.save(uow, id_, version or uow.get(EncounterRow, id_).version, typed)


def state_and_queue(world: World, id_: bytes) -> tuple[str, list[str]]:
    with world.read("queue:view") as uow:
        items = uow.rows(
            uow.select(QueueItemRow.queue).where(QueueItemRow.subject_id == id_, QueueItemRow.state == "OPEN")
        )
    with world.read("account:view") as uow:
        return uow.get(EncounterRow, id_).state, [item.queue for item in items]


def test_a_visit_opens_with_its_proposal(world: World):
    claim = make.some(1)[0]
    (id_,) = make.bring(world, claim)
    with world.write("code:load") as uow:
        codes.load(uow, "icd10cm", "order", icd10cm_file(), date(2025, 10, 1))
        codes.load(uow, "hcpcs", "anweb", hcpcs_file(), date(2025, 10, 1))
        codes.load_places(uow)
    page = opened(world, id_, find="sore throat")
    assert page.may_code
    assert page.patient_name == f"{claim.patient.first} {claim.patient.middle} {claim.patient.last}".replace("  ", " ")
    assert (page.day, page.payer_name) == (claim.lines[0].from_date, claim.cover.payer_name)
    assert str(page.place) == ("Office" if claim.place == "11" else "Home")
    assert page.provider == f"{claim.rendering.first} {claim.rendering.last}"
    assert [line.code for line in page.lines] == [line.code for line in claim.lines]
    assert all(line.words for line in page.lines)
    assert not any(line.changed for line in page.lines)
    assert [(hit.code, hit.kind) for hit in page.hits or ()] == [("J029", "diagnosis")]
    assert state_and_queue(world, id_) == ("PROPOSED", ["coding"])


def test_a_service_before_october_2015_is_coded_in_icd_9_cm(world: World):
    claim = make.some(1)[0]
    day = date(2015, 9, 30)
    old = replace(claim, lines=tuple(replace(line, from_date=day, to_date=day) for line in claim.lines))
    (id_,) = make.bring(world, old)
    with world.write("code:load") as uow:
        codes.load(uow, "icd9cm", "dx", b"4019  High blood pressure\n25000 Diabetes\n", date(2014, 10, 1))
        codes.load(uow, "icd10cm", "order", icd10cm_file(), date(2015, 10, 1))
    page = opened(world, id_, find="blood")
    assert [(hit.code, hit.kind) for hit in page.hits or ()] == [("4019", "diagnosis")]
    with pytest.raises(Refused, match="diagnosis"):
        save(world, id_, replace(make.typed(page), diagnoses=("I10",)))
    save(world, id_, replace(make.typed(page), diagnoses=("401.9", "25000")))
    page = opened(world, id_)
    assert [(each.code, each.words) for each in page.diagnoses] == [
        ("4019", "High blood pressure"), ("25000", "Diabetes"),
    ]  # fmt: skip
    with world.read("account:view") as uow:
        assert uow.get(EncounterRow, id_).code_qualifier == "BK"


def test_what_is_changed_is_kept_beside_the_proposal(world: World):
    claim = make.some(1)[0]
    (id_,) = make.bring(world, claim)
    first, *rest = make.typed(opened(world, id_)).lines
    lines = (
        replace(first, code="g0438", modifiers="25, gc", points="ab", units="2"),
        *rest[1:-1],
        TypedLine("", "A4550"),
    )
    save(world, id_, Typed(("z23", "I10."), tuple(replace(line, points="A") for line in lines)))
    page = opened(world, id_)
    assert [each.code for each in page.diagnoses] == ["Z23", "I10"]
    assert page.proposed_diagnoses == claim.diagnoses
    assert page.proposed_lines[0].split()[0] == claim.lines[0].code
    assert page.lines[0].changed
    assert (page.lines[0].code, page.lines[0].modifiers, page.lines[0].units) == ("G0438", "25 GC", "2")
    assert page.lines[-1].proposed == ""
    with world.read("account:view") as uow:
        charges = uow.rows(
            uow.select(ChargeRow.position, ChargeRow.active, ChargeRow.charge_cents).where(
                ChargeRow.encounter_id == id_
            )
        )
        assert sum(not row.active for row in charges) == (len(claim.lines) > 1)
        encounter = uow.get(EncounterRow, id_)
        assert encounter.charge_cents == sum(row.charge_cents for row in charges if row.active)
        found = differences(
            uow.read(encounter, EncounterRow.proposal_sealed), ["Z23", "I10"],
            uow.entities(uow.select(ChargeRow).where(ChargeRow.encounter_id == id_)), {},
        )  # fmt: skip
    assert str(found[0].what) == "Diagnoses"
    assert any(each.proposed == "" and each.coded.startswith("A4550") for each in found)


def test_prices_follow_units_and_the_list(world: World):
    claim = next(each for each in make.claims() if each.lines[0].units == 1)
    (id_,) = make.bring(world, claim)
    with world.write("price:load", replace(world.machine())) as uow:
        practices.load_prices(uow, world.practice_id, [("A4550", "", 3000), ("A4550", "RT", 4000)], date(2026, 1, 1))
    typed = make.typed(opened(world, id_))
    twice = replace(typed.lines[0], units="2")
    added = [TypedLine("", "A4550", points="A", units="3"), TypedLine("", "A4550", "RT", "A")]
    save(world, id_, replace(typed, lines=(twice, *typed.lines[1:], *added)))
    with world.read("account:view") as uow:
        rows = uow.rows(
            uow.select(ChargeRow.charge_cents).where(ChargeRow.encounter_id == id_).order_by(ChargeRow.position)
        )
    assert rows[0].charge_cents == 2 * claim.lines[0].charge_cents
    assert [row.charge_cents for row in rows[-2:]] == [9000, 4000]


@pytest.mark.parametrize(
    ("diagnoses", "line", "code"),
    [
        (("999",), {}, "diagnosis"),
        (("Z23", "z23"), {}, "diagnosis"),
        (tuple(f"A{n:02d}" for n in range(13)), {}, "diagnosis"),
        (("Z23",), {"code": "?"}, "code"),
        (("Z23",), {"modifiers": "1"}, "code"),
        (("Z23",), {"modifiers": "25 25"}, "code"),
        (("Z23",), {"points": "B"}, "code"),
        (("Z23",), {"points": "A A"}, "code"),
        (("Z23",), {"points": "+"}, "code"),
        (("Z23",), {"points": "9" * 5000}, "code"),
        (("Z23",), {"units": "0"}, "code"),
        (("Z23",), {"units": "many"}, "code"),
    ],
)
def test_what_cannot_be_read_is_turned_down_and_nothing_kept(world: World, diagnoses: tuple, line: dict, code: str):
    (id_,) = make.bring(world)
    before = opened(world, id_)
    typed = Typed(diagnoses, (replace(TypedLine("1", "A4550", points="A", units="1"), **line),))
    with pytest.raises(Refused) as caught:
        save(world, id_, typed)
    assert caught.value.code == code
    assert opened(world, id_) == before
    shown = opened(world, id_, typed=typed)
    assert shown.lines[0].code == typed.lines[0].code


def test_more_services_than_a_claim_takes_are_turned_down(world: World):
    (id_,) = make.bring(world)
    before = opened(world, id_)
    # a position of five thousand digits is none of the visit's, and breaks nothing
    many = tuple(TypedLine("9" * 5000, "A4550", points="A", units="1") for _ in range(51))
    with pytest.raises(Refused, match="code"):
        save(world, id_, Typed(("Z23",), many))
    assert opened(world, id_) == before
    save(world, id_, Typed(("Z23",), many[:50]))
    assert len(opened(world, id_).lines) == 50


def test_a_visit_without_diagnosis_or_pointer_is_not_coded(world: World):
    (id_,) = make.bring(world)
    page = opened(world, id_)
    for typed in (
        replace(make.typed(page), diagnoses=()),
        Typed(("Z23",), (TypedLine("1", "A4550"),)),
        Typed(("Z23",), ()),
    ):
        lines = tuple(replace(line, points="") for line in typed.lines)
        with pytest.raises(Refused, match="guard:coded"), world.write("encounter:code", world.actor("coder")) as uow:
            coding.finish(uow, id_, page.version, replace(typed, lines=lines))
    assert state_and_queue(world, id_)[0] == "PROPOSED"


def test_two_coders_meet_in_a_conflict(world: World):
    (id_,) = make.bring(world)
    page = opened(world, id_)
    save(world, id_, make.typed(page), page.version)
    with pytest.raises(Conflict):
        save(world, id_, make.typed(page), page.version)


def test_codes_are_released_by_another_person_only(world: World):
    (id_,) = make.bring(world)
    make.coded(world, id_, "one")
    assert state_and_queue(world, id_) == ("CODE_REVIEW", ["code-review"])
    same, other = world.actor("coding-manager", "one"), world.actor("coding-manager", "two")
    with world.read("encounter:review", same) as uow:
        page = review.show(uow, id_)
        assert (page.may_review, page.differences) == (False, ())
    with pytest.raises(Refused), world.write("encounter:review", same) as uow:
        review.release(uow, id_, page.version)
    with pytest.raises(Refused), world.write("encounter:review") as uow:
        review.release(uow, id_, page.version)
    with world.write("encounter:review", other) as uow:
        assert review.show(uow, id_).may_review
        review.release(uow, id_, page.version)
    assert state_and_queue(world, id_) == ("RELEASED", ["charge-entry"])
    with pytest.raises(Refused, match="settled"):
        save(world, id_, Typed(("Z23",), ()))


def test_a_waived_duty_lets_one_person_do_both(world: World):
    (id_,) = make.bring(world)
    make.coded(world, id_, "one")
    with world.write("practice:edit") as uow:
        uow.new(
            DutyWaiverRow, practice_id=world.practice_id, earlier="encounter:code", later="encounter:review",
            reason="one-person office", granted_by="0" * 32, valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31),
        )  # fmt: skip
    with world.write("encounter:review", world.actor("coding-manager", "one")) as uow:
        review.release(uow, id_, review.show(uow, id_).version)
    assert state_and_queue(world, id_) == ("RELEASED", ["charge-entry"])


def test_codes_come_back_with_a_category_and_words(world: World):
    (id_,) = make.bring(world)
    make.coded(world, id_)
    manager = world.actor("coding-manager")
    version = make.version_of(world, id_)
    with pytest.raises(Refused, match="category"), world.write("encounter:review", manager) as uow:
        review.send_back(uow, id_, version, {"because": 1}, "")
    with world.write("encounter:review", manager) as uow:
        review.send_back(uow, id_, version, {"modifier": 2}, "Add 25, please.")
    assert state_and_queue(world, id_) == ("PROPOSED", ["coding"])
    page = opened(world, id_)
    assert page.returned is not None
    assert (str(page.returned.category), page.returned.note) == ("A modifier is missing or wrong", "Add 25, please.")
    world.clock.forward(minutes=5)
    make.coded(world, id_)
    with world.write("encounter:review", manager) as uow:
        review.release(uow, id_, review.show(uow, id_).version)


@pytest.mark.parametrize("role", ["charge-clerk", "biller", "qa-auditor", "compliance-officer", "payer-user"])
def test_who_may_code_and_review(world: World, role: str):
    for permission in ("encounter:code", "encounter:review"):
        with pytest.raises(Denied), world.write(permission, world.actor(role)):
            raise AssertionError("nothing opens without a permission")


def test_a_manager_does_not_code_and_a_coder_does_not_review(world: World):
    for permission, role in (("encounter:code", "coding-manager"), ("encounter:review", "coder")):
        with pytest.raises(Denied), world.write(permission, world.actor(role)):
            raise AssertionError("nothing opens without a permission")


def test_a_visit_of_a_wrong_patient_is_set_aside_before_it_is_coded_and_no_file_makes_it_anew(world: World):
    claim = make.some(1)[0]
    (id_,) = make.bring(world, claim)
    coder, seen = world.actor("coder"), make.version_of(world, id_)
    for reason, version, wrong in (("mood", seen, Refused), ("wrong-patient", seen + 1, Conflict)):
        with pytest.raises(wrong), world.write("encounter:code", coder) as uow:
            coding.set_aside(uow, id_, version, reason, "")
    with pytest.raises(Denied), world.write("encounter:code", world.actor("payment-poster")) as uow:
        coding.set_aside(uow, id_, seen, "wrong-patient", "")
    with world.write("encounter:code", coder) as uow:
        coding.set_aside(uow, id_, seen, "wrong-patient", " It is her sister's. ")
    page = opened(world, id_)
    assert (page.may_code, page.aside and page.aside.happened.note) == (False, "It is her sister's.")
    assert state_and_queue(world, id_) == ("SET_ASIDE", [])
    with pytest.raises(Refused, match="settled"):
        make.coded(world, id_)
    with pytest.raises(Refused, match="settled"), world.write("charge:enter", world.actor("charge-clerk")) as uow:
        entering.enter(uow, id_, page.version)
    with world.write("claim:edit", world.machine()) as uow:
        assert drafting.draft_for(uow, id_).claim_id is None
    again = importing.import_visits(world.units, world.actor("charge-clerk"), None, "again.837", make.file([claim], 9))
    assert (again.counts.made, again.counts.standing) == (0, 1)
    with world.read("account:view") as uow:
        visit, charges = uow.get(EncounterRow, id_), uow.entities(uow.select(ChargeRow))
        assert (uow.count(uow.select(EncounterRow.id)), visit.charge_cents) == (1, 0)
        assert {charge.active for charge in charges} == {False}
    with world.write("bill:verify", world.actor("charge-clerk")) as uow:
        bills.take_up(uow, id_, page.version)
    assert state_and_queue(world, id_) == ("RECEIVED", ["bills"])


def test_what_went_to_a_payer_is_not_set_aside_by_the_coder(world: World):
    (id_,) = make.bring(world)
    make.cleared(world, id_)
    with world.write("claim:edit", world.machine()) as uow:
        claim = drafting.draft_for(uow, id_).claim_id
        uow.change(uow.get(ClaimRow, claim), versions=1)
    with world.write("claim:edit", world.actor("biller")) as uow:
        steps.return_to_coding(uow, claim, "procedure-wrong")
    with pytest.raises(Refused, match="guard:unbilled"), world.write("encounter:code", world.actor("coder")) as uow:
        coding.set_aside(uow, id_, coding.show(uow, id_).version, "wrong-patient", "")
    assert state_and_queue(world, id_) == ("PROPOSED", ["coding"])
    with world.read("account:view") as uow:
        assert all(charge.active for charge in uow.entities(uow.select(ChargeRow)))
