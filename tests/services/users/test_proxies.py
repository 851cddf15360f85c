"""Who stands for a patient: asked, accepted, ended; and gone at the next request after the last day."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta

import pytest

from portal.access.actors import Actor, system
from portal.domain.errors import NotFound, Refused
from portal.domain.people import ALL, BILLING, Asked
from portal.models.jobs import MailRow
from portal.models.patients import PatientLinkRow, PatientRow
from portal.models.queues import QueueItemRow
from portal.services.patients import deaths, letters
from portal.services.unit_of_work.trail import Request
from portal.services.users import proxies, registration, sessions, signing, standing
from tests.databases import World
from tests.make import users
from tests.make.accounts import patient

BORN = date(2009, 1, 20)
"""Of age on 20 January 2027 in Oregon."""
PARENT = Asked("parent", ALL, date.min, None, proved=False)
WRONG = "registration"


def asking() -> Request:
    return Request(os.urandom(16), "127.0.0.1")


def child_and_parent(world: World) -> dict[str, bytes | str]:
    with world.write("visit:import") as uow:
        child = patient(uow, first_name_sealed="Wren", last_name_sealed="Marlowe", birth_date_sealed=BORN).id
    with world.write("people:change", world.actor("charge-clerk")) as uow:
        code = proxies.invite(uow, child, PARENT, name="Ada Marlowe", email="ada@home.example")[1]
    user = proxies.join(
        world.units, asking(), code=code, last_name="marlowe", birth_date=BORN, email="ada@home.example",
        password="four ducks on a pond", language="es_US",
    )  # fmt: skip
    return {"child": child, "user": user, "code": code}


@pytest.fixture
def ids(world: World) -> dict:
    return world.scene(child_and_parent, world)


def signed_in(world: World, user_id: bytes) -> Actor:
    """The actor as the next request of a new session finds it."""
    token = sessions.open_form(world.units, address="127.0.0.1", agent="x", data={})
    token = signing.enter(world.units, token, user_id, assurance="aal2", method="pwd-totp")
    return sessions.find(world.units, token).actor


def invited(world: World, child: bytes, asked: Asked, **more) -> str:
    with world.write("people:change", world.actor("biller")) as uow:
        return proxies.invite(uow, child, asked, name="Noor Vane", email="", **more)[1]


def test_a_code_joins_once_with_the_patients_name_and_birth_date(world: World, ids):
    assert signed_in(world, ids["user"]).stands_for == {ids["child"]}
    for more in ({}, {"code": "0000-0000-0000"}):
        with pytest.raises(Refused) as refused:
            proxies.join(
                world.units, asking(), **{"code": ids["code"], "last_name": "Marlowe", "birth_date": BORN,
                "email": "b@home.example", "password": "four ducks on a pond", "language": "en_US"} | more
            )  # fmt: skip
        assert refused.value.code == WRONG
    code = invited(world, ids["child"], Asked("guarantor", BILLING, date.min, None, proved=False))
    other = users.user(world, "biller")
    actor = Actor(other.hex(), other, assurance="aal2", authenticated_seconds_ago=1)
    for _ in range(5):
        with pytest.raises(Refused):
            proxies.accept(world.units, asking(), actor, code=code, last_name="Marlow", birth_date=BORN)
    with pytest.raises(Refused):
        proxies.accept(world.units, asking(), actor, code=code, last_name="Marlowe", birth_date=BORN)


def test_who_pays_pays_and_whoever_stands_already_is_not_asked_twice(world: World, ids):
    code = invited(world, ids["child"], Asked("guarantor", BILLING, date.min, None, proved=False))
    payer = users.user(world, "patient", patient_id=_another(world))
    actor = signed_in(world, payer)
    proxies.accept(world.units, asking(), actor, code=code.lower(), last_name="MARLOWE", birth_date=BORN)
    now = signed_in(world, payer)
    assert (now.pays_for, now.stands_for) == ({ids["child"]}, frozenset())
    assert now.own_patients == actor.own_patients
    found = {each.patient_id: each for each in standing.stood_for(world.units, now, asking())}
    assert found[ids["child"].hex()].pays_only
    assert found[ids["child"].hex()].practice
    with world.write("standing:change", now.paying_for(ids["child"])) as uow:
        proxies.leave(uow, ids["child"])
    assert signed_in(world, payer).pays_for == frozenset()
    with pytest.raises(NotFound), world.write("standing:change", now.paying_for(ids["child"])) as uow:
        proxies.leave(uow, ids["child"])
    again = invited(world, ids["child"], Asked("representative", ALL, date.min, None, proved=True), words="Court paper")
    with pytest.raises(Refused) as refused:
        proxies.accept(
            world.units, asking(), signed_in(world, ids["user"]), code=again, last_name="Marlowe", birth_date=BORN
        )
    assert refused.value.code == "known"


def _another(world: World) -> bytes:
    with world.write("visit:import") as uow:
        return patient(uow).id


def test_a_parents_sight_ends_at_the_practices_midnight_and_a_letter_waits(world: World, ids):
    with world.read("account:view", world.actor("biller")) as uow:
        (link,) = standing.of_patient(uow, ids["child"], office=True)
        assert link.until == date(2027, 1, 19)
    midnight = datetime.fromisoformat("2027-01-20T00:00:00-08:00")  # the practice's own time
    world.clock.at = midnight - timedelta(seconds=1)
    assert signed_in(world, ids["user"]).stands_for == {ids["child"]}
    world.clock.at = midnight
    assert signed_in(world, ids["user"]).stands_for == frozenset()
    assert [proxies.tidy(world.units, world.machine()) for _ in range(2)] == [1, 0]
    with world.read("registration:issue") as uow:
        assert uow.row(uow.select(PatientLinkRow.reason)).reason == "of-age"
        assert uow.row(uow.select(QueueItemRow.queue)).queue == "letters"
        assert letters.waits(uow, ids["child"], reason="of-age")
    with world.write("registration:issue") as uow:
        code = registration.issue(uow, ids["child"])
        assert code in letters.of_age_letter(uow, ids["child"], code, "https://pay.example").paragraphs
    with world.read("registration:issue") as uow:
        assert not letters.waits(uow, ids["child"], reason="of-age")
    with pytest.raises(Refused, match="of-age"):
        invited(world, ids["child"], PARENT)


def test_a_minor_ends_whom_they_invited_an_adult_whoever_it_is(world: World, ids):
    own = signed_in(world, users.user(world, "patient", patient_id=ids["child"]))
    with world.write("own-people:change", own) as uow:
        code = proxies.invite(
            uow, ids["child"], Asked("invited", ALL, date.min, None, proved=False), name="Sol", email="sol@x.example",
            by_patient=True,
        )[1]  # fmt: skip
    friend = users.user(world, "patient", patient_id=_another(world))
    proxies.accept(world.units, asking(), signed_in(world, friend), code=code, last_name="Marlowe", birth_date=BORN)
    with world.read("own-people:view", own) as uow:
        shown = {each.relation.message: each for each in standing.of_patient(uow, ids["child"], office=False)}
        assert {name: each.may_end for name, each in shown.items()} == {"Parent": False, "Invited by the patient": True}
    parent, invitee = (bytes.fromhex(shown[each].link_id) for each in ("Parent", "Invited by the patient"))
    with pytest.raises(NotFound), world.write("own-people:change", own) as uow:
        proxies.end_own(uow, ids["child"], parent)
    with pytest.raises(NotFound), world.write("standing:change", signed_in(world, friend)) as uow:
        proxies.leave(uow, next(iter(uow.actor.own_patients)))  # oneself is left by nobody
    with world.write("own-people:change", own) as uow:
        proxies.end_own(uow, ids["child"], invitee)
    assert signed_in(world, friend).stands_for == frozenset()
    world.clock.at = datetime.fromisoformat("2027-03-01T12:00:00-08:00")
    with world.write("people:change") as uow:
        uow.change(uow.get(PatientLinkRow, parent), valid_to=None)
    own = signed_in(world, own.user_id)
    with world.write("own-people:change", own) as uow:
        proxies.end_own(uow, ids["child"], parent)
    assert signed_in(world, ids["user"]).stands_for == frozenset()


def test_the_office_ends_with_a_reason_and_both_are_told_without_content(world: World, ids):
    clerk = world.actor("charge-clerk")
    with world.read("account:view", clerk) as uow:
        (link,) = standing.of_patient(uow, ids["child"], office=True)
    with pytest.raises(Refused), world.write("people:change", clerk) as uow:
        proxies.end_by_office(uow, ids["child"], bytes.fromhex(link.link_id), "whim")
    with pytest.raises(NotFound), world.write("people:change", clerk) as uow:
        proxies.end_by_office(uow, _another_in(uow), bytes.fromhex(link.link_id), "court")
    with world.write("people:change", clerk) as uow:
        proxies.end_by_office(uow, ids["child"], bytes.fromhex(link.link_id), "court")
    assert signed_in(world, ids["user"]).roles() == frozenset()
    with world.read("mail:send", system("mail")) as uow:
        sent = [(row.template, row.language) for row in uow.rows(uow.select(MailRow.template, MailRow.language))]
    assert sorted(sent) == [("invited", "en_US"), ("proxy_ended", "es_US"), ("proxy_joined", "es_US")]


def _another_in(uow) -> bytes:
    return patient(uow).id


def test_a_death_ends_every_sign_in_and_lets_the_executor_in(world: World, ids):
    biller = world.actor("biller")
    with world.write("people:change", biller) as uow:
        version = uow.get(PatientRow, ids["child"]).version
        deaths.record(
            uow, ids["child"], version=version, died_on=date(2026, 8, 1), evidence="family", told="Ada, the mother"
        )
        assert proxies.end_all(uow, ids["child"], "deceased") == 1
    assert signed_in(world, ids["user"]).stands_for == frozenset()
    with pytest.raises(Refused):
        invited(world, ids["child"], PARENT)
    code = invited(world, ids["child"], Asked("estate", ALL, date.min, None, proved=True), words="Letters testamentary")
    proxies.accept(
        world.units, asking(), signed_in(world, ids["user"]), code=code, last_name="Marlowe", birth_date=BORN
    )
    assert signed_in(world, ids["user"]).stands_for == {ids["child"]}
