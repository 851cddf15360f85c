"""The mechanism: reach, sealed fields, audit in the same transaction, duties, versions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, text, update

from audit.table import audit_event, audit_head
from portal.access.actors import Grant
from portal.crypto.errors import SealBroken
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.texts import T_
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.types import SealedValueError
from portal.services.unit_of_work.units import Denied, Unavailable
from tests.databases import World


def events(world: World) -> list[dict]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        return [
            json.loads(body) for (body,) in connection.execute(select(audit_event.c.body).order_by(audit_event.c.seq))
        ]


def patient(uow, last="Okonkwo", mrn="M-1"):
    return uow.new(
        PatientRow, last_name_sealed=last, first_name_sealed="Ada", birth_date_sealed=date(1980, 2, 3),
        sex_sealed="F", mrn_sealed=mrn, account_number_sealed="A-" + mrn, language="en_US", state="ACTIVE",
        created_at=uow.now,
    )  # fmt: skip


def test_what_is_sealed_opens_and_is_told(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    biller = world.actor("biller")
    with world.read("account:view", biller) as uow:
        row = uow.get(PatientRow, id_)
        assert uow.read(row, PatientRow.last_name_sealed) == "Okonkwo"
        with pytest.raises(SealedValueError):
            str(row.first_name_sealed)
    last = events(world)[-1]
    assert last["actor"] == biller.identity
    assert last["actor_role"] == "biller"
    assert last["action"] == "R"
    assert last["subjects"] == [id_.hex()]
    assert last["objects"] == [{"type": 10, "id": id_.hex(), "fields": [3]}]
    assert last["practices"] == [world.practice_id.hex()]
    assert "Okonkwo" not in json.dumps(events(world))


def test_a_change_carries_digests_and_the_row_is_sealed_in_the_store(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    made = events(world)[-1]
    assert made["action"] == "C"
    assert "after" in next(each for each in made["objects"] if each["type"] == 10)
    with world.write("patient:change", world.actor("biller")) as uow:
        row = uow.get(PatientRow, id_)
        uow.change(row, last_name_sealed="Adeyemi")
    changed = next(each for each in events(world)[-1]["objects"] if each["type"] == 10)
    assert changed["before"] != changed["after"]
    with world.runtime.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select set_config('candor.practices', 'all', true)"))
        stored = connection.execute(text("select last_name_sealed from patient")).scalar()
        assert len(bytes(stored)) == 66
    with world.read("account:search") as uow:
        token = uow.token("name-birth", "ADEYEMI", date(1980, 2, 3))
        assert uow.rows(uow.select(PatientRow.id).where(PatientRow.name_birth_index == token))


def test_out_of_reach_is_not_found_and_told_without_its_person(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    stranger = world.actor("biller")
    there = bytes(15) + b"\1"
    elsewhere = replace(stranger, practice_id=there, grants=(Grant("biller", there),))
    with pytest.raises(NotFound), world.read("account:view", elsewhere) as uow:
        uow.get(PatientRow, id_)
    last = events(world)[-1]
    assert (last["outcome"], last["reason"]) == (4, "not-found")
    assert "subjects" not in last
    assert last["objects"] == [{"type": 10, "id": id_.hex()}]


def test_no_permission_is_denied_and_told(world: World):
    with pytest.raises(Denied), world.read("account:view", world.actor("coder")):
        raise AssertionError("nothing opens without a permission")
    assert (events(world)[-1]["outcome"], events(world)[-1]["reason"]) == (8, "no-role")


def test_a_field_outside_the_role_is_not_opened(world: World):
    with world.write("patient:change") as uow:
        id_ = uow.new(
            PatientRow, last_name_sealed="Ng", first_name_sealed="Bo", birth_date_sealed=date(1990, 1, 1),
            sex_sealed="M", mrn_sealed="M-2", account_number_sealed="A-2", phone_sealed="5035550111", language="en_US",
            state="ACTIVE", created_at=uow.now,
        ).id  # fmt: skip
    with pytest.raises(Refused), world.read("encounter:code", world.actor("coder")) as uow:
        uow.read(uow.get(PatientRow, id_), PatientRow.phone_sealed)


def test_T59_a_ciphertext_moved_to_another_row_is_an_alert(world: World):
    with world.write("patient:change") as uow:
        first, second = patient(uow).id, patient(uow, "Zhao", "M-9").id
    with world.runtime.engine.begin() as connection:
        if world.runtime.engine.dialect.name == "postgresql":
            connection.execute(text("select set_config('candor.practices', 'all', true)"))
        connection.execute(
            text(
                "update patient set last_name_sealed = (select last_name_sealed from patient where id = :a)"
                " where id = :b"
            ),
            {"a": first, "b": second},
        )
    with pytest.raises(SealBroken), world.read("account:view", world.actor("biller")) as uow:
        uow.read(uow.get(PatientRow, second), PatientRow.last_name_sealed)
    last = events(world)[-1]
    assert (last["type"], last["outcome"], last["reason"]) == ("alert", 12, "integrity")


def test_a_refusal_rolls_back_and_is_told_alone(world: World):
    size = len(events(world))

    def refused() -> None:
        with world.write("patient:change") as uow:
            patient(uow)
            raise Refused(T_("no"), code="rule")

    with pytest.raises(Refused):
        refused()
    told = events(world)[size:]
    assert [(each["outcome"], each["reason"]) for each in told] == [(4, "rule")]
    with world.read("account:search") as uow:
        assert uow.count(uow.select(PatientRow.id)) == 0


def test_a_log_that_cannot_be_written_discloses_nothing(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    with world.runtime.engine.begin() as connection:
        connection.execute(audit_head.update().values(size=999))
    with pytest.raises(Unavailable), world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, id_), state="INACTIVE")
    with pytest.raises(Unavailable), world.read("account:view") as uow:
        uow.get(PatientRow, id_)


def test_two_who_change_one_row_meet_in_a_conflict(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    with world.read("account:view") as uow:
        version = uow.get(PatientRow, id_).version
    with world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, id_), expected_version=version, state="INACTIVE")
    with pytest.raises(Conflict), world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, id_), expected_version=version, state="ACTIVE")


def test_one_mrn_stands_once_in_a_practice(world: World):
    with world.write("patient:change") as uow:
        patient(uow)
    with pytest.raises(Conflict), world.write("patient:change") as uow:
        patient(uow, "Other")


def test_practices_are_reached_by_their_own_people(world: World):
    with world.read("practice:edit") as uow:
        assert uow.count(uow.select(PracticeRow)) == 1


def test_housekeeping_changes_nothing_that_is_told(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id

    def by_statement(session) -> None:
        session.execute(update(PatientRow).values(state="INACTIVE"))

    def by_flush(session) -> None:
        session.get(PatientRow, id_).state = "INACTIVE"
        session.flush()

    def by_leaving(session) -> None:
        session.get(PatientRow, id_).state = "INACTIVE"

    for change in (by_statement, by_flush, by_leaving):
        for writing in (True, False):
            with (
                pytest.raises(RuntimeError, match="PatientRow"),
                world.units.housekeeping(writing=writing, everywhere=True) as session,
            ):
                change(session)
    with world.read("account:view") as uow:
        assert uow.get(PatientRow, id_).state == "ACTIVE"


def test_a_label_or_a_function_does_not_slip_past_the_reach(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    stranger = world.actor("biller")
    there = bytes(15) + b"\1"
    elsewhere = replace(stranger, practice_id=there, grants=(Grant("biller", there),))
    for column in (PatientRow.id.label("x"), func.max(PatientRow.version), func.max(PatientRow.version).label("y")):
        with world.read("account:view", elsewhere) as uow:
            assert uow.value(uow.select(column).where(PatientRow.id == id_)) is None
        with world.read("account:view", stranger) as uow:
            assert uow.value(uow.select(column).where(PatientRow.id == id_)) is not None
