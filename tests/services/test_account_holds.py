"""A hold stands once for each reason, names its account, and ends with what brought it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.errors import Refused
from portal.models.jobs import JobKeyRow
from portal.models.patients import PatientRow
from portal.services import account_holds
from tests.databases import World
from tests.make import accounts


def jobs(world: World) -> set[str]:
    with world.units.housekeeping() as session:
        return {row.key.rsplit(":", 1)[1] for row in session.query(JobKeyRow) if row.name == "statement.follow"}


def test_a_reason_holds_once_until_its_day_and_the_bills_follow(world: World):
    patient_id = accounts.owing(world)
    with world.write("statement:run") as uow:
        today = uow.today()
        first = account_holds.hold(uow, patient_id, "PROMISED", until=today + timedelta(days=3), words="by check")
        again = account_holds.hold(uow, patient_id, "PROMISED", until=today + timedelta(days=5))
        assert first is again
        account_holds.hold(uow, patient_id, "DISPUTED", about=uow.get(PatientRow, patient_id))
    assert jobs(world) == {"opened"}
    with world.read("statement:run") as uow:
        found = account_holds.standing(uow, [patient_id], today)
        assert {each.kind for each in found[patient_id]} == {"PROMISED", "DISPUTED"}
        late = account_holds.standing(uow, [patient_id], today + timedelta(days=6))
        assert [each.kind for each in late[patient_id]] == ["DISPUTED"]
    with world.write("statement:run") as uow:
        account_holds.end_about(uow, uow.get(PatientRow, patient_id), reason="explained")
        account_holds.end_about(uow, uow.get(PatientRow, patient_id), reason="explained")
    with world.read("statement:run") as uow:
        assert [each.kind for each in account_holds.standing(uow, [patient_id], today)[patient_id]] == ["PROMISED"]
    assert jobs(world) == {"opened", "ended"}


def test_who_is_billed_with_another_is_held_on_that_account(world: World):
    parent, child = accounts.owing(world), accounts.owing(world, first_name_sealed="Tom")
    with world.write("statement:run") as uow:
        uow.change(uow.get(PatientRow, child), billed_with_id=parent)
        account_holds.hold(uow, child, "BANKRUPT")
    with world.read("statement:run") as uow:
        assert account_holds.anchor(uow, child) == parent
        assert account_holds.members(uow, parent) == (parent, child)
        assert set(account_holds.standing(uow, [parent, child], uow.today())) == {parent}


@pytest.mark.parametrize(("kind", "days"), [("TIRED", 1), ("PROMISED", -1)])
def test_no_hold_without_a_reason_or_over_before_it_begins(world: World, kind: str, days: int):
    patient_id = accounts.owing(world)
    with pytest.raises(Refused), world.write("statement:run") as uow:
        account_holds.hold(uow, patient_id, kind, until=uow.today() + timedelta(days=days))
