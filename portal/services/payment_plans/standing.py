"""How a plan stands by the books: nothing of what is paid is kept with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import or_

from portal.domain.payment_plans import OPEN, STANDING, Instalment, PlanFacts, stand
from portal.domain.texts import T_, Text, to_json
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.payment_plans import PaymentPlanRow, PlanChargeRow, PlanInstalmentRow
from portal.services import ledger
from portal.services.unit_of_work.work import UnitOfWork

NOTHING = PlanFacts()
_OWED = "receivable:patient"
_WAITS: Mapping[str, Text] = {
    "review": T_("This plan has more payments than a patient may choose alone. Agree to it, or propose another."),
    "late": T_("A payment of this plan is missing. The patient was written to; call them."),
    "late-untold": T_(
        "A payment of this plan is missing, and no email is on record. Tell the patient, then say so here."
    ),
    "defaulted": T_("This plan ended because payments were missed. Its bills go on; offer another plan if it helps."),
}
"""Why a plan lies in its queue."""


def waits(reason: str) -> dict[str, Any]:
    """The words of a reason, as the queue keeps them."""
    return {"text": to_json(_WAITS[reason])}


def parts_of(uow: UnitOfWork, plan: PaymentPlanRow) -> list[PlanInstalmentRow]:
    """The parts of a plan in their order."""
    row = PlanInstalmentRow
    return uow.entities(uow.select(row).where(row.plan_id == plan.id).order_by(row.position))


def charges_of(uow: UnitOfWork, plan: PaymentPlanRow) -> list[PlanChargeRow]:
    """What is enrolled in a plan."""
    row = PlanChargeRow
    return uow.entities(uow.select(row).where(row.plan_id == plan.id).order_by(row.charge_id))


def open_on(uow: UnitOfWork, charges: Collection[bytes]) -> dict[bytes, int]:
    """What the patient owes on each of these charges now; below nought where too much came."""
    line = LedgerLineRow
    where = (line.account == _OWED, line.charge_id.in_(sorted(charges)))
    return {row.charge_id: int(row.cents) for row in uow.rows(ledger.sums(uow, line.charge_id, where=where))}


def paid_on(uow: UnitOfWork, charges: Collection[bytes]) -> dict[bytes, int]:
    """What the patient has paid on each of these charges, and credits put to it, less what went back."""
    line, entry = LedgerLineRow, LedgerEntryRow
    found = ledger.lines_of(
        uow, line.account == _OWED, line.charge_id.in_(sorted(charges)),
        or_(entry.kind.like("card-%"), entry.kind.like("credit-%")),
    )  # fmt: skip
    sums: dict[bytes, int] = {}
    for each in found:
        sums[each.charge_id] = sums.get(each.charge_id, 0) - int(each.amount_cents)
    return sums


def standing_of(uow: UnitOfWork, plan: PaymentPlanRow) -> tuple[Instalment, ...]:
    """A plan's parts with what is cut and paid of each, by the ledger.

    What is owed on an enrolled service beyond what was agreed to is not the plan's.
    """
    charges = charges_of(uow, plan)
    ids = [each.charge_id for each in charges]
    now, paid_now = open_on(uow, ids), paid_on(uow, ids)
    off = paid = 0
    for each in charges:
        less = each.cents - min(max(now.get(each.charge_id, 0), 0), each.cents)
        off += less
        paid += min(max(paid_now.get(each.charge_id, 0) - each.paid_cents, 0), less)
    agreed = [Instalment(each.due_on, each.cents) for each in parts_of(uow, plan)]
    return stand(agreed, paid_cents=paid, cut_cents=off - paid)


def balanced(uow: UnitOfWork, plan: PaymentPlanRow) -> bool:
    """Whether the parts add up to what is enrolled, and the books still say that this is owed."""
    charges = charges_of(uow, plan)
    now = open_on(uow, [each.charge_id for each in charges])
    same = all(now.get(each.charge_id, 0) == each.cents for each in charges)
    sums = {sum(each.cents for each in charges), sum(each.cents for each in parts_of(uow, plan)), plan.enrolled_cents}
    return same and len(sums) == 1


def running(uow: UnitOfWork, people: Sequence[bytes]) -> PaymentPlanRow | None:
    """The plan that stands for these people of an account; there is at most one."""
    return _newest(uow, people, STANDING)


def open_plan(uow: UnitOfWork, people: Sequence[bytes], *states: str) -> PaymentPlanRow | None:
    """The newest plan that is not over."""
    return _newest(uow, people, states or OPEN)


def _newest(uow: UnitOfWork, people: Sequence[bytes], states: Sequence[str]) -> PaymentPlanRow | None:
    row = PaymentPlanRow
    wanted = uow.select(row).where(row.patient_id.in_(sorted(people)), row.state.in_(states))
    return uow.first(wanted.order_by(row.proposed_at.desc(), row.id))
