"""The office's doors of payment plans: proposed, allowed by a manager, agreed to by telephone, paused, stopped."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from portal.access import roles
from portal.app import create_app
from portal.domain.payment_plans import Plans
from portal.models.payment_plans import PaymentConsentRow, PaymentPlanRow
from portal.services import policies
from tests.databases import World
from tests.make import accounts, users


def as_(flask: Flask, world: World, role: str) -> Any:
    return users.browser(flask, world, users.user(world, role))


def plans(world: World) -> list[PaymentPlanRow]:
    with world.read("plan:edit") as uow:
        return uow.entities(uow.select(PaymentPlanRow).order_by(PaymentPlanRow.proposed_at, PaymentPlanRow.id))


def test_many_parts_are_a_managers_to_allow_and_a_yes_by_telephone_begins_them(world: World):
    flask = create_app(world.runtime)
    patient_id = world.scene(accounts.owing, world)
    with world.write("policy:edit", world.actor("billing-manager")) as uow:
        policies.keep(uow, world.practice_id, Plans(least_cents=500), version=0)
    biller, manager, coder = (as_(flask, world, each) for each in (roles.BILLER, roles.BILLING_MANAGER, roles.CODER))
    here = f"/office/patients/{patient_id.hex()}/plan"

    def post(client: Any, path: str, **data: Any) -> int:
        status: int = client.post(path, data={"csrf_token": users.form_key(flask), **data}).status_code
        return status

    assert coder.get(here).status_code == 403
    assert biller.get(f"/office/patients/{'0c' * 16}/plan").status_code == 404
    form = {"count": "6", "day": "31", "form_key": "7" * 32}
    assert [post(biller, here, **form), post(biller, here, **form)] == [303, 303]
    [plan] = plans(world)
    one = f"/office/plans/{plan.id.hex()}"
    assert (plan.state, plan.count) == ("PROPOSED", 6)
    assert "Agree to this plan" not in biller.get(here).text
    assert one in biller.get("/office/queues/plan-cases").text
    assert biller.get(one).location.endswith(here)
    assert post(biller, f"{one}/approve", version=plan.version) == 403
    assert post(manager, f"{one}/agree", how="telephone", version=plan.version) == 422, "not before it is allowed"
    assert post(manager, f"{one}/approve", version=plan.version + 1) == 409
    assert post(manager, f"{one}/approve", version=plan.version) == 303
    shown = biller.get(here).text
    assert "I agree to pay $86.40" in re.sub(r"<[^>]+>", "", shown)
    version = plans(world)[0].version
    assert post(biller, f"{one}/agree", how="guessed", version=version) == 422
    assert post(biller, f"{one}/agree", how="telephone", version=version) == 303
    with world.read("plan:edit") as uow:
        [kept] = uow.entities(uow.select(PaymentConsentRow))
    assert (kept.how, kept.words.count("$14.40")) == ("telephone", 2)
    assert "in 6 payments" in biller.get(f"/office/patients/{patient_id.hex()}").text
    for do, state in (("pause", "SUSPENDED"), ("resume", "ACTIVE"), ("told", ""), ("fly", ""), ("stop", "CANCELLED")):
        version = plans(world)[0].version
        assert post(biller, f"{one}/step", do=do, version=version) == (303 if state else 422)
        assert plans(world)[0].state == (state or "ACTIVE")
    assert post(biller, f"{one}/step", do="pause", version=version) == 409, "a page from before"
