"""Sampling rules: edited by the right role, kept when they end, and what they do to visits on their way."""

from __future__ import annotations

import pytest

from portal.domain.errors import Conflict, Refused
from portal.domain.sampling import CHARGES
from portal.models.encounters import EncounterRow
from portal.models.jobs import JobKeyRow
from portal.models.sampling import CheckSettingRow
from portal.services.encounters import review
from portal.services.sampling import rules
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import users
from tests.make import visits as make
from tests.make.sampling import propose, rule, shown


def state(world: World, id_: bytes) -> str:
    with world.read("account:view") as uow:
        return uow.get(EncounterRow, id_).state


def test_a_visit_that_no_rule_picks_goes_past_the_check_and_one_that_came_back_does_not(world: World):
    first, second = make.bring(world, *make.some(2))
    make.coded(world, first)
    assert state(world, first) == "CODE_REVIEW", "without a rule, all are checked"
    rule(world, kind="value", value="$1,000,000.00")
    with world.write("encounter:review", world.actor("coding-manager")) as uow:
        assert str(review.show(uow, first).chosen) == "There is no rule: every visit is checked."
        review.send_back(uow, first, review.show(uow, first).version, {"units": 1}, "")
    make.coded(world, second)
    make.coded(world, first)
    assert (state(world, second), state(world, first)) == ("RELEASED", "CODE_REVIEW")
    with world.read("account:view") as uow:
        (seed,) = (row.seed for row in uow.entities(uow.select(CheckSettingRow)))
    assert len(seed) == 16


def test_cleared_without_an_audit_a_visit_gets_its_claim_all_the_same(world: World):
    (id_,) = make.bring(world)
    rule(world, CHARGES, kind="value", value="900000")
    make.entered(world, id_)
    assert state(world, id_) == "CLEARED"
    with world.units.housekeeping() as session:
        assert [name for (name,) in session.query(JobKeyRow.name)] == ["claim.draft"]


def test_a_rule_about_a_person_picks_her_work_alone(world: World):
    world.people["maya"] = users.user(world, "coder")
    page = shown(world)
    assert [id_ for id_, _ in page.workers] == [world.people["maya"].hex()]
    rule(world, kind="worker", worker=page.workers[0][0])
    assert str(shown(world).rules[0].words).startswith("Every visit of Coder-")
    first, second = make.bring(world, *make.some(2))
    make.coded(world, first, "maya")
    make.coded(world, second, "somebody else")
    assert (state(world, first), state(world, second)) == ("CODE_REVIEW", "RELEASED")


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "mood"}, {"kind": "all", "percent": "0"}, {"kind": "all", "percent": "101"},
        {"kind": "all", "percent": "01000"}, {"kind": "all", "percent": "009" + "9" * 5000},
        {"kind": "all", "percent": "\N{SUPERSCRIPT TWO}"}, {"kind": "worker"}, {"kind": "worker", "worker": "ab" * 16},
        {"kind": "code", "code": "G"}, {"kind": "code", "code": "G\0438"}, {"kind": "value", "value": "much"},
        {"kind": "value", "value": "-1"},
    ],
)  # fmt: skip
def test_what_is_no_rule_is_turned_down(world: World, typed: dict[str, str]):
    with pytest.raises(Refused, match="rule"):
        propose(world, **typed)
    assert shown(world).waiting == ()


def test_when_charges_are_late_is_set_once_at_a_time(world: World):
    manager = world.actor("billing-manager")
    assert (shown(world, CHARGES).late_after_days, shown(world).late_after_days) == (3, None)
    with world.write("charge:sample", manager) as uow:
        rules.set_late(uow, "7", 0)
    with pytest.raises(Conflict), world.write("charge:sample", manager) as uow:
        rules.set_late(uow, "8", 0)
    for days in ("0", "91", "soon", "00909", "9" * 5000):
        with pytest.raises(Refused, match="late-days"), world.write("charge:sample", manager) as uow:
            rules.set_late(uow, days, 1)
    page = shown(world, CHARGES)
    assert page.late_after_days == 7
    with world.write("charge:sample", manager) as uow:
        rules.set_late(uow, "2", page.setting_version)
    assert shown(world, CHARGES).late_after_days == 2


@pytest.mark.parametrize("role", ["coder", "charge-clerk", "qa-auditor", "biller", "compliance-officer"])
def test_who_may_not_edit(world: World, role: str):
    for permission in ("encounter:sample", "charge:sample"):
        with pytest.raises(Denied), world.write(permission, world.actor(role)):
            raise AssertionError("nothing opens without a permission")
