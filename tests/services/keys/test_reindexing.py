"""A new index root while people work: everybody is still found, nobody twice, whenever it is broken off."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.crypto.blind import mark
from portal.crypto.keys import INSTALLATION, Purpose
from portal.domain.errors import Conflict, NotFound
from portal.models import catalog
from portal.models.keys import KekRow, SubjectKeyRow
from portal.models.patients import PatientRow, RegistrationCodeRow
from portal.models.users import FactorRow, UserRow
from portal.services.keys import reindexing, renewing, steps
from portal.services.patients import searching
from portal.services.unit_of_work.fields import shape
from portal.services.unit_of_work.trail import Request
from portal.services.users import accounts, enrolment, registration, signing
from tests.databases import World
from tests.make import remittances, visits
from tests.services.auditing.test_cells import verified
from tests.services.test_unit_of_work import events, patient

BORN = date(1980, 2, 3)


def turn(world: World, tenant: bytes | None = None, named=()):
    return reindexing.rotate(
        world.units, world.machine("keys"), world.runtime.roots, tenant or world.practice_id, named
    )


def begin(world: World, tenant: bytes | None = None) -> int:
    """A rotation up to the moment at which the first token is to be made anew."""
    return steps.begin(
        world.units, world.machine("keys"), world.runtime.roots, tenant or world.practice_id, Purpose.INDEX,
        reindexing._rows_name_older,
    )  # fmt: skip


def marks(world: World, *, installation: bool = False) -> set[int]:
    """Every generation that some token of the store names."""
    found: set[int] = set()
    with world.read("key:manage", world.machine("keys")) as uow:
        for model in catalog.models().values():
            made = shape(model)
            if not made.indexes or made.has_practice == installation:
                continue
            for index in made.indexes:
                rows = uow.rows(uow.select(getattr(model, index.attribute).label("token")))
                found |= {int.from_bytes(row.token[:4], "big") for row in rows if row.token is not None}
    return found


def states(world: World, tenant: bytes) -> dict[int, str]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        where = (KekRow.tenant == tenant, KekRow.purpose == int(Purpose.INDEX))
        return dict(connection.execute(select(KekRow.generation, KekRow.state).where(*where)).all())


def people(world: World, count: int = 5) -> list[bytes]:
    with world.write("patient:change") as uow:
        return [patient(uow, f"Name{n}", f"M-{n}").id for n in range(count)]


def found(world: World, ids: list[bytes]) -> bool:
    for n, id_ in enumerate(ids):
        with world.read("account:search", world.actor("biller")) as uow:
            if [each.patient_id for each in searching.search(uow, f"M-{n}").hits] != [id_.hex()]:
                return False
    return True


def test_every_token_goes_over_and_everybody_is_still_found(world: World):
    brought = visits.bring(world, *visits.some(2))
    ids = people(world)
    result = turn(world)
    assert (result.generation, result.broken, result.waiting) == (2, 0, 0)
    assert result.rows >= len(ids) + 3 * 2  # patients; of each visit the patient, the coverage, the encounter
    assert marks(world) == {2}
    assert states(world, world.practice_id) == {1: "decrypt-only", 2: "active"}
    assert found(world, ids)
    assert visits.bring(world, *visits.some(2)) == brought, "the same file makes no visit twice"
    assert verified(world).problems == ()
    told = [each for each in events(world) if each["type"] == "key" and each.get("count")]
    assert told
    assert not any(each.get("subjects") for each in told), "no patient was shown to anybody"
    world.clock.forward(hours=1)
    again = reindexing.retire(world.units, world.machine("keys"), world.practice_id)
    assert again == ((1,), ())
    assert found(world, ids)
    world.clock.forward(days=30)
    named = {(world.practice_id, int(Purpose.INDEX), 1)}
    assert reindexing.retire(world.units, world.machine("keys"), world.practice_id, named) == ((), ())
    assert reindexing.retire(world.units, world.machine("keys"), world.practice_id) == ((), (1,))
    assert found(world, ids)


def test_broken_off_between_batches_it_goes_on_and_meanwhile_both_are_found(world: World):
    ids = people(world)
    generation = begin(world)
    batch = next(reindexing.rewrite(world.units, world.machine("keys"), world.practice_id, 2))  # killed after one
    assert (generation, batch.rows) == (2, 2)
    assert marks(world) == {1, 2}
    assert found(world, ids)
    with world.write("patient:change") as uow:
        ids.append(patient(uow, "Name5", "M-5").id)
    assert found(world, ids)
    result = turn(world)
    assert (result.generation, result.rows) == (2, 3), "no third root is begun, and nothing is done twice"
    assert marks(world) == {2}
    assert found(world, ids)
    assert verified(world).problems == ()


def test_a_number_stays_unique_over_both_roots(world: World):
    people(world, 2)
    begin(world)
    with pytest.raises(Conflict), world.write("patient:change") as uow:
        patient(uow, "Another", "m 0")
    with world.write("patient:change") as uow:  # one's own is no other's
        row = uow.entities(uow.select(PatientRow))[0]
        uow.change(row, mrn_sealed=uow.read(row, PatientRow.mrn_sealed))
    turn(world)
    with pytest.raises(Conflict), world.write("patient:change") as uow:
        patient(uow, "Another", "M0")


def test_what_another_process_does_not_know_yet_it_asks_for(world: World):
    ids = people(world)
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        from portal.services.unit_of_work.sealing import stored

        before = stored(connection)
    turn(world)
    world.runtime.keyring.load(before)
    assert found(world, ids)
    world.runtime.keyring.load(before)
    with world.write("patient:change") as uow:
        patient(uow, "Late", "M-late")
    assert marks(world) == {2}


def test_the_installation_has_an_index_root_too_and_codes_keep_the_old_one(world: World):
    with world.write("user:invite") as uow:
        user = accounts.create_user(uow, email="Nadia@juniper.example", name="Nadia Brandt", state="ACTIVE").id
        uow.flush()
        codes = enrolment._new_codes(uow, user)
    result = turn(world, INSTALLATION)
    assert (result.generation, result.rows, result.waiting) == (2, 1, len(codes))
    assert marks(world, installation=True) == {2}
    assert marks(world) == set(), "no practice's token was touched"
    with world.write("sign-in:attempt") as uow:
        assert signing.by_email(uow, "nadia@JUNIPER.example").id == user
        assert signing._recovery(uow, user, codes[0])
    with world.write("sign-in:attempt") as uow:
        assert not signing._recovery(uow, user, codes[0]), "a code works once"
    world.clock.forward(hours=2)
    assert turn(world, INSTALLATION).disabled == (), "codes made under it still work"
    with world.write("sign-in:attempt") as uow:
        for row in uow.entities(uow.select(FactorRow).where(FactorRow.state == "ACTIVE")):
            uow.change(row, state="USED")
    assert 1 in turn(world, INSTALLATION).disabled
    with pytest.raises(Conflict), world.write("user:invite") as uow:
        accounts.create_user(uow, email="nadia@juniper.example", name="Again", state="ACTIVE")
    with world.read("key:manage", world.machine("keys")) as uow:
        assert uow.count(uow.select(UserRow.id)) == 1


def test_a_code_that_was_mailed_before_works_after(world: World):
    with world.write("registration:issue") as uow:
        id_ = patient(uow).id
        uow.flush()
        code = registration.issue(uow, id_)
    assert turn(world).waiting == 1
    asked = Request(bytes(16), "127.0.0.1")
    row, fits = registration._look_up(world.units, asked, code, "Okonkwo", BORN)
    assert row is not None
    assert fits
    world.clock.forward(days=22)
    assert turn(world).waiting == 0, "it has run out"
    with world.read("key:manage", world.machine("keys")) as uow:
        assert uow.count(uow.select(RegistrationCodeRow.id)) == 1


def test_what_was_shredded_is_found_by_nothing_and_holds_nobody_up(world: World):
    ids = people(world, 2)
    with world.runtime.engine.begin() as connection:
        connection.execute(SubjectKeyRow.__table__.delete().where(SubjectKeyRow.subject == ids[0]))
    result = turn(world)
    assert (result.rows, result.broken, result.waiting) == (2, 0, 0)
    with world.read("account:search") as uow:
        standing = [uow.count(uow.select(PatientRow.id).where(PatientRow.mrn_index.in_(uow.tokens("mrn", f"M-{n}"))))
                    for n in range(2)]  # fmt: skip
    assert standing == [0, 1]


def test_a_row_that_does_not_open_is_an_alert_and_keeps_the_old_root(sqlite_world: World):
    world = sqlite_world
    ids = people(world, 3)
    with world.runtime.engine.begin() as connection:
        patients = PatientRow.__table__
        other = connection.execute(select(PatientRow.mrn_sealed).where(PatientRow.id == ids[1])).all()[0][0]
        connection.execute(patients.update().where(patients.c.id == ids[0]).values(mrn_sealed=other))
    result = turn(world)
    assert (result.rows, result.broken, result.waiting) == (2, 1, 1)
    alerts = [each for each in events(world) if each["type"] == "alert"]
    assert [(each["reason"], each["objects"]) for each in alerts] == [
        ("integrity", [{"type": PatientRow.table_code, "id": ids[0].hex()}])
    ]
    world.clock.forward(hours=2)
    assert turn(world).disabled == ()


def test_a_remittance_finds_its_claim_by_tokens_of_both_roots(world: World):
    sent = remittances.sent(world)
    begin(world)
    brought = remittances.bring(world, remittances.payment(remittances.answer(sent)), number=1)
    assert brought
    turn(world)
    renewing.renew(world.units, world.machine("keys"), sent.patient_id)
    assert verified(world).problems == ()


def test_no_practice_no_root(world: World):
    with pytest.raises(NotFound):
        turn(world, bytes(15) + b"\7")
    assert mark(1) == b"\0\0\0\1"
