"""About who may: the tables agree with each other and with what the code asks for, and nobody may more than needed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from portal.access import duties, roles
from portal.access.actors import Actor, Grant, system
from portal.access.fields import OPENABLE
from portal.access.permissions import PERMISSIONS
from portal.access.policy import STEP_UP_SECONDS, decide
from portal.access.reaches import ALL, OWN, PAYER, PAYS_FOR, PRACTICE, SELF, STANDS_FOR
from portal.domain.queues import QUEUES
from portal.domain.users import ROLE_WORDS, STRICT_ROLES
from portal.services.unit_of_work.lives import LIVES

PORTAL = Path(__file__).resolve().parents[2] / "portal"
TABLE = PORTAL / "access" / "permissions.py"
WORDS = PORTAL / "services" / "auditing" / "words.py"
SOURCES = {path: path.read_text() for path in PORTAL.rglob("*.py") if path not in {TABLE, WORDS}}
ASKED = re.compile(
    r"""(?:@reads|@writes|@desks|\.(?:read|write|allow|decide|refused)|\bdecide)\(
        [^()"]*(?:\([^()]*\)[^()"]*)*"([a-z-]+:[a-z-]+)\"""",
    re.VERBOSE,
)
UNUSED: dict[str, str] = {}
"""Permission -> why it stands in the table though nothing asks for it."""

HERE = b"\1" * 16
PROTECTED = sorted(name for name, permission in PERMISSIONS.items() if permission.protected)
KINDS = {
    roles.PATIENT: {OWN, STANDS_FOR, SELF},
    roles.GUARANTOR: {PAYS_FOR, SELF},
    roles.PAYER_USER: {PAYER, SELF},
    roles.ADMINISTRATOR: {ALL, SELF},
    roles.SYSTEM: {ALL, PRACTICE},
}
"""How far a role may reach at most; every other one reaches its practice and itself."""


def worker(role: str, **more) -> Actor:
    return Actor(
        "ab" * 16, b"\2" * 16, hat=roles.hat_of(role), practice_id=None if role == roles.ADMINISTRATOR else HERE,
        grants=(Grant(role, None if role == roles.ADMINISTRATOR else HERE),), assurance="aal2",
        authenticated_seconds_ago=0, **more,
    )  # fmt: skip


def test_whatever_the_code_asks_for_stands_in_the_table():
    asked = {(path.name, name) for path, text in SOURCES.items() for name in ASKED.findall(text)}
    assert len(asked) > 50, "the pattern finds what is asked for"
    assert {(path, name) for path, name in asked if name not in PERMISSIONS} == set()


@pytest.mark.parametrize("name", sorted(PERMISSIONS))
def test_every_permission_is_asked_for_somewhere(name):
    asked = any(f'"{name}"' in text for text in SOURCES.values())
    assert asked != (name in UNUSED)


@pytest.mark.parametrize("table", sorted(LIVES))
def test_every_step_of_a_life_needs_a_permission_that_somebody_holds(table):
    for move in LIVES[table].moves:
        permission = PERMISSIONS[move.permission]
        holders = set(permission.reach_by_role) - {roles.SYSTEM}
        assert holders or move.who != "person", f"{table}: nobody takes {move.permission}"


@pytest.mark.parametrize("queue", QUEUES.values(), ids=lambda queue: queue.name)
def test_every_queue_is_worked_by_somebody(queue):
    assert set(PERMISSIONS[queue.permission].reach_by_role) & roles.STAFF


def test_roles_are_one_list_in_words_fields_and_hats():
    assert set(ROLE_WORDS) == set(OPENABLE) == set(roles.NARROWEST_FIRST)
    assert set(roles.GRANTABLE) | {roles.SYSTEM, roles.PATIENT, roles.GUARANTOR} == set(roles.NARROWEST_FIRST)
    assert set(roles.GRANTABLE) > STRICT_ROLES
    assert {role for permission in PERMISSIONS.values() for role in permission.reach_by_role} <= set(ROLE_WORDS)


def test_two_person_steps_stand_in_the_table_and_no_role_takes_both():
    for earlier, later in duties.PAIRS:
        assert earlier != later
        assert earlier in duties.conflicting(later)
        known = [PERMISSIONS[step] for step in (earlier, later) if step in PERMISSIONS]
        if len(known) == 2:
            both = set(known[0].reach_by_role) & set(known[1].reach_by_role) - {roles.SYSTEM}
            assert not both, f"{both} would take {earlier} and {later}"


def test_no_role_reaches_further_than_its_kind():
    for permission in PERMISSIONS.values():
        for role, kind in permission.reach_by_role.items():
            assert kind in KINDS.get(role, {PRACTICE, SELF}), (permission.name, role, kind)


def test_an_administrator_opens_nothing_protected():
    assert [name for name in PROTECTED if roles.ADMINISTRATOR in PERMISSIONS[name].reach_by_role] == []
    assert OPENABLE[roles.ADMINISTRATOR] == {"user.email", "user.name"}
    twice = worker(roles.ADMINISTRATOR, own_patients=frozenset({b"\3" * 16}))
    assert [name for name in PROTECTED if decide(twice, name).allowed] == []


