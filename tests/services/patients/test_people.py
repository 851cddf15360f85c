"""Deaths, other addresses, billed together: what the office records and what follows."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest

from portal.access.actors import Actor
from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.account_holds import AccountHoldRow
from portal.models.patients import PatientRow
from portal.models.queues import QueueItemRow
from portal.services import addresses
from portal.services.patients import deaths, elsewhere, people, reaching, together
from tests.databases import World
from tests.make.accounts import patient

THERE = {"line1": "7 Quiet Way", "line2": "", "city": "Salem", "state": "or", "postal_code": "97301"}
NOTHING = {"address": None, "phone": "", "email": "", "until": None}


@pytest.fixture
def ids(world: World) -> list[bytes]:
    return world.scene(_two, world)


def _two(world: World) -> list[bytes]:
    with world.write("visit:import") as uow:
        more = {"email_sealed": "home@x.example", "phone_sealed": "5035550111"}
        return [patient(uow, first_name_sealed=name, **more).id for name in ("Ann", "Bo")]


def version(uow, patient_id: bytes) -> int:
    return uow.get(PatientRow, patient_id).version


def where(world: World, patient_id: bytes) -> addresses.Where:
    with world.read("account:view", world.actor("biller")) as uow:
        return addresses.where_to(uow, uow.get(PatientRow, patient_id))


def test_who_has_died_is_written_to_as_the_estate_and_asked_by_nobody(world: World, ids):
    biller, one = world.actor("biller"), ids[0]
    for wrong in ({"told": " "}, {"evidence": "rumor"}, {"died_on": date(2026, 9, 1)}, {"died_on": date(1900, 1, 1)}):
        given = {"died_on": None, "evidence": "family", "told": "Bo, the brother"} | wrong
        with pytest.raises(Refused), world.write("people:change", biller) as uow:
            deaths.record(uow, one, version=version(uow, one), **given)
    with world.write("people:change", biller) as uow:
        seen = version(uow, one)
        deaths.record(uow, one, version=seen, died_on=date(2026, 8, 1), evidence="family", told="Bo, the brother")
    with pytest.raises(Conflict), world.write("people:change", biller) as uow:
        deaths.record(uow, one, version=seen, died_on=None, evidence="family", told="Bo")
    found = where(world, one)
    assert found.lines[0] == "The Estate of Ann Marlowe"
    assert (found.email, found.phone, found.deceased) == (None, None, True)
    with world.read("account:view", biller) as uow:
        assert people.show(uow, one).death.told == "Bo, the brother"
        assert uow.row(uow.select(AccountHoldRow.kind, AccountHoldRow.ended_at)) == ("DECEASED_ESTATE", None)
    with world.write("people:change", biller) as uow:
        deaths.take_back(uow, one, version=version(uow, one))
    assert where(world, one).email == "home@x.example"
    with world.read("account:view", biller) as uow:
        assert people.show(uow, one).death is None
        assert uow.row(uow.select(AccountHoldRow.ended_at)).ended_at is not None


def test_an_address_apart_waits_for_the_office_and_then_replaces_every_other_way(world: World, ids):
    one, biller = ids[0], world.actor("biller")
    user = os.urandom(16)
    own = Actor(user.hex(), user, own_patients=frozenset({one}), assurance="aal2", authenticated_seconds_ago=1)
    for wrong in (THERE | {"postal_code": "9"}, {"email": "nobody"}, {"phone": "12"}):
        with pytest.raises(Refused):
            reaching.given(wrong)
    with pytest.raises(Refused), world.write("own-people:change", own) as uow:
        elsewhere.ask(uow, one, **NOTHING)
    with world.write("own-people:change", own) as uow:
        elsewhere.ask(uow, one, until=uow.today(world.practice_id) + timedelta(days=9), **reaching.given(THERE))
    with pytest.raises(Refused), world.write("own-people:change", own) as uow:
        elsewhere.ask(uow, one, **NOTHING | {"phone": "5035550199"})
    with pytest.raises(NotFound), world.write("own-people:change", own) as uow:
        elsewhere.ask(uow, ids[1], **NOTHING | {"phone": "5035550199"})
    assert [elsewhere.follow(world.units, world.machine()) for _ in range(2)] == [1, 1]
    with world.read("account:view", biller) as uow:
        assert [row.queue for row in uow.rows(uow.select(QueueItemRow.queue))] == ["confidential-contacts"]
        row = elsewhere.standing(uow, one)
    assert not where(world, one).confidential, "not before the office agreed"
    with pytest.raises(NotFound), world.write("people:change", biller) as uow:
        elsewhere.agree(uow, ids[1], row.id, version=row.version)
    with pytest.raises(Refused), world.write("people:change", biller) as uow:
        elsewhere.decline(uow, one, row.id, "because", version=row.version)
    with world.write("people:change", biller) as uow:
        elsewhere.agree(uow, one, row.id, version=row.version)
    with pytest.raises(Conflict), world.write("people:change", biller) as uow:
        elsewhere.decline(uow, one, row.id, "unreachable", version=row.version)
    found = where(world, one)
    assert found.lines[1] == "7 Quiet Way"
    assert (found.email, found.phone, found.confidential) == (None, None, True)
    with pytest.raises(Refused, match="billed-with"), world.write("people:change", biller) as uow:
        together.join(uow, one, ids[1], version=version(uow, one))
    world.clock.forward(days=10)
    assert where(world, one).email == "home@x.example", "its last day is over"


def test_billed_together_is_one_level_of_one_practice_and_ends(world: World, ids):
    one, two = ids
    biller = world.actor("biller")
    with world.write("visit:import") as uow:
        three = patient(uow).id
        number = uow.read(uow.get(PatientRow, two), PatientRow.account_number_sealed)
    with world.write("people:change", biller) as uow:
        assert together.by_number(uow, f" {number} ") == two
        together.join(uow, one, two, version=version(uow, one))
    for child, anchor in ((two, two), (three, one), (two, three)):
        with pytest.raises(Refused), world.write("people:change", biller) as uow:
            together.join(uow, child, anchor, version=version(uow, child))
    with pytest.raises(Refused), world.write("people:change", biller) as uow:
        together.by_number(uow, "A-none")
    with world.read("account:view", biller) as uow:
        assert people.show(uow, one).billed_with.name == "Bo Marlowe"
        assert [each.name for each in people.show(uow, two).others] == ["Ann Marlowe"]
    with world.write("people:change", biller) as uow:
        together.part(uow, one, version=version(uow, one))
    with world.read("account:view", biller) as uow:
        assert people.show(uow, one).billed_with is None
