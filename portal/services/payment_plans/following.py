"""The daily look at plans: reminders, late, caught up, failed, paused by a dispute, paid in full."""

from __future__ import annotations

from datetime import timedelta

from portal.access.actors import Actor
from portal.domain import payment_plans as rules
from portal.domain.payment_plans import STANDING, PlanFacts, Plans
from portal.models.patients import PatientRow
from portal.models.payment_plans import PaymentPlanRow
from portal.models.practices import PracticeRow
from portal.services import account_holds, addresses, outbox, policies, queues
from portal.services.parts import Parts
from portal.services.payment_plans.proposing import finish, resume, suspend
from portal.services.payment_plans.standing import parts_of, standing_of, waits
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

REMIND_DAYS = 3
"""Days before its day on which a patient is told of a payment."""
HELD = "held"
"""Paused because the account is not to be asked; it goes on by itself when it may be asked again."""
_PAUSES = frozenset({"DISPUTED", "GFE_DISPUTED", "FINANCIAL_ASSISTANCE_PENDING", "BANKRUPT", "DECEASED_ESTATE"})


def run(units: Units, actor: Actor) -> int:
    """Ask for a look at each plan of a practice that stands, once a day; how many."""
    row = PaymentPlanRow
    with units.write(actor, "plan:follow") as uow:
        found = uow.rows(uow.select(row.id, row.practice_id).where(row.state.in_(STANDING)))
        day = uow.today(actor.practice_id)
        for each in found:
            key = f"plan.follow:{each.id.hex()}:{day.isoformat()}"
            outbox.later(uow, "plan.follow", key, {"plan": each.id}, practice_id=each.practice_id)
        return len(found)


def of_account(units: Units, actor: Actor, patient_id: bytes) -> None:
    """After money moved: the plan of an account, where there is one, stands as the books say now."""
    with units.read(actor, "plan:follow") as uow:
        account = account_holds.anchor(uow, patient_id)
        people = sorted({patient_id, *account_holds.members(uow, account)})
        row = PaymentPlanRow
        found = uow.rows(uow.select(row.id).where(row.patient_id.in_(people), row.state.in_(STANDING)))
    for each in found:
        with units.write(actor, "plan:follow") as uow:
            _stand(uow, _held(uow, each.id))


def follow(units: Units, parts: Parts, actor: Actor, plan_id: bytes) -> None:
    """One plan's day: how it stands, and what its patient is told. Harmless when done twice."""
    with units.write(actor, "plan:follow") as uow:
        plan = _held(uow, plan_id)
        if plan.state not in STANDING:
            return
        _pause(uow, plan)
        _stand(uow, plan)
        if plan.state == "LATE" and plan.noticed_at is None and _mail(uow, parts, plan):
            uow.change(plan, noticed_at=uow.now)
            _queue(uow, plan, "late")
        if plan.state == "ACTIVE":
            _remind(uow, parts, plan)


def told(uow: UnitOfWork, plan: PaymentPlanRow) -> None:
    """The office told the patient that a payment is missing; from now the days of the notice count."""
    uow.change(plan, noticed_at=uow.now)
    _queue(uow, plan, "late")


def _held(uow: UnitOfWork, plan_id: bytes) -> PaymentPlanRow:
    """A plan, until the end: whoever follows it at the same moment waits."""
    row = PaymentPlanRow
    found = uow.first(uow.select(row).where(row.id == plan_id).with_for_update())
    assert found is not None  # asked for by its id, and plans are not deleted
    return found


def _pause(uow: UnitOfWork, plan: PaymentPlanRow) -> None:
    """A dispute, an application for help, a bankruptcy pauses a plan; when the last one ends, it goes on."""
    account = account_holds.anchor(uow, plan.patient_id)
    holds = account_holds.standing(uow, [account], uow.today(plan.practice_id)).get(account, ())
    shut = any(each.kind in _PAUSES for each in holds)
    if shut and plan.state in ("ACTIVE", "LATE"):
        suspend(uow, plan, reason=HELD)
    elif not shut and plan.state == "SUSPENDED" and plan.reason == HELD:
        resume(uow, plan)


def _stand(uow: UnitOfWork, plan: PaymentPlanRow) -> None:
    """Move a plan to where the books say that it stands."""
    if plan.state not in STANDING:
        return
    policy, standing = policies.current(uow, plan.practice_id, Plans), standing_of(uow, plan)
    today = uow.today(plan.practice_id)
    over = plan.noticed_at is not None and plan.noticed_at + timedelta(days=policy.notice_days) <= uow.now
    facts = PlanFacts(
        open_cents=sum(each.open_cents for each in standing), missed=rules.missed(standing, today, policy.grace_days),
        misses=policy.misses, noticed=over,
    )  # fmt: skip
    if facts.open_cents <= 0:
        uow.move(plan, "COMPLETED", facts)
        finish(uow, plan, "paid")
        queues.done(uow, plan)
    elif plan.state == "LATE" and facts.missed == 0:
        uow.move(plan, "ACTIVE", facts)
        uow.change(plan, noticed_at=None)
        queues.done(uow, plan)
    elif plan.state == "LATE" and over and facts.missed >= facts.misses:
        uow.move(plan, "DEFAULTED", facts, reason="missed")
        finish(uow, plan, "missed")
        _queue(uow, plan, "defaulted")
    elif plan.state == "ACTIVE" and facts.missed:
        uow.move(plan, "LATE", facts)
        _queue(uow, plan, "late-untold")


def _queue(uow: UnitOfWork, plan: PaymentPlanRow, reason: str) -> None:
    left = sum(each.open_cents for each in standing_of(uow, plan))
    queues.follow(uow, plan, reason=reason, at_risk_cents=left, detail=waits(reason))


def _remind(uow: UnitOfWork, parts: Parts, plan: PaymentPlanRow) -> None:
    """Tell of the next payment some days ahead, once."""
    soon = uow.today(plan.practice_id) + timedelta(days=REMIND_DAYS)
    for row, part in zip(parts_of(uow, plan), standing_of(uow, plan), strict=True):
        if part.open_cents > 0 and row.due_on <= soon and row.reminded_at is None:
            uow.change(row, reminded_at=uow.now)
            _mail(uow, parts, plan)
            return


def _mail(uow: UnitOfWork, parts: Parts, plan: PaymentPlanRow) -> bool:
    """A mail that there is something new, naming nothing; False where no address is on record."""
    patient = uow.get(PatientRow, plan.patient_id)
    address = addresses.email_of(uow, patient)
    if not address:
        return False
    outbox.mail(
        uow, "something_new", recipient=address, subject_id=patient.id, practice_id=plan.practice_id,
        language=patient.language,
        parameters={"practice": uow.get(PracticeRow, plan.practice_id).name, "url": f"{parts.public_url}/my/plans"},
    )  # fmt: skip
    return True
