"""A patient keeps a visit from the plan by a press of their own while it knows nothing of it, and nobody else does."""

from __future__ import annotations

import os
import re

import pytest

from portal.access import roles
from portal.access.actors import Actor
from portal.app import create_app
from portal.domain.errors import Conflict, NotFound, Refused
from portal.services.patients import own_restrictions
from tests.make import users
from tests.services.claims.office import Office


def person(**more) -> Actor:
    user = os.urandom(16)
    return Actor(user.hex(), user, assurance="aal2", authenticated_seconds_ago=5, session="00" * 8, **more)


def test_the_patient_alone_keeps_it_and_the_claim_does_not_go(office: Office):
    claim, other = office.row(office.claim()), office.row(office.claim(last="Fernley"))
    own = person(own_patients=frozenset({claim.patient_id}))

    def act(call, actor=own, about=claim, **more):
        with office.world.write("own-restriction:make", actor) as uow:
            call(uow, about.patient_id, about.encounter_id, **more)

    def seen():
        with office.world.read("own-restriction:make", own) as uow:
            return own_restrictions.visits(uow, claim.patient_id)

    assert [(each.told, each.version) for each in seen()] == [(False, 0)]
    with pytest.raises(NotFound):
        act(own_restrictions.keep, about=other)
    with pytest.raises(NotFound):
        act(own_restrictions.keep, person(stands_for=frozenset({claim.patient_id})))
    act(own_restrictions.keep)
    act(own_restrictions.keep)
    assert [(each.told, each.version) for each in seen()] == [(False, 1)]
    done = office.send()
    assert (done.claims, office.state(claim.id)) == (1, "DRAFT"), "the other one went"
    with pytest.raises(Conflict):
        act(own_restrictions.lift, expected_version=7)
    act(own_restrictions.lift, expected_version=1)
    with pytest.raises(Conflict):
        act(own_restrictions.lift, expected_version=1)
    theirs = person(own_patients=frozenset({other.patient_id}))
    with pytest.raises(Refused) as refused:
        act(own_restrictions.keep, theirs, other)
    assert refused.value.code == "told"


def test_its_page_has_a_button_for_each_visit_that_can_be_kept(office: Office):
    claim = office.row(office.claim())
    flask = create_app(office.world.runtime)
    mine = users.browser(flask, office.world, users.user(office.world, roles.PATIENT, patient_id=claim.patient_id))
    form = {"csrf_token": users.form_key(flask)}
    assert "/my/restrictions" in mine.get("/my/data").text
    html = mine.get("/my/restrictions").text
    (action,) = re.findall(r'action="(/my/restrictions/[0-9a-f]{32})"', html)
    assert mine.post(action, data={**form, "do": "keep"}).status_code == 303
    assert "Kept from your plan" in mine.get("/my/restrictions").text
    assert mine.post(action, data={**form, "do": "lift"}).status_code == 422
    assert mine.post(action, data={**form, "do": "lift", "version": "1"}).status_code == 303
    assert mine.post(f"/my/restrictions/{'0c' * 16}", data={**form, "do": "keep"}).status_code == 404
