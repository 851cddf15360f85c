"""The reach against those who would get past it: other practices, payers, patients, labels, writes, and bare SQL."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, text

from audit.table import audit_event
from portal.access.actors import Actor, Grant, system
from portal.domain.errors import NotFound
from portal.models.base import NoReachError
from portal.models.coverage import CoverageRow
from portal.models.patients import PatientLinkRow, PatientRow
from portal.models.payers import PayerRow
from portal.models.users import FactorRow, UserRow
from portal.services import practices
from portal.services.users import accounts, enrolment
from tests.databases import World
from tests.make.practices import practice as invented
from tests.services.test_unit_of_work import patient

PERSON = {"assurance": "aal2", "authenticated_seconds_ago": 5, "session": "00" * 8}


def someone(**more) -> Actor:
    user = os.urandom(16)
    return Actor(user.hex(), user, **PERSON, **more)


@pytest.fixture
def two(world: World) -> tuple[World, bytes, bytes, bytes]:
    """A patient in each of two practices: (world, other practice, ours, theirs)."""
    with world.write("practice:edit", system("setup")) as uow:
        there = practices.add_practice(uow, world.runtime.roots, replace(invented(), code="other")).id
    with world.write("patient:change") as uow:
        ours = patient(uow).id
    with world.write("patient:change", system("test", practice_id=there)) as uow:
        theirs = patient(uow, "Zhao", "M-9").id
    return world, there, ours, theirs


def test_a_practice_sees_counts_and_sums_of_its_own_only(two):
    world, _, ours, theirs = two
    with world.read("account:view", world.actor("biller")) as uow:
        for statement in (
            uow.select(PatientRow.id),
            uow.select(PatientRow.id.label("x")),
            uow.select(func.coalesce(PatientRow.id, PatientRow.id)),
            uow.select(func.coalesce(PatientRow.id, PatientRow.id).label("x")),
        ):
            assert {row[0] for row in uow.rows(statement)} == {ours}
        assert uow.count(uow.select(PatientRow)) == 1
        assert uow.value(uow.select(func.count(PatientRow.id))) == 1
        assert [row.id for row in uow.entities(uow.select(PatientRow))] == [ours]
        with pytest.raises(NotFound):
            uow.get(PatientRow, theirs)


def test_nothing_is_written_out_of_reach(two):
    world, there, ours, theirs = two

    def link(actor: Actor, **values) -> None:
        with world.write("payment:make" if actor.own_patients else "patient:change", actor) as uow:
            uow.new(PatientLinkRow, relation="self", valid_from=date(2026, 1, 1), user_id=os.urandom(16), **values)

    own = someone(own_patients=frozenset({ours}))
    for actor, values in (
        (world.actor("biller"), {"practice_id": there, "patient_id": theirs}),
        (own, {"practice_id": there, "patient_id": theirs}),
        (own, {"practice_id": world.practice_id, "patient_id": theirs}),
    ):
        with pytest.raises(NotFound):
            link(actor, **values)


def test_a_patient_reaches_their_own_record(two):
    world, _, ours, theirs = two
    own = someone(own_patients=frozenset({ours}))
    proxy = someone(stands_for=frozenset({theirs}))
    nobody = someone(own_patients=frozenset({b"\0" * 16}))
    for actor, seen in ((own, [ours]), (proxy, [theirs]), (nobody, [])):
        with world.read("home:view", actor) as uow:
            assert [row.id for row in uow.rows(uow.select(PatientRow.id))] == seen
    with world.read("access-report:view", replace(proxy, own_patients=frozenset({ours}))) as uow:
        assert [row.id for row in uow.rows(uow.select(PatientRow.id))] == [ours], "nobody is shown whom they stand for"


def test_T12_a_payer_reaches_its_own_members(two):
    world, there, ours, theirs = two
    with world.write("payer:edit", system("setup")) as uow:
        payers = [
            uow.new(
                PayerRow, code=name.upper(), name=name, kind="commercial", filing_limit_days=90, appeal_levels=[],
                address=None, remittance_ids=[],
            ).id
            for name in ("Alder", "Birch")
        ]  # fmt: skip
        uow.flush()
        for practice_id, patient_id, payer_id in ((world.practice_id, ours, payers[0]), (there, theirs, payers[1])):
            uow.new(
                CoverageRow, practice_id=practice_id, patient_id=patient_id, payer_id=payer_id, rank="P",
                relationship="18", filing_code="CI", member_id_sealed="W-1", valid_from=date(2026, 1, 1),
            )  # fmt: skip
    for payer_id, seen in zip(payers, (ours, theirs), strict=True):
        with world.read("member-claim:view", someone(grants=(Grant("payer-user", payer_id=payer_id),))) as uow:
            assert [row.id for row in uow.rows(uow.select(PatientRow.id))] == [seen]
            assert [row.payer_id for row in uow.rows(uow.select(CoverageRow.payer_id))] == [payer_id]
            assert uow.count(uow.select(PatientRow)) == 1
    with world.read("member-claim:view", someone(grants=(Grant("payer-user", payer_id=None),))) as uow:
        assert uow.count(uow.select(PatientRow)) == 0, "a grant for no payer reaches nothing"


def test_oneself_is_all_that_looking_after_oneself_reaches(two):
    world, _, _, _ = two
    with world.write("user:invite", system("setup")) as uow:
        users = [accounts.create_user(uow, email=f"{name}@x.example", name=name).id for name in ("a", "b")]
        uow.flush()
        for each in users:
            enrolment.set_factor(uow, each, bytes(20))
    me = Actor(users[0].hex(), users[0], hat="administration", grants=(Grant("administrator"),), **PERSON)
    with world.read("session:manage", me) as uow:
        assert [row.id for row in uow.rows(uow.select(UserRow.id))] == [users[0]]
        assert [row.user_id for row in uow.rows(uow.select(FactorRow.user_id))] == [users[0]]
        with pytest.raises(NotFound):
            uow.get(UserRow, users[1])
    with pytest.raises(NoReachError), world.read("session:manage", me) as uow:
        uow.rows(uow.select(PatientRow.id))


def test_the_second_wall_stands_when_the_first_is_forgotten(two):
    world, there, ours, theirs = two
    if world.runtime.engine.dialect.name != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    bare = select(PatientRow.id)
    with world.read("account:view", world.actor("biller")) as uow:
        assert [row.id for row in uow.rows(bare)] == [ours]
    with world.read("session:manage", someone(grants=(Grant("biller", there),), practice_id=there)) as uow:
        assert uow.rows(bare) == []
    with world.units.housekeeping() as session:
        assert session.execute(bare).all() == [], "what was set for one transaction is gone with it"
    with world.runtime.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM patient")).scalar() == 0
        assert not connection.execute(
            text("SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE relname = 'patient'")
        ).scalar()
        unguarded = connection.execute(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                " WHERE a.attname = 'practice_id' AND NOT a.attisdropped"
                " AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
                " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
            )
        ).scalars()
        assert set(unguarded) <= {"grant", "job", "mail", "session", "invitation", "legal_hold"}
    with world.write("patient:change", world.actor("biller")) as uow:
        uow.change(uow.get(PatientRow, ours), state="INACTIVE")
    with world.read("account:view", system("test", practice_id=there)) as uow:
        assert [row.id for row in uow.rows(bare)] == [theirs]


def test_a_search_that_is_not_told_is_not_shown(two):
    world, _, _, _ = two
    columns = (PatientRow.id, PatientRow.practice_id, PatientRow.last_name_sealed)

    def look(words: str) -> None:
        with world.read("account:search", world.actor("biller")) as uow:
            hits, scanned = uow.sift(uow.select(*columns), PatientRow.last_name_sealed, lambda name: name == "Okonkwo")
            if words:
                uow.searched(words, scanned=scanned, shown=len(hits))
                assert words not in repr(uow.query)

    look("okonkwo")
    with pytest.raises(RuntimeError, match="told with the search"):
        look("")


def test_a_look_at_very_many_is_told_in_parts(two):
    world, _, _, _ = two
    many = sorted(os.urandom(16) for _ in range(1201))
    with world.read("account:view", world.actor("biller")) as uow:
        uow.saw(*many)
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        bodies = [json.loads(body) for (body,) in connection.execute(select(audit_event.c.body).order_by("seq"))]
    parts = [each for each in bodies if "part" in each]
    assert [each["part"] for each in parts] == [{"i": i, "n": 3} for i in (1, 2, 3)]
    assert [one for each in parts for one in each["subjects"]] == [each.hex() for each in many]
