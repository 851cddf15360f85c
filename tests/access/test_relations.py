"""Nobody gains a field or a row by being several things to several people (45 CFR 164.502(b), (g))."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.access import roles
from portal.access.actors import Actor, Grant
from portal.access.fields import OPENABLE
from portal.access.permissions import PERMISSIONS
from portal.access.policy import decide
from portal.access.reaches import OWN, PAYS_FOR, SELF, STANDS_FOR

PEOPLE = [bytes([n]) * 16 for n in range(4)]
NAMES = sorted(PERMISSIONS)
some = st.frozensets(st.sampled_from(PEOPLE))


def somebody(own=frozenset(), stands=frozenset(), pays=frozenset(), grants=()) -> Actor:
    return Actor(
        "ab" * 16, b"\xab" * 16, own_patients=own, stands_for=stands, pays_for=pays, grants=grants, assurance="aal2",
        authenticated_seconds_ago=1,
    )  # fmt: skip


@given(some, some, some, st.sampled_from(NAMES), st.booleans())
def test_whatever_else_one_is_a_patient_is_reached_as_by_the_one_relation_to_them(own, stands, pays, name, insurer):
    stands, pays = stands - own, pays - own - stands  # the store keeps one relation of a sign-in to a patient
    grants = (Grant(roles.PAYER_USER, None, b"\xee" * 16),) if insurer else ()
    decision = decide(somebody(own, stands, pays, grants), name)
    if decision.reach.kind not in {OWN, STANDS_FOR, PAYS_FOR}:
        return
    for patient in decision.reach.patients:
        alone = decide(somebody(own & {patient}, stands & {patient}, pays & {patient}), name)
        assert alone.allowed
        assert (alone.role, alone.reach.kind) == (decision.role, decision.reach.kind)
        assert OPENABLE[alone.role] == OPENABLE[decision.role]
        assert (patient in decision.reach.shut) == (patient in alone.reach.shut) == (patient not in own)


@given(some, some, some, st.sampled_from(NAMES), st.sampled_from(PEOPLE))
def test_who_pays_for_a_patient_acts_for_them_as_that_and_for_nobody_else(own, stands, pays, name, patient):
    actor = somebody(own, stands, pays, (Grant(roles.BILLER, b"\xdd" * 16),))
    decision = decide(actor.paying_for(patient), name)
    assert decision.reach.patients <= {patient} & pays
    if decision.allowed:
        assert decision.role == roles.GUARANTOR
        assert decision.reach.kind in {PAYS_FOR, SELF}


def test_a_guarantor_opens_names_and_nothing_clinical():
    own = {field.partition(".")[0] for field in OPENABLE[roles.GUARANTOR]}
    assert own == {"patient", "user"}
    assert {"patient.birth_date", "patient.sex", "patient.mrn", "patient.address"}.isdisjoint(OPENABLE[roles.GUARANTOR])
    assert OPENABLE[roles.GUARANTOR] < OPENABLE[roles.PATIENT]


@pytest.mark.parametrize("name", [each for each in NAMES if PERMISSIONS[each].protected])
def test_who_only_pays_is_let_through_few_doors(name):
    allowed = decide(somebody(pays=frozenset(PEOPLE)), name).allowed
    assert allowed == (name in {"payment:make", "standing:change", "guaranteed-bill:view"})


def test_at_work_in_a_practice_nobody_is_a_patient_or_guarantor():
    actor = replace(somebody(pays=frozenset(PEOPLE)), practice_id=b"\xdd" * 16)
    assert actor.roles() == frozenset()