def test_the_administration_hat_takes_off_every_other_role():
    both = Actor(
        "ab" * 16, b"\2" * 16, hat=roles.ADMINISTRATION, assurance="aal2", authenticated_seconds_ago=0,
        grants=(Grant(roles.ADMINISTRATOR), *(Grant(role, HERE) for role in roles.STAFF)),
    )  # fmt: skip
    assert both.roles() == {roles.ADMINISTRATOR}


def test_a_compliance_officer_looks_and_changes_nothing():
    held = {name for name, each in PERMISSIONS.items() if roles.COMPLIANCE_OFFICER in each.reach_by_role}
    assert {name.partition(":")[2] for name in held if name.startswith("audit")} <= {"search", "view", "export"}
    assert held - {"session:manage", "factor:change"} == {name for name in held if name.startswith("audit:")}


def test_a_patient_and_a_payer_hold_only_what_shows_their_own():
    for role, kinds in (
        (roles.PATIENT, {OWN, STANDS_FOR, SELF}),
        (roles.GUARANTOR, {PAYS_FOR, SELF}),
        (roles.PAYER_USER, {PAYER, SELF}),
    ):
        for permission in PERMISSIONS.values():
            if role in permission.reach_by_role:
                assert permission.reach_by_role[role] in kinds
                assert permission.name.partition(":")[2] in {"view", "make", "decide", "manage", "change"}


AUDIENCES = (
    {roles.PATIENT, roles.GUARANTOR},
    {roles.PAYER_USER},
    set(roles.STAFF),
    {roles.COMPLIANCE_OFFICER},
    {roles.ADMINISTRATOR},
)


def test_no_permission_but_those_over_oneself_is_held_by_two_audiences():
    for permission in PERMISSIONS.values():
        if permission.name not in {"session:manage", "factor:change"}:
            holders = permission.reach_by_role.keys() - {roles.SYSTEM}
            assert sum(bool(audience & holders) for audience in AUDIENCES) <= 1, permission.name


def test_machine_permissions_are_held_by_no_person():
    for name in (
        "key:manage", "mail:send", "sign-in:attempt", "backup:create", "backup:restore", "audit:purge", "audit:hold",
    ):  # fmt: skip
        assert set(PERMISSIONS[name].reach_by_role) == {roles.SYSTEM}


@pytest.mark.parametrize("name", ["audit:export", "factor:change", "user:invite", "user:disable", "denial:write-off"])
def test_what_weighs_more_needs_a_fresh_proof(name):
    permission = PERMISSIONS[name]
    assert permission.step_up

    role = next(each for each in roles.NARROWEST_FIRST if each in permission.reach_by_role and each != roles.PATIENT)
    actor = worker(role)
    assert decide(replace(actor, authenticated_seconds_ago=STEP_UP_SECONDS), name).allowed
    for age in (STEP_UP_SECONDS + 1, None):
        assert decide(replace(actor, authenticated_seconds_ago=age), name).reason == "step-up-needed"


def test_what_is_unknown_is_denied():
    assert decide(worker(roles.BILLER), "claim:invent").reason == "unknown-permission"
    assert decide(system("x"), "claim:invent").reason == "unknown-permission"
    for role in sorted(roles.GRANTABLE):
        for assurance in ("none", "aal1", "aal3", ""):
            actor = replace(worker(role), assurance=assurance)
            assert not any(decide(actor, name).allowed for name in PERMISSIONS)


def test_who_acts_for_an_insurer_or_for_themselves_is_no_member_of_staff_meanwhile():
    grants = (Grant(roles.BILLER, HERE), Grant(roles.PAYER_USER, None, b"\5" * 16))
    both = Actor("ab" * 16, b"\2" * 16, grants=grants, assurance="aal2", authenticated_seconds_ago=0)
    assert both.roles() == {roles.PAYER_USER}
    assert not decide(both, "claim:view").allowed
    assert replace(both, practice_id=HERE).roles() == {roles.PAYER_USER, roles.BILLER}
    patient = replace(both, own_patients=frozenset({b"\3" * 16}))
    assert patient.roles() == {roles.PAYER_USER, roles.PATIENT}


def test_a_role_of_another_practice_is_not_in_force():
    elsewhere = Actor(
        "ab" * 16, b"\2" * 16, practice_id=HERE, grants=(Grant(roles.BILLER, b"\4" * 16),), assurance="aal2",
        authenticated_seconds_ago=0,
    )  # fmt: skip
    assert elsewhere.roles() == frozenset()
    both = Actor(
        "ab" * 16, b"\2" * 16, practice_id=HERE, assurance="aal2", authenticated_seconds_ago=0,
        grants=(Grant(roles.BILLER, b"\4" * 16), Grant(roles.BILLER, HERE)),
    )  # fmt: skip
    assert decide(both, "claim:view").reach.practices == {HERE}
