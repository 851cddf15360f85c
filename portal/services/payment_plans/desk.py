"""What the office does with a plan by a button."""

from __future__ import annotations

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.models.payment_plans import PaymentPlanRow
from portal.services import queues
from portal.services.payment_plans import following, proposing
from portal.services.unit_of_work.work import UnitOfWork


def step(uow: UnitOfWork, plan_id: bytes, do: str, *, version: int) -> Text:
    """Take one step with a plan and say what was done; raises Refused `do`, Conflict for an older page."""
    plan = uow.get(PaymentPlanRow, plan_id)
    uow.change(plan, expected_version=version)
    match do:
        case "pause":
            proposing.suspend(uow, plan, reason="office")
            return T_("The plan is paused. Nothing is due until you let it go on.")
        case "resume":
            proposing.resume(uow, plan)
            return T_("The plan goes on.")
        case "stop":
            proposing.stop(uow, plan, reason="office")
            return T_("The plan is stopped, and the bills go on.")
        case "told" if plan.state == "LATE":
            following.told(uow, plan)
            return T_("Noted. The days of the notice count from today.")
        case "done" if plan.state == "DEFAULTED":
            queues.done(uow, plan)
            return T_("Done: it waits for nobody any more.")
    raise Refused(T_("Choose what to do with the plan."), code="do")
