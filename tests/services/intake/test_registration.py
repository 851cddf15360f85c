"""A visit typed in from paper: account, coverage and visit come together or not at all."""

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.services.intake import registration
from portal.services.intake.lines import TypedLine
from tests.databases import World
from tests.make import bills as make
from tests.make import visits


def test_a_missing_account_is_made_with_the_visit_and_the_same_bill_makes_nothing_twice(world: World):
    with world.write("visit:import", world.actor("charge-clerk")) as uow:
        taken = registration.register(uow, make.form(), ("z23",), (make.LINE, TypedLine("", "")))
    assert (taken.new, taken.new_patient) == (True, True)
    with world.write("visit:import", world.actor("charge-clerk")) as uow:
        again = registration.register(uow, make.form(number="jr 4471"), ("z23",), (make.LINE,))
    assert (again.encounter_id, again.new) == (taken.encounter_id, False)
    with world.write("visit:import", world.actor("charge-clerk")) as uow:
        other = registration.register(uow, make.form(number="JR-9", service_to="2026-08-03"), (), ())
        assert (other.new, other.new_patient) == (True, False)
    with world.read("account:view") as uow:
        row = uow.get(EncounterRow, taken.encounter_id)
        assert (row.state, row.place, row.charge_cents, row.coverage_id) == ("RECEIVED", "11", 17_250, None)
        patient = uow.get(PatientRow, row.patient_id)
        assert uow.read(patient, PatientRow.first_name_sealed) == "Delphine"
        assert uow.read(patient, PatientRow.address_sealed)["postal_code"] == "970010214"
        assert uow.read(row, EncounterRow.note_sealed) == "Follow-up, ten minutes."
        bare = uow.get(EncounterRow, other.encounter_id)
        assert (bare.patient_id, bare.service_from, bare.charge_cents) == (row.patient_id, row.service_from, 0)
        assert len(uow.rows(uow.select(ChargeRow.id))) == 1


def test_a_coverage_of_somebody_else_is_kept_with_its_member(world: World):
    claim = visits.some(1)[0]
    visits.bring(world, claim)
    with world.read("account:view") as uow:
        payer = uow.rows(uow.select(PayerRow.id).where(PayerRow.code == claim.cover.payer_id))[0].id.hex()
    member = {"subscriber_last": "Ostrander", "subscriber_first": "Ilse", "subscriber_birth": "1960-01-02"}
    id_ = make.registered(world, payer_id=payer, member_id="QX 77 1", relationship="01", **member)
    with world.read("account:view") as uow:
        cover = uow.get(CoverageRow, uow.get(EncounterRow, id_).coverage_id)
        assert (cover.relationship, uow.read(cover, CoverageRow.member_id_sealed)) == ("01", "QX 77 1")
        assert uow.read(cover, CoverageRow.subscriber_sealed)["first"] == "Ilse"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"last": " "}, "last"), ({"first": "7"}, "first"), ({"birth_date": "09/04/1961"}, "birth_date"),
        ({"birth_date": "2031-01-01"}, "birth_date"), ({"birth_date": "1801-01-01"}, "birth_date"),
        ({"sex": "X"}, "sex"), ({"city": ""}, "line1"), ({"postal_code": "970"}, "postal_code"),
        ({"service_from": "2026-08-04"}, "service_from"),
        ({"service_to": "2026-08-01"}, "service_to"), ({"place": "home"}, "place"), ({"member_id": "77"}, "payer_id"),
        ({"payer_id": "ab" * 16, "member_id": "77"}, "payer_id"), ({"payer_id": "zz"}, "payer_id"),
        ({"provider_id": "ab" * 16}, "provider_id"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_its_field(world: World, change: dict[str, str], code: str):
    with pytest.raises(Refused) as caught:
        make.registered(world, **change)
    assert caught.value.code == code


def test_a_bad_code_or_charge_makes_nothing_of_the_rest(world: World):
    for line, diagnoses, code in (
        (TypedLine("", "nothing"), ("Z23",), "code"), (TypedLine("", "G0438", charge="ten"), ("Z23",), "code"),
        (make.LINE, ("999",), "diagnosis"),
    ):  # fmt: skip
        with pytest.raises(Refused) as caught:
            make.registered(world, line, diagnoses=diagnoses)
        assert caught.value.code == code
    with world.read("account:view") as uow:
        assert uow.rows(uow.select(PatientRow.id.label("id"))) == []
