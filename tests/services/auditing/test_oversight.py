"""What the log says of the office's own acts, to patients too; and that no break in it goes unnoticed."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from audit.checkpoint import VerifierKey, origin
from audit.table import audit_event, audit_subject
from portal import runtime
from portal.access.actors import Actor, Grant
from portal.crypto.errors import SealBroken
from portal.domain.errors import NotFound
from portal.models.keys import KekRow
from portal.models.patients import PatientRow
from portal.services.auditing import checking, looks, searching, upkeep, viewers, viewing
from portal.services.keys import rotation
from portal.services.patients import searching as patients
from portal.services.users import accounts, enrolment, grants
from tests.databases import World
from tests.services.auditing.test_cells import url
from tests.services.test_unit_of_work import events, patient


def key_of(world: World) -> VerifierKey:
    return VerifierKey.of(origin(world.runtime.parts.installation), runtime.signing_key(world.runtime.settings))


def sign(world: World) -> None:
    upkeep.tick(world.units, world.runtime.parts, [runtime.signing_key(world.runtime.settings)])


def somebody(world: World, role: str, name: str) -> Actor:
    """A user with a name and a role, at work."""
    with world.write("user:invite") as uow:
        user = accounts.create_user(uow, email=f"{role}@juniper.example", name=name, state="ACTIVE")
        uow.flush()
        grants.give(uow, user.id, role, practice_id=world.practice_id)
        enrolment.set_factor(uow, user.id, bytes(20))
        return replace(world.actor(role), identity=user.id.hex(), user_id=user.id)


def owner(patient_id: bytes) -> Actor:
    return Actor("ab" * 16, bytes.fromhex("ab" * 16), own_patients=frozenset({patient_id}), assurance="aal2")


def look(world: World, actor: Actor, patient_id: bytes) -> None:
    with world.read("account:view", actor) as uow:
        uow.read(uow.get(PatientRow, patient_id), PatientRow.last_name_sealed)


def test_a_patient_reads_who_looked_and_why_and_only_their_own(world: World):
    nadia = somebody(world, "biller", "Nadia Brandt")
    with world.write("patient:change", nadia) as uow:
        mine, other = patient(uow).id, patient(uow, "Other", "M-2").id
    look(world, nadia, mine)
    with world.read("access-report:view", owner(mine)) as uow:
        found = looks.looks_of(uow, mine)
    said = [str(each.text) for each in found.looks]
    assert said == [
        "Nadia Brandt, who prepares our bills, looked at your name and address, so that your care is paid for.",
        "Nadia Brandt, who prepares our bills, changed your name and address, so that your care is paid for.",
    ]
    with pytest.raises(NotFound), world.read("access-report:view", owner(mine)) as uow:
        looks.looks_of(uow, other)
    with world.read("access-report:view", owner(mine)) as uow:
        newest, *others = looks.looks_of(uow, mine).looks
    assert (str(newest.text), newest.own) == ("You looked at the list of who looked.", True)
    assert not any(each.own for each in others)


def test_viewers_come_by_person_with_counts_times_and_ties(world: World):
    nadia, derek = somebody(world, "biller", "Nadia Brandt"), somebody(world, "qa-auditor", "Derek Stone")
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    first = world.clock.now()
    look(world, nadia, id_)
    world.clock.forward(days=2)
    look(world, nadia, id_)
    look(world, derek, id_)
    with pytest.raises(NotFound):
        look(world, derek, bytes(16))
    with world.read("audit:view", world.actor("compliance-officer")) as uow:
        found = viewers.viewers_of(uow, id_)
    people = {str(each.person): each for each in found.viewers}
    assert found.patient_name == "Ada Okonkwo"
    assert set(people) == {"Nadia Brandt", "Derek Stone", "The system (test)"}
    assert (people["Nadia Brandt"].times, people["Nadia Brandt"].role) == (2, "biller")
    assert (people["Nadia Brandt"].first_at, people["Nadia Brandt"].last_at) == (first, world.clock.now())
    assert str(people["Derek Stone"].purpose) == "payment"
    assert people["Derek Stone"].tie is None
    upkeep.index(world.units)
    with world.read("audit:view", world.actor("compliance-officer")) as uow:
        again = viewers.viewers_of(uow, id_, until=first.date())
    assert {str(each.person): each.times for each in again.viewers} == {"Nadia Brandt": 1, "The system (test)": 1}


def test_the_index_finds_what_reading_finds(world: World):
    nadia = somebody(world, "biller", "Nadia Brandt")
    with world.write("patient:change") as uow:
        ids = [patient(uow, f"N{n}", f"M-{n}").id for n in range(3)]
    for n in range(12):
        look(world, nadia, ids[n % 3])

    def found(**more) -> list[int]:
        with world.read("audit:search", world.actor("compliance-officer")) as uow:
            return [said["seq"] for said in searching.events(uow, searching.Wanted(**more)) if said["type"] == "rest"]

    wanted = ({"patient_id": ids[1]}, {"person": nadia.identity}, {"patient_id": ids[0], "person": nadia.identity})
    before = [found(**each) for each in wanted]
    assert upkeep.index(world.units, 5) > 0
    assert upkeep.index(world.units) == 0
    assert [found(**each) for each in wanted] == before
    assert [len(each) for each in before] == [5, 12, 4]
    with world.runtime.engine.connect() as connection:
        assert len(connection.execute(select(audit_subject)).all()) >= 12


def test_T97_roles_factors_keys_practices_and_looks_into_the_log_are_events(world: World):
    size = len(events(world))
    somebody(world, "biller", "Nadia Brandt")
    with world.write("practice:edit") as uow:
        from portal.services import practices

        practices.edit_practice(uow, "juniper", phone="5035550199")
    rotation.rotate(world.units, world.machine("keys"), world.runtime.roots, world.practice_id)
    with world.read("audit:search", world.actor("compliance-officer")) as uow:
        searching.search(uow, searching.Wanted(outcome=0))
    with world.read("audit:view", world.actor("compliance-officer")) as uow:
        ours = next(each["seq"] for each in events(world) if each["subtype"] == "audit:search")
        viewing.event(uow, ours)
    told = events(world)[size:]
    assert {"user:invite", "practice:edit", "key:manage", "audit:search", "audit:view"} <= {
        each["subtype"] for each in told
    }
    touched = {each["type"] for event in told for each in event.get("objects", ())}
    assert {40, 41, 42, 1, "key", "audit_event"} <= touched


def test_each_kind_of_event_reads_as_a_sentence(world: World):
    somebody(world, "biller", "Nadia Brandt")
    rotation.rotate(world.units, world.machine("keys"), world.runtime.roots, world.practice_id)
    with world.write("patient:change") as uow:
        patient(uow)
    with world.read("audit:search", world.machine()) as uow:
        page = searching.search(uow, searching.Wanted())
    for entry in page.entries:
        words = f"{entry.person}, {entry.text}"
        assert "{" not in words
        assert ", for " in words
    assert any("made the registration of Ada Okonkwo, for payment" in str(entry.text) for entry in page.entries)


def test_what_was_searched_for_opens_only_in_its_own_event(world: World):
    with world.write("patient:change") as uow:
        patient(uow)
    for q in ("okonkwo", "Zebraville"):
        with world.read("account:search", world.actor("biller")) as uow:
            patients.search(uow, q)
    told = [each for each in events(world) if each["subtype"] == "account:search"]
    assert "okonkwo" not in json.dumps(events(world)).lower()
    with world.read("audit:view", world.actor("compliance-officer")) as uow:
        assert [uow.words_of(each) for each in told] == ["okonkwo", "Zebraville"]
        with pytest.raises(SealBroken):
            uow.words_of(told[0] | {"request_id": told[1]["request_id"]})
    world.clock.forward(days=31)
    with world.read("account:search", world.actor("biller")) as uow:
        patients.search(uow, "okonkwo")
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        months = connection.execute(select(KekRow.generation).where(KekRow.purpose == 3)).scalars().all()
    assert sorted(months) == [2026 * 12 + 7, 2026 * 12 + 8]
    made = [each for each in events(world) if each["type"] == "key" and each["actor"] == "system:keys"]
    assert len(made) == 2, "one key a month, each told"


def test_searches_at_once_make_one_key(world: World):
    with world.write("patient:change") as uow:
        patient(uow)
    failed: list[BaseException] = []
    biller = world.actor("biller")

    def search() -> None:
        try:
            with world.read("account:search", biller) as uow:
                patients.search(uow, "okonkwo")
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=search) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    told = events(world)
    assert len([each for each in told if each["type"] == "key" and each["actor"] == "system:keys"]) == 1
    with world.read("audit:view", world.actor("compliance-officer")) as uow:
        assert {uow.words_of(each) for each in told if each["subtype"] == "account:search"} == {"okonkwo"}


@pytest.mark.parametrize("how", ["edit", "delete", "insert", "swap"])
def test_T100_the_first_bad_event_is_named(sqlite_world: World, how: str):
    world = sqlite_world
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    for _ in range(6):
        look(world, world.actor("biller"), id_)
    sign(world)
    assert checking.check(url(world), [world.runtime.parts.anchor_file], [key_of(world)]).ok
    size = len(events(world))
    bad = size - 4
    with world.runtime.engine.begin() as connection:
        for name in (
            connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'")
            )
            .scalars()
            .all()
        ):
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        body = connection.execute(select(audit_event.c.body).where(audit_event.c.seq == bad)).scalar_one()
        if how == "edit":
            forged = body.replace(b'"biller"', b'"coder"')
            connection.execute(audit_event.update().where(audit_event.c.seq == bad).values(body=forged))
        elif how == "delete":
            connection.execute(audit_event.delete().where(audit_event.c.seq == bad))
        elif how == "insert":
            bad = size
            connection.execute(audit_event.insert().values(seq=size, body=body, leaf=bytes(32)))
        else:
            other = connection.execute(select(audit_event).where(audit_event.c.seq == bad + 1)).one()
            mine = connection.execute(select(audit_event).where(audit_event.c.seq == bad)).one()
            for seq, row in ((bad, other), (bad + 1, mine)):
                connection.execute(
                    audit_event.update().where(audit_event.c.seq == seq).values(body=row.body, leaf=row.leaf)
                )
    report = checking.check(url(world), [world.runtime.parts.anchor_file], [key_of(world)])
    assert not report.ok
    assert report.first_bad_seq == bad
    assert checking.faults(url(world), [world.runtime.parts.anchor_file], [key_of(world)])


def test_officers_of_no_practice_find_nothing(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    there = bytes(15) + b"\1"
    stranger = replace(
        world.actor("compliance-officer"), practice_id=None, grants=(Grant("compliance-officer", there),)
    )
    with world.read("audit:search", stranger) as uow:
        assert searching.search(uow, searching.Wanted(patient_id=id_)).entries == ()
    with pytest.raises(NotFound), world.read("audit:view", stranger) as uow:
        viewing.event(uow, next(each["seq"] for each in events(world) if id_.hex() in each.get("subjects", ())))
